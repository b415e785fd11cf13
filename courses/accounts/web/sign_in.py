"""Signing in and out."""

from typing import Any

from flask import current_app, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import RequestRedirect

from courses.accounts import actions
from courses.accounts.forms import SignInForm
from courses.accounts.web.blueprint import begin_session, pages
from courses.ground.refusal import Refusal
from courses.people.guard import actor, public


@pages.get("/sign-in")
@public
def sign_in() -> Any:
    if actor():
        return redirect(target(request.args.get("next")), 303)
    return render_template("accounts/sign_in.html", form=SignInForm(request.args))


@pages.post("/sign-in")
@public
def sign_in_now() -> Any:
    form = SignInForm()
    if not form.validate():
        return render_template("accounts/sign_in.html", form=form), 422
    try:
        who = actions.sign_in(str(form.login.data), str(form.password.data))
    except Refusal as refusal:
        if refusal.code not in ("wrong_sign_in", "slow_down"):
            raise
        form.refuse(refusal, wrong_sign_in="password")
        wait = {"Retry-After": str(60 * refusal.facts["minutes"])} if refusal.code == "slow_down" else {}
        return render_template("accounts/sign_in.html", form=form), refusal.status, wait
    begin_session(who)
    return redirect(target(form.next.data), 303)


def target(wanted: str | None) -> str:
    """Return where to go after signing in: `wanted` if it is a page of ours, else the desk.

    Where only a form can go, the way leads to the page above it.
    """
    path = wanted or ""
    if not path.startswith("/") or path.startswith("//") or "\\" in path or not path.isprintable():
        return url_for("desks.desk")
    while (place := path.partition("?")[0]) not in ("", "/sign-in"):
        try:
            current_app.url_map.bind("").match(place, method="GET")
        except MethodNotAllowed:
            path = place.rpartition("/")[0]
        except (NotFound, RequestRedirect):
            break
        else:
            return request.script_root + path
    return url_for("desks.desk")


@pages.post("/sign-out")
@public
def sign_out() -> Any:
    session.clear()
    flash(_("You are signed out."), "done")
    return redirect(url_for("catalogue.shelves"), 303)
