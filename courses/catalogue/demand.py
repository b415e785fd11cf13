"""Who waits for a class of a course: one person's wish, and what the officer sees of all of them, in numbers alone."""

from collections import Counter
from typing import NamedTuple

from sqlalchemy import func, select

from courses.catalogue.model import HALF_DAYS, Course, Interest
from courses.ground.db import db
from courses.people.queries import town_names


def wish_of(course_id: int, person_id: int) -> Interest | None:
    """Return what a person asked for, if they want to be told of the course's next class."""
    return db.session.get(Interest, (course_id, person_id))


def wishes_of(person_id: int) -> list[tuple[Interest, Course]]:
    """Return everything a person wants to be told of, the latest first."""
    statement = select(Interest, Course).join(Course, Course.id == Interest.course_id)
    mine = statement.where(Interest.person_id == person_id).order_by(Interest.made_at.desc(), Interest.course_id)
    return [(wish, course) for wish, course in db.session.execute(mine)]


class Suiting(NamedTuple):
    """A town, and how many it suits."""

    id: int
    name_zh: str
    name_en: str
    people: int


class Demand(NamedTuple):
    """How many wait for a class, and what suits how many: those who named it, and those whom anything suits. A town
    or half-day that nobody named is not among them; the one that suits most comes first."""

    people: int
    towns: list[Suiting]
    half_days: dict[str, int]


def demand(course_id: int) -> Demand:
    """Return what is asked of a course; in two statements, however many ask."""
    statement = select(Interest.towns, Interest.half_days).where(Interest.course_id == course_id)
    wishes = [(named, halves) for named, halves in db.session.execute(statement)]
    if not wishes:
        return Demand(0, [], {})
    where, when = _suited([named for named, _ in wishes]), _suited([halves for _, halves in wishes])
    suiting = [Suiting(*town, where[town.id]) for town in town_names() if town.id in where]
    return Demand(
        people=len(wishes),
        towns=sorted(suiting, key=lambda town: -town.people),
        half_days={half: when[half] for half in sorted(filter(when.__contains__, HALF_DAYS), key=lambda h: -when[h])},
    )


def _suited(wishes: list[list[int]] | list[list[str]]) -> dict[int | str, int]:
    """Return how many each thing suits that anyone named; whoever named none is suited by all."""
    named = Counter(one for wish in wishes for one in wish)
    with_none = sum(not wish for wish in wishes)
    return {one: count + with_none for one, count in named.items()}


class Wanted(NamedTuple):
    """A course, and how many wait for a class of it."""

    id: int
    title_zh: str
    title_en: str
    people: int


def wanted_most(limit: int = 6) -> list[Wanted]:
    """Return the courses for whose next class most people wait."""
    count = func.count(Interest.person_id)
    statement = (
        select(Course.id, Course.title_zh, Course.title_en, count)
        .join(Interest, Interest.course_id == Course.id)
        .where(Course.archived_at.is_(None))
        .group_by(Course.id)
        .order_by(count.desc(), Course.id)
        .limit(limit)
    )
    return [Wanted(*row) for row in db.session.execute(statement)]
