"""What the processes of these tests do; each is called in a process of its own."""

import datetime as dt
import sys
import time
from typing import Any

from courses.booking import actions as booking
from courses.catalogue.actions import ClassPlan, publish
from courses.ground import clock
from courses.ground.idempotency import RequestKey
from courses.people.queries import actor_of
from courses.people.rights import Actor
from courses.roster import actions as roster
from courses.roster.model import Mark
from tests import processes

WINDOW_S = 0.05
CHECKED = (  # where an act has checked and not yet written
    ("courses.booking.actions.book", "_enrol"),
    ("courses.booking.actions.cancel", "log"),
    ("courses.booking.actions.promote", "candidates"),
    ("courses.booking.actions.change", "log"),
    ("courses.catalogue.actions", "set_sittings"),
    ("courses.roster.actions", "_attendances"),
)


def unlocked(act: Any, *args: Any) -> Any:
    """Do `act` with every lock switched off, and slowly between its checks and what it writes."""
    processes.switch_locks_off()
    for module, name in CHECKED:
        slow_down(sys.modules[module], name, WINDOW_S)
    return act(*args)


def slow_down(module: Any, name: str, seconds: float) -> None:
    real = getattr(module, name)

    def slowed(*args: Any, **kwargs: Any) -> Any:
        time.sleep(seconds)
        return real(*args, **kwargs)

    setattr(module, name, slowed)


def _actor(person_id: int) -> Actor:
    found = actor_of(person_id)
    assert found is not None
    return found


def book(person_id: int, class_id: int, *others: int, key: str | None = None) -> tuple[str, int | None]:
    """Book for oneself, or for `others`; return state and place, which a group has in common."""
    request_key = RequestKey(person_id, "test", key, b"") if key else None
    outcomes = booking.book(_actor(person_id), class_id, others or [person_id], request_key=request_key)
    [got] = {(str(o.state), o.place) for o in outcomes}
    return got


def book_with_key(person_id: int, class_id: int, key: str) -> tuple[str, int | None]:
    return book(person_id, class_id, key=key)


def cancel(person_id: int, booking_id: int) -> None:
    booking.cancel(_actor(person_id), booking_id)


def undo(person_id: int, booking_id: int) -> None:
    booking.undo_cancel(_actor(person_id), booking_id)


def resize(person_id: int, class_id: int, capacity: int) -> None:
    booking.resize(_actor(person_id), class_id, capacity)


def move(person_id: int, class_id: int, spans: list[tuple[dt.datetime, dt.datetime]], room_id: int) -> None:
    booking.move(_actor(person_id), class_id, spans, room_id)


def call_off(person_id: int, class_id: int) -> None:
    booking.call_off(_actor(person_id), class_id, "台风")


def publish_plan(person_id: int, plan: ClassPlan) -> int:
    return publish(_actor(person_id), plan)


def promote() -> int:
    return booking.promote_waiting()


def mark(person_id: int, class_id: int, sitting_id: int, booking_ids: list[int], as_: str, moment: dt.datetime) -> None:
    with clock.pretending(moment):
        roster.mark(_actor(person_id), class_id, sitting_id, booking_ids, Mark(as_))
