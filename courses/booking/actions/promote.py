"""Promotion: freed seats go to the queue, in its order, or are offered to it; each passing-over keeps its reason."""

import datetime as dt
from collections.abc import Collection

from sqlalchemy import or_, select

from courses.booking.actions.ground import (
    Candidate,
    Locked,
    Told,
    approval_due,
    candidates,
    locked_class,
    log,
    tell,
    tell_holders,
    tell_requested,
)
from courses.booking.actions.seats import Waiting, groups_of, seats_of
from courses.booking.model import Booking, Enrolment, State, standby_from
from courses.booking.offer import open_until
from courses.booking.seating import seat
from courses.catalogue.model import ClassState, Promotion, TrainingClass
from courses.catalogue.planning import work_time
from courses.ground import clock
from courses.ground.db import db
from courses.ground.transaction import lock_all, transaction
from courses.ground.worktime import WorkTime
from courses.outbox.actions import Reader
from courses.outbox.answers import Question
from courses.people.model import Person

PROMOTED, OFFERED = "promoted", "offered"


def promote(class_: Locked, at: dt.datetime, kind: str = PROMOTED, newest: Collection[int] = ()) -> int:
    """Seat as many of the queue as seating.py says, and return how many but for the `newest`; call it under the class's
    lock when seats came free.

    Who is passed over keeps their place, and the booking and the log say why. Nothing moves before the class's draw,
    nor once it has begun. `kind`: what those seated are told. The bookings `newest` are being made: they have their
    seats at once, and whoever makes them logs and tells what became of them.
    """
    row = class_.row
    if not row.queued or row.is_full or row.has_begun(at) or row.awaits_draw:
        return 0
    waiting = waiting_in(row.id, with_standby=at >= standby_from(row))
    person_ids = sorted({b.person_id for one in waiting for b in one.bookings if b.person_id})
    lock_all(Person, person_ids)
    people = candidates(row.id, person_ids)
    verdicts = seat(seats_of(class_, at), groups_of(class_, waiting, people, at))
    offer_until = _offer_until(row, at) if kind == PROMOTED else None
    told: list[Booking] = []
    approve_by = approval_due(row, at) if any(one.enrolment.to_approve for one in waiting) else None
    # Whoever has no verdict waits on: nothing was left for them.
    for (enrolment, bookings), verdict in zip(waiting, verdicts, strict=False):
        seated = [booking for booking in bookings if booking.id in verdict.seated]
        for booking in seated:
            is_new = booking.id in newest
            _sit(enrolment, booking, at, approve_by, None if is_new else offer_until)
            booking.share_id = verdict.seated[booking.id] or None
            if not is_new:
                booking.reason = OFFERED if booking.state == State.OFFERED else kind
                told.append(booking)
        row.seats_taken += len(seated)
        row.queued -= len(seated) == len(bookings)
        if 0 < len(seated) < len(bookings):
            enrolment.least = 1  # whoever is left takes any seat
        if verdict.why:
            _pass_over([booking for booking in bookings if booking.id not in verdict.seated], verdict.why, newest)
    db.session.flush()
    if told:
        _log(kind, row, told)
        _tell(kind, class_, told, people)
    return len(told)


def _offer_until(row: TrainingClass, at: dt.datetime) -> dt.datetime | None:
    """Return by when an offer is to be answered; None where the seat is theirs at once."""
    if row.promotion == Promotion.DIRECT:
        return None
    return open_until(work_time(), at, row.starts_at, row.offer_hours)


def sooner(work: WorkTime, row: TrainingClass, booking: Booking, at: dt.datetime) -> dt.datetime:
    """Return by when a seat is to be approved or answered in a class that begins at another hour than when that was
    asked: not later than before, nor than an offer made now."""
    until = row.starts_at
    if booking.state == State.OFFERED:
        until = open_until(work, at, row.starts_at, row.offer_hours) or row.starts_at
    return min(until, booking.due_at or until)


