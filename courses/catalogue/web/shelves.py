"""The supermarket: what is still to come, as cards."""

from collections.abc import Sequence
from functools import lru_cache

from flask import render_template, request, session
from markupsafe import Markup

from courses.catalogue import queries
from courses.catalogue.queries import PAGE_SIZE
from courses.catalogue.shelf import Choices, Filters, choices, shelf
from courses.catalogue.web import asked
from courses.catalogue.web.blueprint import pages
from courses.catalogue.web.public import list_data
from courses.ground import clock
from courses.ground.language import lang
from courses.ground.lists import Pager
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
    filters = asked.filters()
    found = tuple(shelf(filters, clock.now()))
    made = _shelf(found, filters, tuple(queries.topics()), choices(), not actor(), city(), lang(), _present(found))
    if actor() or session:
        return render_template("catalogue/shelves.html", shelf=made)
    return fill_in(_page_of_strangers(made, found[:PAGE_SIZE], request.url, lang(), city()))


@lru_cache(maxsize=300)
def _page_of_strangers(shelf: Markup, cards: tuple[queries.Card, ...], *_depends_on: object) -> str:
    """Return the page as every stranger, and every machine, sees it at this address."""
    linked = list_data(cards) if cards else None
    return blank(lambda: render_template("catalogue/shelves.html", shelf=shelf, linked=linked))


@lru_cache(maxsize=300)
def _shelf(
    found: tuple[queries.Card, ...],
    filters: Filters,
    topics: tuple[queries.Shelf, ...],
    choices: Choices,
    is_stranger: bool,
    *_depends_on: object,
) -> Markup:
    made = render_template(
        "catalogue/_shelf.html",
        cards=found[:PAGE_SIZE],
        filters=filters,
        folded_away=asked.folded_away(filters),
        links=asked,
        topics=topics,
        choices=choices,
        is_stranger=is_stranger,
        pager=_pager(filters, len(found) > PAGE_SIZE),
    )
    return Markup(made)


def _pager(filters: Filters, has_more: bool) -> Pager:
    return Pager(filters.page, has_more, url=lambda number: asked.shelves_url(filters, page=number))
