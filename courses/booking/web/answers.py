"""Answering what one is asked: on the page of the class, or by one tap from the mail without signing in."""

from typing import Any

from flask import current_app, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from config import Settings
from courses.booking import actions
from courses.booking.asking import Asked as AskedByLink
from courses.booking.asking import asked_by_link
from courses.booking.web.blueprint import pages
from courses.booking.web.classes import on_booking
from courses.catalogue.queries import spans_of
from courses.ground.language import speak_as_asked
from courses.ground.refusal import Refusal
from courses.outbox.answers import Asked, Question, read
from courses.people.guard import needs, public, signed_in
from courses.people.queries import actor_of
from courses.people.rights import Right

ANSWERS = {"yes": True, "no": False}
SETTLED = ("not_asked", "offer_over", "called_off", "begun")
"""What an old link is told by its page, which says what stands now."""


@pages.post("/bookings/<int:booking_id>/answer")
@needs(Right.CANCEL)
def answer(booking_id: int) -> Any:
    yes = _said()

    def act() -> str:
        question = actions.answer(signed_in(), booking_id, yes)
        if question == Question.OFFER:
            return str(
                _("The seat is accepted.") if yes else _("The seat is declined. It goes to the next in the queue.")
            )
        if yes:
            return str(_("Thank you. The seat stays as it is."))
        return str(_("The seat is given up and goes to the next in the queue. This does not count as late."))

    return on_booking(booking_id, act)


@pages.get("/answers/<token>")
@public
def slip(token: str) -> Any:
    """Show what is asked and two buttons; this alone changes nothing, since programs too follow links in mails."""
    asked, found = _asked(token)
    speak_as_asked(found.person.language)
    page = render_template(
        "booking/answer.html",
        token=token,
        found=found,
        question=found.booking.asks if found.is_open(asked.number) else None,
        say=request.args.get("say"),
        spans=spans_of(found.view.row),
    )
    response = make_response(page)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@pages.post("/answers/<token>")
@public
def answer_by_slip(token: str) -> Any:
    asked, found = _asked(token)
    who, yes = actor_of(found.person.id), _said()
    assert who is not None  # has not left
    try:
        actions.answer(who, asked.booking_id, yes, "link", asked.number)
    except Refusal as refusal:
        if refusal.code not in SETTLED:
            raise
    return redirect(url_for(".slip", token=token), 303)


def _said() -> bool:
    said = ANSWERS.get(request.form.get("answer", ""))
    if said is None:
        raise Refusal("malformed")
    return said


def _asked(token: str) -> tuple[Asked, AskedByLink]:
    """Return what a link asks, and about whom. Raises Refusal("not_found")."""
    settings: Settings = current_app.config["SETTINGS"]
    asked = read(settings.secret_keys, token)
    found = asked_by_link(asked.booking_id)
    if found is None:
        raise Refusal("not_found")
    return asked, found
