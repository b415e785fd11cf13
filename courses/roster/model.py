"""Attendance of one booking at one sitting."""

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
