"""The shelves by the day: a week or a month, with the same filters."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from flask import render_template, request

from courses.catalogue import queries
from courses.catalogue.shelf import FIRST_DAY, LAST_DAY, Filters, Held, choices, held_between
from courses.catalogue.web import asked
from courses.catalogue.web.blueprint import pages
from courses.ground import clock
from courses.ground.forms import day_argument
from courses.people.guard import public

VIEWS = ("week", "month")
WEEK = dt.timedelta(days=7)


class Day(NamedTuple):
    """One day of the calendar. `is_outside`: it belongs to the month before or after."""

    on: dt.date
    at: dt.datetime
    held: list[Held]
    is_today: bool
    is_outside: bool


class Leaf(NamedTuple):
    """A week or a month, as it is shown: whole weeks from Monday on; the day before it and the day after it."""

    view: str
    on: dt.date
    days: list[Day]
    earlier: dt.date
    later: dt.date
    today: dt.date

    @property
    def is_empty(self) -> bool:
        return not any(day.held for day in self.days if not day.is_outside)


@pages.get("/calendar")
@public
def calendar() -> str:
    filters = asked.filters()
    view = request.args.get("view", "")
    return render_template(
        "catalogue/calendar.html",
        leaf=leaf(view if view in VIEWS else "week", filters),
        filters=filters,
        folded_away=asked.folded_away(filters),
        links=asked,
        topics=queries.topics(),
        choices=choices(),
    )


def leaf(view: str, filters: Filters) -> Leaf:
    """Return the week or month of `?on=`, or of today: of the coming week when there is something in it, and nothing
    left in this one."""
    today = clock.local(clock.now()).date()
    asked = day_argument("on")
    is_asked = asked is not None and FIRST_DAY < asked < LAST_DAY
    on = asked if asked and is_asked else today
    first, last = _week(on) if view == "week" else _month(on)
    begins, ends = _week(first)[0], _week(last)[1]
    may_turn = view == "week" and not is_asked
    found = held_between(filters, begins, ends + WEEK if may_turn else ends)
    if may_turn and _is_over(found, ends):
        on, first, last, begins, ends = (day + WEEK for day in (on, first, last, begins, ends))
    by_day: dict[dt.date, list[Held]] = defaultdict(list)
    for held in found:
        by_day[clock.local(held.starts_at).date()].append(held)
    days = [begins + dt.timedelta(days=number) for number in range((ends - begins).days + 1)]
    return Leaf(
        view,
        on,
        [
            Day(day, clock.from_local(day, dt.time.min), by_day[day], day == today, not first <= day <= last)
            for day in days
        ],
        first - dt.timedelta(days=1),
        last + dt.timedelta(days=1),
        today,
    )


def _is_over(found: Sequence[Held], last: dt.date) -> bool:
    """Return whether of these sittings none until `last` is still to come or going on, and one is after it."""
    left = [held for held in found if held.ends_at > clock.now()]
    return bool(left) and all(clock.local(held.starts_at).date() > last for held in left)


def _week(on: dt.date) -> tuple[dt.date, dt.date]:
    monday = on - dt.timedelta(days=on.weekday())
    return monday, monday + dt.timedelta(days=6)


def _month(on: dt.date) -> tuple[dt.date, dt.date]:
    first = on.replace(day=1)
    return first, (first + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
