"""The catalogue, for programs: courses, the classes on the shelves, and publishing one."""

import datetime as dt
from typing import Annotated, Any, Literal

from flask import Blueprint, url_for
from flask_babel import lazy_gettext as _l
from pydantic import AfterValidator, Field, TypeAdapter, WithJsonSchema
from pydantic_core import PydanticCustomError

from courses.catalogue import actions, model, queries
from courses.catalogue.actions import ClassPlan
from courses.catalogue.forms import MAX_AHEAD, MAX_SITTINGS, REMINDERS
from courses.catalogue.model import CANCEL_BEFORE, DEFAULT_REMINDERS, ClassState
from courses.catalogue.queries import Card
from courses.catalogue.shelf import Filters, Half, shelf_after
from courses.ground import clock
from courses.ground.api import (
    WHOLE,
    Day,
    Id,
    Line,
    Made,
    Moment,
    Page,
    Paged,
    Shape,
    Words,
    operation,
    page_of,
    request_key,
    words,
)
from courses.ground.db import db
from courses.ground.refusal import Refusal
from courses.people.guard import needs, public, signed_in
from courses.people.rights import Right

resources = Blueprint("catalogue_api", __name__)
_OF_COURSES = TypeAdapter(tuple[int, Id])
_OF_CLASSES = TypeAdapter(tuple[Moment, Id])
PLACE_REFUSES = (
    "no_sitting",
    "ends_before_start",
    "sittings_overlap",
    "in_the_past",
    "too_many_seats",
    "room_clash",
    "lecturer_clash",
)


class Topic(Shape):
    slug: str
    name: Words


class Course(Shape):
    id: Id
    title: Words
    topic: Topic
    summary: Words
    for_key_units: bool


class Courses(Page):
    courses: list[Course]


class ClassOnShelf(Shape):
    about = _l(
        "A class in brief. `free`: seats not taken; `queued`: how many wait; `is_open`: one may book or queue now."
    )

    id: Id
    course: Id
    title: Words
    topic: Words
    starts_at: Moment
    ends_at: Moment
    sittings: int
    home: Words
    town: Words
    lecturers: list[str]
    capacity: int
    taken: int
    free: int
    queued: int
    state: ClassState
    is_open: bool


class CourseInFull(Course):
    about = _l("A course with its syllabus (Markdown) and its classes to come.")

    syllabus: Words
    classes: list[ClassOnShelf]


class Classes(Page):
    classes: list[ClassOnShelf]


class ClassFilters(Paged):
    q: Line = Field("", max_length=100)
    topic: Line = Field("", max_length=64)
    town: Id | None = None
    home: Id | None = None
    lecturer: Id | None = None
    industry: Line = Field("", max_length=64)
    free: bool = False
    key_units: bool = False
    half: Literal["morning", "afternoon"] | None = None
    day: Day | None = None
    since: Day | None = None
    until: Day | None = None

    def filters(self) -> Filters:
        asked = {name: value for name, value in self if name in Filters.__dataclass_fields__}
        asked["half"] = Half(self.half) if self.half else None
        if self.day:
            asked.update(since=self.day, until=self.day)
        return Filters(**asked)


def _not_too_far(moment: dt.datetime) -> dt.datetime:
    if clock.local(moment).date() > (clock.now() + MAX_AHEAD).date():
        raise PydanticCustomError("out_of_reach", "That is more than two years ahead.")
    return moment


Ahead = Annotated[Moment, AfterValidator(_not_too_far)]


class PlannedSitting(Shape):
    about = _l("One half-day, not more than two years ahead.")

    starts_at: Ahead
    ends_at: Ahead = Field(json_schema_extra={"examples": ["2026-11-28T11:30:00+08:00"]})


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


