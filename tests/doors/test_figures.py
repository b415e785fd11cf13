"""The figures: closed by default, true, the same whichever process is asked, and silent about persons."""

import dataclasses
import datetime as dt
import re

import pytest
from flask import Flask

import config
from courses.app import create_app
from courses.ground import clock, metrics, pulse
from courses.ground.db import db
from courses.ground.transaction import transaction
from courses.outbox.model import Channel, Fate
from courses.running import backup, figures
from tests import makers
from tests.people import LU, SHEN, STRANGER
from tests.processes import database_gone, eventually, serving

TOKEN = "a-key-for-the-figures"


def figure(text: str, name: str) -> float:
    """Return the value of one line of the figures; 0 if it is not there."""
    found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.M)
    return float(found[1]) if found else 0.0


def seen(name: str) -> float:
    return figure(figures.exposition().decode(), name)


@pytest.fixture
def keyed(app: Flask):  # type: ignore[no-untyped-def]
    """The application with METRICS_TOKEN set."""
    before = app.config["SETTINGS"]
    app.config["SETTINGS"] = dataclasses.replace(before, metrics_token=TOKEN)
    yield app
    app.config["SETTINGS"] = before


def test_without_the_setting_there_is_nothing(client) -> None:  # type: ignore[no-untyped-def]
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer None"}).status_code == 404


@pytest.mark.parametrize("sent", [None, "Bearer ", "Bearer wrong", f"Basic {TOKEN}", TOKEN])
def test_only_the_token_opens(keyed: Flask, client, sent: str | None) -> None:  # type: ignore[no-untyped-def]
    headers = {"Authorization": sent} if sent else {}
    assert client.get("/metrics", headers=headers).status_code == 401
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert "courses_database_up 1.0" in answer.text


def test_requests_are_counted_by_page_and_by_how_they_ended(app: Flask, client) -> None:  # type: ignore[no-untyped-def]
    ok = 'courses_requests_total{endpoint="catalogue.shelves",method="GET",status="2xx"}'
    lost = 'courses_requests_total{endpoint="none",method="GET",status="4xx"}'
    took = 'courses_request_seconds_count{endpoint="catalogue.shelves"}'
    before = [seen(name) for name in (ok, lost, took)]
    client.get("/")
    client.get("/there/is/nothing")
    client.open("/", method="INVENTED")
    assert [seen(name) for name in (ok, lost, took)] == [before[0] + 1, before[1] + 1, before[2] + 1]
    assert "INVENTED" not in figures.exposition().decode()


def test_seats_are_counted_by_what_became_of_them(app: Flask) -> None:
    names = [f'courses_seats_total{{outcome="{outcome}"}}' for outcome in ("booked", "queued", "refused")]
    before = [seen(name) for name in names]
    class_id = makers.a_class(seats=1)
    makers.book(SHEN, class_id)
    makers.book(LU, class_id)
    with makers.refused("already_booked"):
        makers.book(LU, class_id)
    assert [seen(name) - was for name, was in zip(names, before, strict=True)] == [1, 1, 1]


def test_the_outbox_says_what_waits_and_since_when(app: Flask) -> None:
    class_id = makers.a_class()
    for member in (SHEN, LU, STRANGER):
        makers.book(member, class_id)
    with transaction():
        one, two, _ = makers.told()
        one.state, two.state = Fate.FAILED, Fate.IN_DOUBT
        db.session.add_all([one, two])
    with makers.at(clock.now() + dt.timedelta(minutes=5)):
        assert 299 <= seen("courses_oldest_notice_seconds") <= 310
    states = {
        state: seen(f'courses_notices{{state="{state}"}}') for state in ("waiting", "failed", "in_doubt", "sending")
    }
    assert states == {"waiting": 1, "failed": 1, "in_doubt": 1, "sending": 0}
    with transaction():
        one = makers.told()[0]
        one.channel = Channel.WEBHOOK  # what a person's own program does not take wakes nobody
        db.session.add(one)
    assert seen('courses_notices{state="failed"}') == 0


def test_the_clock_says_who_leads_and_when_it_last_beat(app: Flask) -> None:
    assert (seen("courses_workers"), seen("courses_leaders")) == (0, 0)
    pulse.beat("one", leads=True)
    pulse.beat("two", leads=False)
    assert (seen("courses_workers"), seen("courses_leaders")) == (2, 1)
    with makers.at(clock.now() + dt.timedelta(minutes=2)):
        assert (seen("courses_workers"), seen("courses_leaders")) == (0, 0)
        assert 119 <= seen("courses_heartbeat_age_seconds") <= 130


def test_the_age_of_the_last_backup_is_known(app: Flask, tmp_path) -> None:  # type: ignore[no-untyped-def]
    backup.back_up(tmp_path / "file")
    with makers.at(clock.now() + dt.timedelta(days=2)):
        assert seen("courses_backup_age_seconds") >= 2 * 86400 - 60


def test_a_database_that_is_gone_is_a_figure(app: Flask) -> None:
    with database_gone(app):
        text = figures.exposition().decode()
    assert figure(text, "courses_database_up") == 0
    assert "courses_requests" in text


@pytest.mark.concurrency
def test_whichever_process_is_asked_answers_for_all(app: Flask) -> None:
    with serving(app, WEB_PROCESSES="2", METRICS_TOKEN=TOKEN) as server:
        eventually(lambda: len(server.children()) == 2)
        for _ in range(20):
            assert server.ask("/privacy")[0] == 200
        key = {"Authorization": f"Bearer {TOKEN}"}
        name = 'courses_requests_total{endpoint="privacy.privacy",method="GET",status="2xx"}'
        assert {figure(server.ask("/metrics", **key)[1].decode(), name) for _ in range(8)} == {20}


def test_a_key_that_could_be_guessed_stops_the_start() -> None:
    with pytest.raises(config.SettingError, match="METRICS_TOKEN"):
        config.read({"MODE": "development", "METRICS_TOKEN": "short"})


def test_two_applications_in_one_process_count_together(app: Flask) -> None:
    """Making another application, as the tests do, is no error of a name that is taken."""
    create_app(app.config["SETTINGS"])
    metrics.count_seats("booked")
