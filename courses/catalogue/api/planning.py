"""Publishing a class; drafts, repeating, templates."""

from typing import Annotated

from flask import url_for
from flask_babel import lazy_gettext as _l
from pydantic import Field

from courses.catalogue import actions, planning
from courses.catalogue.api.blueprint import resources
from courses.catalogue.api.plans import (
    PLACE_REFUSES,
    Draft,
    HalfDay,
    Met,
    Plan,
    Planned,
    SpecialDay,
    draft_of,
    half_days,
    met,
    planned,
    special,
)
from courses.catalogue.forms import MAX_TEMPLATE
from courses.catalogue.model import ClassTemplate
from courses.ground import clock
from courses.ground.api import WHOLE, Id, Line, Made, Query, Shape, operation, request_key
from courses.people.guard import needs, signed_in
from courses.people.rights import Right

MAX_WEEKS = 999
MAX_TIMES = 12
_DRAFT_REFUSES = (
    "no_sitting",
    "ends_before_start",
    "sittings_overlap",
    "in_the_past",
    "window_wrong",
    "closes_wrong",
    "cancel_wrong",
    "first_wrong",
    "draw_wrong",
    "shares_too_many",
    "shares_twice",
    "shares_wrong",
    "names_by_wrong",
    "minimum_wrong",
    "decide_by_wrong",
    "offer_hours_wrong",
    "course_archived",
)
_PUBLISH_REFUSES = (*PLACE_REFUSES, *_DRAFT_REFUSES[4:])


class Published(Made):
    id: Id


class Saved(Made):
    id: Id


class Repetition(Shape):
    about = _l("The class again, so many weeks later, and what it would meet. `is_wanted`: nothing speaks against it.")

    week: int
    sittings: list[HalfDay]
    meets: list[Met]
    days: list[SpecialDay]
    is_wanted: bool


class Repetitions(Shape):
    repetitions: list[Repetition]


class RepetitionsQuery(Query):
    times: int = Field(4, ge=1, le=MAX_TIMES)


class Again(Shape):
    about = _l("How many weeks after the class; as drafts, if they are to be looked at first.")

    weeks: list[Annotated[int, Field(ge=1, le=MAX_WEEKS, examples=[1]), WHOLE]] = Field(max_length=52)
    drafts: bool = False


class Repeated(Made):
    about = _l("What was made, in the order of time; `url` is where it can be read together.")

    classes: list[Id]
    drafts: bool


class TemplateName(Shape):
    name: Line = Field(min_length=1, max_length=MAX_TEMPLATE, examples=["周六上午"])


class Template(Shape):
    about = _l("Your squadron's settings for a class, under a name; `plan` is the class on the next such weekday.")

    id: Id
    name: str
    plan: Planned


class Templates(Shape):
    templates: list[Template]


@resources.post("/classes")
@needs(Right.PUBLISH)
@operation(
    _l("Publish a class"),
    *_PUBLISH_REFUSES,
    "not_found",
    about=_l("It is a class of your squadron, and people can see it at once."),
    status=201,
    takes_key=True,
)
def publish(body: Plan) -> Published:
    actor = signed_in()
    return _published(actions.publish(actor, body.as_class_plan(), request_key(actor.id)))


@resources.post("/drafts")
@needs(Right.PUBLISH)
@operation(
    _l("Save a class as a draft"),
    *_DRAFT_REFUSES,
    "not_found",
    about=_l("Only your squadron sees it; it holds neither room nor lecturer."),
    status=201,
    takes_key=True,
)
def save_draft(body: Plan) -> Saved:
    actor = signed_in()
    made = actions.save_draft(actor, body.as_class_plan(), request_key=request_key(actor.id))
    return Saved(id=made, url=url_for(".draft", class_id=made))


@resources.get("/drafts/<id:class_id>")
@needs(Right.PUBLISH)
@operation(_l("Read a draft, with what it would meet"))
def draft(class_id: int) -> Draft:
    return draft_of(planning.own_draft(signed_in(), class_id))


