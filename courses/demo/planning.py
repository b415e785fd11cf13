"""What a squadron and the city keep ready for classes: templates, and the city's own word on days."""

import datetime as dt
from typing import Any

from courses.catalogue.model import (
    CANCEL_BEFORE,
    DEFAULT_REMINDERS,
    OFFER_HOURS,
    ClassTemplate,
    DayKind,
    FillRule,
    Holiday,
    Promotion,
)
from courses.demo.rows import Rows
from courses.demo.town import Entry, Settled, texts


def keep_templates(rows: Rows, town: Settled) -> None:
    for entry in texts("classes")["template"]:
        rows.add(
            ClassTemplate,
            squadron_id=town.squadrons[entry["squadron"]],
            course_id=town.courses[entry["course"]],
            name=entry["name"],
            settings=_settings(town, entry),
        )


def _settings(town: Settled, entry: Entry) -> dict[str, Any]:
    """Return what `planning.settings_of` would: a class without its date."""
    days_before_opening = entry.get("opens")
    return {
        "room": town.rooms[entry["room"]],
        "seats": entry["seats"],
        "limit": entry.get("limit"),
        "lecturers": [town.lecturers[slug] for slug in entry["lecturers"]],
        "reminders": sorted(DEFAULT_REMINDERS),
        "weekday": entry["weekday"] - 1,
        "sittings": entry["sittings"],
        "opens": days_before_opening * 1440 if days_before_opening else None,
        "first": None,
        "closes": 0,
        "cancel": CANCEL_BEFORE // dt.timedelta(minutes=1),
        "fill_rule": FillRule.STRICT,
        "shares": [],
        "minimum": None,
        "promotion": Promotion.DIRECT,
        "offer_hours": OFFER_HOURS,
    }


def own_days(today: dt.date) -> list[tuple[dt.date, Entry]]:
    """Return the days of which the city says otherwise than the state: the first such weekday from a day on."""
    found = []
    for entry in texts("classes")["day"]:
        first = today + dt.timedelta(days=entry["in"])
        found.append((first + dt.timedelta(days=(entry["weekday"] - first.isoweekday()) % 7), entry))
    return found


def keep_days(rows: Rows, today: dt.date) -> None:
    for day, entry in own_days(today):
        rows.add(Holiday, day=day, kind=DayKind(entry["kind"]), name_zh=entry["name_zh"], name_en=entry["name_en"])


def days_off(today: dt.date) -> set[dt.date]:
    return {day for day, entry in own_days(today) if entry["kind"] == DayKind.OFF}
