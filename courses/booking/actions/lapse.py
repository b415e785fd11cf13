"""A seat that waited in vain for a name, an approval or an answer goes to the next in the queue."""

import datetime as dt
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, select

from courses.booking.actions.ground import Locked, Told, approvers, locked_class, log, tell, tell_holders
from courses.booking.actions.promote import promote
from courses.booking.model import LAPSES, SEATED, Booking, State
from courses.booking.queries import queue_length
from courses.ground import clock
from courses.ground.db import db
from courses.ground.transaction import transaction
from courses.outbox.actions import Reader, withdraw
from courses.people.model import Person


def lapse_due() -> int:
    """Cancel each booking that nobody named, approved or answered in time, and move the queue up; return how many.
    A place in the queue that is still to be named ends with the time to name it.

    For the clock. This is no late cancellation, and it is final: who still wants the seat asks again.
    """
    at = clock.now()
    due = select(Booking.class_id).where(Booking.due_at <= at, Booking.state.in_(LAPSES)).distinct()
    return sum(_lapse(class_id, at) for class_id in db.session.scalars(due.order_by(Booking.class_id)).all())


def _lapse(class_id: int, at: dt.datetime) -> int:
    with transaction():
        class_ = locked_class(class_id)
        lapsed = _lapsing(class_id, at)
        withdraw([booking.id for booking in lapsed])
        alike = [(*key, list(group)) for key, group in groupby(lapsed, key=lambda one: (one.state, one.due_at))]
        class_.row.seats_taken -= sum(booking.takes_a_seat for booking in lapsed)
        for booking in lapsed:
            booking.reason, booking.state, booking.changed_at = LAPSES[booking.state], State.CANCELLED, at
            booking.sequence += 1
        db.session.flush()
        class_.row.queued = queue_length(class_id)
        for state, due_at, gone in alike:
            _tell(class_, state, due_at, gone)
        promote(class_, at)
        return len(lapsed)


def _lapsing(class_id: int, at: dt.datetime) -> list[Booking]:
    statement = (
        select(Booking)
        .where(Booking.class_id == class_id, Booking.state.in_(LAPSES), Booking.due_at <= at)
        .order_by(Booking.state, Booking.due_at, Booking.enrolment_id, Booking.id)
    )
    return list(db.session.scalars(statement, execution_options={"populate_existing": True}))


def _tell(class_: Locked, state: State, due_at: dt.datetime, lapsed: list[Booking]) -> None:
    """Log what lapsed in one state at the same moment; tell those whose place it was, and who was to answer."""
    why, seated = LAPSES[state], state in SEATED
    log(class_.row.id, "lapsed", None, "rule", [booking.id for booking in lapsed], seated=seated, why=why)
    facts: dict[str, Any] = {"why": why, "due_at": due_at.isoformat(), "seated": seated}
    if why == "unnamed":
        tell_holders("lapsed", class_, lapsed, **facts)
        return
    people = {person.id: person for person in db.session.scalars(select(Person).where(_whose(lapsed)))}
    named = [(booking, people[booking.person_id or 0]) for booking in lapsed]
    tell("lapsed", class_, [Told(b.id, b.sequence, Reader(p.id, p.email)) for b, p in named], **facts)
    if why == "unapproved":
        deciding = approvers([booking.id for booking in lapsed])
        for booking, person in named:
            asked = [Told(booking.id, booking.sequence, reader) for reader in deciding.get(booking.id, ())]
            tell("lapsed", class_, asked, who=person.name, **facts)


def _whose(bookings: list[Booking]) -> ColumnElement[bool]:
    return Person.id.in_([booking.person_id for booking in bookings])
