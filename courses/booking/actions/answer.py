"""What someone booked is asked, and the answer: on a page, through the API, or by one tap from the mail."""

from collections.abc import Callable

from sqlalchemy import select, update

from courses.booking.actions.cancel import give_up, locked_booking
from courses.booking.actions.ground import (
    Locked,
    Told,
    approval_due,
    log,
    require_standing,
    tell,
    tell_requested,
)
from courses.booking.model import Booking, Consent, State
from courses.ground import clock
from courses.ground.db import db
from courses.ground.refusal import Refusal
from courses.ground.transaction import transaction
from courses.outbox.actions import Reader
from courses.outbox.answers import Question
from courses.people.model import Person
from courses.people.rights import Actor

Answering = Callable[[Actor, Locked, Booking, Reader, bool, str], None]


def answer(actor: Actor, booking_id: int, yes: bool, door: str = "page", number: int | None = None) -> Question:
    """Answer what is asked about a booking, and return the question. `number`: of the asking that was read.

    Raises Refusal: not_found, not_asked (nothing is, or another question since), offer_over, called_off, begun.
    """
    with transaction():
        class_, booking, reader = locked_booking(actor, booking_id)
        require_standing(class_.row, clock.now())
        question = booking.asks
        if question is None or number not in (None, class_.row.schedule_no + booking.sequence):
            raise Refusal("not_asked")
        if booking.is_overdue(clock.now()):  # whether the clock has taken it back already or not
            raise Refusal("offer_over", until=booking.due_at)
        ANSWERS[question](actor, class_, booking, reader, yes, door)
        return question


def ask_consent(class_id: int) -> set[int]:
    """Ask each person booked in a class that moved whether its new time suits, and return their bookings.

    Silence keeps the seat, a no frees it; who has answered for an earlier time is asked anew.
    """
    booked = (Booking.class_id == class_id, Booking.state == State.BOOKED)
    db.session.execute(update(Booking).where(*booked).values(consent=Consent.ASKED))
    return set(db.session.scalars(select(Booking.id).where(*booked)))


def still_asked(class_id: int) -> set[int]:
    """Return the bookings whose people have not answered yet whether the time suits: asked anew with each notice, as
    the one before counts no more."""
    open_ = (Booking.class_id == class_id, Booking.state == State.BOOKED, Booking.consent == Consent.ASKED)
    return set(db.session.scalars(select(Booking.id).where(*open_)))


def _answer_new_time(actor: Actor, class_: Locked, booking: Booking, reader: Reader, yes: bool, door: str) -> None:
    booking.consent = Consent.YES if yes else Consent.NO
    log(class_.row.id, "time_suits" if yes else "time_does_not_suit", actor, door, [booking.id])
    if not yes:  # whatever the hour: it is not they who changed the time
        give_up(actor, class_, booking, reader, door, "new_time")


def _answer_offer(actor: Actor, class_: Locked, booking: Booking, reader: Reader, yes: bool, door: str) -> None:
    """A yes makes the seat theirs, or has it approved first where their enterprise wants that; a no goes on to the
    next."""
    if not yes:
        give_up(actor, class_, booking, reader, door, "declined")
        return
    at, enrolment = clock.now(), booking.enrolment
    asks_first = enrolment.to_approve and not (
        actor.answers_for_enterprise and actor.enterprise_id == enrolment.enterprise_id
    )
    booking.state = State.REQUESTED if asks_first else State.BOOKED
    booking.due_at = approval_due(class_.row, at) if asks_first else None
    booking.reason, booking.changed_at = "accepted", at
    enrolment.to_approve = asks_first
    db.session.flush()
    log(class_.row.id, "accepted", actor, door, [booking.id])
    told = Told(booking.id, booking.sequence, reader)
    if booking.due_at:
        tell_requested(class_, [(told, db.session.get_one(Person, reader.id).name)], booking.due_at)
    else:
        tell("booked", class_, [told], "REQUEST", by=None if actor.id == reader.id else actor.name, accepted=True)


ANSWERS: dict[Question, Answering] = {Question.NEW_TIME: _answer_new_time, Question.OFFER: _answer_offer}
