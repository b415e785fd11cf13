"""What shelves, course pages and notices ask of the catalogue."""

import datetime as dt
from typing import Any, NamedTuple

from sqlalchemy import ScalarSelect, Select, and_, bindparam, func, or_, select

from courses.catalogue.model import (
    ClassState,
    Course,
    CourseIndustry,
    Lecturer,
    Promotion,
    ReminderRule,
    Sitting,
    Teaching,
    Topic,
    TrainingClass,
)
from courses.ground import clock
from courses.ground.db import db, run
from courses.ground.kept import kept
from courses.ground.language import lang
from courses.ground.refusal import Refusal
from courses.ground.sound import sound_of
from courses.homes.model import Home, Room
from courses.people.model import Industry, Person, Town
from courses.people.queries import Name

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
    draw_at: dt.datetime | None
    drawn_at: dt.datetime | None
    minimum: int | None
    decide_by: dt.datetime | None
    confirmed_at: dt.datetime | None
    schedule_no: int

    @property
    def is_tentative(self) -> bool:
        return self.minimum is not None and self.confirmed_at is None

    @property
    def awaits_draw(self) -> bool:
        return self.draw_at is not None and self.drawn_at is None

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
        TrainingClass.draw_at,
        TrainingClass.drawn_at,
        TrainingClass.minimum,
        TrainingClass.decide_by,
        TrainingClass.confirmed_at,
        TrainingClass.schedule_no,
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


def first_going(at: dt.datetime) -> ScalarSelect[int | None]:
    """Return the least id of the classes that end after `at`. What is below it is over, so that whoever looks for what
    is to come passes over the years before in their index; above it there are some that are over, too."""
    number = TrainingClass.id + 0  # the id itself would be looked for from the first class on, not among those to come
    return select(func.min(number)).where(TrainingClass.ends_at > at).scalar_subquery()


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


def the_course(course_id: int) -> Course:
    """Return the course. Raises Refusal("not_found")."""
    found = db.session.get(Course, course_id)
    if found is None:
        raise Refusal("not_found")
    return found


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


def held_of(course_id: int, at: dt.datetime) -> int:
    """Return how many classes of a course are over."""
    held = (TrainingClass.state == ClassState.PUBLISHED, TrainingClass.ends_at <= at)
    return (
        db.session.scalar(select(func.count(TrainingClass.id)).where(TrainingClass.course_id == course_id, *held)) or 0
    )


class Sheet(NamedTuple):
    """What a poster says of a class beside its card."""

    card: Card
    home_id: int
    room_zh: str
    room_en: str
    address_zh: str
    address_en: str
    phone: str
    summary_zh: str
    summary_en: str


def sheet_of(class_id: int) -> Sheet | None:
    more = (Home.id, Room.name_zh, Room.name_en, Home.address_zh, Home.address_en, Home.phone)
    texts = (Course.summary_zh, Course.summary_en)
    statement = cards().where(TrainingClass.id == class_id, TrainingClass.state != "draft").add_columns(*more, *texts)
    found: Any = run(statement).first()
    return Sheet(Card._make(found[:-8]), *found[-8:]) if found else None


class Fresh(NamedTuple):
    """A class as the feed tells of it. `changed_at`: when its time or place last changed."""

    card: Card
    published_at: dt.datetime
    changed_at: dt.datetime
    summary_zh: str
    summary_en: str


def newly_published(at: dt.datetime, limit: int) -> list[Fresh]:
    """Return the classes still to come, those published last first."""
    statement = (
        cards()
        .where(TrainingClass.state == ClassState.PUBLISHED, TrainingClass.starts_at > at)
        .where(TrainingClass.published_at.is_not(None))
        .add_columns(TrainingClass.published_at, TrainingClass.scheduled_at, Course.summary_zh, Course.summary_en)
        .order_by(None)
        .order_by(TrainingClass.published_at.desc(), TrainingClass.id.desc())
        .limit(limit)
    )
    rows: Any = run(statement).all()
    return [Fresh(Card._make(row[:-4]), *row[-4:]) for row in rows]


class Public(NamedTuple):
    """The ids of everything that has a page of its own for the public."""

    courses: list[int]
    homes: list[int]
    lecturers: list[int]
    classes: list[int]


def everything_public(at: dt.datetime) -> Public:
    """Return what the sitemap lists: classes only while they are to come."""
    to_come = select(TrainingClass.id).where(TrainingClass.state == ClassState.PUBLISHED, TrainingClass.starts_at > at)
    people = select(Lecturer.person_id).join(Person, Person.id == Lecturer.person_id).where(Person.left_at.is_(None))
    courses = select(Course.id).where(Course.archived_at.is_(None))
    statements = courses, select(Home.id), people, to_come.order_by(TrainingClass.starts_at).limit(20_000)
    return Public(*(list(db.session.scalars(statement)) for statement in statements))


