"""What counts against whom stayed away, appeals against it, and their decision."""

from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from courses.booking import actions
from courses.booking import standing as standings
from courses.booking.forms import AppealForm, DecisionForm
from courses.booking.model import Appeal
from courses.booking.web.blueprint import pages
from courses.booking.web.classes import tried
from courses.catalogue.model import Course, TrainingClass
from courses.ground import clock
from courses.ground.language import called, plain
from courses.ground.lists import Column, listed
from courses.ground.refusal import Refusal
from courses.people.guard import needs, signed_in
from courses.people.looks import looked
from courses.people.model import Enterprise, Person
from courses.people.queries import city
from courses.people.rights import Right


@pages.get("/standing")
@needs(Right.USE_ACCOUNT)
def standing() -> str:
    """Show what counts against oneself by the city's rule, until when one waits behind others, and how to appeal."""
    actor, now = signed_in(), clock.now()
    missed = standings.missed([actor.id])
    until = standings.on_standby([actor.id], now).get(actor.id)
    return render_template("booking/standing.html", missed=missed, until=until, rules=city())


@pages.route("/bookings/<int:booking_id>/appeal", methods=["GET", "POST"])
@needs(Right.APPEAL)
def appeal(booking_id: int) -> Any:
    counted = standings.missed_in(booking_id)
    if counted is None or counted.person_id != signed_in().id:
        raise Refusal("not_found")
    if counted.appealed_at:
        return redirect(url_for(".standing"), 303)
    form = AppealForm()
    if form.validate_on_submit() and tried(
        lambda: actions.appeal(signed_in(), booking_id, str(form.words.data).strip()), form
    ):
        flash(_("The squadron reads it and answers you by message."), "done")
        return redirect(url_for(".standing"), 303)
    return render_template("booking/appeal.html", form=form, counted=counted), 422 if form.is_submitted() else 200


@pages.get("/appeals")
@needs(Right.DECIDE_APPEAL)
def appeals() -> str | Response:
    """List the appeals of the squadron's classes, those to be decided first."""
    actor = signed_in()
    statement = standings.appeals().where(TrainingClass.squadron_id == actor.squadron_id)
    if who := request.args.get("q", "").strip()[:80]:
        statement = statement.where(Person.name.contains(who, autoescape=True))
    columns = (
        Column("name", _l("Name"), lambda a: called(a, "person"), Person.name),
        Column("enterprise", _l("Enterprise"), lambda a: plain(a, "enterprise"), Enterprise.name_zh),
        Column("title", _l("Class"), lambda a: plain(a, "title"), Course.title_zh),
        Column("day", _l("Day"), lambda a: a.starts_at, TrainingClass.starts_at),
        Column("what", _l("What counts"), lambda a: _("Cancelled late") if a.is_late else _("Did not come")),
        Column("made", _l("Appealed"), lambda a: a.made_at, Appeal.made_at),
        Column("state", _l("State"), _decided, (Appeal.decided_at.is_not(None), Appeal.decided_at)),
    )
    return listed(
        "booking/appeals.html",
        _("Appeals"),
        statement,
        lambda row: standings.Appealed(*row),
        columns,
        Appeal.made_at,
        "state",
        seen=lambda shown: looked(actor, "appeals", person_ids=[appealed.person_id for appealed in shown]),
        q=who,
    )


def _decided(appealed: standings.Appealed) -> str:
    return str({None: _("To be decided"), True: _("Does not count"), False: _("Counts")}[appealed.upheld])


@pages.route("/appeals/<int:booking_id>", methods=["GET", "POST"])
@needs(Right.DECIDE_APPEAL)
def decide(booking_id: int) -> Any:
    """Show an appeal with what stands against the person, and take the officer's decision."""
    actor, found = signed_in(), standings.appeal_of(booking_id)
    if found is None or found.squadron_id != actor.squadron_id:
        raise Refusal("not_found")
    looked(actor, "appeals", person_ids=[found.person_id])
    form = DecisionForm()
    if form.validate_on_submit() and tried(
        lambda: actions.decide(actor, booking_id, form.upheld.data == "yes", str(form.answer.data).strip()), form
    ):
        flash(_("Decided. The person is being told, in your words."), "done")
        return redirect(url_for(".appeals"), 303)
    page = render_template("booking/decide.html", form=form, found=found, missed=standings.missed([found.person_id]))
    return page, 422 if form.is_submitted() else 200
