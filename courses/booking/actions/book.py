"""Booking a seat, for oneself or for several people at once."""

import datetime as dt
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from functools import wraps
from types import MappingProxyType
from typing import Any, ParamSpec

from sqlalchemy import bindparam, insert, update

from courses.booking.actions.ground import (
    Candidate,
    Locked,
    Told,
    approval_due,
    awaits_draw,
    candidates,
    is_for_those_who_asked,
    keeps_seats,
    locked_class,
    log,
    plain_class,
    require_standing,
    require_unchanged,
    standing_by,
    tell,
    tell_requested,
)
from courses.booking.actions.promote import people_waiting, promote
from courses.booking.actions.seats import require_within_limits
from courses.booking.model import Booking, Enrolment, State, standby_from
from courses.booking.queries import WAITING_ON_STANDBY, Titled, place_of
from courses.booking.seating import CLASH
from courses.booking.standing import asked_first
from courses.catalogue.model import TrainingClass
from courses.ground import clock
from courses.ground.db import db, run, table
from courses.ground.idempotency import RequestKey
from courses.ground.metrics import count_seats
from courses.ground.refusal import Refusal
from courses.ground.transaction import lock_all, transaction
from courses.outbox.actions import Reader
from courses.people.model import Person
from courses.people.rights import Actor, Right, require

Asked = ParamSpec("Asked")


@dataclass(frozen=True)
class Outcome:
    """What one person got. `person`: None for a place still to be named. `place`: in the queue, counted from 1; None
    for a seat. `entry`: the number in a draw that is still to come; until then nobody has a place. `standby`: they wait
    behind all others. `full`: no seat was free."""

    id: int
    person: int | None
    state: str
    place: int | None
    entry: int | None = None
    standby: bool = False
    full: bool = False


def counted(act: Callable[Asked, list[Outcome]]) -> Callable[Asked, list[Outcome]]:
    """Count what became of the seats asked for, after the transaction has ended one way or the other."""

    @wraps(act)
    def counting(*args: Asked.args, **kwargs: Asked.kwargs) -> list[Outcome]:
        try:
            outcomes = act(*args, **kwargs)
        except Refusal:
            count_seats("refused")
            raise
        for outcome in outcomes:
            count_seats(str(outcome.state))
        return outcomes

    return counting


@counted
def book(
    actor: Actor,
    class_id: int,
    people: Collection[int],
    door: str = "page",
    seen: int | None = None,
    request_key: RequestKey | None = None,
    least: int | None = None,
) -> list[Outcome]:
    """Ask for a seat for each of `people`: all get one, or all get one place in the queue, or one entry in the draw.

    `least`: with so many seats they are content: the first of `people` sit, and whoever gets none waits on in the
    queue. `seen`: the schedule_no the asker was shown; a class that moved since is refused with "class_changed". Raises
    Refusal: nobody, unknown_person, not_allowed, not_found, called_off, begun, not_open_yet, closed, class_changed,
    asked_first, already_booked, person_clash, group_too_large, enterprise_limit, enterprise_year_limit.
    """
    ids = list(dict.fromkeys(people))
    with transaction(request_key) as kept:
        if kept.earlier_answer:
            return [Outcome(**answer) for answer in kept.earlier_answer]
        if not ids:
            raise Refusal("nobody")
        class_ = plain_class(class_id)
        require_open(class_.row, clock.now())
        require_unchanged(class_.row, seen)
        outcomes = ask(actor, class_, ids, door, least)
        kept.answer([asdict(outcome) for outcome in outcomes])
        return outcomes


