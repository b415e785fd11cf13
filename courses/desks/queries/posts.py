"""Which posts are filled and whose hours are met: all that an inspector sees."""

from typing import NamedTuple

from sqlalchemy import func, select

from courses.desks.queries.hours import earned
from courses.ground.db import db
from courses.people.model import Enterprise, Post, Role, Town


class Filled(NamedTuple):
    """What an inspector sees of an enterprise: how many hold the post and the least hours any of them has."""

    name_zh: str
    name_en: str
    credit_code: str
    town_zh: str
    town_en: str
    managers: int
    least_half_hours: int

    @property
    def least_hours(self) -> float:
        return self.least_half_hours / 2


def posts(q: str, page: int, size: int) -> list[Filled]:
    """Return one page of enterprises, one more than `size` if there is a next page; those without a manager first."""
    of_person = earned().subquery()
    managers = func.count(Post.person_id)
    statement = (
        select(
            Enterprise.name_zh,
            Enterprise.name_en,
            Enterprise.credit_code,
            Town.name_zh,
            Town.name_en,
            managers,
            func.coalesce(func.min(func.coalesce(of_person.c.half_hours, 0)), 0),
        )
        .join(Town, Town.id == Enterprise.town_id)
        .outerjoin(Post, (Post.enterprise_id == Enterprise.id) & (Post.role == Role.MANAGER))
        .outerjoin(of_person, of_person.c.person_id == Post.person_id)
        .group_by(Enterprise.id, Town.name_zh, Town.name_en)
        .order_by(managers > 0, Enterprise.id)
        .offset((page - 1) * size)
        .limit(size + 1)
    )
    if q:
        statement = statement.where(
            Enterprise.name_zh.icontains(q, autoescape=True) | Enterprise.credit_code.icontains(q, autoescape=True)
        )
    return [Filled(*row) for row in db.session.execute(statement)]
