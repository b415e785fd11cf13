"""Courses, classes, sittings, lecturers and reminder rules."""

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from courses.ground.db import Base
from courses.ground.lots import commitment
from courses.homes.model import Room
from courses.people.model import MINUTES_PER_HOUR, Industry, Person, Town

DEFAULT_REMINDERS = (3 * 1440, 1440, 120)  # minutes before: 3 days, 1 day, 2 hours
CANCEL_BEFORE = dt.timedelta(hours=24)  # product rule, until a city sets its own

HALF_DAYS = tuple(
    f"{day}_{half}" for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun") for half in ("morning", "afternoon")
)
"""The half-days of a week, in order: when a class would suit someone."""

Span = tuple[dt.datetime, dt.datetime]


class ClassState(StrEnum):
    """A draft is seen by its own squadron alone, and nobody is ever told of one."""

    DRAFT = "draft"
    PUBLISHED = "published"
    CALLED_OFF = "called_off"


class FillRule(StrEnum):
    """What happens behind a group for which there are too few seats: nobody takes a seat that it could use, or those
    who fit go before it."""

    STRICT = "strict"
    FILL_GAPS = "fill_gaps"


class Promotion(StrEnum):
    """What becomes of a seat that comes free: the next in the queue has it at once, or is offered it until an hour."""

    DIRECT = "direct"
    OFFER = "offer"


OFFER_HOURS, MOST_OFFER_HOURS = 8, 80


class ShareKind(StrEnum):
    """For whom seats can be kept. A first-timer has and had no seat in another class."""

    TOWN = "town"
    INDUSTRY = "industry"
    KEY_UNIT = "key_unit"
    FIRST_TIMER = "first_timer"


class Share(NamedTuple):
    """So many seats kept for those of a town, of an industry (`of`: its id), for key units or for first-timers."""

    kind: ShareKind
    seats: int
    of: int | None = None


@dataclass(frozen=True, kw_only=True)
class ClassPlan:
    """What an officer fills in: everything a class needs before it can be published."""

    course_id: int
    room_id: int
    sittings: Sequence[Span]
    capacity: int
    opens_at: dt.datetime
    closes_at: dt.datetime
    cancel_until: dt.datetime
    draw_at: dt.datetime | None = None
    lecturer_ids: Sequence[int] = ()
    reminders: Collection[int] = field(default_factory=tuple)
    enterprise_limit: int | None = None
    names_by: dt.datetime | None = None
    fill_rule: FillRule = FillRule.STRICT
    shares: Sequence[Share] = ()
    shares_until: dt.datetime | None = None
    first_until: dt.datetime | None = None
    minimum: int | None = None
    decide_by: dt.datetime | None = None
    promotion: Promotion = Promotion.DIRECT
    offer_hours: int = OFFER_HOURS


class DayKind(StrEnum):
    """What a day is that is not simply a working day or a weekend: nobody works, or everybody does."""

    OFF = "off"
    WORKING = "working"


class Holiday(Base, kw_only=True):
    """A day on which the city differs from what the state announced; `ground/holidays.py` knows the latter."""

    __tablename__ = "holiday"
    __table_args__ = (CheckConstraint("kind IN ('off', 'working')", name="kind_known"),)

    day: Mapped[dt.date] = mapped_column(primary_key=True)
    kind: Mapped[DayKind] = mapped_column(String(16))
    name_zh: Mapped[str] = mapped_column(default="")
    name_en: Mapped[str] = mapped_column(default="")


class Topic(Base, kw_only=True):
    """A shelf."""

    __tablename__ = "topic"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    slug: Mapped[str] = mapped_column(unique=True)
    name_zh: Mapped[str]
    name_en: Mapped[str] = mapped_column(default="")
    position: Mapped[int] = mapped_column(default=0)


class Course(Base, kw_only=True):
    """What is taught. Texts exist per language: Chinese required, English falls back to it with a mark.

    `version` counts its texts, `written_at` is when the present one was made (None: with the course). An archived
    course gets no new classes. `enterprise_year_limit`: how many seats one enterprise can have in its classes of one
    calendar year, if there is a limit.
    """

    __tablename__ = "course"
    __table_args__ = (CheckConstraint("enterprise_year_limit > 0", name="enterprise_year_limit_positive"),)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    topic_id: Mapped[int] = mapped_column(ForeignKey("topic.id"), index=True)
    title_zh: Mapped[str]
    title_en: Mapped[str] = mapped_column(default="")
    summary_zh: Mapped[str] = mapped_column(Text, default="")
    summary_en: Mapped[str] = mapped_column(Text, default="")
    syllabus_zh: Mapped[str] = mapped_column(Text, default="")
    syllabus_en: Mapped[str] = mapped_column(Text, default="")
    for_key_units: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)
    written_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    archived_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    enterprise_year_limit: Mapped[int | None] = mapped_column(default=None)
    topic: Mapped[Topic] = relationship(init=False, viewonly=True)


