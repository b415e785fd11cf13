"""Promotion: freed seats go to the queue, in its order, and each passing-over keeps its reason."""

import datetime as dt

from sqlalchemy import select

from courses.booking.actions.ground import Locked, Told, candidates, log, tell
from courses.booking.model import Booking, Enrolment, State
from courses.ground.db import db
from courses.ground.transaction import lock_all
from courses.outbox.actions import Reader
from courses.people.model import Person


def promote(class_: Locked, at: dt.datetime) -> None:
    """Seat as many of the queue as fit; call it under the class's lock whenever seats came free.

    The order is strict: an enrolment that does not fit as a whole is not overtaken. One whose person has a seat
    elsewhere at that hour is passed over; it keeps its place, and the log says why. Nothing moves once the class
    has begun.
    """
    row = class_.row
    if not row.queued or row.is_full or row.has_begun(at):
        return
    waiting = _waiting(row.id)
    person_ids = sorted({b.person_id for group in waiting for b in group if b.person_id})
    lock_all(Person, person_ids)
    people = candidates(row.id, person_ids)
    seated: list[Told] = []
    passed_over: list[int] = []
    for group in waiting:
        if len(group) > row.seats_free:
            break
        if any(b.person_id is None or b.person_id not in people or people[b.person_id].clash for b in group):
            passed_over += [booking.id for booking in group]
            continue
        for booking in group:
            booking.state, booking.reason, booking.changed_at = State.BOOKED, "promoted", at
            person = people[booking.person_id or 0]
            seated.append(Told(booking, Reader(person.id, person.email)))
        row.seats_taken += len(group)
        row.queued -= 1
    db.session.flush()
    if passed_over:
        log(row.id, "passed_over", None, "rule", passed_over, why="clash")
    if seated:
        log(row.id, "promoted", None, "rule", [told.booking.id for told in seated])
        tell("promoted", class_, seated, "REQUEST")


def _waiting(class_id: int) -> list[list[Booking]]:
    """Return the queued bookings, grouped by enrolment, in the order of the queue."""
    statement = (
        select(Booking, Enrolment.order_no)
        .join(Enrolment, Enrolment.id == Booking.enrolment_id)
        .where(Booking.class_id == class_id, Booking.state == State.QUEUED)
        .order_by(Enrolment.order_no, Booking.id)
    )
    groups: dict[int, list[Booking]] = {}
    for booking, order_no in db.session.execute(statement, execution_options={"populate_existing": True}):
        groups.setdefault(order_no, []).append(booking)
    return list(groups.values())
