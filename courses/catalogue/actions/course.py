"""Writing a course, and its versions: once a class was given, the text it was given with is kept."""

import datetime as dt
from collections.abc import Collection
from dataclasses import asdict, dataclass

from sqlalchemy import delete, select

from courses.catalogue.model import ClassState, Course, CourseIndustry, CourseVersion, Topic, TrainingClass
from courses.ground import clock
from courses.ground.db import db
from courses.ground.idempotency import RequestKey
from courses.ground.kept import forget_all
from courses.ground.refusal import Refusal
from courses.ground.transaction import locked, transaction
from courses.people.model import Industry
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
    actor: Actor,
    topic_id: int,
    text: CourseText,
    for_key_units: bool = False,
    course_id: int | None = None,
    industry_ids: Collection[int] = (),
    request_key: RequestKey | None = None,
    enterprise_year_limit: int | None = None,
) -> int:
    """Write a new course, or change one; return its id. A text with which a class was given becomes a version.

    `industry_ids`: for whom it is made; none is for all. Seats that an enterprise has beyond a new
    `enterprise_year_limit` stay its own. Raises Refusal: not_allowed, not_found (course, topic or industry).
    """
    with transaction(request_key) as kept:
        if kept.earlier_answer:
            return int(kept.earlier_answer)
        require(actor, Right.WRITE_COURSE)
        if db.session.get(Topic, topic_id) is None:
            raise Refusal("not_found")
        if course_id is None:
            course = Course(topic_id=topic_id, for_key_units=for_key_units, **asdict(text))
            db.session.add(course)
            db.session.flush()
        else:
            course = locked(Course, course_id)
            _change(course, topic_id, text, for_key_units)
        course.enterprise_year_limit = enterprise_year_limit
        _make_for(course, industry_ids)
        id_ = course.id
        kept.answer(id_)
    forget_all()
    return id_


def _change(course: Course, topic_id: int, text: CourseText, for_key_units: bool) -> None:
    if text != _text_of(course) and _was_given(course, at := clock.now()):
        _keep(course, at)
    course.topic_id, course.for_key_units = topic_id, for_key_units
    for name, words in asdict(text).items():
        setattr(course, name, words)


def _make_for(course: Course, industry_ids: Collection[int]) -> None:
    wanted = set(industry_ids)
    if len(db.session.scalars(select(Industry.id).where(Industry.id.in_(wanted))).all()) < len(wanted):
        raise Refusal("not_found")
    db.session.execute(delete(CourseIndustry).where(CourseIndustry.course_id == course.id))
    db.session.add_all(CourseIndustry(course_id=course.id, industry_id=id_) for id_ in sorted(wanted))


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
