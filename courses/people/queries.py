"""What pages and doors ask of people."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import and_, bindparam, or_, select

from courses.ground.db import db, run
from courses.ground.kept import kept
from courses.ground.sound import sound_of
from courses.people.model import City, Enterprise, Industry, Person, Post, Role, Town
from courses.people.rights import Actor

_serves = or_(Town.squadron_id == Post.squadron_id, Town.association_id == Post.association_id)
# Built once: every request asks it, and building a statement costs more than running this one.
_ACTOR = (
    select(
        Person.name,
        Person.name_en,
        Person.epoch,
        Person.language,
        Post.role,
        Post.enterprise_id,
        Post.squadron_id,
        Post.association_id,
        Post.is_deputy,
        Town.id,
    )
    .outerjoin(Post, Post.person_id == Person.id)
    .outerjoin(Town, and_(Post.enterprise_id.is_(None), _serves))
    .where(Person.id == bindparam("person_id"), Person.left_at.is_(None))
)


def actor_of(person_id: int, epoch: int | None = None) -> Actor | None:
    """Return the actor a person is now, in one statement; None if they left or `epoch` is over."""
    rows = run(_ACTOR, {"person_id": person_id}).all()
    if not rows or (epoch is not None and rows[0].epoch != epoch):
        return None
    first = rows[0]
    return Actor(
        id=person_id,
        name=first.name,
        name_en=first.name_en,
        epoch=first.epoch,
        language=first.language,
        roles=frozenset(Role(row.role) for row in rows if row.role),
        enterprise_id=next((row.enterprise_id for row in rows if row.enterprise_id), None),
        squadron_id=next((row.squadron_id for row in rows if row.squadron_id), None),
        association_id=next((row.association_id for row in rows if row.association_id), None),
        towns=frozenset(row.id for row in rows if row.id),
        is_deputy=any(row.is_deputy for row in rows),
    )


@dataclass(frozen=True)
class CityWords:
    """The city's row as plain values, so that it can be kept between requests."""

    name_zh: str
    name_en: str
    zone: str
    post_name_zh: str
    post_name_en: str
    operator_zh: str
    operator_en: str
    record_number: str
    is_demo: bool
    minutes_per_hour: int
    full_from_percent: int
    hours_target: int
    work_from: dt.time
    work_until: dt.time
    noshow_limit: int
    noshow_days: int
    standby_days: int
    late_counts: bool


@kept(30)
def city() -> CityWords:
    """Return the city, as it was up to half a minute ago; before it is set up, a nameless one in China's zone."""
    row = db.session.scalar(select(City)) or City(name_zh="本市", name_en="this city")
    return CityWords(**{name: getattr(row, name) for name in CityWords.__dataclass_fields__})


class Colleague(NamedTuple):
    """One person of an enterprise, with the post held there."""

    id: int
    name: str
    name_en: str
    role: Role
    email: str | None
    mobile: str | None
    has_account: bool


def colleagues(enterprise_id: int) -> list[Colleague]:
    """Return the people of an enterprise, in the order of their names; one row each."""
    statement = (
        select(Person, Post.role)
        .join(Post, Post.person_id == Person.id)
        .where(Post.enterprise_id == enterprise_id, Person.left_at.is_(None))
        .order_by(Person.id, Post.role)
    )
    people: dict[int, Colleague] = {}
    for person, role in db.session.execute(statement):
        people.setdefault(
            person.id,
            Colleague(person.id, person.name, person.name_en, role, person.email, person.mobile, person.has_account),
        )
    return sorted(people.values(), key=lambda one: sound_of(one.name))


def person_by_login(login: str) -> Person | None:
    """Return the person with this e-mail address or mobile number, both normalised."""
    known = or_(Person.email == login, Person.mobile == login)
    return db.session.scalar(select(Person).where(known, Person.left_at.is_(None)))


def enterprise(enterprise_id: int) -> Enterprise | None:
    return db.session.get(Enterprise, enterprise_id)


class Name(NamedTuple):
    """A town or an industry, for choosing."""

    id: int
    name_zh: str
    name_en: str


def town_names(towns: Collection[int] | None = None) -> list[Name]:
    """Return these towns, or all."""
    statement = select(Town.id, Town.name_zh, Town.name_en).order_by(Town.id)
    if towns is not None:
        statement = statement.where(Town.id.in_(towns))
    return [Name(*row) for row in db.session.execute(statement)]


def industry_names() -> list[Name]:
    statement = select(Industry.id, Industry.name_zh, Industry.name_en).order_by(Industry.id)
    return [Name(*row) for row in db.session.execute(statement)]
