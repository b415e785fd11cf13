"""What someone was told; in development also the mails as they would have left."""

import email
import email.policy
from types import SimpleNamespace
from typing import Any

from flask import current_app, render_template

from config import Settings
from courses.desks import queries
from courses.desks.web.blueprint import pages
from courses.ground import clock
from courses.ground.db import db
from courses.ground.refusal import Refusal
from courses.outbox.render import render
from courses.people.guard import needs, public, signed_in
from courses.people.model import Person
from courses.people.queries import city
from courses.people.rights import Right


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


@pages.get("/mail")
@public
def mail() -> str:
    """In development without a mail server: what would have been sent, readable."""
    settings: Settings = current_app.config["SETTINGS"]
    if not settings.is_development or settings.smtp_url:
        raise Refusal("not_found")
    files = sorted(settings.mail_folder.glob("[!.]*.eml"), reverse=True)[:40] if settings.mail_folder.is_dir() else []
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
