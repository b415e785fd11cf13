"""Until when a seat that came free is offered to the next in the queue, or that it is theirs at once. No database."""

import datetime as dt

from courses.ground.worktime import WorkTime

LEAST = dt.timedelta(hours=2)
"""Working time: with less than that left to the class there is none to wait for an answer."""


def open_until(work: WorkTime, at: dt.datetime, starts_at: dt.datetime, hours: int) -> dt.datetime | None:
    """Return by when an offer made at `at` is to be answered: within `hours` of working time, or half of what is left
    of it to the class, if that is less. None: the class is so near that the seat goes directly.

    It lies within working hours and before the class, to the minute.
    """
    left = work.between(at, starts_at)
    if left < LEAST:
        return None
    return work.after(at, min(dt.timedelta(hours=hours), left / 2)).replace(second=0, microsecond=0)
