"""Which posts are filled and whose hours are met."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Select, case, func, or_, select

from courses.desks.queries.hours import standing
from courses.ground.db import db
from courses.people.model import Enterprise, Industry, Town

STATES = ("vacant", "short", "met")


class Filled(NamedTuple):
    """One enterprise: how many hold the post, and the least half 学时 any of them has this year."""

    name_zh: str
    name_en: str
    credit_code: str
    town_zh: str
    town_en: str
    industry_zh: str
    industry_en: str
    is_key_unit: bool
    managers: int
    least_half_hours: int
    state_no: int

    @property
    def state(self) -> str:
        """Return "vacant", "short" of the year's hours, or "met"."""
        return STATES[self.state_no]


@dataclass(frozen=True)
class Asked:
    """What a list of enterprises or their people is narrowed by; all in the address."""

    q: str = ""
    town: int | None = None
    industry: int | None = None
    key: bool = False
    state: str = ""


def posts(year: int, target: int, asked: Asked, towns: Collection[int] | None = None) -> Select[*tuple[Any, ...]]:
    """Return the statement that yields `Filled`, of these towns or all; the last columns are `managers`, `least` and
    `state`."""
    of = standing(year, towns)
    managers, least = func.count(of.c.person_id), func.coalesce(func.min(of.c.half_hours), 0)
    statement = (
        select(
            Enterprise.name_zh,
            Enterprise.name_en,
            Enterprise.credit_code,
            Town.name_zh,
            Town.name_en,
            func.coalesce(Industry.name_zh, ""),
            func.coalesce(Industry.name_en, ""),
            Enterprise.is_key_unit,
            managers.label("managers"),
            least.label("least"),
            case((managers == 0, 0), (least < target * 2, 1), else_=2).label("state"),
        )
        .join(Town, Town.id == Enterprise.town_id)
        .outerjoin(Industry, Industry.id == Enterprise.industry_id)
        .outerjoin(of, of.c.enterprise_id == Enterprise.id)
        .group_by(Enterprise.id, Town.id, Industry.id)
    )
    conditions = {"vacant": managers == 0, "short": (managers > 0) & (least < target * 2), "met": least >= target * 2}
    if asked.state in conditions:
        statement = statement.having(conditions[asked.state])
    return narrowed(statement, asked, towns)


def posts_count(asked: Asked, towns: Collection[int] | None = None) -> Select[*tuple[Any, ...]] | None:
    """Return the statement that counts these, unless that takes who is in the posts."""
    return None if asked.state else narrowed(select(func.count(Enterprise.id)), asked, towns)


def narrowed(
    statement: Select[*tuple[Any, ...]], asked: Asked, towns: Collection[int] | None, *more: Any
) -> Select[*tuple[Any, ...]]:
    """Return the statement for enterprises that are called so (or whose `more` texts say so), and of these towns."""
    for word in asked.q.split():
        texts = (Enterprise.name_zh, Enterprise.name_en, Enterprise.credit_code, *more)
        statement = statement.where(or_(*(text.icontains(word, autoescape=True) for text in texts)))
    if asked.town:
        statement = statement.where(Enterprise.town_id == asked.town)
    if asked.industry:
        statement = statement.where(Enterprise.industry_id == asked.industry)
    if asked.key:
        statement = statement.where(Enterprise.is_key_unit)
    return statement if towns is None else statement.where(Enterprise.town_id.in_(towns))


class Tally(NamedTuple):
    """How many posts of enterprises are vacant, and how many filled ones are short of the hours."""

    enterprises: int
    vacant: int
    short: int

    @property
    def met(self) -> int:
        return self.enterprises - self.vacant - self.short


def tally(year: int, target: int, towns: Collection[int] | None = None) -> Tally:
    of = standing(year, towns)
    least = select(of.c.enterprise_id, func.min(of.c.half_hours).label("half_hours")).group_by(of.c.enterprise_id)
    filled = least.subquery()
    statement = select(
        func.count(Enterprise.id),
        func.count(Enterprise.id).filter(filled.c.enterprise_id.is_(None)),
        func.count(Enterprise.id).filter(filled.c.half_hours < target * 2),
    ).outerjoin(filled, filled.c.enterprise_id == Enterprise.id)
    if towns is not None:
        statement = statement.where(Enterprise.town_id.in_(towns))
    return Tally(*db.session.execute(statement).one())
