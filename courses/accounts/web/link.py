"""The pages behind a secret link, and asking for one."""

from typing import Any

from flask import flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug import Response

from courses.accounts import actions
from courses.accounts.forms import InvitationForm, LoginForm, NewPasswordForm
from courses.accounts.web.blueprint import begin_session, in_own_language, pages, secret_keys, unseen
from courses.ground.language import lang
from courses.ground.refusal import Refusal
from courses.people import links
from courses.people.guard import public


@pages.get("/invitations/<token>")
@public
def invitation(token: str) -> Any:
    return _page("invitation", token, InvitationForm(formdata=None, language=lang()))


@pages.post("/invitations/<token>")
@public
def accept_invitation(token: str) -> Any:
    return _set("invitation", token, InvitationForm())


@pages.get("/resets/<token>")
@public
def reset(token: str) -> Any:
    return _page("reset", token, NewPasswordForm(formdata=None))


@pages.post("/resets/<token>")
@public
def set_new_password(token: str) -> Any:
    return _set("reset", token, NewPasswordForm())


def _page(purpose: str, token: str, form: NewPasswordForm, status: int = 200) -> Response:
    """Show the page of a link; no cache keeps it, and no other page is told its address."""
    try:
        person = links.person_of(secret_keys(), purpose, token)
    except Refusal as refusal:
        page, status = render_template("accounts/dead_link.html", purpose=purpose), refusal.status
    else:
        page = render_template("accounts/new_password.html", purpose=purpose, person=person, form=form)
    return unseen(make_response(page, status))


def _set(purpose: str, token: str, form: NewPasswordForm) -> Any:
    if not form.validate():
        return _page(purpose, token, form, 422)
    language = form.language.data if isinstance(form, InvitationForm) else None
    try:
        who = actions.set_password(secret_keys(), purpose, token, str(form.password.data), language)
    except Refusal as refusal:
        if refusal.code not in ("dead_link", "weak_password"):
            raise
        form.refuse(refusal, weak_password="password")
        return _page(purpose, token, form, refusal.status)
    begin_session(who)
    flash(_("Your password is set and you are signed in."), "done")
    return in_own_language(redirect(url_for("desks.desk"), 303))


@pages.get("/resets")
@public
def reset_ask() -> Any:
    return render_template("accounts/reset_ask.html", form=LoginForm(request.args))


@pages.post("/resets")
@public
def ask_reset() -> Any:
    form = LoginForm()
    if not form.validate():
        return render_template("accounts/reset_ask.html", form=form), 422
    actions.ask_reset(str(form.login.data))
    return render_template("accounts/reset_asked.html", login=form.login.data)
