"""Working time: the hours of a city's working days. A deadline counted in it never ends at night or on a day off.

Moments are aware; spans are of working time, so that two days of nine hours are `2 * time.day`. Pure: who asks says
which days people work (`catalogue.planning.work_time` knows the city's).
"""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from courses.ground import clock

FROM, UNTIL = dt.time(8, 30), dt.time(17, 30)  # until a city sets its own hours
DAY = dt.timedelta(days=1)
NONE = dt.timedelta(0)
LONGEST_BREAK = 366  # days: a calendar without work is a mistake, and no reason to count for ever


@dataclass(frozen=True)
class WorkTime:
    """The hours of a working day by the city's clock, and which days are such."""

    is_working: Callable[[dt.date], bool]
    begins: dt.time = FROM
    ends: dt.time = UNTIL

    @property
    def day(self) -> dt.timedelta:
        """The working time of one working day."""
        first, last = (dt.datetime.combine(dt.date.min, time) for time in (self.begins, self.ends))
        return last - first

    def after(self, start: dt.datetime, span: dt.timedelta) -> dt.datetime:
        """Return the first moment by which `span` has been worked since `start`; it lies within working hours.

        `between(start, after(start, span)) == span`. Raises ValueError where nobody works for a year.
        """
        for opens, closes in self._hours(clock.local(start).date(), DAY):
            begin = max(opens, start)
            if begin <= closes and span <= closes - begin:
                return begin + span
            span -= max(NONE, closes - begin)
        raise AssertionError("unreachable")

    def before(self, end: dt.datetime, span: dt.timedelta) -> dt.datetime:
        """Return the last moment from which `span` can be worked until `end`; it lies within working hours.

        `between(before(end, span), end) == span`. Raises ValueError where nobody works for a year.
        """
        for opens, closes in self._hours(clock.local(end).date(), -DAY):
            last = min(closes, end)
            if opens <= last and span <= last - opens:
                return last - span
            span -= max(NONE, last - opens)
        raise AssertionError("unreachable")

    def between(self, start: dt.datetime, end: dt.datetime) -> dt.timedelta:
        """Return the working time from `start` to `end`, none when `end` is not later."""
        worked, day, last = NONE, clock.local(start).date(), clock.local(end).date()
        while day <= last:
            if self.is_working(day):
                opens, closes = self._hours_of(day)
                worked += max(NONE, min(closes, end) - max(opens, start))
            day += DAY
        return worked

    def _hours(self, day: dt.date, step: dt.timedelta) -> Iterator[tuple[dt.datetime, dt.datetime]]:
        """Return the hours of the working days from `day` on, one after another in the direction of `step`."""
        off = 0
        while off <= LONGEST_BREAK:
            off = 0 if self.is_working(day) else off + 1
            if not off:
                yield self._hours_of(day)
            day += step
        raise ValueError("nobody works for a year")

    def _hours_of(self, day: dt.date) -> tuple[dt.datetime, dt.datetime]:
        return clock.from_local(day, self.begins), clock.from_local(day, self.ends)
