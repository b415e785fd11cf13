"""How far the managers of a city are: by town, by industry, by topic, month by month."""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Select, case, func, select

from courses.catalogue.model import ClassState, Course, Topic, TrainingClass
from courses.desks.queries.hours import standing
from courses.ground import clock
from courses.ground.db import db, written_out
from courses.people.model import Enterprise, Industry, Town


class Coverage(NamedTuple):
    """The managers of one town or industry. `taught`: came to at least one class this year; `met`: have the hours.
    `vacant`: enterprises without a manager."""

    name_zh: str
    name_en: str
    enterprises: int
    managers: int
    taught: int
    met: int
    vacant: int

    exact: float = 0  # the share by which the list is sorted

    @property
    def percent(self) -> int:
        return share(self.taught, self.managers)

    @property
    def percent_met(self) -> int:
        return share(self.met, self.managers)

    def is_behind(self, whole: "Coverage") -> bool:
        """Whether fewer of the managers here came to a class than of all together, in whole percent."""
        return bool(self.managers) and self.percent < whole.percent


def share(part: int, whole: int) -> int:
    """Return a share in whole percent; never 100 as long as one is missing, never 0 as long as there is one."""
    if not whole:
        return 0
    return min(99, max(1, round(part * 100 / whole))) if 0 < part < whole else round(part * 100 / whole)


def by_town(year: int, target: int, towns: Collection[int] | None = None) -> Select[*tuple[Any, ...]]:
    """Return the statement that yields `Coverage` of each town, or of those given."""
    of, columns = _counted(year, target, towns)
    statement = (
        select(Town.name_zh.label("name_zh"), Town.name_en.label("name_en"), *columns)
        .outerjoin(Enterprise, Enterprise.town_id == Town.id)
        .outerjoin(of, of.c.enterprise_id == Enterprise.id)
        .group_by(Town.id)
    )
    return statement if towns is None else statement.where(Town.id.in_(written_out(towns)))


def by_industry(year: int, target: int, towns: Collection[int] | None = None) -> Select[*tuple[Any, ...]]:
    """Return the statement that yields `Coverage` of each industry; enterprises of none stand under an empty name."""
    of, columns = _counted(year, target, towns)
    statement = (
        select(
            func.coalesce(Industry.name_zh, "").label("name_zh"),
            func.coalesce(Industry.name_en, "").label("name_en"),
            *columns,
        )
        .select_from(Enterprise)
        .outerjoin(Industry, Industry.id == Enterprise.industry_id)
        .outerjoin(of, of.c.enterprise_id == Enterprise.id)
        .group_by(Industry.id)
    )
    return statement if towns is None else statement.where(Enterprise.town_id.in_(written_out(towns)))


def count_of_towns(towns: Collection[int] | None = None) -> Select[int]:
    statement = select(func.count(Town.id))
    return statement if towns is None else statement.where(Town.id.in_(written_out(towns)))


def count_of_industries(towns: Collection[int] | None = None) -> Select[int]:
    """Return the statement that counts the industries that enterprises have, none being one."""
    statement = select(func.count(func.coalesce(Enterprise.industry_id, 0).distinct()))
    return statement if towns is None else statement.where(Enterprise.town_id.in_(written_out(towns)))


def _counted(year: int, target: int, towns: Collection[int] | None) -> tuple[Any, list[Any]]:
    of = standing(year, towns)
    taught, met = case((of.c.classes > 0, 1), else_=0), case((of.c.half_hours >= target * 2, 1), else_=0)
    columns = [
        func.count(Enterprise.id.distinct()).label("enterprises"),
        func.count(of.c.person_id).label("managers"),
        func.coalesce(func.sum(taught), 0).label("taught"),
        func.coalesce(func.sum(met), 0).label("met"),
        func.count(Enterprise.id).filter(of.c.person_id.is_(None)).label("vacant"),
    ]
    return of, [
        *columns,
        func.coalesce(func.sum(taught) * 100.0 / func.nullif(func.count(of.c.person_id), 0), 0).label("share"),
    ]


def towns(year: int, target: int, of: Collection[int] | None = None) -> list[Coverage]:
    return [Coverage(*row) for row in db.session.execute(by_town(year, target, of).order_by(Town.id))]


def industries(year: int, target: int, of: Collection[int] | None = None) -> list[Coverage]:
    """Return the industries; enterprises of none come last."""
    found = [Coverage(*row) for row in db.session.execute(by_industry(year, target, of).order_by(Industry.id))]
    return sorted(found, key=lambda row: row.name_zh == "")


def topics(year: int, at: dt.datetime) -> list["Held"]:
    statement = by_topic(year, at).order_by(Topic.position, Topic.id)
    return [Held(*row) for row in db.session.execute(statement)]


def whole(rows: Sequence[Coverage]) -> Coverage:
    """Return what these make together."""
    return Coverage(
        "",
        "",
        sum(row.enterprises for row in rows),
        sum(row.managers for row in rows),
        sum(row.taught for row in rows),
        sum(row.met for row in rows),
        sum(row.vacant for row in rows),
    )


class Held(NamedTuple):
    """The classes of one topic or month: how many were held, with how many seats, how many taken, how many came."""

    name_zh: str
    name_en: str
    classes: int
    seats: int
    taken: int
    came: int

    @property
    def percent(self) -> int:
        return share(self.taken, self.seats)


_FIGURES = (
    func.count(TrainingClass.id).label("classes"),
    func.coalesce(func.sum(TrainingClass.capacity), 0).label("seats"),
    func.coalesce(func.sum(TrainingClass.seats_taken), 0).label("taken"),
    func.coalesce(func.sum(TrainingClass.came), 0).label("came"),
)


def by_topic(year: int, at: dt.datetime) -> Select[*tuple[Any, ...]]:
    """Return the statement that yields `Held` of each topic: what was held in a year of the city until `at`."""
    begins, ends = clock.year_span(year)
    over = TrainingClass.starts_at.between(begins, min(ends, at)) & (TrainingClass.state == ClassState.PUBLISHED)
    return (
        select(Topic.name_zh.label("name_zh"), Topic.name_en.label("name_en"), *_FIGURES)
        .outerjoin(Course, Course.topic_id == Topic.id)
        .outerjoin(TrainingClass, (TrainingClass.course_id == Course.id) & over)
        .group_by(Topic.id)
    )


class Month(NamedTuple):
    """One month of the trend, with its first day."""

    first: dt.date
    classes: int
    seats: int
    taken: int
    came: int


def by_month(at: dt.datetime, months: int = 12) -> list[Month]:
    """Return the last months, this one included, oldest first: what was held in each. Zones move the border of a
    month, which no database computes alike: the borders are said to it."""
    first = _first_of(clock.local(at).date(), months - 1)
    firsts = [_first_of(first, -n) for n in range(months)]
    borders = [clock.from_local(day, dt.time()) for day in firsts]
    number = case(*((TrainingClass.starts_at < border, n) for n, border in enumerate(borders[1:])), else_=months - 1)
    statement = (
        select(number.label("number"), *_FIGURES)
        .where(TrainingClass.state == ClassState.PUBLISHED, TrainingClass.starts_at.between(borders[0], at))
        .group_by("number")
    )
    sums = {row[0]: row[1:] for row in db.session.execute(statement)}
    return [Month(day, *sums.get(n, (0, 0, 0, 0))) for n, day in enumerate(firsts)]


def _first_of(day: dt.date, months_before: int) -> dt.date:
    number = day.year * 12 + day.month - 1 - months_before
    return dt.date(number // 12, number % 12 + 1, 1)
