"""What the sheet, the desk and the list of hours ask of the roster."""

import datetime as dt
from typing import Any, NamedTuple

from sqlalchemy import Select, case, func, select, union

from courses.booking.model import SEATED, Booking
from courses.booking.queries import Seated, people_of
from courses.catalogue.model import Course, Sitting, TrainingClass
from courses.ground import clock
from courses.ground.db import db
from courses.ground.sound import sound_of
from courses.roster.model import Attendance, Mark, YearlyHours


def sittings_of(class_id: int) -> list[Sitting]:
    return list(db.session.scalars(select(Sitting).where(Sitting.class_id == class_id).order_by(Sitting.starts_at)))


class Line(NamedTuple):
    """One line of the roster at one sitting."""

    seated: Seated
    attendance: Attendance | None

    @property
    def mark(self) -> str:
        return self.attendance.mark if self.attendance else "unmarked"


def lines(class_id: int, sitting_id: int) -> list[Line]:
    """Return everyone with a seat, with what is marked at this sitting.

    In the order in which a list is called out: by the name's sound.
    """
    statement = select(Attendance).where(Attendance.sitting_id == sitting_id)
    marks = {row.booking_id: row for row in db.session.scalars(statement)}
    people = sorted(people_of(class_id), key=lambda p: (sound_of(p.name), p.id))
    return [Line(person, marks.get(person.id)) for person in people]


def lost_seats(class_id: int) -> int:
    """Return how many people lost a seat or a place in the queue when the class was called off."""
    statement = select(func.count()).where(
        Booking.class_id == class_id, Booking.reason == "called_off", Booking.person_id.is_not(None)
    )
    return db.session.scalar(statement) or 0


class Earned(NamedTuple):
    """One class a person attended, with what it earned. `hours` in 学时."""

    class_id: int
    title_zh: str
    title_en: str
    starts_at: dt.datetime
    half_hours: int

    @property
    def hours(self) -> float:
        return self.half_hours / 2


def hours_of(person_id: int) -> list[Earned]:
    """Return the classes in which a person kept the seat and was marked present, newest first."""
    statement = (
        select(
            TrainingClass.id,
            Course.title_zh,
            Course.title_en,
            TrainingClass.starts_at,
            func.sum(Attendance.half_hours),
        )
        .join(Booking, Booking.id == Attendance.booking_id)
        .join(TrainingClass, TrainingClass.id == Booking.class_id)
        .join(Course, Course.id == TrainingClass.course_id)
        .where(Booking.person_id == person_id, Booking.state.in_(SEATED), Attendance.mark == Mark.PRESENT)
        .group_by(TrainingClass.id, Course.title_zh, Course.title_en, TrainingClass.starts_at)
        .order_by(TrainingClass.starts_at.desc())
    )
    return [Earned(*row) for row in db.session.execute(statement)]


def earned() -> Select[*tuple[Any, ...]]:
    """Return the statement that counts, from the rosters, what each person earned: person, half 学时, classes."""
    return (
        select(Booking.person_id, func.sum(Attendance.half_hours), func.count(Booking.class_id.distinct()))
        .join(Attendance, Attendance.booking_id == Booking.id)
        .join(TrainingClass, TrainingClass.id == Booking.class_id)
        .where(Booking.person_id.is_not(None), Booking.state.in_(SEATED), Attendance.mark == Mark.PRESENT)
        .group_by(Booking.person_id)
    )


def earned_in(year: int) -> Select[*tuple[Any, ...]]:
    """Return the same for one year of the city."""
    begins, ends = clock.year_span(year)
    return earned().where(TrainingClass.starts_at >= begins, TrainingClass.starts_at < ends)


def miscounted_years() -> dict[int, list[int]]:
    """Return the years, each with the people whose hours of it differ from the rosters."""
    first, last = db.session.execute(select(func.min(TrainingClass.starts_at), func.max(TrainingClass.starts_at))).one()
    if not first:
        return {}
    years = range(clock.local(first).year, clock.local(last).year + 1)
    year_of = case(*((TrainingClass.starts_at < clock.year_span(n)[1], n) for n in years)).label("year")
    by_year = earned().add_columns(year_of).group_by("year")
    counted = {(year, person): (half, n) for person, half, n, year in db.session.execute(by_year)}
    kept = {
        (year, person): (half, n)
        for person, half, n, year in db.session.execute(
            select(YearlyHours.person_id, YearlyHours.half_hours, YearlyHours.classes, YearlyHours.year)
        )
    }
    found: dict[int, list[int]] = {}
    for year, person in sorted(counted.keys() | kept.keys()):
        if counted.get((year, person)) != kept.get((year, person)):
            found.setdefault(year, []).append(person)
    return found


def miscounted_sums() -> Select[*tuple[Any, ...]]:
    """Return the statement that yields the people whose hours of all years together differ from the rosters."""
    seen = earned().subquery()
    person, half_hours, classes = seen.c
    kept = (
        select(
            YearlyHours.person_id,
            func.sum(YearlyHours.half_hours).label("half_hours"),
            func.sum(YearlyHours.classes).label("classes"),
        )
        .group_by(YearlyHours.person_id)
        .subquery()
    )
    either = union(select(person), select(YearlyHours.person_id)).subquery()
    return (
        select(either.c.person_id)
        .outerjoin(seen, person == either.c.person_id)
        .outerjoin(kept, kept.c.person_id == either.c.person_id)
        .where(
            (func.coalesce(half_hours, 0) != func.coalesce(kept.c.half_hours, 0))
            | (func.coalesce(classes, 0) != func.coalesce(kept.c.classes, 0))
        )
    )


def miscounted_classes() -> Select[*tuple[Any, ...]]:
    """Return the statement that yields the classes whose count of who came differs from their bookings."""
    came = (
        select(Booking.class_id, func.count().label("n"))
        .where(Booking.state.in_(SEATED), Booking.attended.is_(True))
        .group_by(Booking.class_id)
        .subquery()
    )
    statement = select(TrainingClass.id).outerjoin(came, came.c.class_id == TrainingClass.id)
    return statement.where(TrainingClass.came != func.coalesce(came.c.n, 0))
