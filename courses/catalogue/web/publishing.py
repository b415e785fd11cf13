"""The form of a class: drafted, checked, published; and what it will meet, told before it is saved."""

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from wtforms.fields.choices import SelectChoice

from courses.catalogue import actions, demand, planning, queries
from courses.catalogue.actions.plan import plan_faults, sitting_faults
from courses.catalogue.forms import REFUSED_AT, ClassForm, TimetableForm
from courses.catalogue.model import CANCEL_BEFORE, DEFAULT_REMINDERS, ClassPlan, Course, TrainingClass
from courses.catalogue.queries import the_course
from courses.catalogue.web.blueprint import pages
from courses.ground import clock
from courses.ground.forms import number_argument
from courses.ground.language import called, plain
from courses.ground.refusal import Refusal, refuse_all
from courses.homes.queries import Place, places, room
from courses.people.guard import needs, signed_in
from courses.people.rights import Right

USUAL_SEATS = 30
MAX_ID = 2**31


@pages.get("/classes/new")
@needs(Right.PUBLISH)
def start() -> str:
    """Show what a class can be started from: the squadron's templates and drafts, and what it gave last."""
    squadron_id = signed_in().squadron_id or 0
    return render_template(
        "catalogue/start.html",
        templates=planning.templates(squadron_id),
        drafts=planning.drafts(squadron_id),
        courses=planning.given_last(squadron_id),
        wanted=demand.wanted_most(),
    )


@pages.get("/courses/<int:course_id>/classes/new")
@needs(Right.PUBLISH)
def new_class(course_id: int) -> str:
    """Show the form with what is usual, `?like=` a class of the squadron, or as its `?template=` says."""
    found, form = the_course(course_id), ClassForm()
    offered = offer_places(form)
    form.fill(_plan_to_start_from(found, offered))
    return _class_form(form, found)


def _plan_to_start_from(course: Course, offered: list[Place]) -> ClassPlan:
    if like := number_argument("like"):
        return planning.next_time(planning.plan_of(planning.own_class(signed_in(), like)), clock.now())
    if template_id := number_argument("template"):
        template = planning.own_template(signed_in(), template_id)
        return planning.plan_from(course.id, template.settings, clock.now())
    day = planning.working_day(clock.local(clock.now() + planning.WEEK).date())
    begins, ends = (clock.from_local(day, time) for time in (dt.time(9), dt.time(11, 30)))
    return ClassPlan(
        course_id=course.id,
        room_id=offered[0].room_id if offered else 0,
        sittings=[(begins, ends)],
        capacity=min(USUAL_SEATS, offered[0].seats) if offered else USUAL_SEATS,
        opens_at=clock.now(),
        closes_at=begins,
        cancel_until=begins - CANCEL_BEFORE,
        reminders=DEFAULT_REMINDERS,
    )


@pages.post("/courses/<int:course_id>/classes")
@needs(Right.PUBLISH)
def publish(course_id: int) -> Any:
    return _take(the_course(course_id))


@pages.get("/classes/<int:class_id>/draft")
@needs(Right.PUBLISH)
def draft(class_id: int) -> str:
    class_, form = planning.own_draft(signed_in(), class_id), ClassForm()
    offer_places(form)
    form.fill(planning.plan_of(class_))
    return _class_form(form, the_course(class_.course_id), class_)


@pages.post("/classes/<int:class_id>/draft")
@needs(Right.PUBLISH)
def edit_draft(class_id: int) -> Any:
    class_ = planning.own_draft(signed_in(), class_id)
    return _take(the_course(class_.course_id), class_)


@pages.post("/classes/<int:class_id>/publication")
@needs(Right.PUBLISH)
def publish_draft(class_id: int) -> Any:
    """Publish from the preview; what forbids it is shown in the form, where it can be put right."""
    class_ = planning.own_draft(signed_in(), class_id)
    try:
        actions.publish_draft(signed_in(), class_id)
    except Refusal as refusal:
        if refusal.status in (403, 404, 503):
            raise
        form = ClassForm(formdata=None)
        offer_places(form)
        form.fill(planning.plan_of(class_))
        form.refuse(refusal, **REFUSED_AT)
        return _class_form(form, the_course(class_.course_id), class_), 422
    return _published(class_id)


