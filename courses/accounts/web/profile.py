"""One's own profile, password and tokens."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import login_user

from courses.accounts import actions, queries
from courses.accounts.forms import PasswordForm, ProfileForm, TokenForm
from courses.accounts.web.blueprint import in_own_language, pages
from courses.ground.forms import Form
from courses.ground.language import speaking
from courses.ground.refusal import Refusal
from courses.people.guard import needs, signed_in
from courses.people.rights import Reach, Right, of_use

REFUSED_AT_FORM = (
    "wrong_password",
    "weak_password",
    "slow_down",
    "email_taken",
    "mobile_taken",
    "too_many_tokens",
)


@pages.get("/profile")
@needs(Right.USE_ACCOUNT)
def profile() -> Any:
    return _page()


def _page(status: int = 200, **refused: Form) -> Any:
    """Show the profile; `refused` is the form that came back: details, secret or token."""
    person = queries.person(signed_in().id)
    return render_template(
        "accounts/profile.html",
        details=refused.get("details") or ProfileForm(formdata=None, obj=person),
        secret=refused.get("secret") or PasswordForm(formdata=None),
        token=refused.get("token") or _token_form(formdata=None),
        form=next(iter(refused.values()), None),
        person=person,
        tokens=queries.tokens_of(signed_in().id),
        identities=queries.identities_of(signed_in().id),
    ), status


def _token_form(**more: Any) -> TokenForm:
    """Return the form of a token; it offers the scopes that the person's roles can use."""
    form = TokenForm(**more)
    form.offer(of_use(signed_in()))
    return form


def _refuse(refusal: Refusal, form: Form, **where: str) -> int:
    """Show `refusal` in the form, if that is where it can be answered, and return its status."""
    if refusal.code not in REFUSED_AT_FORM:
        raise refusal
    form.refuse(refusal, **where)
    return refusal.status


@pages.post("/profile")
@needs(Right.USE_ACCOUNT)
def change_profile() -> Any:
    form = ProfileForm()
    if not form.validate():
        return _page(422, details=form)
    try:
        who = actions.change_profile(
            signed_in(),
            form.name_en.data or "",
            form.language.data,
            form.email.data or None,
            form.mobile.data or None,
            form.password.data or "",
        )
    except Refusal as refusal:
        if refusal.code == "wrong_password" and not form.password.data:
            form.password.errors = [_("Type your present password.")]
            return _page(422, details=form)
        status = _refuse(refusal, form, wrong_password="password", email_taken="email", mobile_taken="mobile")
        return _page(status, details=form)
    login_user(who)  # this browser goes on; the epoch has ended the others
    with speaking(who.language):
        flash(_("Your profile is saved."), "done")
    return in_own_language(redirect(url_for(".profile"), 303))


@pages.post("/profile/password")
@needs(Right.USE_ACCOUNT)
def password() -> Any:
    form = PasswordForm()
    if not form.validate():
        return _page(422, secret=form)
    try:
        who = actions.change_password(signed_in(), str(form.present.data), str(form.new.data))
    except Refusal as refusal:
        return _page(_refuse(refusal, form, wrong_password="present", weak_password="new"), secret=form)
    login_user(who)
    flash(_("Your password is changed. All other devices are signed out."), "done")
    return redirect(url_for(".profile"), 303)


@pages.post("/profile/tokens")
@needs(Right.USE_ACCOUNT)
def tokens() -> Any:
    form = _token_form()
    if not form.validate():
        return _page(422, token=form)
    try:
        reach = [Reach(scope) for scope in form.scopes.data]
        secret = actions.make_token(signed_in(), str(form.label.data), int(form.days.data), reach)
    except Refusal as refusal:
        return _page(_refuse(refusal, form), token=form)
    return render_template("accounts/token_made.html", secret=secret, label=form.label.data), 201


@pages.post("/profile/tokens/<int:token_id>/revocation")
@needs(Right.USE_ACCOUNT)
def revoke_token(token_id: int) -> Any:
    actions.revoke_token(signed_in(), token_id)
    flash(_("The token is ended."), "done")
    return redirect(url_for(".profile", _anchor="tokens"), 303)
