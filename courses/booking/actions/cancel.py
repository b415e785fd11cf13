"""Cancelling a booking, taking that back, and settling it after the class."""

import datetime as dt
from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, func, select

from courses.booking.actions.book import require_no_clash
from courses.booking.actions.ground import (
    Candidate,
    Locked,
    Told,
    approval_due,
    candidates,
    keeps_seats,
    locked_class,
    log,
    require_standing,
    tell,
    tell_requested,
)
from courses.booking.actions.promote import people_waiting, promote
from courses.booking.actions.seats import Waiting, pool_for, require_within_limits
from courses.booking.model import FINAL, LATE, MOVED_UP, SEATED, Booking, Enrolment, Event, State
from courses.catalogue.model import TrainingClass
from courses.ground import clock
from courses.ground.db import db
from courses.ground.refusal import Refusal
from courses.ground.transaction import lock_all, locked, transaction
from courses.outbox.actions import Reader, withdraw
from courses.people.model import Person, Post, Role
from courses.people.rights import Actor, Right, require_seen


def cancel(actor: Actor, booking_id: int, door: str = "page") -> bool:
    """Give up a seat or leave the queue; the seat goes to the next in the queue at once. Return whether this can still
    be taken back: nobody got a seat by it.

    After the class's `cancel_until` it counts as late; to cancel a seat that is only offered is to decline it. Raises
    Refusal: not_found, not_allowed, not_cancellable, called_off, begun.
    """
    with transaction():
        class_, booking, reader = locked_booking(actor, booking_id)
        at = clock.now()
        require_standing(class_.row, at)
        if not booking.is_live:
            raise Refusal("not_cancellable")
        late = booking.state == State.BOOKED and at > class_.row.cancel_until
        reason = "released" if booking.person_id is None else "late" if late else "asked"
        if booking.state == State.OFFERED:
            reason = "declined"
        return not give_up(actor, class_, booking, reader, door, reason)


def give_up(
    actor: Actor,
    class_: Locked,
    booking: Booking,
    reader: Reader,
    door: str,
    reason: str,
    changed_to: TrainingClass | None = None,
) -> bool:
    """Cancel a live booking for `reason` and seat the next of the queue; return whether it can no more be taken back.

    `changed_to`: the class in which its person sits from now on. Call it under the class's lock.
    """
    at = clock.now()
    was_seated, in_calendar = booking.takes_a_seat, booking.state == State.BOOKED
    if was_seated:
        class_.row.seats_taken -= 1
    elif not _others_wait(booking):
        class_.row.queued -= 1
    booking.state, booking.reason, booking.changed_at = State.CANCELLED, reason, at
    booking.sequence += 1
    db.session.flush()
    what = "declined" if reason == "declined" else "cancelled_late" if reason in LATE else "cancelled"
    to = {"changed_to": changed_to.id} if changed_to else {}
    log(class_.row.id, what, actor, door, [booking.id], seated=was_seated, **to)
    withdraw([booking.id])
    final = promote(class_, at) > 0 or reason in FINAL
    if (was_seated and reason != "released") or (actor.id != reader.id and not changed_to):
        by = None if actor.id == reader.id else actor.name
        told = [Told(booking.id, booking.sequence, reader)]
        gone: dict[str, Any] = {reason: True} if reason in ("left", "not_approved", "declined") else {"final": final}
        if changed_to:
            gone = {"changed_to_at": changed_to.starts_at.isoformat()}
        tell("cancelled", class_, told, "CANCEL" if in_calendar else None, by=by, **gone)
    return final


def undo_cancel(actor: Actor, booking_id: int, door: str = "page") -> None:
    """Take a cancellation back: a seat, as long as nobody was promoted since; or the old place in the queue, as long as
    nobody who asked together moved up and no lots were drawn since.

    Raises Refusal: not_found, not_allowed, called_off, begun, not_cancellable, post_ended, cannot_undo,
    already_booked, person_clash, enterprise_limit, enterprise_year_limit.
    """
    with transaction():
        class_, booking, reader = locked_booking(actor, booking_id)
        at = clock.now()
        require_standing(class_.row, at)
        if booking.is_live or booking.reason in FINAL:
            raise Refusal("not_cancellable")
        last = _cancellation_of(booking)
        was_seated = bool(last.facts.get("seated"))
        lock_all(Person, [reader.id, *([] if was_seated else people_waiting(class_.row.id))])
        person = candidates(class_.row.id, [reader.id]).get(reader.id)
        if person is None or person.enterprise_id is None:
            raise Refusal("post_ended")
        if person.is_in:
            raise Refusal("already_booked", person=person.named)
        if was_seated:
            _take_seat_back(class_, booking, person, last, at)
        else:
            _take_place_back(class_, booking, last)
        booking.reason, booking.changed_at, booking.consent = "undone", at, None
        booking.sequence += 1
        db.session.flush()
        log(class_.row.id, "cancellation_undone", actor, door, [booking.id])
        withdraw([booking.id])
        told, by = Told(booking.id, booking.sequence, reader), None if actor.id == reader.id else actor.name
        if booking.state == State.REQUESTED and booking.due_at:
            tell_requested(class_, [(told, person.name)], booking.due_at)
        elif booking.state == State.BOOKED:
            tell("booked", class_, [told], "REQUEST", by=by)
        elif by:  # another told them that the place is gone
            tell("queued", class_, [told], by=by)
        if not was_seated:
            promote(class_, at)


