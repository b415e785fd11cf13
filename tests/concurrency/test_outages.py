"""A database that is busy or gone: a polite answer soon, nothing changed, and recovery by itself."""

import json
import time
from collections.abc import Callable

import pytest
from flask import Flask

from courses.accounts.actions.token import make_token
from courses.desks.queries import faults
from courses.ground import clock, pulse
from courses.ground.db import LOCK_WAIT_MS, db
from courses.ground.pulse import Worker
from courses.outbox.model import Fate
from tests import makers
from tests.concurrency import acts
from tests.conftest import Client
from tests.mailserver import mail_server
from tests.makers import actor, refused, states, told
from tests.people import ADMINISTRATOR, LU, SHEN
from tests.processes import Server, database_gone, eventually, held_by_another, running, serving

pytestmark = pytest.mark.concurrency


def bearer(member: object) -> dict[str, str]:
    return {"Authorization": f"Bearer {make_token(actor(member), 'test')}"}  # type: ignore[arg-type]


def test_who_waits_too_long_for_a_lock_is_told_to_try_again(app: Flask, client: Client) -> None:
    class_id = makers.a_class()
    who, token = actor(SHEN), bearer(SHEN)
    with held_by_another(app, class_id):
        began = time.monotonic()
        with refused("busy"):
            makers.booking.book(who, class_id, [SHEN.id])
        assert LOCK_WAIT_MS / 1000 - 0.1 < time.monotonic() - began < LOCK_WAIT_MS / 1000 * 5
        page = client.as_(SHEN).post(f"/classes/{class_id}/bookings")
        answer = client.post(f"/api/v1/classes/{class_id}/bookings", json={}, headers=token)
        assert client.get(f"/classes/{class_id}").status_code == 200  # readers do not wait
    assert (page.status_code, page.headers["Retry-After"]) == (503, "2")
    assert "系统正忙" in page.text
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert (answer.content_type, answer.get_json()["code"]) == ("application/problem+json", "busy")
    assert states(class_id) == {}
    assert told() == []
    assert client.post(f"/classes/{class_id}/bookings").status_code == 303
    assert states(class_id) == {SHEN.id: "booked"}


def test_while_the_database_is_gone_every_door_says_so_and_then_recovers(app: Flask, client: Client) -> None:
    class_id, other = makers.a_class(), makers.a_class(room=1, days=12)
    token = bearer(LU)
    client.as_(SHEN)
    assert client.post(f"/classes/{class_id}/bookings").status_code == 303
    asked: dict[str, Callable[[], object]] = {
        "a page": lambda: client.get("/"),
        "a class": lambda: client.get(f"/classes/{other}"),
        "the desk": lambda: client.get("/desk"),
        "booking": lambda: client.post(f"/classes/{other}/bookings"),
        "signing in": lambda: client.post("/sign-in", data={"login": SHEN.email, "password": "x" * 12}),
        "the API": lambda: client.get(f"/api/v1/classes/{other}"),
        "booking by API": lambda: client.post(f"/api/v1/classes/{other}/bookings", json={}, headers=token),
        "readiness": lambda: client.get("/readyz"),
    }
    with database_gone(app):
        for _ in range(2):
            answers = {name: ask() for name, ask in asked.items()}
            assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(asked, 503)  # type: ignore[attr-defined]
            assert all("Retry-After" in answer.headers for answer in answers.values())  # type: ignore[attr-defined]
        assert app.test_client().get("/healthz").status_code == 200  # the process lives
    eventually(lambda: client.get("/").status_code == 200)
    eventually(lambda: client.get("/desk").status_code == 200)
    assert client.post(f"/classes/{other}/bookings").status_code == 303
    assert (states(class_id), states(other)) == ({SHEN.id: "booked"}, {SHEN.id: "booked"})
    assert faults() == []


def test_the_error_page_asks_the_database_nothing(app: Flask, client: Client) -> None:
    """In both languages at once, since the reader's is not known now."""
    with database_gone(app):
        page = client.as_(SHEN).get("/").text
    assert "系统正忙" in page
    assert "Busy right now" in page


@pytest.mark.postgres
@pytest.mark.parametrize("app", ["postgres"], indirect=True)
def test_a_worker_outlives_its_database(app: Flask) -> None:
    class_id = makers.a_class()
    with mail_server() as mails, running(app, acts.work, 0.2, SMTP_URL=mails.url) as worker:
        eventually(lambda: leads(app))
        with database_gone(app):
            time.sleep(1)
        db.session.remove()
        db.engine.dispose()  # of this process, which is no part of what is tried
        makers.book(SHEN, class_id)
        eventually(lambda: [n.state for n in told()] == [Fate.SENT])
        since = clock.now()
        eventually(lambda: leads(app, since))
        assert worker.wait(0) is None
    assert mails.per_person() == {SHEN.email: 1}


def leads(app: Flask, since: object = None) -> list[Worker]:
    db.session.rollback()
    return [w for w in pulse.workers() if w.leads and (since is None or w.beat_at > since)]


@pytest.mark.postgres
@pytest.mark.parametrize("app", ["postgres"], indirect=True)
def test_the_server_outlives_its_database(app: Flask) -> None:
    class_id, token = makers.a_class(), bearer(SHEN)
    with serving(app) as server:
        warm(server, 16)
        with database_gone(app):
            for path in ("/", f"/classes/{class_id}", "/api/v1/classes"):
                status, body, headers = server.ask(path)
                assert (status, headers.get("Retry-After")) == (503, "2"), body
        eventually(lambda: all(server.answers("/") for _ in range(16)), 10)
        status, body, _ = server.ask(
            f"/api/v1/classes/{class_id}/bookings", b"{}", Content_Type="application/json", **token
        )
        assert (status, json.loads(body)["bookings"][0]["state"]) == (201, "booked")


def warm(server: Server, times: int) -> None:
    """Let every process and thread open its connection."""
    for _ in range(times):
        assert server.answers("/")


def test_the_installation_page_can_be_read_while_mail_is_stuck(app: Flask, client: Client) -> None:
    makers.book(SHEN, makers.a_class())
    with mail_server(mail="451 4.3.0 Later") as mails, running(app, acts.work, 0.2, SMTP_URL=mails.url):
        eventually(lambda: [n.tries for n in told()] == [1])
        assert client.as_(ADMINISTRATOR).get("/desk").status_code == 200
