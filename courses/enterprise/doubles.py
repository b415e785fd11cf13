"""Which records may be two of one, and what speaks for it."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from itertools import combinations
from typing import Any, NamedTuple

from sqlalchemy import func, select

from courses.booking.model import Booking, Enrolment
from courses.enterprise.model import Kind, Merger
from courses.ground.db import db
from courses.people.model import Enterprise, Person, Post, Town
from courses.people.rights import LEARNER
from courses.roster.model import Attendance, Mark

SHOWN = 100
_FORMS = re.compile(r"[\s()（）·.,，。-]|有限责任公司|股份有限公司|有限公司")


class Double(NamedTuple):
    """Two records that may be one. `why`: name (the same), email or mobile (nearly the same)."""

    first_id: int
    second_id: int
    first: str
    first_en: str
    second: str
    second_en: str
    place_zh: str
    place_en: str
    why: str


def double_people(enterprise_id: int | None) -> list[Double]:
    """Return people of one enterprise with the same name, or with nearly the same contact; `enterprise_id`: only its
    own."""
    statement = (
        select(Person.id, Person.name, Person.name_en, Person.email, Person.mobile, Enterprise)
        .join(Post, Post.person_id == Person.id)
        .join(Enterprise, Enterprise.id == Post.enterprise_id)
        .where(Post.role.in_(LEARNER), Person.left_at.is_(None))
        .order_by(Person.id)
        .distinct()
    )
    if enterprise_id is not None:
        statement = statement.where(Post.enterprise_id == enterprise_id)
    rows = {row[0]: row for row in db.session.execute(statement)}
    groups: dict[tuple[str, Any], list[int]] = defaultdict(list)
    for id_, name, _en, email, mobile, place in rows.values():
        groups["name", (place.id, name)].append(id_)
        if email:
            groups["email", _same_mailbox(email)].append(id_)
        if mobile:
            groups["mobile", mobile[-11:]].append(id_)
    found: dict[tuple[int, int], Double] = {}
    for (why, _), ids in groups.items():
        for one, other in combinations(ids, 2):
            (_, name, en, *_), (_, name2, en2, *_) = rows[one], rows[other]
            place = rows[one][5]
            found.setdefault((one, other), Double(one, other, name, en, name2, en2, place.name_zh, place.name_en, why))
    return list(found.values())[:SHOWN]


def _same_mailbox(email: str) -> str:
    """Return an address without what many mail servers do not look at: points, and what follows a plus sign."""
    local, _, domain = email.partition("@")
    return f"{local.partition('+')[0].replace('.', '')}@{domain}"


def double_enterprises() -> list[Double]:
    """Return enterprises whose names differ in nothing but spaces, brackets and the form of the company."""
    statement = select(Enterprise, Town).join(Town, Town.id == Enterprise.town_id).order_by(Enterprise.id)
    groups: dict[str, list[tuple[Enterprise, Town]]] = defaultdict(list)
    for enterprise, town in db.session.execute(statement):
        groups[_FORMS.sub("", unicodedata.normalize("NFKC", enterprise.name_zh))].append((enterprise, town))
    pairs = (pair for alike in groups.values() for pair in combinations(alike, 2))
    return [
        Double(a.id, b.id, a.name_zh, a.name_en, b.name_zh, b.name_en, town.name_zh, town.name_en, "name")
        for (a, town), (b, _) in pairs
    ][:SHOWN]


class Sum(NamedTuple):
    """What hangs on a record. `hours` in 学时; `people` of an enterprise."""

    bookings: int
    hours: float
    people: int = 0


def sums_of_people(ids: Iterable[int]) -> dict[int, Sum]:
    """Return what hangs on each of these people."""
    wanted = list(ids)
    bookings = select(Booking.person_id, func.count()).where(Booking.person_id.in_(wanted)).group_by(Booking.person_id)
    hours = (
        select(Booking.person_id, func.sum(Attendance.half_hours))
        .join(Attendance, Attendance.booking_id == Booking.id)
        .where(Booking.person_id.in_(wanted), Attendance.mark == Mark.PRESENT)
        .group_by(Booking.person_id)
    )
    counted, earned = (dict(db.session.execute(statement).all()) for statement in (bookings, hours))
    return {id_: Sum(counted.get(id_, 0), earned.get(id_, 0) / 2) for id_ in wanted}


def sums_of_enterprises(ids: Iterable[int]) -> dict[int, Sum]:
    """Return what hangs on each of these enterprises."""
    wanted = list(ids)
    bookings = (
        select(Enrolment.enterprise_id, func.count())
        .join(Booking, Booking.enrolment_id == Enrolment.id)
        .where(Enrolment.enterprise_id.in_(wanted))
        .group_by(Enrolment.enterprise_id)
    )
    people = (
        select(Post.enterprise_id, func.count(Post.person_id.distinct()))
        .where(Post.enterprise_id.in_(wanted))
        .group_by(Post.enterprise_id)
    )
    counted, working = (dict(db.session.execute(statement).all()) for statement in (bookings, people))
    return {id_: Sum(counted.get(id_, 0), 0, working.get(id_, 0)) for id_ in wanted}


class Merged(NamedTuple):
    """One line of what was merged before."""

    kind: Kind
    facts: dict[str, Any]
    at: Any
    by: str
    by_en: str


def mergers(limit: int = 20) -> list[Merged]:
    statement = select(Merger.kind, Merger.facts, Merger.at, Person.name, Person.name_en)
    statement = statement.join(Person, Person.id == Merger.by_id).order_by(Merger.id.desc()).limit(limit)
    return [Merged(*row) for row in db.session.execute(statement)]
