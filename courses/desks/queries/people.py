"""What an owner's desk shows of the people of the enterprise."""

import datetime as dt
from typing import NamedTuple

from sqlalchemy import func, select

from courses.booking.model import LIVE, Booking
from courses.catalogue.model import TrainingClass
from courses.desks.queries.hours import earned
from courses.ground.db import db
from courses.people.model import Person, Post


class Member(NamedTuple):
    """One person of an enterprise on the owner's desk. `half_hours` earned in all."""

    id: int
    name: str
    name_en: str
    has_account: bool
    half_hours: int
    coming: int

    @property
    def hours(self) -> float:
        return self.half_hours / 2


def members(enterprise_id: int, at: dt.datetime) -> list[Member]:
    """Return the people of an enterprise with their hours and how many classes they have before them."""
    of_person = earned().subquery()
    coming = (
        select(Booking.person_id, func.count().label("classes"))
        .join(TrainingClass, TrainingClass.id == Booking.class_id)
        .where(Booking.state.in_(LIVE), TrainingClass.ends_at > at)
        .group_by(Booking.person_id)
        .subquery()
    )
    statement = (
        select(
            Person.id,
            Person.name,
            Person.name_en,
            Person.password_hash.is_not(None),
            func.coalesce(of_person.c.half_hours, 0),
            func.coalesce(coming.c.classes, 0),
        )
        .join(Post, Post.person_id == Person.id)
        .outerjoin(of_person, of_person.c.person_id == Person.id)
        .outerjoin(coming, coming.c.person_id == Person.id)
        .where(Post.enterprise_id == enterprise_id, Person.left_at.is_(None))
        .order_by(Person.name, Person.id)
        .distinct()
    )
    return [Member(*row) for row in db.session.execute(statement)]
