"""What the desks of officers and lecturers show of classes, rooms and people not reached."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, case, func, or_, select

from courses.booking.model import SEATED, Booking
from courses.catalogue.model import ClassState, Course, Sitting, Teaching, TrainingClass
from courses.catalogue.planning import work_time
from courses.catalogue.queries import Card, as_cards, cards, first_going
from courses.catalogue.shelf import begin_of
from courses.ground.db import db
from courses.homes.model import Home, Room
from courses.outbox.model import UNSETTLED, Fate, Notice
from courses.people.model import Person, Role
from courses.people.rights import Actor

LONGEST = dt.timedelta(hours=24)  # no sitting lasts longer
ASK_BEFORE = 3  # working days before a decision: since when the officers have been asked for it


def classes_of_squadron(squadron_id: int, at: dt.datetime, limit: int = 30) -> list[Card]:
    """Return the squadron's classes not over yet, soonest first."""
    going = (TrainingClass.ends_at > at, TrainingClass.state == ClassState.PUBLISHED)
    return as_cards(cards().where(TrainingClass.squadron_id == squadron_id, *going).limit(limit))


def near(squadron_id: int, at: dt.datetime, until: dt.datetime) -> list[Card]:
    """Return the squadron's classes not over yet that begin before `until`, soonest first."""
    going = cards().where(
        TrainingClass.squadron_id == squadron_id,
        TrainingClass.ends_at > at,
        TrainingClass.state == ClassState.PUBLISHED,
    )
    # By their end alone the database finds the few still to come; asked for an order, it would read all that were.
    begin_before = (card for card in as_cards(going.order_by(None)) if card.starts_at <= until)
    return sorted(begin_before, key=lambda card: (card.starts_at, card.id))


def to_decide(squadron_id: int, at: dt.datetime) -> list[Card]:
    """Return the squadron's tentative classes about which it has been asked to decide, the most urgent first."""
    tentative = (TrainingClass.minimum.is_not(None), TrainingClass.confirmed_at.is_(None), TrainingClass.starts_at > at)
    served = (TrainingClass.squadron_id == squadron_id, TrainingClass.state == ClassState.PUBLISHED)
    found = as_cards(cards().where(*served, *tentative).order_by(None).order_by(TrainingClass.decide_by).limit(30))
    if not found:
        return []
    time = work_time()
    return [row for row in found if row.decide_by and time.between(at, row.decide_by) <= ASK_BEFORE * time.day]


def unmarked_classes(squadron_id: int | None, lecturer_id: int | None, at: dt.datetime) -> list[Card]:
    """Return the classes over in the last 30 days in which someone with a seat is still unmarked."""
    since = at - dt.timedelta(days=30)
    statement = cards().where(
        TrainingClass.ends_at.between(since, at),
        TrainingClass.state == ClassState.PUBLISHED,
        _unmarked().exists(),
    )
    return as_cards(_served(statement, squadron_id, lecturer_id, since).limit(30))


def _unmarked() -> Select[*tuple[Any, ...]]:
    return select(Booking.id).where(
        Booking.class_id == TrainingClass.id, Booking.state.in_(SEATED), Booking.attended.is_(None)
    )


def _served(
    statement: Select[*tuple[Any, ...]], squadron_id: int | None, lecturer_id: int | None, since: dt.datetime
) -> Select[*tuple[Any, ...]]:
    if squadron_id:
        return statement.where(TrainingClass.squadron_id == squadron_id)
    return statement.where(TrainingClass.id.in_(_taught_since(lecturer_id, since)))


def _taught_since(lecturer_id: int | None, since: dt.datetime) -> Select[int]:
    """Return the statement of the classes of a lecturer that end after `since`, and of some before."""
    return select(Teaching.class_id).where(Teaching.person_id == lecturer_id, Teaching.class_id >= first_going(since))


