"""The pages of a list: choose the class, send a list, see what each row would get, enrol."""

from typing import Any, Final

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _

from courses.booking.actions import require_open
from courses.booking.queries import ClassView, class_view
from courses.bulk import actions, queries
from courses.bulk.forms import ListForm
from courses.bulk.model import ROWS_MAX, EnrolmentList, ListRow, Outcome
from courses.bulk.sheet import Row, as_text, columns_of, left_of, rows_of_file, rows_of_text
from courses.bulk.words import NAMES, said_before, said_of
from courses.ground import clock, sheets
from courses.ground.forms import number_argument, page_number
from courses.ground.language import lang
from courses.ground.lists import Pager
from courses.ground.refusal import Refusal
from courses.people.guard import needs, signed_in
from courses.people.looks import looked
from courses.people.queries import colleagues
from courses.people.rights import Actor, Right
from courses.setup.sheet import EXAMPLE_CODE

pages = Blueprint("bulk", __name__)
PAGE_SIZE: Final = 50
CLASSES: Final = 20  # on one page, to choose from
SHEET_MAX_MB: Final = 2
SENT_MAX_MB: Final = 16  # so much is taken up to say at the field that it is too much
AT_SHEET: Final = (
    "not_a_sheet",
    "macro_sheet",
    "sheet_too_long",
    "empty_sheet",
    "no_rows",
    "list_columns",
    "list_too_long",
    "list_too_large",
)


