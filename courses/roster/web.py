"""The sheet at the door: mark who came; print it, or take it away as a file."""

import datetime as dt
from typing import Any, NamedTuple

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from courses.booking.queries import ClassView, class_view
from courses.catalogue import queries as catalogue
from courses.catalogue.model import ClassState, Sitting
from courses.ground import clock, sheets
from courses.ground.forms import number_argument
from courses.ground.language import called, plain
from courses.ground.refusal import Refusal
from courses.people.guard import needs, signed_in
from courses.people.looks import looked
from courses.people.rights import Right, require
from courses.roster import actions, queries
from courses.roster.model import Mark

pages = Blueprint("roster", __name__)


class Fault(NamedTuple):
    """What is wrong with a line of the sheet as it was sent, in words; its times are shown as they were typed."""

    booking_id: int
    words: str
    arrived: str
    left: str


@pages.get("/classes/<int:class_id>/roster")
@needs(Right.READ_ROSTER)
def roster(class_id: int) -> Any:
    kind = sheets.wanted()
    looked(signed_in(), "export" if kind else "roster", class_id=class_id)
    return _taken_away(class_id, kind) if kind else _sheet(class_id, "roster/roster.html")


def _taken_away(class_id: int, kind: str) -> Response:
    """Return the roster of the sitting that the page shows, as a file."""
    view = _view(class_id)
    sitting = _chosen(queries.sittings_of(class_id), number_argument("sitting"))
    day = clock.local(sitting.starts_at).date().isoformat()
    name = " ".join((_("Roster"), plain(view.course, "title"), day))
    head = [_("Name"), _("Enterprise"), _("Mark"), _("Came at"), _("Left at"), _("Hours")]
    return sheets.taken_away(kind, name, head, map(_row, queries.lines(class_id, sitting.id)))


def _row(line: queries.Line) -> list[Any]:
    words = {"present": _("Present"), "absent": _("Absent"), "excused": _("Excused"), "unmarked": _("Not marked")}
    known, person = line.attendance, line.seated
    return [
        called(person),
        plain(person, "enterprise") if person.enterprise_zh else "",
        words[line.mark],
        known.arrived_at if known else None,
        known.left_at if known else None,
        known.half_hours / 2 if known else None,
    ]


@pages.get("/classes/<int:class_id>/sign-in-sheet")
@needs(Right.READ_ROSTER)
def sheet(class_id: int) -> str:
    looked(signed_in(), "sign_in_sheet", class_id=class_id)
    return _sheet(class_id, "roster/sheet.html")


def _sheet(class_id: int, template: str, fault: Fault | None = None) -> str:
    view = _view(class_id)
    sittings = queries.sittings_of(class_id)
    sitting = _chosen(sittings, (request.view_args or {}).get("sitting_id") or number_argument("sitting"))
    lines = queries.lines(class_id, sitting.id)
    is_off = view.row.state == ClassState.CALLED_OFF
    return render_template(
        template,
        view=view,
        sittings=sittings,
        sitting=sitting,
        lines=lines,
        marked=sum(line.attendance is not None for line in lines),
        present=sum(line.mark == Mark.PRESENT for line in lines),
        is_off=is_off,
        lost=queries.lost_seats(class_id) if is_off else 0,
        may_mark=not is_off and clock.now() >= sitting.starts_at - actions.OPENS_BEFORE,
        lecturers=catalogue.lecturers_of(class_id),
        fault=fault,
    )


def _chosen(sittings: list[Sitting], asked: int | None) -> Sitting:
    """Return the sitting asked for, else the one now or next, else the last."""
    for sitting in sittings:
        if sitting.id == asked:
            return sitting
    if asked is not None or not sittings:
        raise Refusal("not_found")
    now = clock.now()
    return next((s for s in sittings if s.ends_at + dt.timedelta(hours=2) > now), sittings[-1])


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 10


@pages.post("/classes/<int:class_id>/sittings/<int:sitting_id>/attendance")
@needs(Right.MARK_ROSTER)
def mark(class_id: int, sitting_id: int) -> Any:
    """Mark one booking, or with `rest=1` everyone who is not marked yet."""
    actor = signed_in()
    asked = request.form.get("mark", "")
    if asked and asked != "unmarked" and asked not in set(Mark):
        raise Refusal("malformed")
    view = _view(class_id)
    lines = queries.lines(class_id, sitting_id)
    sitting = next((s for s in queries.sittings_of(class_id) if s.id == sitting_id), None)
    if sitting is None:
        raise Refusal("not_found")
    if request.form.get("rest") == "1":
        ids = [line.seated.id for line in lines if line.attendance is None]
    else:
        ids = [int(text) for text in request.form.getlist("booking") if _is_id(text)]
    back = url_for(".roster", class_id=view.row.id, sitting=sitting_id)
    if not ids:
        return redirect(back, 303)
    if not asked:
        return _faulty(class_id, ids[0], _("Choose present, absent or excused."))
    try:
        arrived, left = (_time(sitting, request.form.get(name, "")) for name in ("arrived", "left"))
        actions.mark(actor, class_id, sitting_id, ids, Mark(asked) if asked != "unmarked" else None, arrived, left)
    except Refusal as refusal:
        if refusal.status in (403, 404, 503):
            raise
        if refusal.code == "minutes_wrong":
            return _faulty(class_id, ids[0], refusal.words)
        flash(refusal.words, "lost")
        return redirect(back, 303)
    if request.headers.get("HX-Request"):
        return _sheet(class_id, "roster/roster.html")
    if len(ids) > 1:
        flash(_("%(count)s people are marked.", count=len(ids)), "done")
    return redirect(back + f"#booking-{ids[0]}", 303)


def _faulty(class_id: int, booking_id: int, words: str) -> Any:
    """Show the sheet again with what is wrong at the person, and what was typed."""
    typed = (request.form.get(name, "")[:5] for name in ("arrived", "left"))
    return _sheet(class_id, "roster/roster.html", Fault(booking_id, words, *typed)), 422


def _time(sitting: Sitting, text: str) -> dt.datetime | None:
    """Return a time typed for this sitting's day. Raises Refusal("minutes_wrong") for what is no time."""
    if not text:
        return None
    try:
        return clock.from_local(clock.local(sitting.starts_at).date(), dt.time.fromisoformat(text))
    except ValueError:
        raise Refusal("minutes_wrong") from None


def _view(class_id: int) -> ClassView:
    """Return the class, to those who teach or serve it; to all others there is nothing here."""
    view = class_view(class_id)
    if view is None:
        raise Refusal("not_found")
    lecturer_ids = [t.id for t in catalogue.lecturers_of(class_id)]
    try:
        require(signed_in(), Right.READ_ROSTER, squadron_id=view.row.squadron_id, lecturer_ids=lecturer_ids)
    except Refusal:
        raise Refusal("not_found") from None
    return view
