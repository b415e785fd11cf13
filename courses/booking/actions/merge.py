"""Two classes of a course become one: all who are in the one move to the other in one act, or nobody does."""

import datetime as dt
from collections.abc import Collection, Sequence
from itertools import groupby
from typing import Any, NamedTuple, NoReturn

from sqlalchemy import select

from courses.booking.actions.change import DECIDE, reschedule, tell_who_teaches
from courses.booking.actions.ground import (
    Candidate,
    Locked,
    Told,
    candidates,
    locked_class,
    log,
    require_standing,
    tell,
    tell_approvers,
    tell_holders,
)
from courses.booking.actions.promote import people_waiting, promote, sooner
from courses.booking.actions.seats import Waiting, groups_of, kept_of, seats_of
from courses.booking.model import LIVE, SEATED, Booking, Consent, Enrolment, State
from courses.booking.queries import Titled, queue_length
from courses.booking.seating import seat
from courses.catalogue.announce import announce_class
from courses.catalogue.model import ClassState
from courses.catalogue.planning import work_time
from courses.ground import clock
from courses.ground.db import db
from courses.ground.refusal import Refusal
from courses.ground.transaction import lock_all, transaction
from courses.ground.worktime import WorkTime
from courses.outbox.actions import Reader, withdraw, withdraw_of_class
from courses.outbox.answers import Question
from courses.people.model import Person
from courses.people.rights import Actor, Right, require
from courses.webhooks.model import Event


class Moving(NamedTuple):
    """One live booking with its act of asking."""

    booking: Booking
    enrolment: Enrolment
    person: Person | None


def merge(actor: Actor, class_id: int, into_id: int, door: str = "page") -> None:
    """Move everyone from one class to another of the same course, and call the first one off.

    Who has a seat gets one there by the rules of that class, and waits there no more; who waits is put behind those who
    wait there, in order; who has or waits for a seat there already keeps that. Each is told once, in the notice that
    also asks whether the new time suits. Raises Refusal: not_found, not_allowed, called_off, begun, merge_wrong,
    merge_too_large, merge_kept, merge_clash, merge_limit, merge_year_limit.
    """
    with transaction():
        at = clock.now()
        locked = {id_: locked_class(id_) for id_ in sorted({class_id, into_id})}
        class_, into = locked[class_id], locked[into_id]
        _require_mergeable(actor, class_, into, at)
        moving = _moving(class_id)
        ids = [m.person.id for m in moving if m.person]
        lock_all(Person, sorted({*ids, *people_waiting(into_id)}))
        states = {m.booking.id: m.booking.state for m in moving}
        _leave(actor, class_, into, moving, door, at)
        _leave_queue(
            actor, into, [m.person.id for m in moving if m.person and states[m.booking.id] in SEATED], door, at
        )
        there = candidates(into_id, ids)
        staying = [m for m in moving if not (m.person and m.person.id in there and there[m.person.id].is_in)]
        pools = _seats_there(into, [m for m in staying if states[m.booking.id] in SEATED], there, at)
        made = _enter(actor, class_, into, staying, states, pools, door, at)
        _tell(class_, into, moving, made, states)
        promote(into, at)


def _require_mergeable(actor: Actor, class_: Locked, into: Locked, at: dt.datetime) -> None:
    for one in (class_, into):
        require(actor, Right.CHANGE_CLASS, squadron_id=one.row.squadron_id)
        require_standing(one.row, at)
    other = into.row.id != class_.row.id and into.row.course_id == class_.row.course_id
    if not other or class_.row.awaits_draw or into.row.awaits_draw:
        raise Refusal("merge_wrong")


def _moving(class_id: int) -> list[Moving]:
    statement = (
        select(Booking, Enrolment, Person)
        .join(Enrolment, Enrolment.id == Booking.enrolment_id)
        .outerjoin(Person, Person.id == Booking.person_id)
        .where(Booking.class_id == class_id, Booking.state.in_(LIVE))
        .order_by(Enrolment.order_no, Booking.id)
    )
    rows = db.session.execute(statement, execution_options={"populate_existing": True})
    return [Moving(*row) for row in rows]


