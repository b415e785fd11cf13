"""Lists that a person sorts, pages and takes away: every list of the house is made here, so that all work alike.

All of it stands in the address: `?sort=-hours&page=2`, and `as=xlsx` or `as=csv` for the file. What a list is
narrowed by is its own page's business.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Response, render_template, request
from sqlalchemy import Select, func, select
from sqlalchemy.sql.util import find_tables

from courses.ground import sheets
from courses.ground.db import db
from courses.ground.forms import page_number

SIZE = 50  # rows a page
TALL = 25  # where a row takes several lines on a phone


@dataclass(frozen=True)
class Column:
    """One column: its name in the address, its words, what its cell in a file holds, and what the database sorts it by
    (None: nobody sorts by it). What is `filed` stands in the file alone."""

    name: str
    label: Any
    value: Callable[[Any], Any]
    order: Any = None
    kind: str = ""
    filed: bool = False

    @property
    def is_sortable(self) -> bool:
        return self.order is not None and not self.filed


@dataclass(frozen=True)
class Pager:
    """Which page this is, for `_parts/pager.html`. Where nobody counted (`pages` is None) it says its number alone."""

    number: int
    has_more: bool
    pages: int | None = None
    url: Callable[[int], str] = lambda number: _here(page=str(number))

    @classmethod
    def of(cls, number: int, total: int, size: int) -> "Pager":
        """Return the pager of `total` things, `size` a page."""
        pages = max(1, -(-total // size))
        return cls(number, number < pages, pages)


@dataclass(frozen=True)
class Listing:
    """One page of a list as it was asked for, with the addresses of its other pages and orders."""

    rows: Sequence[Any]
    columns: Sequence[Column]
    total: int
    number: int
    by: Column
    falls: bool
    opened: bool = False
    size: int = SIZE

    @property
    def shown(self) -> list[Column]:
        return [column for column in self.columns if not column.filed]

    @property
    def pager(self) -> Pager:
        return Pager.of(self.number, self.total, self.size)

    def sort_url(self, column: Column) -> str:
        """Return the address of this list by `column`: rising, or falling if that is what it is already."""
        falls = column is self.by and not self.falls and not self.opened
        return _here(sort=("-" if falls else "") + column.name, page=None)

    def direction(self, column: Column) -> str:
        """Return what a screen reader says of a column's head, or nothing."""
        if column is not self.by:
            return ""
        return "other" if self.opened else "descending" if self.falls else "ascending"


def listed(
    template: str,
    name: str,
    statement: Select[*tuple[Any, ...]],
    make: Callable[[Any], Any],
    columns: Sequence[Column],
    then: Any,
    by: str,
    total: Select[*tuple[Any, ...]] | None = None,
    keys: Select[int] | None = None,
    seen: Callable[[Sequence[Any]], None] | None = None,
    opens: Sequence[Any] = (),
    size: int = SIZE,
    **facts: Any,
) -> str | Response:
    """Answer with a list: a page of `template`, or all of it as a file called `name`.

    `statement` yields the rows in no order, `make` turns one into what the columns read. `by` is the order in which the
    list opens ("-hours": the most first), `then` decides between equals. `total` counts the rows where
    that takes less than `statement` joins. `keys` yields the ids of the same rows with fewer joins: where they can be
    put in order by these, the rest is asked of the rows of the page alone. `seen` is told which rows are shown.
    `opens`: an order of its own in which the list opens, of columns that `keys` has; `by` names its column. `size`:
    rows a page. Two statements, for a file one.
    """
    column, falls = _order(columns, request.args.get("sort", ""), by)
    opened = bool(opens) and not _is_asked(columns)
    orders = column.order if isinstance(column.order, tuple) else (column.order,)
    by_all = (*opens, then) if opened else (*(order.desc() if falls else order for order in orders), then)
    statement = statement.order_by(*by_all)
    if kind := sheets.wanted():
        found = [make(row) for row in db.session.execute(statement)]
        if seen:
            seen(found)
        head = [str(column.label) for column in columns]
        return sheets.taken_away(kind, name, head, ([column.value(row) for column in columns] for row in found))
    if total is None:
        total = select(func.count()).select_from((statement if keys is None else keys).order_by(None).subquery())
    count = db.session.scalar(total) or 0
    number = min(page_number(), max(1, -(-count // size)))
    begins = (number - 1) * size
    if keys is not None and (opened or {getattr(order, "table", None) for order in orders} <= set(find_tables(keys))):
        key = keys.selected_columns[0]
        page = statement.where(key.in_(keys.order_by(*by_all).offset(begins).limit(size)))
    else:
        page = statement.offset(begins).limit(size)
    rows = [make(row) for row in db.session.execute(page)]
    if seen:
        seen(rows)
    return render_template(template, list=Listing(rows, columns, count, number, column, falls, opened, size), **facts)


def _is_asked(columns: Sequence[Column]) -> bool:
    asked = request.args.get("sort", "").removeprefix("-")
    return any(column.name == asked for column in columns if column.is_sortable)


def _order(columns: Sequence[Column], asked: str, by: str) -> tuple[Column, bool]:
    """Return the column asked for, and whether it falls; for nonsense the usual order."""
    sortable = {column.name: column for column in columns if column.is_sortable}
    chosen = asked if asked.removeprefix("-") in sortable else by
    return sortable[chosen.removeprefix("-")], chosen.startswith("-")


def _here(**changed: str | None) -> str:
    kept = [pair for pair in request.args.items(multi=True) if pair[0] not in (*changed, "as", "lang")]
    asked = urlencode(kept + [(key, value) for key, value in changed.items() if value is not None])
    return f"{request.path}?{asked}"
