"""What shelves, course pages and notices ask of the catalogue."""

import datetime as dt
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, bindparam, func, or_, select

from courses.catalogue.model import ClassState, Course, Lecturer, ReminderRule, Sitting, Teaching, Topic, TrainingClass
from courses.ground import clock
from courses.ground.db import db, run
from courses.ground.kept import kept
from courses.ground.language import lang
from courses.homes.model import Home, Room
from courses.people.model import Person, Town

PAGE_SIZE = 20


class Card(NamedTuple):
    """One class on a shelf, ready to print."""

    id: int
    course_id: int
    title_zh: str
    title_en: str
    topic_zh: str
    topic_en: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    sittings: int
    home_zh: str
    home_en: str
    town_zh: str
    town_en: str
    teachers: str
    capacity: int
    seats_taken: int
    queued: int
    state: str
    opens_at: dt.datetime
    closes_at: dt.datetime

    @property
    def lecturers(self) -> list[str]:
        """Their names, as the reader can read them; the row holds each as "陈砚/Chen Yan"."""
        both = (teacher.partition("/") for teacher in filter(None, self.teachers.split("、")))
        return [(latin if lang() == "en" else "") or name for name, _, latin in both]


_lecturers = (
    select(func.aggregate_strings(Person.name + "/" + Person.name_en, "、"))
    .join(Teaching, Teaching.person_id == Person.id)
    .where(Teaching.class_id == TrainingClass.id)
    .correlate(TrainingClass)
    .scalar_subquery()
)


# Built once: building a statement costs more than running it.
_CARDS = (
    select(
        TrainingClass.id,
        TrainingClass.course_id,
        Course.title_zh,
        Course.title_en,
        Topic.name_zh,
        Topic.name_en,
        TrainingClass.starts_at,
        TrainingClass.ends_at,
        TrainingClass.sittings_count,
        Home.name_zh,
        Home.name_en,
        Town.name_zh,
        Town.name_en,
        func.coalesce(_lecturers, ""),
        TrainingClass.capacity,
        TrainingClass.seats_taken,
        TrainingClass.queued,
        TrainingClass.state,
        TrainingClass.opens_at,
        TrainingClass.closes_at,
    )
    .join(Course, Course.id == TrainingClass.course_id)
    .join(Topic, Topic.id == Course.topic_id)
    .join(Room, Room.id == TrainingClass.room_id)
    .join(Home, Home.id == Room.home_id)
    .join(Town, Town.id == Home.town_id)
    .order_by(TrainingClass.starts_at, TrainingClass.id)
)


def cards() -> Select[*tuple[Any, ...]]:
    """Return the statement that yields Cards, in order of time; callers add what they narrow by."""
    return _CARDS


def as_cards(statement: Select[*tuple[Any, ...]], **values: Any) -> list[Card]:
    return [Card._make(row) for row in run(statement, values).all()]


class Shelf(NamedTuple):
    """A topic with the number of classes to come."""

    slug: str
    name_zh: str
    name_en: str
    classes: int


@kept(10)
def topics() -> list[Shelf]:
    """Return every topic with how many classes are to come; as they were up to ten seconds ago."""
    at = clock.now()
    coming = and_(
        TrainingClass.course_id == Course.id,
        TrainingClass.state == ClassState.PUBLISHED,
        TrainingClass.starts_at > at,
    )
    statement = (
        select(Topic.slug, Topic.name_zh, Topic.name_en, func.count(TrainingClass.id))
        .outerjoin(Course, Course.topic_id == Topic.id)
        .outerjoin(TrainingClass, coming)
        .group_by(Topic.id)
        .order_by(Topic.position, Topic.id)
    )
    return [Shelf(*row) for row in db.session.execute(statement)]


def all_courses() -> list[Course]:
    """Return every course with its topic, in shelf order."""
    return _with_topics(_courses())


def courses_after(place: tuple[int, int] | None, limit: int) -> list[Course]:
    """Return the courses after `place`, the topic's position and the course's id of the last one seen, in shelf order;
    one more than `limit` if there are more."""
    statement = _courses()
    if place:
        position, id_ = place
        same_topic = and_(Topic.position == position, Course.id > id_)
        statement = statement.where(or_(Topic.position > position, same_topic))
    return _with_topics(statement.limit(limit + 1))


