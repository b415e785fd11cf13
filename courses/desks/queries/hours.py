"""Where each manager stands this year, to be joined to enterprises, towns and industries."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Subquery, func, select

from courses.ground.db import written_out
from courses.people.model import Enterprise, Person, Post, Role
from courses.roster.model import YearlyHours


def standing(year: int, towns: Collection[int] | None = None) -> Subquery:
    """Return, for each manager in a post (of these towns), what a year of the city brought: half 学时 and classes, none
    being 0."""
    statement = (
        select(
            Post.enterprise_id,
            Post.person_id,
            Person.name,
            Person.name_en,
            func.coalesce(YearlyHours.half_hours, 0).label("half_hours"),
            func.coalesce(YearlyHours.classes, 0).label("classes"),
        )
        .join(Person, Person.id == Post.person_id)
        .outerjoin(YearlyHours, (YearlyHours.person_id == Post.person_id) & (YearlyHours.year == year))
        .where(Post.role == Role.MANAGER, Person.left_at.is_(None))
    )
    if towns is not None:
        statement = statement.where(
            Post.enterprise_id.in_(select(Enterprise.id).where(Enterprise.town_id.in_(written_out(towns))))
        )
    return statement.subquery("standing")


def ever_taught(person_id: Any) -> Any:
    """Return the condition that someone came to a class in some year."""
    return select(YearlyHours.person_id).where(YearlyHours.person_id == person_id).exists()
