"""A list of people for one class, and what each of its rows would get, or got."""

import datetime as dt
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import JSON

from courses.ground.db import Base

KEPT_FOR = dt.timedelta(days=1)  # its rows hold names, numbers and addresses
ROWS_MAX = 1000  # as many as a class can have seats


class Outcome(StrEnum):
    """What a row would get: a seat, one that its enterprise has to approve, a place in the queue, an entry in a draw;
    nothing, since its person is in the class already; or nothing, since something is wrong."""

    BOOKED = "booked"
    REQUESTED = "requested"
    QUEUED = "queued"
    ENTERED = "entered"
    ALREADY = "already"
    WRONG = "wrong"

    @property
    def enrols(self) -> bool:
        return self not in (Outcome.ALREADY, Outcome.WRONG)


class EnrolmentList(Base, kw_only=True):
    """People whom someone wants to enrol in a class. `enterprise_id`: whose people they are, when it is the sender's
    own enterprise; None for a list of towns. `schedule_no`: of the class, when the list was looked at. `done_at`: when
    its people were enrolled; until then nobody was."""

    __tablename__ = "enrolment_list"
    __table_args__ = (Index("ix_enrolment_list_made_by", "made_by", "class_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    class_id: Mapped[int] = mapped_column(ForeignKey("training_class.id", ondelete="CASCADE"))
    made_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    made_at: Mapped[dt.datetime] = mapped_column(index=True)
    schedule_no: Mapped[int]
    enterprise_id: Mapped[int | None] = mapped_column(ForeignKey("enterprise.id"), default=None)
    file_name: Mapped[str] = mapped_column(String(200), default="")
    done_at: Mapped[dt.datetime | None] = mapped_column(default=None)


class ListRow(Base, kw_only=True):
    """One row: its cells as they were sent, and what it would get: `place` is that in the queue or the number in a
    draw, `why` and its `facts` say what is in the way. `is_new`: its person is not known yet and will be invited.
    `has_changed`: when it was looked at before it was something else, or a better place: `before`."""

    __tablename__ = "enrolment_list_row"
    __table_args__ = (
        CheckConstraint(
            "outcome IN ('booked', 'requested', 'queued', 'entered', 'already', 'wrong')", name="outcome_known"
        ),
        Index("ix_enrolment_list_row_list", "list_id", "number"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    list_id: Mapped[int] = mapped_column(ForeignKey("enrolment_list.id", ondelete="CASCADE"))
    number: Mapped[int]
    cells: Mapped[dict[str, Any]]
    outcome: Mapped[Outcome] = mapped_column(String(16))
    facts: Mapped[dict[str, Any]]
    place: Mapped[int | None] = mapped_column(default=None)
    why: Mapped[str] = mapped_column(String(32), default="")
    is_new: Mapped[bool] = mapped_column(default=False)
    has_changed: Mapped[bool] = mapped_column(default=False)
    before: Mapped[dict[str, Any]] = mapped_column(JSON, default_factory=dict)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), default=None, index=True)
