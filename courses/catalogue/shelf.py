"""The shelves: what a visitor narrows the classes to come by, and the classes that fit, as a list or by the day."""

import datetime as dt
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Integer, Select, and_, bindparam, cast, extract, or_, select

from courses.catalogue.model import (
    ClassState,
    Course,
    CourseIndustry,
    Lecturer,
    Sitting,
    Teaching,
    Topic,
    TrainingClass,
)
from courses.catalogue.queries import PAGE_SIZE, Card, as_cards, cards
from courses.catalogue.search import Match, matches
from courses.ground import clock
from courses.ground.db import db, run
from courses.ground.kept import kept
from courses.ground.sound import sound_of
from courses.homes.model import Home, Room
from courses.people.model import Industry, Person, Town

MAX_HELD = 500
NOON_S, DAY_S = 43_200, 86_400
FIRST_DAY, LAST_DAY = dt.date(2000, 1, 1), dt.date(2200, 1, 1)  # beyond them nothing is held, and zones know no time


class Half(StrEnum):
    """Which half of the day a sitting begins in."""

    MORNING = "morning"
    AFTERNOON = "afternoon"


class Sort(StrEnum):
    SOONEST = "soonest"
    SEATS = "seats"
    NEW = "new"


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What a visitor narrows the shelves by; all in the URL. `since` and `until` are days, both of them within."""

    q: str = ""
    topic: str = ""
    town: int | None = None
    home: int | None = None
    lecturer: int | None = None
    industry: str = ""
    since: dt.date | None = None
    until: dt.date | None = None
    half: Half | None = None
    free: bool = False
    key_units: bool = False
    sort: Sort = Sort.SOONEST
    page: int = 1


_COMING = cards().where(TrainingClass.state == ClassState.PUBLISHED, TrainingClass.starts_at > bindparam("at"))
_FIRST_PAGE = _COMING.limit(PAGE_SIZE + 1)  # built once: building a statement costs more than running it
_ORDERS: dict[Sort, tuple[ColumnElement[Any], ...]] = {
    Sort.SEATS: ((TrainingClass.capacity - TrainingClass.seats_taken).desc(), TrainingClass.starts_at.asc()),
    Sort.NEW: (TrainingClass.published_at.desc(), TrainingClass.id.desc()),
}


def shelf(filters: Filters, at: dt.datetime) -> list[Card]:
    """Return one page of classes still to come at `at`, one more than PAGE_SIZE if there is a next page."""
    if filters == Filters():
        return as_cards(_FIRST_PAGE, at=at)
    statement = narrowed(_COMING, filters, at)
    if order := _ORDERS.get(filters.sort):
        statement = statement.order_by(None).order_by(*order, TrainingClass.id)
    return as_cards(statement.offset((filters.page - 1) * PAGE_SIZE).limit(PAGE_SIZE + 1), at=at)


def shelf_after(filters: Filters, at: dt.datetime, place: tuple[dt.datetime, int] | None, limit: int) -> list[Card]:
    """Return the classes of the shelf after `place`, the beginning and id of the last one seen; one more than `limit`
    if there are more. Soonest first."""
    statement = narrowed(_COMING, filters, at)
    if place:
        start, id_ = place
        same_time = and_(TrainingClass.starts_at == start, TrainingClass.id > id_)
        statement = statement.where(or_(TrainingClass.starts_at > start, same_time))
    return as_cards(statement.limit(limit + 1), at=at)


def narrowed(statement: Select[*tuple[Any, ...]], filters: Filters, at: dt.datetime) -> Select[*tuple[Any, ...]]:
    """Return `statement`, which yields cards, with only those that fit `filters`."""
    for match in matches(filters.q):
        statement = statement.where(_fits(match))
    if filters.topic:
        statement = statement.where(Topic.slug == filters.topic)
    if filters.town:
        statement = statement.where(Town.id == filters.town)
    if filters.home:
        statement = statement.where(Home.id == filters.home)
    if filters.lecturer:
        statement = statement.where(_taught_by([filters.lecturer]))
    if filters.industry:
        made_for = select(CourseIndustry.course_id).join(Industry, Industry.id == CourseIndustry.industry_id)
        statement = statement.where(Course.id.in_(made_for.where(Industry.slug == filters.industry)))
    if filters.key_units:
        statement = statement.where(Course.for_key_units)
    if filters.free:
        statement = statement.where(TrainingClass.seats_taken < TrainingClass.capacity, TrainingClass.closes_at > at)
    if held := _held(filters):
        statement = statement.where(TrainingClass.id.in_(select(Sitting.class_id).where(*held)))
    return statement


def _fits(match: Match) -> ColumnElement[bool]:
    return or_(Course.id.in_(match.courses), Room.id.in_(match.rooms), _taught_by(match.lecturers))


def _taught_by(person_ids: list[int]) -> ColumnElement[bool]:
    return TrainingClass.id.in_(select(Teaching.class_id).where(Teaching.person_id.in_(person_ids)))


def _held(filters: Filters) -> list[ColumnElement[bool]]:
    """Return what must be true of one sitting: that it is on these days, and in this half of one."""
    held: list[ColumnElement[bool]] = []
    if filters.since:
        held.append(Sitting.starts_at >= begin_of(filters.since))
    if filters.until:
        held.append(Sitting.starts_at < begin_of(filters.until, days=1))
    if filters.half:
        held.append(_in_half(filters.half))
    return held


def _in_half(half: Half) -> ColumnElement[bool]:
    second_of_day = (cast(extract("epoch", Sitting.starts_at), Integer) + _seconds_ahead()) % DAY_S
    return second_of_day < NOON_S if half == Half.MORNING else second_of_day >= NOON_S


def begin_of(day: dt.date, days: int = 0) -> dt.datetime:
    """Return when a day that somebody asked for begins, or so many days after it; within what the zones know."""
    return clock.from_local(min(max(day, FIRST_DAY), LAST_DAY) + dt.timedelta(days=days), dt.time.min)


def _seconds_ahead() -> int:
    """Return how far the city's clock is ahead of UTC now. Where clocks change twice a year, a sitting that begins
    within an hour of noon may count for the other half in the other half of the year."""
    offset = clock.local(clock.now()).utcoffset()
    return int(offset.total_seconds()) if offset else 0


class Held(NamedTuple):
    """One sitting in the calendar, with its class."""

    starts_at: dt.datetime
    ends_at: dt.datetime
    card: Card


_HELD = (
    cards()
    .join(Sitting, Sitting.class_id == TrainingClass.id)
    .where(TrainingClass.state == ClassState.PUBLISHED)
    .add_columns(Sitting.starts_at.label("held_from"), Sitting.ends_at.label("held_to"))
    .order_by(None)
    .order_by(Sitting.starts_at, TrainingClass.id)
)


def held_between(filters: Filters, first: dt.date, last: dt.date) -> list[Held]:
    """Return the sittings that begin on these days, past ones too, of the classes that fit `filters`, whose own days
    do not count here; at most MAX_HELD."""
    of_any_day = replace(filters, since=None, until=None, half=None)
    statement = narrowed(_HELD, of_any_day, clock.now()).where(*_held(replace(filters, since=first, until=last)))
    return [Held(row.held_from, row.held_to, Card._make(row[:-2])) for row in run(statement.limit(MAX_HELD)).all()]


class Choice(NamedTuple):
    """Something to filter by. `id`: as it stands in the URL."""

    id: int | str
    name_zh: str
    name_en: str


class Choices(NamedTuple):
    towns: tuple[Choice, ...]
    homes: tuple[Choice, ...]
    lecturers: tuple[Choice, ...]
    industries: tuple[Choice, ...]


@kept(60)
def choices() -> Choices:
    """Return what the shelves can be narrowed by, as it was up to a minute ago: only what there is something of."""
    homes = select(Home.id, Home.name_zh, Home.name_en).order_by(Home.town_id, Home.id)
    towns = select(Town.id, Town.name_zh, Town.name_en).where(Town.id.in_(select(Home.town_id))).order_by(Town.id)
    lecturers = (
        select(Person.id, Person.name, Person.name_en)
        .join(Lecturer, Lecturer.person_id == Person.id)
        .where(Person.id.in_(select(Teaching.person_id)))
        .order_by(Person.id)
    )
    industries = (
        select(Industry.slug, Industry.name_zh, Industry.name_en)
        .where(Industry.id.in_(select(CourseIndustry.industry_id)))
        .order_by(Industry.id)
    )
    found = (tuple(Choice(*row) for row in db.session.execute(s)) for s in (towns, homes, lecturers, industries))
    choices = Choices(*found)
    return choices._replace(lecturers=tuple(sorted(choices.lecturers, key=lambda one: sound_of(one.name_zh))))
