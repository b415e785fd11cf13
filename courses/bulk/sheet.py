"""The sheet of a list: its columns, and its rows as they were sent or pasted."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from flask_babel import lazy_gettext as _l

from courses.bulk.model import ROWS_MAX
from courses.ground import columns, sheets
from courses.ground.columns import Column, cells_of
from courses.ground.refusal import Refusal
from courses.people import identity
from courses.setup.sheet import EXAMPLE_CODE

COLUMNS: Final = (
    Column(
        "enterprise",
        _l("Enterprise or credit code"),
        ("企业", "企业名称", "单位", "单位名称", "公司名称", "统一社会信用代码", "信用代码", "enterprise", "company"),
    ),
    Column("name", _l("Name"), ("人员姓名", "参训人员", "学员", "管理员", "联系人", "person", "manager")),
    Column("mobile", _l("Mobile number"), ("手机", "手机号码", "联系电话", "电话", "mobile", "phone", "telephone")),
    Column("email", _l("E-mail address"), ("邮箱", "电子邮箱", "邮件", "email", "e-mail", "mail")),
)
CELL_MAX: Final = 120


class Row(NamedTuple):
    """One row as it was sent. `number` is that in the sheet, whose head is row 1."""

    number: int
    cells: Mapping[str, str]


def columns_of(is_own: bool) -> tuple[Column, ...]:
    """Return the columns of a list: whose people they are needs no column where it is the sender's own enterprise."""
    return COLUMNS[1:] if is_own else COLUMNS


def rows_of_file(content: bytes, is_own: bool) -> list[Row]:
    """Return the rows below the head of a spreadsheet.

    Raises Refusal: not_a_sheet, macro_sheet, empty_sheet, no_rows, list_columns, list_too_long.
    """
    read = sheets.read(content)
    if not read:
        raise Refusal("empty_sheet")
    return _rows(read, _matched(read[0], is_own), first=1)


def rows_of_text(text: str, is_own: bool) -> list[Row]:
    """Return rows that were pasted, with a head or without one: then their cells stand in the template's order.

    Raises Refusal: no_rows, list_columns, list_too_long.
    """
    read = sheets.read(text.strip("\r\n").encode())
    if not read:
        raise Refusal("no_rows")
    if columns.places_of(COLUMNS, read[0]):
        return _rows(read, _matched(read[0], is_own), first=1)
    order = {column.name: place for place, column in enumerate(columns_of(is_own))}
    return _rows(read, order, first=0)


def _matched(heads: Sequence[str], is_own: bool) -> dict[str, int]:
    # Of two heads that mean the same, such as an enterprise's name and its code, the first counts.
    found = {name: places[0] for name, places in columns.places_of(COLUMNS, heads).items()}
    needed = [column for column in columns_of(is_own) if column.name in ("enterprise", "name")]
    missing = [str(column.head) for column in needed if column.name not in found]
    if missing:
        raise Refusal("list_columns", missing=" · ".join(missing))
    return found


def _rows(read: Sequence[Sequence[str]], matching: Mapping[str, int], first: int) -> list[Row]:
    rows = [Row(number, _cells(row, matching)) for number, row in enumerate(read, 1) if number > first]
    found = [row for row in rows if row.cells and row.cells.get("enterprise") != EXAMPLE_CODE]
    if not found:
        raise Refusal("no_rows")
    if len(found) > ROWS_MAX:
        raise Refusal("list_too_long", rows=len(found), limit=ROWS_MAX)
    return found


def _cells(row: Sequence[str], matching: Mapping[str, int]) -> dict[str, str]:
    return {name: identity.one_line(cell)[:CELL_MAX] for name, cell in cells_of(row, matching).items()}


def as_text(rows: Sequence[Any], is_own: bool) -> str:
    """Return rows as they would be pasted, to be corrected and sent again."""
    names = [column.name for column in columns_of(is_own)]
    lines = ["\t".join(str(column.head) for column in columns_of(is_own))]
    return "\n".join(lines + ["\t".join(row.cells.get(name, "") for name in names) for row in rows])


def left_of(content: bytes) -> str:
    """Return what can be read of a file whose list cannot be, as text to be corrected; "" if that is nothing."""
    try:
        read = sheets.read(content)
    except Refusal:
        return ""
    return "\n".join("\t".join(row) for row in read) if len(read) <= ROWS_MAX else ""
