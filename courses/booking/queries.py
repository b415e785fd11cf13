"""What pages, lists and the API ask of bookings."""

import datetime as dt
from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, bindparam, case, func, or_, select
from sqlalchemy.orm import aliased

from courses.booking.model import (
    FINAL,
    LIVE,
    MOVED_UP,
    SEATED,
    Booking,
    Enrolment,
    Event,
    State,
)
from courses.catalogue.actions.teaching import NO_LONGER, TEACHING
from courses.catalogue.model import ClassState, Course, Teaching, Topic, TrainingClass
from courses.catalogue.planning import may_draft
from courses.catalogue.queries import Card, classes_of, first_going
from courses.ground import clock
from courses.ground.db import db, run
from courses.ground.sound import sound_of
from courses.homes.model import Home, Room
from courses.outbox.model import Channel, Fate, Notice
from courses.people.model import Enterprise, Person, Squadron, Town
from courses.people.queries import city
from courses.people.rights import Actor, Right, may


class Titled(NamedTuple):
    """A title in both languages, for the sentence of a refusal."""

    title_zh: str
    title_en: str


class ClassView(NamedTuple):
    """A class with all that its page shows of it, read in one statement."""

    row: TrainingClass
    course: Course
    topic: Topic
    room: Room
    home: Home
    town: Town
    squadron: Squadron


_VIEWS = (  # built once: building a statement costs more than running it
    select(TrainingClass, Course, Topic, Room, Home, Town, Squadron)
    .join(Course, Course.id == TrainingClass.course_id)
    .join(Topic, Topic.id == Course.topic_id)
    .join(Room, Room.id == TrainingClass.room_id)
    .join(Home, Home.id == Room.home_id)
    .join(Town, Town.id == Home.town_id)
    .join(Squadron, Squadron.id == TrainingClass.squadron_id)
    .where(TrainingClass.id == bindparam("class_id"))
)


def class_view(class_id: int, actor: Actor | None = None) -> ClassView | None:
    """Return the class; a draft only to an `actor` who may draft it."""
    found = db.session.execute(_VIEWS, {"class_id": class_id}).first()
    view = ClassView(*found) if found else None
    if view and view.row.state == ClassState.DRAFT and not may_draft(actor, view.row):
        return None
    return view


class Place(NamedTuple):
    """One booking as its person sees it; `person_id` is None while it is still to be named, by `due_at`. `place`: in
    the queue, counted from 1. `entry`: its number in a draw that is still to come, until which nobody has a place.
    `standby`: it waits behind all others."""

    id: int
    person_id: int | None
    person: str | None
    person_en: str | None
    state: str
    reason: str
    class_id: int
    place: int | None
    enterprise_id: int | None
    attended: bool | None
    entry: int | None = None
    due_at: dt.datetime | None = None
    consent: str | None = None
    standby: bool = False


# The statements of a booking and of a class's page are built once: building them takes longer than the database does.
_earlier, _ahead = aliased(Booking), aliased(Enrolment)
_PLACE = (  # of a queued booking: one more than the enrolments that wait before it
    select(func.count(_ahead.id.distinct()) + 1)
    .join(_earlier, _earlier.enrolment_id == _ahead.id)
    .where(
        _ahead.class_id == Booking.class_id,
        or_(
            and_(_ahead.standby == Enrolment.standby, _ahead.order_no < Enrolment.order_no),
            and_(_ahead.standby.is_(False), Enrolment.standby.is_(True)),
        ),
        _earlier.state == State.QUEUED,
    )
    .correlate(Booking, Enrolment)
    .scalar_subquery()
)
_ENTRY = case((and_(TrainingClass.draw_at.is_not(None), TrainingClass.drawn_at.is_(None)), Enrolment.order_no))

_PLACES = (
    select(
        Booking.id,
        Booking.person_id,
        Person.name,
        Person.name_en,
        Booking.state,
        Booking.reason,
        Booking.class_id,
        _PLACE,
        Enrolment.enterprise_id,
        Booking.attended,
        _ENTRY,
        Booking.due_at,
        Booking.consent,
        Enrolment.standby,
    )
    .join(Enrolment, Enrolment.id == Booking.enrolment_id)
    .outerjoin(Person, Person.id == Booking.person_id)
    .join(TrainingClass, TrainingClass.id == Booking.class_id)
    .order_by(Enrolment.order_no, Booking.id)
)


def _as_places(statement: Select[*tuple[Any, ...]]) -> list[Place]:
    """Return the rows as Places; the count is of no meaning for a booking that does not wait."""
    places = (Place(*row) for row in db.session.execute(statement))
    return [_queued(place) for place in places]


