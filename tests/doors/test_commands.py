"""The command line: what a machine's keeper types."""

import datetime as dt

import pytest
import time_machine
from flask import Flask
from sqlalchemy import update

from courses.catalogue.model import TrainingClass
from courses.ground import clock
from courses.ground.db import db
from courses.ground.transaction import transaction
from courses.people.queries import person_by_login
from tests import makers
from tests.people import SHEN


def run(app: Flask, *words: str, **more: object) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(args=list(words), **more)  # type: ignore[arg-type]
    return result.exit_code, result.output


def test_a_token_opens_the_api(app: Flask, client) -> None:  # type: ignore[no-untyped-def]
    code, token = run(app, "token", SHEN.email)
    assert code == 0
    answer = client.get("/api/v1/me", headers={"Authorization": f"Bearer {token.strip()}"})
    assert answer.status_code == 200
    assert answer.json["name"] == SHEN.name


def test_a_token_goes_no_further_than_was_said(app: Flask, client) -> None:  # type: ignore[no-untyped-def]
    code, token = run(app, "token", SHEN.email, "--scope", "read", "--days", "3")
    assert code == 0
    headers = {"Authorization": f"Bearer {token.strip()}"}
    assert client.get("/api/v1/me", headers=headers).status_code == 200
    answer = client.post(f"/api/v1/classes/{makers.a_class()}/bookings", json={}, headers=headers)
    assert (answer.status_code, answer.json["code"]) == (403, "beyond_token")
    with time_machine.travel(clock.now() + dt.timedelta(days=4), tick=False):
        assert client.get("/api/v1/me", headers=headers).json["code"] == "token_expired"
    assert run(app, "token", SHEN.email, "--scope", "everything")[0] == 2
    assert run(app, "token", SHEN.email, "--days", "400")[0] == 2


@pytest.mark.parametrize("login", ["nobody@test.example", "not an address", ""])
def test_a_token_for_nobody_is_refused_in_a_sentence(app: Flask, login: str) -> None:
    code, words = run(app, "token", login)
    assert code == 1
    assert words.startswith("Error: ")
    assert "Traceback" not in words


def test_the_first_administrator_is_made(app: Flask) -> None:
    code, words = run(app, "user", "first@test.example", "--name", "金一", "--password", "a-long-enough-secret")
    assert (code, words) == (0, "first@test.example is an administrator.\n")
    assert person_by_login("first@test.example") is not None
    again, refusal = run(app, "user", "first@test.example", "--name", "金一", "--password", "a-long-enough-secret")
    assert again == 1
    assert "Traceback" not in refusal
    weak, _ = run(app, "user", "second@test.example", "--name", "金二", "--password", "12345678")
    assert weak == 1


def test_the_doctor_finds_what_contradicts_itself(app: Flask) -> None:
    class_id = makers.a_class(seats=3)
    makers.book(SHEN, class_id)
    assert run(app, "doctor", "--records") == (0, "All is well.\n")
    with transaction():
        db.session.execute(update(TrainingClass).values(seats_taken=2))
    code, words = run(app, "doctor")
    assert code == 1
    assert str(class_id) in words


def test_a_job_can_be_run_at_a_pretended_time(app: Flask) -> None:
    class_id = makers.a_class(days=10, reminders=[1440])
    makers.book(SHEN, class_id)
    day_before = clock.local(makers.the_class(class_id).starts_at - dt.timedelta(days=1))
    assert run(app, "tick", "reminders") == (0, "reminders: 0\n")
    assert run(app, "tick", "reminders", "--at", f"{day_before:%Y-%m-%d %H:%M:%S}") == (0, "reminders: 1\n")
    assert run(app, "tick", "reminders", "--at", f"{day_before:%Y-%m-%d %H:%M:%S}") == (0, "reminders: 0\n")
    assert len(makers.told("reminder", SHEN.id)) == 1


def test_an_unknown_job_is_named(app: Flask) -> None:
    code, words = run(app, "tick", "nothing")
    assert code == 2
    assert "reminders" in words
