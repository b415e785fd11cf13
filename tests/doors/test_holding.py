"""Held seats through their doors: the class's page, the page that asks who comes, and the API."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from courses import api
from courses.accounts.actions.token import make_token
from courses.booking import actions as booking
from courses.ground.db import db
from courses.ground.transaction import transaction
from courses.people.model import Post
from tests import makers
from tests.conftest import Client
from tests.doors.test_pages import counted as statements
from tests.makers import actor, states, told
from tests.people import CHEN, COLLEAGUE, GAO, INSPECTOR, LU, OWNER, SHEN, STRANGER, Member


@pytest.fixture
def class_id(app: Flask) -> int:
    return makers.a_class(seats=3)


@pytest.fixture
def held(class_id: int) -> int:
    return booking.hold(actor(OWNER), class_id, 1)[0].id


def call(client: Client, method: str, path: str, by: Member, body: Any = None) -> Any:
    token = {"Authorization": f"Bearer {make_token(actor(by), 'test')}"}
    return client.open(api.BASE + path, method=method, json=body, headers=token)


def test_an_owner_holds_seats_on_the_page_and_names_one(client: Client, class_id: int) -> None:
    client.as_(OWNER)
    assert "先预留名额" in client.get(f"/classes/{class_id}").text
    page = client.post(f"/classes/{class_id}/holds", data={"seats": "2", "seen": "1"}, follow_redirects=True)
    assert "已预留2个名额" in page.text
    assert page.text.count("填写人员</a>") == 2
    [first, _] = [notice.booking_id for notice in told("held")] + [None]
    asked = client.get(f"/bookings/{first}/person")
    assert SHEN.name in asked.text
    page = client.post(f"/bookings/{first}/person", data={"person": SHEN.id}, follow_redirects=True)
    assert "已填写沈月" in page.text
    assert states(class_id)[SHEN.id] == "booked"


def test_someone_new_is_named_on_the_page(client: Client, class_id: int, held: int) -> None:
    client.as_(OWNER)
    path = f"/bookings/{held}/person/new"
    assert client.post(path, data={"name": "钱晨"}).status_code == 422
    taken = client.post(path, data={"name": "钱晨", "email": LU.email})
    assert taken.status_code == 409
    assert 'href="#email"' in taken.text
    assert client.post(path, data={"name": "钱晨", "email": "qian@test.example"}).status_code == 303
    assert [n.kind for n in told() if n.person_id > 14] == ["invitation", "booked"]


@pytest.mark.parametrize("seats", ["", "0", "x", "1001", "2.5"])
def test_a_number_that_is_none_is_refused_in_words(client: Client, class_id: int, seats: str) -> None:
    page = client.as_(OWNER).post(f"/classes/{class_id}/holds", data={"seats": seats})
    assert page.status_code == 422
    assert "1到3之间" in page.text


def test_a_refusal_stands_at_the_field(client: Client, class_id: int, held: int) -> None:
    makers.book(COLLEAGUE, class_id)
    assert COLLEAGUE.name not in client.as_(OWNER).get(f"/bookings/{held}/person").text
    elsewhere = makers.a_class(room=2)
    makers.book(SHEN, elsewhere)
    page = client.post(f"/bookings/{held}/person", data={"person": SHEN.id})
    assert page.status_code == 409
    assert "person-error" in page.text
    assert client.post(f"/bookings/{held}/person", data={"person": LU.id}).status_code == 422
    assert client.post(f"/bookings/{held}/person").status_code == 422


def test_a_refusal_of_who_is_on_standby_stands_at_the_field(client: Client, class_id: int, held: int) -> None:
    makers.a_rule_about_staying_away()
    makers.stayed_away(SHEN, 20, 10)
    page = client.as_(OWNER, lang="en").post(f"/bookings/{held}/person", data={"person": SHEN.id})
    assert page.status_code == 409
    assert "person-error" in page.text
    assert "Name another colleague." in page.text
    by_program = call(client, "PUT", f"/bookings/{held}/person", OWNER, {"person": SHEN.id})
    assert (by_program.status_code, by_program.json["code"]) == (409, "on_standby")
    assert call(client, "PUT", f"/bookings/{held}/person", OWNER, {"person": COLLEAGUE.id}).status_code == 200


def test_a_held_seat_is_given_back_on_the_page(client: Client, class_id: int, held: int) -> None:
    assert client.as_(OWNER).post(f"/bookings/{held}/cancellation").status_code == 303
    assert makers.the_class(class_id).seats_taken == 0


def test_a_colleague_is_sent_instead_on_the_page(client: Client, class_id: int) -> None:
    makers.book(SHEN, class_id)
    number = makers.booking_id(class_id, SHEN.id)
    assert f"/bookings/{number}/person" in client.as_(OWNER).get(f"/classes/{class_id}").text
    assert client.post(f"/bookings/{number}/person", data={"person": COLLEAGUE.id}).status_code == 303
    assert states(class_id) == {SHEN.id: "cancelled", COLLEAGUE.id: "booked"}


def test_a_name_given_meanwhile_is_not_replaced_on_the_page(client: Client, class_id: int, held: int) -> None:
    path = f"/bookings/{held}/person"
    assert 'name="seen" type="hidden" value="0"' in client.as_(OWNER, lang="en").get(path).text
    booking.name(actor(OWNER), held, SHEN.id)  # a deputy, meanwhile
    page = client.post(path, data={"person": COLLEAGUE.id, "seen": "0"})
    assert page.status_code == 409
    assert f"{SHEN.name} was named for this place meanwhile." in page.text
    new = {"name": "钱晨", "email": "qian@test.example", "seen": "0"}
    assert client.post(f"{path}/new", data=new).status_code == 409
    assert states(class_id) == {SHEN.id: "booked"}
    assert told("invitation") == []
    assert page.text.count(f'name="seen" type="hidden" value="{SHEN.id}"') == 2  # so that it is to what stands now
    assert client.post(path, data={"person": COLLEAGUE.id, "seen": str(SHEN.id)}).status_code == 303
    assert states(class_id) == {SHEN.id: "cancelled", COLLEAGUE.id: "booked"}


def test_only_who_may_invite_is_offered_someone_new(client: Client, held: int) -> None:
    path = f"/bookings/{held}/person"
    with transaction():
        db.session.scalars(select(Post).where(Post.person_id == SHEN.id)).one().is_deputy = True
    assert f"{path}/new" in client.as_(OWNER).get(path).text
    page = client.as_(SHEN).get(path)
    assert (page.status_code, f"{path}/new" in page.text) == (200, False)


def test_a_program_says_whom_it_saw(client: Client, held: int) -> None:
    path = f"/bookings/{held}/person"
    assert call(client, "PUT", path, OWNER, {"person": SHEN.id, "seen": 0}).json["person"] == SHEN.id
    late = call(client, "PUT", path, OWNER, {"person": COLLEAGUE.id, "seen": 0})
    assert (late.status_code, late.json["code"]) == (409, "already_named")
    assert call(client, "PUT", path, OWNER, {"person": COLLEAGUE.id, "seen": "x"}).status_code == 422
    assert call(client, "PUT", path, OWNER, {"person": COLLEAGUE.id, "seen": SHEN.id}).json["person"] == COLLEAGUE.id


@pytest.mark.parametrize("member", [SHEN, LU, STRANGER, GAO, CHEN, INSPECTOR, None])
def test_others_neither_hold_nor_name(client: Client, class_id: int, held: int, member: Member | None) -> None:
    client.as_(member)
    refused = (302, 403, 404)
    assert client.get(f"/bookings/{held}/person").status_code in refused
    assert client.post(f"/bookings/{held}/person", data={"person": SHEN.id}).status_code in refused
    assert client.post(f"/classes/{class_id}/holds", data={"seats": "1"}).status_code in refused
    assert makers.the_class(class_id).seats_taken == 1
    if member:
        assert call(client, "POST", f"/classes/{class_id}/holds", member, {"seats": 1}).status_code == 403
        assert call(client, "PUT", f"/bookings/{held}/person", member, {"person": SHEN.id}).status_code in (403, 404)


def test_a_program_holds_names_and_swaps(client: Client, class_id: int) -> None:
    made = call(client, "POST", f"/classes/{class_id}/holds", OWNER, {"seats": 2})
    assert made.status_code == 201
    first, second = made.json["bookings"]
    assert (first["person"], first["state"], first["place"]) == (None, "held", None)
    seen = call(client, "GET", f"/bookings/{first['id']}", OWNER).json
    assert (seen["person"], seen["name"], seen["due_at"]) == (None, None, seen["due_at"])
    assert seen["due_at"] == call(client, "GET", f"/classes/{class_id}", OWNER).json["names_by"]
    path = f"/bookings/{first['id']}/person"
    assert call(client, "PUT", path, OWNER, {"person": SHEN.id}).json["state"] == "booked"
    swapped = call(client, "PUT", path, OWNER, {"person": COLLEAGUE.id}).json
    assert (swapped["person"], swapped["id"] == first["id"]) == (COLLEAGUE.id, False)
    new = {"new": {"name": "钱晨", "email": "qian@test.example"}}
    assert call(client, "PUT", f"/bookings/{second['id']}/person", OWNER, new).json["name"] == "钱晨"
    for wrong in ({}, {"person": SHEN.id, **new}, {"person": "x"}, {"new": {"name": ""}}):
        assert call(client, "PUT", path, OWNER, wrong).status_code == 422
    assert call(client, "PUT", path, OWNER, {"person": SHEN.id}).json["code"] == "not_nameable"
    assert call(client, "POST", f"/classes/{class_id}/holds", OWNER, {"seats": 0}).status_code == 422


def test_the_page_of_the_class_costs_the_same_however_many_seats_are_held(
    client: Client, class_id: int, held: int
) -> None:
    client.as_(OWNER).get(f"/classes/{class_id}")
    with statements() as of_one:
        client.get(f"/classes/{class_id}")
    booking.hold(actor(OWNER), class_id, 2)
    with statements() as of_three:
        client.get(f"/classes/{class_id}")
    assert len(of_three) == len(of_one)
