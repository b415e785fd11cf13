"""The managers of towns and how they stand; for those who serve or look after these towns, never for the city."""

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import Select, case, func, select

from courses.desks.queries.hours import ever_taught, standing
from courses.desks.queries.posts import Asked, narrowed
from courses.ground.db import db
from courses.people.model import Enterprise, Town

STATES = ("never", "none", "short", "met")


class Standing(NamedTuple):
    """One manager: where, and what this year brought. `was_taught`: in any year."""

    person_id: int
    enterprise_id: int
    name: str
    name_en: str
    enterprise_zh: str
    enterprise_en: str
    town_zh: str
    town_en: str
    is_key_unit: bool
    half_hours: int
    classes: int
    was_taught: int
    missing_half_hours: int

    @property
    def missing(self) -> float:
        return self.missing_half_hours / 2

    @property
    def hours(self) -> float:
        return self.half_hours / 2


def managers(year: int, target: int, asked: Asked, towns: Collection[int]) -> Select[*tuple[Any, ...]]:
    """Return the statement that yields `Standing` of the managers of these towns."""
    of = standing(year)
    taught = ever_taught(of.c.person_id)
    statement = (
        select(
            of.c.person_id,
            of.c.enterprise_id,
            of.c.name,
            of.c.name_en,
            Enterprise.name_zh.label("enterprise_zh"),
            Enterprise.name_en.label("enterprise_en"),
            Town.name_zh.label("town_zh"),
            Town.name_en.label("town_en"),
            Enterprise.is_key_unit,
            of.c.half_hours,
            of.c.classes,
            case((taught, 1), else_=0).label("was_taught"),
            case((of.c.half_hours < target * 2, target * 2 - of.c.half_hours), else_=0).label("missing"),
        )
        .select_from(of)
        .join(Enterprise, Enterprise.id == of.c.enterprise_id)
        .join(Town, Town.id == Enterprise.town_id)
    )
    conditions = {
        "never": ~taught,
        "none": of.c.classes == 0,
        "short": of.c.half_hours < target * 2,
        "met": of.c.half_hours >= target * 2,
    }
    if asked.state in conditions:
        statement = statement.where(conditions[asked.state])
    return narrowed(statement, asked, towns, of.c.name, of.c.name_en)


class Gaps(NamedTuple):
    """How many managers of towns there are, were never taught, came to no class this year, are short of the hours."""

    managers: int
    never: int
    none: int
    short: int


def gaps(year: int, target: int, towns: Collection[int]) -> Gaps:
    rows = managers(year, target, Asked(), towns).subquery()
    statement = select(
        func.count(),
        func.count().filter(rows.c.was_taught == 0),
        func.count().filter(rows.c.classes == 0),
        func.count().filter(rows.c.half_hours < target * 2),
    )
    return Gaps(*db.session.execute(statement.select_from(rows)).one())
