"""What every act of booking stands on: the locked class, who would clash, what is logged and told."""

import datetime as dt
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, cast

from sqlalchemy import BindParameter, Select, and_, bindparam, insert, or_, select
from sqlalchemy.orm import aliased

from courses.booking.announce import announce_bookings
from courses.booking.model import LATE, Booking, Enrolment, Event, State
from courses.booking.standing import on_standby
from courses.catalogue import queries as catalogue
from courses.catalogue.model import ClassState, Course, Sitting, TrainingClass
from courses.catalogue.planning import work_time
from courses.ground import clock
from courses.ground.db import db, run, table
from courses.ground.refusal import Refusal
from courses.homes.model import Home, Room
from courses.outbox.actions import Reader, post_all, row_of
from courses.outbox.answers import Question
from courses.people.model import BookingRule, Enterprise, Named, Person, Post, Role
from courses.people.rights import Actor


class Locked(NamedTuple):
    """A class, locked, with what notices say of it and its course's `enterprise_year_limit`."""

    row: TrainingClass
    said: catalogue.Said
    year_limit: int | None

    def spans(self) -> list[tuple[dt.datetime, dt.datetime]]:
        return catalogue.spans_of(self.row)

    def facts(self) -> dict[str, Any]:
        return catalogue.facts_of(self.row, self.said, self.spans())


# These statements are built once: in a rush, building them would cost more than running them. A draft is not there.
_CLASS = (
    select(TrainingClass, *catalogue.SAID, Course.enterprise_year_limit)
    .join(Course, Course.id == TrainingClass.course_id)
    .join(Room, Room.id == TrainingClass.room_id)
    .join(Home, Home.id == Room.home_id)
    .where(TrainingClass.id == bindparam("class_id"), TrainingClass.state != ClassState.DRAFT)
    .with_for_update(of=TrainingClass, key_share=True)
    .execution_options(populate_existing=True)
)


_COLUMNS = tuple(table(TrainingClass).c)
_PLAIN_CLASS = (
    select(*_COLUMNS, *catalogue.SAID, Course.enterprise_year_limit.label("year_limit"))
    .select_from(table(TrainingClass))
    .join(Course, Course.id == table(TrainingClass).c.course_id)
    .join(Room, Room.id == table(TrainingClass).c.room_id)
    .join(Home, Home.id == Room.home_id)
    .where(table(TrainingClass).c.id == bindparam("class_id"), table(TrainingClass).c.state != ClassState.DRAFT)
    .with_for_update(of=table(TrainingClass), key_share=True)
)


def plain_class(class_id: int) -> Locked:
    """Return the class, locked, as a plain row through which nothing can be changed: for the rush.

    Raises Refusal("not_found").
    """
    found = run(_PLAIN_CLASS, {"class_id": class_id}).first()
    if found is None:
        raise Refusal("not_found")
    said = catalogue.Said._make(found[len(_COLUMNS) : -1])
    return Locked(cast(TrainingClass, found), said, found.year_limit)


def locked_class(class_id: int) -> Locked:
    """Return the class, locked and read afresh, with its title and where it is in one statement.

    Raises Refusal("not_found").
    """
    found = db.session.execute(_CLASS, {"class_id": class_id}).first()
    if found is None:
        raise Refusal("not_found")
    row, *said, year_limit = found
    return Locked(row, catalogue.Said(*said), year_limit)


def awaits_draw(class_: TrainingClass) -> bool:
    """Return whether seats are still to be drawn by lot; of a plain row too, which has no properties."""
    return class_.draw_at is not None and class_.drawn_at is None


def keeps_seats(class_: TrainingClass, at: dt.datetime) -> bool:
    """Return whether seats of the class are kept for some at `at`; of a plain row too."""
    return class_.shares_until is not None and at < class_.shares_until


def is_for_those_who_asked(class_: TrainingClass, at: dt.datetime) -> bool:
    """Return whether at `at` only those may book who had asked before the class was published; of a plain row too."""
    return class_.first_until is not None and at < class_.first_until


def require_standing(class_: TrainingClass, at: dt.datetime) -> None:
    """Raise Refusal("called_off") or Refusal("begun") unless the class is still to come."""
    if class_.state == ClassState.CALLED_OFF:
        raise Refusal("called_off")
    if at >= class_.starts_at:
        raise Refusal("begun")


def require_unchanged(class_: TrainingClass, seen: int | None) -> None:
    """Raise Refusal("class_changed") when the asker saw another schedule than the class has now."""
    if seen is not None and seen != class_.schedule_no:
        raise Refusal("class_changed")


