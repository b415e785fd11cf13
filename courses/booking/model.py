"""Enrolments, bookings, and the log of what happened to a class."""

import datetime as dt
from collections.abc import Collection
from enum import StrEnum
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, String, Text, column, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from courses.catalogue.model import TrainingClass
from courses.ground.db import Base
from courses.outbox.answers import Question
from courses.people.model import Person


class State(StrEnum):
    HELD = "held"
    REQUESTED = "requested"
    BOOKED = "booked"
    QUEUED = "queued"
    OFFERED = "offered"
    CANCELLED = "cancelled"


SEATED = (State.HELD, State.REQUESTED, State.BOOKED, State.OFFERED)
"""States that take a seat."""
LIVE = (*SEATED, State.QUEUED)
STANDBY_BEFORE = dt.timedelta(hours=24)
LATE = ("late", "changed_late")
"""Reasons for which a seat was given up after the class's `cancel_until`."""
LAPSES = {
    State.HELD: "unnamed",
    State.QUEUED: "unnamed",
    State.REQUESTED: "unapproved",
    State.OFFERED: "unanswered",
}
"""States that wait for somebody until `Booking.due_at`, and the reason for which they are cancelled after it. In the
queue only a place that is still to be named has such an end."""
FINAL = (
    *("called_off", "merged", "handed_over", "left", "changed", "changed_late", "released", "not_approved", "declined"),
    *LAPSES.values(),
)
"""Reasons for which a booking is cancelled and nobody can take that back."""
MOVED_UP = ("promoted", "offered", "lots_drawn")
"""Events after which a seat given up before them is gone, and an entry with them."""
_IS_LIVE = text("state <> 'cancelled' AND person_id IS NOT NULL")
_IS_DUE = text("due_at IS NOT NULL")
_IS_ON_STANDBY = column("standby", Boolean).is_(True)  # in words that SQLite knows again in a statement


