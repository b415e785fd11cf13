"""Offers on their pages: planned in the form, said on the page of the class, answered there, by mail and by program."""

import re
from typing import Any

import pytest
import time_machine
from flask import Flask, current_app

from courses.accounts.actions.token import make_token
from courses.booking import actions as booking
from courses.catalogue.model import Promotion, TrainingClass
from courses.ground.db import db
from courses.outbox.render import render
from courses.people.model import Person
from courses.people.queries import city
from tests import makers
from tests.conftest import Client
from tests.doors.test_pages import fill
from tests.makers import booking_of, events, states, told
from tests.people import COLLEAGUE, GAO, LU, OWNER, SHEN, STRANGER, Member


@pytest.fixture
def offered(app: Flask) -> int:
    """A class whose one seat is offered to SHEN, and LU waits."""
    class_id = makers.a_class(seats=1, days=40, promotion=Promotion.OFFER)
    for member in (STRANGER, SHEN, LU):
        makers.book(member, class_id)
    makers.cancel(class_id, STRANGER)
    return class_id


def the_mail(class_id: int) -> tuple[str, str]:
    """Return the addresses of yes and no in the mail that offered SHEN a seat."""
    [notice] = [n for n in told("offered", SHEN.id) if n.class_id == class_id]
    message = render(notice, db.session.get_one(Person, SHEN.id), city(), current_app.config["SETTINGS"])
    assert message.calendar is None
    assert "我要这个名额" in message.text
    yes, no = re.findall(r"http://localhost(/answers/\S+?\?say=(?:yes|no))", message.text)[:2]
    return yes, no


def test_the_form_plans_offers(client: Client, app: Flask) -> None:
    client.as_(GAO).post("/courses/1/classes", data=fill(promotion="offer", offer_hours="4"))
    row = db.session.get_one(TrainingClass, 1)
    assert (row.promotion, row.offer_hours) == (Promotion.OFFER, 4)
    copied = client.get("/courses/1/classes/new?like=1").text
    assert re.search(r'value="offer"[^>]*checked|checked[^>]*value="offer"', copied)
    assert re.search(r'name="offer_hours"[^>]*value="4"', copied)


def test_without_a_word_a_seat_goes_directly(client: Client, app: Flask) -> None:
    client.as_(GAO).post("/courses/1/classes", data=fill())
    row = db.session.get_one(TrainingClass, 1)
    assert (row.promotion, row.offer_hours) == (Promotion.DIRECT, 8)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"offer_hours": "0"}, "offer_hours"), ({"offer_hours": "81"}, "offer_hours"), ({"promotion": "x"}, "promotion")],
)
def test_what_is_wrong_is_said_at_its_field(client: Client, app: Flask, wrong: dict[str, str], field: str) -> None:
    page = client.as_(GAO).post("/courses/1/classes", data=fill(**wrong))
    assert page.status_code == 422
    assert f'id="{field}-error"' in page.text


def test_the_page_and_the_ledger_say_the_rule(client: Client, offered: int) -> None:
    client.as_(None, "en")
    assert "who has 8 working hours to answer" in client.get(f"/classes/{offered}").text
    ledger = client.get(f"/classes/{offered}/seats").text
    assert "Declined or unanswered, it is offered to the one after." in ledger
    assert "offered, next in order" in ledger
    assert SHEN.name not in ledger


def test_the_page_asks_who_is_offered_a_seat(client: Client, offered: int) -> None:
    path = f"/bookings/{booking_of(offered, SHEN).id}/answer"
    assert path in client.as_(SHEN).get(f"/classes/{offered}").text
    assert f'href="/classes/{offered}"' in client.get("/desk").text
    assert path in client.as_(OWNER).get(f"/classes/{offered}").text
    for member, status in ((None, 302), (LU, 404), (COLLEAGUE, 404), (STRANGER, 404)):
        assert client.as_(member).post(path, data={"answer": "yes"}).status_code == status
    assert states(offered)[SHEN.id] == "offered"
    assert client.as_(SHEN).post(path, data={"answer": "yes"}, follow_redirects=True).status_code == 200
    assert states(offered)[SHEN.id] == "booked"
    assert client.post(path, data={"answer": "no"}).status_code == 409


