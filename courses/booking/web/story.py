"""The story of a class and of a seat, and the queue put in another order by hand."""

from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from courses.booking import actions, queries
from courses.booking import story as stories
from courses.booking.forms import PlaceForm
from courses.booking.model import Event
from courses.booking.web.blueprint import pages
from courses.booking.web.classes import own_view, the_view, tried
from courses.catalogue import queries as catalogue
from courses.ground.language import called
from courses.ground.lists import Column, listed
from courses.ground.refusal import Refusal
from courses.people.guard import needs, signed_in
from courses.people.looks import looked
from courses.people.rights import Right, may


@pages.route("/bookings/<int:booking_id>/place", methods=["GET", "POST"])
@needs(Right.CHANGE_CLASS)
def reorder(booking_id: int) -> Any:
    """Give a waiting booking another place in the queue, with the reason for it."""
    place = queries.place_of(booking_id)
    if place is None:
        raise Refusal("not_found")
    view, form = own_view(place.class_id), PlaceForm()
    if place.place is None:
        flash(Refusal("awaits_draw" if place.entry else "not_waiting").words, "lost")
        return redirect(url_for(".class_page", class_id=place.class_id), 303)
    if form.validate_on_submit() and tried(
        lambda: actions.reorder(
            signed_in(), booking_id, form.place.data or 0, str(form.reason.data).strip(), form.seen.data
        ),
        form,
    ):
        flash(_("The queue has its new order. Those concerned are being told."), "done")
        return redirect(url_for(".class_page", class_id=place.class_id), 303)
    looked(signed_in(), "class_page", class_id=place.class_id)
    form.seen.show(place.place)
    page = render_template(
        "booking/place.html", view=view, form=form, place=place, waiting=queries.queue_length(place.class_id)
    )
    return page, 422 if form.is_submitted() else 200


@pages.get("/classes/<int:class_id>/story")
@needs(Right.READ_BOOKING)
def story(class_id: int) -> str | Response:
    """Tell all that happened in a class: to those who serve it; to others, what concerns the class and their own."""
    actor, view = signed_in(), the_view(class_id)
    lecturer_ids = [t.id for t in catalogue.lecturers_of(class_id)]
    serves = may(actor, Right.READ_ROSTER, squadron_id=view.row.squadron_id, lecturer_ids=lecturer_ids)
    places = [] if serves else queries.own_places(actor, class_id)
    if not serves and not places:
        raise Refusal("not_found")
    if serves:
        looked(actor, "class_page", class_id=class_id)
    statement = stories.story(class_id, None if serves else [place.id for place in places])
    if who := request.args.get("q", "").strip()[:80]:
        statement = statement.where(stories.whose.name.contains(who, autoescape=True))
    return _story(view, statement, q=who)


@pages.get("/bookings/<int:booking_id>/story")
@needs(Right.READ_BOOKING)
def story_of_booking(booking_id: int) -> str | Response:
    """Tell all that happened to one booking, and to its class since it was asked for."""
    place = queries.booking_seen_by(signed_in(), booking_id)
    if place is None:
        raise Refusal("not_found")
    looked(signed_in(), "booking", person_ids=[place.person_id] if place.person_id else [])
    return _story(the_view(place.class_id), stories.story_of_booking(place), place=place)


def _story(view: queries.ClassView, statement: Any, **facts: Any) -> str | Response:
    columns = (
        Column("at", _l("When"), lambda h: h.at, Event.id),
        Column("what", _l("What happened, and why"), stories.said),
        Column("person", _l("Whose booking"), lambda h: called(h, "person") if h.person else "", stories.whose.name),
        Column("actor", _l("By"), lambda h: called(h, "actor") if h.actor else "", stories.who.name),
        Column("door", _l("Through"), stories.through, Event.door),
    )
    title = _("Story of a seat") if "place" in facts else _("Story of the class")
    return listed(
        "booking/story.html",
        f"{title}-{view.row.id}",
        statement,
        lambda row: stories.Happening(*row),
        columns,
        Event.id,
        "-at",
        view=view,
        **facts,
    )