def _queued(row: Any) -> Any:
    """Return a Place or Mine as it is meant: who does not wait has neither place nor entry, and of the two only one."""
    if row.state != State.QUEUED:
        return row._replace(place=None, entry=None)
    return row._replace(place=None) if row.entry else row


def place_of(booking_id: int) -> Place | None:
    return next(iter(places_of([booking_id])), None)


def places_of(booking_ids: Collection[int]) -> list[Place]:
    return _as_places(_PLACES.where(Booking.id.in_(booking_ids)))


def own_places(actor: Actor, class_id: int) -> list[Place]:
    """Return the bookings in a class that are the actor's own or, for an owner, their enterprise's; the latest of each
    person, live or cancelled, and the live ones that are still to be named."""
    whose = Booking.person_id == actor.id
    if actor.answers_for_enterprise:
        whose = or_(whose, Enrolment.enterprise_id == actor.enterprise_id)
    latest: dict[int, Place] = {}
    for place in _as_places(_PLACES.where(Booking.class_id == class_id, whose)):
        key = place.person_id or -place.id
        if place.state != State.CANCELLED or (place.person_id and key not in latest):
            latest[key] = place
    return list(latest.values())


def people_in(class_id: int) -> set[int]:
    """Return who has a live booking in a class."""
    there = select(Booking.person_id).where(Booking.class_id == class_id, Booking.state.in_(LIVE))
    return {id_ for id_ in db.session.scalars(there) if id_}


class Mine(NamedTuple):
    """A booking on its person's desk."""

    id: int
    class_id: int
    state: str
    person: str
    person_en: str
    person_id: int
    title_zh: str
    title_en: str
    home_zh: str
    home_en: str
    room_zh: str
    room_en: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    place: int | None
    attended: bool | None
    cancel_until: dt.datetime
    entry: int | None = None


_MINE: Select[*tuple[Any, ...]] = (
    select(
        Booking.id,
        Booking.class_id,
        Booking.state,
        Person.name,
        Person.name_en,
        Booking.person_id,
        Course.title_zh,
        Course.title_en,
        Home.name_zh,
        Home.name_en,
        Room.name_zh,
        Room.name_en,
        TrainingClass.starts_at,
        TrainingClass.ends_at,
        _PLACE,
        Booking.attended,
        TrainingClass.cancel_until,
        _ENTRY,
    )
    .join(Enrolment, Enrolment.id == Booking.enrolment_id)
    .join(Person, Person.id == Booking.person_id)
    .join(TrainingClass, TrainingClass.id == Booking.class_id)
    .join(Course, Course.id == TrainingClass.course_id)
    .join(Room, Room.id == TrainingClass.room_id)
    .join(Home, Home.id == Room.home_id)
)


def _as_mine(statement: Select[*tuple[Any, ...]]) -> list[Mine]:
    rows = (Mine(*row) for row in db.session.execute(statement))
    return [_queued(row) for row in rows]


def coming(person_id: int, at: dt.datetime) -> list[Mine]:
    """Return a person's live bookings in classes that have not ended, soonest first."""
    return _as_mine(
        _MINE.where(Booking.person_id == person_id, Booking.state.in_(LIVE), TrainingClass.ends_at > at)
        .where(Booking.class_id >= first_going(at))
        .order_by(TrainingClass.starts_at, Booking.id)
    )


def bookings_of(person_id: int, before: int, limit: int) -> list[Mine]:
    """Return a person's bookings, live and cancelled, newest first, below the id `before`; one more than `limit` if
    there are more."""
    statement = _MINE.where(Booking.person_id == person_id, Booking.id < before)
    return _as_mine(statement.order_by(Booking.id.desc()).limit(limit + 1))


def coming_of_enterprise(enterprise_id: int, at: dt.datetime, limit: int = 50) -> list[Mine]:
    return _as_mine(
        _MINE.where(Enrolment.enterprise_id == enterprise_id, Booking.state.in_(LIVE), TrainingClass.ends_at > at)
        .where(Enrolment.class_id >= first_going(at))
        .order_by(TrainingClass.starts_at, Booking.id)
        .limit(limit)
    )


UNSETTLED = (State.HELD, State.REQUESTED, State.OFFERED)


class Unsettled(NamedTuple):
    """Places of one class for which an enterprise has yet to act by `due_at`: to approve, to name, or to answer."""

    class_id: int
    title_zh: str
    title_en: str
    starts_at: dt.datetime
    state: State
    places: int
    due_at: dt.datetime | None