def _cancellation_of(booking: Booking) -> Event:
    """Return the last time the booking was cancelled, which is always logged."""
    cancelled = (Event.booking_id == booking.id, Event.what.startswith("cancelled"))
    return db.session.scalars(select(Event).where(*cancelled).order_by(Event.id.desc()).limit(1)).one()


def _take_seat_back(class_: Locked, booking: Booking, person: Candidate, last: Event, at: dt.datetime) -> None:
    """Make the booking a seat again, to be approved where it was. Where seats are kept, it is one kept for such as the
    person, or one for everyone."""
    if class_.row.is_full or _promoted_since(class_.row.id, last.id):
        raise Refusal("cannot_undo")
    require_no_clash([person])
    require_within_limits(class_, person.enterprise_id, 1, seated=True)
    if keeps_seats(class_.row, at):
        pool = pool_for(class_, Waiting(booking.enrolment, [booking]), {person.id: person}, at)
        if pool is None:
            raise Refusal("cannot_undo")
        booking.share_id = pool or None
    class_.row.seats_taken += 1
    asks = booking.enrolment.to_approve
    booking.state = State.REQUESTED if asks else State.BOOKED
    booking.due_at = approval_due(class_.row, at) if asks else None


def _take_place_back(class_: Locked, booking: Booking, last: Event) -> None:
    drawn_without = class_.row.drawn_at and last.at < class_.row.drawn_at
    if drawn_without or _others_moved_up_since(booking):
        raise Refusal("cannot_undo")
    if not _others_wait(booking):
        class_.row.queued += 1
    booking.state, booking.due_at = State.QUEUED, None


def settle(booking: Booking, attended: bool | None, excused: bool = False) -> None:
    """Record what the roster says of the whole class; call it inside the roster's transaction. `excused`: whoever
    stayed away did so for a reason at each sitting."""
    booking.attended, booking.excused = attended, excused


def count_came(class_: TrainingClass) -> None:
    """Count anew who came to a class; call it inside the roster's transaction, once all are settled."""
    came = (Booking.class_id == class_.id, Booking.attended.is_(True), Booking.state.in_(SEATED))
    class_.came = db.session.scalar(select(func.count()).where(*came)) or 0


def locked_booking(actor: Actor, booking_id: int) -> tuple[Locked, Booking, Reader]:
    """Lock the booking's class, then read the booking."""
    class_ = locked_class(class_of(booking_id))
    return class_, *booking_in(actor, class_, booking_id)


def class_of(booking_id: int) -> int:
    """Return the class of a booking, which never changes. Raises Refusal("not_found")."""
    class_id = db.session.scalar(select(Booking.class_id).where(Booking.id == booking_id))
    if class_id is None:
        raise Refusal("not_found")
    return class_id


def booking_in(actor: Actor, class_: Locked, booking_id: int) -> tuple[Booking, Reader]:
    """Return a booking, locked, and its person, if the actor may cancel it. A stranger is told that there is nothing.

    Call it under the class's lock.
    """
    booking = locked(Booking, booking_id)
    person = _person_of(booking)
    facts = {
        "person_id": booking.person_id,
        "enterprise_id": person.enterprise_id,
        "squadron_id": class_.row.squadron_id,
    }
    require_seen(actor, Right.CANCEL, **facts)
    return booking, Reader(person.id, person.email)


def _person_of(booking: Booking) -> Any:
    """Return whose booking it is, with the present enterprise; of one still to be named, who asked for it and its
    enterprise."""
    employed = (Post.person_id == Person.id) & Post.role.in_((Role.MANAGER, Role.OWNER))
    if booking.person_id:
        statement = select(Person.id, Person.email, Post.enterprise_id).outerjoin(Post, employed)
        return db.session.execute(statement.where(Person.id == booking.person_id)).first()
    asked = select(Person.id, Person.email, Enrolment.enterprise_id).join(Enrolment, Enrolment.made_by == Person.id)
    return db.session.execute(asked.where(Enrolment.id == booking.enrolment_id)).one()


def _others_wait(booking: Booking) -> bool:
    """Return whether others of the same enrolment are in the queue."""
    return _others_are(booking, (State.QUEUED,))


def _others_moved_up_since(booking: Booking) -> bool:
    """Return whether others of the same enrolment got seats after this booking left them."""
    return _others_are(booking, SEATED, Booking.changed_at >= booking.changed_at)


def _others_are(booking: Booking, states: Collection[State], *more: ColumnElement[bool]) -> bool:
    others = select(func.count()).where(
        Booking.enrolment_id == booking.enrolment_id, Booking.id != booking.id, Booking.state.in_(states), *more
    )
    return bool(db.session.scalar(others))


def _promoted_since(class_id: int, event_id: int) -> bool:
    later = select(Event.id).where(Event.class_id == class_id, Event.id > event_id, Event.what.in_(MOVED_UP))
    return db.session.scalar(later.limit(1)) is not None
