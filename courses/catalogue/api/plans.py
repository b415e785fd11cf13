"""The shapes of a class that is being planned, and of what it would meet."""

import datetime as dt
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

from flask_babel import lazy_gettext as _l
from pydantic import AfterValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from courses.catalogue import actions, planning
from courses.catalogue.actions import ClassPlan
from courses.catalogue.forms import MAX_AHEAD, MAX_SHARES, MAX_SITTINGS, REMINDERS
from courses.catalogue.model import (
    CANCEL_BEFORE,
    DEFAULT_REMINDERS,
    MOST_OFFER_HOURS,
    OFFER_HOURS,
    ClassState,
    DayKind,
    FillRule,
    Promotion,
    Share,
    ShareKind,
    Span,
    TrainingClass,
)
from courses.catalogue.planning import Clash, DayNote
from courses.ground import clock
from courses.ground.api import WHOLE, Day, Id, Moment, Shape, Words, words

PLACE_REFUSES = (
    "no_sitting",
    "ends_before_start",
    "sittings_overlap",
    "in_the_past",
    "too_many_seats",
    "room_clash",
    "lecturer_clash",
)


def _not_too_far(moment: dt.datetime) -> dt.datetime:
    if clock.local(moment).date() > (clock.now() + MAX_AHEAD).date():
        raise PydanticCustomError("out_of_reach", "That is more than two years ahead.")
    return moment


Ahead = Annotated[Moment, AfterValidator(_not_too_far)]
_UNTIL = Field(json_schema_extra={"examples": ["2026-11-28T11:30:00+08:00"]})


class PlannedSitting(Shape):
    about = _l("One half-day, not more than two years ahead.")

    starts_at: Ahead
    ends_at: Ahead = _UNTIL


class Timetable(Shape):
    """Where and when."""

    room: Id
    sittings: Annotated[list[PlannedSitting], Field(max_length=MAX_SITTINGS)]

    def spans(self) -> list[actions.Span]:
        return [(sitting.starts_at, sitting.ends_at) for sitting in self.sittings]


_MINUTES = [choice.value for choice in REMINDERS]


def _offered(minutes: int) -> int:
    if minutes not in _MINUTES:
        raise PydanticCustomError("not_offered", "This is not among what can be chosen.")
    return minutes


Minutes = Annotated[int, WHOLE, AfterValidator(_offered), WithJsonSchema({"type": "integer", "enum": _MINUTES})]
Seats = Annotated[int, Field(ge=1, le=1000, examples=[30]), WHOLE]
OfferHours = Annotated[int, Field(ge=1, le=MOST_OFFER_HOURS, examples=[OFFER_HOURS]), WHOLE]


class Kept(Shape):
    about = _l("Seats kept for those of a town or an industry (`of`: its id), for key units or for first-timers.")

    kind: ShareKind
    seats: Seats
    of: Id | None = None


class Plan(Timetable):
    about = _l(
        "A class to be published. Without `opens_at` booking opens at once, without `closes_at` it closes when the "
        "class begins, and without `cancel_until` cancelling is free until 24 hours before. `reminders`: minutes "
        "before a sitting. `enterprise_limit`: how many seats one enterprise can have. Until `first_until` only those "
        "can book who had asked to be told of the course. With `draw_at` lots are drawn then among all who entered "
        "before. `names_by`: until when held seats can get their names; without it until `cancel_until`. "
        "`fill_rule`: whether those who fit go before a group that does not. `shares` are kept until `shares_until`, "
        "or until `cancel_until`. "
        "With a `minimum` the class is tentative until so many are booked or the squadron decides, by `decide_by` or "
        "two working days before. `promotion`: whether a seat that comes free is the next one's at once (`direct`), or "
        "offered (`offer`) for `offer_hours` of working time, less shortly before the class."
    )

    course: Id
    capacity: Seats
    lecturers: list[Id] = Field([], max_length=20)
    opens_at: Moment | None = None
    closes_at: Moment | None = None
    cancel_until: Moment | None = None
    enterprise_limit: Seats | None = None
    first_until: Moment | None = None
    draw_at: Moment | None = None
    names_by: Moment | None = None
    fill_rule: FillRule = FillRule.STRICT
    shares: list[Kept] = Field([], max_length=MAX_SHARES)
    shares_until: Moment | None = None
    minimum: Seats | None = None
    decide_by: Moment | None = None
    promotion: Promotion = Promotion.DIRECT
    offer_hours: OfferHours = OFFER_HOURS
    reminders: list[Minutes] = Field(list(DEFAULT_REMINDERS), max_length=len(_MINUTES))

    def as_class_plan(self) -> ClassPlan:
        begins = min((start for start, _ in self.spans()), default=clock.now())
        cancel_until = self.cancel_until or begins - CANCEL_BEFORE
        return ClassPlan(
            course_id=self.course,
            room_id=self.room,
            sittings=self.spans(),
            capacity=self.capacity,
            opens_at=self.opens_at or min(clock.now(), begins - dt.timedelta(minutes=1)),
            closes_at=self.closes_at or begins,
            cancel_until=cancel_until,
            first_until=self.first_until,
            draw_at=self.draw_at,
            names_by=self.names_by,
            fill_rule=self.fill_rule,
            shares=[Share(kept.kind, kept.seats, kept.of) for kept in self.shares],
            shares_until=(self.shares_until or cancel_until) if self.shares else None,
            lecturer_ids=self.lecturers,
            reminders=self.reminders,
            enterprise_limit=self.enterprise_limit,
            minimum=self.minimum,
            decide_by=(self.decide_by or planning.usual_decision(begins)) if self.minimum else None,
            promotion=self.promotion,
            offer_hours=self.offer_hours,
        )