class Candidate(NamedTuple):
    """One person who may take a seat: where employed, whether already in the class, what would clash,
    whether the enterprise wants to be asked first, whether anything was missed that could count against them."""

    id: int
    name: str
    name_en: str
    email: str | None
    enterprise_id: int | None
    is_in: bool
    clash: tuple[str, str, dt.datetime, dt.datetime] | None
    asks_first: bool = False
    has_missed: bool = False

    @property
    def named(self) -> Named:
        return Named(self.name, self.name_en)

    def is_approved_first(self, actor: Actor) -> bool:
        """Return whether a seat that the actor books for this person waits for the enterprise's approval."""
        return self.asks_first and not actor.answers_for_enterprise


def _candidates() -> Select[*tuple[Any, ...]]:
    ours, theirs = aliased(Sitting), aliased(Sitting)
    class_id: BindParameter[int] = bindparam("class_id")
    same_hour = (
        select(theirs.id)
        .join(ours, and_(ours.starts_at < theirs.ends_at, ours.ends_at > theirs.starts_at))
        .where(ours.class_id == class_id, theirs.class_id == Booking.class_id)
        .correlate(Booking)
        .exists()
    )
    live = Booking.state != State.CANCELLED  # a list of states would be spelt out anew at each run
    earlier = aliased(Booking)
    missed = select(earlier.id).where(
        earlier.person_id == Person.id,
        or_(earlier.attended.is_(False), *(earlier.reason == late for late in LATE)),
    )
    in_the_way = and_(
        Booking.person_id == Person.id,
        or_(
            and_(Booking.class_id == class_id, live),
            and_(Booking.class_id != class_id, live, Booking.state != State.QUEUED, same_hour),
        ),
    )
    employed = and_(Post.person_id == Person.id, Post.enterprise_id.is_not(None))
    return (
        select(
            Person.id,
            Person.name,
            Person.name_en,
            Person.email,
            Post.enterprise_id,
            Enterprise.booking_rule,
            Booking.class_id,
            Course.title_zh,
            Course.title_en,
            TrainingClass.starts_at,
            TrainingClass.ends_at,
            missed.correlate(Person).exists(),
        )
        .outerjoin(Post, employed)
        .outerjoin(Enterprise, Enterprise.id == Post.enterprise_id)
        .outerjoin(Booking, in_the_way)
        .outerjoin(TrainingClass, TrainingClass.id == Booking.class_id)
        .outerjoin(Course, Course.id == TrainingClass.course_id)
        .where(Person.id.in_(bindparam("person_ids", expanding=True)), Person.left_at.is_(None))
    )


_CANDIDATES = _candidates()


def candidates(class_id: int, person_ids: Collection[int]) -> dict[int, Candidate]:
    """Return these people in one statement, with their live booking in this class and the seat they hold elsewhere
    at one of its hours, if any. What they missed is looked at by `standing_by`."""
    asked = {"class_id": class_id, "person_ids": list(person_ids)}
    found: dict[int, Candidate] = {}
    for row in run(_CANDIDATES, asked):
        id_, name, name_en, email, enterprise_id, rule, other, zh, en, start, end, missed = tuple(row)
        so_far = found.get(id_)
        is_in = other == class_id or bool(so_far and so_far.is_in)
        clash = (zh, en, start, end) if other not in (None, class_id) else so_far.clash if so_far else None
        asks_first = rule == BookingRule.APPROVAL
        found[id_] = Candidate(id_, name, name_en, email, enterprise_id, is_in, clash, asks_first, bool(missed))
    return found


def standing_by(people: Collection[Candidate], at: dt.datetime) -> dict[int, dt.datetime]:
    """Return which of these are on standby, and until when. Costs nothing where none of them missed anything."""
    return on_standby([person.id for person in people if person.has_missed], at)


_LOG = insert(table(Event))


def log(
    class_id: int,
    what: str,
    actor: Actor | None,
    door: str,
    booking_ids: Collection[int] = (),
    **facts: Any,
) -> None:
    """Add to the class's log, one event per booking (or one of the class); in the transaction of the change."""
    row = {
        "class_id": class_id,
        "at": clock.now(),
        "what": what,
        "door": door,
        "actor_id": actor.id if actor else None,
        "facts": facts,
    }
    run(_LOG, [{**row, "booking_id": id_} for id_ in booking_ids or (None,)])
    announce_bookings(class_id, what, booking_ids)


class Told(NamedTuple):
    """One booking and the person to be told about it. `sequence` and the facts `own` are the booking's own; `asks`:
    what the person is asked in the same notice."""

    booking_id: int
    sequence: int
    reader: Reader
    asks: Question | None = None
    own: Mapping[str, Any] = MappingProxyType({})


