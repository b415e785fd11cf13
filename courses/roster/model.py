"""Attendance of one booking at one sitting, and the hours of a year that come of it."""

import datetime as dt
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from courses.ground.db import Base


class Mark(StrEnum):
    """What the roster says; no row means unmarked."""

    PRESENT = "present"
    ABSENT = "absent"
    EXCUSED = "excused"


class Attendance(Base, kw_only=True):
    """`arrived_at` and `left_at` only if not the whole sitting; `half_hours` earned, in half 学时."""

    __tablename__ = "attendance"
    __table_args__ = (
        Index("uq_attendance_once", "booking_id", "sitting_id", unique=True),
        CheckConstraint("mark IN ('present', 'absent', 'excused')", name="mark_known"),
        CheckConstraint("half_hours >= 0", name="hours_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"))
    sitting_id: Mapped[int] = mapped_column(ForeignKey("sitting.id"), index=True)
    mark: Mapped[Mark] = mapped_column(String(8))
    half_hours: Mapped[int]
    marked_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    marked_at: Mapped[dt.datetime]
    arrived_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    left_at: Mapped[dt.datetime | None] = mapped_column(default=None)


class YearlyHours(Base, kw_only=True):
    """What a person earned in one year of the city's calendar: the sum of their attendances, in half 学时, and in how
    many classes. Kept beside them so that a city's figures cost as much in its tenth year as in its first."""

    __tablename__ = "yearly_hours"
    __table_args__ = (CheckConstraint("half_hours >= 0 AND classes > 0", name="something_attended"),)

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    half_hours: Mapped[int]
    classes: Mapped[int]