def unsettled(enterprise_id: int, at: dt.datetime) -> list[Unsettled]:
    """Return what an enterprise has yet to approve, to name or to answer, the most urgent first."""
    statement = (
        select(
            Booking.class_id,
            Course.title_zh,
            Course.title_en,
            TrainingClass.starts_at,
            Booking.state,
            func.count(),
            func.min(Booking.due_at),
        )
        .join(Enrolment, Enrolment.id == Booking.enrolment_id)
        .join(TrainingClass, TrainingClass.id == Booking.class_id)
        .join(Course, Course.id == TrainingClass.course_id)
        .where(Enrolment.enterprise_id == enterprise_id, Booking.state.in_(UNSETTLED))
        .where(Booking.due_at > at)
        .group_by(Booking.class_id, Course.title_zh, Course.title_en, TrainingClass.starts_at, Booking.state)
        .order_by(func.min(Booking.due_at), Booking.class_id)
    )
    return [Unsettled(*row) for row in db.session.execute(statement)]


def classes_to_change_to(course_id: int, class_id: int) -> list[Card]:
    """Return the other classes of the course that one can book now, soonest first; some may be full."""
    at = clock.now()
    return [card for card in classes_of(course_id, at) if card.id != class_id and card.opens_at <= at < card.closes_at]


def seat_elsewhere(person_id: int, course_id: int, class_id: int) -> Mine | None:
    """Return a person's first live booking in another class of the course that is still to come."""
    found = _as_mine(
        _MINE.where(
            Booking.person_id == person_id,
            Booking.state.in_((State.BOOKED, State.QUEUED)),
            TrainingClass.course_id == course_id,
            TrainingClass.id != class_id,
            TrainingClass.starts_at > clock.now(),
        )
        .order_by(TrainingClass.starts_at)
        .limit(1)
    )
    return found[0] if found else None


class Seated(NamedTuple):
    """One line of the list of a class: who, from where."""

    id: int
    person_id: int
    name: str
    name_en: str
    mobile: str | None
    enterprise_zh: str | None
    enterprise_en: str | None
    state: str
    order_no: int
    standby: bool


def people_of(class_id: int, states: Collection[State] = SEATED) -> list[Seated]:
    """Return those with a booking of `states` in a class, in the order in which they asked."""
    statement = (
        select(
            Booking.id,
            Person.id,
            Person.name,
            Person.name_en,
            Person.mobile,
            Enterprise.name_zh,
            Enterprise.name_en,
            Booking.state,
            Enrolment.order_no,
            Enrolment.standby,
        )
        .join(Enrolment, Enrolment.id == Booking.enrolment_id)
        .join(Person, Person.id == Booking.person_id)
        .outerjoin(Enterprise, Enterprise.id == Enrolment.enterprise_id)
        .where(Booking.class_id == class_id, Booking.state.in_(states))
        .order_by(Enrolment.standby, Enrolment.order_no, Booking.id)
    )
    return [Seated._make(row) for row in db.session.execute(statement)]


def seats_of_enterprise(class_id: int, enterprise_id: int) -> int:
    """Return how many seats of a class an enterprise has."""
    statement = (
        select(func.count())
        .select_from(Booking)
        .join(Enrolment, Enrolment.id == Booking.enrolment_id)
        .where(Booking.class_id == class_id, Booking.state.in_(SEATED), Enrolment.enterprise_id == enterprise_id)
    )
    return db.session.scalar(statement) or 0


def bookings_seen_by(
    actor: Actor, class_id: int, squadron_id: int, lecturer_ids: Collection[int], after: int, limit: int
) -> list[Place]:
    """Return the live bookings of a class that the actor may read: all for those who serve it, else their own.

    In the order of their ids, which is that of asking, from the one above `after`; one more than `limit` if there are
    more.
    """
    statement = _PLACES.where(Booking.class_id == class_id, Booking.state.in_(LIVE), Booking.id > after)
    if not may(actor, Right.READ_ROSTER, squadron_id=squadron_id, lecturer_ids=lecturer_ids):
        whose = Booking.person_id == actor.id
        if actor.answers_for_enterprise:
            whose = or_(whose, Enrolment.enterprise_id == actor.enterprise_id)
        statement = statement.where(whose)
    return _as_places(statement.order_by(None).order_by(Booking.id).limit(limit + 1))


