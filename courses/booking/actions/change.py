"""Changing a published class: moving, resizing, calling off, other reminders. Everyone concerned is told once."""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import select, update

from courses.booking.actions.answer import ask_consent, still_asked
from courses.booking.actions.ground import (
    Locked,
    Told,
    candidates,
    locked_class,
    log,
    require_standing,
    require_unchanged,
    tell,
    tell_holders,
)
from courses.booking.actions.promote import promote, sooner
from courses.booking.actions.seats import kept_of
from courses.booking.model import LIVE, Booking, State
from courses.catalogue import queries as catalogue
from courses.catalogue.actions import (
    Span,
    check_place,
    check_sittings,
    set_lecturers,
    set_reminders,
    set_sittings,
    tell_lecturers,
)
from courses.catalogue.announce import announce_class
from courses.catalogue.model import ClassState, Teaching, TrainingClass
from courses.catalogue.planning import work_time
from courses.ground import clock
from courses.ground.db import db
from courses.ground.refusal import Refusal
from courses.ground.transaction import lock_all, locked, transaction
from courses.homes.model import Room
from courses.outbox.actions import Reader, post_all, row_of, withdraw, withdraw_of_class
from courses.outbox.answers import Question
from courses.people.model import Person
from courses.people.rights import Actor, Right, require
from courses.webhooks.model import Event

REMINDER = "reminder"
DECIDE = "decide"
MOVED_ALONG = (
    "opens_at",
    "closes_at",
    "cancel_until",
    "first_until",
    "names_by",
    "draw_at",
    "shares_until",
    "decide_by",
)


def move(
    actor: Actor,
    class_id: int,
    sittings: Sequence[Span],
    room_id: int,
    seen: int | None = None,
    door: str = "page",
) -> None:
    """Move the class to other times or another room. The hours by which something is to be done move along.

    Those with a seat and those waiting are told, as are the lecturers; calendar entries and reminders move. At a new
    time whoever is booked is asked once whether it suits, a clash being named; in a new room alone, only who has not
    answered yet. Raises Refusal: not_found, not_allowed,
    called_off, begun, class_changed, nothing_changed and those of `check_sittings` and `check_place`.
    """
    with transaction():
        at = clock.now()
        class_ = class_to_change(actor, class_id, at)
        require_unchanged(class_.row, seen)
        before = class_.spans()
        spans = check_sittings(sittings, at)
        if spans == before and room_id == class_.row.room_id:
            raise Refusal("nothing_changed")
        seated, pending, waiting = live_bookings(class_id)
        lecturer_ids = _lecturer_ids(class_id)
        # Room, then people, as publishing does; and all people in one go: whoever books elsewhere meets the new hour.
        locked(Room, room_id)
        lock_all(Person, [*lecturer_ids, *(told.reader.id for told in seated + pending + waiting)])
        check_place(room_id, lecturer_ids, spans, class_.row.capacity, but=class_id)
        shift = spans[0][0] - class_.row.starts_at
        moments = _moved_along(class_.row, shift, at)
        undoing = {name: getattr(class_.row, name).isoformat() for name in moments}
        undoing["room_id"] = class_.row.room_id
        with db.session.no_autoflush:  # all at once: written in part, booking would close after the class begins
            class_.row.room_id = room_id
            for name, moment in moments.items():
                setattr(class_.row, name, moment)
            set_sittings(class_.row, spans)
        reschedule(class_, at)
        moved = locked_class(class_id)
        withdraw([t.booking_id for t in seated], REMINDER)
        was = catalogue.iso(before)
        facts: dict[str, Any] = {"before": was, "room_only": spans == before}
        log(class_id, "moved", actor, door, before=was, after=catalogue.iso(spans), undoing=undoing)
        announce_class(Event.MOVED, moved.facts(), schedule_no=moved.row.schedule_no)
        asked = still_asked(class_id) if spans == before else ask_consent(class_id)
        tell("moved", moved, _with_questions(class_id, seated, asked), "REQUEST", **facts)
        tell("moved", moved, still_pending(moved, pending, at), **facts)
        tell("moved", moved, waiting, **facts, queued=True)
        tell_who_teaches("moved", moved, **facts)
        tell_holders("moved", moved, _move_deadlines(moved.row, at), **facts, held=True)
        promote(moved, at)  # someone passed over for a clash may be free at the new hour