@pages.url_value_preprocessor
def _take_up(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Let a file that is too large arrive, so that the form can say so; before anything reads what was sent."""
    if endpoint == "bulk.send":
        request.max_content_length = SENT_MAX_MB * 1024 * 1024
        request.max_form_memory_size = SENT_MAX_MB * 1024 * 1024


@pages.get("/lists/new")
@needs(Right.ENROL_LIST)
def choose_class() -> str:
    """Ask for which class the list is, of those that can be booked now."""
    actions.reach_of(signed_in())
    number = page_number()
    found = queries.open_classes(clock.now(), (number - 1) * CLASSES, CLASSES)
    return render_template("bulk/classes.html", classes=found[:CLASSES], pager=Pager(number, len(found) > CLASSES))


@pages.get("/classes/<int:class_id>/lists/new")
@needs(Right.ENROL_LIST)
def new_list(class_id: int) -> Any:
    """Ask for the list; with ?like= the rows of one sent before stand there, to be corrected."""
    form = ListForm(formdata=None)
    like = number_argument("like")
    if like:
        found = _the_list(like)
        form.rows.data = as_text(queries.sent_rows(found.id), bool(found.enterprise_id))
    return _form_page(class_id, form)


def _form_page(class_id: int, form: ListForm) -> str:
    is_own = actions.reach_of(signed_in()).enterprise_id is not None
    return render_template(
        "bulk/new.html",
        view=_the_class(class_id),
        form=form,
        columns=columns_of(is_own),
        is_own=is_own,
        limit=ROWS_MAX,
        size=SHEET_MAX_MB,
    )


def _the_class(class_id: int) -> ClassView:
    view = class_view(class_id)
    if view is None:
        raise Refusal("not_found")
    return view


@pages.get("/classes/<int:class_id>/lists/template")
@needs(Right.ENROL_LIST)
def template(class_id: int) -> Any:
    """Return a sheet to fill in, its heads in the reader's language: with their people for an owner, else with a row
    that shows how."""
    _the_class(class_id)
    reach = actions.reach_of(signed_in())
    columns = columns_of(reach.enterprise_id is not None)
    if reach.enterprise_id:
        people = colleagues(reach.enterprise_id)
        rows = [[one.name, one.mobile, one.email] for one in people]
    else:
        example = {
            "enterprise": EXAMPLE_CODE,
            "name": "沈月" if lang() == "zh" else "Shen Yue",
            "mobile": "13800138000",
            "email": "shen@example.com",
        }
        rows = [[example[column.name] for column in columns]]
    heads = [str(column.head) for column in columns]
    return sheets.taken_away(sheets.wanted() or "xlsx", _("List for a class"), heads, rows)


@pages.post("/classes/<int:class_id>/lists")
@needs(Right.ENROL_LIST)
def send(class_id: int) -> Any:
    actor, form, view = signed_in(), ListForm(), _the_class(class_id)
    if not form.validate():
        return _form_page(class_id, form), 422
    file = form.sheet.data
    content = file.read() if file else b""
    try:
        sent = _sent(actor, view, form, content)
        list_id = actions.look(actor, class_id, sent, file.filename or "" if file else "")
    except Refusal as refusal:
        if refusal.status in (403, 404, 503):
            raise
        form.refuse(refusal, list_nothing="sheet", **dict.fromkeys(AT_SHEET, "sheet" if file else "rows"))
        if file and not form.rows.data and refusal.code == "list_columns":
            form.rows.data = left_of(content)
        return _form_page(class_id, form), refusal.status
    return redirect(url_for(".list_page", list_id=list_id), 303)


def _sent(actor: Actor, view: ClassView, form: ListForm, content: bytes) -> list[Row]:
    """Return the rows that were sent, read for whoever may send them for a class that is open; a file counts before
    what was pasted."""
    is_own = actions.reach_of(actor).enterprise_id is not None
    require_open(view.row, clock.now())
    if not form.sheet.data and not (form.rows.data or "").strip():
        raise Refusal("list_nothing")
    if not form.sheet.data:
        return rows_of_text(form.rows.data, is_own)
    if len(content) > SHEET_MAX_MB * 1024 * 1024:
        raise Refusal("list_too_large", limit=SHEET_MAX_MB)
    return rows_of_file(content, is_own)


@pages.get("/lists/<int:list_id>")
@needs(Right.ENROL_LIST)
def list_page(list_id: int) -> Any:
    """Show what each row would get, or got; to whoever sent the list."""
    return _list_page(list_id)


def _list_page(list_id: int, refusal: Refusal | None = None) -> Any:
    found = _the_list(list_id)
    counts, number, which = queries.counts(list_id), page_number(), request.args.get("show", "")
    which = which if which in [*Outcome, queries.CHANGED] else ""
    kind = sheets.wanted()
    rows = queries.rows(list_id, which) if kind else queries.rows(list_id, which, (number - 1) * PAGE_SIZE, PAGE_SIZE)
    shown = rows if kind else rows[:PAGE_SIZE]
    if not found.enterprise_id:
        looked(signed_in(), "enrolment_list", person_ids=[row.person_id for row in shown if row.person_id])
    if kind:
        return _taken_away(kind, found, rows)
    return render_template(
        "bulk/list.html",
        row=found,
        view=_the_class(found.class_id),
        rows=shown,
        counts=counts,
        which=which,
        names=NAMES,
        said=said_of,
        before=said_before,
        refusal=refusal,
        pager=_pager(list_id, number, len(rows) > PAGE_SIZE),
    )


def _pager(list_id: int, number: int, has_more: bool) -> Pager:
    """Return the pager of the list's own page, which a refused enrolment shows at another address."""

    def url(number: int) -> str:
        asked: dict[str, Any] = {**request.args, "page": number}
        return url_for(".list_page", list_id=list_id, **asked)

    return Pager(number, has_more, url=url)


def _the_list(list_id: int) -> EnrolmentList:
    found = queries.one_of(list_id, signed_in().id)
    if found is None:
        raise Refusal("not_found")
    return found


def _taken_away(kind: str, found: EnrolmentList, rows: list[ListRow]) -> Any:
    """Return the rows as they were sent, with what became of them: to be corrected and sent again."""
    columns = columns_of(bool(found.enterprise_id))
    heads = [*(str(column.head) for column in columns), _("Row"), _("Outcome"), _("In words")]
    lines = [
        [
            *(row.cells.get(column.name, "") for column in columns),
            row.number,
            str(NAMES[Outcome(row.outcome)]),
            said_of(row, bool(found.done_at)),
        ]
        for row in rows
    ]
    return sheets.taken_away(kind, _("Report of a list"), heads, lines)


@pages.post("/lists/<int:list_id>/enrolment")
@needs(Right.ENROL_LIST)
def enrol(list_id: int) -> Any:
    _the_list(list_id)
    try:
        actions.enrol(signed_in(), list_id, those_who_can=request.form.get("those_who_can") == "1")
    except Refusal as refusal:
        if refusal.status in (403, 404, 503):
            raise
        return _list_page(list_id, refusal), refusal.status
    return redirect(url_for(".list_page", list_id=list_id), 303)
