"""Signing in at the provider that the installation names, and linking what it says to an account, once."""

from dataclasses import asdict
from typing import Any

from flask import current_app, flash, make_response, redirect, render_template, request, session, url_for
from flask_babel import gettext as _

from config import Settings
from courses.accounts import actions, oidc
from courses.accounts.forms import LinkForm
from courses.accounts.web.blueprint import begin_session, pages, secret_keys, unseen
from courses.accounts.web.sign_in import target
from courses.ground.refusal import Refusal
from courses.people import links
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
    step = ".sso_link" if actions.candidate(known) else ".sso_mail" if known.unproven else None
    if step is None:
        return render_template("accounts/sso_unknown.html", known=known), 403
    session[KNOWN] = asdict(known)
    return redirect(url_for(step), 303)


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


@pages.get("/sign-in/sso/mail")
@public
def sso_mail() -> Any:
    """Say that the provider has not verified the address, and offer a link by mail."""
    return render_template("accounts/sso_mail.html", known=_unproven(), is_sent=False)


@pages.post("/sign-in/sso/mail")
@public
def sso_mail_now() -> Any:
    known, settings = _unproven(), _settings()
    named = {"provider_zh": settings.oidc_name_zh, "provider_en": settings.oidc_name_en}
    actions.ask_link(known, named)
    return render_template("accounts/sso_mail.html", known=known, is_sent=True)


@pages.get("/sign-in/sso/links/<token>")
@public
def sso_mailed(token: str) -> Any:
    """Show what the mailed link would do; only the button does it, since mail programs open links themselves."""
    try:
        known = _unproven()
        links.person_of(secret_keys(), "sso", token, known.key)
    except Refusal as refusal:
        return _failed(refusal)
    return unseen(make_response(render_template("accounts/sso_mailed.html", known=known, token=token)))


@pages.post("/sign-in/sso/links/<token>")
@public
def sso_link_mailed(token: str) -> Any:
    try:
        who = actions.link_by_mail(secret_keys(), token, _unproven())
    except Refusal as refusal:
        return _failed(refusal)
    flash(_("Linked. From now on you sign in there alone."), "done")
    return _signed_in(who)


def _unproven() -> oidc.Known:
    """Return who came back to this browser with an unverified address. Raises Refusal("sso_expired")."""
    _settings()
    known = _known()
    if known is None or known.unproven is None:
        raise Refusal("sso_expired")
    return known


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
