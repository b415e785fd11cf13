"""The people of an enterprise: correcting a contact before the first sign-in, and leaving."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from courses.accounts import actions as accounts
from courses.accounts.forms import CorrectionForm
from courses.accounts.queries import person as person_of
from courses.enterprise import actions, queries
from courses.enterprise.actions.leave import enterprise_of
from courses.enterprise.forms import departure as asked
from courses.enterprise.web.blueprint import pages
from courses.ground import clock
from courses.ground.forms import number_argument
from courses.ground.language import called
from courses.ground.refusal import Refusal
from courses.people.guard import needs, signed_in
from courses.people.looks import looked
from courses.people.model import Person
from courses.people.queries import colleagues
from courses.people.rights import Right


@pages.get("/people/<int:person_id>")
@needs(Right.CHANGE_PEOPLE)
def person(person_id: int) -> Any:
    """Show one person of an enterprise, with what can be done about their post."""
    place = enterprise_of(signed_in(), person_id)
    looked(signed_in(), "people", person_ids=[person_id] if place.id != signed_in().enterprise_id else [])
    [member] = [one for one in queries.members(place.id, clock.now()) if one.id == person_id]
    return render_template(
        "enterprise/person.html", place=place, member=member, ahead=queries.places_ahead(person_id, clock.now())
    )


@pages.get("/people/<int:person_id>/contact")
@needs(Right.CHANGE_PEOPLE)
def contact(person_id: int) -> Any:
    return _contact_page(person_id)


def _contact_page(person_id: int, form: CorrectionForm | None = None, status: int = 200) -> Any:
    place, person = enterprise_of(signed_in(), person_id), _person(person_id)
    if person.has_account:
        flash(Refusal("has_account", person=person.named).words, "wait")
        return redirect(url_for(".enterprise", enterprise_id=place.id), 303)
    form = form or CorrectionForm(formdata=None, obj=person)
    looked(signed_in(), "people", person_ids=[person.id] if place.id != signed_in().enterprise_id else [])
    return render_template("enterprise/contact.html", form=form, person=person, place=place), status


@pages.post("/people/<int:person_id>/contact")
@needs(Right.CHANGE_PEOPLE)
def correct(person_id: int) -> Any:
    form = CorrectionForm()
    if not form.validate():
        return _contact_page(person_id, form, 422)
    place = enterprise_of(signed_in(), person_id).id
    try:
        invited = accounts.correct(
            signed_in(),
            person_id,
            str(form.name.data),
            form.name_en.data or "",
            form.email.data or None,
            form.mobile.data or None,
        )
    except Refusal as refusal:
        if refusal.code not in ("email_taken", "mobile_taken", "has_account"):
            raise
        form.refuse(refusal, email_taken="email", mobile_taken="mobile")
        return _contact_page(person_id, form, refusal.status)
    if invited and invited.email:
        flash(_("A mail to %(name)s is on its way to %(email)s.", name=called(invited), email=invited.email), "done")
    else:
        flash(_("Saved."), "done")
    return redirect(url_for(".enterprise", enterprise_id=place), 303)


@pages.get("/people/<int:person_id>/departure")
@needs(Right.CHANGE_PEOPLE)
def departure(person_id: int) -> Any:
    """Ask who shall succeed; with ?heir=, show what would pass and what not, to be confirmed."""
    return _departure_page(person_id, number_argument("heir"), is_chosen="heir" in request.args)


def _departure_page(person_id: int, heir_id: int | None, is_chosen: bool, refusal: Refusal | None = None) -> Any:
    place, person = enterprise_of(signed_in(), person_id), _person(person_id)
    looked(signed_in(), "people", enterprise_id=place.id)
    others = [one for one in colleagues(place.id) if one.id != person_id]
    heir = next((one for one in others if one.id == heir_id), None)
    if heir_id and heir is None:
        refusal, is_chosen = Refusal("no_successor"), False
    passings = queries.plan(person_id, heir.id if heir else None, clock.now())
    page = render_template(
        "enterprise/departure.html",
        place=place,
        person=person,
        others=others,
        heir=heir,
        is_chosen=is_chosen,
        passings=passings,
        there=queries.in_already([one.place.class_id for one in passings], [one.id for one in others]),
        refusal=refusal,
    )
    return page, refusal.status if refusal else 200


@pages.post("/people/<int:person_id>/departure")
@needs(Right.CHANGE_PEOPLE)
def leave(person_id: int) -> Any:
    heir_id, seen = asked(request.form)
    place, person = enterprise_of(signed_in(), person_id), _person(person_id)
    back, name = url_for(".enterprise", enterprise_id=place.id), called(person)
    try:
        actions.leave(signed_in(), person_id, heir_id, seen)
    except Refusal as refusal:
        if refusal.code not in ("plan_changed", "no_successor"):
            raise
        return _departure_page(person_id, heir_id, True, refusal)
    flash(_("%(name)s has left. Everyone concerned is being told.", name=name), "done")
    return redirect(url_for("desks.desk") if person_id == signed_in().id else back, 303)


def _person(person_id: int) -> Person:
    found = person_of(person_id)
    if found is None:
        raise Refusal("not_found")
    return found
