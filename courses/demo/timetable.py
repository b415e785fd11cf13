"""Which half-day each class gets, whatever day the town is loaded on: nobody and no room is in two places."""

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Final

MORNING: Final = dt.time(9)
AFTERNOON: Final = dt.time(13, 30)
HALVES: Final = {"am": MORNING, "pm": AFTERNOON}
# The public holidays with a fixed date in the solar calendar; those of the lunar one are not worth a table here.
HOLIDAYS: Final = frozenset({(1, 1), (5, 1), (5, 2), (5, 3), (10, 1), (10, 2), (10, 3)})

HalfDay = tuple[dt.date, dt.time]


class Timetable:
    """The half-days taken so far. `open_on`: the ISO weekdays of each room."""

    def __init__(self, open_on: Mapping[str, Collection[int]]) -> None:
        self._open_on = open_on
        self._taken: set[tuple[str, HalfDay]] = set()

    def keep(self, who: Collection[str], days: Collection[dt.date]) -> None:
        """Keep these rooms and lecturers free on these days."""
        self._taken.update((name, (day, half)) for name in who for day in days for half in HALVES.values())

    def place(
        self,
        room: str,
        lecturers: Sequence[str],
        wished: HalfDay,
        sittings: int,
        back: bool = False,
        allowed: Callable[[HalfDay], bool] = lambda half_day: True,
    ) -> tuple[list[HalfDay], str]:
        """Take the half-days nearest to the one wished for, later or (`back`) earlier, at which the room and one of
        the lecturers are free; return them in order, and the lecturer. Several sittings are on successive open days,
        and `wished` is for the first or (`back`) the last of them."""
        for first in _from(wished, back):
            half_days = self._successive(room, first, sittings, back)
            if not all(self._is_free(room, half_day) and allowed(half_day) for half_day in half_days):
                continue
            for lecturer in lecturers:
                if all((lecturer, half_day) not in self._taken for half_day in half_days):
                    self._taken.update((who, half_day) for who in (room, lecturer) for half_day in half_days)
                    return sorted(half_days), lecturer
        raise AssertionError("time has no end")

    def _successive(self, room: str, first: HalfDay, sittings: int, back: bool) -> list[HalfDay]:
        day, half = first
        half_days = [first]
        while len(half_days) < sittings:
            day += dt.timedelta(days=-1 if back else 1)
            if self._is_open(room, day):
                half_days.append((day, half))
        return half_days

    def _is_open(self, room: str, day: dt.date) -> bool:
        return day.isoweekday() in self._open_on[room] and (day.month, day.day) not in HOLIDAYS

    def _is_free(self, room: str, half_day: HalfDay) -> bool:
        return self._is_open(room, half_day[0]) and (room, half_day) not in self._taken


def _from(wished: HalfDay, back: bool) -> Iterator[HalfDay]:
    """Yield the half-day wished for, the other one of that day, then every one of the days after (or before)."""
    day, half = wished
    yield wished
    yield day, MORNING if half == AFTERNOON else AFTERNOON
    while True:
        day += dt.timedelta(days=-1 if back else 1)
        for half in (AFTERNOON, MORNING) if back else (MORNING, AFTERNOON):
            yield day, half