def ask(
    actor: Actor,
    class_: Locked,
    ids: list[int],
    door: str,
    least: int | None = None,
    instead: TrainingClass | None = None,
    approved: bool = False,
) -> list[Outcome]:
    """Give these people seats in an open class, or one place in its queue. `instead`: the class they leave for it.
    `approved`: their enterprise need not be asked. Call it under the class's lock.

    Raises Refusal as `book` does.
    """
    row, at = class_.row, clock.now()
    needed = min(least or len(ids), len(ids))
    free = 0 if awaits_draw(row) else row.capacity - row.seats_taken
    lock_all(Person, [*ids, *people_waiting(row.id)] if free > 0 and row.queued else ids)
    found = _require_free(actor, row, ids, needed)
    standby = max(standing_by(found, at).values(), default=None)
    at_once = row.queued == 0 and needed == len(ids) <= free and not keeps_seats(row, at) and not standby
    # Those before may wait for a reason that does not hold for these; and there may be seats for some of these only.
    moves = free > 0 and not at_once
    require_asked_first(row, ids, at)
    require_within_limits(class_, found[0].enterprise_id, needed, at_once)
    if at_once:
        require_no_clash(found)
    to_approve = found[0].is_approved_first(actor) and not approved
    due_at = approval_due(row, at) if to_approve else None
    seat = State.REQUESTED if due_at else State.BOOKED
    made, place = _enrol(actor, row, found, needed, seat if at_once else State.QUEUED, at, standby is not None, due_at)
    got = set(made) if at_once else set[int]()
    if moves:
        class_ = locked_class(row.id)
        promote(class_, at, newest=made)
        got = {id_ for id_ in made if _takes_a_seat(id_)}
        place = _place_of(set(made) - got)
        if row.queued == 0 and needed <= free and not got and not standby:
            _require_no_reason_of_their_own(class_, found, needed, made)
    return _settled(actor, class_, made, got, place, door, due_at, instead, standby)


def require_open(class_: TrainingClass, at: dt.datetime) -> None:
    """Raise Refusal unless one may book or queue now: called_off, begun, not_open_yet, closed."""
    require_standing(class_, at)
    if at < class_.opens_at:
        raise Refusal("not_open_yet", opens_at=class_.opens_at)
    if at >= class_.closes_at:
        raise Refusal("closed")


def _require_free(actor: Actor, class_: TrainingClass, ids: list[int], needed: int) -> list[Candidate]:
    """Return the people, each of whom the actor may book for and who is not yet in the class."""
    known = candidates(class_.id, ids)
    if len(known) < len(ids):
        raise Refusal("unknown_person")
    found = [known[id_] for id_ in ids]
    for person in found:
        require(actor, Right.BOOK, person_id=person.id, enterprise_id=person.enterprise_id)
    for person in found:
        if person.is_in:
            raise Refusal("already_booked", person=person.named)
    if needed > class_.capacity:
        raise Refusal("group_too_large", capacity=class_.capacity, people=needed)
    return found


def require_asked_first(class_: TrainingClass, ids: list[int], at: dt.datetime) -> None:
    """Until the hour that the class names, only those may book who had asked for the course before it was published."""
    if is_for_those_who_asked(class_, at) and len(asked_first(class_.id, ids)) < len(ids):
        raise Refusal("asked_first", until=class_.first_until)


def require_no_clash(found: list[Candidate]) -> None:
    """Raise Refusal("person_clash") for the first who has a seat elsewhere at one of the class's hours."""
    for person in found:
        if person.clash:
            zh, en, start, end = person.clash
            raise Refusal("person_clash", person=person.named, course=Titled(zh, en), span=(start, end))


_class = table(TrainingClass).c
_COUNT = (
    update(table(TrainingClass))
    .where(_class.id == bindparam("class_id"))
    .values(
        last_order_no=_class.last_order_no + 1,
        seats_taken=_class.seats_taken + bindparam("seated"),
        queued=_class.queued + bindparam("waiting"),
    )
    .returning(_class.queued - WAITING_ON_STANDBY.scalar_subquery())
)
_ENROL = insert(table(Enrolment)).returning(table(Enrolment).c.id)
_BOOK = insert(table(Booking)).returning(table(Booking).c.id, sort_by_parameter_order=True)


def _enrol(
    actor: Actor,
    class_: TrainingClass,
    found: list[Candidate],
    needed: int,
    state: State,
    at: dt.datetime,
    standby: bool,
    due_at: dt.datetime | None = None,
) -> tuple[dict[int, Candidate], int]:
    """Write the enrolment with its bookings, count them, and return each booking's id with its person, and the place of
    a queued one: the newest is the last of all who wait, or of those before the ones on standby. `due_at`: by when the
    enterprise must approve a seat."""
    seated = state != State.QUEUED
    counts = {"class_id": class_.id, "seated": len(found) if seated else 0, "waiting": 0 if seated else 1}
    in_turn: int = run(_COUNT, counts).scalar_one()
    enrolment = {
        "class_id": class_.id,
        "order_no": class_.last_order_no + 1,
        "seats": len(found),
        "made_by": actor.id,
        "made_at": at,
        "enterprise_id": found[0].enterprise_id,
        "to_approve": due_at is not None,
        "least": needed if needed < len(found) else None,
        "standby": standby,
    }
    booking = {
        "enrolment_id": run(_ENROL, enrolment).scalar_one(),
        "class_id": class_.id,
        "state": state,
        "reason": "asked",
        "changed_at": at,
        "sequence": 0,
        "due_at": due_at if seated else None,
    }
    ids = run(_BOOK, [{**booking, "person_id": person.id} for person in found]).scalars()
    return dict(zip(ids, found, strict=True)), class_.queued + 1 if standby else in_turn


