"""The pages of the registers: a list and a form of the same kind for each."""

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from wtforms.fields import SelectChoice

from courses.ground import sheets
from courses.ground.language import plain
from courses.ground.refusal import Refusal
from courses.homes.model import Home
from courses.people.guard import needs, signed_in
from courses.people.model import Town
from courses.people.rights import Right
from courses.setup import actions, queries
from courses.setup.forms import EntryForm, HomeForm, RoomForm, ServingForm, TopicForm
from courses.setup.registers import REGISTERS, Register
from courses.setup.web.blueprint import pages

FORMS: dict[str, type[EntryForm]] = {
    "towns": EntryForm,
    "squadrons": ServingForm,
    "associations": ServingForm,
    "industries": EntryForm,
    "homes": HomeForm,
    "rooms": RoomForm,
    "topics": TopicForm,
}
REFUSED_AT = {"name_taken": "name_zh", "room_offered": "seats"}


def _entries(name: str) -> Any:
    register, found = REGISTERS[name], queries.entries(name)
    heads, called = _heads(name), _("Name") if name == "lecturers" else _("Entry")
    if kind := sheets.wanted():
        rows = [[e.name_zh, e.name_en, plain(e, "beside"), e.number][: 2 + len(heads)] for e in found]
        return sheets.taken_away(kind, str(register.title), [called, _("Name in English"), *heads], rows)
    return render_template("setup/entries.html", register=register, entries=found, heads=heads, called=called)


def _heads(name: str) -> list[str]:
    """Return the heads of what is said beside an entry: a place and a number, either may be missing."""
    return {
        "towns": [_("Squadron"), _("Enterprises")],
        "squadrons": ["", _("Towns")],
        "associations": ["", _("Towns")],
        "industries": ["", _("Enterprises")],
        "homes": [_("Town"), _("Rooms")],
        "rooms": [_("Home"), _("Number of seats")],
        "topics": ["", _("Courses")],
        "lecturers": [_("Institution"), ""],
    }[name]


def _new_entry(name: str) -> str:
    return _page(REGISTERS[name], _filled(name), None)


def _entry(name: str, row_id: int) -> str:
    row = queries.row_of(REGISTERS[name].model, row_id)
    if row is None:
        raise Refusal("not_found")
    return _page(REGISTERS[name], _filled(name, row), row)


def _add_entry(name: str) -> Any:
    return _save(name, None)


def _change_entry(name: str, row_id: int) -> Any:
    return _save(name, row_id)


def _save(name: str, row_id: int | None) -> Any:
    register, form = REGISTERS[name], _offering(FORMS[name]())
    row = queries.row_of(register.model, row_id) if row_id else None
    if row_id and row is None:
        raise Refusal("not_found")
    if not form.validate():
        return _page(register, form, row), 422
    values = form.values()
    towns = values.pop("towns", None)
    try:
        actions.save(signed_in(), register.model, row_id, values, towns)
    except Refusal as refusal:
        if refusal.code not in REFUSED_AT:
            raise
        form.refuse(refusal, **REFUSED_AT)
        return _page(register, form, row), refusal.status
    flash(_("Saved.") if row_id else str(register.added), "done")
    return redirect(url_for(".entries", name=name), 303)


def _remove_entry(name: str, row_id: int) -> Any:
    try:
        actions.remove(signed_in(), REGISTERS[name].model, row_id)
    except Refusal as refusal:
        if refusal.code != "still_used":
            raise
        flash(refusal.words, "lost")
        return redirect(url_for(".entry", name=name, row_id=row_id), 303)
    flash(_("Removed."), "done")
    return redirect(url_for(".entries", name=name), 303)


def _filled(name: str, row: Any = None) -> EntryForm:
    form = _offering(FORMS[name](formdata=None, obj=row))
    if isinstance(form, ServingForm) and row:
        serving = "squadron_id" if name == "squadrons" else "association_id"
        form.towns.data = [town.id for town in queries.towns() if getattr(town, serving) == row.id]
    return form


def _offering(form: EntryForm) -> EntryForm:
    """Offer what can be chosen."""
    if isinstance(form, ServingForm):
        form.towns.choices = [SelectChoice(town.id, plain(town, "name")) for town in queries.named(Town)]
    if isinstance(form, HomeForm):
        form.town_id.choices = [SelectChoice(row.id, plain(row, "name")) for row in queries.named(Town)]
    if isinstance(form, RoomForm):
        form.home_id.choices = [SelectChoice(row.id, plain(row, "name")) for row in queries.named(Home)]
    return form


def _page(register: Register, form: EntryForm, row: Any) -> str:
    return render_template("setup/entry.html", register=register, form=form, row=row)


def _at(name: str) -> None:
    """Give a register its pages: addresses of its own, so that each is a noun."""
    acts: list[tuple[str, str, Callable[..., Any], str]] = [("GET", "", _entries, "entries")]
    if name in FORMS:
        acts += [
            ("GET", "/new", _new_entry, "new_entry"),
            ("POST", "", _add_entry, "add_entry"),
            ("GET", "/<int:row_id>", _entry, "entry"),
            ("POST", "/<int:row_id>", _change_entry, "change_entry"),
            ("POST", "/<int:row_id>/removal", _remove_entry, "remove_entry"),
        ]
    for method, path, view, endpoint in acts:
        pages.add_url_rule(
            f"/setup/{name}{path}", endpoint, needs(Right.ADMINISTER)(view), methods=[method], defaults={"name": name}
        )


for _name in REGISTERS:
    _at(_name)
