"""Hours earned, to be joined to people."""

from typing import Any

from sqlalchemy import Select, func, select

from courses.booking.model import SEATED, Booking
from courses.roster.model import Attendance, Mark


def earned() -> Select[*tuple[Any, ...]]:
    return (
        select(Booking.person_id, func.sum(Attendance.half_hours).label("half_hours"))
        .join(Booking, Booking.id == Attendance.booking_id)
        .where(Attendance.mark == Mark.PRESENT, Booking.state.in_(SEATED))
        .group_by(Booking.person_id)
    )
