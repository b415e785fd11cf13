"""The one blueprint of the room, and what its pages share."""

from flask import Blueprint, current_app, session
from flask_login import login_user
from werkzeug import Response

from courses.ground import language
from courses.ground.language import lang
from courses.people.rights import Actor

pages = Blueprint("accounts", __name__)


@pages.app_template_global("provider_name")
def provider_name() -> str:
    """Return what the provider of single sign-on is called; nothing where there is none."""
    settings = current_app.config["SETTINGS"]
    named = settings.oidc_name_zh if lang() == "zh" else settings.oidc_name_en
    return (named or settings.oidc_name_zh) if settings.oidc_issuer else ""


def begin_session(who: Actor) -> None:
    """Let this browser act as `who`; nothing of an earlier session stays."""
    session.clear()
    session.permanent = True
    login_user(who)


def in_own_language(response: Response) -> Response:
    """Let the person's choice rule from now on, not what this browser was once switched to."""
    response.delete_cookie(language.COOKIE)
    return response


def unseen(response: Response) -> Response:
    """Return the page behind a secret link so that no cache keeps it and no other page is told its address."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def secret_keys() -> tuple[str, ...]:
    keys: tuple[str, ...] = current_app.config["SETTINGS"].secret_keys
    return keys
