"""The time: one clock, aware and in UTC; and the city's zone in which people read it."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from zoneinfo import ZoneInfo

UTC = dt.UTC
_pretended: ContextVar[dt.datetime | None] = ContextVar("pretended", default=None)
_zone: ContextVar[ZoneInfo] = ContextVar("zone", default=ZoneInfo("Asia/Shanghai"))


def now() -> dt.datetime:
    """Return the present moment, aware, in UTC."""
    return _pretended.get() or dt.datetime.now(UTC)


@contextmanager
def pretending(moment: dt.datetime) -> Iterator[None]:
    """Within, `now()` is `moment`: for `tick --at`, so that a rule can be tried before its day."""
    token = _pretended.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _pretended.reset(token)


def zone() -> ZoneInfo:
    """Return the zone in which times are shown and typed: the city's."""
    return _zone.get()


def use_zone(name: str) -> None:
    _zone.set(ZoneInfo(name))


def local(moment: dt.datetime) -> dt.datetime:
    """Return `moment` in the city's zone."""
    return moment.astimezone(zone())


def this_year() -> int:
    """Return the year of the city's calendar."""
    return local(now()).year


def year_span(year: int) -> tuple[dt.datetime, dt.datetime]:
    """Return the UTC moments at which a year of the city's calendar begins and ends; the second is no longer in it."""
    first, following = (from_local(dt.date(n, 1, 1), dt.time()) for n in (year, year + 1))
    return first, following


def from_local(day: dt.date, time: dt.time) -> dt.datetime:
    """Return the UTC moment of a wall-clock time typed in the city's zone."""
    return dt.datetime.combine(day, time, zone()).astimezone(UTC)