def classes_taught(person_id: int, at: dt.datetime) -> list[Card]:
    return as_cards(
        cards().where(
            TrainingClass.id.in_(_taught_since(person_id, at)),
            TrainingClass.ends_at > at,
            TrainingClass.state == ClassState.PUBLISHED,
        )
    )


class Untold(NamedTuple):
    """Someone a notice about a class did not reach."""

    notice_id: int
    person: str
    person_en: str
    kind: str
    state: str
    error: str | None
    class_id: int | None
    title_zh: str
    title_en: str
    person_id: int


def untold(squadron_id: int, at: dt.datetime) -> list[Untold]:
    """Return the notices about the squadron's coming classes that failed or are in doubt."""
    statement = (
        select(
            Notice.id,
            Person.name,
            Person.name_en,
            Notice.kind,
            Notice.state,
            Notice.error,
            Notice.class_id,
            Course.title_zh,
            Course.title_en,
            Person.id,
        )
        .join(Person, Person.id == Notice.person_id)
        .join(TrainingClass, TrainingClass.id == Notice.class_id)
        .join(Course, Course.id == TrainingClass.course_id)
        .where(
            TrainingClass.squadron_id == squadron_id,
            TrainingClass.ends_at > at,
            UNSETTLED,
            Notice.state.in_((Fate.FAILED, Fate.IN_DOUBT)),
        )
        .order_by(Notice.id.desc())
        .limit(30)
    )
    return [Untold._make(row) for row in db.session.execute(statement)]


@dataclass(frozen=True)
class Asked:
    """What a list of classes is narrowed by; all in the address."""

    q: str = ""
    state: str = ""
    course: int | None = None
    since: dt.date | None = None
    until: dt.date | None = None


class Listed(NamedTuple):
    """A class in a list."""

    id: int
    title_zh: str
    title_en: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    home_zh: str
    home_en: str
    teachers: str
    capacity: int
    seats_taken: int
    queued: int
    came: int
    state: str
    opens_at: dt.datetime
    closes_at: dt.datetime
    draw_at: dt.datetime | None
    drawn_at: dt.datetime | None

    @property
    def awaits_draw(self) -> bool:
        return self.draw_at is not None and self.drawn_at is None


_lecturers = (
    select(func.aggregate_strings(Person.name, "、"))
    .join(Teaching, Teaching.person_id == Person.id)
    .where(Teaching.class_id == TrainingClass.id)
    .correlate(TrainingClass)
    .scalar_subquery()
)
STATES = ("coming", "queue", "free", "lot", "over", "unmarked", "called_off")


def classes(served: Any, asked: Asked, at: dt.datetime) -> Select[*tuple[Any, ...]]:
    """Return the statement that yields `Listed`, the classes under the condition `served`, past and to come."""
    statement = select(
        TrainingClass.id,
        Course.title_zh,
        Course.title_en,
        TrainingClass.starts_at,
        TrainingClass.ends_at,
        Home.name_zh,
        Home.name_en,
        func.coalesce(_lecturers, ""),
        TrainingClass.capacity,
        TrainingClass.seats_taken,
        TrainingClass.queued,
        TrainingClass.came,
        TrainingClass.state,
        TrainingClass.opens_at,
        TrainingClass.closes_at,
        TrainingClass.draw_at,
        TrainingClass.drawn_at,
    )
    listed: Select[*tuple[Any, ...]] = _placed(statement).where(served, *_asked_for(asked, at))
    return listed


def class_ids(served: Any, asked: Asked, at: dt.datetime) -> Select[int]:
    """Return the statement of their ids; course and Home are joined only where words are looked for in them."""
    ids: Select[int] = select(TrainingClass.id)
    if asked.q:
        ids = _placed(ids)
    return ids.where(served, *_asked_for(asked, at))


def nearest(at: dt.datetime) -> tuple[Any, ...]:
    """Return the order in which who serves looks at classes: those to come, the next first, then those over, the last
    first."""
    to_come = TrainingClass.ends_at > at
    return case((to_come, 0), else_=1), case((to_come, TrainingClass.starts_at)), TrainingClass.starts_at.desc()


