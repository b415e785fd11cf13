"""A person's standing: what counts against whom stayed away, whose turn it is, and the appeals."""

import datetime as dt
from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, bindparam, case, func, or_, select

from courses.booking.model import LATE, SEATED, Appeal, Booking, Enrolment, State, standby_until
from courses.catalogue.model import Course, FirstAsked, TrainingClass
from courses.ground.db import db, run
from courses.outbox.model import Notice
from courses.people.model import Enterprise, Person
from courses.people.queries import city


class Missed(NamedTuple):
    """A time that a person stayed away or cancelled too late, unless the roster excused it; `upheld`: what an officer
    said to the appeal against it, if there was one. `at`: from when it counts."""

    booking_id: int
    person_id: int
    class_id: int
    squadron_id: int
    title_zh: str
    title_en: str
    starts_at: dt.datetime
    is_late: bool
    at: dt.datetime
    appealed_at: dt.datetime | None
    upheld: bool | None
    answer: str | None

    @property
    def counts(self) -> bool:
        return not self.upheld


_STAYED_AWAY = and_(Booking.attended.is_(False), Booking.state.in_(SEATED))
_CANCELLED_LATE = and_(Booking.state == State.CANCELLED, Booking.reason.in_(LATE))
_MISSED = (
    select(
        Booking.id,
        Booking.person_id,
        Booking.class_id,
        TrainingClass.squadron_id,
        Course.title_zh,
        Course.title_en,
        TrainingClass.starts_at,
        Booking.state == State.CANCELLED,
        case((Booking.state == State.CANCELLED, Booking.changed_at), else_=TrainingClass.ends_at),
        Appeal.made_at,
        Appeal.upheld,
        Appeal.answer,
    )
    .join(TrainingClass, TrainingClass.id == Booking.class_id)
    .join(Course, Course.id == TrainingClass.course_id)
    .outerjoin(Appeal, Appeal.booking_id == Booking.id)
    .where(Booking.excused.is_(False), Booking.person_id.in_(bindparam("people", expanding=True)))
)
_MISSED_BY = {True: _MISSED.where(or_(_STAYED_AWAY, _CANCELLED_LATE)), False: _MISSED.where(_STAYED_AWAY)}


def missed(person_ids: Collection[int]) -> list[Missed]:
    """Return what counts against these people by the city's rule, whether or not it was appealed; newest first."""
    rows = run(_MISSED_BY[city().late_counts], {"people": list(person_ids)})
    return sorted((Missed._make(row) for row in rows), key=lambda row: row.at, reverse=True)


def missed_in(booking_id: int) -> Missed | None:
    """Return one booking as it counts against its person, if it does."""
    person_id = db.session.scalar(select(Booking.person_id).where(Booking.id == booking_id))
    found = missed([person_id]) if person_id else []
    return next((row for row in found if row.booking_id == booking_id), None)


def on_standby(person_ids: Collection[int], at: dt.datetime) -> dict[int, dt.datetime]:
    """Return which of these people are on standby, and until when. Costs nothing where the city has no such rule."""
    rules = city()
    if not (person_ids and rules.noshow_limit):
        return {}
    within, lasts = dt.timedelta(days=rules.noshow_days), dt.timedelta(days=rules.standby_days)
    counted: dict[int, list[dt.datetime]] = {}
    for row in missed(person_ids):
        if row.counts and row.at <= at:
            counted.setdefault(row.person_id, []).append(row.at)
    until = {id_: standby_until(moments, rules.noshow_limit, within, lasts) for id_, moments in counted.items()}
    return {id_: moment for id_, moment in until.items() if moment and moment > at}


class Newly(NamedTuple):
    """Someone who came onto standby and was not told yet: until when, and by what, the latest first."""

    person_id: int
    email: str | None
    until: dt.datetime
    missed: list[Missed]


def newly_on_standby(by: dt.datetime) -> list[Newly]:
    """Return who is on standby for what they missed until `by`, and was not told. Looks at classes that ended no longer
    ago than a standby lasts."""
    rules = city()
    if not rules.noshow_limit:
        return []
    people = _recently(by - dt.timedelta(days=rules.standby_days))
    until = on_standby(list(people), by)
    if not until:
        return []
    ids = list(until)
    told = select(Notice.person_id, Notice.expires_at).where(Notice.kind == "standby", Notice.person_id.in_(ids))
    known = {(person_id, expires_at) for person_id, expires_at in db.session.execute(told)}
    counted: dict[int, list[Missed]] = {}
    for row in missed(ids):
        if row.counts and row.at <= by:
            counted.setdefault(row.person_id, []).append(row)
    return [
        Newly(id_, people[id_], moment, counted[id_]) for id_, moment in until.items() if (id_, moment) not in known
    ]


def _recently(since: dt.datetime) -> dict[int, str | None]:
    """Return who missed a class that ended since then, each with their address; those who left are not among them."""
    statement = (
        select(Person.id, Person.email)
        .join(Booking, Booking.person_id == Person.id)
        .join(TrainingClass, TrainingClass.id == Booking.class_id)
        .where(TrainingClass.ends_at > since, or_(_STAYED_AWAY, _CANCELLED_LATE))
        .where(Booking.excused.is_(False), Person.left_at.is_(None))
        .distinct()
    )
    return dict(db.session.execute(statement).all())


class Appealed(NamedTuple):
    """An appeal as it is to be decided: whose, about which class, in which words."""

    booking_id: int
    person_id: int
    person: str
    person_en: str
    enterprise_zh: str | None
    enterprise_en: str | None
    class_id: int
    squadron_id: int
    title_zh: str
    title_en: str
    starts_at: dt.datetime
    is_late: bool
    words: str
    made_at: dt.datetime
    upheld: bool | None
    answer: str
    decided_at: dt.datetime | None


def appeals() -> Select[*tuple[Any, ...]]:
    """Return the statement that yields Appealed; callers say of which squadron."""
    return (
        select(
            Booking.id,
            Person.id,
            Person.name,
            Person.name_en,
            Enterprise.name_zh,
            Enterprise.name_en,
            Booking.class_id,
            TrainingClass.squadron_id,
            Course.title_zh,
            Course.title_en,
            TrainingClass.starts_at,
            Booking.state == State.CANCELLED,
            Appeal.words,
            Appeal.made_at,
            Appeal.upheld,
            Appeal.answer,
            Appeal.decided_at,
        )
        .join(Booking, Booking.id == Appeal.booking_id)
        .join(Person, Person.id == Booking.person_id)
        .join(Enrolment, Enrolment.id == Booking.enrolment_id)
        .outerjoin(Enterprise, Enterprise.id == Enrolment.enterprise_id)
        .join(TrainingClass, TrainingClass.id == Booking.class_id)
        .join(Course, Course.id == TrainingClass.course_id)
    )


def appeal_of(booking_id: int) -> Appealed | None:
    found = db.session.execute(appeals().where(Booking.id == booking_id)).first()
    return Appealed(*found) if found else None


def appeals_waiting(squadron_id: int) -> int:
    """Return how many appeals a squadron has still to decide."""
    waiting = appeals().where(TrainingClass.squadron_id == squadron_id, Appeal.decided_at.is_(None))
    return db.session.scalar(select(func.count()).select_from(waiting.subquery())) or 0


def asked_first(class_id: int, person_ids: Collection[int]) -> set[int]:
    """Return which of these people had asked for the course before the class was published."""
    asked = select(FirstAsked.person_id).where(FirstAsked.class_id == class_id, FirstAsked.person_id.in_(person_ids))
    return set(db.session.scalars(asked))