def _log(kind: str, row: TrainingClass, seated: list[Booking]) -> None:
    offered = [booking.id for booking in seated if booking.state == State.OFFERED]
    direct = [booking.id for booking in seated if booking.state != State.OFFERED]
    if direct:
        log(row.id, kind, None, "rule", direct)
    if offered:
        due_at = next(booking.due_at for booking in seated if booking.due_at and booking.state == State.OFFERED)
        log(row.id, OFFERED, None, "rule", offered, due_at=due_at.isoformat())


def _tell(kind: str, class_: Locked, seated: list[Booking], people: dict[int, Candidate]) -> None:
    named = [(booking, people[booking.person_id]) for booking in seated if booking.person_id]
    booked = [(Told(b.id, b.sequence, Reader(p.id, p.email)), b, p) for b, p in named]
    tell(kind, class_, [told for told, b, _ in booked if b.state == State.BOOKED], "REQUEST")
    for told, booking, person in booked:
        if booking.state == State.REQUESTED and booking.due_at:
            tell_requested(class_, [(told, person.name)], booking.due_at)
    tell_holders(kind, class_, [booking for booking in seated if not booking.person_id])
    tell(OFFERED, class_, [offer(told, booking) for told, booking, _ in booked if booking.state == State.OFFERED])


def offer(told: Told, booking: Booking) -> Told:
    """Return who is told of a seat with the question whether they take it, and by when to answer."""
    assert booking.due_at is not None  # an offer has its end
    return told._replace(asks=Question.OFFER, own={"due_at": booking.due_at.isoformat()})


def people_waiting(class_id: int) -> list[int]:
    """Return whom `promote` may lock: an action that locks people before it promotes locks these with them."""
    waiting = select(Booking.person_id).where(Booking.class_id == class_id, Booking.state == State.QUEUED)
    return [id_ for id_ in db.session.scalars(waiting) if id_]


def promote_waiting() -> int:
    """Seat those who have become free to sit, and return how many; for the clock.

    Someone is passed over for a seat elsewhere; when that seat is given up or that class moves, it is another class
    that changed, and its action does not touch this one. And from their hour on kept seats are for all, and free ones
    for those on standby too.
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
    newly = [booking.id for booking in group if booking.reason != why and booking.id not in newest]
    for booking in group:
        booking.reason = why
    if newly:
        log(group[0].class_id, "passed_over", None, "rule", newly, why=why)


def _sit(
    enrolment: Enrolment,
    booking: Booking,
    at: dt.datetime,
    approve_by: dt.datetime | None,
    offer_until: dt.datetime | None,
) -> None:
    """Give a booking its seat: theirs, or until somebody has named, answered or approved it. One still to be named is
    never offered: it has a deadline of its own."""
    booking.changed_at = at
    if booking.person_id is None:
        booking.state = State.HELD
    elif offer_until:
        booking.state, booking.due_at = State.OFFERED, offer_until
    elif enrolment.to_approve:
        booking.state, booking.due_at = State.REQUESTED, approve_by
    else:
        booking.state = State.BOOKED


def waiting_in(class_id: int, with_standby: bool = True) -> list[Waiting]:
    """Return what waits, in the order of the queue. Those on standby come last, and without `with_standby` not at all:
    before `standby_from`."""
    statement = (
        select(Booking, Enrolment)
        .join(Enrolment, Enrolment.id == Booking.enrolment_id)
        .where(Booking.class_id == class_id, Booking.state == State.QUEUED)
        .order_by(Enrolment.standby, Enrolment.order_no, Booking.id)
    )
    if not with_standby:
        statement = statement.where(Enrolment.standby.is_(False))
    waiting: dict[int, Waiting] = {}
    for booking, enrolment in db.session.execute(statement, execution_options={"populate_existing": True}):
        waiting.setdefault(enrolment.id, Waiting(enrolment, [])).bookings.append(booking)
    return list(waiting.values())