class Plan(Timetable):
    about = _l(
        "A class to be published. Without `opens_at` booking opens at once, without `closes_at` it closes when the "
        "class begins, and without `cancel_until` cancelling is free until 24 hours before. `reminders`: minutes "
        "before a sitting. `enterprise_limit`: how many seats one enterprise can have. With "
        "`draw_at` lots are drawn then among all who entered before. `names_by`: until when held seats can get "
        "their names; without it until `cancel_until`."
    )

    course: Id
    capacity: Seats
    lecturers: list[Id] = Field([], max_length=20)
    opens_at: Moment | None = None
    closes_at: Moment | None = None
    cancel_until: Moment | None = None
    enterprise_limit: Seats | None = None
    draw_at: Moment | None = None
    names_by: Moment | None = None
    reminders: list[Minutes] = Field(list(DEFAULT_REMINDERS), max_length=len(_MINUTES))

    def as_class_plan(self) -> ClassPlan:
        begins = min((start for start, _ in self.spans()), default=clock.now())
        return ClassPlan(
            course_id=self.course,
            room_id=self.room,
            sittings=self.spans(),
            capacity=self.capacity,
            opens_at=self.opens_at or min(clock.now(), begins - dt.timedelta(minutes=1)),
            closes_at=self.closes_at or begins,
            cancel_until=self.cancel_until or begins - CANCEL_BEFORE,
            draw_at=self.draw_at,
            names_by=self.names_by,
            lecturer_ids=self.lecturers,
            reminders=self.reminders,
            enterprise_limit=self.enterprise_limit,
        )


class Published(Made):
    id: Id


@resources.get("/courses")
@public
@operation(_l("List the courses"), about=_l("In the order of the shelves."))
def courses(query: Paged) -> Courses:
    found = queries.courses_after(query.after(_OF_COURSES), query.limit)
    shown, following = page_of(found, query.limit, lambda course: [course.topic.position, course.id])
    return Courses(courses=[Course(**_course(course)) for course in shown], next=following)


@resources.get("/courses/<id:course_id>")
@public
@operation(_l("Read one course with its syllabus and its classes to come"))
def course(course_id: int) -> CourseInFull:
    found = db.session.get(model.Course, course_id)
    if found is None:
        raise Refusal("not_found")
    now = clock.now()
    return CourseInFull(
        **_course(found),
        syllabus=words(found, "syllabus"),
        classes=[_on_shelf(card, now) for card in queries.classes_of(course_id, now)],
    )


@resources.get("/classes")
@public
@operation(
    _l("Find classes to come"),
    about=_l(
        "Soonest first. `q` looks into titles, syllabuses, lecturers and places, also by pinyin; `topic` and "
        "`industry` are slugs; `town`, `home` and `lecturer` are ids. `day` is one day, `since` and `until` are the "
        "first and the last; with `free` only those with a seat left, with `key_units` only those for key "
        "pollutant-discharge units."
    ),
)
def classes(query: ClassFilters) -> Classes:
    now, place = clock.now(), query.after(_OF_CLASSES)
    found = shelf_after(query.filters(), now, place, query.limit)
    shown, following = page_of(found, query.limit, lambda card: [card.starts_at, card.id])
    return Classes(classes=[_on_shelf(card, now) for card in shown], next=following)


@resources.post("/classes")
@needs(Right.PUBLISH)
@operation(
    _l("Publish a class"),
    *PLACE_REFUSES,
    "window_wrong",
    "draw_wrong",
    "names_by_wrong",
    "not_found",
    about=_l("It is a class of your squadron, and people can see it at once."),
    status=201,
    takes_key=True,
)
def publish(body: Plan) -> Published:
    actor = signed_in()
    class_id = actions.publish(actor, body.as_class_plan(), request_key(actor.id))
    return Published(id=class_id, url=url_for("booking_api.class_", class_id=class_id))


def _course(found: model.Course) -> dict[str, Any]:
    return {
        "id": found.id,
        "title": words(found, "title"),
        "topic": Topic(slug=found.topic.slug, name=words(found.topic, "name")),
        "summary": words(found, "summary"),
        "for_key_units": found.for_key_units,
    }


def _on_shelf(card: Card, at: dt.datetime) -> ClassOnShelf:
    return ClassOnShelf(
        id=card.id,
        course=card.course_id,
        title=words(card, "title"),
        topic=words(card, "topic"),
        starts_at=card.starts_at,
        ends_at=card.ends_at,
        sittings=card.sittings,
        home=words(card, "home"),
        town=words(card, "town"),
        lecturers=card.lecturers,
        capacity=card.capacity,
        taken=card.seats_taken,
        free=card.capacity - card.seats_taken,
        queued=card.queued,
        state=ClassState(card.state),
        is_open=card.state == ClassState.PUBLISHED and card.opens_at <= at < card.closes_at,
    )
