"""The production server, `python wsgi.py`: its processes may be killed while people book."""

import json
import os
import random
import signal
import threading
import time
from collections import Counter
from http.client import HTTPConnection, HTTPException
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from courses.accounts.actions.sign_in import digest_of
from courses.accounts.model import Token
from courses.booking.model import Booking, Enrolment
from courses.desks.queries import faults
from courses.ground import clock, pulse
from courses.ground.db import db, insert_many
from courses.ground.transaction import transaction
from tests import makers
from tests.processes import Server, eventually, held_by_another, in_threads, is_running, serving

pytestmark = pytest.mark.concurrency

STARTED = "from wsgi import app; from courses.server import serve; serve(app"
# Whoever waits for a lock here waits as long as the test needs.
PATIENT = ("-c", f"from courses.ground import db; db.LOCK_WAIT_MS = 60_000; {STARTED})")


def tokens(people: list[int]) -> dict[int, str]:
    """Give each person a token for the API."""
    at = clock.now()
    made = {id_: f"token-of-{id_}" for id_ in people}
    with transaction():
        insert_many(
            Token,
            [
                {
                    "person_id": id_,
                    "digest": digest_of(secret),
                    "tail": secret[-4:],
                    "label": "test",
                    "made_at": at,
                    "expires_at": at.replace(year=at.year + 1),
                }
                for id_, secret in made.items()
            ],
        )
    return made


class Caller:
    """People who book by the API and, when the line breaks, send the same request again with the same key."""

    def __init__(self, server: Server, class_id: int, people: list[int]) -> None:
        self._server, self._path = server, f"/api/v1/classes/{class_id}/bookings"
        self._tokens = tokens(people)
        self.broken = 0

    def book(self, person_id: int) -> dict[str, Any]:
        headers = {
            "Authorization": f"Bearer {self._tokens[person_id]}",
            "Content_Type": "application/json",
            "Idempotency_Key": f"once-{person_id}",
        }
        for _ in range(50):
            try:
                status, body, _ = self._server.ask(self._path, b"{}", **headers)
            except (OSError, HTTPException):  # also one that broke off within the answer
                self.broken += 1
                time.sleep(0.05)
                continue
            if status == 503:
                time.sleep(0.2)
                continue
            assert status == 201, (status, body)
            [got] = json.loads(body)["bookings"]
            return dict(got)
        raise AssertionError("no answer in 50 tries")


def test_killed_processes_lose_no_booking_and_make_none_twice(app: Flask) -> None:
    class_id, people = makers.a_class(seats=7), makers.strangers(60)
    done = threading.Event()
    killed: list[int] = []

    with serving(app, WEB_PROCESSES="2") as server:
        caller = Caller(server, class_id, people)
        children = eventually(lambda: len(server.children()) == 2 and server.children())

        def kill_now_and_then() -> None:
            choose = random.Random(3)
            while not done.wait(0.2 if killed else 0.05):
                alive = server.children()
                if alive:
                    killed.append(choose.choice(alive))
                    os.kill(killed[-1], signal.SIGKILL)

        killer = threading.Thread(target=kill_now_and_then)
        killer.start()
        try:
            got = in_threads(caller.book, people)
        finally:
            done.set()
            killer.join()
        assert set(killed) & set(children)
        assert caller.broken
        eventually(lambda: len(server.children()) == 2 and server.answers("/"))  # and it goes on

    assert [one["person"] for one in got] == people
    assert Counter(one["state"] for one in got) == {"booked": 7, "queued": 53}
    assert sorted(one["place"] for one in got if one["place"]) == list(range(1, 54))
    db.session.rollback()
    assert Counter(db.session.scalars(select(Booking.person_id))) == dict.fromkeys(people, 1)
    assert sorted(db.session.scalars(select(Enrolment.order_no))) == list(range(1, 61))
    assert Counter(n.person_id for n in makers.told()) == dict.fromkeys(people, 1)
    row = makers.the_class(class_id)
    assert (row.seats_taken, row.queued) == (7, 53)
    assert faults() == []


def test_the_server_ends_when_it_is_told_to(app: Flask) -> None:
    with serving(app) as server:
        eventually(lambda: len(server.children()) == 2)
        children = server.children()
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(20) == 0
        assert not [child for child in children if is_running(child)]


def test_a_request_that_is_being_answered_is_answered_to_its_end(app: Flask) -> None:
    class_id, [person_id] = makers.a_class(), makers.strangers(1)
    with serving(app, PATIENT) as server:
        caller = Caller(server, class_id, [person_id])
        answers: list[dict[str, Any]] = []
        asking = threading.Thread(target=lambda: answers.append(caller.book(person_id)))
        with held_by_another(app, class_id):
            asking.start()
            time.sleep(0.5)  # it waits for the lock now
            server.process.send_signal(signal.SIGTERM)
            time.sleep(0.3)
        asking.join()
        assert server.process.wait(15) == 0
    assert [one["state"] for one in answers] == ["booked"]
    assert caller.broken == 0
    assert makers.the_class(class_id).seats_taken == 1


def test_nobody_waits_for_a_process_that_is_held_while_another_is_free(app: Flask) -> None:
    class_id, [person_id] = makers.a_class(), makers.strangers(1)
    with serving(app, PATIENT, WEB_PROCESSES="2", WEB_THREADS="1") as server:
        eventually(lambda: len(server.children()) == 2)
        caller = Caller(server, class_id, [person_id])
        answered: list[int] = []

        def look(number: int) -> None:
            assert server.answers()
            answered.append(number)

        asking = threading.Thread(target=caller.book, args=[person_id])
        looking = threading.Thread(target=in_threads, args=[look, range(30)], kwargs={"at_once": 30})
        with held_by_another(app, class_id):
            asking.start()
            time.sleep(0.3)  # it waits for the lock now
            looking.start()
            eventually(lambda: len(answered) >= 29)  # the held process had taken in one more
        looking.join()
        asking.join()
    assert len(answered) == 30


def test_a_connection_is_kept_unless_someone_waits_meanwhile(app: Flask) -> None:
    def heard(times: int) -> list[str]:
        line = HTTPConnection("127.0.0.1", server.port, timeout=20)
        said = []
        for _ in range(times):
            line.request("GET", "/healthz")  # connects again where it was let go
            answer = line.getresponse()
            answer.read()
            said.append(answer.getheader("Connection", ""))
        line.close()
        return said

    with serving(app, WEB_PROCESSES="1", WEB_THREADS="1") as server:
        # an answer is read before the server has noted its end: the one before may count for a moment
        eventually(lambda: heard(3) == ["keep-alive"] * 3)
        crowd = [word for said in in_threads(heard, [5] * 30, at_once=30) for word in said]
        assert len(crowd) == 150
        assert crowd.count("close") > 75
        eventually(lambda: heard(3) == ["keep-alive"] * 3)  # once all of them have gone


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_server_and_worker_that_began_together_end_together(app: Flask, ending: signal.Signals) -> None:
    """As `make run` starts them, and ctrl-C ends them."""
    with serving(app, ("-c", f"{STARTED}, with_worker=True)")) as server:
        pid = eventually(worker_pid)
        eventually(lambda: server.answers("/readyz"))
        server.process.send_signal(ending)
        assert server.process.wait(20) == 0
    db.session.rollback()
    assert pulse.workers() == []
    assert not is_running(pid)


def worker_pid() -> int | None:
    db.session.rollback()
    return next((int(worker.name.split(":")[1]) for worker in pulse.workers()), None)
