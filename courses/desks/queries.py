"""What the desks show; each function is a fixed number of statements, however much there is."""

import datetime as dt
from collections.abc import Collection
from typing import Any, NamedTuple

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, case, func, select

from courses.booking.model import LIVE, SEATED, Booking, Event, State
from courses.catalogue.model import ClassState, Course, Teaching, TrainingClass
from courses.catalogue.queries import Card, as_cards, cards
from courses.ground.db import db
from courses.ground.language import speaking
from courses.outbox.model import Fate, Notice
from courses.people.model import Enterprise, Person, Post, Role, Town
from courses.roster.model import Attendance, Mark


def classes_of_squadron(squadron_id: int, at: dt.datetime, limit: int = 30) -> list[Card]:
    """Return the squadron's classes not over yet, soonest first."""
    return as_cards(
        cards()
        .where(
            TrainingClass.squadron_id == squadron_id,
            TrainingClass.ends_at > at,
            TrainingClass.state == ClassState.PUBLISHED,
        )
        .limit(limit)
    )


def unmarked_classes(squadron_id: int | None, lecturer_id: int | None, at: dt.datetime) -> list[Card]:
    """Return the classes over in the last 30 days in which someone with a seat is still unmarked."""
    unmarked = select(Booking.id).where(
        Booking.class_id == TrainingClass.id, Booking.state.in_(SEATED), Booking.attended.is_(None)
    )
    statement = cards().where(
        TrainingClass.ends_at.between(at - dt.timedelta(days=30), at),
        TrainingClass.state == ClassState.PUBLISHED,
        unmarked.exists(),
    )
    return as_cards(_served(statement, squadron_id, lecturer_id).limit(30))


def _served(
    statement: Select[*tuple[Any, ...]], squadron_id: int | None, lecturer_id: int | None
) -> Select[*tuple[Any, ...]]:
    if squadron_id:
        return statement.where(TrainingClass.squadron_id == squadron_id)
    taught = select(Teaching.class_id).where(Teaching.person_id == lecturer_id)
    return statement.where(TrainingClass.id.in_(taught))


def classes_taught(person_id: int, at: dt.datetime) -> list[Card]:
    taught = select(Teaching.class_id).where(Teaching.person_id == person_id)
    return as_cards(
        cards().where(
            TrainingClass.id.in_(taught),
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
        )
        .join(Person, Person.id == Notice.person_id)
        .join(TrainingClass, TrainingClass.id == Notice.class_id)
        .join(Course, Course.id == TrainingClass.course_id)
        .where(
            TrainingClass.squadron_id == squadron_id,
            TrainingClass.ends_at > at,
            Notice.state.in_((Fate.FAILED, Fate.IN_DOUBT)),
        )
        .order_by(Notice.id.desc())
        .limit(30)
    )
    return [Untold(*row) for row in db.session.execute(statement)]


class Member(NamedTuple):
    """One person of an enterprise on the owner's desk. `half_hours` earned in all."""

    id: int
    name: str
    name_en: str
    has_account: bool
    half_hours: int
    coming: int

    @property
    def hours(self) -> float:
        return self.half_hours / 2


def _earned() -> Select[*tuple[Any, ...]]:
    return (
        select(Booking.person_id, func.sum(Attendance.half_hours).label("half_hours"))
        .join(Booking, Booking.id == Attendance.booking_id)
        .where(Attendance.mark == Mark.PRESENT, Booking.state.in_(SEATED))
        .group_by(Booking.person_id)
    )


def members(enterprise_id: int, at: dt.datetime) -> list[Member]:
    """Return the people of an enterprise with their hours and how many classes they have before them."""
    earned = _earned().subquery()
    coming = (
        select(Booking.person_id, func.count().label("classes"))
        .join(TrainingClass, TrainingClass.id == Booking.class_id)
        .where(Booking.state.in_(LIVE), TrainingClass.ends_at > at)
        .group_by(Booking.person_id)
        .subquery()
    )
    statement = (
        select(
            Person.id,
            Person.name,
            Person.name_en,
            Person.password_hash.is_not(None),
            func.coalesce(earned.c.half_hours, 0),
            func.coalesce(coming.c.classes, 0),
        )
        .join(Post, Post.person_id == Person.id)
        .outerjoin(earned, earned.c.person_id == Person.id)
        .outerjoin(coming, coming.c.person_id == Person.id)
        .where(Post.enterprise_id == enterprise_id, Person.left_at.is_(None))
        .order_by(Person.name, Person.id)
        .distinct()
    )
    return [Member(*row) for row in db.session.execute(statement)]


class Coverage(NamedTuple):
    """A town and how far its managers are. Each manager counts once."""

    name_zh: str
    name_en: str
    enterprises: int
    managers: int
    booked: int
    taught: int

    @property
    def percent(self) -> int:
        return round(self.taught * 100 / self.managers) if self.managers else 0


