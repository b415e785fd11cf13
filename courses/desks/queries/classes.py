"""What the desks of officers and lecturers show of classes."""

import datetime as dt
from typing import Any, NamedTuple

from sqlalchemy import Select, select

from courses.booking.model import SEATED, Booking
from courses.catalogue.model import ClassState, Course, Teaching, TrainingClass
from courses.catalogue.queries import Card, as_cards, cards
from courses.ground.db import db
from courses.outbox.model import Fate, Notice
from courses.people.model import Person


def classes_of_squadron(squadron_id: int, at: dt.datetime, limit: int = 30) -> list[Card]:
    """Return the squadron's classes not over yet, soonest first."""
    return as_cards(
        cards()
        .where(
            TrainingClass.squadron_id == squadron_id,
            TrainingClass.ends_at > at,
            TrainingClass.state == ClassState.PUBLISHED,
        )
        .limit(limit)
    )


def unmarked_classes(squadron_id: int | None, lecturer_id: int | None, at: dt.datetime) -> list[Card]:
    """Return the classes over in the last 30 days in which someone with a seat is still unmarked."""
    unmarked = select(Booking.id).where(
        Booking.class_id == TrainingClass.id, Booking.state.in_(SEATED), Booking.attended.is_(None)
    )
    statement = cards().where(
        TrainingClass.ends_at.between(at - dt.timedelta(days=30), at),
        TrainingClass.state == ClassState.PUBLISHED,
        unmarked.exists(),
    )
    return as_cards(_served(statement, squadron_id, lecturer_id).limit(30))


def _served(
    statement: Select[*tuple[Any, ...]], squadron_id: int | None, lecturer_id: int | None
) -> Select[*tuple[Any, ...]]:
    if squadron_id:
        return statement.where(TrainingClass.squadron_id == squadron_id)
    taught = select(Teaching.class_id).where(Teaching.person_id == lecturer_id)
    return statement.where(TrainingClass.id.in_(taught))


def classes_taught(person_id: int, at: dt.datetime) -> list[Card]:
    taught = select(Teaching.class_id).where(Teaching.person_id == person_id)
    return as_cards(
        cards().where(
            TrainingClass.id.in_(taught),
            TrainingClass.ends_at > at,
            TrainingClass.state == ClassState.PUBLISHED,
        )
    )


class Untold(NamedTuple):
    """Someone a notice about a class did not reach."""

    notice_id: int
    person: str
    person_en: str
    kind: str
    state: str
    error: str | None
    class_id: int | None
    title_zh: str
    title_en: str
    person_id: int


def untold(squadron_id: int, at: dt.datetime) -> list[Untold]:
    """Return the notices about the squadron's coming classes that failed or are in doubt."""
    statement = (
        select(
            Notice.id,
            Person.name,
            Person.name_en,
            Notice.kind,
            Notice.state,
            Notice.error,
            Notice.class_id,
            Course.title_zh,
            Course.title_en,
            Person.id,
        )
        .join(Person, Person.id == Notice.person_id)
        .join(TrainingClass, TrainingClass.id == Notice.class_id)
        .join(Course, Course.id == TrainingClass.course_id)
        .where(
            TrainingClass.squadron_id == squadron_id,
            TrainingClass.ends_at > at,
            Notice.state.in_((Fate.FAILED, Fate.IN_DOUBT)),
        )
        .order_by(Notice.id.desc())
        .limit(30)
    )
    return [Untold._make(row) for row in db.session.execute(statement)]
