"""The form that publishes a class."""

import datetime as dt
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from wtforms.fields.choices import SelectChoice

from courses.catalogue import actions, queries
from courses.catalogue.forms import REFUSED_AT, ClassForm, TimetableForm
from courses.catalogue.model import Course
from courses.catalogue.web.blueprint import pages, the_course
from courses.ground import clock
from courses.ground.language import called, plain
from courses.ground.refusal import Refusal
from courses.homes.queries import places
from courses.people.guard import needs, signed_in
from courses.people.rights import Right


@pages.get("/courses/<int:course_id>/classes/new")
@needs(Right.PUBLISH)
def new_class(course_id: int) -> str:
    form = ClassForm()
    offer_places(form)
    week_on = clock.local(clock.now() + dt.timedelta(days=7)).date()
    first = form.sittings[0].form
    first.day.data, first.start.data, first.end.data = week_on, dt.time(9), dt.time(11, 30)
    form.capacity.data = 30
    return _class_form(form, the_course(course_id))


@pages.post("/courses/<int:course_id>/classes")
@needs(Right.PUBLISH)
def publish(course_id: int) -> Any:
    found = the_course(course_id)
    form = ClassForm()
    offer_places(form)
    form.lecturers.choices = _lecturer_choices()
    if form.validate_on_submit():
        try:
            class_id = actions.publish(signed_in(), form.plan(course_id))
        except Refusal as refusal:
            if refusal.status >= 500:
                raise
            form.refuse(refusal, **REFUSED_AT)
        else:
            flash(_("The class is published. People can see it now."), "done")
            return redirect(url_for("booking.class_page", class_id=class_id), 303)
    return _class_form(form, the_course(found.id)), 422


def _class_form(form: ClassForm, found: Course) -> str:
    form.lecturers.choices = _lecturer_choices()
    form.pad()
    return render_template("catalogue/class_form.html", form=form, course=found)


def _lecturer_choices() -> list[SelectChoice]:
    return [SelectChoice(t.id, f"{called(t)} · {plain(t, 'institution')}") for t in queries.lecturers()]


def offer_places(form: TimetableForm) -> None:
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
