"""Approval and deputies through their doors."""

from typing import Any

import pytest
from flask import Flask

from courses import api
from courses.accounts.actions.token import make_token
from courses.booking import actions as booking
from courses.people.model import BookingRule
from tests import makers
from tests.conftest import Client
from tests.makers import actor, states
from tests.people import CHEN, COLLEAGUE, GAO, INSPECTOR, LU, OWNER, SHEN, STRANGER, Member


@pytest.fixture
def requested(app: Flask) -> int:
    """Shen's seat, which waits for approval."""
    booking.change_booking_rule(actor(OWNER), 1, BookingRule.APPROVAL)
    return makers.book(SHEN, makers.a_class())[0].id


def call(client: Client, method: str, path: str, by: Member, body: Any = None) -> Any:
    token = {"Authorization": f"Bearer {make_token(actor(by), 'test')}"}
    return client.open(api.BASE + path, method=method, json=body, headers=token)


def test_the_whole_way_on_pages(client: Client) -> None:
    class_id = makers.a_class()
    client.as_(OWNER)
    assert client.post("/enterprises/1/booking-rule", data={"rule": "never"}).status_code == 422
    assert (
        "允许自行预约"
        in client.post("/enterprises/1/booking-rule", data={"rule": "approval"}, follow_redirects=True).text
    )
    client.as_(SHEN)
    assert "须经审批" in client.get(f"/classes/{class_id}").text
    page = client.post(f"/classes/{class_id}/bookings", data={"seen": "1"}, follow_redirects=True).text
    assert "等待企业审批" in page
    assert "/approval" not in page
    client.as_(OWNER)
    assert "项预约等待您审批" in client.get("/desk").text
    assert "/bookings/1/approval" in client.get(f"/classes/{class_id}").text
    assert client.post("/bookings/1/approval").status_code == 303
    assert states(class_id) == {SHEN.id: "booked"}
    assert client.post("/bookings/1/approval").status_code == 409


def test_a_request_is_declined_on_the_page(client: Client, requested: int) -> None:
    page = client.as_(OWNER).post(f"/bookings/{requested}/disapproval", follow_redirects=True)
    assert "未批准" in page.text
    assert states(1) == {SHEN.id: "cancelled"}


def test_a_deputy_is_named_and_taken_back_on_the_page(client: Client, requested: int) -> None:
    client.as_(OWNER)
    assert "指定为代理人" in client.get(f"/people/{COLLEAGUE.id}").text
    assert "撤回代理" in client.post(f"/people/{COLLEAGUE.id}/deputy", follow_redirects=True).text
    assert "代理人" in client.get("/enterprises/1").text
    client.as_(COLLEAGUE)
    assert "项预约等待您审批" in client.get("/desk").text
    assert "/bookings/1/approval" in client.get("/classes/1").text
    assert client.post(f"/bookings/{requested}/approval").status_code == 303
    client.as_(OWNER).post(f"/people/{COLLEAGUE.id}/deputy", data={"end": "1"})
    assert not actor(COLLEAGUE).is_deputy


@pytest.mark.parametrize("member", [SHEN, LU, STRANGER, GAO, CHEN, INSPECTOR, None])
def test_others_decide_nothing(client: Client, requested: int, member: Member | None) -> None:
    client.as_(member)
    for path in (
        f"/bookings/{requested}/approval",
        f"/bookings/{requested}/disapproval",
        "/enterprises/1/booking-rule",
        f"/people/{SHEN.id}/deputy",
    ):
        assert client.post(path, data={"rule": "free"}).status_code in (302, 403, 404), path
    assert states(1) == {SHEN.id: "requested"}
    assert not actor(SHEN).is_deputy


def test_a_program_approves_declines_and_delegates(client: Client) -> None:
    class_id = makers.a_class()
    assert call(client, "PUT", "/enterprises/1/booking-rule", OWNER, {"rule": "approval"}).json == {"rule": "approval"}
    assert call(client, "PUT", "/enterprises/1/booking-rule", OWNER, {"rule": "x"}).status_code == 422
    assert call(client, "PUT", "/enterprises/2/booking-rule", OWNER, {"rule": "free"}).status_code == 404
    [asked] = call(client, "POST", f"/classes/{class_id}/bookings", SHEN, {}).json["bookings"]
    assert asked["state"] == "requested"
    path = f"/people/{COLLEAGUE.id}/deputy"
    assert call(client, "PUT", path, OWNER, {"deputy": True}).json == {"deputy": True}
    assert call(client, "POST", f"/bookings/{asked['id']}/approval", COLLEAGUE).json["state"] == "booked"
    assert call(client, "POST", f"/bookings/{asked['id']}/disapproval", COLLEAGUE).json["code"] == "already_decided"
    assert call(client, "POST", f"/bookings/{asked['id']}/approval", LU).status_code == 404
    assert call(client, "PUT", path, SHEN, {"deputy": True}).status_code == 403
