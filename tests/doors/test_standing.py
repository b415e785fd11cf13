"""What counts against a person, the appeal and its decision: pages and operations."""

from typing import Any

import pytest
from flask import Flask

from courses import api
from courses.accounts.actions.token import make_token
from courses.booking import actions as booking
from courses.booking import standing as standings
from courses.people.rights import Reach
from tests import makers
from tests.conftest import Client
from tests.doors.test_pages import counted
from tests.makers import actor
from tests.people import (
    ADMINISTRATOR,
    CHEN,
    COLLEAGUE,
    GAO,
    INSPECTOR,
    LU,
    OTHER_OFFICER,
    OWNER,
    SHEN,
    STRANGER,
    Member,
)


@pytest.fixture
def twice(app: Flask) -> list[int]:
    makers.a_rule_about_staying_away()
    return makers.stayed_away(SHEN, 20, 10)


def call(client: Client, method: str, path: str, by: Member, body: Any = None, reach: Reach = Reach.SERVE) -> Any:
    headers = {"Authorization": f"Bearer {make_token(actor(by), 'test', reach=[reach])}"}
    return client.open(api.BASE + path, method=method, json=body, headers=headers)


def test_the_rule_is_shown_before_booking(client: Client, twice: list[int]) -> None:
    class_id = makers.a_class()
    page = client.as_(LU, lang="en").get(f"/classes/{class_id}").text
    assert "stays away 2 times within 90 days waits behind all others for 30 days" in page
    assert "You are on standby until" in client.as_(SHEN, lang="en").get(f"/classes/{class_id}").text
    answer = client.post(f"/classes/{class_id}/bookings", data={"seen": "1"})
    assert "on standby: number 1" in client.get(answer.location).text


def test_who_waits_on_standby_keeps_nobody_from_a_free_seat(client: Client, twice: list[int]) -> None:
    class_id = makers.a_class(seats=2)
    makers.book(SHEN, class_id)
    page = client.as_(LU, lang="en").get(f"/classes/{class_id}").text
    assert "Book a seat" in page
    assert "waiting before you" not in page
    mine = client.as_(SHEN).get(f"/classes/{class_id}").text
    assert "On standby, behind all others" in mine
    assert "move up by yourself" not in mine
    makers.book(LU, class_id)
    makers.book(STRANGER, class_id)
    makers.book(COLLEAGUE, class_id)
    queue = client.as_(GAO).get(f"/classes/{class_id}").text
    assert queue.index(f"1. {COLLEAGUE.name}") < queue.index(f"2. {SHEN.name}")


def test_the_page_of_a_draw_says_what_standby_means_there(client: Client, twice: list[int]) -> None:
    class_id = makers.a_class(draw_at=makers.in_days(2))
    assert "whatever the lot" in client.get(f"/classes/{class_id}/draw?lang=en").text
    makers.a_rule_about_staying_away(limit=0)
    assert "whatever the lot" not in client.get(f"/classes/{class_id}/draw?lang=en").text


def test_without_a_rule_it_is_not_mentioned(app: Flask, client: Client) -> None:
    page = client.as_(LU, lang="en").get(f"/classes/{makers.a_class()}").text
    assert "stays away" not in page
    assert "no rule about staying away" in client.get("/standing").text


def test_one_sees_what_counts_and_appeals(client: Client, twice: list[int]) -> None:
    page = client.as_(SHEN, lang="en").get("/standing").text
    assert page.count("Did not come") == 2
    assert "rule about staying away" in client.get("/desk").text
    path = f"/bookings/{twice[1]}/appeal"
    assert path in page
    assert client.post(path, data={"words": " "}).status_code == 422
    assert client.post(path, data={"words": "住院，附证明"}).status_code == 303
    assert "Appealed, not yet decided" in client.get("/standing").text
    assert client.get(path).status_code == 303


@pytest.mark.parametrize(("member", "status"), [(None, 302), (LU, 404), (OWNER, 404), (GAO, 403)])
def test_nobody_else_appeals(client: Client, twice: list[int], member: Member | None, status: int) -> None:
    path = f"/bookings/{twice[1]}/appeal"
    assert client.as_(member).get(path).status_code == status
    assert client.post(path, data={"words": "x"}).status_code == status