def _leave(actor: Actor, class_: Locked, into: Locked, moving: Sequence[Moving], door: str, at: dt.datetime) -> None:
    """Empty the class and call it off."""
    gone = [m.booking.id for m in moving]
    for booking, _enrolment, _person in moving:
        booking.state, booking.reason, booking.changed_at = State.CANCELLED, "merged", at
        booking.sequence += 1
    class_.row.state, class_.row.merged_into = ClassState.CALLED_OFF, into.row.id
    class_.row.seats_taken = class_.row.queued = 0
    reschedule(class_, at)
    withdraw(gone)
    withdraw_of_class(class_.row.id, DECIDE)
    log(class_.row.id, "merged", actor, door, into=into.row.id)
    if gone:
        log(class_.row.id, "merged_away", actor, door, gone, into=into.row.id)
    announce_class(Event.CALLED_OFF, class_.facts(), reason=None, merged_into=into.row.id)


def _leave_queue(actor: Actor, into: Locked, person_ids: Collection[int], door: str, at: dt.datetime) -> None:
    """Whoever comes with a seat need not wait for one any more."""
    waits = (Booking.class_id == into.row.id, Booking.state == State.QUEUED, Booking.person_id.in_(person_ids))
    waited = db.session.scalars(select(Booking).where(*waits).order_by(Booking.id)).all()
    for booking in waited:
        booking.state, booking.reason, booking.changed_at = State.CANCELLED, "merged", at
        booking.sequence += 1
    if waited:
        db.session.flush()
        into.row.queued = queue_length(into.row.id)
        withdraw([booking.id for booking in waited])
        log(into.row.id, "cancelled", actor, door, [booking.id for booking in waited], seated=False)


def _seats_there(
    into: Locked, seated: Sequence[Moving], there: dict[int, Candidate], at: dt.datetime
) -> dict[int, int]:
    """Return from which pool of the other class each of those with a seat gets one, by its own rules: shares, limits,
    clashes. Raises Refusal unless all of them do."""
    groups = [Waiting(asked, [m.booking for m in group]) for asked, group in groupby(seated, key=_asked)]
    whole = [group._replace(least=len(group.members)) for group in groups_of(into, groups, there, at)]
    verdicts = seat(seats_of(into, at), whole)
    pools = {booking: pool for verdict in verdicts for booking, pool in verdict.seated.items()}
    if len(pools) < len(seated):
        _refuse(into, seated, there, {verdict.why for verdict in verdicts}, at)
    return pools


def _refuse(
    into: Locked, seated: Sequence[Moving], there: dict[int, Candidate], why: set[str], at: dt.datetime
) -> NoReturn:
    """Say what stands in the way, whichever can be helped by speaking to one person first."""
    for _booking, _enrolment, person in seated:
        clash = there[person.id].clash if person and person.id in there else None
        if person and clash:
            zh, en, start, end = clash
            raise Refusal("merge_clash", person=person.named, course=Titled(zh, en), span=(start, end))
    if "limit" in why:
        raise Refusal("merge_limit", limit=into.row.enterprise_limit)
    if "year_limit" in why:
        raise Refusal("merge_year_limit", limit=into.year_limit)
    people, kept = len(seated), kept_of(into.row, at)
    if kept:
        raise Refusal("merge_kept", people=people, free=into.row.seats_free - kept, kept=kept)
    raise Refusal("merge_too_large", people=people, free=into.row.seats_free)


def _asked(moving: Moving) -> Enrolment:
    return moving.enrolment


