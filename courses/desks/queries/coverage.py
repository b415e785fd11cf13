"""How far a town's managers are."""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import case, func, select

from courses.booking.model import SEATED, Booking
from courses.ground.db import db
from courses.people.model import Enterprise, Post, Role, Town


class Coverage(NamedTuple):
    """A town and how far its managers are. Each manager counts once."""

    name_zh: str
    name_en: str
    enterprises: int
    managers: int
    booked: int
    taught: int

    @property
    def percent(self) -> int:
        return round(self.taught * 100 / self.managers) if self.managers else 0


def coverage(towns: Collection[int] | None = None) -> list[Coverage]:
    """Return, for each town (or those given): enterprises, managers, how many ever had a seat, how many came."""
    per_person = (
        select(
            Booking.person_id,
            func.max(case((Booking.state.in_(SEATED), 1), else_=0)).label("booked"),
            func.max(case((Booking.attended.is_(True) & Booking.state.in_(SEATED), 1), else_=0)).label("taught"),
        )
        .group_by(Booking.person_id)
        .subquery()
    )
    statement = (
        select(
            Town.name_zh,
            Town.name_en,
            func.count(Enterprise.id.distinct()),
            func.count(Post.person_id),
            func.coalesce(func.sum(per_person.c.booked), 0),
            func.coalesce(func.sum(per_person.c.taught), 0),
        )
        .outerjoin(Enterprise, Enterprise.town_id == Town.id)
        .outerjoin(Post, (Post.enterprise_id == Enterprise.id) & (Post.role == Role.MANAGER))
        .outerjoin(per_person, per_person.c.person_id == Post.person_id)
        .group_by(Town.id)
        .order_by(Town.id)
    )
    if towns is not None:
        statement = statement.where(Town.id.in_(towns))
    return [Coverage(*row) for row in db.session.execute(statement)]
