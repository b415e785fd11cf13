"""Asking to join an enterprise, reading what became of it, and deciding it."""

from typing import Any

from flask import flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from wtforms.fields import SelectChoice

from courses.accounts.web import hand_over, secret_keys
from courses.enterprise import actions, queries, receipt
from courses.enterprise.actions.join import Asking
from courses.enterprise.forms import JoinForm, RefusalForm
from courses.enterprise.queries import Joining
from courses.enterprise.web.blueprint import pages
from courses.ground import sheets
from courses.ground.forms import page_number
from courses.ground.language import called, lang, plain
from courses.ground.lists import Pager
from courses.ground.refusal import Refusal
from courses.people.guard import needs, public, signed_in
from courses.people.looks import looked
from courses.people.model import Role
from courses.people.queries import city, town_names
from courses.people.rights import Right, may, towns_of

PAGE_SIZE = 20


@pages.get("/join")
@public
def join() -> Any:
    """Ask who wants to join; `?credit_code=` of the enterprise, from a link that it was sent, stands there already."""
    code = request.args.get("credit_code", "")[:18]
    return render_template("enterprise/join.html", form=_form(formdata=None, role=Role.MANAGER, credit_code=code))


def _form(**more: Any) -> JoinForm:
    form = JoinForm(**more)
    form.role.choices = [
        SelectChoice(Role.MANAGER, plain(city(), "post_name")),
        SelectChoice(Role.OWNER, _("person in charge")),
    ]
    form.town_id.choices = [SelectChoice(town.id, plain(town, "name")) for town in town_names()]
    return form


@pages.post("/join")
@public
def ask() -> Any:
    form = _form()
    if not form.validate():
        return render_template("enterprise/join.html", form=form), 422
    try:
        request_id = actions.ask_to_join(
            Asking(
                credit_code=form.credit_code.data,
                enterprise_name=form.enterprise_name.data,
                town_id=form.town_id.data,
                role=Role(form.role.data),
                name=str(form.name.data),
                name_en=form.name_en.data or "",
                email=form.email.data or None,
                mobile=form.mobile.data or None,
                language=lang(),
            )
        )
    except Refusal as refusal:
        if refusal.code != "asked_too_often":
            raise
        form.form_errors.append(refusal.words)
        wait = {"Retry-After": str(60 * refusal.facts["minutes"])}
        return render_template("enterprise/join.html", form=form), refusal.status, wait
    return redirect(url_for(".asked", token=receipt.sign(secret_keys(), request_id)), 303)


@pages.get("/join/<token>")
@public
def asked(token: str) -> Any:
    """Show who asked what became of it; the address is their only key, so no cache keeps it and no page learns it."""
    request_id = receipt.read(secret_keys(), token)
    found = queries.joining(request_id) if request_id else None
    if found is None:
        raise Refusal("dead_link")
    response = make_response(render_template("enterprise/asked.html", ask=found))
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@pages.get("/join-requests")
@needs(Right.DECIDE_JOINING)
def joinings() -> Any:
    where, q, state = towns_of(signed_in()), request.args.get("q", "").strip()[:100], request.args.get("state", "")
    if kind := sheets.wanted():
        rows = queries.joinings(where, q, state, 0, sheets.MAX_ROWS)
        looked(signed_in(), "joining", person_ids=queries.people_asking(rows))
        return sheets.taken_away(kind, _("Requests to join"), _head(), map(_row, rows))
    number = page_number()
    found = queries.joinings(where, q, state, (number - 1) * PAGE_SIZE, PAGE_SIZE + 1)
    looked(signed_in(), "joining", person_ids=queries.people_asking(found[:PAGE_SIZE]))
    pager = Pager(number, len(found) > PAGE_SIZE)
    return render_template("enterprise/joinings.html", found=found[:PAGE_SIZE], q=q, state=state, pager=pager)


def _head() -> list[str]:
    return [_("Name"), _("Enterprise"), _("Credit code"), _("Town"), _("Asked"), _("Answer"), _("Reason")]


def _row(row: Joining) -> list[Any]:
    answers = {"waiting": _("to be decided"), "confirmed": _("confirmed"), "refused": _("refused")}
    return [
        called(row),
        row.enterprise_name,
        row.credit_code,
        plain(row, "town"),
        row.asked_at,
        answers[row.state],
        row.reason,
    ]


@pages.get("/join-requests/<int:request_id>")
@needs(Right.DECIDE_JOINING)
def joining(request_id: int) -> Any:
    return _decision_page(_own(request_id), RefusalForm(formdata=None))


def _own(request_id: int) -> Joining:
    """Return the request, if the actor decides it. A stranger does not learn that it is there."""
    found = queries.joining(request_id)
    if found is None or not may(signed_in(), Right.DECIDE_JOINING, town_id=found.town_id):
        raise Refusal("not_found")
    looked(signed_in(), "joining", person_ids=queries.people_asking([found]))
    return found


def _decision_page(found: Joining, form: RefusalForm, refusal: Refusal | None = None) -> Any:
    page = render_template("enterprise/joining.html", ask=found, form=form, refusal=refusal)
    return page, refusal.status if refusal else 422 if form.errors else 200


@pages.post("/join-requests/<int:request_id>/confirmation")
@needs(Right.DECIDE_JOINING)
def confirm(request_id: int) -> Any:
    found = _own(request_id)
    try:
        invited = actions.confirm_joining(signed_in(), request_id)
    except Refusal as refusal:
        if refusal.code not in ("email_taken", "mobile_taken", "post_held", "already_decided"):
            raise
        return _decision_page(_own(request_id), RefusalForm(formdata=None), refusal)
    if not invited.email:
        return hand_over(invited)
    flash(_("A mail to %(name)s is on its way to %(email)s.", name=called(found), email=invited.email), "done")
    return redirect(url_for(".joinings"), 303)


@pages.post("/join-requests/<int:request_id>/refusal")
@needs(Right.DECIDE_JOINING)
def refuse(request_id: int) -> Any:
    found, form = _own(request_id), RefusalForm()
    if not form.validate():
        return _decision_page(found, form)
    try:
        actions.refuse_joining(signed_in(), request_id, str(form.reason.data).strip())
    except Refusal as refusal:
        if refusal.code != "already_decided":
            raise
        return _decision_page(_own(request_id), RefusalForm(formdata=None), refusal)
    flash(_("Refused. %(name)s reads the reason behind the link of the request.", name=called(found)), "done")
    return redirect(url_for(".joinings"), 303)
