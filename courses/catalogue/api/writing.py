"""Writing courses, and the texts they had."""

from typing import Annotated

from flask import url_for
from flask_babel import lazy_gettext as _l
from pydantic import Field

from courses.catalogue import actions, planning, queries
from courses.catalogue.actions import CourseText
from courses.catalogue.api.blueprint import resources
from courses.catalogue.api.plans import Seats
from courses.catalogue.api.shelves import CourseInFull, course_in_full
from courses.catalogue.forms import LONGEST
from courses.ground.api import (
    Fault,
    Id,
    Line,
    Made,
    Malformed,
    Moment,
    Shape,
    Text,
    Words,
    operation,
    request_key,
    words,
)
from courses.people.guard import needs, signed_in
from courses.people.rights import Right


class Title(Shape):
    about = _l("A title. Chinese is required; without English (null) it stands for both.")

    zh: Annotated[Line, Field(min_length=1, max_length=LONGEST["title_zh"], examples=["碳交易管理"])]
    en: Annotated[Line | None, Field(max_length=LONGEST["title_en"])] = None


class Summary(Shape):
    zh: Annotated[Text, Field(max_length=LONGEST["summary_zh"])] = ""
    en: Annotated[Text | None, Field(max_length=LONGEST["summary_en"])] = None


class Syllabus(Shape):
    about = _l("What will be covered, in Markdown.")

    zh: Annotated[Text, Field(max_length=LONGEST["syllabus_zh"])] = ""
    en: Annotated[Text | None, Field(max_length=LONGEST["syllabus_en"])] = None


class CourseWriting(Shape):
    about = _l(
        "A course as a whole: what is left out is empty. `topic` is the slug of one. Without `industries` it is for "
        "all."
    )

    topic: Line = Field(max_length=64, examples=["carbon"])
    title: Title
    summary: Summary = Summary()
    syllabus: Syllabus = Syllabus()
    for_key_units: bool = False
    industries: list[Id] = Field([], max_length=50)
    enterprise_year_limit: Seats | None = None

    def text(self) -> CourseText:
        return CourseText(
            title_zh=self.title.zh,
            title_en=self.title.en or "",
            summary_zh=self.summary.zh,
            summary_en=self.summary.en or "",
            syllabus_zh=self.syllabus.zh,
            syllabus_en=self.syllabus.en or "",
        )

    def topic_id(self) -> int:
        """Return the topic's id. Raises Malformed for what is none."""
        found = next((topic.id for topic in planning.all_topics() if topic.slug == self.topic), None)
        if found is None:
            raise Malformed([Fault(pointer="#/topic", detail=str(_l("Choose one of those offered.")))])
        return found


class Written(Made):
    id: Id


class Version(Shape):
    about = _l("A text that the course had. `made_at`: null if with the course itself.")

    number: int
    title: Words
    summary: Words
    syllabus: Words
    made_at: Moment | None
    replaced_at: Moment


class Versions(Shape):
    versions: list[Version]


class Archived(Shape):
    about = _l("Whether the course is archived: then no new class can be published of it.")

    archived: bool


@resources.post("/courses")
@needs(Right.WRITE_COURSE)
@operation(_l("Write a course"), "not_found", status=201, takes_key=True)
def new_course(body: CourseWriting) -> Written:
    actor = signed_in()
    made = actions.write_course(
        actor,
        body.topic_id(),
        body.text(),
        body.for_key_units,
        industry_ids=body.industries,
        request_key=request_key(actor.id),
        enterprise_year_limit=body.enterprise_year_limit,
    )
    return Written(id=made, url=url_for(".course", course_id=made))


@resources.put("/courses/<id:course_id>")
@needs(Right.WRITE_COURSE)
@operation(
    _l("Give a course another text"),
    about=_l("A text with which a class was given becomes a version; that class keeps it."),
)
def edit_course(course_id: int, body: CourseWriting) -> CourseInFull:
    actor, limit = signed_in(), body.enterprise_year_limit
    actions.write_course(
        actor,
        body.topic_id(),
        body.text(),
        body.for_key_units,
        course_id,
        body.industries,
        enterprise_year_limit=limit,
    )
    return course_in_full(course_id)


@resources.get("/courses/<id:course_id>/versions")
@needs(Right.WRITE_COURSE)
@operation(_l("Read the texts a course had before"), about=_l("The latest first."))
def versions(course_id: int) -> Versions:
    found = planning.versions(queries.the_course(course_id).id)
    return Versions(
        versions=[
            Version(
                number=row.number,
                title=words(row, "title"),
                summary=words(row, "summary"),
                syllabus=words(row, "syllabus"),
                made_at=row.made_at,
                replaced_at=row.replaced_at,
            )
            for row in found
        ]
    )


@resources.put("/courses/<id:course_id>/archived")
@needs(Right.WRITE_COURSE)
@operation(_l("Archive a course, or offer it again"), about=_l("Classes that stand stay as they are."))
def archive_course(course_id: int, body: Archived) -> CourseInFull:
    actions.archive(signed_in(), course_id, body.archived)
    return course_in_full(course_id)
