"""A program of the written owner's enterprise: what it was told of the bookings there, until its owner paused it."""

import datetime as dt
from random import Random
from typing import Any, Final

from courses.booking.announce import EVENTS
from courses.booking.model import Booking, Enrolment, State
from courses.booking.model import Event as Logged
from courses.catalogue.model import Course, TrainingClass
from courses.demo.rows import Rows
from courses.demo.town import Settled
from courses.outbox.actions import PAUSES
from courses.outbox.model import Channel, Fate, Notice
from courses.people.model import Person
from courses.webhooks.model import Event, Webhook

URL: Final = "https://records.xinyao.demo.example/hook"
TOLD: Final = (Event.BOOKED, Event.QUEUED, Event.CANCELLED)
ARRIVES_AFTER: Final = dt.timedelta(seconds=2)

Row = dict[str, Any]


def listen(rows: Rows, town: Settled, rng: Random) -> None:
    """Register the program with its deliveries: the first never arrived, the last was taken back by the pause, which
    stands because a demo calls nobody."""
    owner, heard = town.person("owner"), _heard(rows, town.firms["xinyao"].id)
    paused_at = heard[-1]["at"] + ARRIVES_AFTER
    webhook_id = rows.add(
        Webhook,
        person_id=owner,
        url=URL,
        events=" ".join(TOLD),
        salt=f"{rng.getrandbits(96):024x}",
        made_at=heard[0]["at"] - dt.timedelta(days=1),
        former_salt=None,
        salted_at=None,
        failures=0,
        answered_at=heard[-2]["at"] + ARRIVES_AFTER,
        paused_at=paused_at,
        paused_because="asked",
    )
    for logged in heard:
        fate: Row = {"state": Fate.SENT, "done_at": logged["at"] + ARRIVES_AFTER, "tries": 1, "error": None}
        if logged is heard[0]:
            last_try = logged["at"] + sum(PAUSES, dt.timedelta())
            fate = {"state": Fate.FAILED, "done_at": last_try, "tries": len(PAUSES) + 1, "error": "HTTP 503"}
        elif logged is heard[-1]:
            fate = {"state": Fate.WITHDRAWN, "done_at": paused_at, "tries": 0, "error": None}
        _tell(rows, webhook_id, owner, logged, fate, f"evt_{rng.getrandbits(96):024x}")


def _heard(rows: Rows, enterprise_id: int) -> list[Row]:
    """Return what the log says of the enterprise's bookings, as far as the program wants to know."""
    acts = {row["id"] for row in rows.of(Enrolment) if row["enterprise_id"] == enterprise_id}
    bookings = {row["id"] for row in rows.of(Booking) if row["enrolment_id"] in acts}
    own = [row for row in rows.of(Logged) if row["booking_id"] in bookings]
    return [row for row in own if EVENTS.get(row["what"]) in TOLD]


def _tell(rows: Rows, webhook_id: int, owner: int, logged: Row, fate: Row, id_: str) -> None:
    event = str(EVENTS[logged["what"]])
    at = logged["at"]
    body = {
        "id": id_,
        "type": event,
        "timestamp": at.isoformat(timespec="milliseconds"),
        "data": _said(rows, logged),
    }
    rows.add(
        Notice,
        key=f"{id_}:{webhook_id}:{Channel.WEBHOOK}",
        kind=event,
        person_id=owner,
        channel=Channel.WEBHOOK,
        facts=body,
        made_at=at,
        due_at=at,
        webhook_id=webhook_id,
        **fate,
    )


def _said(rows: Rows, logged: Row) -> Row:
    """Return what was said of a booking as it was then."""
    booking = rows.of(Booking)[logged["booking_id"] - 1]
    class_ = rows.of(TrainingClass)[booking["class_id"] - 1]
    course, person = rows.of(Course)[class_["course_id"] - 1], rows.of(Person)[booking["person_id"] - 1]
    states = {"booked": State.BOOKED, "queued": State.QUEUED}
    return {
        "booking": booking["id"],
        "class": class_["id"],
        "title": {"zh": course["title_zh"], "en": course["title_en"] or None},
        "starts_at": class_["starts_at"].isoformat(),
        "person": person["id"],
        "name": person["name"],
        "enterprise": rows.of(Enrolment)[booking["enrolment_id"] - 1]["enterprise_id"],
        "state": states.get(logged["what"], State.CANCELLED),
        "reason": "asked",
        "attended": None,
    }
