"""The calendar entry of a booking (RFC 5545, RFC 5546): one event per sitting.

Each sitting keeps its UID for the life of the booking and SEQUENCE rises with every change, so that a moved class
moves its entry (METHOD:REQUEST) and a cancelled one takes it away (METHOD:CANCEL) instead of leaving the old one.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from icalendar import Alarm, Calendar, Event, vCalAddress, vText

Sitting = tuple[dt.datetime, dt.datetime]


@dataclass(frozen=True, kw_only=True)
class Gone:
    """An entry that another one takes the place of."""

    uid: str
    sequence: int
    sittings: Sequence[Sitting]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What an entry says. `before`: the sittings that the class had; those beyond its present ones are taken away.
    `gone`: the entry of another class that it takes the place of."""

    uid: str
    sequence: int
    method: str
    title: str
    place: str
    url: str
    sittings: Sequence[Sitting]
    before: Sequence[Sitting] = ()
    organizer: str = ""
    organizer_name: str = ""
    attendee: str = ""
    attendee_name: str = ""
    gone: Gone | None = None


def render(entry: Entry, at: dt.datetime) -> str:
    """Return the iCalendar text of `entry`, stamped `at`."""
    calendar = Calendar()
    calendar.add("prodid", "-//Course supermarket//EN")
    calendar.add("version", "2.0")
    calendar.add("method", entry.method)
    for number, (start, end) in enumerate(entry.sittings, 1):
        calendar.add_component(_event(entry, number, start, end, at, entry.method == "CANCEL"))
    for number, (start, end) in enumerate(entry.before[len(entry.sittings) :], len(entry.sittings) + 1):
        calendar.add_component(_event(entry, number, start, end, at, True))
    if entry.gone:
        gone = replace(entry, uid=entry.gone.uid, sequence=entry.gone.sequence)
        for number, (start, end) in enumerate(entry.gone.sittings, 1):
            calendar.add_component(_event(gone, number, start, end, at, True))
    return str(calendar.to_ical().decode())


def _event(entry: Entry, number: int, start: dt.datetime, end: dt.datetime, at: dt.datetime, cancelled: bool) -> Event:
    event = Event()
    event.add("uid", f"{entry.uid}-{number}@courses")
    event.add("sequence", entry.sequence)
    event.add("dtstamp", at)
    event.add("dtstart", start)
    event.add("dtend", end)
    event.add("summary", entry.title)
    event.add("location", entry.place)
    event.add("url", entry.url)
    event.add("description", entry.url)
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    if entry.organizer:
        event["organizer"] = _address(entry.organizer, entry.organizer_name)
        attendee = _address(entry.attendee, entry.attendee_name)
        attendee.params["PARTSTAT"] = vText("DECLINED" if cancelled else "ACCEPTED")
        event.add("attendee", attendee)
    if not cancelled:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", entry.title)
        alarm.add("trigger", dt.timedelta(hours=-2))
        event.add_component(alarm)
    return event


def _address(mail: str, name: str) -> vCalAddress:
    address = vCalAddress(f"mailto:{mail}")
    address.params["CN"] = vText(name)
    return address
