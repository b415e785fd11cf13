"""Writing courses: a new one, another text, archiving."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from wtforms.fields.choices import SelectChoice

from courses.catalogue import actions, planning, queries
from courses.catalogue.forms import CourseForm
from courses.catalogue.model import Course
from courses.catalogue.queries import the_course
from courses.catalogue.web.blueprint import pages
from courses.ground.language import plain
from courses.people.guard import needs, signed_in
from courses.people.queries import industry_names
from courses.people.rights import Right


@pages.route("/courses/new", methods=["GET", "POST"])
@needs(Right.WRITE_COURSE)
def new_course() -> Any:
    return _write(CourseForm())


@pages.route("/courses/<int:course_id>/text", methods=["GET", "POST"])
@needs(Right.WRITE_COURSE)
def edit_course(course_id: int) -> Any:
    found = the_course(course_id)
    form = CourseForm(obj=found)
    if not form.is_submitted():
        form.industries.data = [industry.id for industry in queries.made_for(course_id)]
    return _write(form, found)


def _write(form: CourseForm, course: Course | None = None) -> Any:
    form.topic_id.choices = [SelectChoice(topic.id, plain(topic, "name")) for topic in planning.all_topics()]
    form.industries.choices = [SelectChoice(one.id, plain(one, "name")) for one in industry_names()]
    if form.validate_on_submit():
        id_, topic_id, key = course.id if course else None, form.topic_id.data, form.for_key_units.data
        more = {"industry_ids": form.industries.data or (), "enterprise_year_limit": form.enterprise_year_limit.data}
        written = actions.write_course(signed_in(), topic_id, form.text(), key, id_, **more)
        flash(_("The course is saved."), "done")
        return redirect(url_for(".course", course_id=written), 303)
    versions = planning.versions(course.id) if course else []
    page = render_template("catalogue/course_form.html", form=form, course=course, versions=versions)
    return page, 422 if form.is_submitted() else 200


@pages.post("/courses/<int:course_id>/archive")
@needs(Right.WRITE_COURSE)
def archive_course(course_id: int) -> Any:
    """Archive the course, or with `back` take it back; both can be undone, so neither asks first."""
    back = request.form.get("back") == "1"
    actions.archive(signed_in(), course_id, not back)
    flash(_("The course is offered again.") if back else _("The course is archived."), "done")
    return redirect(url_for(".course", course_id=course_id), 303)
