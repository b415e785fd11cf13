"""Promotion: freed seats go to the queue, in its order, and each passing-over keeps its reason."""

import datetime as dt

from sqlalchemy import or_, select

from courses.booking.actions.ground import Locked, Told, candidates, locked_class, log, seats_by_enterprise, tell
from courses.booking.model import Booking, Enrolment, State
from courses.catalogue.model import ClassState, TrainingClass
from courses.ground import clock
from courses.ground.db import db
from courses.ground.transaction import lock_all, transaction
from courses.outbox.actions import Reader
from courses.people.model import Person


def promote(class_: Locked, at: dt.datetime, kind: str = "promoted") -> int:
    """Seat as many of the queue as fit, and return how many; call it under the class's lock when seats came free.
    `kind`: what those seated are told.

    The order is strict: an enrolment that does not fit as a whole is not overtaken. One whose person has a seat
    elsewhere at that hour, whose enterprise would have more seats than the class allows to one, or that is larger than
    the class has become, is passed over: it keeps its place, and the booking and the log say why. Nothing moves before
    the class's draw, nor once it has begun.
    """
    row = class_.row
    if not row.queued or row.is_full or row.has_begun(at) or row.awaits_draw:
        return 0
    waiting = _waiting(row.id)
    person_ids = sorted({b.person_id for group, _ in waiting for b in group if b.person_id})
    taken = seats_by_enterprise(row.id) if row.enterprise_limit else {}
    lock_all(Person, person_ids)
    people = candidates(row.id, person_ids)
    seated: list[Told] = []
    for group, firm in waiting:
        if len(group) > row.capacity:
            _pass_over(row.id, group, "too_large")
            continue
        if any(b.person_id is None or b.person_id not in people or people[b.person_id].clash for b in group):
            _pass_over(row.id, group, "clash")
            continue
        if row.enterprise_limit and firm and taken.get(firm, 0) + len(group) > row.enterprise_limit:
            _pass_over(row.id, group, "limit")
            continue
        if len(group) > row.seats_free:
            break
        if firm:
            taken[firm] = taken.get(firm, 0) + len(group)
        for booking in group:
            booking.state, booking.reason, booking.changed_at = State.BOOKED, kind, at
            person = people[booking.person_id or 0]
            seated.append(Told(booking.id, booking.sequence, Reader(person.id, person.email)))
        row.seats_taken += len(group)
        row.queued -= 1
    db.session.flush()
    if seated:
        log(row.id, kind, None, "rule", [told.booking_id for told in seated])
        tell(kind, class_, seated, "REQUEST")
    return len(seated)


def people_waiting(class_id: int) -> list[int]:
    """Return whom `promote` may lock: an action that locks people before it promotes locks these with them."""
    waiting = select(Booking.person_id).where(Booking.class_id == class_id, Booking.state == State.QUEUED)
    return [id_ for id_ in db.session.scalars(waiting) if id_]


def promote_waiting() -> int:
    """Seat those who have become free to sit, and return how many; for the clock.

    Someone is passed over for a seat elsewhere; when that seat is given up or that class moves, it is another class
    that changed, and its action does not touch this one.
    """
    at = clock.now()
    possible = (
        select(TrainingClass.id)
        .where(
            TrainingClass.state == ClassState.PUBLISHED,
            TrainingClass.queued > 0,
            TrainingClass.seats_taken < TrainingClass.capacity,
            TrainingClass.starts_at > at,
            or_(TrainingClass.draw_at.is_(None), TrainingClass.drawn_at.is_not(None)),
        )
        .order_by(TrainingClass.starts_at, TrainingClass.id)  # who could have one of two seats gets the first
    )
    return sum(_promote_one(class_id, at) for class_id in db.session.scalars(possible).all())


def _promote_one(class_id: int, at: dt.datetime) -> int:
    with transaction():
        class_ = locked_class(class_id)
        return 0 if class_.row.state == ClassState.CALLED_OFF else promote(class_, at)


def _pass_over(class_id: int, group: list[Booking], why: str) -> None:
    """Leave a group where it is; it is logged once, however often its turn comes for the same reason."""
    newly = [booking for booking in group if booking.reason != why]
    for booking in newly:
        booking.reason = why
    if newly:
        log(class_id, "passed_over", None, "rule", [booking.id for booking in newly], why=why)


def _waiting(class_id: int) -> list[tuple[list[Booking], int | None]]:
    """Return the queued bookings, grouped by enrolment, in the order of the queue; each group with its enterprise."""
    statement = (
        select(Booking, Enrolment.order_no, Enrolment.enterprise_id)
        .join(Enrolment, Enrolment.id == Booking.enrolment_id)
        .where(Booking.class_id == class_id, Booking.state == State.QUEUED)
        .order_by(Enrolment.order_no, Booking.id)
    )
    groups: dict[int, tuple[list[Booking], int | None]] = {}
    for booking, order_no, firm in db.session.execute(statement, execution_options={"populate_existing": True}):
        groups.setdefault(order_no, ([], firm))[0].append(booking)
    return list(groups.values())
