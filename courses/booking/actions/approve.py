"""The enterprise's own say: approving what its people book, the rule that asks for it, and deputies of the owner."""

from sqlalchemy import select

from courses.booking.actions.cancel import give_up
from courses.booking.actions.ground import Locked, Told, locked_class, log, require_standing, tell
from courses.booking.model import Booking, Enrolment, State
from courses.ground import clock
from courses.ground.db import db
from courses.ground.refusal import Refusal
from courses.ground.transaction import locked, transaction
from courses.outbox.actions import Reader
from courses.people.model import BookingRule, Enterprise, Person, Post, Role
from courses.people.rights import Actor, Right, require


def approve(actor: Actor, booking_id: int, door: str = "page") -> None:
    """Approve what someone of the enterprise booked: the seat reserved for them is theirs.

    Raises Refusal: not_found, called_off, begun, already_decided.
    """
    with transaction():
        class_, booking, reader = _requested(actor, booking_id)
        booking.enrolment.to_approve = False
        booking.state, booking.reason, booking.due_at = State.BOOKED, "approved", None
        booking.changed_at = clock.now()
        db.session.flush()
        log(class_.row.id, "approved", actor, door, [booking.id])
        tell("booked", class_, [Told(booking.id, booking.sequence, reader)], "REQUEST", approved_by=actor.name)


def disapprove(actor: Actor, booking_id: int, door: str = "page") -> None:
    """Refuse what someone of the enterprise booked: the seat goes to the next in the queue, and they are told.

    Raises Refusal: not_found, called_off, begun, already_decided.
    """
    with transaction():
        class_, booking, reader = _requested(actor, booking_id)
        give_up(actor, class_, booking, reader, door, "not_approved")


def _requested(actor: Actor, booking_id: int) -> tuple[Locked, Booking, Reader]:
    """Lock the class, then the booking that is to be decided. A stranger is told that there is nothing."""
    known = db.session.get(Booking, booking_id)
    if known is None:
        raise Refusal("not_found")
    class_ = locked_class(known.class_id)
    booking = locked(Booking, booking_id)
    enrolment = locked(Enrolment, booking.enrolment_id)
    try:
        require(actor, Right.APPROVE, enterprise_id=enrolment.enterprise_id)
    except Refusal:
        raise Refusal("not_found") from None
    require_standing(class_.row, clock.now())
    if booking.state != State.REQUESTED or booking.is_overdue(clock.now()):
        raise Refusal("already_decided")
    person = db.session.get_one(Person, booking.person_id)
    return class_, booking, Reader(person.id, person.email)


def change_booking_rule(actor: Actor, enterprise_id: int, rule: BookingRule) -> None:
    """Say whether the people of an enterprise book freely or ask first. What waits for approval goes on waiting.

    Raises Refusal("not_found").
    """
    with transaction():
        _delegating(actor, enterprise_id).booking_rule = rule


def set_deputy(actor: Actor, person_id: int, is_deputy: bool) -> None:
    """Let a colleague book, approve and name for the enterprise as its owner does, or take that back. It ends with the
    post. Raises Refusal("not_found")."""
    with transaction():
        post = db.session.scalar(
            select(Post).where(Post.person_id == person_id, Post.role == Role.MANAGER).with_for_update(key_share=True)
        )
        if post is None or post.enterprise_id is None:
            raise Refusal("not_found")
        _delegating(actor, post.enterprise_id)
        post.is_deputy = is_deputy


def _delegating(actor: Actor, enterprise_id: int) -> Enterprise:
    enterprise = locked(Enterprise, enterprise_id)
    try:
        require(actor, Right.DELEGATE, enterprise_id=enterprise_id)
    except Refusal:
        raise Refusal("not_found") from None
    return enterprise
