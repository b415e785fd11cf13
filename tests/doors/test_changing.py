"""The page and the operation by which one changes to another class."""

from typing import Any

import pytest
from flask import Flask

from courses import api
from courses.accounts.actions.token import make_token
from courses.booking import actions as booking
from courses.people.rights import Reach
from tests import makers
from tests.conftest import Client
from tests.doors.test_pages import counted
from tests.makers import booking_of, states
from tests.people import CHEN, GAO, LU, OWNER, SHEN, STRANGER, Member


@pytest.fixture
def pair(app: Flask) -> tuple[int, int]:
    left, to = makers.a_class(), makers.a_class(seats=1, days=12)
    makers.book(SHEN, left)
    return left, to


def call(client: Client, booking_id: int, by: Member, body: Any, reach: Reach = Reach.BOOK) -> Any:
    token = make_token(makers.actor(by), "test", reach=[reach])
    headers = {"Authorization": f"Bearer {token}"}
    return client.put(f"{api.BASE}/bookings/{booking_id}/class", json=body, headers=headers)


def test_it_is_offered_on_both_pages(client: Client, pair: tuple[int, int]) -> None:
    left, to = pair
    way = f"/bookings/{booking_of(left, SHEN).id}/class"
    assert f'href="{way}"' in client.as_(SHEN).get(f"/classes/{left}").text
    assert f'action="{way}"' in client.get(f"/classes/{to}").text
    assert way not in client.as_(STRANGER).get(f"/classes/{to}").text
    page = client.as_(SHEN, lang="en").get(way).text
    assert f'name="to" value="{to}"' in page


def test_the_person_and_the_owner_change_it(client: Client, pair: tuple[int, int]) -> None:
    left, to = pair
    answer = client.as_(SHEN, lang="en").post(f"/bookings/{booking_of(left, SHEN).id}/class", data={"to": str(to)})
    assert (answer.status_code, answer.location) == (303, f"/classes/{to}")
    assert states(to) == {SHEN.id: "booked"}
    back = client.as_(OWNER).post(f"/bookings/{booking_of(to, SHEN).id}/class", data={"to": str(left), "seen": "1"})
    assert back.status_code == 303
    assert states(left) == {SHEN.id: "booked"}


def test_a_class_that_moved_since_is_not_taken_unseen(client: Client, pair: tuple[int, int]) -> None:
    left, to = pair
    way = f"/bookings/{booking_of(left, SHEN).id}/class"
    assert 'name="seen" value="1"' in client.as_(SHEN, lang="en").get(way).text
    start = makers.in_days(13)
    booking.move(makers.actor(GAO), to, [(start, start + 2 * makers.HOUR)], 3)
    page = client.post(way, data={"to": str(to), "seen": "1"})
    assert (page.status_code, states(left)) == (409, {SHEN.id: "booked"})
    assert 'name="seen" value="2"' in page.text


@pytest.mark.parametrize(("member", "status"), [(None, 302), (LU, 404), (STRANGER, 404), (GAO, 403), (CHEN, 403)])
def test_others_do_not(client: Client, pair: tuple[int, int], member: Member | None, status: int) -> None:
    left, to = pair
    way = f"/bookings/{booking_of(left, SHEN).id}/class"
    assert client.as_(member).get(way).status_code == status
    assert client.post(way, data={"to": str(to)}).status_code == status
    assert states(left) == {SHEN.id: "booked"}


def test_a_full_class_is_named_so_and_a_lost_race_says_what_stands(client: Client, pair: tuple[int, int]) -> None:
    left, to = pair
    makers.book(LU, to)
    way = f"/bookings/{booking_of(left, SHEN).id}/class"
    page = client.as_(SHEN, lang="en").get(way).text
    assert "No free seat." in page
    assert f'name="to" value="{to}"' not in page
    answer = client.post(way, data={"to": str(to)})
    assert answer.status_code == 409
    assert "There is no free seat in that class any more." in answer.text
    assert client.post(way, data={"to": "x"}).status_code == 422
    assert client.post(way, data={}).status_code == 422
    assert client.post(way, data={"to": "999"}).status_code == 404


def test_what_is_no_seat_yet_or_none_any_more_says_what_comes_first(client: Client, pair: tuple[int, int]) -> None:
    left, to = pair
    given_up = booking_of(left, SHEN).id
    makers.cancel(left, SHEN)
    held = booking.hold(makers.actor(OWNER), left, 1)[0].id
    for number in (given_up, held):
        way = f"/bookings/{number}/class"
        client.as_(OWNER, lang="en")
        looked, sent = client.get(way, follow_redirects=True), client.post(way, data={"to": str(to)})
        assert "Only a seat that is booked, or a place in the queue that has a name" in looked.text
        assert (sent.status_code, sent.location) == (303, f"/classes/{left}")
        assert call(client, number, OWNER, {"class": to}).json["code"] == "not_changeable"
    assert states(to) == {}


def test_without_another_class_the_page_says_what_next(app: Flask, client: Client) -> None:
    left = makers.a_class()
    makers.book(SHEN, left)
    page = client.as_(SHEN, lang="en").get(f"/bookings/{booking_of(left, SHEN).id}/class").text
    assert "There is no other class of this course to book" in page
    assert "/courses/1" in page


def test_a_program_does_the_same(client: Client, pair: tuple[int, int]) -> None:
    left, to = pair
    number = booking_of(left, SHEN).id
    for member, status in ((STRANGER, 404), (GAO, 403)):
        assert call(client, number, member, {"class": to}).status_code == status
    assert call(client, number, SHEN, {"class": to}, Reach.READ).status_code == 403
    changed = call(client, number, SHEN, {"class": to})
    assert (changed.status_code, changed.json["class"], changed.json["state"]) == (200, to, "booked")
    assert changed.json["id"] == booking_of(to, SHEN).id
    again = call(client, number, SHEN, {"class": to})
    assert (again.status_code, again.json["code"]) == (409, "not_changeable")
    wrong = call(client, number, SHEN, {"to": to})
    assert (wrong.status_code, [e["pointer"] for e in wrong.json["errors"]]) == (422, ["#/class", "#/to"])


def test_the_page_asks_a_fixed_number_of_statements(app: Flask, client: Client, pair: tuple[int, int]) -> None:
    left, _ = pair
    way = f"/bookings/{booking_of(left, SHEN).id}/class"
    client.as_(SHEN).get(way)
    with counted() as few:
        client.as_(SHEN).get(way)
    for day in range(20, 40):
        makers.a_class(days=day)
    with counted() as many:
        client.as_(SHEN).get(way)
    assert len(few) == len(many)