def coverage(towns: Collection[int] | None = None) -> list[Coverage]:
    """Return, for each town (or those given): enterprises, managers, how many ever had a seat, how many came."""
    per_person = (
        select(
            Booking.person_id,
            func.max(case((Booking.state.in_(SEATED), 1), else_=0)).label("booked"),
            func.max(case((Booking.attended.is_(True) & Booking.state.in_(SEATED), 1), else_=0)).label("taught"),
        )
        .group_by(Booking.person_id)
        .subquery()
    )
    statement = (
        select(
            Town.name_zh,
            Town.name_en,
            func.count(Enterprise.id.distinct()),
            func.count(Post.person_id),
            func.coalesce(func.sum(per_person.c.booked), 0),
            func.coalesce(func.sum(per_person.c.taught), 0),
        )
        .outerjoin(Enterprise, Enterprise.town_id == Town.id)
        .outerjoin(Post, (Post.enterprise_id == Enterprise.id) & (Post.role == Role.MANAGER))
        .outerjoin(per_person, per_person.c.person_id == Post.person_id)
        .group_by(Town.id)
        .order_by(Town.id)
    )
    if towns is not None:
        statement = statement.where(Town.id.in_(towns))
    return [Coverage(*row) for row in db.session.execute(statement)]


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
    earned = _earned().subquery()
    managers = func.count(Post.person_id)
    statement = (
        select(
            Enterprise.name_zh,
            Enterprise.name_en,
            Enterprise.credit_code,
            Town.name_zh,
            Town.name_en,
            managers,
            func.coalesce(func.min(func.coalesce(earned.c.half_hours, 0)), 0),
        )
        .join(Town, Town.id == Enterprise.town_id)
        .outerjoin(Post, (Post.enterprise_id == Enterprise.id) & (Post.role == Role.MANAGER))
        .outerjoin(earned, earned.c.person_id == Post.person_id)
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


def fates() -> dict[str, int]:
    """Return how many notices are in each state."""
    counts = db.session.execute(select(Notice.state, func.count()).group_by(Notice.state))
    return {str(state): count for state, count in counts}


def stuck(at: dt.datetime) -> list[tuple[Notice, Person]]:
    """Return the notices a person must look at, with their readers: failed, in doubt, or waiting for more than ten
    minutes."""
    late = (Notice.state == Fate.WAITING) & (Notice.due_at < at - dt.timedelta(minutes=10))
    statement = (
        select(Notice, Person)
        .join(Person, Person.id == Notice.person_id)
        .where(Notice.state.in_((Fate.FAILED, Fate.IN_DOUBT)) | late)
        .order_by(Notice.id.desc())
        .limit(100)
    )
    return [(notice, person) for notice, person in db.session.execute(statement)]


def notices_of(person_id: int, limit: int = 50) -> list[Notice]:
    """Return a person's notices, newest first; those taken back before they were sent are not theirs to read."""
    statement = (
        select(Notice)
        .where(Notice.person_id == person_id, Notice.state.not_in((Fate.WITHDRAWN, Fate.EXPIRED)))
        .order_by(Notice.id.desc())
        .limit(limit)
    )
    return list(db.session.scalars(statement))


def faults(language: str = "en") -> list[str]:
    """Return what contradicts itself in the records; nothing, if all is well. Each is a promise of the house.

    In English unless a page asks for its reader's `language`: a terminal may have no other letters.
    """
    seated = (
        select(Booking.class_id, func.count().label("n"))
        .where(Booking.state.in_(SEATED))
        .group_by(Booking.class_id)
        .subquery()
    )
    waiting = (
        select(Booking.class_id, func.count(Booking.enrolment_id.distinct()).label("n"))
        .where(Booking.state == State.QUEUED)
        .group_by(Booking.class_id)
        .subquery()
    )
    miscounted = (
        select(TrainingClass.id)
        .outerjoin(seated, seated.c.class_id == TrainingClass.id)
        .outerjoin(waiting, waiting.c.class_id == TrainingClass.id)
        .where(
            (TrainingClass.seats_taken != func.coalesce(seated.c.n, 0))
            | (TrainingClass.queued != func.coalesce(waiting.c.n, 0))
        )
    )
    overfull = select(TrainingClass.id).where(TrainingClass.seats_taken > TrainingClass.capacity)
    unlogged = select(Booking.id).where(~select(Event.id).where(Event.booking_id == Booking.id).exists())
    untold_bookings = select(Booking.id).where(
        Booking.state == State.BOOKED,
        Booking.reason != "demo",
        ~select(Notice.id).where(Notice.booking_id == Booking.id).exists(),
    )
    split = (
        select(Booking.enrolment_id)
        .where(Booking.state.in_((State.BOOKED, State.QUEUED)))
        .group_by(Booking.enrolment_id)
        .having(func.count(Booking.state.distinct()) > 1)
    )
    two_sides = select(Post.person_id).where(
        Post.role == Role.INSPECTOR,
        Post.person_id.in_(select(Post.person_id).where(Post.role != Role.INSPECTOR)),
    )
    checks = (
        (_l("class %(id)s: its counters differ from its bookings"), miscounted),
        (_l("class %(id)s: more seats taken than there are"), overfull),
        (_l("booking %(id)s: nothing in the log"), unlogged),
        (_l("booking %(id)s: its person was never told"), untold_bookings),
        (_l("enrolment %(id)s: part of it has seats and part waits"), split),
        (_l("person %(id)s: both serves and enforces"), two_sides),
    )
    found = [(words, id_) for words, statement in checks for id_ in db.session.scalars(statement.limit(20))]
    with speaking(language):
        return [str(words) % {"id": id_} for words, id_ in found]