def _placed(statement: Any) -> Any:
    """Join what names a class: its course and its Home."""
    return (
        statement.join(Course, Course.id == TrainingClass.course_id)
        .join(Room, Room.id == TrainingClass.room_id)
        .join(Home, Home.id == Room.home_id)
    )


def _asked_for(asked: Asked, at: dt.datetime) -> list[ColumnElement[bool]]:
    standing_, unmarked = TrainingClass.state == ClassState.PUBLISHED, _unmarked().exists()
    # Before the draw nobody sits or waits: all have entered.
    by_lot = TrainingClass.draw_at.is_not(None) & TrainingClass.drawn_at.is_(None)
    has_room = TrainingClass.seats_taken < TrainingClass.capacity
    states = {
        "coming": standing_ & (TrainingClass.ends_at > at),
        "queue": standing_ & (TrainingClass.ends_at > at) & (TrainingClass.queued > 0) & ~by_lot,
        "free": standing_ & (TrainingClass.starts_at > at) & has_room & ~by_lot,
        "lot": standing_ & (TrainingClass.starts_at > at) & by_lot,
        "over": standing_ & (TrainingClass.ends_at <= at),
        "unmarked": standing_ & (TrainingClass.ends_at <= at) & unmarked,
        "called_off": TrainingClass.state == ClassState.CALLED_OFF,
    }
    conditions = [states[asked.state]] if asked.state in states else []
    if asked.course:
        conditions.append(TrainingClass.course_id == asked.course)
    if asked.since:
        conditions.append(TrainingClass.starts_at >= begin_of(asked.since))
    if asked.until:
        conditions.append(TrainingClass.starts_at < begin_of(asked.until, days=1))
    for word in asked.q.split():
        texts = (Course.title_zh, Course.title_en, Home.name_zh, Home.name_en)
        conditions.append(or_(*(text.icontains(word, autoescape=True) for text in texts)))
    return conditions


def served_by(actor: Actor) -> Any:
    """Return the condition for the classes of an officer's squadron, and those a lecturer teaches."""
    taught = TrainingClass.id.in_(select(Teaching.class_id).where(Teaching.person_id == actor.id))
    if actor.squadron_id is None:
        return taught
    own = TrainingClass.squadron_id == actor.squadron_id
    return or_(own, taught) if actor.has(Role.LECTURER) else own


class Titled(NamedTuple):
    """A course, for choosing."""

    id: int
    title_zh: str
    title_en: str


def courses_of(served: Any) -> list[Titled]:
    """Return the courses of these classes, for choosing."""
    statement = select(Course.id, Course.title_zh, Course.title_en).where(
        Course.id.in_(select(TrainingClass.course_id).where(served))
    )
    return [Titled(*row) for row in db.session.execute(statement.order_by(Course.id))]


class Use(NamedTuple):
    """One room at one sitting."""

    room_id: int
    class_id: int
    starts_at: dt.datetime
    ends_at: dt.datetime
    title_zh: str
    title_en: str


def rooms_in_use(rooms: Collection[int], begins: dt.datetime, ends: dt.datetime) -> list[Use]:
    """Return which of these rooms are taken between two moments, whoever's class it is."""
    statement = (
        select(
            TrainingClass.room_id,
            TrainingClass.id,
            Sitting.starts_at,
            Sitting.ends_at,
            Course.title_zh,
            Course.title_en,
        )
        .join(TrainingClass, TrainingClass.id == Sitting.class_id)
        .join(Course, Course.id == TrainingClass.course_id)
        .where(
            Sitting.starts_at >= begins - LONGEST,
            Sitting.starts_at < ends,
            Sitting.ends_at > begins,
            TrainingClass.room_id.in_(rooms),
            TrainingClass.state == ClassState.PUBLISHED,
        )
        .order_by(Sitting.starts_at)
    )
    return [Use(*row) for row in db.session.execute(statement)]
