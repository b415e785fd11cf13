"""Workbooks that were made to do harm: each is refused, and whoever asked goes on."""

import datetime as dt
import io
from collections.abc import Callable
from typing import Any

import pytest
import xlsxwriter

from courses.ground import sheets
from tests.makers import refused

LAST_ROW, LAST_COLUMN = 1_048_575, 16_383  # of XLSX, counted from 0


def a_book(fill: Callable[[Any, Any], object]) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        fill(book, book.add_worksheet())
    return file.getvalue()


def from_corner_to(row: int, column: int) -> bytes:
    return a_book(lambda book, sheet: [sheet.write(0, 0, "姓名"), sheet.write(row, column, "x")])


def a_number(value: float, form: str) -> bytes:
    return a_book(lambda book, sheet: sheet.write_number(0, 0, value, book.add_format({"num_format": form})))


@pytest.mark.parametrize(
    "content",
    [
        from_corner_to(LAST_ROW, LAST_COLUMN),
        from_corner_to(19_999, LAST_COLUMN),
        a_number(-1e300, "yyyy-mm-dd"),
        a_number(1e300, "[h]:mm"),
        a_book(lambda book, sheet: [sheet.write(n, 0, "长" * 30_000) for n in range(1000)]),
        a_book(lambda book, sheet: sheet.write(0, 0, "沈\0月")),
    ],
    ids=["all cells", "all columns", "no day", "no time", "a word a thousand times", "NUL"],
)
def test_what_asks_for_too_much_is_no_sheet(content: bytes) -> None:
    assert len(content) < 50_000
    with refused("not_a_sheet"):
        sheets.read(content)


def test_a_sheet_as_long_as_can_be_is_too_long() -> None:
    with refused("sheet_too_long", rows=LAST_ROW + 1):
        sheets.read(from_corner_to(LAST_ROW, 9))


def test_what_takes_too_long_is_no_sheet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "READ_WITHIN", 0.001)
    with refused("not_a_sheet"):
        sheets.read(from_corner_to(0, 1))


def test_cells_come_as_they_were_typed_and_where_they_stand() -> None:
    def fill(book: Any, sheet: Any) -> None:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(1, 1, ["  沈月 ", 13800138000, 2.5, True])
        sheet.write_datetime(3, 2, dt.date(2026, 11, 28), day)
        sheet.write(sheets.MAX_ROWS + 5, 3, " ")

    read = sheets.read(a_book(fill))
    assert read == [[""] * 5, ["", "沈月", "13800138000", "2.5", "True"], [""] * 5, ["", "", "2026-11-28", "", ""]]


def test_two_at_once_and_who_waits_too_long_is_asked_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    book = from_corner_to(0, 1)
    monkeypatch.setattr(sheets, "READ_WITHIN", 0.01)
    with sheets.READERS, sheets.READERS, refused("busy"):
        sheets.read(book)
    monkeypatch.undo()
    with sheets.READERS:
        assert sheets.read(book) == [["姓名", "x"]]
    assert sheets.read(book) == [["姓名", "x"]]  # whoever read has made room again
