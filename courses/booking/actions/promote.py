"""Promotion: freed seats go to the queue, in its order, and each passing-over keeps its reason."""

import datetime as dt
from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import or_, select

from courses.booking.actions.ground import (
    Candidate,
    Locked,
    Told,
    approval_due,
    candidates,
    locked_class,
    log,
    seats_by_enterprise,
    tell,
    tell_holders,
    tell_requested,
)
from courses.booking.model import Booking, Enrolment, State
from courses.booking.seating import Group, Limit, Member, Seats, pools, seat
from courses.catalogue.model import ClassState, TrainingClass
from courses.ground import clock
from courses.ground.db import db
from courses.ground.transaction import lock_all, transaction
from courses.outbox.actions import Reader
from courses.people.model import Person


def promote(class_: Locked, at: dt.datetime, kind: str = "promoted", newest: Collection[int] = ()) -> int:
    """Seat as many of the queue as seating.py says, and return how many; call it under the class's lock when seats
    came free.

    Who is passed over keeps their place, and the booking and the log say why. Nothing moves before the class's draw,
    nor once it has begun. `kind`: what those seated are told. The bookings `newest` are being made: whoever makes them
    logs and tells what became of them.
    """
    row = class_.row
    if not row.queued or row.is_full or row.has_begun(at) or row.awaits_draw:
        return 0
    waiting = _waiting(row.id)
    person_ids = sorted({b.person_id for one in waiting for b in one.bookings if b.person_id})
    lock_all(Person, person_ids)
    people = candidates(row.id, person_ids)
    verdicts = seat(seats_of(row), [one.group(people) for one in waiting])
    told: list[Booking] = []
    for one, verdict in zip(waiting, verdicts, strict=False):  # who has no verdict waits on: nothing was left for them
        seated = [booking for booking in one.bookings if booking.id in verdict.seated]
        for booking in seated:
            booking.state, booking.changed_at = one.seated_as(booking), at
            if booking.state == State.REQUESTED:
                booking.due_at = approval_due(row, at)
            if booking.id not in newest:
                booking.reason = kind
                told.append(booking)
        row.seats_taken += len(seated)
        row.queued -= len(seated) == len(one.bookings)
        if verdict.why:
            _pass_over(one.bookings, verdict.why, newest)
    db.session.flush()
    if told:
        log(row.id, kind, None, "rule", [booking.id for booking in told])
        _tell(kind, class_, told, people)
    return len(told)


def _tell(kind: str, class_: Locked, seated: list[Booking], people: dict[int, Candidate]) -> None:
    named = [(booking, people[booking.person_id]) for booking in seated if booking.person_id]
    booked = [(Told(b.id, b.sequence, Reader(p.id, p.email)), b, p) for b, p in named]
    tell(kind, class_, [told for told, b, _ in booked if b.state == State.BOOKED], "REQUEST")
    for told, booking, person in booked:
        if booking.state == State.REQUESTED and booking.due_at:
            tell_requested(class_, [(told, person.name)], booking.due_at)
    tell_holders(kind, class_, [booking for booking in seated if not booking.person_id])


def seats_of(row: TrainingClass) -> Seats:
    """Return what the class has to give, and by which rules."""
    limits = []
    if row.enterprise_limit:
        limits.append(Limit("limit", row.enterprise_limit, seats_by_enterprise(row.id)))
    return Seats(row.capacity, pools(row.capacity, row.seats_taken, {}, {}), limits)


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


def _pass_over(group: list[Booking], why: str, newest: Collection[int]) -> None:
    """Leave a group where it is; it is logged once, however often its turn comes for the same reason."""
    newly = [booking for booking in group if booking.reason != why]
    for booking in newly:
        booking.reason = why
    log_passed_over([booking for booking in newly if booking.id not in newest])


def log_passed_over(together: list[Booking]) -> None:
    """Log that those who asked together were passed over, and why."""
    if together:
        why = together[0].reason
        log(together[0].class_id, "passed_over", None, "rule", [booking.id for booking in together], why=why)


class _Waiting(NamedTuple):
    """An enrolment with those of its bookings that wait."""

    enrolment_id: int
    enterprise_id: int | None
    bookings: list[Booking]
    to_approve: bool

    def seated_as(self, booking: Booking) -> State:
        """Return what a booking is once it has a seat."""
        if booking.person_id is None:
            return State.HELD
        return State.REQUESTED if self.to_approve else State.BOOKED

    def group(self, people: dict[int, Candidate]) -> Group:
        """Return it as seating.py reads it. Who has left can sit no more than who sits elsewhere; who is still to be
        named can sit."""
        members = []
        for booking in self.bookings:
            person = people.get(booking.person_id or 0)
            clash = booking.person_id is not None and (person is None or person.clash is not None)
            members.append(Member(booking.id, clash=clash))
        return Group(members, len(members), self.enterprise_id)


def _waiting(class_id: int) -> list[_Waiting]:
    """Return what waits, in the order of the queue."""
    statement = (
        select(Booking, Enrolment.id, Enrolment.enterprise_id, Enrolment.to_approve)
        .join(Enrolment, Enrolment.id == Booking.enrolment_id)
        .where(Booking.class_id == class_id, Booking.state == State.QUEUED)
        .order_by(Enrolment.order_no, Booking.id)
    )
    waiting: dict[int, _Waiting] = {}
    for booking, enrolment_id, firm, asks in db.session.execute(
        statement, execution_options={"populate_existing": True}
    ):
        waiting.setdefault(enrolment_id, _Waiting(enrolment_id, firm, [], asks)).bookings.append(booking)
    return list(waiting.values())
