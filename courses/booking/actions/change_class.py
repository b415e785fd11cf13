"""Changing to another class of the same course in one step: never seatless in between."""

from courses.booking.actions.book import Outcome, ask, require_open
from courses.booking.actions.cancel import booking_in, class_of, give_up
from courses.booking.actions.ground import Locked, locked_class, plain_class, require_standing, require_unchanged
from courses.booking.actions.promote import people_waiting
from courses.booking.model import Booking, State
from courses.ground import clock
from courses.ground.refusal import Refusal
from courses.ground.transaction import lock_all, transaction
from courses.people.model import Person
from courses.people.rights import Actor


def change_class(
    actor: Actor, booking_id: int, to_class_id: int, door: str = "page", seen: int | None = None
) -> Outcome:
    """Give up a seat, or a place in the queue, for a seat in another class of the course: a seat there, or nothing
    changes. The seat left goes to the next in its queue.

    A seat that is left after its class's `cancel_until` counts as late. Raises Refusal: not_found, not_changeable,
    same_class, other_course, no_seat_there, and those of `cancel` and `book`.
    """
    with transaction():
        left, to = _locked_pair(class_of(booking_id), to_class_id)
        booking, reader = booking_in(actor, left, booking_id)
        at = clock.now()
        require_standing(left.row, at)
        if booking.state not in (State.BOOKED, State.QUEUED) or booking.person_id is None:
            raise Refusal("not_changeable")
        if to.row.course_id != left.row.course_id:
            raise Refusal("other_course")
        require_open(to.row, at)
        require_unchanged(to.row, seen)
        waiting = [*people_waiting(left.row.id), *people_waiting(to.row.id)]
        lock_all(Person, sorted({reader.id, *waiting}))
        approved = booking.state == State.BOOKED  # the enterprise has agreed to this course already
        give_up(actor, left, booking, reader, door, _reason(left, booking), changed_to=to.row)
        [outcome] = ask(actor, to, [reader.id], door, instead=left.row, approved=approved)
        if outcome.state == State.QUEUED:
            raise Refusal("no_seat_there")  # and all of the above is as if it had not been
        return outcome


def _locked_pair(left_id: int, to_id: int) -> tuple[Locked, Locked]:
    """Return both classes, locked in the order of their ids, so that two who change never wait for each other."""
    if left_id == to_id:
        raise Refusal("same_class")
    if left_id < to_id:
        left = locked_class(left_id)
        return left, plain_class(to_id)
    to = plain_class(to_id)
    return locked_class(left_id), to


def _reason(left: Locked, booking: Booking) -> str:
    late = booking.takes_a_seat and clock.now() > left.row.cancel_until
    return "changed_late" if late else "changed"
