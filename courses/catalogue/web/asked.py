"""What a visitor's address asks of the shelves, and the addresses that ask for something else."""

import datetime as dt
from typing import Any

from flask import request, url_for

from courses.catalogue.shelf import Filters, Half, Sort
from courses.catalogue.web.blueprint import MAX_WORDS
from courses.ground.forms import day_argument, number_argument, page_number


def filters() -> Filters:
    """Return the filters of this request; what is nonsense is as if it were not there. `?day=` is one day."""
    day = day_argument("day")
    half, sort = request.args.get("half", ""), request.args.get("sort", "")
    return Filters(
        q=request.args.get("q", "").strip()[:MAX_WORDS],
        topic=request.args.get("topic", "")[:64],
        town=number_argument("town"),
        home=number_argument("home"),
        lecturer=number_argument("lecturer"),
        industry=request.args.get("industry", "")[:64],
        since=day_argument("from") or day,
        until=day_argument("to") or day,
        half=Half(half) if half in list(Half) else None,
        free=request.args.get("free") == "1",
        key_units=request.args.get("key") == "1",
        sort=Sort(sort) if sort in list(Sort) else Sort.SOONEST,
        page=page_number(),
    )


def as_arguments(filters: Filters) -> dict[str, Any]:
    """Return `filters` as they stand in an address; the page is not one of them."""
    said = {
        "q": filters.q,
        "topic": filters.topic,
        "town": filters.town,
        "home": filters.home,
        "lecturer": filters.lecturer,
        "industry": filters.industry,
        "from": filters.since,
        "to": filters.until,
        "half": filters.half,
        "free": filters.free and "1",
        "key": filters.key_units and "1",
        "sort": filters.sort if filters.sort != Sort.SOONEST else "",
    }
    return {name: str(value) for name, value in said.items() if value}


def shelves_url(filters: Filters, **more: Any) -> str:
    return url_for("catalogue.shelves", **{**as_arguments(filters), **more})


def folded_away(filters: Filters) -> int:
    """Return how many filters are set beside the words and the topic: they are folded away on the page."""
    return len(as_arguments(filters).keys() - {"q", "topic", "sort"})


def calendar_url(view: str, filters: Filters, on: dt.date | None = None, **more: Any) -> str:
    """Return the address of the week or month around the day `on` (None: today); it has days of its own."""
    asked = as_arguments(filters)
    for of_the_list in ("from", "to", "sort"):
        asked.pop(of_the_list, None)
    return url_for("catalogue.calendar", view=view, on=on, **{**asked, **more})