def _takes_a_seat(booking_id: int) -> bool:
    return db.session.get_one(Booking, booking_id).takes_a_seat


def _place_of(waiting: set[int]) -> int:
    """Return the place in the queue that these have together; 0 for none."""
    found = place_of(min(waiting)) if waiting else None
    return (found.place if found else None) or 0


def _require_no_reason_of_their_own(class_: Locked, found: list[Candidate], needed: int, made: Collection[int]) -> None:
    """Refuse whom nobody stands before: who could sit but for a seat elsewhere, or a limit, is told so at once."""
    why = {db.session.get_one(Booking, id_).reason for id_ in made}
    if CLASH in why:
        require_no_clash(found)
    if why & {"limit", "year_limit"}:
        require_within_limits(class_, found[0].enterprise_id, needed, seated=True)


def _settled(
    actor: Actor,
    class_: Locked,
    made: dict[int, Candidate],
    got: set[int],
    place: int,
    door: str,
    due_at: dt.datetime | None,
    instead: TrainingClass | None,
    standby: dt.datetime | None,
) -> list[Outcome]:
    """Log and tell what became of each, and return it. `due_at`: by when their enterprise is to approve it."""
    entry = class_.row.last_order_no + 1 if awaits_draw(class_.row) else None
    booked = {id_: person for id_, person in made.items() if id_ in got}
    waiting = {id_: person for id_, person in made.items() if id_ not in got}
    if due_at:
        log_and_ask(actor, class_, booked, door, due_at)
    else:
        log_and_tell("booked", actor, class_, booked, door, instead=instead)
    log_and_tell("entered" if entry else "queued", actor, class_, waiting, door, entry, instead, standby)
    seat = State.REQUESTED if due_at else State.BOOKED
    seats = [Outcome(id_, person.id, seat, None) for id_, person in booked.items()]
    at = None if entry else place
    behind, full = standby is not None, class_.row.seats_taken >= class_.row.capacity
    return seats + [Outcome(id_, person.id, State.QUEUED, at, entry, behind, full) for id_, person in waiting.items()]


def log_and_ask(actor: Actor, class_: Locked, made: dict[int, Candidate], door: str, due_at: dt.datetime) -> None:
    """Log and tell that these wait for their enterprises' approval."""
    if made:
        log(class_.row.id, "requested", actor, door, list(made))
        told = [(Told(id_, 0, Reader(person.id, person.email)), person.name) for id_, person in made.items()]
        tell_requested(class_, told, due_at)


def log_and_tell(
    kind: str,
    actor: Actor,
    class_: Locked,
    made: dict[int, Candidate],
    door: str,
    entry: int | None = None,
    instead: TrainingClass | None = None,
    standby: dt.datetime | None = None,
    own: Mapping[int, Mapping[str, Any]] = MappingProxyType({}),
) -> None:
    """Log and tell what became of these; `own`: the facts in which they differ, by booking."""
    if not made:
        return
    why: dict[str, Any] = {"instead": instead.id} if instead else {}
    if standby:
        why["standby"] = True
    log(class_.row.id, kind, actor, door, list(made), **why)
    told = [Told(id_, 0, Reader(p.id, p.email), own=own.get(id_, {})) for id_, p in made.items()]
    by = None if [person.id for person in made.values()] == [actor.id] else actor.name
    more: dict[str, Any] = {"instead_at": instead.starts_at.isoformat()} if instead else {}
    if class_.row.draw_at and entry:
        more |= {"entry": entry, "draw_at": class_.row.draw_at.isoformat()}
    elif standby:
        more |= {"standby_until": standby.isoformat(), "standby_from": standby_from(class_.row).isoformat()}
    elif kind == "queued" and class_.row.seats_taken < class_.row.capacity:
        more |= {"some_free": True}
    tell(kind, class_, told, "REQUEST" if kind == "booked" else None, by=by, **more)