def _enter(
    actor: Actor,
    class_: Locked,
    into: Locked,
    staying: Sequence[Moving],
    states: dict[int, State],
    pools: dict[int, int],
    door: str,
    at: dt.datetime,
) -> dict[int, Booking]:
    """Write each act of asking anew in the other class, and return the new bookings by the old ones."""
    made, work = dict[int, Booking](), work_time()
    for asked, group in groupby(staying, key=_asked):
        together = list(group)
        enrolment = _asked_anew(into, asked, len(together))
        for booking, _enrolment, _person in together:
            made[booking.id] = _placed_anew(work, into, enrolment, booking, states[booking.id], pools, at)
        seated = [m for m in together if states[m.booking.id] in SEATED]
        into.row.seats_taken += len(seated)
        into.row.queued += len(seated) < len(together)
    db.session.flush()
    if made:
        log(into.row.id, "merged_here", actor, door, [booking.id for booking in made.values()], from_=class_.row.id)
    return made


def _asked_anew(into: Locked, asked: Enrolment, seats: int) -> Enrolment:
    into.row.last_order_no += 1
    enrolment = Enrolment(
        class_id=into.row.id,
        order_no=into.row.last_order_no,
        seats=seats,
        made_by=asked.made_by,
        made_at=asked.made_at,
        enterprise_id=asked.enterprise_id,
        to_approve=asked.to_approve,
        least=asked.least if asked.least and asked.least <= seats else None,
        standby=asked.standby,
    )
    db.session.add(enrolment)
    db.session.flush()
    return enrolment


def _placed_anew(
    work: WorkTime,
    into: Locked,
    enrolment: Enrolment,
    booking: Booking,
    state: State,
    pools: dict[int, int],
    at: dt.datetime,
) -> Booking:
    placed = Booking(
        enrolment_id=enrolment.id,
        class_id=into.row.id,
        person_id=booking.person_id,
        state=state,
        reason="merged",
        changed_at=at,
        consent=Consent.ASKED if state == State.BOOKED else None,
        due_at=booking.due_at,
        share_id=pools.get(booking.id) or None,
    )
    if placed.due_at and placed.person_id:
        placed.due_at = sooner(work, into.row, placed, at)
    elif placed.due_at:
        placed.due_at = into.row.names_until if into.row.names_until > at else into.row.starts_at
    db.session.add(placed)
    return placed


def _tell(
    class_: Locked, into: Locked, moving: Sequence[Moving], made: dict[int, Booking], states: dict[int, State]
) -> None:
    """Tell each once; the entry of the class that is no more leaves their calendar with the same notice. Who is to
    approve or to name a place is told where it is now."""
    before = class_.facts()["sittings"]
    already: dict[bool, list[Told]] = {True: [], False: []}
    became: dict[State, list[tuple[Told, str]]] = {}
    for booking, _enrolment, person in moving:
        new = made.get(booking.id)
        if person is None:
            continue
        reader = Reader(person.id, person.email)
        if new is None:
            already[states[booking.id] == State.BOOKED].append(Told(booking.id, booking.sequence, reader))
            continue
        gone = {"uid": f"booking-{booking.id}", "sequence": booking.sequence + class_.row.schedule_no}
        own: dict[str, Any] = {"gone": {**gone, "sittings": before}} if new.consent else {}
        if new.due_at:
            own = {"due_at": new.due_at.isoformat(), "pending": new.state}
        asks = Question.NEW_TIME if new.consent else Question.OFFER if new.state == State.OFFERED else None
        became.setdefault(new.state, []).append((Told(new.id, 0, reader, asks, own), person.name))
    tell("merged", into, [told for told, _ in became.get(State.BOOKED, ())], "REQUEST", before=before)
    tell("merged", into, [told for told, _ in became.get(State.QUEUED, ())], before=before, queued=True)
    pending = [*became.get(State.REQUESTED, ()), *became.get(State.OFFERED, ())]
    tell("merged", into, [told for told, _ in pending], before=before)
    tell_approvers(into, became.get(State.REQUESTED, ()))
    unnamed = [booking for booking in made.values() if booking.person_id is None]
    tell_holders("merged", into, [b for b in unnamed if b.state == State.HELD], before=before, held=True)
    tell_holders("merged", into, [b for b in unnamed if b.state == State.QUEUED], before=before, queued=True)
    tell("merged", class_, already[True], "CANCEL", already=True)
    tell("merged", class_, already[False], already=True)
    tell_who_teaches("merged", class_, at=into.row.starts_at.isoformat())
