"""The pages of an import: send a sheet, match its columns, see what each row would do, write it."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import RequestEntityTooLarge

from courses.ground import sheets
from courses.ground.forms import page_number
from courses.ground.language import lang, plain
from courses.ground.lists import Pager
from courses.ground.refusal import Refusal
from courses.people.guard import needs, signed_in
from courses.people.rights import Right
from courses.setup import actions, imports, queries
from courses.setup.forms import ColumnsForm, SheetForm
from courses.setup.model import Import, ImportRow, Outcome, Stage
from courses.setup.sheet import BY_NAME, COLUMNS, EXAMPLE_CODE, doubled, fault_words
from courses.setup.web.blueprint import pages

PAGE_SIZE = 50
Names = Mapping[str, Mapping[int, Any]]  # of towns and industries, by the column of a sheet and their id

REFUSED_AT = dict.fromkeys(("not_a_sheet", "macro_sheet", "sheet_too_long", "empty_sheet", "no_rows"), "sheet")


@pages.get("/setup/imports")
@needs(Right.ADMINISTER)
def import_list() -> str:
    number = page_number()
    found = imports.listed((number - 1) * PAGE_SIZE, PAGE_SIZE)
    return render_template("setup/imports.html", imports=found[:PAGE_SIZE], pager=Pager(number, len(found) > PAGE_SIZE))


@pages.get("/setup/imports/template")
@needs(Right.ADMINISTER)
def import_template() -> Any:
    """Return an empty sheet with its heads in the reader's language, and a row that shows how."""
    towns = queries.towns()
    town = plain(towns[0], "name") if towns else _("Haichang Street")
    example = {
        "credit_code": EXAMPLE_CODE,
        "enterprise": _("Example Technology Co., Ltd. (this row is not imported)"),
        "enterprise_en": "Example Technology Co., Ltd.",
        "town": town,
        "key_unit": _("no"),
        "person": "沈月" if lang() == "zh" else "Shen Yue",
        "person_en": "Shen Yue",
        "role": _("manager"),
        "mobile": "13800138000",
        "email": "shen@example.com",
    }
    heads = [str(column.head) for column in COLUMNS]
    row = [example.get(column.name, "") for column in COLUMNS]
    return sheets.taken_away(sheets.wanted() or "xlsx", _("Enterprises and managers"), heads, [row])


@pages.get("/setup/imports/new")
@needs(Right.ADMINISTER)
def new_import() -> str:
    return render_template("setup/import_new.html", form=SheetForm(), columns=COLUMNS)


@pages.post("/setup/imports")
@needs(Right.ADMINISTER)
def send_sheet() -> Any:
    form = SheetForm()
    if not form.validate():
        return render_template("setup/import_new.html", form=form, columns=COLUMNS), 422
    file = form.sheet.data
    try:
        import_id = actions.take_in(signed_in(), file.filename or "", file.read())
    except Refusal as refusal:
        if refusal.code not in REFUSED_AT:
            raise
        form.refuse(refusal, **REFUSED_AT)
        return render_template("setup/import_new.html", form=form, columns=COLUMNS), refusal.status
    return redirect(url_for(".import_page", import_id=import_id), 303)


@pages.errorhandler(RequestEntityTooLarge)
def _too_large(error: RequestEntityTooLarge) -> Any:
    """Tell of a file that was too large to be read at its field; nothing else of the form has arrived."""
    if request.endpoint != "setup.send_sheet":
        return render_template("errors/413.html"), 413
    form = SheetForm(formdata=None)
    form.sheet.errors = [_("The file is larger than 2 MB and was not sent. Split it into several files.")]
    return render_template("setup/import_new.html", form=form, columns=COLUMNS), 413


@pages.get("/setup/imports/<int:import_id>")
@needs(Right.ADMINISTER)
def import_page(import_id: int) -> Any:
    """Show the import as far as it is: its columns to be matched, its progress, or what comes of each row."""
    found = _the_import(import_id)
    if found.stage == Stage.COLUMNS:
        return redirect(url_for(".columns", import_id=import_id), 303)
    if found.stage == Stage.CHECKING:
        return render_template("setup/import_checking.html", row=found)
    outcome, number = request.args.get("outcome", ""), page_number()
    outcome = outcome if outcome in list(Outcome) else ""
    if kind := sheets.wanted():
        return _taken_away(kind, imports.rows(import_id, outcome))
    rows = imports.rows(import_id, outcome, (number - 1) * PAGE_SIZE, PAGE_SIZE)
    counts = {each: getattr(found, each) for each in Outcome}
    waiting, unreached = imports.waiting(import_id) if found.stage == Stage.IMPORTED else (0, 0)
    return render_template(
        "setup/import.html",
        row=found,
        rows=rows,
        outcome=outcome,
        counts=counts,
        says=partial(_what_is_said, names=_names_of_places()),
        waiting=waiting,
        unreached=unreached,
        pager=Pager.of(number, counts[Outcome(outcome)] if outcome else sum(counts.values()), PAGE_SIZE),
    )


def _names_of_places() -> Names:
    towns, industries = imports.names_of_places()
    return {"town": towns, "industry": industries}


