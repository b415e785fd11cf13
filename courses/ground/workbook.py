"""Reads a workbook from its standard input and writes its first sheet as JSON: a program of its own, run by `sheets`.

A workbook of a thousand bytes can ask for the memory of a whole machine, and what reads it may panic or be killed over
it. So it is read in a process that can be spared, which limits itself before it looks at the first byte.
"""

import io
import json
import resource
import sys
from contextlib import suppress
from typing import Any, Final

from python_calamine import CalamineWorkbook

MEMORY: Final = 512 * 1024 * 1024  # a sheet of 20,000 rows and 20 columns takes a third of it
CPU_SECONDS: Final = 5
CHARACTERS: Final = 16_000_000  # of all cells: some hundred times what a file of 2 MB holds when nobody plays tricks


def main(most_rows: int) -> None:
    """Write the number of the last row in which something stands, and the first `most_rows` rows as text. Whatever goes
    wrong ends the program with an error."""
    _limit()
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read())).get_sheet_by_index(0)
    before = [""] * (sheet.start or (0, 0))[1]  # the columns in which nothing stands
    rows: list[list[str]] = []
    last = written = 0
    for number, cells in enumerate(sheet.iter_rows(), 1):
        if number > most_rows and set(cells) <= {""}:  # there may be a million of them
            continue
        row = before + [_as_text(cell) for cell in cells]
        text = "".join(row)
        last = number if text else last
        if number <= most_rows:
            rows.append(row)
            written += len(text) + len(row)
        if written > CHARACTERS or "\0" in text:
            raise ValueError
    sys.stdout.buffer.write(json.dumps([last, rows], ensure_ascii=False).encode())


def _limit() -> None:
    limits = ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, CPU_SECONDS), (resource.RLIMIT_CORE, 0))
    for what, most in limits:
        with suppress(ValueError, OSError):  # macOS limits no address space
            resource.setrlimit(what, (most, most))


def _as_text(value: Any) -> str:
    """Return a cell as it was typed: Excel keeps 13800138000 as a number with a point."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


if __name__ == "__main__":
    main(int(sys.argv[1]))
