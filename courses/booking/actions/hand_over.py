"""A booking passes to a successor: the seat, or the place in the queue, in the same enrolment."""

from courses.booking.actions.ground import Locked, Told, log, tell
from courses.booking.actions.promote import offer
from courses.booking.model import Booking, State
from courses.ground import clock
from courses.ground.db import db
from courses.outbox.actions import Reader, withdraw
from courses.people.model import Person
from courses.people.rights import Actor


def hand_over(
    actor: Actor, class_: Locked, booking: Booking, giver: Person, heir: Person, door: str, swapped: bool = False
) -> int:
    """Let `heir` take the place of `giver` in a class and return the new booking's id; both are told. `swapped`: the
    enterprise sends one colleague for another; else the place passes with the post.

    The enrolment stays, so the place in the queue does, and no counter moves. Call it under the class's lock with both
    people locked, and only where nothing is in the heir's way.
    """
    seated, in_calendar = booking.takes_a_seat, booking.state == State.BOOKED
    taken = Booking(
        enrolment_id=booking.enrolment_id,
        class_id=booking.class_id,
        person_id=heir.id,
        state=booking.state,
        reason="taken_over",
        changed_at=clock.now(),
        share_id=booking.share_id,
        due_at=booking.due_at,
    )
    booking.state, booking.reason, booking.changed_at = State.CANCELLED, "handed_over", clock.now()
    booking.sequence += 1
    db.session.add(taken)
    db.session.flush()
    how = {"swapped": True} if swapped else {}
    log(class_.row.id, "handed_over", actor, door, [booking.id], **how)
    log(class_.row.id, "taken_over", actor, door, [taken.id], **how)
    withdraw([booking.id])
    gone = [Told(booking.id, booking.sequence, Reader(giver.id, giver.email))]
    tell("handed_over", class_, gone, "CANCEL" if in_calendar else None, heir=heir.name, seated=seated, **how)
    heir_told = Told(taken.id, 0, Reader(heir.id, heir.email))
    come = [offer(heir_told, taken) if taken.state == State.OFFERED else heir_told]
    tell("taken_over", class_, come, "REQUEST" if in_calendar else None, giver=giver.name, seated=seated, **how)
    return taken.id
