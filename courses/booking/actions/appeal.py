"""Appealing what counts against a person, and deciding that."""

from courses.booking import standing as standings
from courses.booking.actions.cancel import class_of
from courses.booking.actions.ground import Locked, locked_class, log
from courses.booking.model import Appeal, Booking
from courses.ground import clock
from courses.ground.db import db
from courses.ground.refusal import Refusal
from courses.ground.transaction import locked, transaction
from courses.outbox.actions import Reader, post_all, row_of
from courses.people.model import Person
from courses.people.rights import Actor, Right, require


def appeal(actor: Actor, booking_id: int, words: str, door: str = "page") -> None:
    """Say why staying away, or cancelling late, should not count. Once for each booking.

    Raises Refusal: not_found, nothing_to_appeal, already_appealed.
    """
    with transaction():
        class_ = locked_class(class_of(booking_id))
        booking = locked(Booking, booking_id)
        if booking.person_id != actor.id:
            raise Refusal("not_found")
        require(actor, Right.APPEAL, person_id=booking.person_id)
        counted = standings.missed_in(booking_id)
        if counted is None:
            raise Refusal("nothing_to_appeal")
        if counted.appealed_at:
            raise Refusal("already_appealed")
        db.session.add(Appeal(booking_id=booking_id, words=words, made_at=clock.now()))
        db.session.flush()
        log(class_.row.id, "appealed", actor, door, [booking_id])


def decide(actor: Actor, booking_id: int, upheld: bool, answer: str, door: str = "page") -> None:
    """Answer an appeal: upheld, it does not count. The person is told, with the officer's words.

    Raises Refusal: not_found, already_decided.
    """
    with transaction():
        class_ = locked_class(class_of(booking_id))
        found = standings.appeal_of(booking_id)
        if found is None or found.squadron_id != actor.squadron_id:
            raise Refusal("not_found")
        require(actor, Right.DECIDE_APPEAL, squadron_id=class_.row.squadron_id)
        row = locked(Appeal, booking_id)
        if row.decided_at:
            raise Refusal("already_decided")
        _decided(row, actor, upheld, answer)
        log(class_.row.id, "appeal_upheld" if upheld else "appeal_declined", actor, door, [booking_id])
        _tell(class_, found, upheld, answer)


def _decided(row: Appeal, actor: Actor, upheld: bool, answer: str) -> None:
    row.upheld, row.answer = upheld, answer
    row.decided_at, row.decided_by = clock.now(), actor.id
    db.session.flush()


def _tell(class_: Locked, found: standings.Appealed, upheld: bool, answer: str) -> None:
    person = db.session.get_one(Person, found.person_id)
    said = {"class_": class_.facts(), "path": "/standing", "upheld": upheld, "answer": answer}
    key = f"appeal_decided:{found.booking_id}"
    reader = Reader(person.id, person.email)
    post_all([row_of("appeal_decided", reader, key, said, class_.row.id, found.booking_id)])
