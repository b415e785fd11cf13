"""Which reminders are due."""

import datetime as dt
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import func, select

from courses.booking.model import Booking, Enrolment, State
from courses.catalogue.model import ClassState, Course, ReminderRule, Sitting, TrainingClass
from courses.catalogue.queries import SAID, Said
from courses.ground import clock
from courses.ground.db import db
from courses.homes.model import Home, Room
from courses.outbox.actions import Reader
from courses.outbox.model import Notice
from courses.people.model import Person


class Spoken(NamedTuple):
    """A class for which a rule's moment has come: `minutes_before` this sitting, in the schedule `schedule_no`.

    The class itself may be read again later, when it has another schedule."""

    class_: TrainingClass
    said: Said
    schedule_no: int
    rule_id: int
    minutes_before: int
    sitting_id: int
    sitting_at: dt.datetime
    moment: dt.datetime


def moments_due(at: dt.datetime) -> list[Spoken]:
    """Return, for each class and each of its days not begun at `at`, the rule that speaks now.

    A day is the first sitting on it. Of several rules whose moment has come only the one nearest the start speaks. A
    moment before the rule was made, or before the class got its present schedule, is silent: publishing, booking or
    moving was the telling.
    """
    longest = db.session.scalar(
        select(ReminderRule.minutes_before)
        .where(ReminderRule.replaced_at.is_(None))
        .order_by(ReminderRule.minutes_before.desc())
        .limit(1)
    )
    if longest is None:
        return []
    statement = (
        select(TrainingClass, ReminderRule, Sitting, *SAID)
        .join(Sitting, Sitting.class_id == TrainingClass.id)
        .join(ReminderRule, ReminderRule.class_id == TrainingClass.id)
        .join(Course, Course.id == TrainingClass.course_id)
        .join(Room, Room.id == TrainingClass.room_id)
        .join(Home, Home.id == Room.home_id)
        .where(
            TrainingClass.state == ClassState.PUBLISHED,
            TrainingClass.ends_at > at,
            TrainingClass.starts_at <= at + dt.timedelta(minutes=longest),
            ReminderRule.replaced_at.is_(None),
        )
        .order_by(TrainingClass.id, Sitting.starts_at, ReminderRule.minutes_before)
    )
    due = []
    rows = db.session.execute(statement)
    for _, of_day in groupby(rows, key=lambda row: (row[0].id, clock.local(row[2].starts_at).date())):
        class_, _, sitting, *said = first = next(of_day)
        rules = [row[1] for row in (first, *of_day) if row[2] is sitting]
        nearest = next((rule for rule in rules if rule.made_at <= _moment(rule, sitting) <= at), None)
        if nearest is None or at >= sitting.starts_at:
            continue
        moment = _moment(nearest, sitting)
        if moment >= class_.scheduled_at:
            spoken = (class_.schedule_no, nearest.id, nearest.minutes_before, sitting.id, sitting.starts_at, moment)
            due.append(Spoken(class_, Said(*said), *spoken))
    return due


def _moment(rule: ReminderRule, sitting: Sitting) -> dt.datetime:
    return sitting.starts_at - dt.timedelta(minutes=rule.minutes_before)


class Reminded(NamedTuple):
    """One booked person to be reminded."""

    booking_id: int
    sequence: int
    person_id: int
    email: str | None


def not_yet_told(spoken: Spoken) -> list[Reminded]:
    """Return the booked whom this rule has not told about this sitting, and who had their seat before its moment."""
    told = select(Notice.id).where(
        Notice.booking_id == Booking.id, Notice.key.startswith(key_stem(spoken), autoescape=True)
    )
    statement = (
        select(Booking.id, Booking.sequence, Person.id, Person.email)
        .join(Person, Person.id == Booking.person_id)
        .where(
            Booking.class_id == spoken.class_.id,
            Booking.state == State.BOOKED,
            Booking.changed_at <= spoken.moment,
            ~told.correlate(Booking).exists(),
        )
        .order_by(Booking.id)
    )
    return [Reminded(*row) for row in db.session.execute(statement)]


class Holding(NamedTuple):
    """Seats of one act of asking that have no name yet: the first of them, how many, since when, by when, and who
    holds them."""

    first_id: int
    seats: int
    since: dt.datetime
    due_at: dt.datetime
    reader: Reader


_UNNAMED = (Booking.state == State.HELD, Booking.person_id.is_(None), Booking.due_at.is_not(None))


def classes_to_name(at: dt.datetime, ahead: dt.timedelta) -> list[int]:
    """Return the classes with held seats that are to be named within `ahead`."""
    soon = (Booking.due_at > at, Booking.due_at <= at + ahead)
    return list(db.session.scalars(select(Booking.class_id).where(*_UNNAMED, *soon).distinct()))


def holdings(class_id: int) -> list[Holding]:
    """Return the held seats of a class by the act of asking they belong to."""
    statement = (
        select(func.min(Booking.id), func.count(), func.max(Booking.changed_at), func.min(Booking.due_at))
        .add_columns(Person.id, Person.email)
        .join(Enrolment, Enrolment.id == Booking.enrolment_id)
        .join(Person, Person.id == Enrolment.made_by)
        .where(Booking.class_id == class_id, *_UNNAMED)
        .group_by(Enrolment.id, Person.id, Person.email)
    )
    rows = db.session.execute(statement)
    return [Holding(id_, seats, since, due_at, Reader(who, mail)) for id_, seats, since, due_at, who, mail in rows]


def said_of(class_id: int) -> Said:
    """Return what notices say of a class beside its own row."""
    statement = (
        select(*SAID)
        .select_from(TrainingClass)
        .join(Course, Course.id == TrainingClass.course_id)
        .join(Room, Room.id == TrainingClass.room_id)
        .join(Home, Home.id == Room.home_id)
    )
    return Said(*db.session.execute(statement.where(TrainingClass.id == class_id)).one())


def key_stem(spoken: Spoken) -> str:
    """Return the part of a reminder's key that all its readers share."""
    return f"remind:{spoken.schedule_no}:{spoken.rule_id}:{spoken.sitting_id}:"