@resources.put("/drafts/<id:class_id>")
@needs(Right.PUBLISH)
@operation(_l("Change a draft"), *_DRAFT_REFUSES)
def edit_draft(class_id: int, body: Plan) -> Draft:
    actions.save_draft(signed_in(), body.as_class_plan(), class_id)
    return draft_of(planning.own_draft(signed_in(), class_id))


@resources.post("/drafts/<id:class_id>/publication")
@needs(Right.PUBLISH)
@operation(
    _l("Publish a draft"),
    *_PUBLISH_REFUSES,
    about=_l("As it stands; all rules are asked anew. Those who asked for a class of the course are told."),
    status=201,
    takes_key=True,
)
def publish_draft(class_id: int) -> Published:
    actor = signed_in()
    actions.publish_draft(actor, class_id, request_key(actor.id))
    return _published(class_id)


@resources.get("/classes/<id:class_id>/repetitions")
@needs(Right.PUBLISH)
@operation(
    _l("See what a class would meet in the weeks to come"),
    about=_l("For a class or draft of your squadron: so many `times` from now on."),
)
def repetitions(class_id: int, query: RepetitionsQuery) -> Repetitions:
    found = planning.repetitions(planning.own_class(signed_in(), class_id), query.times, clock.now())
    return Repetitions(
        repetitions=[
            Repetition(
                week=row.week,
                sittings=half_days(row.spans),
                meets=met(row.clashes),
                days=special(row.days),
                is_wanted=row.is_wanted,
            )
            for row in found
        ]
    )


@resources.post("/classes/<id:class_id>/repetitions")
@needs(Right.PUBLISH)
@operation(
    _l("Give a class again"),
    *_PUBLISH_REFUSES,
    "nothing_chosen",
    about=_l("Each of so many weeks later: all of them or none."),
    status=201,
    takes_key=True,
)
def repeat(class_id: int, body: Again) -> Repeated:
    actor = signed_in()
    course_id = planning.own_class(actor, class_id).course_id
    made = actions.repeat(actor, class_id, body.weeks, body.drafts, request_key(actor.id))
    where = url_for(".drafts") if body.drafts else url_for(".course", course_id=course_id)
    return Repeated(classes=made, drafts=body.drafts, url=where)


@resources.post("/classes/<id:class_id>/templates")
@needs(Right.PUBLISH)
@operation(
    _l("Keep how a class is set up as a template"),
    about=_l("All but the date. A template of the same name is replaced."),
    status=201,
    takes_key=True,
)
def save_template(class_id: int, body: TemplateName) -> Saved:
    actor = signed_in()
    made = actions.save_template(actor, class_id, body.name, request_key(actor.id))
    return Saved(id=made, url=url_for(".template", template_id=made))


@resources.get("/class-templates")
@needs(Right.PUBLISH)
@operation(_l("List your squadron's templates"))
def templates() -> Templates:
    return _left()


@resources.get("/class-templates/<id:template_id>")
@needs(Right.PUBLISH)
@operation(_l("Read a template, as a plan to publish"))
def template(template_id: int) -> Template:
    return _template(planning.own_template(signed_in(), template_id))


@resources.delete("/class-templates/<id:template_id>")
@needs(Right.PUBLISH)
@operation(_l("Delete a template"), about=_l("Classes that were made of it stay."))
def delete_template(template_id: int) -> Templates:
    actions.delete_template(signed_in(), template_id)
    return _left()


def _published(class_id: int) -> Published:
    return Published(id=class_id, url=url_for("booking_api.class_", class_id=class_id))


def _left() -> Templates:
    found = planning.templates(signed_in().squadron_id or 0)
    return Templates(templates=[_template(row) for row, _course in found])


def _template(row: ClassTemplate) -> Template:
    plan = planning.plan_from(row.course_id, row.settings, clock.now())
    return Template(id=row.id, name=row.name, plan=planned(plan))