class HalfDay(Shape):
    starts_at: Moment
    ends_at: Moment = _UNTIL


class Planned(Shape):
    about = _l("A class as it is planned; it can be sent back as it stands, or with changes.")

    course: Id
    room: Id
    sittings: list[HalfDay]
    capacity: int
    lecturers: list[Id]
    opens_at: Moment
    closes_at: Moment
    cancel_until: Moment
    enterprise_limit: int | None
    first_until: Moment | None
    draw_at: Moment | None
    names_by: Moment | None
    fill_rule: FillRule
    shares: list[Kept]
    shares_until: Moment | None
    minimum: int | None
    decide_by: Moment | None
    promotion: Promotion
    offer_hours: int
    reminders: list[int]


class Met(Shape):
    about = _l("A sitting of another class at that hour: in the same room, or with the `lecturer` who is named.")

    class_: Id = Field(serialization_alias="class")
    state: ClassState
    title: Words
    starts_at: Moment
    ends_at: Moment
    lecturer: str | None


class KindOfDay(StrEnum):
    OFF = DayKind.OFF.value
    WORKING = DayKind.WORKING.value
    WEEKEND = "weekend"


class SpecialDay(Shape):
    about = _l("A day on which people are not at work (`off`, `weekend`), or are although it is a weekend (`working`).")

    day: Day
    kind: KindOfDay
    name: Words | None


class Draft(Shape):
    about = _l("A class that only your squadron sees. `meets` and `days`: what stands in its way, or might.")

    id: Id
    plan: Planned
    meets: list[Met]
    days: list[SpecialDay]


def draft_of(row: TrainingClass) -> Draft:
    plan = planning.plan_of(row)
    seen = planning.foresee(plan.room_id, plan.lecturer_ids, plan.sittings, plan.capacity, row.id, row.squadron_id)
    return Draft(id=row.id, plan=planned(plan), meets=met(seen.clashes), days=special(seen.days))


def planned(plan: ClassPlan) -> Planned:
    return Planned(
        course=plan.course_id,
        room=plan.room_id,
        sittings=half_days(plan.sittings),
        capacity=plan.capacity,
        lecturers=list(plan.lecturer_ids),
        opens_at=plan.opens_at,
        closes_at=plan.closes_at,
        cancel_until=plan.cancel_until,
        enterprise_limit=plan.enterprise_limit,
        first_until=plan.first_until,
        draw_at=plan.draw_at,
        names_by=plan.names_by,
        fill_rule=plan.fill_rule,
        shares=[Kept(kind=share.kind, seats=share.seats, of=share.of) for share in plan.shares],
        shares_until=plan.shares_until,
        minimum=plan.minimum,
        decide_by=plan.decide_by,
        promotion=plan.promotion,
        offer_hours=plan.offer_hours,
        reminders=sorted(plan.reminders, reverse=True),
    )


def half_days(spans: Sequence[Span]) -> list[HalfDay]:
    return [HalfDay(starts_at=start, ends_at=end) for start, end in spans]


def met(clashes: list[Clash]) -> list[Met]:
    return [
        Met(
            class_=clash.class_id,
            state=ClassState(clash.state),
            title=words(clash, "title"),
            starts_at=clash.starts_at,
            ends_at=clash.ends_at,
            lecturer=clash.lecturer or None,
        )
        for clash in clashes
    ]


def special(days: list[DayNote]) -> list[SpecialDay]:
    return [
        SpecialDay(day=note.day, kind=KindOfDay(note.kind), name=words(note, "name") if note.name_zh else None)
        for note in days
    ]
