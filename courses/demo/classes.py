"""The classes held and to come, each at a time that suits the day of the loading."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

from courses.catalogue.model import (
    CANCEL_BEFORE,
    DEFAULT_REMINDERS,
    OFFER_HOURS,
    ClassState,
    FillRule,
    Promotion,
    ReminderRule,
    SeatShare,
    Sitting,
    Teaching,
    TrainingClass,
)
from courses.demo.planning import days_off
from courses.demo.rows import Rows
from courses.demo.timetable import HALVES, MORNING, HalfDay, Timetable
from courses.demo.town import Entry, Settled, texts

NOTICE_TO_COME: Final = dt.timedelta(hours=1)
DECIDE_BEFORE: Final = dt.timedelta(days=3)
OFFICE_OPENS: Final = dt.time(8, 30)
OFFICE_MINUTES: Final = 8 * 60
CLOSED_AT: Final = dt.time(17)
SATURDAY: Final = 6  # every other one is free, where the class need not be right now
# How many days before (the first sitting; the loading, if that is to come) a class was published.
PUBLISHED_BEFORE: Final = {"held": (14, 35), "to come": (5, 20), "new": (1, 2)}

Span = tuple[dt.datetime, dt.datetime]


@dataclass(frozen=True)
class Published:
    """A class before anybody has asked for a seat: what was written about it, its row and its sittings by id."""

    entry: Entry
    id: int
    row: dict[str, Any]
    sittings: dict[int, Span]
    course: Entry
    home: Entry
    lecturer: int

    @property
    def is_over(self) -> bool:
        return "over" in self.entry


class Office:
    """Publishes classes. `at`: the moment of the loading; days are counted from it in the city's zone."""

    def __init__(self, rows: Rows, town: Settled, at: dt.datetime, rng: Random) -> None:
        self._rows, self._town, self._rng, self._at = rows, town, rng, at
        self.zone = ZoneInfo(texts("town")["city"]["zone"])
        self._today = at.astimezone(self.zone).date()
        self._courses = {course["slug"]: course for course in texts("courses")["course"]}
        self._homes = {room["slug"]: home for home in texts("town")["home"] for room in home["room"]}
        self._seats = {room["slug"]: room["seats"] for home in texts("town")["home"] for room in home["room"]}
        kept = texts("classes")["kept_free"]
        self._kept_days = {self._in_days(number) for number in kept["days"]}
        self._timetable = Timetable({room: home["days"] for room, home in self._homes.items()})
        self._taught: Counter[str] = Counter()
        self._timetable.keep((kept["room"], kept["lecturer"]), self._kept_days)
        self._timetable.keep(self._homes, days_off(self._today))

    def publish_all(self) -> list[Published]:
        return [self._publish(entry) for entry in texts("classes")["class"]]

    def _publish(self, entry: Entry) -> Published:
        course, home = self._courses[entry["course"]], self._homes[entry["room"]]
        half_days, lecturer = self._place(entry, course)
        self._taught[lecturer] += 1
        length = dt.timedelta(minutes=course["minutes"] // course["sittings"])
        spans = [(begins, begins + length) for begins in map(self._moment, half_days)]
        class_id = self._rows.add(TrainingClass, **self._row(entry, spans))
        sittings = {
            self._rows.add(Sitting, class_id=class_id, starts_at=begins, ends_at=ends): (begins, ends)
            for begins, ends in spans
        }
        row = self._rows.of(TrainingClass)[-1]
        for kind, seats in entry.get("shares", {}).items():
            self._rows.add(SeatShare, class_id=class_id, kind=kind, seats=seats)
        person = self._town.lecturers[lecturer]
        self._rows.add(Teaching, class_id=class_id, person_id=person)
        self._set_reminders(class_id, row["opens_at"] if "over" in entry else self._at)
        return Published(entry, class_id, row, sittings, course, home, person)

    def _place(self, entry: Entry, course: Entry) -> tuple[list[HalfDay], str]:
        is_over = "over" in entry
        offset = -entry["over"] if is_over else entry["in"]
        is_for_named = bool(entry.get("people")) or any(isinstance(who, str) for who in entry.get("queue", ()))

        def allowed(half_day: HalfDay) -> bool:
            day = half_day[0]
            rests = day.isoweekday() == SATURDAY and day.isocalendar().week % 2 and abs(offset) > 1
            is_kept = is_for_named and day in self._kept_days
            in_time = is_over or self._moment(half_day) >= self._at + NOTICE_TO_COME
            return in_time and not rests and not is_kept

        wished = (self._in_days(offset), HALVES[entry["half"]])
        lecturers = self._lecturers(entry, course)
        return self._timetable.place(entry["room"], lecturers, wished, course["sittings"], is_over, allowed)

    def _lecturers(self, entry: Entry, course: Entry) -> list[str]:
        """Return who could teach it, those with the fewest classes so far first."""
        if "lecturer" in entry:
            return [entry["lecturer"]]
        versed = [who["slug"] for who in texts("town")["lecturer"] if course["topic"] in who["topics"]]
        return sorted(versed, key=lambda slug: self._taught[slug])

    def _row(self, entry: Entry, spans: list[Span]) -> dict[str, Any]:
        begins = spans[0][0]
        published_at = self._published_at(entry, begins)
        opens_at = self._moment((self._in_days(entry["opens"]), MORNING)) if "opens" in entry else published_at
        yesterday = self._in_days(-1)
        called_off = entry.get("called_off", "")
        state = ClassState.CALLED_OFF if called_off else ClassState.PUBLISHED
        return {
            "course_id": self._town.courses[entry["course"]],
            "squadron_id": self._town.squadrons[entry.get("squadron", self._homes[entry["room"]]["town"])],
            "room_id": self._town.rooms[entry["room"]],
            "capacity": entry.get("seats", self._seats[entry["room"]]),
            "starts_at": begins,
            "ends_at": spans[-1][1],
            "opens_at": opens_at,
            "closes_at": self._moment((yesterday, CLOSED_AT)) if entry.get("closed") else begins,
            "cancel_until": begins - CANCEL_BEFORE,
            "scheduled_at": self._moment((yesterday, OFFICE_OPENS)) if called_off else published_at,
            "state": ClassState.DRAFT if entry.get("draft") else state,
            "sittings_count": len(spans),
            "seats_taken": 0,
            "queued": 0,
            "last_order_no": 0,
            "schedule_no": 2 if called_off else 1,
            "published_at": None if entry.get("draft") else published_at,
            "enterprise_limit": entry.get("limit"),
            "call_off_reason": called_off,
            "draw_at": self._moment((self._in_days(entry["draw"]), MORNING)) if "draw" in entry else None,
            "fill_rule": FillRule(entry.get("fill_rule", FillRule.STRICT)),
            "minimum": entry.get("minimum"),
            "decide_by": begins - DECIDE_BEFORE if "minimum" in entry else None,
            "promotion": Promotion(entry.get("promotion", Promotion.DIRECT)),
            "offer_hours": OFFER_HOURS,
            "shares_until": begins - CANCEL_BEFORE if "shares" in entry else None,
            "draw_seed": f"{self._rng.getrandbits(256):064x}" if "draw" in entry else "",
        }

    def _published_at(self, entry: Entry, begins: dt.datetime) -> dt.datetime:
        kind = "held" if "over" in entry else "to come" if entry["taken"] else "new"
        day = begins.astimezone(self.zone).date() if kind == "held" else self._today
        day -= dt.timedelta(days=self._rng.randint(*PUBLISHED_BEFORE[kind]))
        minutes = dt.timedelta(minutes=self._rng.randint(0, OFFICE_MINUTES))
        return self._moment((day, OFFICE_OPENS)) + minutes

    def _set_reminders(self, class_id: int, made_at: dt.datetime) -> None:
        """Rules of classes to come are made at the loading: a moment that lies before it stays silent."""
        for minutes in DEFAULT_REMINDERS:
            self._rows.add(ReminderRule, class_id=class_id, minutes_before=minutes, made_at=made_at, replaced_at=None)

    def _in_days(self, days: int) -> dt.date:
        return self._today + dt.timedelta(days=days)

    def _moment(self, half_day: HalfDay) -> dt.datetime:
        return dt.datetime.combine(*half_day, self.zone).astimezone(dt.UTC)
