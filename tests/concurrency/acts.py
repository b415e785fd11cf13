"""What the processes of these tests do; each is called in a process of its own."""

import dataclasses
import datetime as dt
import itertools
import os
import signal
import sys
import time
from collections.abc import Sequence
from typing import Any

from flask import current_app
from sqlalchemy import event, select

from courses import schedule
from courses.booking import actions as booking
from courses.bulk import actions as bulk
from courses.catalogue.actions import ClassPlan, publish
from courses.ground import clock, pulse
from courses.ground.db import db
from courses.ground.idempotency import RequestKey
from courses.ground.transaction import transaction
from courses.outbox import actions as outbox
from courses.outbox.channels import mail
from courses.outbox.model import Notice
from courses.people.model import Person
from courses.people.queries import actor_of
from courses.people.rights import Actor
from courses.reminders import actions as reminders
from courses.roster import actions as roster
from courses.roster.model import Mark
from tests import processes

WINDOW_S = 0.05
CHECKED = (  # where an act has checked and not yet written
    ("courses.booking.actions.book", "_enrol"),
    ("courses.booking.actions.enrol", "_written"),
    ("courses.booking.actions.cancel", "log"),
    ("courses.booking.actions.change_class", "give_up"),
    ("courses.booking.actions.answer", "log"),
    ("courses.booking.actions.lapse", "withdraw"),
    ("courses.booking.actions.promote", "_pass_over"),
    ("courses.booking.actions.reorder", "_number"),
    ("courses.booking.actions.appeal", "_decided"),
    ("courses.booking.actions.promote", "tell"),
    ("courses.booking.actions.change", "log"),
    ("courses.booking.actions.draw", "_give_order"),
    ("courses.catalogue.actions", "set_sittings"),
    ("courses.booking.actions.name", "hand_over"),
    ("courses.booking.actions.name", "_give_name"),
    ("courses.booking.actions.merge", "_enter"),
    ("courses.roster.actions", "_attendances"),
)


def slowly(act: Any, *args: Any) -> Any:
    """Do `act` with a pause between its checks and what it writes, so that a lock that is missing is missed."""
    for module, name in CHECKED:
        _pause_before(sys.modules[module], name)
    return act(*args)


def unlocked(act: Any, *args: Any) -> Any:
    """Do `act` as slowly, with every lock switched off."""
    processes.switch_locks_off()
    return slowly(act, *args)


def _pause_before(module: Any, name: str) -> None:
    real = getattr(module, name)

    def paused(*args: Any, **kwargs: Any) -> Any:
        time.sleep(WINDOW_S)
        return real(*args, **kwargs)

    setattr(module, name, paused)


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


def enrol_list(person_id: int, list_id: int) -> None:
    bulk.enrol(_actor(person_id), list_id)


def cancel(person_id: int, booking_id: int) -> None:
    booking.cancel(_actor(person_id), booking_id)


def name(person_id: int, booking_id: int, who: int, seen: int | None = None) -> int:
    return booking.name(_actor(person_id), booking_id, who, seen=seen)


def merge(person_id: int, class_id: int, into_id: int) -> None:
    booking.merge(_actor(person_id), class_id, into_id)


def change_class(person_id: int, booking_id: int, class_id: int) -> str:
    return str(booking.change_class(_actor(person_id), booking_id, class_id).state)


def reorder(person_id: int, booking_id: int, place: int, seen: int | None = None) -> None:
    booking.reorder(_actor(person_id), booking_id, place, "更正", seen)


def decide(person_id: int, booking_id: int, upheld: bool) -> None:
    booking.decide(_actor(person_id), booking_id, upheld, "x")


def answer(person_id: int, booking_id: int, yes: bool, moment: dt.datetime | None = None) -> None:
    with clock.pretending(moment or clock.now()):
        booking.answer(_actor(person_id), booking_id, yes)


def lapse(moment: dt.datetime) -> int:
    with clock.pretending(moment):
        return booking.lapse_due()


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


def draw(class_id: int, moment: dt.datetime) -> int:
    with clock.pretending(moment):
        return booking.draw(class_id)


def book_at(person_id: int, class_id: int, moment: dt.datetime) -> tuple[str, int | None]:
    with clock.pretending(moment):
        return book(person_id, class_id)


def cancel_at(person_id: int, booking_id: int, moment: dt.datetime) -> None:
    with clock.pretending(moment):
        cancel(person_id, booking_id)


def promote() -> int:
    return booking.promote_waiting()


