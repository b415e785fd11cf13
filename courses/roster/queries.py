"""What the sheet, the desk and the list of hours ask of the roster."""

import datetime as dt
from typing import NamedTuple

from sqlalchemy import func, select

from courses.booking.model import SEATED, Booking
from courses.booking.queries import Seated, people_of
from courses.catalogue.model import Course, Sitting, TrainingClass
from courses.ground.db import db
from courses.roster.model import Attendance, Mark


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

    In the order in which a list is called out: by the name's sound, which its Latin letters give; the code's order of
    Chinese characters is one that nobody can look up in. Those without such letters come last.
    """
    statement = select(Attendance).where(Attendance.sitting_id == sitting_id)
    marks = {row.booking_id: row for row in db.session.scalars(statement)}
    people = sorted(people_of(class_id), key=lambda p: (not p.name_en, p.name_en.casefold(), p.name, p.id))
    return [Line(person, marks.get(person.id)) for person in people]


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
