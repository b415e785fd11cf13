"""Tables that leave as XLSX or CSV and come back: lists taken away, spreadsheets taken in.

What leaves opens in Excel as it was: numbers are numbers, days are days, and no cell is a formula, whatever a
name begins with. What comes in may be XLSX, XLS or ODS, or CSV in UTF-8 or GB18030 with commas, semicolons or tabs.
"""

import csv
import datetime as dt
import io
import json
import subprocess
import sys
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import xlsxwriter
from flask import Response, request

from courses.ground import clock
from courses.ground.refusal import Refusal

KINDS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
MACROS = (b"vbaProject.bin", "_VBA_PROJECT".encode("utf-16-le"))  # as XLSM and as XLS name the part that holds them
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # with these a cell of a CSV file begins to compute (OWASP, CSV injection)
SEPARATORS = ",;\t，"
MAX_ROWS = 20_000
READER: Final = str(Path(__file__).with_name("workbook.py"))
READ_WITHIN: Final = 10  # seconds, in which what takes longer than its CPU time has been waiting
READERS: Final = threading.BoundedSemaphore(2)  # of one web process: each may take 512 MB


def wanted() -> str | None:
    """Return the kind of file that this request wants its list as (`?as=xlsx` or `?as=csv`); None for a page."""
    kind = request.args.get("as", "")
    return kind if kind in KINDS else None


def taken_away(kind: str, name: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """Return a list as a file called `name`, in any script, with today's date."""
    made = (xlsx if kind == "xlsx" else comma_separated)(head, rows)
    file = f"{name}-{clock.local(clock.now()):%Y-%m-%d}.{kind}"
    answer = Response(made, content_type=KINDS[kind])
    answer.headers["Content-Disposition"] = f"attachment; filename=\"list.{kind}\"; filename*=UTF-8''{quote(file)}"
    answer.headers["Cache-Control"] = "no-store"
    return answer


def xlsx(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Return a workbook with one sheet: its head stays in view, its columns are as wide as their words."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(
        file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    sheet, bold = book.add_worksheet(), book.add_format({"bold": True})
    moment, day = book.add_format({"num_format": "yyyy-mm-dd hh:mm"}), book.add_format({"num_format": "yyyy-mm-dd"})
    widths = [_width(words) for words in head]
    sheet.write_row(0, 0, head, bold)
    for number, row in enumerate(rows, 1):
        for column, value in enumerate(row):
            shown = _plain(value)
            if isinstance(shown, dt.datetime):
                sheet.write_datetime(number, column, shown, moment)
            elif isinstance(shown, dt.date):
                sheet.write_datetime(number, column, dt.datetime.combine(shown, dt.time.min), day)
            else:
                sheet.write(number, column, shown)
            widths[column] = max(widths[column], _width(str(shown)))
    for column, width in enumerate(widths):
        sheet.set_column(column, column, min(width + 2, 60))
    sheet.freeze_panes(1, 0)
    book.close()
    return file.getvalue()


def comma_separated(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Return CSV that Excel reads with its Chinese letters: UTF-8 with the mark at its beginning."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(head)
    writer.writerows([disarmed(_written(value)) for value in row] for row in rows)
    return file.getvalue().encode("utf-8-sig")


def _written(value: Any) -> Any:
    """Return what a cell of a CSV file holds: a moment to the minute, in the city's time."""
    shown = _plain(value)
    return f"{shown:%Y-%m-%d %H:%M}" if isinstance(shown, dt.datetime) else shown


def read(content: bytes) -> list[list[str]]:
    """Return the rows of a spreadsheet's first sheet as text, empty ones at the end left out.

    Raises Refusal("not_a_sheet") for what is none, Refusal("macro_sheet") for a workbook with macros,
    Refusal("sheet_too_long") above MAX_ROWS, Refusal("busy") where others' workbooks are read all the while.
    """
    rows = _read_book(content) if content[:2] in (b"PK", b"\xd0\xcf") else _read_text(content)
    while rows and not any(rows[-1]):
        rows.pop()
    if len(rows) > MAX_ROWS:
        raise Refusal("sheet_too_long", rows=len(rows), limit=MAX_ROWS)
    return rows


def _read_book(content: bytes) -> list[list[str]]:
    """Let a process that can be spared read a workbook; see `workbook`."""
    if any(mark in content for mark in MACROS):
        raise Refusal("macro_sheet")
    command = [sys.executable, "-I", READER, str(MAX_ROWS)]
    if not READERS.acquire(timeout=READ_WITHIN):
        raise Refusal("busy")
    try:
        done = subprocess.run(command, input=content, capture_output=True, check=True, timeout=READ_WITHIN)
    except (subprocess.SubprocessError, OSError):
        raise Refusal("not_a_sheet") from None
    finally:
        READERS.release()
    last, rows = json.loads(done.stdout)
    if last > MAX_ROWS:
        raise Refusal("sheet_too_long", rows=last, limit=MAX_ROWS)
    return list(rows)


def _read_text(content: bytes) -> list[list[str]]:
    for encoding in ("utf-8-sig", "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "gb18030"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise Refusal("not_a_sheet")
    if "\0" in text:
        raise Refusal("not_a_sheet")
    first = text.split("\n", 1)[0]
    telling = first if any(sign in first for sign in SEPARATORS) else text
    separator = max(SEPARATORS, key=telling.count)
    if separator == "，":
        text, separator = text.replace("，", ","), ","
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        return [[_armed(value.strip()) for value in row] for row in lines]
    except csv.Error:  # a cell longer than any: mostly a quotation mark that nothing closes
        raise Refusal("not_a_sheet") from None


def _plain(value: Any) -> Any:
    """Return a value as a cell holds it: moments in the city's zone, no None, no mark-up."""
    if isinstance(value, dt.datetime):
        return clock.local(value).replace(second=0, microsecond=0, tzinfo=None)
    if value is None:
        return ""
    return value if isinstance(value, int | float | dt.date) else str(value)


def disarmed(value: Any) -> Any:
    """Return a cell of a CSV file that does not compute when a spreadsheet opens it."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def _armed(text: str) -> str:
    """Return a cell of a CSV file as it was before `disarmed`."""
    return text[1:] if text[:1] == "'" and text[1:].startswith(FORMULA) else text


def _width(words: str) -> int:
    return sum(2 if sign > "\u2e80" else 1 for sign in words)
