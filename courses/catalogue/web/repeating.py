"""A class again: weekly, or from a template of the squadron."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from courses.catalogue import actions, planning
from courses.catalogue.forms import TemplateForm
from courses.catalogue.queries import the_course
from courses.catalogue.web.blueprint import pages
from courses.ground import clock
from courses.ground.forms import number_argument
from courses.ground.refusal import Refusal
from courses.people.guard import needs, signed_in
from courses.people.rights import Right

MAX_TIMES = 12
USUAL_TIMES = 4


@pages.get("/classes/<int:class_id>/repetition")
@needs(Right.PUBLISH)
def repetition(class_id: int) -> str:
    return _repetition(class_id)


@pages.post("/classes/<int:class_id>/repetition")
@needs(Right.PUBLISH)
def repeat(class_id: int) -> Any:
    course_id, drafts = planning.own_class(signed_in(), class_id).course_id, request.form.get("act") == "draft"
    asked = request.form.getlist("week")
    if not all(text.isascii() and text.isdecimal() and len(text) < 4 for text in asked):
        raise Refusal("malformed")
    try:
        made = len(actions.repeat(signed_in(), class_id, [int(text) for text in asked], drafts))
    except Refusal as refusal:
        if refusal.status in (403, 404, 503):
            raise
        return _repetition(class_id, refusal, set(asked)), refusal.status
    if drafts:
        flash(ngettext("%(num)s draft is saved.", "%(num)s drafts are saved.", made), "done")
        return redirect(url_for(".start"), 303)
    words = ngettext("%(num)s class is published.", "%(num)s classes are published.", made)
    flash(words, "done")
    return redirect(url_for(".course", course_id=course_id), 303)


def _repetition(class_id: int, refusal: Refusal | None = None, chosen: set[str] | None = None) -> str:
    """Show the weeks to come with what each would meet; chosen are those against which nothing speaks."""
    class_ = planning.own_class(signed_in(), class_id)
    times = min(max(number_argument("times") or USUAL_TIMES, 1), MAX_TIMES)
    rows = planning.repetitions(class_, times, clock.now())
    return render_template(
        "catalogue/repetition.html",
        row=class_,
        course=the_course(class_.course_id),
        times=times,
        most=MAX_TIMES,
        rows=rows,
        chosen={row.week for row in rows if (str(row.week) in chosen if chosen else row.is_wanted)},
        refusal=refusal,
    )


@pages.route("/classes/<int:class_id>/template", methods=["GET", "POST"])
@needs(Right.PUBLISH)
def template(class_id: int) -> Any:
    class_, form = planning.own_class(signed_in(), class_id), TemplateForm()
    if form.validate_on_submit():
        actions.save_template(signed_in(), class_id, form.name.data)
        flash(_("The template is saved. It is offered where a class is published."), "done")
        return redirect(url_for(".start"), 303)
    page = render_template("catalogue/template.html", form=form, row=class_, course=the_course(class_.course_id))
    return page, 422 if form.is_submitted() else 200


@pages.post("/class-templates/<int:template_id>/deletion")
@needs(Right.PUBLISH)
def delete_template(template_id: int) -> Any:
    actions.delete_template(signed_in(), template_id)
    flash(_("The template is deleted."), "done")
    return redirect(url_for(".start"), 303)