def _the_import(import_id: int) -> Import:
    found = imports.one(import_id)
    if found is None:
        raise Refusal("not_found")
    return found


@pages.app_template_global("outcome_name")
def outcome_name(outcome: Outcome) -> str:
    words = {
        Outcome.NEW: _("new"),
        Outcome.UPDATED: _("updated"),
        Outcome.UNCHANGED: _("unchanged"),
        Outcome.WRONG: _("wrong"),
    }
    return str(words[outcome])


def _what_is_said(row: ImportRow, names: Names) -> list[tuple[str, str]]:
    """Return (head, words) for each fault of a row, or for each change of a right one: what stood there, and what
    will."""
    if row.faults:
        return [(str(BY_NAME[n].head), fault_words(f, row.cells.get(n, ""))) for n, f in row.faults.items()]
    return [
        (str(BY_NAME[name].head), _changed(_stood(name, before, names), row.cells.get(name, "")))
        for name, before in row.changes.items()
    ]


def _stood(name: str, before: Any, names: Names) -> str:
    """Return in words what stands in a column of an enterprise or a person."""
    if name in names:
        return plain(names[name][before], "name") if before in names[name] else ""
    if name == "key_unit":
        return str(_("yes") if before else _("no"))
    return before or ""


def _changed(before: str, after: str) -> str:
    if not before:
        return str(_("“%(after)s” is added", after=after))
    return str(_("from “%(before)s” to “%(after)s”", before=before, after=after))


def _taken_away(kind: str, rows: list[ImportRow]) -> Any:
    """Return the rows as they were sent, with what came of them: to be corrected and sent again."""
    heads = [str(column.head) for column in COLUMNS]
    heads += [_("Row"), _("Outcome"), _("What is wrong")]
    table = [
        [
            *(row.cells.get(column.name, "") for column in COLUMNS),
            row.number,
            outcome_name(row.outcome) if row.outcome else "",
            " · ".join(f"{head}: {words}" for head, words in _what_is_said(row, {})) if row.faults else "",
        ]
        for row in rows
    ]
    return sheets.taken_away(kind, _("Rows of the import"), heads, table)


@pages.get("/setup/imports/<int:import_id>/columns")
@needs(Right.ADMINISTER)
def columns(import_id: int) -> Any:
    found = _the_import(import_id)
    form = ColumnsForm(formdata=None, data={name: place + 1 for name, place in found.matching.items()})
    return _columns_page(found, form)


@pages.post("/setup/imports/<int:import_id>/columns")
@needs(Right.ADMINISTER)
def match_columns(import_id: int) -> Any:
    found = _the_import(import_id)
    form = ColumnsForm()
    _offer_heads(form, import_id)
    if not form.validate():
        return _columns_page(found, form), 422
    try:
        actions.match_columns(signed_in(), import_id, form.matching())
    except Refusal as refusal:
        if refusal.code not in ("columns_missing", "columns_double"):
            raise
        form.refuse(refusal)
        return _columns_page(found, form), refusal.status
    return redirect(url_for(".import_page", import_id=import_id), 303)


def _columns_page(found: Import, form: ColumnsForm) -> str:
    rows = _offer_heads(form, found.id)
    return render_template(
        "setup/import_columns.html",
        row=found,
        form=form,
        needed=_needed(),
        doubled=doubled(rows[0]),
        sample=rows[1:4],
    )


def _needed() -> Mapping[str, bool]:
    return {column.name: column.needed for column in COLUMNS}


def _offer_heads(form: ColumnsForm, import_id: int) -> list[list[str]]:
    """Offer the sheet's own heads for each column; return its rows. Raises Refusal("import_over") without a sheet."""
    sheet = imports.sheet_of(import_id)
    if sheet is None or sheet.content is None:
        raise Refusal("import_over")
    rows = sheets.read(sheet.content)
    form.offer(rows[0])
    return rows


@pages.post("/setup/imports/<int:import_id>/steps")
@needs(Right.ADMINISTER)
def look_on(import_id: int) -> Any:
    """Look at the next rows; the page sends this by itself until all are looked at."""
    actions.look_on(signed_in(), import_id)
    return redirect(url_for(".import_page", import_id=import_id), 303)


@pages.post("/setup/imports/<int:import_id>/adoption")
@needs(Right.ADMINISTER)
def adopt(import_id: int) -> Any:
    try:
        done = actions.adopt(signed_in(), import_id, only_if_all_right=request.form.get("all") == "1")
    except Refusal as refusal:
        if refusal.status != 409:
            raise
        flash(refusal.words, "lost")
    else:
        flash(_("Written: %(new)s new, %(updated)s updated.", new=done.new, updated=done.updated), "done")
    return redirect(url_for(".import_page", import_id=import_id), 303)


@pages.post("/setup/imports/<int:import_id>/invitations")
@needs(Right.ADMINISTER)
def invite_all(import_id: int) -> Any:
    try:
        count = actions.invite_all(signed_in(), import_id)
    except Refusal as refusal:
        if refusal.status != 409:
            raise
        flash(refusal.words, "wait")
    else:
        flash(_("%(count)s invitations are on their way.", count=count), "done")
    return redirect(url_for(".import_page", import_id=import_id), 303)
