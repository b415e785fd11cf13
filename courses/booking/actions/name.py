"""Who comes: giving a held place its name, and swapping a named colleague for another; seat and order stay."""

import datetime as dt
from dataclasses import dataclass

from courses.accounts.actions import enlist
from courses.booking.actions.book import require_asked_first, require_no_clash
from courses.booking.actions.ground import (
    Candidate,
    Locked,
    Told,
    candidates,
    locked_class,
    log,
    require_standing,
    standing_by,
    tell,
)
from courses.booking.actions.hand_over import hand_over
from courses.booking.actions.seats import may_pass_on
from courses.booking.model import Booking, Enrolment, State, standby_from
from courses.ground import clock
from courses.ground.db import db
from courses.ground.refusal import Refusal
from courses.ground.transaction import lock_all, locked, transaction
from courses.outbox.actions import Reader
from courses.people.model import Enterprise, Person, Role
from courses.people.rights import Actor, Right, require


@dataclass(frozen=True, kw_only=True)
class NewColleague:
    """Someone of the enterprise who is not known yet: they are invited as a manager, and can sign in from then on."""

    name: str
    name_en: str = ""
    email: str | None = None
    mobile: str | None = None
    language: str = "zh"


def name(actor: Actor, booking_id: int, who: int | NewColleague, door: str = "page", seen: int | None = None) -> int:
    """Say who of the enterprise comes, and return the booking that is theirs: a held place gets its name by its own
    `due_at`; a colleague who had it is swapped for another until the class's `cancel_until`.
    `seen`: whom the asker saw there, 0 for nobody; anyone else is not replaced.

    Raises Refusal: not_found, called_off, begun, not_nameable, already_named, answer_first, names_over, swap_over,
    unknown_person, already_booked, person_clash, not_first_timer, on_standby, asked_first, and for who is new those of
    `invite`.
    """
    with transaction():
        class_, booking, enrolment = _locked_place(actor, booking_id)
        require_standing(class_.row, clock.now())
        _require_nameable(booking, seen)
        _require_in_time(class_, booking)
        person_id = who if isinstance(who, int) else _enlisted(actor, enrolment, who)
        lock_all(Person, sorted({person_id, booking.person_id or person_id}))
        person = _fit(class_, booking, enrolment, person_id)
        if booking.person_id:
            giver, heir = (locked(Person, id_) for id_ in (booking.person_id, person_id))
            return hand_over(actor, class_, booking, giver, heir, door, swapped=True)
        _give_name(actor, class_, booking, person, door)
        return booking.id


def _locked_place(actor: Actor, booking_id: int) -> tuple[Locked, Booking, Enrolment]:
    """Lock the class, then the place in it. A stranger is told that there is nothing."""
    known = db.session.get(Booking, booking_id)
    if known is None:
        raise Refusal("not_found")
    class_ = locked_class(known.class_id)
    booking = locked(Booking, booking_id)
    enrolment = db.session.get_one(Enrolment, booking.enrolment_id)
    try:
        require(actor, Right.HOLD, enterprise_id=enrolment.enterprise_id)
    except Refusal:
        raise Refusal("not_found") from None
    return class_, booking, enrolment


def _require_nameable(booking: Booking, seen: int | None) -> None:
    if booking.state == State.OFFERED:
        raise Refusal("answer_first")
    if not booking.is_live or booking.state == State.REQUESTED:
        raise Refusal("not_nameable")
    if seen is not None and booking.person and booking.person_id != seen:
        raise Refusal("already_named", person=booking.person.named)


def _require_in_time(class_: Locked, booking: Booking) -> None:
    until = class_.row.cancel_until if booking.person_id else booking.due_at or class_.row.names_until
    if clock.now() > until:
        raise Refusal("swap_over" if booking.person_id else "names_over", until=until)


def _enlisted(actor: Actor, enrolment: Enrolment, who: NewColleague) -> int:
    enterprise = db.session.get_one(Enterprise, enrolment.enterprise_id)
    require(actor, Right.INVITE, enterprise_id=enterprise.id, town_id=enterprise.town_id)
    return enlist(actor, enterprise, who.name, who.name_en, who.email, who.mobile, Role.MANAGER, who.language).id


def _fit(class_: Locked, booking: Booking, enrolment: Enrolment, person_id: int) -> Candidate:
    """Return the person, of the same enterprise, not in the class yet, and free at its hours if the place is a seat."""
    person = candidates(class_.row.id, [person_id]).get(person_id)
    if person is None or person.enterprise_id is None or person.enterprise_id != enrolment.enterprise_id:
        raise Refusal("unknown_person")
    if person.is_in:
        raise Refusal("already_booked", person=person.named)
    if booking.takes_a_seat:
        require_no_clash([person])
    at = clock.now()
    if not may_pass_on(class_, booking, person.id, at):
        raise Refusal("not_first_timer", person=person.named, until=class_.row.shares_until)
    require_asked_first(class_.row, [person.id], at)
    if not enrolment.standby:
        _require_in_turn(class_, person, at)
    return person


def _require_in_turn(class_: Locked, person: Candidate, at: dt.datetime) -> None:
    """Nobody gets round waiting behind all others by being named: not before free seats are for those on standby."""
    until = standing_by([person], at).get(person.id)
    if until and at < standby_from(class_.row):
        raise Refusal("on_standby", person=person.named, until=until)


def _give_name(actor: Actor, class_: Locked, booking: Booking, person: Candidate, door: str) -> None:
    seated = booking.takes_a_seat
    booking.person_id, booking.due_at, booking.reason = person.id, None, "named"
    if seated:
        booking.state, booking.changed_at = State.BOOKED, clock.now()
    db.session.flush()
    log(class_.row.id, "named", actor, door, [booking.id])
    told = [Told(booking.id, booking.sequence, Reader(person.id, person.email))]
    by = None if person.id == actor.id else actor.name
    tell("booked" if seated else "queued", class_, told, "REQUEST" if seated else None, by=by)
