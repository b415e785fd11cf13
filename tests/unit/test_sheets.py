"""Tables that leave and come back."""

import csv
import datetime as dt
import io

import pytest
from flask import Flask

from courses.ground import clock, sheets
from courses.ground.refusal import Refusal

HEAD = ("姓名", "手机", "学时", "日期", "时间")
MOMENT = dt.datetime(2026, 11, 28, 1, 0, 20, 845775, tzinfo=clock.UTC)
ROWS = [
    ("𬬭䶮", "+8613800138000", 2.5, dt.date(2026, 11, 28), MOMENT),
    ("=1+1", "@SUM(A1)", None, None, None),
]


@pytest.fixture(autouse=True)
def _zone() -> None:
    clock.use_zone("Asia/Shanghai")


def test_a_workbook_comes_back_as_it_left() -> None:
    found = sheets.read(sheets.xlsx(HEAD, ROWS))
    assert found[0] == list(HEAD)
    assert found[1] == ["𬬭䶮", "+8613800138000", "2.5", "2026-11-28", "2026-11-28 09:00:00"]
    assert found[2][:2] == ["=1+1", "@SUM(A1)"]


def test_a_comma_separated_file_is_read_by_excel_and_computes_nothing() -> None:
    made = sheets.comma_separated(HEAD, ROWS)
    assert made.startswith(b"\xef\xbb\xbf")
    cells = list(csv.reader(io.StringIO(made.decode("utf-8-sig"))))
    assert cells[1][4] == "2026-11-28 09:00"  # the city's time, to the minute
    assert cells[2][:2] == ["'=1+1", "'@SUM(A1)"]
    assert sheets.read(made)[2][:2] == ["=1+1", "@SUM(A1)"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "，"])
def test_a_text_is_read_however_it_was_saved(encoding: str, separator: str) -> None:
    text = separator.join(("企业", "手机")) + "\r\n" + separator.join(("海宁䶮科技", "13800138000")) + "\r\n\r\n"
    assert sheets.read(text.encode(encoding)) == [["企业", "手机"], ["海宁䶮科技", "13800138000"]]


@pytest.mark.parametrize(
    "content", [b"PK\x03\x04 no book", b"\xd0\xcf\x11\xe0", b"\x00\x01\x02", b"\xff\xff\x00", b"a\x00b"]
)
def test_what_is_no_sheet_is_refused(content: bytes) -> None:
    with pytest.raises(Refusal) as refused:
        sheets.read(content)
    assert refused.value.code == "not_a_sheet"


def test_a_long_sheet_is_refused_with_its_length() -> None:
    with pytest.raises(Refusal) as refused:
        sheets.read(b"x\n" * (sheets.MAX_ROWS + 1))
    assert refused.value.facts == {"rows": sheets.MAX_ROWS + 1, "limit": sheets.MAX_ROWS}


def test_an_empty_file_has_no_rows() -> None:
    assert sheets.read(b"") == []


def test_a_list_is_taken_away_under_a_name_in_any_script(app: Flask) -> None:
    with app.test_request_context("/?as=xlsx"):
        assert sheets.wanted() == "xlsx"
        answer = sheets.taken_away("csv", "花名册", HEAD, ROWS)
    assert "filename*=UTF-8''%E8%8A%B1" in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
