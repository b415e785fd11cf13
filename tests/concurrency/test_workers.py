"""Several workers: any delivers, each notice once; one leads, and when it dies another does."""

import datetime as dt
import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from flask import Flask
from sqlalchemy import text

from courses.ground import clock, pulse
from courses.ground.db import db
from courses.ground.pulse import Worker
from courses.ground.refusal import Refusal
from courses.ground.transaction import transaction
from courses.outbox.actions import Reader, post_all, row_of
from courses.outbox.model import Fate
from tests import makers
from tests.concurrency import acts
from tests.mailserver import SLOW, MailServer, mail_server
from tests.makers import at, told
from tests.people import LU, SHEN, STRANGER
from tests.processes import Process, environ_of, eventually, running, together

pytestmark = pytest.mark.concurrency

BEAT_S = 0.2
DEAD_AFTER = dt.timedelta(seconds=6 * BEAT_S)


@pytest.fixture
def mails(app: Flask) -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@contextmanager
def workers(app: Flask, count: int, mails: MailServer | None = None) -> Iterator[list[Process]]:
    environ = {"SMTP_URL": mails.url} if mails else {}
    with ExitStack() as stack:
        yield [stack.enter_context(running(app, acts.work, BEAT_S, **environ)) for _ in range(count)]


def beating() -> list[Worker]:
    """Return the workers that have beaten just now."""
    db.session.rollback()
    since = clock.now() - DEAD_AFTER
    return [worker for worker in pulse.workers() if worker.beat_at > since]


def leaders() -> list[int]:
    """Return the process ids of those who lead."""
    return [int(worker.name.split(":")[1]) for worker in beating() if worker.leads]


def leader_of(count: int) -> int:
    """Return the process id of the one who leads, once `count` workers beat."""
    [pid] = eventually(lambda: len(beating()) == count and len(leading := leaders()) == 1 and leading)
    return int(pid)


def post(people: list[int]) -> None:
    facts = {"at": clock.now().isoformat()}
    with transaction():
        for id_ in people:
            reader = Reader(id_, f"p{id_}@test.example")
            post_all([row_of("password_changed", reader, f"password_changed:{id_}", facts)])


# Delivering


def delivered(app: Flask, mails: MailServer, act: object, notices: int, workers: int) -> list[int]:
    """Let `workers` deliver at once; return how often each notice arrived."""
    people = makers.strangers(notices)
    post(people)
    environ = environ_of(app, SMTP_URL=mails.url)
    processes = [Process(environ, act, f"worker-{number}") for number in range(workers)]  # type: ignore[arg-type]
    for process in processes:
        process.ready()
    for process in processes:
        process.go()
    outcomes = [process.outcome() for process in processes]
    assert all(outcome.is_done or outcome.refusal == "busy" for outcome in outcomes), outcomes
    got = mails.per_person()
    return [got[f"p{id_}@test.example"] for id_ in people]


@pytest.mark.parametrize("count", [2, pytest.param(4, marks=pytest.mark.proof)])
def test_300_notices_arrive_once_each(app: Flask, mails: MailServer, count: int) -> None:
    assert delivered(app, mails, acts.deliver, 300, count) == [1] * 300
    assert {(n.state, n.tries) for n in told()} == {(Fate.SENT, 1)}
    assert len(mails.callers) > 1  # they did share the work


def test_without_reservations_some_arrive_twice(app: Flask, mails: MailServer) -> None:
    for _ in range(10):
        if max(delivered(app, mails, acts.deliver_careless, 40, 2)) > 1:
            return
    pytest.fail("the reservations are not what keeps the promise")


# Leading


def test_one_leads_and_when_it_is_killed_another_does(app: Flask) -> None:
    with workers(app, 3) as processes:
        first = leader_of(3)
        os.kill(first, signal.SIGKILL)
        second = eventually(lambda: [pid for pid in leaders() if pid != first])
        assert len(second) == 1
        assert {p.pid for p in processes} >= {first, *second}
        eventually(lambda: leaders() == second)  # the dead one is no longer counted


def test_a_leader_that_ends_gives_way_at_once(app: Flask) -> None:
    with workers(app, 2) as processes:
        first = leader_of(2)
        [process] = [p for p in processes if p.pid == first]
        process.kill(signal.SIGTERM)
        assert process.wait(10) == 0
        eventually(lambda: leaders() and leaders() != [first])
        assert len(pulse.workers()) == 1  # it took its row along


def test_a_frozen_leader_turns_the_clock_red_and_doubles_nothing(
    app: Flask, mails: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulse, "DEAD_AFTER", DEAD_AFTER)
    with workers(app, 2, mails):
        leader = leader_of(2)
        eventually(lambda: app.test_client().get("/readyz").status_code == 200)
        freeze(leader)
        try:
            eventually(lambda: app.test_client().get("/readyz").status_code == 503)
            due_soon()
            eventually(lambda: [n for n in told("booked") if n.state == Fate.SENT])  # the other delivers all the same
            time.sleep(1 + 6 * BEAT_S)
            assert told("reminder") == []  # and leaves the leader's part alone, though it is due
        finally:
            os.kill(leader, signal.SIGCONT)
        eventually(lambda: app.test_client().get("/readyz").status_code == 200)
        eventually(lambda: [n for n in told("reminder") if n.state == Fate.SENT])
        leader_of(2)
    assert mails.per_person() == {SHEN.email: 2}  # booked and reminded


