"""Notices and their fates, and what contradicts itself in the records."""

import datetime as dt

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from courses.booking.model import SEATED, Booking, Event, State
from courses.catalogue.model import TrainingClass
from courses.ground.db import db
from courses.ground.language import speaking
from courses.outbox.model import Fate, Notice
from courses.people.model import Person, Post, Role


def fates() -> dict[str, int]:
    """Return how many notices are in each state."""
    counts = db.session.execute(select(Notice.state, func.count()).group_by(Notice.state))
    return {str(state): count for state, count in counts}


def stuck(at: dt.datetime) -> list[tuple[Notice, Person]]:
    """Return the notices a person must look at, with their readers: failed, in doubt, or waiting for more than ten
    minutes."""
    late = (Notice.state == Fate.WAITING) & (Notice.due_at < at - dt.timedelta(minutes=10))
    statement = (
        select(Notice, Person)
        .join(Person, Person.id == Notice.person_id)
        .where(Notice.state.in_((Fate.FAILED, Fate.IN_DOUBT)) | late)
        .order_by(Notice.id.desc())
        .limit(100)
    )
    return [(notice, person) for notice, person in db.session.execute(statement)]


def notices_of(person_id: int, limit: int = 50) -> list[Notice]:
    """Return a person's notices, newest first; those taken back before they were sent are not theirs to read."""
    statement = (
        select(Notice)
        .where(Notice.person_id == person_id, Notice.state.not_in((Fate.WITHDRAWN, Fate.EXPIRED)))
        .order_by(Notice.id.desc())
        .limit(limit)
    )
    return list(db.session.scalars(statement))


def faults(language: str = "en") -> list[str]:
    """Return what contradicts itself in the records; nothing, if all is well. Each is a promise of the house.

    In English unless a page asks for its reader's `language`: a terminal may have no other letters.
    """
    seated = (
        select(Booking.class_id, func.count().label("n"))
        .where(Booking.state.in_(SEATED))
        .group_by(Booking.class_id)
        .subquery()
    )
    waiting = (
        select(Booking.class_id, func.count(Booking.enrolment_id.distinct()).label("n"))
        .where(Booking.state == State.QUEUED)
        .group_by(Booking.class_id)
        .subquery()
    )
    miscounted = (
        select(TrainingClass.id)
        .outerjoin(seated, seated.c.class_id == TrainingClass.id)
        .outerjoin(waiting, waiting.c.class_id == TrainingClass.id)
        .where(
            (TrainingClass.seats_taken != func.coalesce(seated.c.n, 0))
            | (TrainingClass.queued != func.coalesce(waiting.c.n, 0))
        )
    )
    overfull = select(TrainingClass.id).where(TrainingClass.seats_taken > TrainingClass.capacity)
    unlogged = select(Booking.id).where(~select(Event.id).where(Event.booking_id == Booking.id).exists())
    untold_bookings = select(Booking.id).where(
        Booking.state == State.BOOKED,
        Booking.reason != "demo",
        ~select(Notice.id).where(Notice.booking_id == Booking.id).exists(),
    )
    split = (
        select(Booking.enrolment_id)
        .where(Booking.state.in_((State.BOOKED, State.QUEUED)))
        .group_by(Booking.enrolment_id)
        .having(func.count(Booking.state.distinct()) > 1)
    )
    two_sides = select(Post.person_id).where(
        Post.role == Role.INSPECTOR,
        Post.person_id.in_(select(Post.person_id).where(Post.role != Role.INSPECTOR)),
    )
    checks = (
        (_l("class %(id)s: its counters differ from its bookings"), miscounted),
        (_l("class %(id)s: more seats taken than there are"), overfull),
        (_l("booking %(id)s: nothing in the log"), unlogged),
        (_l("booking %(id)s: its person was never told"), untold_bookings),
        (_l("enrolment %(id)s: part of it has seats and part waits"), split),
        (_l("person %(id)s: both serves and enforces"), two_sides),
    )
    found = [(words, id_) for words, statement in checks for id_ in db.session.scalars(statement.limit(20))]
    with speaking(language):
        return [str(words) % {"id": id_} for words, id_ in found]
