"""Seats held for people who are named later: holding them, and the page that asks who comes."""

from typing import Any, NamedTuple

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from courses.booking import actions, queries
from courses.booking.actions import NewColleague
from courses.booking.forms import ColleagueForm, HoldForm, NewColleagueForm
from courses.booking.model import State
from courses.booking.web.blueprint import pages
from courses.booking.web.classes import refused, the_view
from courses.ground.language import called, told_apart
from courses.ground.refusal import Refusal
from courses.people.guard import needs, signed_in
from courses.people.queries import Colleague, colleagues
from courses.people.rights import Right, may

REFUSED_AT = {"email_taken": "email", "mobile_taken": "mobile"} | dict.fromkeys(
    ("already_booked", "person_clash", "not_first_timer", "on_standby", "asked_first"), "person"
)


@pages.post("/classes/<int:class_id>/holds")
@needs(Right.HOLD)
def hold(class_id: int) -> Any:
    form = HoldForm()
    if not form.validate():
        return refused(class_id, Refusal("no_number", most=the_view(class_id).row.capacity))
    try:
        outcomes = actions.hold(signed_in(), class_id, form.seats.data, seen=form.seen.data)
    except Refusal as refusal:
        return refused(class_id, refusal)
    first = outcomes[0]
    if first.state == State.HELD:
        held = ngettext(
            "%(num)s seat is held. Now say who comes.", "%(num)s seats are held. Now say who comes.", len(outcomes)
        )
        flash(held, "done")
    elif first.entry:
        flash(
            _("Your people are in the draw, entry %(number)s. The outcome comes by mail.", number=first.entry), "wait"
        )
    else:
        flash(_("The class is full: number %(place)s in the queue.", place=first.place), "wait")
    return redirect(url_for(".class_page", class_id=class_id, _anchor="held"), 303)


class _Asked(NamedTuple):
    """A place of the actor's enterprise, its class, and the colleagues who could come."""

    place: queries.Place
    view: queries.ClassView
    form: ColleagueForm
    new: NewColleagueForm


@pages.get("/bookings/<int:booking_id>/person")
@needs(Right.HOLD)
def person(booking_id: int) -> Any:
    return _page(_asked(booking_id))


@pages.post("/bookings/<int:booking_id>/person")
@needs(Right.HOLD)
def name(booking_id: int) -> Any:
    """Take the colleague that was chosen."""
    asked = _asked(booking_id)
    if not asked.form.validate():
        return _page(asked), 422
    return _named(asked, asked.form, asked.form.person.data)


@pages.post("/bookings/<int:booking_id>/person/new")
@needs(Right.HOLD)
def name_new(booking_id: int) -> Any:
    """Take someone who is new to the enterprise, and invite them."""
    asked = _asked(booking_id)
    new = asked.new
    if not new.validate():
        return _page(asked, is_new=True), 422
    who = NewColleague(
        name=str(new.name.data),
        name_en=new.name_en.data or "",
        email=new.email.data or None,
        mobile=new.mobile.data or None,
        language=signed_in().language,
    )
    return _named(asked, new, who)


def _asked(booking_id: int) -> _Asked:
    """Return what the page asks about. A stranger is told that there is nothing."""
    actor, place = signed_in(), queries.place_of(booking_id)
    if place is None or not may(actor, Right.HOLD, enterprise_id=place.enterprise_id) or place.enterprise_id is None:
        raise Refusal("not_found")
    view = queries.class_view(place.class_id)
    assert view is not None  # it has a booking
    form = ColleagueForm()
    there = queries.people_in(place.class_id)
    staff = colleagues(place.enterprise_id)
    form.person.choices = [(one.id, _choice(one, staff)) for one in staff if one.id not in there]
    return _Asked(place, view, form, NewColleagueForm())


def _choice(one: Colleague, staff: list[Colleague]) -> str:
    return " · ".join(filter(None, (called(one), told_apart(one, staff))))


def _page(asked: _Asked, is_new: bool = False) -> str:
    for form in (asked.form, asked.new):
        form.seen.show(asked.place.person_id or 0)
    invites = may(signed_in(), Right.INVITE, enterprise_id=asked.place.enterprise_id)
    return render_template("booking/person.html", **asked._asdict(), is_new=is_new, invites=invites)


def _named(asked: _Asked, form: Any, who: int | NewColleague) -> Any:
    """Do it; a rule's refusal stands at its field."""
    try:
        booking_id = actions.name(signed_in(), asked.place.id, who, seen=form.seen.data)
    except Refusal as refusal:
        if refusal.status in (403, 404, 503):
            raise
        is_new, now = form is asked.new, _asked(asked.place.id)
        (now.new if is_new else now.form).refuse(refusal, **REFUSED_AT)
        return _page(now, is_new), refusal.status
    named = queries.place_of(booking_id)
    flash(_("%(name)s is named, and is being told.", name=called(named, "person") if named else ""), "done")
    return redirect(url_for(".class_page", class_id=asked.place.class_id, _anchor="held"), 303)
