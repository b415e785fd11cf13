"""Public holidays and the working days that make up for them, as the State Council announced them for China.

Years that are not announced yet have their feasts, and no make-up days. A city corrects single days (`Holiday`).
"""

import datetime as dt
from functools import lru_cache
from typing import NamedTuple

from holidays import country_holidays

COUNTRY = "CN"
SATURDAY = 5
DAY_OFF = "休息日"


class SpecialDay(NamedTuple):
    """A day that is not what its weekday says: `is_off`, or else a make-up working day."""

    day: dt.date
    is_off: bool
    name_zh: str
    name_en: str

    @property
    def is_exchanged(self) -> bool:
        """Return whether it is free because another day is worked for it, and has no name of its own."""
        return self.is_off and self.name_zh == DAY_OFF


@lru_cache(maxsize=20)
def announced(year: int) -> dict[dt.date, SpecialDay]:
    """Return the year's public holidays that fall on any day, and its make-up working days."""
    chinese = country_holidays(COUNTRY, years=year, language="zh_CN")
    english = country_holidays(COUNTRY, years=year, language="en_US")
    days = {
        day: SpecialDay(day, True, _plainly(name, DAY_OFF), _plainly(english[day], "Day off"))
        for day, name in chinese.items()
    }
    for day in chinese.weekend_workdays:
        if day.year == year:
            days[day] = SpecialDay(day, False, "调休上班", "Make-up working day")
    return days


def _plainly(name: str, day_off: str) -> str:
    """Return a feast's name without the bookkeeping of which day is exchanged for which."""
    return day_off if name.startswith(day_off) else name.split("（")[0].split(" (observed)")[0]


def is_weekend(day: dt.date) -> bool:
    return day.weekday() >= SATURDAY
