"""Deciding whether a tentative class takes place: confirmed, joined with another one, or called off."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from courses.booking import actions, minimum, queries
from courses.booking.forms import number_in
from courses.booking.web.blueprint import pages
from courses.booking.web.classes import own_view
from courses.ground.refusal import Refusal
from courses.people.guard import needs, signed_in
from courses.people.rights import Right


@pages.get("/classes/<int:class_id>/decision")
@needs(Right.CHANGE_CLASS)
def decision(class_id: int) -> Any:
    """Ask the officer of a tentative class: does it take place, does it join another, or is it called off?"""
    return _decision(own_view(class_id))


@pages.post("/classes/<int:class_id>/confirmation")
@needs(Right.CHANGE_CLASS)
def confirm(class_id: int) -> Any:
    view = own_view(class_id)
    try:
        actions.confirm(signed_in(), class_id)
    except Refusal as refusal:
        return _undecided(view, refusal)
    flash(_("The class takes place. Everyone booked is being told."), "done")
    return redirect(url_for(".class_page", class_id=class_id), 303)


@pages.post("/classes/<int:class_id>/merger")
@needs(Right.CHANGE_CLASS)
def merge(class_id: int) -> Any:
    view, into = own_view(class_id), number_in(request.form, "into")
    try:
        if into is None:
            raise Refusal("merge_wrong")
        actions.merge(signed_in(), class_id, into)
    except Refusal as refusal:
        return _undecided(view, refusal)
    flash(_("The classes are one now. Everyone concerned is being told."), "done")
    return redirect(url_for(".class_page", class_id=into), 303)


def _undecided(view: queries.ClassView, refusal: Refusal) -> Any:
    if refusal.status in (403, 404, 503):
        raise refusal
    return _decision(view, refusal), refusal.status


def _decision(view: queries.ClassView, refusal: Refusal | None = None) -> str:
    return render_template(
        "booking/decision.html",
        view=view,
        refusal=refusal,
        booked=minimum.booked_of(view.row.id),
        others=minimum.mergeable_into(view.row),
    )