def tell(
    kind: str,
    locked: Locked,
    told: Collection[Told],
    method: str | None = None,
    **facts: Any,
) -> None:
    """Write one notice per booking. `method`: what its calendar entry does, REQUEST or CANCEL, if it has one."""
    if not told:
        return
    class_, row = locked.facts(), locked.row
    expires_at = None if method == "CANCEL" else row.ends_at
    rows = []
    for booking_id, own_sequence, reader, asks, own in told:
        sequence = own_sequence + row.schedule_no
        said = {"class_": class_, "path": f"/classes/{row.id}", **facts, **own}
        if asks:
            said["asks"] = {"question": asks, "number": sequence}
        if method:
            said["calendar"] = {"uid": f"booking-{booking_id}", "sequence": sequence, "method": method}
        key = f"{kind}:{booking_id}:{sequence}:{reader.id}"
        rows.append(row_of(kind, reader, key, said, row.id, booking_id, expires_at))
    post_all(rows)


class Holding(NamedTuple):
    """Places of one act of asking that have no name yet: the first of them, how many there are, and who asked."""

    first: Booking
    seats: int
    reader: Reader


def holdings(unnamed: Collection[Booking]) -> list[Holding]:
    """Return these places by the act of asking they belong to, in one statement."""
    of_enrolment: dict[int, list[Booking]] = {}
    for booking in unnamed:
        of_enrolment.setdefault(booking.enrolment_id, []).append(booking)
    statement = (
        select(Enrolment.id, Person.id, Person.email)
        .join(Person, Person.id == Enrolment.made_by)
        .where(Enrolment.id.in_(of_enrolment))
        .order_by(Enrolment.order_no)
    )
    rows = db.session.execute(statement).all() if of_enrolment else []
    return [Holding(of_enrolment[id_][0], len(of_enrolment[id_]), Reader(who, email)) for id_, who, email in rows]


def tell_holders(kind: str, class_: Locked, unnamed: Collection[Booking], **facts: Any) -> None:
    """Tell who holds these places, once for all of one act of asking, by when they are to be named."""
    for first, seats, reader in holdings(unnamed):
        by = {"seats": seats, "due_at": (first.due_at or class_.row.names_until).isoformat()}
        tell(kind, class_, [Told(first.id, first.sequence, reader)], **{**by, **facts})


TO_APPROVE_WITHIN = 2  # working days
LEAST_TO_APPROVE = dt.timedelta(hours=2)
"""Working time: with less than that left, nobody could be expected to approve in time."""


def approval_due(row: TrainingClass, at: dt.datetime) -> dt.datetime:
    """Return by when a seat that is reserved meanwhile must be approved: within two working days, but before cancelling
    counts as late; where too little working time is left until then, before the class begins."""
    work = work_time()
    cutoff = row.cancel_until if work.between(at, row.cancel_until) >= LEAST_TO_APPROVE else row.starts_at
    return min(work.after(at, TO_APPROVE_WITHIN * work.day), cutoff)


def approvers(booking_ids: Collection[int]) -> dict[int, list[Reader]]:
    """Return, for each of these bookings, who may approve it: the owners of the enterprise and their deputies."""
    statement = (
        select(Booking.id, Person.id, Person.email)
        .join(Enrolment, Enrolment.id == Booking.enrolment_id)
        .join(Post, Post.enterprise_id == Enrolment.enterprise_id)
        .join(Person, Person.id == Post.person_id)
        .where(Booking.id.in_(booking_ids), or_(Post.role == Role.OWNER, Post.is_deputy.is_(True)))
        .where(Person.left_at.is_(None), Person.id.is_distinct_from(Booking.person_id))
        .order_by(Person.id)
        .distinct()
    )
    found: dict[int, list[Reader]] = {}
    for booking_id, person_id, email in db.session.execute(statement):
        found.setdefault(booking_id, []).append(Reader(person_id, email))
    return found


def tell_requested(class_: Locked, requested: Collection[tuple[Told, str]], due_at: dt.datetime) -> None:
    """Tell whose seats wait for approval by when, and who may give it."""
    due = {"due_at": due_at.isoformat()}
    tell("requested", class_, [told for told, _ in requested], **due)
    tell_approvers(class_, requested, **due)


def tell_approvers(class_: Locked, requested: Collection[tuple[Told, str]], **facts: Any) -> None:
    """Tell who may approve these seats, each with the name of whose it is."""
    deciding = approvers([told.booking_id for told, _ in requested]) if requested else {}
    asked = [
        told._replace(reader=reader, own={**told.own, "who": name})
        for told, name in requested
        for reader in deciding.get(told.booking_id, ())
    ]
    tell("to_approve", class_, asked, **facts)
