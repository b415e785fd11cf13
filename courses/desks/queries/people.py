"""What owners see of their people, and everyone of themselves: hours, bookings, history."""

import datetime as dt
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, Subquery, case, func, select

from courses.booking.model import LIVE, SEATED, Booking, Enrolment
from courses.catalogue.model import ClassState, Course, TrainingClass
from courses.catalogue.queries import first_going
from courses.ground.db import db
from courses.ground.sound import sound_of
from courses.homes.model import Home, Room
from courses.people.model import Person, Post, Role
from courses.roster.model import Attendance, Mark, YearlyHours


class Member(NamedTuple):
    """One person of an enterprise: half hours earned this year and in all, classes to come, and how many half hours a
    manager misses of this year's (-1: is no manager, so none are asked for)."""

    id: int
    name: str
    name_en: str
    email: str | None
    mobile: str | None
    has_account: bool
    is_manager: bool
    half_hours: int
    half_hours_in_all: int
    coming: int
    missing_half_hours: int

    @property
    def hours(self) -> float:
        return self.half_hours / 2

    @property
    def missing(self) -> float:
        return self.missing_half_hours / 2

    @property
    def state(self) -> str:
        """How a manager stands, by the names that `members` narrows by; nobody else is to earn hours."""
        if not self.is_manager:
            return ""
        if not self.missing_half_hours:
            return "met"
        return "short" if self.half_hours or self.coming else "none"

    @property
    def hours_in_all(self) -> float:
        return self.half_hours_in_all / 2


def members(enterprise_id: int, year: int, at: dt.datetime, target: int, state: str = "") -> Select[*tuple[Any, ...]]:
    """Return the statement that yields `Member`, one for each person of an enterprise, or those of one `state`."""
    people = select(Post.person_id).where(Post.enterprise_id == enterprise_id)
    managers = people.where(Post.role == Role.MANAGER)
    hours, coming = _hours(people, year), _coming(people, at)
    is_manager, earned = Person.id.in_(managers), func.coalesce(hours.c.of_year, 0)
    is_met, began = earned >= target * 2, (earned > 0) | (func.coalesce(coming.c.classes, 0) > 0)
    conditions = {"none": ~is_met & ~began, "short": ~is_met & began, "met": is_met}
    narrowed = [is_manager & conditions[state]] if state in conditions else []
    missing = case((~is_manager, -1), (is_met, 0), else_=target * 2 - earned)
    return (
        select(
            Person.id,
            Person.name.label("person"),
            Person.name_en.label("person_en"),
            Person.email,
            Person.mobile,
            Person.password_hash.is_not(None).label("has_account"),
            is_manager.label("is_manager"),
            earned.label("half_hours"),
            func.coalesce(hours.c.in_all, 0).label("half_hours_in_all"),
            func.coalesce(coming.c.classes, 0).label("coming"),
            missing.label("missing"),
        )
        .outerjoin(hours, hours.c.person_id == Person.id)
        .outerjoin(coming, coming.c.person_id == Person.id)
        .where(Person.id.in_(people), Person.left_at.is_(None), *narrowed)
    )


def _hours(people: Select[int], year: int) -> Subquery:
    of_year = func.sum(YearlyHours.half_hours).filter(YearlyHours.year == year)
    return (
        select(YearlyHours.person_id, of_year.label("of_year"), func.sum(YearlyHours.half_hours).label("in_all"))
        .where(YearlyHours.person_id.in_(people))
        .group_by(YearlyHours.person_id)
        .subquery()
    )


def _coming(people: Select[int], at: dt.datetime) -> Subquery:
    return (
        select(Booking.person_id, func.count().label("classes"))
        .join(TrainingClass, TrainingClass.id == Booking.class_id)
        .where(Booking.person_id.in_(people), Booking.state.in_(LIVE), TrainingClass.ends_at > at)
        .where(Booking.class_id >= first_going(at))
        .group_by(Booking.person_id)
        .subquery()
    )


def members_in_order(enterprise_id: int, year: int, at: dt.datetime, target: int) -> list[Member]:
    statement = members(enterprise_id, year, at, target).order_by(Person.id)
    found = [Member(*row) for row in db.session.execute(statement)]
    return sorted(found, key=lambda member: sound_of(member.name))


class Booked(NamedTuple):
    """One booking in a list: whose, of which class, what became of it."""

    id: int
    person_id: int
    person: str
    person_en: str
    class_id: int
    title_zh: str
    title_en: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    home_zh: str
    home_en: str
    state: str
    attended: bool | None
    half_hours: int

    @property
    def hours(self) -> float:
        return self.half_hours / 2