def freeze(pid: int) -> None:
    """Stop a process between two of its transactions: on SQLite one frozen inside would hold the only write lock."""
    for _ in range(100):
        os.kill(pid, signal.SIGSTOP)
        try:
            with transaction():
                return
        except Refusal:
            os.kill(pid, signal.SIGCONT)
            time.sleep(0.01)
    pytest.fail("it was always writing")


def due_soon() -> int:
    """Return a class in which SHEN sits and whose reminder is due in a moment."""
    begins = clock.now() + dt.timedelta(seconds=120 * 60 + 1)
    class_id = makers.a_class(sittings=[(begins, begins + makers.HOUR)], reminders=[120])
    makers.book(SHEN, class_id)
    return class_id


def test_two_workers_remind_once(app: Flask, mails: MailServer) -> None:
    with workers(app, 2, mails):
        due_soon()
        eventually(lambda: [n for n in told("reminder") if n.state == Fate.SENT])
        later = clock.now() + 3 * dt.timedelta(seconds=BEAT_S)  # each looks for what is due a few times more
        eventually(lambda: len([w for w in beating() if w.beat_at > later]) == 2)
    assert [n.kind for n in told()] == ["booked", "reminder"]
    assert mails.per_person() == {SHEN.email: 2}


def test_the_clock_seats_those_whose_clash_is_gone(app: Flask, mails: MailServer) -> None:
    full, other = makers.a_class(seats=1), makers.a_class(seats=1, room=1)
    makers.book(LU, full)
    makers.book(SHEN, full)
    makers.book(SHEN, other)
    makers.cancel(full, LU)
    makers.cancel(other, SHEN)
    assert makers.states(full)[SHEN.id] == "queued"
    with workers(app, 1, mails):
        eventually(lambda: makers.states(full)[SHEN.id] == "booked")
        eventually(lambda: [n for n in told("promoted", SHEN.id) if n.state == Fate.SENT])


# Ending


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_that_is_told_to_end_finishes_what_it_is_sending(
    app: Flask, mails: MailServer, ending: signal.Signals
) -> None:
    mails.answers["taken"] = SLOW
    people = makers.strangers(3)
    post(people)
    with workers(app, 1, mails) as [process]:
        eventually(lambda: mails.raw)
        process.kill(ending)
        assert process.wait(10) == 0
    assert [(n.state, n.claimed_by is None) for n in told()] == [
        (Fate.SENT, False),
        (Fate.WAITING, True),
        (Fate.WAITING, True),
    ]
    assert pulse.workers() == []
    del mails.answers["taken"]
    with workers(app, 1, mails):
        eventually(lambda: {n.state for n in told()} == {Fate.SENT})
    assert mails.per_person() == {f"p{id_}@test.example": 1 for id_ in people}


def test_what_a_killed_worker_was_sending_becomes_a_doubt_for_the_next(app: Flask, mails: MailServer) -> None:
    mails.answers["taken"] = SLOW
    people = makers.strangers(3)
    post(people)
    with workers(app, 1, mails) as [process]:
        eventually(lambda: mails.raw)
        process.kill()
        process.wait()
    mails.answers.clear()
    with workers(app, 1, mails):
        eventually(lambda: [n.state for n in told()] == [Fate.IN_DOUBT, Fate.SENT, Fate.SENT])
    assert mails.per_person() == {f"p{id_}@test.example": 1 for id_ in people}


# The zone


def test_a_worker_writes_in_the_time_of_its_city(app: Flask, mails: MailServer) -> None:
    with transaction():
        db.session.execute(text("UPDATE city SET zone = 'Asia/Urumqi'"))
    class_id = makers.a_class()  # at nine in Shanghai
    makers.book(STRANGER, class_id)
    with workers(app, 1, mails):
        eventually(lambda: mails.raw)
    body = mails.mails[0].get_body(("plain",))
    assert body is not None
    assert "07:00–09:30" in body.get_content()


def test_a_reminder_of_a_worker_counts_the_days_of_its_city(app: Flask, mails: MailServer) -> None:
    """Two sittings on one day in Shanghai are on two days in Honolulu; each day is reminded of."""
    with transaction():
        db.session.execute(text("UPDATE city SET zone = 'Pacific/Honolulu'"))
    base = clock.now().replace(microsecond=0) + dt.timedelta(days=3)
    midnight = base.replace(hour=10, minute=0, second=0)  # in Honolulu
    sittings = [(midnight + h * makers.HOUR, midnight + (h + 1) * makers.HOUR) for h in (-2, 1)]
    with at(midnight - dt.timedelta(days=20)):
        class_id = makers.a_class(sittings=sittings, reminders=[60 * 24 * 9])
        makers.book(SHEN, class_id)
    with workers(app, 1, mails):
        eventually(lambda: len(told("reminder")) == 2)


def test_together_is_what_it_says(app: Flask) -> None:
    """The processes of these tests are several, and none of them is this one."""
    pids = [outcome.answer for outcome in together(app, [(os.getpid,)] * 3)]
    assert len({*pids, os.getpid()}) == 4
