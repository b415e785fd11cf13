"""The story of a class and of a seat: the log as it is read, with the names it speaks of."""

import datetime as dt
from collections.abc import Collection
from typing import Any, NamedTuple

from flask import get_template_attribute
from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import aliased

from courses.booking.model import Booking, Event
from courses.booking.queries import Place
from courses.ground.db import db
from courses.people.model import Person


class Happening(NamedTuple):
    """One line of the log, with the names it speaks of. `booking_id`: whose booking it is; None for the class."""

    at: dt.datetime
    what: str
    door: str
    actor: str | None
    actor_en: str | None
    person: str | None
    person_en: str | None
    facts: dict[str, Any]
    id: int
    booking_id: int | None


def said(happening: Happening) -> str:
    """Return what happened and why, as plain words."""
    return _plain("said", happening)


def through(happening: Happening) -> str:
    """Return by which door it came, as plain words."""
    return _plain("through", happening)


def _plain(macro: str, happening: Happening) -> str:
    """Return what a macro of the log says, which is mark-up to a page, as it stands in a file and in the API."""
    return str(get_template_attribute("booking/_log.html", macro)(happening).unescape()).strip()


who, whose = aliased(Person, name="who"), aliased(Person, name="whose")


def story(class_id: int, booking_ids: Collection[int] | None = None) -> Select[*tuple[Any, ...]]:
    """Return the statement that yields the Happenings of a class; with `booking_ids`, only what concerns these or the
    class itself."""
    statement = (
        select(
            *(Event.at, Event.what, Event.door, who.name, who.name_en, whose.name, whose.name_en, Event.facts),
            *(Event.id, Event.booking_id),
        )
        .outerjoin(who, who.id == Event.actor_id)
        .outerjoin(Booking, Booking.id == Event.booking_id)
        .outerjoin(whose, whose.id == Booking.person_id)
        .where(Event.class_id == class_id)
    )
    if booking_ids is not None:
        statement = statement.where(or_(Event.booking_id.is_(None), Event.booking_id.in_(booking_ids)))
    return statement


def story_of_booking(place: Place) -> Select[*tuple[Any, ...]]:
    """Return the statement that yields what happened to one booking, and to its class since it was asked for."""
    asked = select(func.min(Event.id)).where(Event.booking_id == place.id).scalar_subquery()
    return story(place.class_id, [place.id]).where(Event.id >= asked)


def happenings(
    class_id: int, booking_ids: Collection[int] | None = None, limit: int = 100, before: int | None = None
) -> list[Happening]:
    """Return the log of a class, newest first, below the id `before`; see `story`."""
    statement = story(class_id, booking_ids)
    return told_of(statement if before is None else statement.where(Event.id < before), limit)


def told_of(statement: Select[*tuple[Any, ...]], limit: int) -> list[Happening]:
    return [Happening(*row) for row in db.session.execute(statement.order_by(Event.id.desc()).limit(limit))]
