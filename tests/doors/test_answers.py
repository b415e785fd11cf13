"""Answering by one tap from the mail, on the page of the class, and through the API."""

import re
from typing import Any

import pytest
import time_machine
from flask import Flask, current_app

from courses.accounts.actions.token import make_token
from courses.booking import actions as booking
from courses.booking.model import Consent
from courses.ground.db import db
from courses.outbox.answers import Asked, sign
from courses.outbox.render import render
from courses.people.model import Person
from courses.people.queries import city
from tests import makers
from tests.conftest import Client
from tests.makers import booking_of, events, states, told
from tests.people import COLLEAGUE, GAO, LU, OWNER, SHEN, STRANGER, Member
from tests.unit.test_moving import move


@pytest.fixture
def moved(app: Flask) -> int:
    class_id = makers.a_class(seats=1)
    makers.book(SHEN, class_id)
    makers.book(LU, class_id)
    move(class_id)
    return class_id


def the_mail(class_id: int) -> tuple[str, str]:
    """Return the addresses of yes and no in the latest mail that asked SHEN."""
    notice = [n for n in told("moved", SHEN.id) if n.class_id == class_id][-1]
    message = render(notice, db.session.get_one(Person, SHEN.id), city(), current_app.config["SETTINGS"])
    for said in (message.text, message.html.replace("&amp;", "&")):
        yes, no = re.findall(r"http://localhost(/answers/\S+?\?say=(?:yes|no))", said)[:2]
        assert yes.replace("=yes", "=no") == no
    return yes, no


def test_looking_changes_nothing_and_one_tap_does(client: Client, moved: int) -> None:
    _yes, no = the_mail(moved)
    client.as_(None)
    for _ in range(3):
        page = client.get(no)
        assert page.status_code == 200
        assert 'value="no" data-say' in page.text
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["Referrer-Policy"] == "no-referrer"
    assert states(moved) == {SHEN.id: "booked", LU.id: "queued"}
    answered = client.post(no.partition("?")[0], data={"answer": "no"}, follow_redirects=True)
    assert "data-say" not in answered.text
    assert "新时间不合适" in answered.text
    assert states(moved) == {SHEN.id: "cancelled", LU.id: "booked"}
    assert [event.door for event in events(moved, "time_does_not_suit")] == ["link"]


def test_what_was_chosen_is_marked_and_nothing_without(client: Client, moved: int) -> None:
    yes, _no = the_mail(moved)
    assert 'value="yes" data-say' in client.get(yes).text
    assert "data-say" not in client.get(yes.partition("?")[0]).text
    assert "data-say" not in client.get(yes.replace("=yes", "=maybe")).text


def test_twice_is_told_what_stands(client: Client, moved: int) -> None:
    yes, no = (address.partition("?")[0] for address in the_mail(moved))
    client.post(yes, data={"answer": "yes"})
    again = client.post(no, data={"answer": "no"}, follow_redirects=True)
    assert again.status_code == 200
    assert "新时间合适" in again.text
    assert booking_of(moved, SHEN).consent == Consent.YES
    assert states(moved)[SHEN.id] == "booked"


def test_an_older_mail_is_told_so(client: Client, moved: int) -> None:
    _yes, no = the_mail(moved)
    move(moved)
    page = client.get(no)
    assert "又调整了" in page.text
    assert "data-say" not in page.text
    client.post(no.partition("?")[0], data={"answer": "no"})
    assert states(moved)[SHEN.id] == "booked"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_end_is_told_in_both_languages(client: Client, moved: int, lang: str) -> None:
    yes, _no = the_mail(moved)
    address = f"{yes}&lang={lang}"
    with time_machine.travel(makers.the_class(moved).starts_at, tick=False):
        assert {"zh": "已经开始", "en": "has begun"}[lang] in client.get(address).text
    makers.cancel(moved, SHEN)
    assert {"zh": "已取消", "en": "is cancelled"}[lang] in client.get(address).text
    booking.call_off(makers.actor(GAO), moved, "台风")
    assert {"zh": "已取消开班", "en": "was called off"}[lang] in client.get(address).text
    assert client.post(yes.partition("?")[0], data={"answer": "yes"}).status_code == 303


def test_it_speaks_its_readers_language(client: Client, app: Flask) -> None:
    class_id = makers.a_class()
    makers.book(LU, class_id)
    move(class_id)
    asked = Asked("new_time", booking_of(class_id, LU).id, 2)
    token = sign(app.config["SETTINGS"].secret_keys, asked)
    assert "Does the new time suit you?" in client.as_(None).get(f"/answers/{token}").text


@pytest.mark.parametrize("token", ["x", "WyJuZXdfdGltZSIsMSwyXQ.aaaa.bbbb"])
def test_a_forged_address_is_not_there(client: Client, moved: int, token: str) -> None:
    assert client.get(f"/answers/{token}").status_code == 404
    assert client.post(f"/answers/{token}", data={"answer": "no"}).status_code == 404
    other_key = sign(("another key",), Asked("new_time", booking_of(moved, SHEN).id, 2))
    assert client.post(f"/answers/{other_key}", data={"answer": "no"}).status_code == 404
    assert states(moved)[SHEN.id] == "booked"


def test_an_answer_that_is_none_is_refused(client: Client, moved: int) -> None:
    yes, _no = the_mail(moved)
    for data in ({}, {"answer": "perhaps"}):
        assert client.post(yes.partition("?")[0], data=data).status_code == 422
        path = f"/bookings/{booking_of(moved, SHEN).id}/answer"
        assert client.as_(SHEN).post(path, data=data).status_code == 422


def test_nobody_answers_for_who_has_left(client: Client, moved: int) -> None:
    yes, _no = the_mail(moved)
    makers.leave(SHEN)
    assert client.get(yes).status_code == 404
    assert client.post(yes.partition("?")[0], data={"answer": "yes"}).status_code == 404


def test_the_page_of_the_class_asks_too(client: Client, moved: int) -> None:
    path = f"/bookings/{booking_of(moved, SHEN).id}/answer"
    assert path in client.as_(SHEN).get(f"/classes/{moved}").text
    for member, status in ((None, 302), (LU, 404), (COLLEAGUE, 404), (STRANGER, 404)):
        assert client.as_(member).post(path, data={"answer": "no"}).status_code == status
    assert states(moved)[SHEN.id] == "booked"
    assert client.as_(OWNER).post(path, data={"answer": "yes"}).status_code == 303
    page = client.as_(SHEN).get(f"/classes/{moved}").text
    assert path not in page
    assert client.post(path, data={"answer": "no"}).status_code == 409


def test_the_officer_reads_how_many_said_what(client: Client, moved: int) -> None:
    page = client.as_(GAO, "en").get(f"/classes/{moved}").text
    assert "0 said yes, 0 gave up their seat, 1 have not answered" in page


def test_a_program_answers_for_its_person(client: Client, moved: int) -> None:
    def answer(member: Member, body: dict[str, object]) -> Any:
        token = make_token(makers.actor(member), "test")
        path = f"/api/v1/bookings/{booking_of(moved, SHEN).id}/answer"
        return client.post(path, json=body, headers={"Authorization": f"Bearer {token}"})

    assert answer(STRANGER, {"yes": False}).status_code == 404
    assert answer(SHEN, {"yes": "perhaps"}).status_code == 422
    said = answer(SHEN, {"yes": True})
    assert (said.status_code, said.json["consent"]) == (200, "yes")
    again = answer(SHEN, {"yes": True})
    assert (again.status_code, again.json["code"]) == (409, "not_asked")