def coming_by_home(at: dt.datetime) -> dict[int, int]:
    """Return how many classes are to come in each Home that has any."""
    statement = (
        select(Room.home_id, func.count(TrainingClass.id))
        .join(TrainingClass, TrainingClass.room_id == Room.id)
        .where(TrainingClass.state == ClassState.PUBLISHED, TrainingClass.starts_at > at)
        .group_by(Room.home_id)
    )
    return {row[0]: row[1] for row in db.session.execute(statement)}


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
    found = [Teacher(*row) for row in db.session.execute(_teachers().order_by(Person.id))]
    return sorted(found, key=lambda teacher: sound_of(teacher.name))


@kept(10)
def _industries_by_course() -> dict[int, list[Name]]:
    """Return for which industries each course is made; as it was up to ten seconds ago."""
    statement = (
        select(CourseIndustry.course_id, Industry.id, Industry.name_zh, Industry.name_en)
        .join(Industry, Industry.id == CourseIndustry.industry_id)
        .order_by(Industry.id)
    )
    found: dict[int, list[Name]] = {}
    for course_id, id_, zh, en in db.session.execute(statement):
        found.setdefault(course_id, []).append(Name(id_, zh, en))
    return found


def made_for(course_id: int) -> list[Name]:
    """Return the industries for which a course is made; none means all."""
    return _industries_by_course().get(course_id, [])


class TeacherOfList(NamedTuple):
    """A lecturer in the list of all: from where, and how many classes are to come."""

    id: int
    name: str
    name_en: str
    institution_zh: str
    institution_en: str
    coming: int


def lecturers_and_their_classes(at: dt.datetime) -> list[TeacherOfList]:
    """Return everyone who still teaches here, in the order of their names."""
    published = (TrainingClass.state == ClassState.PUBLISHED, TrainingClass.starts_at > at)
    coming = (
        select(Teaching.person_id, func.count().label("classes"))
        .join(TrainingClass, TrainingClass.id == Teaching.class_id)
        .where(*published)
        .group_by(Teaching.person_id)
        .subquery()
    )
    statement = (
        select(Person.id, Person.name, Person.name_en, Lecturer.institution_zh, Lecturer.institution_en)
        .add_columns(func.coalesce(coming.c.classes, 0))
        .join(Lecturer, Lecturer.person_id == Person.id)
        .outerjoin(coming, coming.c.person_id == Person.id)
        .where(Person.left_at.is_(None))
        .order_by(Person.id)
    )
    found = [TeacherOfList(*row) for row in db.session.execute(statement)]
    return sorted(found, key=lambda teacher: sound_of(teacher.name))


def lecturer(person_id: int) -> Teacher | None:
    """Return a lecturer who still teaches here."""
    found = db.session.execute(_teachers().where(Person.id == person_id, Person.left_at.is_(None))).first()
    return Teacher._make(found) if found else None


def taught_by(person_id: int, at: dt.datetime) -> tuple[list[Card], int]:
    """Return a lecturer's classes to come, and how many are over."""
    teaches = TrainingClass.id.in_(select(Teaching.class_id).where(Teaching.person_id == person_id))
    published = TrainingClass.state == ClassState.PUBLISHED
    held = select(func.count(TrainingClass.id)).where(teaches, published, TrainingClass.ends_at <= at)
    to_come = (TrainingClass.ends_at > at, TrainingClass.id >= first_going(at))
    return as_cards(cards().where(teaches, published, *to_come)), db.session.scalar(held) or 0


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
    return sittings_of(class_.id)


def sittings_of(class_id: int) -> list[tuple[dt.datetime, dt.datetime]]:
    statement = select(Sitting.starts_at, Sitting.ends_at).where(Sitting.class_id == class_id)
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
    """Return what a notice says of a class, as plain JSON; of a tentative one also what it depends on, and `offers`
    where a seat that comes free is offered."""
    facts = {"id": class_.id, **said._asdict(), "sittings": iso(spans)}
    if class_.promotion == Promotion.OFFER:
        facts |= {"offers": True}
    if class_.minimum and class_.decide_by and class_.confirmed_at is None:
        facts |= {"minimum": class_.minimum, "decide_by": class_.decide_by.isoformat()}
    return facts


def facts_by_id(class_id: int) -> dict[str, Any]:
    """Return `facts_of` a class, read in two statements."""
    statement = select(TrainingClass, *SAID).join(Course, Course.id == TrainingClass.course_id)
    statement = statement.join(Room, Room.id == TrainingClass.room_id).join(Home, Home.id == Room.home_id)
    row, *said = db.session.execute(statement.where(TrainingClass.id == class_id)).one()
    return facts_of(row, Said(*said), spans_of(row))


def iso(spans: list[tuple[dt.datetime, dt.datetime]]) -> list[list[str]]:
    return [[start.isoformat(), end.isoformat()] for start, end in spans]
