"""Working time, whatever the calendar: a deadline never ends at night or on a day off, and nothing counted is lost."""

import datetime as dt
import os
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from courses.ground import clock
from courses.ground.worktime import NONE, WorkTime

EXAMPLES = 2000 if os.environ.get("PROOF") == "whole" else 200
FIRST, DAYS = dt.date(2026, 9, 1), 120


@st.composite
def calendars(draw: st.DrawFn) -> WorkTime:
    """Any days off at all within four months, weekdays and weekends alike, and any hours."""
    off = draw(st.sets(st.integers(0, DAYS)))
    begins, ends = sorted(draw(st.lists(st.times(), min_size=2, max_size=2, unique=True)))
    free = {FIRST + dt.timedelta(days=number) for number in off}
    return WorkTime(lambda day: day not in free, begins, ends)


START = clock.from_local(FIRST, dt.time())
moments = st.timedeltas(NONE, dt.timedelta(days=DAYS)).map(lambda passed: START + passed)


def in_hours(time: WorkTime, moment: dt.datetime) -> bool:
    local = clock.local(moment)
    return time.is_working(local.date()) and time.begins <= local.time() <= time.ends


@settings(max_examples=EXAMPLES, deadline=None)
@given(calendars(), moments, st.integers(0, 40))
def test_it_ends_within_hours_and_as_much_was_worked(time: WorkTime, start: dt.datetime, tenths: int) -> None:
    span = time.day * tenths / 10  # up to four days, in the city's own measure
    end = time.after(start, span)
    assert end >= start
    assert in_hours(time, end)
    assert time.between(start, end) == span


@settings(max_examples=EXAMPLES, deadline=None)
@given(calendars(), moments, st.integers(0, 40))
def test_it_begins_within_hours_when_counted_back(time: WorkTime, end: dt.datetime, tenths: int) -> None:
    span = time.day * tenths / 10
    start = time.before(end, span)
    assert start <= end
    assert in_hours(time, start)
    assert time.between(start, end) == span


@settings(max_examples=EXAMPLES, deadline=None)
@given(calendars(), moments, moments, st.integers(0, 40), st.integers(0, 40))
def test_later_or_longer_never_ends_earlier(
    time: WorkTime, one: dt.datetime, other: dt.datetime, few: int, many: int
) -> None:
    (one, other), (few, many) = sorted([one, other]), sorted([few, many])
    less, more = time.day * few / 10, time.day * many / 10
    assert time.after(one, less) <= time.after(other, less)
    assert time.after(one, less) <= time.after(one, more)
    assert time.before(one, less) <= time.before(other, less)
    assert time.before(one, more) <= time.before(one, less)


@settings(max_examples=EXAMPLES, deadline=None)
@given(calendars(), st.lists(moments, min_size=2, max_size=5))
def test_the_parts_make_the_whole(time: WorkTime, moments: list[dt.datetime]) -> None:
    ordered = sorted(moments)
    parts = sum((time.between(a, b) for a, b in pairwise(ordered)), NONE)
    assert time.between(ordered[0], ordered[-1]) == parts
    assert time.between(ordered[-1], ordered[0]) == NONE


def test_a_calendar_without_work_is_refused() -> None:
    never = WorkTime(lambda day: False)
    with pytest.raises(ValueError, match="nobody works"):
        never.after(clock.from_local(FIRST, dt.time(9)), dt.timedelta(hours=1))
    with pytest.raises(ValueError, match="nobody works"):
        never.before(clock.from_local(FIRST, dt.time(9)), dt.timedelta(hours=1))