class CourseVersion(Base, kw_only=True):
    """A text that a course had while classes were given: a class shows the one that stood when it began."""

    __tablename__ = "course_version"
    __table_args__ = (Index("uq_course_version_number", "course_id", "number", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"))
    number: Mapped[int]
    title_zh: Mapped[str]
    title_en: Mapped[str]
    summary_zh: Mapped[str] = mapped_column(Text)
    summary_en: Mapped[str] = mapped_column(Text)
    syllabus_zh: Mapped[str] = mapped_column(Text)
    syllabus_en: Mapped[str] = mapped_column(Text)
    made_at: Mapped[dt.datetime | None]
    replaced_at: Mapped[dt.datetime]


class CourseIndustry(Base, kw_only=True):
    """A course is made for an industry; one without is for all."""

    __tablename__ = "course_industry"

    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"), primary_key=True)
    industry_id: Mapped[int] = mapped_column(ForeignKey(Industry.id), primary_key=True, index=True)


class Interest(Base, kw_only=True):
    """A person wants to be told when a course gets a class; the telling ends it.

    `towns` (ids) and `half_days` (of HALF_DAYS) are those that suit them; none means that all do.
    """

    __tablename__ = "interest"

    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, index=True)
    made_at: Mapped[dt.datetime]
    towns: Mapped[list[int]] = mapped_column(JSON, default_factory=list, server_default="[]")
    half_days: Mapped[list[str]] = mapped_column(JSON, default_factory=list, server_default="[]")


class FirstAsked(Base, kw_only=True):
    """A person had asked for the course before this class of it was published, and may book first."""

    __tablename__ = "first_asked"

    class_id: Mapped[int] = mapped_column(ForeignKey("training_class.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, index=True)


class Lecturer(Base, kw_only=True):
    """An invited teacher: a person with an institution."""

    __tablename__ = "lecturer"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    institution_zh: Mapped[str]
    institution_en: Mapped[str] = mapped_column(default="")
    bio_zh: Mapped[str] = mapped_column(Text, default="")
    bio_en: Mapped[str] = mapped_column(Text, default="")
    person: Mapped[Person] = relationship(init=False, viewonly=True)


_TO_DRAW = text("drawn_at IS NULL AND draw_at IS NOT NULL")


class TrainingClass(Base, kw_only=True):
    """One dated class of a course: a room, lecturers, seats.

    `seats_taken` counts bookings that are held, requested, booked or offered; `queued` counts enrolments that wait.
    Both change together with those rows, under this row's lock. `starts_at` and `ends_at` are those of the first and
    last sitting. `enterprise_limit`: how many seats one enterprise can have, if there is a limit. `schedule_no` rises
    with every move, call-off and undo; `scheduled_at` says when it last did, and `published_at` when people could
    first see the class. `names_by`: until when held seats can get their names; None: until `cancel_until`.

    `first_until`: until then only those book who had asked for the course before. `draw_at`: until then one enters a
    draw instead of getting a seat in the order of asking. `draw_seed` is drawn when the class is made, and secret until
    `drawn_at`; `draw_commitment`, which is public from the start, binds to it.

    `fill_rule`: whether those who fit go before a group that does not. Until `shares_until` seats are kept for those
    whom its SeatShares name; then all are for everyone.
    With a `minimum` the class is tentative until so many are booked or its squadron decides, which it is asked to do
    until `decide_by`; `confirmed_at`: since when it takes place for certain. `merged_into`: the class that took over
    its people when there were too few. `promotion`: whether a seat that comes free is the next one's at once, or is
    offered for at most `offer_hours` of the city's working time.
    """

    __tablename__ = "training_class"
    __table_args__ = (
        # Both sides joined by AND: SQLite takes the chained form for a comparison with a truth value.
        CheckConstraint("seats_taken >= 0 AND seats_taken <= capacity", name="seats_within_capacity"),
        CheckConstraint("capacity > 0", name="has_seats"),
        CheckConstraint("queued >= 0", name="queue_not_negative"),
        CheckConstraint("enterprise_limit > 0", name="enterprise_limit_positive"),
        CheckConstraint("starts_at < ends_at", name="ends_after_start"),
        CheckConstraint("closes_at <= starts_at", name="closes_before_start"),
        CheckConstraint("names_by <= starts_at", name="names_before_start"),
        CheckConstraint("draw_at <= closes_at", name="draws_before_close"),
        CheckConstraint("minimum > 0", name="minimum_positive"),
        CheckConstraint("(minimum IS NULL) = (decide_by IS NULL)", name="minimum_has_its_day"),
        CheckConstraint("decide_by <= starts_at", name="decided_before_start"),
        CheckConstraint("draw_at IS NULL OR length(draw_seed) = 64", name="draws_from_a_seed"),
        CheckConstraint("fill_rule IN ('strict', 'fill_gaps')", name="fill_rule_known"),
        CheckConstraint("shares_until <= starts_at", name="shares_end_before_start"),
        CheckConstraint("promotion IN ('direct', 'offer')", name="promotion_known"),
        CheckConstraint("offer_hours > 0", name="offer_hours_positive"),
        Index("ix_training_class_shelf", "state", "starts_at"),
        Index("ix_training_class_course", "course_id", "state", "starts_at", "ends_at"),
        Index("ix_training_class_week", "squadron_id", "starts_at"),
        Index("ix_training_class_going", "squadron_id", "ends_at", "course_id"),
        Index("ix_training_class_ends", "ends_at"),
        Index("ix_training_class_draw", "draw_at", sqlite_where=_TO_DRAW, postgresql_where=_TO_DRAW),
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"))
    squadron_id: Mapped[int] = mapped_column(ForeignKey("squadron.id"))
    room_id: Mapped[int] = mapped_column(ForeignKey("room.id"), index=True)
    capacity: Mapped[int]
    starts_at: Mapped[dt.datetime]
    ends_at: Mapped[dt.datetime]
    opens_at: Mapped[dt.datetime]
    closes_at: Mapped[dt.datetime]
    cancel_until: Mapped[dt.datetime]
    scheduled_at: Mapped[dt.datetime]
    state: Mapped[ClassState] = mapped_column(String(16), default=ClassState.PUBLISHED)
    sittings_count: Mapped[int] = mapped_column(default=1)
    seats_taken: Mapped[int] = mapped_column(default=0)
    queued: Mapped[int] = mapped_column(default=0)
    came: Mapped[int] = mapped_column(default=0, server_default="0")  # marked present; changes as the two above do
    last_order_no: Mapped[int] = mapped_column(default=0)
    schedule_no: Mapped[int] = mapped_column(default=1)
    published_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    call_off_reason: Mapped[str] = mapped_column(default="")
    call_off_reason_en: Mapped[str] = mapped_column(default="")
    enterprise_limit: Mapped[int | None] = mapped_column(default=None)
    first_until: Mapped[dt.datetime | None] = mapped_column(default=None)
    draw_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    draw_seed: Mapped[str] = mapped_column(String(64), default="")
    drawn_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    names_by: Mapped[dt.datetime | None] = mapped_column(default=None)
    fill_rule: Mapped[FillRule] = mapped_column(String(16), default=FillRule.STRICT, server_default="strict")
    shares_until: Mapped[dt.datetime | None] = mapped_column(default=None)
    minimum: Mapped[int | None] = mapped_column(default=None)
    decide_by: Mapped[dt.datetime | None] = mapped_column(default=None)
    confirmed_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    merged_into: Mapped[int | None] = mapped_column(default=None)
    promotion: Mapped[Promotion] = mapped_column(String(16), default=Promotion.DIRECT, server_default="direct")
    offer_hours: Mapped[int] = mapped_column(default=OFFER_HOURS, server_default=str(OFFER_HOURS))
    course: Mapped[Course] = relationship(init=False, viewonly=True)
    room: Mapped[Room] = relationship(init=False, viewonly=True)
    sittings: Mapped[list["Sitting"]] = relationship(init=False, viewonly=True, order_by="Sitting.starts_at")

    @property
    def seats_free(self) -> int:
        return self.capacity - self.seats_taken

    @property
    def is_full(self) -> bool:
        return self.seats_taken >= self.capacity

    def is_bookable(self, at: dt.datetime) -> bool:
        """Return whether one may book or queue at `at`."""
        return self.state == ClassState.PUBLISHED and self.opens_at <= at < self.closes_at

    def has_begun(self, at: dt.datetime) -> bool:
        return at >= self.starts_at

    @property
    def names_until(self) -> dt.datetime:
        """Until when a held seat can get a name."""
        return self.names_by or self.cancel_until

    @property
    def awaits_draw(self) -> bool:
        return self.draw_at is not None and self.drawn_at is None

    @property
    def is_tentative(self) -> bool:
        """Whether it is still open if the class takes place."""
        return self.minimum is not None and self.confirmed_at is None

    @property
    def draw_commitment(self) -> str:
        """The SHA-256 of the seed, in hex: who knows it can tell later that the seed was not changed."""
        return commitment(self.draw_seed)


class SeatShare(Base, kw_only=True):
    """Seats of a class that are kept until its `shares_until`. Who may take several is given one of the first."""

    __tablename__ = "seat_share"
    __table_args__ = (
        CheckConstraint("kind IN ('town', 'industry', 'key_unit', 'first_timer')", name="kind_known"),
        CheckConstraint("seats > 0", name="keeps_seats"),
        CheckConstraint(
            "(kind = 'town') = (town_id IS NOT NULL) AND (kind = 'industry') = (industry_id IS NOT NULL)",
            name="names_whom",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    class_id: Mapped[int] = mapped_column(ForeignKey("training_class.id"), index=True)
    kind: Mapped[ShareKind] = mapped_column(String(16))
    seats: Mapped[int]
    town_id: Mapped[int | None] = mapped_column(ForeignKey(Town.id), default=None, index=True)
    industry_id: Mapped[int | None] = mapped_column(ForeignKey(Industry.id), default=None, index=True)


class Sitting(Base, kw_only=True):
    """One dated half-day of a class; attendance is taken per sitting."""

    __tablename__ = "sitting"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="ends_after_start"),
        Index("ix_sitting_time", "starts_at", "ends_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    class_id: Mapped[int] = mapped_column(ForeignKey("training_class.id"), index=True)
    starts_at: Mapped[dt.datetime]
    ends_at: Mapped[dt.datetime]

    def half_hours(self, minutes_per_hour: int = MINUTES_PER_HOUR) -> int:
        return half_hours([(self.starts_at, self.ends_at)], minutes_per_hour)


def half_hours(sittings: Iterable[tuple[dt.datetime, dt.datetime]], minutes_per_hour: int) -> int:
    """Return what sittings are worth to whoever is there, in half 学时, each rounded to the nearest."""
    return sum(round((end - start).total_seconds() // 60 * 2 / minutes_per_hour) for start, end in sittings)


class Teaching(Base, kw_only=True):
    """A lecturer teaches a class."""

    __tablename__ = "teaching"
    __table_args__ = (Index("ix_teaching_person", "person_id", "class_id"),)

    class_id: Mapped[int] = mapped_column(ForeignKey("training_class.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)


class ClassTemplate(Base, kw_only=True):
    """A squadron's settings for a class of this course, under a name: all but the date. What `settings` holds is said
    by `planning.settings_of`."""

    __tablename__ = "class_template"
    __table_args__ = (Index("uq_class_template_name", "squadron_id", "name", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    squadron_id: Mapped[int] = mapped_column(ForeignKey("squadron.id"))
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"), index=True)
    name: Mapped[str]
    settings: Mapped[dict[str, Any]]
    course: Mapped[Course] = relationship(init=False, viewonly=True)


class ReminderRule(Base, kw_only=True):
    """Remind those booked `minutes_before` a sitting. Rules are replaced, never edited."""

    __tablename__ = "reminder_rule"
    __table_args__ = (
        CheckConstraint("minutes_before > 0", name="before"),
        Index(
            "uq_reminder_rule_live",
            "class_id",
            "minutes_before",
            unique=True,
            sqlite_where=text("replaced_at IS NULL"),
            postgresql_where=text("replaced_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    class_id: Mapped[int] = mapped_column(ForeignKey("training_class.id"))
    minutes_before: Mapped[int]
    made_at: Mapped[dt.datetime]
    replaced_at: Mapped[dt.datetime | None] = mapped_column(default=None)
