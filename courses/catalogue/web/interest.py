"""The two acts of a course's page: tell me when there is a class, and what would suit; and no longer."""

from typing import Any

from flask import flash, redirect, url_for
from flask_babel import gettext as _

from courses.catalogue import actions
from courses.catalogue.web.blueprint import pages
from courses.catalogue.web.courses import course_page, wish_form
from courses.people.guard import needs, signed_in
from courses.people.rights import Right


@pages.post("/courses/<int:course_id>/interest")
@needs(Right.ASK_TO_BE_TOLD)
def ask_to_be_told(course_id: int) -> Any:
    form = wish_form()
    if not form.validate():
        return course_page(course_id, form), 422
    actions.ask_to_be_told(signed_in(), course_id, form.towns.data or (), form.half_days.data or ())
    flash(_("You will be told when a class of this course is published."), "done")
    return redirect(url_for(".course", course_id=course_id), 303)


@pages.post("/courses/<int:course_id>/interest/withdrawal")
@needs(Right.ASK_TO_BE_TOLD)
def take_back_asking(course_id: int) -> Any:
    actions.take_back_asking(signed_in(), course_id)
    flash(_("You will not be told of this course any more."), "done")
    return redirect(url_for(".course", course_id=course_id), 303)
