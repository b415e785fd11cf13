"""The draw: for a class that will be stormed, seats by lot instead of by the quickest hand (ground/lots.py)."""

from sqlalchemy import bindparam, func, select, update

from courses.booking.actions.ground import Locked, Told, locked_class, log, tell, tell_holders
from courses.booking.actions.promote import promote
from courses.booking.model import Booking, Draw, Enrolment, State
from courses.catalogue.model import ClassState, TrainingClass
from courses.ground import clock
from courses.ground.db import db, run, table
from courses.ground.lots import Entry, closed_list, lots
from courses.ground.transaction import transaction
from courses.outbox.actions import Reader
from courses.people.model import Person


def draw_due() -> int:
    """Draw the lots of each class whose list has closed; return how many entries were drawn. For the clock."""
    due = select(TrainingClass.id).where(
        TrainingClass.state == ClassState.PUBLISHED,
        TrainingClass.draw_at <= clock.now(),
        TrainingClass.drawn_at.is_(None),
    )
    return sum(draw(class_id) for class_id in db.session.scalars(due.order_by(TrainingClass.draw_at)).all())


def draw(class_id: int) -> int:
    """Draw lots among the entries made before `draw_at`; return how many there were, 0 if it is not time.

    The drawn order is the order of the queue from here on, those on standby behind all others; seats go by it and by
    the class's shares and limits (seating.py). Who came between the closing
    of the list and the draw waits behind all who entered.
    """
    with transaction():
        class_ = locked_class(class_id)
        row, at = class_.row, clock.now()
        if row.draw_at is None or row.drawn_at or row.draw_at > at or row.state != ClassState.PUBLISHED:
            return 0
        waiting = _waiting(class_id)
        entries = {id_: entry for id_, entry in waiting.items() if entry.made_at < row.draw_at}
        listed = closed_list(entries.values())
        order = {number: place for place, number in enumerate(lots(row.draw_seed, listed), 1)}
        _give_order(row, waiting, order)
        db.session.add(Draw(class_id=class_id, entries=listed))
        row.drawn_at = at
        db.session.flush()
        log(class_id, "lots_drawn", None, "rule", entries=len(order), seed=row.draw_seed)
        promote(class_, at, "drawn")
        _tell_the_rest(class_)
        return len(order)


def _waiting(class_id: int) -> dict[int, Entry]:
    """Return what waits, by the ids of the enrolments. The number of an entry is its place in the order of asking."""
    statement = (
        select(Enrolment.id, Enrolment.order_no, func.count(), Enrolment.made_at)
        .join(Booking, Booking.enrolment_id == Enrolment.id)
        .where(Enrolment.class_id == class_id, Booking.state == State.QUEUED)
        .group_by(Enrolment.id)
        .order_by(Enrolment.order_no)
    )
    return {id_: Entry(number, seats, made_at) for id_, number, seats, made_at in db.session.execute(statement)}


_enrolment = table(Enrolment).c
_ORDER = (
    update(table(Enrolment))
    .where(_enrolment.id == bindparam("enrolment_id"))
    .values(order_no=bindparam("place"), entry_no=bindparam("number"))
)


def _give_order(row: TrainingClass, waiting: dict[int, Entry], order: dict[int, int]) -> None:
    """Give each that waits its new number, above all that were given: first those drawn, then those who came late."""
    late = [entry.number for entry in waiting.values() if entry.number not in order]
    places = order | {number: place for place, number in enumerate(late, len(order) + 1)}
    numbered = [
        {
            "enrolment_id": id_,
            "place": row.last_order_no + places[entry.number],
            "number": entry.number if entry.number in order else None,
        }
        for id_, entry in waiting.items()
    ]
    if numbered:
        run(_ORDER, numbered)
    row.last_order_no += len(numbered)


def _tell_the_rest(class_: Locked) -> None:
    """Tell those who entered and wait on."""
    statement = (
        select(Booking.id, Booking.sequence, Person.id, Person.email)
        .join(Enrolment, Enrolment.id == Booking.enrolment_id)
        .join(Person, Person.id == Booking.person_id)
        .where(Booking.class_id == class_.row.id, Booking.state == State.QUEUED, Enrolment.entry_no.is_not(None))
        .order_by(Enrolment.order_no, Booking.id)
    )
    waiting = db.session.execute(statement)
    tell("not_drawn", class_, [Told(id_, sequence, Reader(person, email)) for id_, sequence, person, email in waiting])
    unnamed = (
        select(Booking)
        .join(Enrolment, Enrolment.id == Booking.enrolment_id)
        .where(Booking.class_id == class_.row.id, Booking.state == State.QUEUED, Booking.person_id.is_(None))
        .where(Enrolment.entry_no.is_not(None))
        .order_by(Booking.id)
    )
    tell_holders("not_drawn", class_, list(db.session.scalars(unnamed)))
