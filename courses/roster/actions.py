"""Marking who came."""

import datetime as dt
from collections.abc import Collection

from sqlalchemy import select

from courses.booking import actions as booking
from courses.booking.actions.ground import locked_class, log
from courses.booking.model import SEATED, Booking
from courses.catalogue import queries as catalogue
from courses.catalogue.model import ClassState, Sitting
from courses.ground import clock
from courses.ground.db import db
from courses.ground.refusal import Refusal
from courses.ground.transaction import transaction
from courses.people.rights import Actor, Right, require
from courses.roster.model import Attendance, Mark

OPENS_BEFORE = dt.timedelta(hours=1)
FULL_FROM_PERCENT = 80  # product rule: full hours from 80 % of a sitting's minutes, none below


def mark(
    actor: Actor,
    class_id: int,
    sitting_id: int,
    booking_ids: Collection[int],
    as_: Mark | None,
    arrived_at: dt.datetime | None = None,
    left_at: dt.datetime | None = None,
    door: str = "page",
) -> None:
    """Mark these bookings at one sitting; None takes the mark back. Marking twice is harmless: the last one holds.

    Raises Refusal: not_found (class, sitting), not_allowed, called_off, not_begun, not_on_roster, minutes_wrong.
    """
    with transaction():
        at = clock.now()
        class_ = locked_class(class_id)
        lecturer_ids = [t.id for t in catalogue.lecturers_of(class_id)]
        require(actor, Right.MARK_ROSTER, squadron_id=class_.row.squadron_id, lecturer_ids=lecturer_ids)
        sitting = db.session.get(Sitting, sitting_id)
        if sitting is None or sitting.class_id != class_id:
            raise Refusal("not_found")
        if class_.row.state == ClassState.CALLED_OFF:
            raise Refusal("called_off")
        if at < sitting.starts_at - OPENS_BEFORE:
            raise Refusal("not_begun")
        earned = earned_half_hours(sitting, as_, arrived_at, left_at)
        bookings = _seated(class_id, booking_ids)
        rows = _attendances([b.id for b in bookings])
        for row in bookings:
            known = rows.get((row.id, sitting_id))
            if as_ is None:
                if known:
                    db.session.delete(known)
                    del rows[row.id, sitting_id]
                continue
            if known is None:
                known = Attendance(
                    booking_id=row.id, sitting_id=sitting_id, mark=as_, half_hours=0, marked_by=actor.id, marked_at=at
                )
                db.session.add(known)
                rows[row.id, sitting_id] = known
            known.mark, known.half_hours, known.marked_by, known.marked_at = as_, earned, actor.id, at
            known.arrived_at, known.left_at = arrived_at, left_at
        for row in bookings:
            marks = [a.mark for (booking_id, _), a in rows.items() if booking_id == row.id]
            booking.settle(row, Mark.PRESENT in marks if marks else None)
        log(class_id, "marked", actor, door, [b.id for b in bookings], mark=as_ or "unmarked", sitting=sitting_id)


def earned_half_hours(
    sitting: Sitting, as_: Mark | None, arrived_at: dt.datetime | None, left_at: dt.datetime | None
) -> int:
    """Return the half 学时 earned: those of the whole sitting from 80 % of its minutes, none below.

    Raises Refusal("minutes_wrong") when arrival and leaving are not within the sitting, in this order.
    """
    begin, end = arrived_at or sitting.starts_at, left_at or sitting.ends_at
    if not sitting.starts_at <= begin < end <= sitting.ends_at:
        raise Refusal("minutes_wrong")
    if as_ != Mark.PRESENT:
        return 0
    share = (end - begin) * 100 >= (sitting.ends_at - sitting.starts_at) * FULL_FROM_PERCENT
    return sitting.half_hours if share else 0


def _seated(class_id: int, booking_ids: Collection[int]) -> list[Booking]:
    statement = select(Booking).where(
        Booking.class_id == class_id, Booking.id.in_(booking_ids), Booking.state.in_(SEATED)
    )
    found = list(db.session.scalars(statement.order_by(Booking.id)))
    if not found or len(found) < len(set(booking_ids)):
        raise Refusal("not_on_roster")
    return found


def _attendances(booking_ids: list[int]) -> dict[tuple[int, int], Attendance]:
    statement = select(Attendance).where(Attendance.booking_id.in_(booking_ids))
    return {(row.booking_id, row.sitting_id): row for row in db.session.scalars(statement)}