def test_looking_takes_nothing_and_one_tap_does(client: Client, offered: int) -> None:
    yes, no = the_mail(offered)
    client.as_(None)
    for _ in range(3):
        page = client.get(no)
        assert page.status_code == 200
        assert 'value="no" data-say' in page.text
    assert states(offered)[SHEN.id] == "offered"
    answered = client.post(yes.partition("?")[0], data={"answer": "yes"}, follow_redirects=True)
    assert "您已接受名额" in answered.text
    assert states(offered)[SHEN.id] == "booked"
    assert [event.door for event in events(offered, "accepted")] == ["link"]
    again = client.post(no.partition("?")[0], data={"answer": "no"}, follow_redirects=True)
    assert "您已接受名额" in again.text


def test_a_no_by_mail_says_what_became_of_it(client: Client, offered: int) -> None:
    _yes, no = the_mail(offered)
    answered = client.as_(None).post(no.partition("?")[0], data={"answer": "no"}, follow_redirects=True)
    assert "您已谢绝名额" in answered.text
    assert states(offered) == {STRANGER.id: "cancelled", SHEN.id: "cancelled", LU.id: "offered"}


@pytest.mark.parametrize("lapsed", [True, False])
def test_too_late_is_told_plainly(client: Client, offered: int, lapsed: bool) -> None:
    yes, _no = the_mail(offered)
    due_at = booking_of(offered, SHEN).due_at
    assert due_at
    with time_machine.travel(due_at, tick=False):
        if lapsed:
            booking.lapse_due()
        page = client.as_(None).get(yes)
        assert "答复时限已过" in page.text
        assert "data-say" not in page.text
        assert client.post(yes.partition("?")[0], data={"answer": "yes"}).status_code == 303
    assert states(offered)[SHEN.id] == ("cancelled" if lapsed else "offered")


def test_the_story_tells_it_in_words(client: Client, offered: int) -> None:
    makers.booking.answer(makers.actor(SHEN), booking_of(offered, SHEN).id, False)
    page = client.as_(GAO, "en").get(f"/classes/{offered}/story").text
    for words in ("was offered a seat: next in order", "declined the seat that was offered"):
        assert words in page


def test_a_program_reads_and_answers(client: Client, offered: int) -> None:
    def call(method: str, path: str, member: Member, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {make_token(makers.actor(member), 'test')}"}
        return client.open(f"/api/v1{path}", method=method, json=body, headers=headers)

    about = call("GET", f"/classes/{offered}", SHEN).json
    assert (about["promotion"], about["offer_hours"]) == ("offer", 8)
    number = booking_of(offered, SHEN).id
    seen = call("GET", f"/bookings/{number}", SHEN).json
    assert seen["state"] == "offered"
    assert seen["due_at"]
    assert call("POST", f"/bookings/{number}/answer", STRANGER, {"yes": True}).status_code == 404
    due_at = booking_of(offered, SHEN).due_at
    assert due_at
    with time_machine.travel(due_at, tick=False):
        assert call("POST", f"/bookings/{number}/answer", SHEN, {"yes": True}).json["code"] == "offer_over"
    said = call("POST", f"/bookings/{number}/answer", SHEN, {"yes": True})
    assert (said.status_code, said.json["state"], said.json["due_at"]) == (200, "booked", None)
    lines = call("GET", f"/classes/{offered}/seats", SHEN).json["seats"]
    assert [(line["state"], line["why"]) for line in lines] == [("booked", "accepted"), ("queued", "asked")]


def test_a_program_plans_offers(client: Client, app: Flask) -> None:
    begins = makers.in_days(40)
    plan = {
        "course": 1,
        "room": 1,
        "capacity": 5,
        "sittings": [{"starts_at": begins.isoformat(), "ends_at": (begins + makers.HOUR).isoformat()}],
        "promotion": "offer",
        "offer_hours": 3,
    }
    headers = {"Authorization": f"Bearer {make_token(makers.actor(GAO), 'test')}"}
    made = client.post("/api/v1/classes", json=plan, headers=headers)
    assert made.status_code == 201
    row = db.session.get_one(TrainingClass, made.json["id"])
    assert (row.promotion, row.offer_hours) == (Promotion.OFFER, 3)
    wrong = client.post("/api/v1/classes", json=plan | {"offer_hours": 0}, headers=headers)
    assert wrong.status_code == 422