def booking_seen_by(actor: Actor, booking_id: int) -> Place | None:
    """Return one booking, live or cancelled, if the actor may read it."""
    place = place_of(booking_id)
    if place is None:
        return None
    served = select(TrainingClass.squadron_id, Teaching.person_id).outerjoin(
        Teaching, Teaching.class_id == TrainingClass.id
    )
    rows = db.session.execute(served.where(TrainingClass.id == place.class_id)).all()
    facts = {
        "person_id": place.person_id,
        "enterprise_id": place.enterprise_id,
        "squadron_id": rows[0].squadron_id,
        "lecturer_ids": [row.person_id for row in rows],
    }
    return place if may(actor, Right.READ_BOOKING, **facts) else None


def queue_length(class_id: int) -> int:
    """Return how many acts of asking wait in a class."""
    waiting = select(func.count(Booking.enrolment_id.distinct()))
    return db.session.scalar(waiting.where(Booking.class_id == class_id, Booking.state == State.QUEUED)) or 0


_in_queue = select(Booking.enrolment_id).where(Booking.class_id == bindparam("class_id"), Booking.state == State.QUEUED)
# How many of a class wait on standby. Each name in it means the same without its table's, which SQLAlchemy leaves away
# in SQLite's RETURNING.
WAITING_ON_STANDBY = select(func.count()).where(
    Enrolment.class_id == bindparam("class_id"), Enrolment.standby.is_(True), Enrolment.id.in_(_in_queue)
)


def waiting_before(row: TrainingClass) -> int:
    """Return how many wait before whoever asks now, which those on standby do not."""
    if not (row.queued and city().noshow_limit):
        return row.queued
    return row.queued - int(run(WAITING_ON_STANDBY, {"class_id": row.id}).scalar_one())


def undoable(class_: TrainingClass, places: Collection[Place]) -> set[int]:
    """Return which of these cancelled bookings can be taken back: a seat where there is room and nobody was promoted
    since, a place in the queue where no lots were drawn since."""
    ids = [place.id for place in places if place.state == State.CANCELLED and place.reason not in FINAL]
    if not ids:
        return set()
    promoted = select(func.max(Event.id)).where(Event.class_id == class_.id, Event.what.in_(MOVED_UP))
    statement = (
        select(Event.booking_id, Event.facts, Event.at, Event.id > func.coalesce(promoted.scalar_subquery(), 0))
        .where(Event.booking_id.in_(ids), Event.what.startswith("cancelled"))
        .order_by(Event.id)
    )
    last = {row[0]: row for row in db.session.execute(statement)}
    return {
        id_
        for id_, (_id, facts, at, is_latest) in last.items()
        if (is_latest and not class_.is_full if facts.get("seated") else not (class_.drawn_at and at < class_.drawn_at))
    }


class Told(NamedTuple):
    """Someone who is told that a class was called off; `fate`: "sent", "lost" (or not known whether it arrived), or
    "waiting" to be sent."""

    name: str
    name_en: str
    fate: str


def told_of_call_off(class_: TrainingClass) -> list[Told]:
    """Return who is told that the class was called off, each once, those not reached first; as long as notices are
    kept. They were written in the moment that changed its schedule last: by that the database finds them."""
    statement = (
        select(Person.id, Person.name, Person.name_en, Notice.state)
        .join(Notice, Notice.person_id == Person.id)
        .where(Notice.made_at.between(class_.scheduled_at, class_.scheduled_at + dt.timedelta(minutes=1)))
        .where(Notice.emptied_at.is_(None), Notice.class_id == class_.id, Notice.kind == "called_off")
        .where(Notice.channel != Channel.WEBHOOK)
    )
    fates = {Fate.SENT: "sent", Fate.FAILED: "lost", Fate.IN_DOUBT: "lost"}
    order = ("waiting", "lost", "sent")
    people: dict[int, Told] = {}
    for id_, name, name_en, state in db.session.execute(statement):
        told = Told(name, name_en, fates.get(state, "waiting"))
        known = people.get(id_, told)
        people[id_] = max(known, told, key=lambda one: order.index(one.fate))
    return sorted(people.values(), key=lambda one: (("lost", "waiting", "sent").index(one.fate), sound_of(one.name)))


def is_untold(class_: TrainingClass) -> bool:
    """Return whether nobody ever asked for a seat in the class, and no notice about it was ever written but that
    someone is to teach it."""
    if class_.last_order_no:
        return False
    told = select(Notice.id).where(Notice.class_id == class_.id, Notice.kind.not_in((TEACHING, NO_LONGER)))
    return db.session.scalar(told.limit(1)) is None


def undoable_change(class_id: int) -> Event | None:
    """Return the move or resizing that was the last thing to happen to the class; None if that was something else."""
    last = db.session.scalar(select(Event).where(Event.class_id == class_id).order_by(Event.id.desc()).limit(1))
    return last if last and (last.what == "resized" or "undoing" in last.facts) else None
