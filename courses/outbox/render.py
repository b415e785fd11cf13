"""Putting a notice into words, in its reader's language.

Each kind has `templates/notices/<kind>/subject.txt` and `body.txt` (paragraphs of prose); the facts of the class,
the link and the HTML form are the same for all. Secret links are signed here, never stored, and redacted in previews.
"""

import datetime as dt
from types import SimpleNamespace
from typing import Any

from flask import current_app, render_template

from config import Settings
from courses.ground import clock
from courses.ground.language import plain, span, speaking
from courses.outbox import calendar
from courses.outbox.answers import Asked, sign
from courses.outbox.channels import Message
from courses.outbox.model import Notice
from courses.people import links
from courses.people.model import Person
from courses.people.queries import CityWords

SECRET_PATHS = {"invitation": "/invitations/", "reset": "/resets/", "sso": "/sign-in/sso/links/"}


def render(notice: Notice, person: Person, city: CityWords, settings: Settings, redacted: bool = False) -> Message:
    """Return `notice` as `person` will read it."""
    with speaking(person.language):
        facts = _facts(notice.facts)
        link = _link(notice, person, settings, redacted)
        words = {**facts, "city": city, "person": person, "link": link, "answers": _answers(notice, settings, redacted)}
        subject = " ".join(render_template(f"notices/{notice.kind}/subject.txt", **words).split())
        body = render_template(f"notices/{notice.kind}/body.txt", **words)
        words |= {"subject": subject, "paragraphs": [p.strip() for p in body.split("\n\n") if p.strip()]}
        entry = _entry(notice, facts, person, city, settings, link)
        return Message(
            to=notice.facts.get("to") or person.email or "",  # `to`: where they were reached before
            to_name=person.name,
            subject=subject,
            text=render_template("notices/frame.txt", **words),
            html=render_template("notices/frame.html", **words),
            key=notice.key,
            calendar=calendar.render(entry, clock.now()) if entry else None,
            method=entry.method if entry else None,
        )


def _facts(stored: dict[str, Any]) -> dict[str, Any]:
    """Return stored facts with times as moments and what has a title as an object of which templates ask words."""
    facts: dict[str, Any] = {name: _read(value) for name, value in stored.items()}
    if "class_" in facts:
        facts["spans"] = [span(*sitting) for sitting in facts["class_"].sittings]
    if "before" in facts:
        facts["spans_before"] = [span(*sitting) for sitting in facts["before"]]
    return facts


def _read(value: Any) -> Any:
    if isinstance(value, list):
        return [_read(item) for item in value]
    if isinstance(value, dict) and "title_zh" in value:
        return SimpleNamespace(**{name: _read(fact) for name, fact in value.items()})
    if isinstance(value, str) and value[10:11] == "T":
        try:
            return dt.datetime.fromisoformat(value)
        except ValueError:
            return value
    return value


def _link(notice: Notice, person: Person, settings: Settings, redacted: bool) -> str:
    secret = SECRET_PATHS.get(notice.kind)
    if not secret:
        return f"{settings.base_url}{notice.facts.get('path', '/')}"
    if redacted:
        return f"{settings.base_url}{secret}•••"
    about = notice.facts.get("about", "")
    return settings.base_url + secret + links.sign(settings.secret_keys, notice.kind, person.id, person.epoch, about)


def _answers(notice: Notice, settings: Settings, redacted: bool) -> SimpleNamespace | None:
    """Return the addresses that answer what a notice asks by one tap; none in what is shown to others."""
    asks = notice.facts.get("asks")
    if not asks or redacted or not notice.booking_id:
        return None
    asked = Asked(asks["question"], notice.booking_id, asks["number"])
    address = f"{settings.base_url}/answers/{sign(settings.secret_keys, asked)}?say="
    return SimpleNamespace(question=asked.question, yes=address + "yes", no=address + "no")


def _entry(
    notice: Notice, facts: dict[str, Any], person: Person, city: CityWords, settings: Settings, link: str
) -> calendar.Entry | None:
    stored = notice.facts.get("calendar")
    if not stored or not person.email:
        return None
    class_, gone = facts["class_"], notice.facts.get("gone")
    return calendar.Entry(
        uid=stored["uid"],
        sequence=stored["sequence"],
        method=stored["method"],
        title=plain(class_, "title"),
        place=" ".join(filter(None, (plain(class_, "home"), plain(class_, "room"), plain(class_, "address")))),
        url=link,
        sittings=class_.sittings,
        before=() if gone else facts.get("before", ()),
        gone=calendar.Gone(**{name: _read(said) for name, said in gone.items()}) if gone else None,
        organizer=settings.mail_from,
        organizer_name=plain(city, "name"),
        attendee=person.email,
        attendee_name=person.name,
    )


def renderer(city: CityWords) -> Any:
    """Return the `Render` a worker uses: with this installation's settings."""
    settings: Settings = current_app.config["SETTINGS"]
    return lambda notice, person: render(notice, person, city, settings)
