"""Supermarket and desks while a city's bookings grow: as many statements, as long an answer.

Each size is served in turn, several times over, so that a slow moment of the machine falls on all. One request at a
time: how long one person waits, not how many can be served.
"""

import os
from collections.abc import Callable
from contextlib import ExitStack
from statistics import median
from typing import Any, NamedTuple

from sqlalchemy import event

from bench import client
from bench.city import City, a_city
from bench.serving import serving
from bench.town import PORT
from courses.ground.db import db
from courses.ground.kept import forget_all

SIZES = tuple(map(int, os.environ.get("SIZES", "100,10000,1000000").split(",")))
ROUNDS = int(os.environ.get("ROUNDS", "3"))
REQUESTS = 60


class Page(NamedTuple):
    """A page and who reads it, by the name of a City's field; nobody reads it signed out."""

    path: str
    reader: str = ""


PAGES = {
    "supermarket, signed out": Page("/"),
    "supermarket, signed in": Page("/", "manager"),
    "supermarket, searched": Page("/?q=%E7%A2%B3%E4%BA%A4%E6%98%93"),
    "supermarket, free seats": Page("/?free=1&sort=seats"),
    "calendar": Page("/calendar"),
    "course": Page("/courses/1"),
    "class page, signed out": Page("/classes/{class_id}"),
    "class page, signed in": Page("/classes/{class_id}", "newcomer"),
    "Home": Page("/homes/1"),
    "lecturer's page": Page("/lecturers/{lecturer}"),
    "manager's desk": Page("/desk", "manager"),
    "manager's history": Page("/desk/history", "manager"),
    "manager's notices": Page("/notices", "manager"),
    "owner's desk": Page("/desk", "owner"),
    "owner's people": Page("/desk/people", "owner"),
    "owner's bookings": Page("/desk/bookings", "owner"),
    "owner's enterprise": Page("/enterprises/{enterprise}", "owner"),
    "officer's desk": Page("/desk", "officer"),
    "officer's classes": Page("/desk/classes", "officer"),
    "officer's managers": Page("/desk/managers", "officer"),
    "officer's enterprises": Page("/enterprises", "officer"),
    "officer's class": Page("/classes/{class_id}", "officer"),
    "roster": Page("/classes/{taught}/roster", "officer"),
    "lecturer's desk": Page("/desk", "lecturer"),
    "lecturer's classes": Page("/desk/classes", "lecturer"),
    "association's desk": Page("/desk", "association"),
    "association's managers": Page("/desk/managers", "association"),
    "association's coverage": Page("/desk/coverage", "association"),
    "bureau's desk": Page("/desk", "bureau"),
    "bureau's towns": Page("/desk/coverage", "bureau"),
    "bureau's industries": Page("/desk/coverage?by=industry", "bureau"),
    "bureau's topics": Page("/desk/coverage?by=topic", "bureau"),
    "bureau's months": Page("/desk/coverage?by=month", "bureau"),
    "inspector's desk": Page("/desk", "inspector"),
    "inspector's posts": Page("/posts", "inspector"),
    "administrator's desk": Page("/desk", "administrator"),
    "installation": Page("/installation", "administrator"),
    "administrator's enterprises": Page("/enterprises", "administrator"),
    "administrator's people": Page("/setup/people", "administrator"),
}


def measure(kind: str, note: Callable[..., None]) -> None:
    chosen = {name: page for name, page in PAGES.items() if os.environ.get("PAGE", "") in name}
    with ExitStack() as stack:
        cities = [stack.enter_context(a_city(kind, size)) for size in SIZES]
        counts = {(name, city.bookings): statements(city, page) for city in cities for name, page in chosen.items()}
        loads: dict[tuple[str, int], list[client.Load]] = {key: [] for key in counts}
        for _ in range(ROUNDS):
            for city in cities:
                with serving(city):
                    for name, page in chosen.items():
                        loads[name, city.bookings].append(_load(city, page))
    for name in chosen:
        by_size = {size: _figures(counts[name, size], loads[name, size]) for size in SIZES}
        first, last = by_size[SIZES[0]], by_size[SIZES[-1]]
        growth = {"times_p50": last["p50_ms"] / first["p50_ms"], "times_p95": last["p95_ms"] / first["p95_ms"]}
        note(
            f"{name}, {kind}",
            **{f"{figure}_{size}": value for size, figures in by_size.items() for figure, value in figures.items()},
            **growth,
        )


def _load(city: City, page: Page) -> client.Load:
    asked = city.get(*_named(city, page))
    client.run(PORT, [asked] * 10, 1)
    load = client.run(PORT, [asked] * REQUESTS, 1)
    if set(load.statuses) != {200}:
        raise SystemExit(f"Answers that should not be: {set(load.statuses)} of {page}")
    return load


def _named(city: City, page: Page) -> tuple[str, int | None]:
    return page.path.format_map(vars(city)), getattr(city, page.reader) if page.reader else None


def _figures(count: int, loads: list[client.Load]) -> dict[str, float]:
    return {
        "statements": count,
        "p50_ms": median(load.percentile_ms(50) for load in loads),
        "p95_ms": median(load.percentile_ms(95) for load in loads),
        "bytes": loads[0].bytes_of_first,
    }


def statements(city: City, page: Page) -> int:
    """Return how many statements a page asks, BEGIN and PRAGMA left out, when what is kept has been asked before."""
    path, reader = _named(city, page)
    seen: list[str] = []
    browser = city.app.test_client()
    if reader:
        with browser.session_transaction() as session:
            session["_user_id"] = f"{reader}:1"

    def see(*facts: Any) -> None:
        seen.append(facts[2])

    forget_all()
    browser.get(path)
    with city.app.app_context():
        event.listen(db.engine, "before_cursor_execute", see)
        browser.get(path)
        event.remove(db.engine, "before_cursor_execute", see)
    return len([one for one in seen if not one.startswith(("BEGIN", "PRAGMA"))])
