"""The pages of privacy: what is kept, one's own data, erasure."""

import io
import json
import zipfile
from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, session, url_for
from flask_babel import gettext as _

from courses.ground import clock
from courses.ground.language import lang
from courses.ground.refusal import Refusal
from courses.people import identity
from courses.people.guard import needs, public, signed_in
from courses.people.looks import looked
from courses.people.rights import Right
from courses.privacy import actions, queries
from courses.privacy.forms import ErasureForm
from courses.privacy.kinds import KINDS
from courses.privacy.words import in_words

pages = Blueprint("privacy", __name__)
AT_FORM = ("other_name", "wrong_password", "slow_down", "still_booked", "still_teaching", "last_administrator")


@pages.get("/privacy")
@public
def privacy() -> str:
    """Say what is kept, why and how long; from the table that the clean-up follows."""
    return render_template("privacy/privacy.html", kinds=KINDS)


@pages.get("/account/data")
@needs(Right.USE_ACCOUNT)
def data() -> str:
    """Show who looked at one's data, and the ways to take it away and to have it erased."""
    return render_template("privacy/data.html", in_words=in_words, looks=queries.looks_at(signed_in().id))


@pages.get("/account/data/all")
@needs(Right.USE_ACCOUNT)
def everything() -> str:
    """Show all of it as a page, for who cannot keep a file: WeChat's browser keeps none."""
    return render_template("privacy/everything.html", in_words=in_words, sections=queries.own_data(signed_in().id))


@pages.get("/account/data.zip")
@needs(Right.USE_ACCOUNT)
def take_away() -> Response:
    """Give all of it in one file: JSON for programs, a page for people."""
    sections, packed = queries.own_data(signed_in().id), io.BytesIO()
    plain = {section.name: section.rows for section in sections}
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("data.json", json.dumps(plain, ensure_ascii=False, indent=1, default=_as_text))
        file.writestr("data.html", render_template("privacy/file.html", in_words=in_words, sections=sections))
    response = make_response(packed.getvalue())
    response.mimetype = "application/zip"
    day = clock.local(clock.now()).date()
    response.headers["Content-Disposition"] = f'attachment; filename="data-{day}.zip"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _as_text(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


@pages.get("/account/erasure")
@needs(Right.USE_ACCOUNT)
def erasure() -> Any:
    return _own_page(ErasureForm(formdata=None))


def _own_page(form: ErasureForm, status: int = 200) -> Any:
    person = queries.person_to_erase(signed_in().id)
    return render_template("privacy/erasure.html", form=form, person=person, is_own=True), status


@pages.post("/account/erasure")
@needs(Right.USE_ACCOUNT)
def erase_oneself() -> Any:
    form = ErasureForm()
    if not form.validate():
        return _own_page(form, 422)
    try:
        actions.erase_oneself(signed_in(), str(form.name.data), form.password.data or "")
    except Refusal as refusal:
        return _own_page(form, _refused(form, refusal))
    language = lang()
    session.clear()
    flash(_("Your data is erased and your account is closed."), "done")
    return redirect(url_for("catalogue.shelves", lang=language), 303)


def _refused(form: ErasureForm, refusal: Refusal) -> int:
    if refusal.code not in AT_FORM:
        raise refusal
    form.refuse(refusal, other_name="name", wrong_password="password")
    return refusal.status


@pages.get("/erasures")
@needs(Right.ERASE)
def erasures() -> str:
    """Find who asked for it, and show what was erased."""
    q = identity.one_line(request.args.get("q", ""))[:100]
    found = queries.people_found(q)
    looked(signed_in(), "search", person_ids=[person.id for person in found])
    return render_template("privacy/erasures.html", q=q, found=found, erasures=queries.erasures())


@pages.get("/people/<int:person_id>/erasure")
@needs(Right.ERASE)
def erasure_of(person_id: int) -> Any:
    return _page_of(person_id, ErasureForm(formdata=None))


def _page_of(person_id: int, form: ErasureForm, status: int = 200) -> Any:
    person = queries.person_to_erase(person_id)
    if person is None:
        raise Refusal("not_found")
    looked(signed_in(), "erasure", person_ids=[person_id])
    return render_template("privacy/erasure.html", form=form, person=person, is_own=False), status


@pages.post("/people/<int:person_id>/erasure")
@needs(Right.ERASE)
def erase(person_id: int) -> Any:
    form = ErasureForm()
    if not form.validate():
        return _page_of(person_id, form, 422)
    try:
        actions.erase(signed_in(), person_id, str(form.name.data))
    except Refusal as refusal:
        return _page_of(person_id, form, _refused(form, refusal))
    flash(_("The data is erased; bookings and hours count on without a name."), "done")
    return redirect(url_for(".erasures"), 303)
