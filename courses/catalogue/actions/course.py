"""Writing a course, and its versions: once a class was given, the text it was given with is kept."""

import datetime as dt
from dataclasses import asdict, dataclass

from sqlalchemy import select

from courses.catalogue.model import ClassState, Course, CourseVersion, Topic, TrainingClass
from courses.ground import clock
from courses.ground.db import db
from courses.ground.refusal import Refusal
from courses.ground.transaction import locked, transaction
from courses.people.rights import Actor, Right, require


@dataclass(frozen=True, kw_only=True)
class CourseText:
    """What a course says, in both languages; Chinese is required."""

    title_zh: str
    title_en: str = ""
    summary_zh: str = ""
    summary_en: str = ""
    syllabus_zh: str = ""
    syllabus_en: str = ""


def write_course(
    actor: Actor, topic_id: int, text: CourseText, for_key_units: bool = False, course_id: int | None = None
) -> int:
    """Write a new course, or change one; return its id. A text with which a class was given becomes a version.

    Raises Refusal: not_allowed, not_found (course or topic).
    """
    with transaction():
        require(actor, Right.WRITE_COURSE)
        if db.session.get(Topic, topic_id) is None:
            raise Refusal("not_found")
        if course_id is None:
            course = Course(topic_id=topic_id, for_key_units=for_key_units, **asdict(text))
            db.session.add(course)
            db.session.flush()
            return course.id
        course = locked(Course, course_id)
        if text != _text_of(course) and _was_given(course, at := clock.now()):
            _keep(course, at)
        course.topic_id, course.for_key_units = topic_id, for_key_units
        for name, words in asdict(text).items():
            setattr(course, name, words)
        return course.id


def archive(actor: Actor, course_id: int, archived: bool = True) -> None:
    """Let no new class be published of the course, or let it again. Classes that stand stay as they are.

    Raises Refusal: not_allowed, not_found.
    """
    with transaction():
        require(actor, Right.WRITE_COURSE)
        locked(Course, course_id).archived_at = clock.now() if archived else None


def _was_given(course: Course, at: dt.datetime) -> bool:
    """Return whether a class has begun since the present text was written."""
    begun = select(TrainingClass.id).where(
        TrainingClass.course_id == course.id, TrainingClass.state == ClassState.PUBLISHED, TrainingClass.starts_at <= at
    )
    if course.written_at:
        begun = begun.where(TrainingClass.starts_at >= course.written_at)
    return db.session.scalar(begun.limit(1)) is not None


def _keep(course: Course, at: dt.datetime) -> None:
    db.session.add(
        CourseVersion(
            course_id=course.id,
            number=course.version,
            made_at=course.written_at,
            replaced_at=at,
            **asdict(_text_of(course)),
        )
    )
    course.version, course.written_at = course.version + 1, at


def _text_of(course: Course) -> CourseText:
    return CourseText(**{name: getattr(course, name) for name in CourseText.__dataclass_fields__})