def mark(person_id: int, class_id: int, sitting_id: int, booking_ids: list[int], as_: str, moment: dt.datetime) -> None:
    with clock.pretending(moment):
        roster.mark(_actor(person_id), class_id, sitting_id, booking_ids, Mark(as_))


# Workers


def deliver(worker: str) -> int:
    return schedule.deliver(worker)


def deliver_careless(worker: str) -> int:
    """Deliver without locks, without heeding reservations, and without asking whether it is one's turn."""
    processes.switch_locks_off()
    real = outbox._write
    outbox.RESERVED_FOR = dt.timedelta(0)
    outbox._write = lambda statement: real(statement) or 1
    return schedule.deliver(worker)


def work(beat_s: float) -> None:
    """Run a worker whose every pause is about as long as one beat."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    quicken(beat_s)
    schedule.work(app)


def quicken(beat_s: float) -> None:
    pulse.BEAT_EVERY, pulse.DEAD_AFTER = dt.timedelta(seconds=beat_s), dt.timedelta(seconds=6 * beat_s)
    outbox.RESERVED_FOR = pulse.DEAD_AFTER
    schedule.JOBS = tuple(dataclasses.replace(job, every_s=beat_s) for job in schedule.JOBS)  # type: ignore[arg-type]


# Dying


def die_everywhere(act: Any, *args: Any) -> tuple[int, str | None]:
    """Do `act` again and again, killed one step later each time, until the records have changed or it was done.

    Return how many times it died and left everything as it was, and at which step it died when it had changed
    something; None when it did all of it. A step is a statement, a commit about to be made, a commit just made.
    """
    before = snapshot()
    for deaths in range(500):
        step = _die_at(deaths, act, *args)
        if step is None or snapshot() != before:
            return deaths, step
    raise AssertionError("no end")


def snapshot() -> dict[str, list[tuple[Any, ...]]]:
    """Return all that is written, of every table but the workers'."""
    db.session.rollback()
    tables = [table for table in db.metadata.sorted_tables if table.name != "worker"]
    return {table.name: sorted(map(tuple, db.session.execute(table.select())), key=repr) for table in tables}


def _die_at(number: int, act: Any, *args: Any) -> str | None:
    """Do `act` in a child that kills itself at its step `number`; return the step, or None if it came to the end."""
    db.session.remove()
    db.engine.dispose()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            _mortal(number, writing)
            act(*args)
            os._exit(0)
        except BaseException as error:
            os.write(writing, f"{type(error).__name__}: {error}".encode())
            os._exit(1)
    os.close(writing)
    with open(reading) as said:
        step = said.read()
    _, status = os.waitpid(child, 0)
    assert not os.WIFEXITED(status) or os.WEXITSTATUS(status) == 0, step
    return step if os.WIFSIGNALED(status) else None


def _mortal(number: int, writing: int) -> None:
    """Let this process be killed at its step `number`, which it names before."""
    steps = itertools.count()

    def step(name: str) -> None:
        if next(steps) == number:
            os.write(writing, name.encode())
            os.kill(os.getpid(), signal.SIGKILL)

    real = mail._send

    def send(*args: Any) -> None:
        step("before the mail")
        real(*args)
        step("after the mail")

    mail._send = send
    event.listen(db.engine, "before_cursor_execute", lambda c, cursor, statement, *rest: step(statement))
    event.listen(db.engine, "commit", lambda connection: step("before the commit"))
    event.listen(db.session, "after_commit", lambda session: step("after the commit"))


def deliver_dying(rounds: Sequence[tuple[int, int]]) -> list[tuple[int, str, list[str]]]:
    """Let a worker die one step later in each round, of two people's notices; then let another do the rest.

    Return, for each round in which it died, when, and what became of the notices.
    """
    found = []
    for number, people in enumerate(rounds):
        with transaction():
            for id_ in people:
                person = db.session.get_one(Person, id_)
                outbox.post(
                    "password_changed", outbox.Reader(id_, person.email), f"k:{id_}", {"at": clock.now().isoformat()}
                )
        step = _die_at(number, schedule.deliver, f"dying-{number}")
        with clock.pretending(clock.now() + pulse.DEAD_AFTER + dt.timedelta(minutes=1)):
            outbox.doubt_abandoned()
            schedule.deliver("other")
        states = db.session.scalars(select(Notice.state).where(Notice.person_id.in_(people)).order_by(Notice.id))
        found.append((number, step or "", [str(state) for state in states]))
        if step is None:
            return found
    raise AssertionError("too few rounds")


def remind(moment: dt.datetime) -> int:
    with clock.pretending(moment):
        return reminders.post_due()