def _moved_along(row: TrainingClass, shift: dt.timedelta, at: dt.datetime) -> dict[str, dt.datetime]:
    """Return the hours of a class that now begins later by `shift`: booking opens no later than before, who asked first
    keeps no longer than before, and lots are drawn while one can still enter."""
    moved: dict[str, dt.datetime] = {
        name: moment + shift for name in MOVED_ALONG if (moment := getattr(row, name)) is not None
    }
    moved["opens_at"] = min(row.opens_at, moved["opens_at"])
    if row.first_until:
        moved["first_until"] = min(row.first_until, moved["closes_at"])
    if row.draw_at:
        moved["draw_at"] = min(max(at, moved["draw_at"]), moved["closes_at"]) if row.awaits_draw else row.draw_at
    if row.decide_by:
        moved["decide_by"] = min(moved["decide_by"], row.starts_at + shift)
    return moved


def resize(actor: Actor, class_id: int, capacity: int, door: str = "page") -> None:
    """Give the class more or fewer seats; more go to the queue at once.

    Raises Refusal: not_found, not_allowed, called_off, begun, below_taken, below_kept, below_minimum, too_many_seats,
    nothing_changed.
    """
    with transaction():
        at = clock.now()
        class_ = class_to_change(actor, class_id, at)
        if capacity < max(class_.row.seats_taken, 1):
            raise Refusal("below_taken", taken=class_.row.seats_taken)
        kept = kept_of(class_.row, at)
        if capacity < class_.row.seats_taken + kept:
            raise Refusal("below_kept", taken=class_.row.seats_taken, kept=kept)
        if class_.row.is_tentative and capacity < (class_.row.minimum or 0):
            raise Refusal("below_minimum", minimum=class_.row.minimum)
        room = db.session.get_one(Room, class_.row.room_id)
        if capacity > room.seats:
            raise Refusal("too_many_seats", room=room, seats=room.seats)
        if capacity == class_.row.capacity:
            raise Refusal("nothing_changed")
        log(class_id, "resized", actor, door, before=class_.row.capacity, after=capacity)
        class_.row.capacity = capacity
        db.session.flush()
        promote(class_, at)


def call_off(actor: Actor, class_id: int, reason: str, door: str = "page", reason_en: str = "") -> None:
    """Call the class off: everyone with a seat or a place in the queue is told why, and is free again.

    Who reads English is told `reason_en`, if there is one.

    Raises Refusal: not_found, not_allowed, called_off, begun.
    """
    with transaction():
        at = clock.now()
        class_ = class_to_change(actor, class_id, at)
        seated, pending, waiting = live_bookings(class_id)
        withdraw([t.booking_id for t in seated + pending + waiting])
        withdraw_of_class(class_id, DECIDE)
        why: dict[str, Any] = {"reason": reason, "reason_en": reason_en} if reason_en else {"reason": reason}
        log(class_id, "called_off", actor, door, **why)
        class_.row.state = ClassState.CALLED_OFF
        class_.row.call_off_reason, class_.row.call_off_reason_en = reason, reason_en
        reschedule(class_, at)
        tell("called_off", class_, seated, "CANCEL", **why)
        tell("called_off", class_, pending + waiting, **why)
        tell_holders("called_off", class_, unnamed_of(class_id), **why)
        tell_who_teaches("called_off", class_, **why)
        announce_class(Event.CALLED_OFF, class_.facts(), reason={"zh": reason, "en": reason_en or None})
        live = update(Booking).where(Booking.class_id == class_id, Booking.state.in_(LIVE))
        db.session.execute(live.values(state=State.CANCELLED, reason="called_off", changed_at=at))
        class_.row.seats_taken = class_.row.queued = 0
        db.session.flush()


def change_lecturers(actor: Actor, class_id: int, lecturer_ids: Collection[int], door: str = "page") -> None:
    """Let others teach the class: who begins or ends to teach it is told. Those booked are not: what their mail says
    of the class, its title, when and where it is, stays as it was; the page names who teaches.

    Raises Refusal: not_found, not_allowed, called_off, begun, no_lecturer, nothing_changed, lecturer_clash.
    """
    with transaction():
        at = clock.now()
        class_ = class_to_change(actor, class_id, at)
        before = _lecturer_ids(class_id)
        if before and not lecturer_ids:
            raise Refusal("no_lecturer")
        if set(before) == set(lecturer_ids):
            raise Refusal("nothing_changed")
        check_place(class_.row.room_id, lecturer_ids, class_.spans(), class_.row.capacity, but=class_id)
        set_lecturers(class_.row, lecturer_ids)
        log(class_id, "lecturers_changed", actor, door, before=sorted(before), after=sorted(set(lecturer_ids)))
        added, removed = set(lecturer_ids) - set(before), set(before) - set(lecturer_ids)
        tell_lecturers(class_.facts(), class_.row.ends_at, added, removed)
        db.session.flush()


