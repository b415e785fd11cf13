"""The supermarket: what is still to come, as cards."""

import datetime as dt
from collections.abc import Sequence
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from flask import render_template, request, session, url_for
from markupsafe import Markup

from courses.catalogue import queries
from courses.catalogue.queries import PAGE_SIZE, Filters
from courses.catalogue.web.blueprint import MAX_WORDS, pages
from courses.ground import clock
from courses.ground.forms import day_argument, number_argument, page_number
from courses.ground.language import lang
from courses.ground.nonce import blank, fill_in
from courses.people.guard import actor, public
from courses.people.queries import city


@pages.app_template_global("card")
def card(row: queries.Card) -> Markup:
    """Return a class's card. It says the same as long as its row does, so it is made once, not for each visitor."""
    return _card(row, lang(), *_present([row]))


def _present(rows: Sequence[queries.Card]) -> tuple[int | bool, ...]:
    """Return what cards say of the present: which year needs no mention, and where booking opened or closed."""
    now = clock.now()
    return clock.local(now).year, *(at > now for row in rows for at in (row.opens_at, row.closes_at))


@lru_cache(maxsize=2000)
def _card(row: queries.Card, *_depends_on: object) -> Markup:
    return Markup(render_template("catalogue/_card.html", row=row))


@pages.get("/")
@public
def shelves() -> str:
    filters = Filters(
        q=request.args.get("q", "").strip()[:MAX_WORDS],
        topic=request.args.get("topic", "")[:64],
        town=number_argument("town"),
        day=day_argument("day"),
        free=request.args.get("free") == "1",
        page=page_number(),
    )
    found = tuple(queries.shelf(filters, clock.now(), _span_of(filters.day)))
    names = (tuple(queries.topics()), tuple(queries.towns_with_homes()), city())
    asked = tuple((name, value) for name, value in request.args.items() if name not in ("page", "lang"))
    made = _shelf(found, filters, asked, *names, lang(), _present(found))
    if actor() or session:
        return render_template("catalogue/shelves.html", shelf=made)
    return fill_in(_page_of_strangers(made, request.url, lang(), city()))


@lru_cache(maxsize=300)
def _page_of_strangers(shelf: Markup, *_depends_on: object) -> str:
    """Return the page as every stranger sees it at this address."""
    return blank(lambda: render_template("catalogue/shelves.html", shelf=shelf))


@lru_cache(maxsize=300)
def _shelf(
    found: tuple[queries.Card, ...],
    filters: Filters,
    asked: tuple[tuple[str, str], ...],
    topics: tuple[queries.Shelf, ...],
    towns: tuple[queries.TownName, ...],
    *_depends_on: object,
) -> Markup:
    made = render_template(
        "catalogue/_shelf.html",
        cards=found[:PAGE_SIZE],
        filters=filters,
        topics=topics,
        towns=towns,
        pager=_pager(dict(asked), filters.page, len(found) > PAGE_SIZE),
    )
    return Markup(made)


def _span_of(day: dt.date | None) -> tuple[dt.datetime, dt.datetime] | None:
    if day is None or not 2000 <= day.year <= 2200:
        return None
    begins = clock.from_local(day, dt.time.min)
    return begins, begins + dt.timedelta(days=1)


def _pager(asked: dict[str, Any], number: int, more: bool) -> Any:
    def url(n: int) -> str:
        return url_for("catalogue.shelves", **asked, page=n)

    return SimpleNamespace(number=number, pages=number + more, url=url)
