"""Reading the catalogue: topics, courses, the classes on the shelves."""

import datetime as dt
from typing import Any, Literal

from flask_babel import lazy_gettext as _l
from pydantic import Field, TypeAdapter

from courses.catalogue import model, planning, queries
from courses.catalogue.api.blueprint import resources
from courses.catalogue.model import ClassState
from courses.catalogue.queries import Card
from courses.catalogue.shelf import Filters, Half, shelf_after
from courses.ground import clock
from courses.ground.api import Day, Id, Line, Moment, Page, Paged, Shape, Words, operation, page_of, words
from courses.people.guard import needs, public, signed_in
from courses.people.queries import industry_names
from courses.people.rights import Actor, Right

_OF_COURSES = TypeAdapter(tuple[int, Id])
_OF_CLASSES = TypeAdapter(tuple[Moment, Id])


class Topic(Shape):
    slug: str
    name: Words


class Topics(Shape):
    topics: list[Topic]


class Course(Shape):
    id: Id
    title: Words
    topic: Topic
    summary: Words
    for_key_units: bool


class Industry(Shape):
    id: Id
    name: Words


class Industries(Shape):
    industries: list[Industry]


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
    about = _l(
        "A course with its syllabus (Markdown) and its classes to come. `version` counts the texts it had; of one that "
        "`is_archived` no class can be published. `industries`: for whom it is made; none is for all."
    )

    syllabus: Words
    version: int
    is_archived: bool
    industries: list[Industry]
    classes: list[ClassOnShelf]


class Classes(Page):
    classes: list[ClassOnShelf]


class Drafts(Shape):
    drafts: list[ClassOnShelf]


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


@resources.get("/topics")
@public
@operation(_l("List the topics"), about=_l("In the order of the shelves."))
def topics() -> Topics:
    found = [Topic(slug=topic.slug, name=words(topic, "name")) for topic in planning.all_topics()]
    return Topics(topics=found)


@resources.get("/industries")
@public
@operation(_l("List the industries"))
def industries() -> Industries:
    return Industries(industries=[Industry(id=one.id, name=words(one, "name")) for one in industry_names()])


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
    return course_in_full(course_id)


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


@resources.get("/drafts")
@needs(Right.PUBLISH)
@operation(_l("List your squadron's drafts"), about=_l("Soonest first, at most 50."))
def drafts() -> Drafts:
    return drafts_of(signed_in())


def drafts_of(actor: Actor) -> Drafts:
    now = clock.now()
    return Drafts(drafts=[_on_shelf(card, now) for card in planning.drafts(actor.squadron_id or 0)])


def course_in_full(course_id: int) -> CourseInFull:
    found, now = queries.the_course(course_id), clock.now()
    return CourseInFull(
        **_course(found),
        syllabus=words(found, "syllabus"),
        version=found.version,
        is_archived=found.archived_at is not None,
        industries=[Industry(id=one.id, name=words(one, "name")) for one in queries.made_for(course_id)],
        classes=[_on_shelf(card, now) for card in queries.classes_of(course_id, now)],
    )


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
