"""Inviting people of an enterprise."""

from typing import Any

from flask import current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from wtforms.fields import SelectChoice

from courses.accounts import actions, queries
from courses.accounts.forms import InviteForm
from courses.accounts.web.blueprint import pages, secret_keys
from courses.ground.forms import number_argument
from courses.ground.language import called, plain
from courses.ground.refusal import Refusal
from courses.people import identity, links
from courses.people.guard import needs, signed_in
from courses.people.looks import looked
from courses.people.model import Enterprise, Role
from courses.people.queries import colleagues, enterprise
from courses.people.rights import Right, may

REFUSED_AT = {"email_taken": "email", "mobile_taken": "mobile", "post_held": "role"}


@pages.get("/people/new")
@needs(Right.INVITE)
def invite() -> Any:
    place = _place()
    if place is None:
        words = identity.one_line(request.args.get("q", ""))
        found = queries.enterprises_to_serve(signed_in(), words)
        return render_template("accounts/invite_where.html", words=words, found=found)
    return _page(_form(formdata=None, role=Role.MANAGER), place)


def _form(**more: Any) -> InviteForm:
    form = InviteForm(**more)
    form.role.choices = [
        SelectChoice(Role.MANAGER, plain(g.city, "post_name")),
        SelectChoice(Role.OWNER, _("person in charge")),
    ]
    return form


@pages.post("/people/new")
@needs(Right.INVITE)
def invite_now() -> Any:
    place, form = _place(), _form()
    if place is None:
        raise Refusal("not_found")
    if not form.validate():
        return _page(form, place), 422
    try:
        invited = actions.invite(
            signed_in(),
            str(form.name.data),
            form.name_en.data or "",
            form.email.data or None,
            form.mobile.data or None,
            Role(form.role.data),
            place.id,
            form.language.data,
        )
    except Refusal as refusal:
        if refusal.code not in REFUSED_AT:
            raise
        form.refuse(refusal, **REFUSED_AT)
        return _page(form, place), refusal.status
    return _sent(invited)


def _place() -> Enterprise | None:
    """Return the enterprise that the address names, or one's own; None when neither is there.

    Raises Refusal("not_found") for one that is not the actor's: a stranger does not learn that it is there.
    """
    actor = signed_in()
    wanted = number_argument("enterprise") or (None if "enterprise" in request.args else _own())
    if wanted is None and "enterprise" not in request.args:
        return None
    place = enterprise(wanted) if wanted else None
    if place is None or not may(actor, Right.INVITE, enterprise_id=place.id, town_id=place.town_id):
        raise Refusal("not_found")
    return place


def _own() -> int | None:
    actor = signed_in()
    return actor.enterprise_id if actor.has(Role.OWNER) else None


def _page(form: InviteForm, place: Enterprise) -> str:
    team = colleagues(place.id)
    looked(signed_in(), "people", enterprise_id=place.id)
    return render_template("accounts/invite.html", form=form, place=place, team=team, is_own=place.id == _own())


@pages.post("/people/<int:person_id>/links")
@needs(Right.INVITE)
def send_link(person_id: int) -> Any:
    """Invite someone again, or give who has no address a link for a new password."""
    return _sent(actions.send_link(signed_in(), person_id))


def _sent(invited: actions.Invited) -> Any:
    """Say that the mail is on its way, or show the link to hand over, this once."""
    if invited.email:
        flash(
            _("A mail to %(name)s is on its way to %(email)s.", name=called(invited), email=invited.email),
            "done",
        )
        return redirect(url_for(".invite", enterprise=invited.enterprise_id), 303)
    return hand_over(invited)


def hand_over(invited: actions.Invited) -> Any:
    """Show the link of someone whom no mail reaches, this once, to whoever hands it over."""
    token = links.sign(secret_keys(), invited.purpose, invited.id, invited.epoch)
    endpoint = "accounts.invitation" if invited.purpose == "invitation" else "accounts.reset"
    link = current_app.config["SETTINGS"].base_url + url_for(endpoint, token=token)
    return render_template("accounts/hand_over.html", invited=invited, link=link), 201
