"""Asking for many people one after another, in one act: what each of them would get, and giving it to them.

Each asks alone, in the order given, by the rules of `book`: nobody's seat hangs on another's. So that hundreds take no
longer under the lock than a few, all of them are put into the queue and it moves up once.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import insert, select

from courses.booking.actions.book import log_and_ask, log_and_tell
from courses.booking.actions.ground import (
    Candidate,
    Locked,
    approval_due,
    awaits_draw,
    candidates,
    is_for_those_who_asked,
    standing_by,
)
from courses.booking.actions.promote import promote, waiting_in
from courses.booking.actions.seats import Waiting, groups_of, seats_of
from courses.booking.model import Booking, Enrolment, State, standby_from
from courses.booking.queries import Place, places_of
from courses.booking.seating import CLASH, Limit, Seats, Verdict, seat
from courses.booking.standing import asked_first
from courses.catalogue.model import TrainingClass
from courses.ground import clock
from courses.ground.db import db, run, table
from courses.people.rights import Actor


class Prospect(NamedTuple):
    """What someone who asks would get: a seat (`state` booked or requested), a `place` in the queue, an `entry` in a
    draw to come; or nothing, and `why`, with its facts."""

    state: State | None
    place: int | None = None
    entry: int | None = None
    standby: bool = False
    why: str = ""
    facts: Mapping[str, Any] = {}


def prospects(actor: Actor, class_: Locked, asking: Sequence[Candidate]) -> list[Prospect]:
    """Return what each of these would get in an open class, if they asked one after another in this order. Nothing is
    written; who is not known yet has an id below zero. Call it under the class's lock."""
    at = clock.now()
    refused = _refused(class_.row, asking, at)
    able = [person for person in asking if person.id not in refused]
    if awaits_draw(class_.row):
        numbers = range(class_.row.last_order_no + 1, class_.row.last_order_no + 1 + len(able))
        found = {one.id: Prospect(State.QUEUED, entry=number) for one, number in zip(able, numbers, strict=True)}
    else:
        found = _seated_or_waiting(actor, class_, able, at)
    return [(refused | found)[person.id] for person in asking]


def _refused(row: TrainingClass, asking: Sequence[Candidate], at: dt.datetime) -> dict[int, Prospect]:
    """Return who is in already, and who may not book yet."""
    refused = {}
    if row.first_until and is_for_those_who_asked(row, at):
        first = asked_first(row.id, [person.id for person in asking])
        not_yet = Prospect(None, why="asked_first", facts={"until": row.first_until.isoformat()})
        refused = {person.id: not_yet for person in asking if person.id not in first}
    return refused | {person.id: Prospect(None, why="already") for person in asking if person.is_in}


def _seated_or_waiting(
    actor: Actor, class_: Locked, asking: Sequence[Candidate], at: dt.datetime
) -> dict[int, Prospect]:
    row, standby = class_.row, standing_by(asking, at)
    there = waiting_in(row.id)
    new = [_as_waiting(row, number, person, person.id in standby) for number, person in enumerate(asking, 1)]
    queue = [one for one in (*there, *new) if at >= standby_from(row) or not one.enrolment.standby]
    queue.sort(key=lambda one: one.enrolment.standby)
    known = candidates(row.id, sorted({b.person_id for one in there for b in one.bookings if b.person_id}))
    seats = seats_of(class_, at)
    groups = groups_of(class_, queue, known | {person.id: person for person in asking}, at)
    # Whoever has no verdict waits on: nothing was left for them.
    verdicts = {id(one.enrolment): verdict for one, verdict in zip(queue, seat(seats, groups), strict=False)}
    line = _Line(seats, row.seats_free)
    for one in there:
        line.pass_by(one, verdicts.get(id(one.enrolment), _WAITS))
    found = {
        person.id: line.join(person, one.enrolment.standby, verdicts.get(id(one.enrolment), _WAITS))
        for person, one in zip(asking, new, strict=True)
    }
    asks = {person.id for person in asking if person.is_approved_first(actor)}
    return {id_: _final(one, id_ in asks, line.in_turn) for id_, one in found.items()}


_WAITS = Verdict({})


class _Line:
    """The seats and the queue as those who ask find them, one after another."""

    def __init__(self, seats: Seats, free: int) -> None:
        self._limits = {limit.why: limit for limit in seats.limits}
        self._free = free
        self.in_turn = self._behind = 0

    def pass_by(self, one: Waiting, verdict: Verdict) -> None:
        """Let those who wait already have what they get."""
        self._free -= len(verdict.seated)
        waits = len(verdict.seated) < len(one.bookings)
        self.in_turn += waits and not one.enrolment.standby
        self._behind += waits and one.enrolment.standby

    def join(self, person: Candidate, standby: bool, verdict: Verdict) -> Prospect:
        if verdict.seated:
            self._free -= 1
            return Prospect(State.BOOKED)
        if standby:
            self._behind += 1
            return Prospect(State.QUEUED, self._behind, standby=True)
        if self._free > 0 and not self.in_turn + self._behind and (verdict.why == CLASH or verdict.why in self._limits):
            return _reason_of_their_own(person, verdict.why, self._limits.get(verdict.why))
        self.in_turn += 1
        return Prospect(State.QUEUED, self.in_turn)


