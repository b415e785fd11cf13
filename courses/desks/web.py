"""The desks and what belongs to no other room: notices, the state of the installation, privacy, probes."""

import email
import email.policy
from types import SimpleNamespace
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from config import Settings
from courses.booking import queries as booking
from courses.catalogue.queries import PAGE_SIZE
from courses.desks import queries
from courses.ground import clock, pulse
from courses.ground.db import db
from courses.ground.forms import page_number
from courses.ground.language import lang
from courses.ground.refusal import Refusal
from courses.outbox import actions as outbox
from courses.outbox.render import render
from courses.people.guard import needs, public, signed_in
from courses.people.model import Person, Role
from courses.people.queries import city
from courses.people.rights import Right, may
from courses.roster.queries import hours_of

pages = Blueprint("desks", __name__)


@pages.get("/desk")
@needs(Right.USE_ACCOUNT)
def desk() -> str:
    """Show one section for each role the actor holds, the things to do first."""
    actor, now = signed_in(), clock.now()
    shown: dict[str, Any] = {}
    if actor.has(Role.MANAGER, Role.OWNER):
        shown["mine"] = booking.coming(actor.id, now)
        shown["hours"] = hours_of(actor.id)
    if actor.enterprise_id and may(actor, Right.READ_PEOPLE, enterprise_id=actor.enterprise_id):
        shown["members"] = queries.members(actor.enterprise_id, now)
        shown["of_enterprise"] = booking.coming_of_enterprise(actor.enterprise_id, now)
    if actor.has(Role.OFFICER) and actor.squadron_id:
        shown["unmarked"] = queries.unmarked_classes(actor.squadron_id, None, now)
        shown["classes"] = queries.classes_of_squadron(actor.squadron_id, now)
        shown["untold"] = queries.untold(actor.squadron_id, now)
    if actor.has(Role.LECTURER):
        shown["to_mark"] = queries.unmarked_classes(None, actor.id, now)
        shown["taught"] = queries.classes_taught(actor.id, now)
    if may(actor, Right.READ_COVERAGE):
        shown["coverage"] = queries.coverage(None if actor.has(Role.BUREAU) else actor.towns)
    if actor.has(Role.ADMINISTRATOR):
        shown["state"] = _state()
    return render_template("desks/desk.html", **shown)


@pages.get("/posts")
@needs(Right.READ_POSTS)
def posts() -> str:
    q, number = request.args.get("q", "").strip()[:100], page_number()
    found = queries.posts(q, number, PAGE_SIZE)
    pager = SimpleNamespace(
        number=number,
        pages=number + (len(found) > PAGE_SIZE),
        url=lambda n: url_for(".posts", **{**request.args.to_dict(), "page": n}),
    )
    return render_template("desks/posts.html", posts=found[:PAGE_SIZE], q=q, pager=pager)


@pages.get("/notices")
@needs(Right.USE_ACCOUNT)
def notices() -> str:
    """Show what the actor was told, in words; secret links are not shown again."""
    settings: Settings = current_app.config["SETTINGS"]
    person = db.session.get(Person, signed_in().id)
    assert person is not None  # signed in
    told = queries.notices_of(person.id)
    read = [(notice, render(notice, person, city(), settings, redacted=True)) for notice in told]
    return render_template("desks/notices.html", told=read)


@pages.get("/installation")
@needs(Right.ADMINISTER)
def installation() -> str:
    return render_template("desks/installation.html", state=_state(), faults=queries.faults(lang()))


def _state() -> Any:
    """Return whether the clock is alive and what is stuck."""
    now = clock.now()
    return SimpleNamespace(
        clock_is_alive=pulse.clock_is_alive(),
        workers=pulse.workers(),
        fates=queries.fates(),
        stuck=queries.stuck(now),
        dead_before=now - pulse.DEAD_AFTER,
    )


@pages.post("/installation/notices/<int:notice_id>/decision")
@needs(Right.ADMINISTER)
def decide(notice_id: int) -> Any:
    try:
        outbox.decide(signed_in(), notice_id, send_again=request.form.get("again") == "1")
    except Refusal as refusal:
        if refusal.status != 409:
            raise
        flash(refusal.words, "lost")
    else:
        flash(_("Decided."), "done")
    return redirect(url_for(".installation"), 303)


@pages.get("/privacy")
@public
def privacy() -> str:
    return render_template("desks/privacy.html")


@pages.get("/mail")
@public
def mail() -> str:
    """In development without a mail server: what would have been sent, readable."""
    settings: Settings = current_app.config["SETTINGS"]
    if not settings.is_development or settings.smtp_url:
        raise Refusal("not_found")
    files = sorted(settings.mail_folder.glob("*.eml"), reverse=True)[:40] if settings.mail_folder.is_dir() else []
    return render_template("desks/mail.html", mails=[_read_mail(file.read_bytes()) for file in files])


def _read_mail(raw: bytes) -> Any:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    body, entry = message.get_body(("plain",)), message.get_body(("calendar",))
    calendar = next((p for p in message.walk() if p.get_content_type() == "text/calendar"), entry)
    return SimpleNamespace(
        subject=message["Subject"],
        to=message["To"],
        date=message["Date"].datetime.astimezone(clock.UTC),
        text=body.get_content() if body else "",
        calendar=calendar.get_content() if calendar else "",
    )


@pages.get("/healthz")
@public
def healthz() -> Any:
    """Answer that the web process lives; asks nothing of the database."""
    return {"alive": True}


@pages.get("/readyz")
@public
def readyz() -> Any:
    """Answer 200 when the database answers and a leading worker beats, else 503 saying which does not."""
    try:
        db.session.execute(select(1))
        alive = pulse.clock_is_alive()
    except DBAPIError:
        return {"database": False, "clock": False}, 503, {"Retry-After": "5"}
    return {"database": True, "clock": alive}, 200 if alive else 503