class Enrolment(Base, kw_only=True):
    """One act of asking for seats. The queue is ordered by `order_no`, which rises within the class; who asks on
    `standby` waits behind all others.

    `least`: with how many seats it is content, the others waiting on (1 once some of it sit); None: with all of them
    only. `to_approve`: someone booked for themselves where the enterprise wants to be asked, and was not answered yet.
    `entry_no`: the number under which it took part in the class's draw, which gave it its `order_no` since.
    """

    __tablename__ = "enrolment"
    __table_args__ = (
        CheckConstraint("seats > 0", name="asks_for_seats"),
        CheckConstraint("least > 0 AND least <= seats", name="least_within_seats"),
        Index("uq_enrolment_order", "class_id", "order_no", unique=True),
        Index("ix_enrolment_enterprise", "enterprise_id", "class_id"),
        Index("ix_enrolment_standby", "class_id", sqlite_where=_IS_ON_STANDBY, postgresql_where=_IS_ON_STANDBY),
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    class_id: Mapped[int] = mapped_column(ForeignKey("training_class.id"))
    order_no: Mapped[int]
    seats: Mapped[int]
    made_by: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    made_at: Mapped[dt.datetime]
    enterprise_id: Mapped[int | None] = mapped_column(ForeignKey("enterprise.id"), default=None)
    entry_no: Mapped[int | None] = mapped_column(default=None)
    to_approve: Mapped[bool] = mapped_column(default=False, server_default=false())
    least: Mapped[int | None] = mapped_column(default=None)
    standby: Mapped[bool] = mapped_column(default=False, server_default=false())


class Draw(Base, kw_only=True):
    """The closed list of a class's draw, as it was published and hashed: a line "number,seats,time" per entry."""

    __tablename__ = "draw"

    class_id: Mapped[int] = mapped_column(ForeignKey("training_class.id"), primary_key=True)
    entries: Mapped[str] = mapped_column(Text)


class Consent(StrEnum):
    """What someone booked said of the time to which their class was moved."""

    ASKED = "asked"
    YES = "yes"
    NO = "no"


class Booking(Base, kw_only=True):
    """One person's (or one still unnamed) place in one class.

    `sequence` rises when the booking is cancelled, brought back or put elsewhere in the queue; added to the class's
    schedule_no it is the calendar's SEQUENCE. `changed_at` is when it came into its present state, `reason` why.
    `due_at`: by when a held seat must be named, a requested one approved, an offered one answered; else it lapses.
    `consent`: what its person says of the time to which the class was moved; None while it was not. `share_id`: the
    share of the class whose seat it has or had. `excused`: the roster says that staying away had a reason.
    """

    __tablename__ = "booking"
    __table_args__ = (
        CheckConstraint(
            "state IN ('held', 'requested', 'booked', 'queued', 'offered', 'cancelled')", name="state_known"
        ),
        CheckConstraint("consent IN ('asked', 'yes', 'no')", name="consent_known"),
        Index(
            "uq_booking_live",
            "class_id",
            "person_id",
            unique=True,
            sqlite_where=_IS_LIVE,
            postgresql_where=_IS_LIVE,
        ),
        Index("ix_booking_class", "class_id", "state"),
        Index("ix_booking_enrolment", "enrolment_id", "person_id"),
        Index("ix_booking_person", "person_id", "class_id"),
        Index("ix_booking_due", "due_at", sqlite_where=_IS_DUE, postgresql_where=_IS_DUE),
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"))
    class_id: Mapped[int] = mapped_column(ForeignKey("training_class.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    state: Mapped[State] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(32))
    changed_at: Mapped[dt.datetime]
    sequence: Mapped[int] = mapped_column(default=0)
    attended: Mapped[bool | None] = mapped_column(default=None)
    due_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    consent: Mapped[Consent | None] = mapped_column(String(8), default=None)
    share_id: Mapped[int | None] = mapped_column(ForeignKey("seat_share.id"), default=None, index=True)
    excused: Mapped[bool] = mapped_column(default=False, server_default=false())
    enrolment: Mapped[Enrolment] = relationship(init=False, viewonly=True)
    person: Mapped[Person | None] = relationship(init=False, viewonly=True)
    training_class: Mapped[TrainingClass] = relationship(init=False, viewonly=True)

    @property
    def is_live(self) -> bool:
        return self.state != State.CANCELLED

    @property
    def takes_a_seat(self) -> bool:
        return self.state in SEATED

    def is_overdue(self, at: dt.datetime) -> bool:
        """Return whether the time is over by which it was to be named, approved or answered."""
        return self.due_at is not None and self.due_at <= at

    @property
    def asks(self) -> Question | None:
        """What its person is asked now."""
        if self.state == State.OFFERED:
            return Question.OFFER
        return Question.NEW_TIME if self.state == State.BOOKED and self.consent == Consent.ASKED else None


class Appeal(Base, kw_only=True):
    """Why staying away, or cancelling late, should not count: the person's words, and an officer's answer to them."""

    __tablename__ = "appeal"

    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"), primary_key=True)
    words: Mapped[str] = mapped_column(Text)
    made_at: Mapped[dt.datetime] = mapped_column(index=True)
    decided_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"), default=None)
    upheld: Mapped[bool | None] = mapped_column(default=None)
    answer: Mapped[str] = mapped_column(Text, default="")


def standby_from(class_: TrainingClass) -> dt.datetime:
    """Return from when those on standby may have free seats: the close of booking, at the latest a day before."""
    return min(class_.closes_at, class_.starts_at - STANDBY_BEFORE)


def standby_until(
    missed: Collection[dt.datetime], limit: int, within: dt.timedelta, lasts: dt.timedelta
) -> dt.datetime | None:
    """Return until when someone is on standby who stayed away at these moments, None for never: from the `limit`-th
    time `within` a span, for as long as it `lasts`."""
    if limit < 1:
        return None
    at = sorted(missed)
    reached = [last for first, last in zip(at, at[limit - 1 :], strict=False) if last - first <= within]
    return reached[-1] + lasts if reached else None


class Event(Base, kw_only=True):
    """What happened to a class or a booking: who, when, through which door, why. Only ever added to."""

    __tablename__ = "event"
    __table_args__ = (Index("ix_event_class", "class_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    class_id: Mapped[int] = mapped_column(ForeignKey("training_class.id"))
    at: Mapped[dt.datetime]
    what: Mapped[str] = mapped_column(String(32))
    door: Mapped[str] = mapped_column(String(8))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), default=None)
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("booking.id"), default=None, index=True)
    facts: Mapped[dict[str, Any]] = mapped_column(default_factory=dict)