def test_the_officer_is_asked_and_decides(client: Client, twice: list[int]) -> None:
    booking.appeal(actor(SHEN), twice[1], "住院<b>")
    assert "/appeals" in client.as_(GAO, lang="en").get("/desk").text
    listed = client.get("/appeals").text
    assert f'href="/appeals/{twice[1]}"' in listed
    assert "To be decided" in listed
    page = client.get(f"/appeals/{twice[1]}").text
    assert "住院&lt;b&gt;" in page
    assert client.post(f"/appeals/{twice[1]}", data={"upheld": "yes"}).status_code == 422
    done = client.post(f"/appeals/{twice[1]}", data={"upheld": "yes", "answer": "情况属实"})
    assert (done.status_code, done.location) == (303, "/appeals")
    again = client.post(f"/appeals/{twice[1]}", data={"upheld": "no", "answer": "x"})
    assert again.status_code == 422
    assert "情况属实" in client.as_(SHEN).get("/standing").text


@pytest.mark.parametrize(
    ("member", "status"),
    [(None, 302), (SHEN, 403), (OWNER, 403), (CHEN, 403), (INSPECTOR, 403), (ADMINISTRATOR, 403), (OTHER_OFFICER, 404)],
)
def test_nobody_else_reads_or_decides_it(client: Client, twice: list[int], member: Member | None, status: int) -> None:
    booking.appeal(actor(SHEN), twice[1], "住院")
    assert client.as_(member).get(f"/appeals/{twice[1]}").status_code == status
    assert client.post(f"/appeals/{twice[1]}", data={"upheld": "yes", "answer": "x"}).status_code == status
    if status == 404:
        assert SHEN.name not in client.get("/appeals").text


def test_the_list_asks_a_fixed_number_of_statements_and_leaves_as_a_file(client: Client, twice: list[int]) -> None:
    booking.appeal(actor(SHEN), twice[0], "住院")
    client.as_(GAO).get("/appeals")
    with counted() as few:
        client.get("/appeals")
    booking.appeal(actor(SHEN), twice[1], "住院")
    for id_ in makers.stayed_away(LU, 21, 11, 5):
        booking.appeal(actor(LU), id_, "堵车")
    with counted() as many:
        page = client.get("/appeals").text
    assert page.count(LU.name) == 3
    assert SHEN.name not in client.get(f"/appeals?q={LU.name}").text
    assert "没有与此姓名有关的记录" in client.get("/appeals?q=zzz").text
    assert len(few) == len(many)
    assert client.get("/appeals?as=csv").text.count("\n") == 6


def test_programs_do_the_same(client: Client, twice: list[int]) -> None:
    standing = call(client, "GET", "/me/standing", SHEN, reach=Reach.READ).json
    assert ([row["booking"] for row in standing["missed"]], bool(standing["standby_until"])) == (twice[::-1], True)
    path = f"/bookings/{twice[1]}/appeal"
    assert call(client, "POST", path, SHEN, {"words": "住院"}, Reach.SERVE).status_code == 403
    assert call(client, "POST", path, STRANGER, {"words": "住院"}, Reach.BOOK).status_code == 404
    made = call(client, "POST", path, SHEN, {"words": "住院"}, Reach.BOOK)
    assert made.json["missed"][0]["appealed_at"]
    assert call(client, "POST", path, SHEN, {"words": "住院"}, Reach.BOOK).json["code"] == "already_appealed"
    [appeal] = call(client, "GET", "/appeals", GAO).json["appeals"]
    assert (appeal["booking"], appeal["words"], appeal["upheld"]) == (twice[1], "住院", None)
    assert call(client, "GET", "/appeals", OTHER_OFFICER).json["appeals"] == []
    decision, body = f"/appeals/{twice[1]}/decision", {"upheld": True, "answer": "情况属实"}
    for member, status in ((OTHER_OFFICER, 404), (SHEN, 403), (INSPECTOR, 403)):
        assert call(client, "PUT", decision, member, body).status_code == status
    assert call(client, "PUT", decision, GAO, body).json["upheld"] is True
    assert call(client, "PUT", decision, GAO, body).json["code"] == "already_decided"
    assert standings.on_standby([SHEN.id], makers.in_days(0)) == {}


def test_the_administrator_sets_the_rule(app: Flask, client: Client) -> None:
    page = client.as_(ADMINISTRATOR, lang="en").get("/setup/city").text
    assert 'name="noshow_limit"' in page
