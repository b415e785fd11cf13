"""The log: one line per request, in JSON, and not one word about a person in it."""

import io
import json
import logging
import re
import urllib.parse
from typing import Any, cast

import pytest
from flask import Flask

from courses.accounts import actions as accounts
from courses.ground import logs
from tests import makers
from tests.people import CAST, GAO, LU, PASSWORD, SHEN
from tests.processes import eventually, serving

ADMINISTERED = "a-reset-token-nobody-may-see"


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


@pytest.mark.concurrency
@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_the_main_job_leaves_no_person_in_the_log(app: Flask) -> None:
    """Sign in, search, book, be refused, cancel, look at the roster, and go astray on the way."""
    class_id = makers.a_class(seats=1, days=5)
    token = accounts.token_for(SHEN.email)
    other = accounts.token_for(LU.email)
    mobile = "13805730001"
    environ = {
        "MODE": "production",
        "WEB_PROCESSES": "1",
        "BASE_URL": "http://127.0.0.1",
        "PYTHONUNBUFFERED": "1",
    }
    with serving(app, command=("-c", BOTH), **environ) as server:
        for person in (token, other, "wrong"):
            key = {"Authorization": f"Bearer {person}", "Content_Type": "application/json"}
            server.ask("/api/v1/me", **key)
            server.ask(f"/api/v1/classes/{class_id}/bookings", b"{}", **key)
            server.ask(f"/api/v1/classes/{class_id}/bookings", b"{}", **key)
            server.ask("/api/v1/bookings/1/cancellation", b"{}", **key)
        server.ask(f"/?q={urllib.parse.quote(SHEN.name)}&mail={SHEN.email}")
        server.ask(f"/people/new?q={SHEN.email}")
        server.ask("/resets", urllib.parse.urlencode({"login": SHEN.email}).encode())
        server.ask("/sign-in", urllib.parse.urlencode({"login": mobile, "password": PASSWORD}).encode())
        server.ask(f"/resets/{ADMINISTERED}")
        server.ask(f"/no/such/page/{SHEN.email}")
        answer = server.ask("/healthz", X_Request_Id="the-proxys-own-number")
        eventually(lambda: '"job"' in server.log.read_text())
    text = server.log.read_text()
    said = [line for line in lines(text) if line["event"] == "request"]
    assert len(said) >= 15
    for member in CAST:
        assert member.name not in text
        assert member.email not in text
    for secret in (token, other, PASSWORD, mobile, ADMINISTERED, urllib.parse.quote(SHEN.name), "q="):
        assert secret not in text
    booked = next(line for line in said if line["status"] == 201)
    assert booked["route"] == "/api/v1/classes/<id:class_id>/bookings"
    assert (booked["method"], booked["actor"]) == ("POST", SHEN.id)
    assert booked["ms"] > 0
    assert answer[2]["X-Request-Id"] in {line["request_id"] for line in said}
    assert answer[2]["X-Request-Id"] != "the-proxys-own-number"
    jobs = [line for line in lines(text) if line["event"] == "job"]
    assert {"job", "count", "ms"} <= jobs[0].keys()


BOTH = "from wsgi import app; from courses.server import serve; serve(app, with_worker=True)"


def test_a_request_carries_its_number(client) -> None:  # type: ignore[no-untyped-def]
    one, two = (client.get("/privacy").headers["X-Request-Id"] for _ in range(2))
    assert one != two
    assert re.fullmatch("[0-9a-f]{16}", one)


@pytest.fixture
def said(app: Flask):  # type: ignore[no-untyped-def]
    """What was logged, as a production process says it; the loggers are put back as they were."""
    root, ours = logging.getLogger(), logging.getLogger("courses")
    before = root.handlers[:], root.level, ours.level
    settings = app.config["SETTINGS"]
    root.handlers = []
    logs.install(type(settings)(**{**vars(settings), "mode": "production"}))
    said = io.StringIO()
    [handler] = (handler for handler in root.handlers if handler not in before[0])
    cast(Any, handler).setStream(said)
    yield lambda: lines(said.getvalue())
    root.handlers, root.level = before[0], before[1]
    ours.setLevel(before[2])


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_a_fault_says_where_it_came_from_and_not_what_it_held(app: Flask, client, said, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    def breaks(*_: object, **__: object) -> None:
        raise LookupError(f"no row for {SHEN.name}, {SHEN.email}")

    monkeypatch.setattr("courses.accounts.web.link.links.person_of", breaks)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    assert client.get(f"/resets/{ADMINISTERED}").status_code == 500
    app.config["PROPAGATE_EXCEPTIONS"] = None
    fault, request = said()
    assert (fault["event"], fault["exception"], fault["route"]) == ("fault", "LookupError", "/resets/<token>")
    assert any("link.py" in place for place in fault["where"])
    assert fault["request_id"] == request["request_id"]
    for secret in (SHEN.name, SHEN.email, ADMINISTERED):
        assert secret not in json.dumps([fault, request], ensure_ascii=False)


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_others_words_are_cleaned(app: Flask, said) -> None:  # type: ignore[no-untyped-def]
    logging.getLogger("elsewhere").warning("550 <%s> unknown, call +86 138 0573 0001", GAO.email)
    logging.getLogger("elsewhere").error("Error handling request /resets/abc.def?next=x /classes?q=%s", SHEN.name)
    mail, path = said()
    assert mail["event"] == "550 <[address]> unknown, call [number]"
    assert path["event"] == "Error handling request /resets/…?… /classes?…"
    assert mail["level"] == "warning"
    assert mail["at"].endswith("Z")


def test_nothing_that_is_no_person_is_taken_out() -> None:
    for words in ("job 20261122093059", "2026-11-22T09:30:59.123456Z", "host:12345:abcdef", "13800000000000000"):
        assert logs.redacted(words) == words
