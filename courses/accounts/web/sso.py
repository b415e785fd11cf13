"""Signing in at the provider that the installation names, and linking what it says to an account, once."""

from dataclasses import asdict
from typing import Any

from flask import current_app, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _

from config import Settings
from courses.accounts import actions, oidc
from courses.accounts.forms import LinkForm
from courses.accounts.web.blueprint import begin_session, pages
from courses.accounts.web.sign_in import target
from courses.ground.refusal import Refusal
from courses.people.guard import needs, public, signed_in
from courses.people.rights import Right

BEGUN, KNOWN, NEXT = "sso_begun", "sso_known", "sso_next"


@pages.get("/sign-in/sso")
@public
def sso() -> Any:
    """Leave for the provider."""
    settings = _settings()
    try:
        address, begun = oidc.begin(settings, _back(settings))
    except Refusal as refusal:
        return _failed(refusal)
    session[BEGUN], session[NEXT] = asdict(begun), target(request.args.get("next"))
    return redirect(address, 303)


@pages.get("/sign-in/sso/return")
@public
def sso_return() -> Any:
    """Come back from the provider: sign in, ask for the password once, or say who to ask."""
    settings, kept = _settings(), session.pop(BEGUN, None)
    try:
        known = oidc.finish(settings, _back(settings), *_brought(kept))
        who = actions.linked(known)
    except Refusal as refusal:
        return _failed(refusal)
    if who:
        return _signed_in(who)
    if actions.candidate(known) is None:
        return render_template("accounts/sso_unknown.html", known=known), 403
    session[KNOWN] = asdict(known)
    return redirect(url_for(".sso_link"), 303)


def _brought(kept: Any) -> tuple[str, oidc.Begun]:
    """Return the code that the provider sent along. Raises Refusal("sso_expired") when this browser did not ask for it
    or asked for another, "sso_refused" when the provider said no."""
    begun = oidc.Begun(**kept) if kept else None
    if begun is None or request.args.get("state") != begun.state:
        raise Refusal("sso_expired")
    if "error" in request.args or not request.args.get("code"):
        raise Refusal("sso_refused")
    return request.args["code"], begun


@pages.get("/sign-in/sso/link")
@public
def sso_link() -> Any:
    _settings()
    return _page(LinkForm(formdata=None))


@pages.post("/sign-in/sso/link")
@public
def sso_link_now() -> Any:
    _settings()
    form, known = LinkForm(), _known()
    if known is None:
        return _failed(Refusal("sso_expired"))
    if not form.validate():
        return _page(form, 422)
    try:
        who = actions.link(known, str(form.password.data))
    except Refusal as refusal:
        if refusal.code not in ("wrong_sign_in", "slow_down"):
            return _failed(refusal)
        form.refuse(refusal, wrong_sign_in="password")
        return _page(form, refusal.status)
    flash(_("Linked. From now on you sign in there alone."), "done")
    return _signed_in(who)


def _page(form: LinkForm, status: int = 200) -> Any:
    known = _known()
    person = actions.candidate(known) if known else None
    if person is None:
        return _failed(Refusal("sso_expired"))
    return render_template("accounts/sso_link.html", form=form, known=known), status


def _known() -> oidc.Known | None:
    kept = session.get(KNOWN)
    return oidc.Known(**kept) if kept else None


def _signed_in(who: Any) -> Any:
    onward = session.get(NEXT) or url_for("desks.desk")
    begin_session(who)
    return redirect(onward, 303)


@pages.post("/profile/identities/<int:identity_id>/end")
@needs(Right.USE_ACCOUNT)
def unlink(identity_id: int) -> Any:
    actions.unlink(signed_in(), identity_id)
    flash(_("The link is ended."), "done")
    return redirect(url_for(".profile"), 303)


def _failed(refusal: Refusal) -> Any:
    return render_template("accounts/sso_failed.html", words=refusal.words), refusal.status


def _settings() -> Settings:
    """Return the settings. Raises Refusal("not_found") where there is no provider."""
    settings: Settings = current_app.config["SETTINGS"]
    if not settings.oidc_issuer:
        raise Refusal("not_found")
    return settings


def _back(settings: Settings) -> str:
    return settings.base_url + url_for(".sso_return")
