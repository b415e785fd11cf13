"""What someone booked is asked, and the answer: on a page, through the API, or by one tap from the mail."""

from collections.abc import Callable

from sqlalchemy import select, update

from courses.booking.actions.cancel import give_up, locked_booking
from courses.booking.actions.ground import Locked, log, require_standing
from courses.booking.model import Booking, Consent, State
from courses.ground import clock
from courses.ground.db import db
from courses.ground.refusal import Refusal
from courses.ground.transaction import transaction
from courses.outbox.actions import Reader
from courses.outbox.answers import Question
from courses.people.rights import Actor

Answering = Callable[[Actor, Locked, Booking, Reader, bool, str], None]


def answer(actor: Actor, booking_id: int, yes: bool, door: str = "page", number: int | None = None) -> None:
    """Answer what is asked about a booking. `number`: of the asking that was read, see `number_of`.

    Raises Refusal: not_found, not_asked (nothing is, or another question since), called_off, begun.
    """
    with transaction():
        class_, booking, reader = locked_booking(actor, booking_id)
        require_standing(class_.row, clock.now())
        question = booking.asks
        if question is None or number not in (None, class_.row.schedule_no + booking.sequence):
            raise Refusal("not_asked")
        ANSWERS[question](actor, class_, booking, reader, yes, door)


def ask_consent(class_id: int) -> set[int]:
    """Ask each person booked in a class that moved whether its new time suits, and return their bookings.

    Silence keeps the seat, a no frees it; who has answered for an earlier time is asked anew.
    """
    booked = (Booking.class_id == class_id, Booking.state == State.BOOKED)
    db.session.execute(update(Booking).where(*booked).values(consent=Consent.ASKED))
    return set(db.session.scalars(select(Booking.id).where(*booked)))


def _answer_new_time(actor: Actor, class_: Locked, booking: Booking, reader: Reader, yes: bool, door: str) -> None:
    booking.consent = Consent.YES if yes else Consent.NO
    log(class_.row.id, "time_suits" if yes else "time_does_not_suit", actor, door, [booking.id])
    if not yes:  # whatever the hour: it is not they who changed the time
        give_up(actor, class_, booking, reader, door, "new_time")


ANSWERS: dict[Question, Answering] = {Question.NEW_TIME: _answer_new_time}
