"""Many seats at once: 200 move up after a resize, 10,000 entries are drawn, a class of 500 is called off."""

import datetime as dt
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import event, func, select

from bench.town import MANAGERS, Town
from courses.booking import actions as booking
from courses.booking.model import Booking, Enrolment, State
from courses.catalogue.model import TrainingClass
from courses.ground import clock
from courses.ground.db import db, insert_many
from courses.ground.transaction import transaction
from courses.people.model import Person, Post, Role
from courses.people.queries import actor_of

QUEUED, ENTRIES, BOOKED = 200, 10_000, 500
MINUTES_ON = 300_000  # behind the classes of the other sections


def measure(town: Town, share: float = 1) -> dict[str, dict[str, float]]:
    """Return seconds and statements of each; `share`: of the numbers above, for a quick look."""
    queued, entries, booked = (max(int(count * share), 2) for count in (QUEUED, ENTRIES, BOOKED))
    with town.app.app_context():
        people = _people(town, entries)
        officer = actor_of(town.officer)
        assert officer is not None
        full = _a_class(town, 0, 1, [people[0]], people[1 : queued + 1])
        drawn = _a_class(town, 1, entries // 10 + 1, [], people[:entries], draw=True)
        doomed = _a_class(town, 2, booked, people[:booked], [])
        with clock.pretending(clock.now() + dt.timedelta(days=1)):
            return {
                f"promotion of {queued} queued after a resize": _timed(
                    lambda: booking.resize(officer, full, queued + 1), full, queued + 1
                ),
                f"draw of {entries} entries": _timed(lambda: booking.draw(drawn), drawn, entries // 10 + 1),
                f"calling off a class of {booked}": _timed(
                    lambda: booking.call_off(officer, doomed, "台风"), doomed, 0
                ),
            }


def _timed(act: Callable[[], Any], class_id: int, seats: int) -> dict[str, float]:
    """Do it; stop unless so many `seats` are taken then."""
    ran: list[str] = []
    listener = lambda *told: ran.append(told[2])  # noqa: E731
    event.listen(db.engine, "before_cursor_execute", listener)
    began = time.perf_counter()
    act()
    seconds = time.perf_counter() - began
    event.remove(db.engine, "before_cursor_execute", listener)
    taken = select(func.count()).where(Booking.class_id == class_id, Booking.state == State.BOOKED)
    if (found := db.session.scalar(taken)) != seats:
        raise SystemExit(f"{found} seats taken instead of {seats}.")
    return {"seconds": seconds, "statements": len(ran)}


def _people(town: Town, count: int) -> list[int]:
    """Return so many managers: those of the town, and more where they are too few."""
    more = range(town.first + MANAGERS, town.first + count)
    with transaction():
        insert_many(Person, [{"id": i, "name": f"管{i}", "email": f"s{i}@bench.example", "epoch": 1} for i in more])
        insert_many(Post, [{"person_id": i, "role": Role.MANAGER, "enterprise_id": 1 + i % 500} for i in more])
    return list(range(town.first, town.first + count))


def _a_class(town: Town, number: int, seats: int, sitting: list[int], waiting: list[int], draw: bool = False) -> int:
    """Return a class with these people, as if each had asked alone, in this order."""
    class_id = town.a_class(seats, MINUTES_ON + 30 * number)
    at = clock.now() - dt.timedelta(minutes=5)
    with transaction():
        first = (db.session.scalar(select(func.max(Enrolment.id))) or 0) + 1
        asked = [(id_, State.BOOKED) for id_ in sitting] + [(id_, State.QUEUED) for id_ in waiting]
        told = {"class_id": class_id, "seats": 1, "made_at": at, "enterprise_id": 1}
        insert_many(
            Enrolment,
            [{**told, "id": first + n, "order_no": n + 1, "made_by": id_} for n, (id_, _) in enumerate(asked)],
        )
        why = {"class_id": class_id, "reason": "asked", "changed_at": at, "sequence": 0}
        insert_many(
            Booking,
            [{**why, "enrolment_id": first + n, "person_id": id_, "state": s} for n, (id_, s) in enumerate(asked)],
        )
        row = db.session.get_one(TrainingClass, class_id)
        row.seats_taken, row.queued, row.last_order_no = len(sitting), len(waiting), len(asked)
        if draw:
            row.draw_at, row.draw_seed = clock.now() + dt.timedelta(hours=1), "5e" * 32
        if db.session.get_bind().dialect.name == "postgresql":
            db.session.execute(select(func.setval("enrolment_id_seq", first + len(asked))))
    return class_id