def _take(course: Course, class_: TrainingClass | None = None) -> Any:
    """Do with the form what the pressed button says: publish, keep as a draft, or only look what it would meet."""
    form, act, own = ClassForm(), request.form.get("act"), class_.id if class_ else None
    offer_places(form)
    form.lecturers.choices = lecturer_choices()
    if form.validate_on_submit():
        try:
            if act == "check":
                plan = form.plan(course.id)
                refuse_all(plan_faults(plan, clock.now(), room(plan.room_id)))
                return _class_form(form, course, class_)
            if act == "draft":
                own = actions.save_draft(signed_in(), form.plan(course.id), own)
                flash(_("Saved as a draft. Only your squadron sees it."), "done")
                return redirect(url_for("booking.class_page", class_id=own), 303)
            return _published(actions.publish(signed_in(), form.plan(course.id), draft=own))
        except Refusal as refusal:
            if refusal.status in (403, 404, 503):
                raise
            form.refuse(refusal, **REFUSED_AT)
    return _class_form(form, course, class_), 422 if form.errors or form.form_errors else 200


def _published(class_id: int) -> Any:
    flash(_("The class is published. People can see it now."), "done")
    return redirect(url_for("booking.class_page", class_id=class_id), 303)


@pages.post("/classes/foresight")
@needs(Right.PUBLISH)
def foresight() -> str:
    """Return what the class as typed so far would meet: the part of the form that is exchanged while one types."""
    form = ClassForm()
    offer_places(form)
    form.lecturers.choices = lecturer_choices()
    seen = foreseen(form, form.lecturers.data or (), form.capacity.data, number_argument("but"))
    if form.validate():
        seen = replace(seen, faults=_said(plan_faults(form.plan(0), clock.now())))
    return render_template("catalogue/_foresight.html", foresight=seen)


def foreseen(
    form: TimetableForm, lecturer_ids: Collection[int], capacity: int | None, but: int | None = None, booked: int = 0
) -> planning.Foresight:
    """Return what the form's class would meet; of a field that cannot be read, nothing is said."""
    offered = [choice.value for choice in form.room_id.choices or ()]
    spans = form.spans()
    seen = planning.foresee(
        form.room_id.data if form.room_id.data in offered else None,
        [id_ for id_ in lecturer_ids if id_ < MAX_ID],
        [span for span in spans if span[0] < span[1]],
        capacity,
        but,
        signed_in().squadron_id,
    )
    return replace(seen, faults=_said(sitting_faults(spans, clock.now())), is_dated=bool(spans), booked=booked)


def _said(faults: Iterable[Refusal]) -> list[str]:
    """Return why a class cannot be like this, as saving would say; of times not typed yet, nothing."""
    return list(dict.fromkeys(fault.words for fault in faults if fault.code != "no_sitting"))


def _class_form(form: ClassForm, found: Course, class_: TrainingClass | None = None) -> str:
    first = planning.taught_by(found.id) | set(form.lecturers.data or ())
    form.lecturers.choices = lecturer_choices(first)
    own = class_.id if class_ else None
    seen = foreseen(form, form.lecturers.data or (), form.capacity.data, own)
    form.pad()
    return render_template(
        "catalogue/class_form.html",
        form=form,
        course=found,
        draft=class_,
        near=sum(choice.value in first for choice in form.lecturers.choices) or len(form.lecturers.choices),
        foresight=seen,
        demand=demand.demand(found.id),
    )


def lecturer_choices(first: Collection[int] = ()) -> list[SelectChoice]:
    """Offer every lecturer, `first` those who are likely."""
    offered = sorted(queries.lecturers(), key=lambda teacher: teacher.id not in first)
    return [SelectChoice(t.id, f"{called(t)} · {plain(t, 'institution')}") for t in offered]


def offer_places(form: TimetableForm) -> list[Place]:
    """Offer every room, the squadron's own towns first."""
    offered = places(signed_in().towns)
    form.room_id.choices = [
        SelectChoice(
            p.room_id,
            _(
                "%(home)s · %(room)s (%(seats)s seats)",
                home=plain(p, "home"),
                room=plain(p, "room"),
                seats=p.seats,
            ),
        )
        for p in offered
    ]
    return offered
