"""Looking at a list, and enrolling its people in one act."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import IntegrityError

from courses.accounts.actions import Newcomer, enlist_all
from courses.booking import actions as booking
from courses.booking.actions import Candidate, Locked, Prospect
from courses.booking.queries import Place
from courses.bulk import queries
from courses.bulk.model import EnrolmentList, ListRow, Outcome
from courses.bulk.plan import Judged, Reach, read, resolve
from courses.bulk.sheet import Row
from courses.ground import clock
from courses.ground.db import db, insert_many, run, table
from courses.ground.idempotency import RequestKey
from courses.ground.metrics import count_seats
from courses.ground.refusal import Refusal
from courses.ground.transaction import lock_all, locked, transaction
from courses.outbox.actions import Reader, post_all, row_of
from courses.people import identity
from courses.people.model import BookingRule, Enterprise, Person
from courses.people.rights import Actor, Right, may, require


def reach_of(actor: Actor) -> Reach:
    """Return whose people the actor may enrol by a list: those of their enterprise if they answer for it, else those
    of the towns they serve. Raises Refusal: not_allowed, beyond_token."""
    if may(actor, Right.ENROL_LIST, enterprise_id=actor.enterprise_id):
        return Reach(actor.enterprise_id, frozenset(), may(actor, Right.INVITE, enterprise_id=actor.enterprise_id))
    towns = frozenset(town for town in actor.towns if may(actor, Right.ENROL_LIST, town_id=town))
    if not towns:
        require(actor, Right.ENROL_LIST, town_id=min(actor.towns, default=None))
    return Reach(None, towns, all(may(actor, Right.INVITE, town_id=town) for town in towns))


def look(
    actor: Actor, class_id: int, sent: Sequence[Row], file_name: str = "", request_key: RequestKey | None = None
) -> int:
    """Look at a list, keep what each row would get, and return the list's id. Nobody is enrolled.

    Raises Refusal: not_allowed, not_found, called_off, begun, not_open_yet, closed.
    """
    reach, rows = reach_of(actor), read(sent)
    with transaction(request_key) as kept:
        if kept.earlier_answer:
            return int(kept.earlier_answer)
        class_ = booking.locked_class(class_id)
        booking.require_open(class_.row, clock.now())
        _judge(actor, class_, reach, rows)
        list_ = EnrolmentList(
            class_id=class_id,
            made_by=actor.id,
            made_at=clock.now(),
            schedule_no=class_.row.schedule_no,
            enterprise_id=reach.enterprise_id,
            file_name=identity.one_line(file_name)[-200:],
        )
        db.session.add(list_)
        db.session.flush()
        insert_many(ListRow, [{"list_id": list_.id, "cells": dict(row.cells), **_kept(row)} for row in rows])
        kept.answer(list_.id)
        return list_.id


def _kept(row: Judged, before: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return {
        "number": row.number,
        "outcome": row.outcome,
        "place": row.place,
        "why": row.why,
        "facts": row.facts,
        "is_new": row.is_new,
        "person_id": row.person_id,
        "has_changed": before is not None,
        "before": dict(before or {}),
    }


def _judge(actor: Actor, class_: Locked, reach: Reach, rows: Sequence[Judged]) -> list[Candidate]:
    """Say of each row what it would get, and return those who would ask, with their rows' numbers below zero as ids of
    those who are not known yet. A fixed number of statements."""
    known = queries.known(rows, reach)
    resolve(rows, reach, known)
    ids = sorted({row.person_id for row in rows if row.is_meant and row.person_id})
    lock_all(Person, sorted({*ids, *booking.people_waiting(class_.row.id)}))
    there = booking.candidates(class_.row.id, ids)
    asking: list[tuple[Judged, Candidate]] = []
    for row in rows:
        person = _new(row) if row.is_new else there.get(row.person_id or 0)
        if row.is_meant and person and row.firm and person.enterprise_id == row.firm.id:
            asking.append((row, person))
        elif row.is_meant:  # gone, or to another enterprise, at this very moment
            row.refuse("elsewhere" if person else "has_left")
    people = [person for _, person in asking]
    for (row, _), prospect in zip(asking, booking.prospects(actor, class_, people), strict=True):
        _foresee(row, prospect)
    return [person for row, person in asking if row.outcome and row.outcome.enrols]


def _new(row: Judged) -> Candidate:
    assert row.firm is not None  # of whoever is meant
    asks_first = row.firm.booking_rule == BookingRule.APPROVAL
    return Candidate(-row.number, row.name, "", row.email, row.firm.id, is_in=False, clash=None, asks_first=asks_first)


def _foresee(row: Judged, prospect: Prospect) -> None:
    if prospect.state is None:
        row.refuse(prospect.why, **prospect.facts)
        row.outcome = Outcome.ALREADY if prospect.why == "already" else Outcome.WRONG
    elif prospect.entry:
        row.outcome, row.place = Outcome.ENTERED, prospect.entry
    else:
        row.outcome, row.place = Outcome(prospect.state), prospect.place
        row.why = "standby" if prospect.standby else ""


def enrol(actor: Actor, list_id: int, those_who_can: bool = False, door: str = "page") -> None:
    """Enrol the people of a list, in its order: all of them, or nobody when a row is wrong or would not get what was
    shown; with `those_who_can`, whoever can be enrolled now. A list that was enrolled stays as it is.

    Each row is judged once more under the lock, and what it is now is kept in any case. Raises Refusal: not_allowed,
    not_found, called_off, begun, not_open_yet, closed, list_wrong, list_changed, list_nobody, list_raced.
    """
    places: Sequence[Place] = ()
    try:
        with transaction():
            list_ = locked(EnrolmentList, list_id)
            if list_.made_by != actor.id:
                raise Refusal("not_found")
            if list_.done_at:
                return
            places, refusal = _enrol(actor, list_, those_who_can, door)
    except IntegrityError as error:  # somebody signed up with one of these numbers at this very moment
        raise Refusal("list_raced") from error
    for place in places:
        count_seats(str(place.state))
    if refusal:
        raise refusal


def _enrol(
    actor: Actor, list_: EnrolmentList, those_who_can: bool, door: str
) -> tuple[Sequence[Place], Refusal | None]:
    """Return who got what; or why nobody did, with what each row would get now written down."""
    reach = reach_of(actor)
    class_ = booking.locked_class(list_.class_id)
    booking.require_open(class_.row, clock.now())
    before = {row.number: row for row in queries.rows(list_.id)}
    rows = read([Row(row.number, row.cells) for row in before.values()])
    asking = _judge(actor, class_, reach, rows)
    changed = [row for row in rows if _has_changed(before[row.number], row)]
    wrong = sum(row.outcome == Outcome.WRONG for row in rows)
    moved = class_.row.schedule_no != list_.schedule_no
    refusal = None
    if not asking:
        refusal = Refusal("list_nobody")
    elif moved:
        refusal = Refusal("class_changed")
    elif changed and not those_who_can:
        refusal = Refusal("list_changed", count=len(changed))
    elif wrong and not those_who_can:
        refusal = Refusal("list_wrong", count=wrong)
    places: list[Place] = []
    if refusal is None:
        places = booking.enrol(actor, class_, _invited(actor, rows, asking), door)
        _note(rows, places)
        list_.done_at = clock.now()
        _report(actor, list_, class_, rows)
    list_.schedule_no = class_.row.schedule_no
    db.session.flush()
    _write_down(list_.id, rows, {row.number: _shown(before[row.number]) for row in changed})
    return places, refusal


def _has_changed(before: ListRow, now: Judged) -> bool:
    """Whether a row would get something else than was shown; a better place in the queue is no reason to ask again."""
    if (before.outcome, before.why, before.is_new) != (now.outcome, now.why, now.is_new):
        return True
    return now.outcome == Outcome.QUEUED and (now.place or 0) > (before.place or 0)


def _shown(row: ListRow) -> dict[str, Any]:
    return {"outcome": row.outcome, "place": row.place, "why": row.why, "facts": row.facts, "is_new": row.is_new}


_ROW = (
    update(table(ListRow))
    .where(table(ListRow).c.list_id == bindparam("of_list"), table(ListRow).c.number == bindparam("number_"))
    .values(
        {
            name: bindparam(name)
            for name in ("outcome", "place", "why", "facts", "is_new", "person_id", "has_changed", "before")
        }
    )
)


def _write_down(list_id: int, rows: Sequence[Judged], before: Mapping[int, Mapping[str, Any]]) -> None:
    """Write what the rows are now, and what those that changed were."""
    run(
        _ROW,
        [
            {"of_list": list_id, "number_": kept.pop("number"), **kept}
            for row in rows
            for kept in [_kept(row, before.get(row.number))]
        ],
    )


def _invited(actor: Actor, rows: Sequence[Judged], asking: Sequence[Candidate]) -> list[Candidate]:
    """Give those who are not known yet a post, invite them, and return everyone with the ids they have now."""
    by_number = {-row.number: row for row in rows}
    new = [by_number[person.id] for person in asking if person.id < 0]
    ids = enlist_all(actor, [Newcomer(row.name, row.email, row.mobile, _firm(row)) for row in new])
    for row, id_ in zip(new, ids, strict=True):
        row.person_id = id_
    return [person._replace(id=by_number[person.id].person_id or 0) if person.id < 0 else person for person in asking]


def _firm(row: Judged) -> Enterprise:
    assert row.firm is not None  # of whoever is meant
    return row.firm


def _note(rows: Sequence[Judged], places: Sequence[Place]) -> None:
    """Take over what those enrolled got indeed."""
    got = {place.person_id: place for place in places}
    for row in rows:
        place = got.get(row.person_id) if row.outcome and row.outcome.enrols else None
        if place:
            row.outcome = Outcome.ENTERED if place.entry else Outcome(place.state)
            row.place = place.entry or place.place


def _report(actor: Actor, list_: EnrolmentList, class_: Locked, rows: Sequence[Judged]) -> None:
    """Tell the sender, once, what became of the list."""
    of = {outcome: sum(row.outcome == outcome for row in rows) for outcome in Outcome}
    email = db.session.scalar(select(Person.email).where(Person.id == actor.id))
    facts = {
        "class_": class_.facts(),
        "path": f"/lists/{list_.id}",
        "rows": len(rows),
        "seats": of[Outcome.BOOKED],
        "requested": of[Outcome.REQUESTED],
        "waiting": of[Outcome.QUEUED] + of[Outcome.ENTERED],
        "already": of[Outcome.ALREADY],
        "wrong": of[Outcome.WRONG],
    }
    post_all([row_of("list_enrolled", Reader(actor.id, email), f"list_enrolled:{list_.id}", facts, class_.row.id)])