def replace_reminders(actor: Actor, class_id: int, minutes_before: Collection[int], door: str = "page") -> None:
    """Replace the class's reminder rules; a moment that is already past stays silent."""
    with transaction():
        at = clock.now()
        class_ = class_to_change(actor, class_id, at)
        set_reminders(class_.row, minutes_before, at)
        log(class_id, "reminders_changed", actor, door, minutes=sorted(minutes_before))


def class_to_change(actor: Actor, class_id: int, at: dt.datetime) -> Locked:
    class_ = locked_class(class_id)
    require(actor, Right.CHANGE_CLASS, squadron_id=class_.row.squadron_id)
    require_standing(class_.row, at)
    return class_


def reschedule(class_: Locked, at: dt.datetime) -> None:
    class_.row.schedule_no += 1
    class_.row.scheduled_at = at
    db.session.flush()


def live_bookings(class_id: int) -> tuple[list[Told], list[Told], list[Told]]:
    """Return those booked, those whose seat waits for an approval or an answer, and those in the queue; who is still
    to be named is none of them."""
    statement = (
        select(Booking.id, Booking.sequence, Booking.state, Person.id, Person.email)
        .join(Person, Person.id == Booking.person_id)
        .where(Booking.class_id == class_id, Booking.state.in_(LIVE))
        .order_by(Booking.id)
    )
    seated: list[Told] = []
    pending: list[Told] = []
    waiting: list[Told] = []
    for booking_id, sequence, state, person_id, email in db.session.execute(statement):
        told = Told(booking_id, sequence, Reader(person_id, email))
        (waiting if state == State.QUEUED else seated if state == State.BOOKED else pending).append(told)
    return seated, pending, waiting


def still_pending(class_: Locked, pending: Collection[Told], at: dt.datetime) -> list[Told]:
    """Return whom to tell that their seat goes on waiting in a class at another hour, with by when it must be approved
    or answered now: never later than before, and before the class."""
    bookings = {
        booking.id: booking
        for booking in db.session.scalars(select(Booking).where(Booking.id.in_([t.booking_id for t in pending])))
    }
    told, work = [], work_time()
    for one in pending:
        booking = bookings[one.booking_id]
        booking.due_at = sooner(work, class_.row, booking, at)
        own = {"due_at": booking.due_at.isoformat()}
        asks = Question.OFFER if booking.state == State.OFFERED else None
        told.append(one._replace(asks=asks, own={**own, "pending": booking.state}))
    db.session.flush()
    return told


def unnamed_of(class_id: int) -> list[Booking]:
    unnamed = select(Booking).where(Booking.class_id == class_id, Booking.person_id.is_(None), Booking.state.in_(LIVE))
    return list(db.session.scalars(unnamed.order_by(Booking.id), execution_options={"populate_existing": True}))


def _move_deadlines(row: TrainingClass, at: dt.datetime) -> list[Booking]:
    """Let the time to name move along, and return what is to be named. Where it would be over at once, it lasts until
    the class begins."""
    unnamed = unnamed_of(row.id)
    for booking in unnamed:
        booking.due_at = row.names_until if row.names_until > at else row.starts_at
    db.session.flush()
    return unnamed


def _with_questions(class_id: int, seated: list[Told], asked: set[int]) -> list[Told]:
    """Return who is told of a move with what each is asked, and the seat elsewhere with which they now have a clash."""
    people = candidates(class_id, [t.reader.id for t in seated]) if seated else {}
    told = []
    for one in seated:
        question = Question.NEW_TIME if one.booking_id in asked else None
        clash = people[one.reader.id].clash if one.reader.id in people else None
        told.append(one._replace(asks=question, own={"clash": _said(clash)} if clash else {}))
    return told


def _said(clash: tuple[str, str, dt.datetime, dt.datetime]) -> dict[str, Any]:
    zh, en, start, end = clash
    return {"title_zh": zh, "title_en": en, "span": [start.isoformat(), end.isoformat()]}


def _lecturer_ids(class_id: int) -> list[int]:
    return list(db.session.scalars(select(Teaching.person_id).where(Teaching.class_id == class_id)))


def tell_who_teaches(kind: str, class_: Locked, **facts: object) -> None:
    readers = [Reader(t.id, t.email) for t in catalogue.lecturers_of(class_.row.id)]
    said = {"class_": class_.facts(), "path": f"/classes/{class_.row.id}", "lecturer": True, **facts}
    number = class_.row.schedule_no
    post_all([row_of(kind, r, f"{kind}:class-{class_.row.id}:{number}:{r.id}", said, class_.row.id) for r in readers])