def _reason_of_their_own(person: Candidate, why: str, limit: Limit | None) -> Prospect:
    """Whom nobody stands before, and who could sit but for this, is told so at once."""
    if limit:
        return Prospect(None, why=why, facts={"limit": limit.seats})
    zh, en, start, end = person.clash or ("", "", None, None)
    span = [moment.isoformat() for moment in (start, end) if moment]
    return Prospect(None, why=why, facts={"title_zh": zh, "title_en": en, "span": span})


def _final(one: Prospect, asks_first: bool, in_turn: int) -> Prospect:
    """Whose enterprise is asked first has a seat meanwhile; who waits on standby waits behind all in turn."""
    if one.state == State.BOOKED and asks_first:
        return one._replace(state=State.REQUESTED)
    return one._replace(place=in_turn + one.place) if one.standby and one.place else one


def _as_waiting(row: TrainingClass, number: int, person: Candidate, standby: bool) -> Waiting:
    """Return someone who asks as the queue would have them; nothing of it is ever written."""
    enrolment = Enrolment(
        class_id=row.id,
        order_no=row.last_order_no + number,
        seats=1,
        made_by=person.id,
        made_at=row.opens_at,
        enterprise_id=person.enterprise_id,
        standby=standby,
    )
    booking = Booking(
        enrolment_id=0,
        class_id=row.id,
        person_id=person.id,
        state=State.QUEUED,
        reason="asked",
        changed_at=row.opens_at,
    )
    booking.id = -number
    return Waiting(enrolment, [booking])


def enrol(actor: Actor, class_: Locked, asking: Sequence[Candidate], door: str) -> list[Place]:
    """Let each of these ask for a seat, in this order, log and tell what they got, and return it. None of them is
    refused by `prospects`. Call it under the lock of the class, read with `locked_class`, and of all who wait."""
    at = clock.now()
    standby = standing_by(asking, at)
    made = _written(actor, class_, asking, standby, at)
    promote(class_, at, newest=made)
    places = places_of(made)
    _tell(actor, class_, places, made, standby, door, at)
    return places


def _written(
    actor: Actor, class_: Locked, asking: Sequence[Candidate], standby: Collection[int], at: dt.datetime
) -> dict[int, Candidate]:
    """Write an enrolment and a booking of each, waiting in the queue, and return the bookings' ids. The ids are asked
    for afterwards, since SQLite would return them one by one."""
    row, last = class_.row, class_.row.last_order_no
    enrolments = [
        {
            "class_id": row.id,
            "order_no": last + number,
            "seats": 1,
            "made_by": actor.id,
            "made_at": at,
            "enterprise_id": person.enterprise_id,
            "to_approve": person.is_approved_first(actor),
            "standby": person.id in standby,
        }
        for number, person in enumerate(asking, 1)
    ]
    row.last_order_no += len(asking)
    row.queued += len(asking)
    db.session.flush()
    run(insert(table(Enrolment)), enrolments)
    mine = (Enrolment.class_id == row.id, Enrolment.order_no > last)
    ids = db.session.scalars(select(Enrolment.id).where(*mine).order_by(Enrolment.order_no)).all()
    place = {"class_id": row.id, "state": State.QUEUED, "reason": "asked", "changed_at": at, "sequence": 0}
    bookings = [{**place, "enrolment_id": id_, "person_id": one.id} for id_, one in zip(ids, asking, strict=True)]
    run(insert(table(Booking)), bookings)
    found = db.session.execute(select(Booking.person_id, Booking.id).where(Booking.enrolment_id.in_(ids)))
    number = {row.person_id: row.id for row in found}
    return {number[person.id]: person for person in asking}


def _tell(
    actor: Actor,
    class_: Locked,
    places: Collection[Place],
    made: Mapping[int, Candidate],
    standby: Mapping[int, dt.datetime],
    door: str,
    at: dt.datetime,
) -> None:
    def those(state: State) -> dict[int, Candidate]:
        return {place.id: made[place.id] for place in places if place.state == state}

    log_and_tell("booked", actor, class_, those(State.BOOKED), door)
    if requested := those(State.REQUESTED):
        log_and_ask(actor, class_, requested, door, approval_due(class_.row, at))
    entries = {place.id: {"entry": place.entry} for place in places if place.entry}
    if entries:
        entered = {id_: made[id_] for id_ in entries}
        log_and_tell("entered", actor, class_, entered, door, class_.row.last_order_no, own=entries)
        return
    waiting = those(State.QUEUED)
    behind = {id_: person for id_, person in waiting.items() if person.id in standby}
    until = {id_: {"standby_until": standby[person.id].isoformat()} for id_, person in behind.items()}
    in_turn = {id_: person for id_, person in waiting.items() if id_ not in behind}
    log_and_tell("queued", actor, class_, in_turn, door)
    log_and_tell("queued", actor, class_, behind, door, standby=max(standby.values(), default=None), own=until)