def booked(whose: Any, when: str, at: dt.datetime) -> Select[*tuple[Any, ...]]:
    """Return the statement that yields `Booked` under the condition `whose`; `when`: "coming", "past" or both."""
    earned = (
        select(func.coalesce(func.sum(Attendance.half_hours), 0))
        .where(Attendance.booking_id == Booking.id, Attendance.mark == Mark.PRESENT, Booking.state.in_(SEATED))
        .correlate(Booking)
        .scalar_subquery()
    )
    statement = (
        select(
            Booking.id,
            Person.id.label("person_id"),
            Person.name,
            Person.name_en,
            TrainingClass.id.label("class_id"),
            Course.title_zh,
            Course.title_en,
            TrainingClass.starts_at,
            TrainingClass.ends_at,
            Home.name_zh.label("home_zh"),
            Home.name_en.label("home_en"),
            Booking.state,
            Booking.attended,
            earned.label("half_hours"),
        )
        .join(Enrolment, Enrolment.id == Booking.enrolment_id)
        .join(Person, Person.id == Booking.person_id)
        .join(TrainingClass, TrainingClass.id == Booking.class_id)
        .join(Course, Course.id == TrainingClass.course_id)
        .join(Room, Room.id == TrainingClass.room_id)
        .join(Home, Home.id == Room.home_id)
        .where(whose)
    )
    return statement.where(*_when(when, at))


def _when(when: str, at: dt.datetime) -> list[ColumnElement[bool]]:
    if when == "coming":
        return [Booking.state.in_(LIVE), TrainingClass.ends_at > at]
    return [TrainingClass.ends_at <= at] if when == "past" else []


def booked_ids(whose: Any, when: str, at: dt.datetime) -> Select[int]:
    """Return the statement that yields the ids of what `booked` yields, with their classes: of an enterprise without
    reading a booking."""
    statement = (
        select(Booking.id)
        .join(Enrolment, Enrolment.id == Booking.enrolment_id)
        .join(TrainingClass, TrainingClass.id == Enrolment.class_id)
    )
    return statement.where(whose, Booking.person_id.is_not(None), *_when(when, at))


def booked_count(whose: Any, when: str, at: dt.datetime) -> Select[int]:
    """Return the statement that counts what `booked` yields, without the names that only its rows need."""
    counted = select(func.count()).select_from(Booking).join(Enrolment, Enrolment.id == Booking.enrolment_id)
    if when:
        counted = counted.join(TrainingClass, TrainingClass.id == Booking.class_id)
    return counted.where(whose, Booking.person_id.is_not(None), *_when(when, at))


def of_person(person_id: int) -> Any:
    return Booking.person_id == person_id


def of_enterprise(enterprise_id: int) -> Any:
    return Enrolment.enterprise_id == enterprise_id


class Hours(NamedTuple):
    """What a person earned this year and in all. In half 学时."""

    half_hours: int
    half_hours_in_all: int
    classes: int

    @property
    def hours(self) -> float:
        return self.half_hours / 2

    @property
    def hours_in_all(self) -> float:
        return self.half_hours_in_all / 2


def hours(person_id: int, year: int) -> Hours:
    statement = select(
        func.coalesce(func.sum(YearlyHours.half_hours).filter(YearlyHours.year == year), 0),
        func.coalesce(func.sum(YearlyHours.half_hours), 0),
        func.coalesce(func.sum(YearlyHours.classes), 0),
    ).where(YearlyHours.person_id == person_id)
    return Hours(*db.session.execute(statement).one())


class Next(NamedTuple):
    """Where the next class is, for the way there."""

    class_id: int
    home_id: int
    room_zh: str
    room_en: str
    address_zh: str
    address_en: str
    phone: str
    latitude: float | None
    longitude: float | None


def way_to(class_id: int) -> Next | None:
    statement = (
        select(
            TrainingClass.id,
            Home.id,
            Room.name_zh,
            Room.name_en,
            Home.address_zh,
            Home.address_en,
            Home.phone,
            Home.latitude,
            Home.longitude,
        )
        .join(Room, Room.id == TrainingClass.room_id)
        .join(Home, Home.id == Room.home_id)
        .where(TrainingClass.id == class_id, TrainingClass.state == ClassState.PUBLISHED)
    )
    found = db.session.execute(statement).first()
    return Next(*found) if found else None