def _courses() -> Select[Course, Topic]:
    standing = select(Course, Topic).join(Topic, Topic.id == Course.topic_id).where(Course.archived_at.is_(None))
    return standing.order_by(Topic.position, Course.id)


def _with_topics(statement: Select[Course, Topic]) -> list[Course]:
    courses = []
    for course, topic in db.session.execute(statement):
        db.session.expunge(course)
        course.__dict__["topic"] = topic
        courses.append(course)
    return courses


def classes_of(course_id: int, at: dt.datetime) -> list[Card]:
    """Return the classes of a course still to come."""
    return as_cards(
        cards().where(
            TrainingClass.course_id == course_id,
            TrainingClass.state == ClassState.PUBLISHED,
            TrainingClass.starts_at > at,
        )
    )


class Teacher(NamedTuple):
    """A lecturer as shown on a class's page and in the publish form."""

    id: int
    name: str
    name_en: str
    email: str | None
    institution_zh: str
    institution_en: str
    bio_zh: str
    bio_en: str


def _teachers() -> Select[*tuple[Any, ...]]:
    return select(
        Person.id,
        Person.name,
        Person.name_en,
        Person.email,
        Lecturer.institution_zh,
        Lecturer.institution_en,
        Lecturer.bio_zh,
        Lecturer.bio_en,
    ).join(Lecturer, Lecturer.person_id == Person.id)


def lecturers() -> list[Teacher]:
    return [Teacher(*row) for row in db.session.execute(_teachers().order_by(Person.name, Person.id))]


_OF_CLASS = (
    _teachers()
    .join(Teaching, Teaching.person_id == Person.id)
    .where(Teaching.class_id == bindparam("class_id"))
    .order_by(Person.id)
)


def reminders_of(class_id: int) -> list[int]:
    """Return how many minutes before a sitting those booked are reminded, the earliest reminder first."""
    standing = select(ReminderRule.minutes_before).where(
        ReminderRule.class_id == class_id, ReminderRule.replaced_at.is_(None)
    )
    return list(db.session.scalars(standing.order_by(ReminderRule.minutes_before.desc())))


def lecturers_of(class_id: int) -> list[Teacher]:
    return [Teacher._make(row) for row in run(_OF_CLASS, {"class_id": class_id}).all()]


def spans_of(class_: TrainingClass) -> list[tuple[dt.datetime, dt.datetime]]:
    """Return the class's sittings in order; no statement for the usual class of one sitting."""
    if class_.sittings_count == 1:
        return [(class_.starts_at, class_.ends_at)]
    statement = select(Sitting.starts_at, Sitting.ends_at).where(Sitting.class_id == class_.id)
    return [(start, end) for start, end in db.session.execute(statement.order_by(Sitting.starts_at))]


class Said(NamedTuple):
    """What is said of a class wherever it is spoken of: its title and place, in both languages."""

    title_zh: str
    title_en: str
    room_zh: str
    room_en: str
    home_zh: str
    home_en: str
    address_zh: str
    address_en: str
    phone: str


SAID = (
    Course.title_zh,
    Course.title_en,
    Room.name_zh,
    Room.name_en,
    Home.name_zh,
    Home.name_en,
    Home.address_zh,
    Home.address_en,
    Home.phone,
)
"""The columns of `Said`; a statement joins Course, Room and Home."""


def facts_of(class_: TrainingClass, said: Said, spans: list[tuple[dt.datetime, dt.datetime]]) -> dict[str, Any]:
    """Return what a notice says of a class, as plain JSON."""
    return {"id": class_.id, **said._asdict(), "sittings": iso(spans)}


def facts_by_id(class_id: int) -> dict[str, Any]:
    """Return `facts_of` a class, read in two statements."""
    statement = select(TrainingClass, *SAID).join(Course, Course.id == TrainingClass.course_id)
    statement = statement.join(Room, Room.id == TrainingClass.room_id).join(Home, Home.id == Room.home_id)
    row, *said = db.session.execute(statement.where(TrainingClass.id == class_id)).one()
    return facts_of(row, Said(*said), spans_of(row))


def iso(spans: list[tuple[dt.datetime, dt.datetime]]) -> list[list[str]]:
    return [[start.isoformat(), end.isoformat()] for start, end in spans]
