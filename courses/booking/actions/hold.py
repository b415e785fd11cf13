"""Holding seats for people who are named later; a seat without a name lapses at the deadline (lapse.py)."""

import datetime as dt
from dataclasses import asdict
from typing import Any

from courses.booking.actions.book import Outcome, counted, require_open
from courses.booking.actions.ground import (
    Locked,
    is_for_those_who_asked,
    locked_class,
    log,
    require_unchanged,
    tell_holders,
)
from courses.booking.actions.promote import people_waiting, promote
from courses.booking.actions.seats import require_within_limits
from courses.booking.model import Booking, Enrolment, State
from courses.booking.queries import place_of
from courses.catalogue.model import TrainingClass
from courses.ground import clock
from courses.ground.db import db
from courses.ground.idempotency import RequestKey
from courses.ground.refusal import Refusal
from courses.ground.transaction import lock_all, transaction
from courses.people.model import Person
from courses.people.rights import Actor, Right, require


@counted
def hold(
    actor: Actor,
    class_id: int,
    seats: int,
    door: str = "page",
    seen: int | None = None,
    request_key: RequestKey | None = None,
) -> list[Outcome]:
    """Hold so many seats for people of the actor's enterprise who are named later: all of them, or one place in the
    queue together. Each is to be named by the class's `names_until`.

    Raises Refusal: not_allowed, not_found, nobody, called_off, begun, not_open_yet, closed, class_changed, asked_first,
    names_over, group_too_large, enterprise_limit, enterprise_year_limit.
    """
    with transaction(request_key) as kept:
        if kept.earlier_answer:
            return [Outcome(**answer) for answer in kept.earlier_answer]
        require(actor, Right.HOLD, enterprise_id=actor.enterprise_id)
        class_, at = locked_class(class_id), clock.now()
        row = class_.row
        _require_holdable(row, seats, at, seen)
        at_once = row.queued == 0 and seats <= row.seats_free and not row.awaits_draw
        lock_all(Person, people_waiting(row.id))  # whom promotion may meet; the course, if need be, comes after people
        require_within_limits(class_, actor.enterprise_id, seats, at_once)
        places = _enrol(actor, row, seats, at)
        promote(class_, at, newest=[place.id for place in places])
        held = [place for place in places if place.state == State.HELD]
        waiting = [place for place in places if place.state == State.QUEUED]
        entry = row.last_order_no if row.awaits_draw else None
        draw_at = {"entry": entry, "draw_at": row.draw_at.isoformat()} if row.draw_at and entry else {}
        _log_and_tell("held", actor, class_, held, door)
        _log_and_tell("entered" if entry else "queued", actor, class_, waiting, door, **draw_at)
        outcomes = [Outcome(place.id, None, State.HELD, None) for place in held]
        if waiting:
            found = place_of(waiting[0].id)
            at_place = None if entry or found is None else found.place
            outcomes += [Outcome(place.id, None, State.QUEUED, at_place, entry) for place in waiting]
        kept.answer([asdict(outcome) for outcome in outcomes])
        return outcomes


def _require_holdable(row: TrainingClass, seats: int, at: dt.datetime, seen: int | None) -> None:
    require_open(row, at)
    require_unchanged(row, seen)
    if is_for_those_who_asked(row, at):  # it is for those who had asked, by name
        raise Refusal("asked_first", until=row.first_until)
    if seats < 1:
        raise Refusal("nobody")
    if at >= row.names_until:
        raise Refusal("names_over", until=row.names_until)
    if seats > row.capacity:
        raise Refusal("group_too_large", capacity=row.capacity, people=seats)


def _enrol(actor: Actor, row: TrainingClass, seats: int, at: dt.datetime) -> list[Booking]:
    """Put the places into the queue, as its newest: who gets a seat at once is for promotion to say."""
    row.last_order_no += 1
    row.queued += 1
    enrolment = Enrolment(
        class_id=row.id,
        order_no=row.last_order_no,
        seats=seats,
        made_by=actor.id,
        made_at=at,
        enterprise_id=actor.enterprise_id,
    )
    db.session.add(enrolment)
    db.session.flush()
    about: dict[str, Any] = {
        "enrolment_id": enrolment.id,
        "class_id": row.id,
        "person_id": None,
        "due_at": row.names_until,
    }
    places = [Booking(**about, state=State.QUEUED, reason="asked", changed_at=at) for _ in range(seats)]
    db.session.add_all(places)
    db.session.flush()
    return places


def _log_and_tell(kind: str, actor: Actor, class_: Locked, places: list[Booking], door: str, **facts: object) -> None:
    if places:
        log(class_.row.id, kind, actor, door, [place.id for place in places])
        tell_holders(kind, class_, places, **facts)
