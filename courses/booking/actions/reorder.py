"""Reordering a queue by hand: only with a reason, which its people are told and the story of the class keeps."""

from collections.abc import Mapping, Sequence

from sqlalchemy import bindparam, func, select, update

from courses.booking.actions.cancel import class_of
from courses.booking.actions.ground import Told, locked_class, log, require_standing, tell
from courses.booking.actions.promote import promote
from courses.booking.model import Booking, Enrolment, State
from courses.ground import clock
from courses.ground.db import db, run, table
from courses.ground.refusal import Refusal
from courses.ground.transaction import transaction
from courses.outbox.actions import Reader
from courses.people.model import Person
from courses.people.rights import Actor, Right, require


def reorder(
    actor: Actor, booking_id: int, place: int, reason: str, seen: int | None = None, door: str = "page"
) -> None:
    """Put a waiting booking, with all who asked together with it, at `place` in the queue, counted from 1.

    The others keep their order among themselves. `seen`: the place that was shown; a queue that moved since is refused.
    `reason`: never empty. Raises Refusal: not_found, not_allowed, called_off, begun, awaits_draw, not_waiting,
    no_such_place, queue_changed, nothing_changed, standby_last.
    """
    with transaction():
        class_, at = locked_class(class_of(booking_id)), clock.now()
        require(actor, Right.CHANGE_CLASS, squadron_id=class_.row.squadron_id)
        require_standing(class_.row, at)
        if class_.row.awaits_draw:
            raise Refusal("awaits_draw")
        queue = _queue(class_.row.id)
        enrolment_id = db.session.scalar(select(Booking.enrolment_id).where(Booking.id == booking_id))
        if enrolment_id not in queue:
            raise Refusal("not_waiting")
        order = list(queue)
        before = order.index(enrolment_id) + 1
        if seen is not None and seen != before:
            raise Refusal("queue_changed", place=before)
        if not 1 <= place <= len(order):
            raise Refusal("no_such_place", count=len(order))
        if place == before:
            raise Refusal("nothing_changed")
        order.insert(place - 1, order.pop(before - 1))
        behind = [queue[id_].standby for id_ in order]
        if behind != sorted(behind):
            raise Refusal("standby_last")
        _number(_own_kind(queue, order, enrolment_id))
        told = _moved(enrolment_id)
        moved = select(Booking.id).where(Booking.enrolment_id == enrolment_id, Booking.state == State.QUEUED)
        ids = list(db.session.scalars(moved.order_by(Booking.id)))
        log(class_.row.id, "reordered", actor, door, ids, before=before, after=place, reason=reason)
        tell("reordered", class_, told, was=before, place=place, reason=reason)
        promote(class_, at)


def _queue(class_id: int) -> dict[int, Enrolment]:
    """Return the enrolments that wait, by their ids, in the order of the queue."""
    waiting = select(Booking.enrolment_id).where(Booking.class_id == class_id, Booking.state == State.QUEUED)
    statement = select(Enrolment).where(Enrolment.id.in_(waiting)).order_by(Enrolment.standby, Enrolment.order_no)
    return {row.id: row for row in db.session.scalars(statement, execution_options={"populate_existing": True})}


_enrolment = table(Enrolment).c
_NUMBER = (
    update(table(Enrolment)).where(_enrolment.id == bindparam("enrolment_id")).values(order_no=bindparam("number"))
)


def _own_kind(queue: Mapping[int, Enrolment], order: Sequence[int], moved: int) -> dict[int, int]:
    """Return the new numbers of those who wait in turn, or on standby, as the one moved does: the others keep theirs,
    and with them their turn once their standby ends."""
    kind = [id_ for id_ in order if queue[id_].standby == queue[moved].standby]
    return dict(zip(kind, sorted(queue[id_].order_no for id_ in kind), strict=True))


def _number(numbers: Mapping[int, int]) -> None:
    """Give the enrolments these numbers; below zero first, so that no two ever have the same."""
    rows = [{"enrolment_id": id_, "number": number} for id_, number in numbers.items()]
    run(_NUMBER, [{**row, "number": -row["number"]} for row in rows])
    run(_NUMBER, rows)


def _moved(enrolment_id: int) -> list[Told]:
    """Write down of those who wait together why they are where they are, and return whom to tell: each person once, of
    places still to be named whoever asked for them."""
    statement = (
        select(Booking, Person.id, Person.email)
        .join(Enrolment, Enrolment.id == Booking.enrolment_id)
        .join(Person, Person.id == func.coalesce(Booking.person_id, Enrolment.made_by))
        .where(Booking.enrolment_id == enrolment_id, Booking.state == State.QUEUED)
        .order_by(Booking.id)
    )
    told: dict[int, Told] = {}
    for booking, person_id, email in db.session.execute(statement).all():
        booking.reason, booking.changed_at = "reordered", clock.now()
        booking.sequence += 1  # a second reordering is told of as well
        told.setdefault(person_id, Told(booking.id, booking.sequence, Reader(person_id, email)))
    db.session.flush()
    return list(told.values())
