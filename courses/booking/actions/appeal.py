"""Appealing what counts against a person, deciding that, and ending a standby that has no ground any more."""

from sqlalchemy import select

from courses.booking import standing as standings
from courses.booking.actions.cancel import class_of
from courses.booking.actions.ground import Locked, locked_class, log
from courses.booking.actions.promote import promote
from courses.booking.model import Appeal, Booking, Enrolment, State
from courses.catalogue.model import ClassState, TrainingClass
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
        row.upheld, row.answer = upheld, answer
        row.decided_at, row.decided_by = clock.now(), actor.id
        db.session.flush()
        log(class_.row.id, "appeal_upheld" if upheld else "appeal_declined", actor, door, [booking_id])
        _tell(class_, found, upheld, answer)


def _tell(class_: Locked, found: standings.Appealed, upheld: bool, answer: str) -> None:
    person = db.session.get_one(Person, found.person_id)
    said = {"class_": class_.facts(), "path": "/standing", "upheld": upheld, "answer": answer}
    key = f"appeal_decided:{found.booking_id}"
    reader = Reader(person.id, person.email)
    post_all([row_of("appeal_decided", reader, key, said, class_.row.id, found.booking_id)])


def end_standby() -> int:
    """Let those wait in their turn again whose standby is over, or was appealed with success; return how many classes
    that concerns. For the clock."""
    waiting = (
        select(Enrolment.id, Enrolment.class_id, Booking.person_id)
        .join(Booking, Booking.enrolment_id == Enrolment.id)
        .join(TrainingClass, TrainingClass.id == Enrolment.class_id)
        .where(
            Enrolment.standby.is_(True),
            Booking.state == State.QUEUED,
            TrainingClass.state == ClassState.PUBLISHED,
            TrainingClass.starts_at > clock.now(),
        )
        .order_by(Enrolment.class_id, Enrolment.id)
    )
    rows = db.session.execute(waiting).all()
    still = standings.on_standby(sorted({row.person_id for row in rows if row.person_id}), clock.now())
    held = {row.id for row in rows if row.person_id in still}
    over: dict[int, set[int]] = {}
    for row in rows:
        if row.id not in held:
            over.setdefault(row.class_id, set()).add(row.id)
    for class_id, enrolment_ids in over.items():
        _let_wait_in_turn(class_id, enrolment_ids)
    return len(over)


def _let_wait_in_turn(class_id: int, enrolment_ids: set[int]) -> None:
    with transaction():
        class_ = locked_class(class_id)
        mine = (Booking.enrolment_id.in_(enrolment_ids), Booking.state == State.QUEUED)
        bookings = db.session.scalars(select(Booking).where(*mine)).all()
        for enrolment in db.session.scalars(select(Enrolment).where(Enrolment.id.in_(enrolment_ids))):
            enrolment.standby = False
        db.session.flush()
        if bookings:
            log(class_id, "standby_ended", None, "rule", [booking.id for booking in bookings])
            promote(class_, clock.now())
