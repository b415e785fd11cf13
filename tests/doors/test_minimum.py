"""A tentative class on its pages: planned in the form, shown on the shelf, decided by its officer, through the API."""

from typing import Any

import pytest
from flask import Flask

from courses.accounts.actions.token import make_token
from courses.catalogue.model import TrainingClass
from courses.ground.db import db
from tests import makers
from tests.conftest import Client
from tests.doors.test_pages import fill
from tests.makers import actor, booking_of, states, the_class
from tests.people import GAO, LU, OTHER_OFFICER, SHEN, Member


@pytest.fixture
def tentative(app: Flask) -> int:
    class_id = makers.a_class(minimum=3)
    makers.book(SHEN, class_id)
    return class_id


def test_the_form_plans_a_minimum_and_the_day_of_its_own(client: Client, app: Flask) -> None:
    assert client.as_(GAO).post("/courses/1/classes", data=fill(minimum="5")).status_code == 303
    row = db.session.get_one(TrainingClass, 1)
    assert row.minimum == 5
    assert row.decide_by is not None
    assert 1 <= (row.starts_at - row.decide_by).days <= 12  # two working days, with the longest holidays between
    copied = client.get("/courses/1/classes/new?like=1").text
    assert 'name="minimum"' in copied
    assert 'value="5"' in copied


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"minimum": "0"}, "minimum"), ({"minimum": "21"}, "minimum"), ({"minimum": "many"}, "minimum")],
)
def test_a_wrong_minimum_is_said_at_its_field(client: Client, app: Flask, wrong: dict[str, str], field: str) -> None:
    page = client.as_(GAO).post("/courses/1/classes", data=fill(**wrong))
    assert page.status_code == 422
    assert f'id="{field}-error"' in page.text


def test_a_decision_after_the_class_is_said_at_its_field(client: Client, app: Flask) -> None:
    late = fill(minimum="5", decide_by=f"{fill(days=20)['sittings-0-day']}T09:00")
    page = client.as_(GAO).post("/courses/1/classes", data=late)
    assert page.status_code == 422
    assert 'id="decide_by-error"' in page.text


def test_the_shelf_and_the_page_say_what_it_depends_on(client: Client, tentative: int) -> None:
    client.as_(None, "en")
    assert "Takes place with 3 or more" in client.get("/").text
    assert "If at least 3 people are booked" in client.get(f"/classes/{tentative}").text
    makers.booking.confirm(actor(GAO), tentative)
    assert "Takes place for certain" in client.get("/").text
    assert "For certain." in client.get(f"/classes/{tentative}").text


def test_the_officer_decides_on_a_page_of_its_own(client: Client, tentative: int) -> None:
    path = f"/classes/{tentative}/decision"
    assert path in client.as_(GAO).get(f"/classes/{tentative}").text
    assert client.get(path).status_code == 200
    assert path not in client.as_(SHEN).get(f"/classes/{tentative}").text
    for member, status in ((None, 302), (SHEN, 403), (OTHER_OFFICER, 403)):
        client.as_(member)
        assert client.get(path).status_code == status
        assert client.post(f"/classes/{tentative}/confirmation").status_code == status
        assert client.post(f"/classes/{tentative}/merger", data={"into": "2"}).status_code == status
    assert client.as_(GAO).post(f"/classes/{tentative}/confirmation").status_code == 303
    assert the_class(tentative).confirmed_at
    assert client.post(f"/classes/{tentative}/confirmation").status_code == 409
    assert "已确定开班" in client.get(path).text


def test_the_desk_asks_for_the_decision_when_it_is_time(client: Client, app: Flask) -> None:
    class_id = makers.a_class(days=60, minimum=3)  # with any holidays between
    path = f"/classes/{class_id}/decision"
    assert path not in client.as_(GAO).get("/desk").text
    with makers.transaction():
        db.session.get_one(TrainingClass, class_id).decide_by = makers.in_days(1)
    assert path in client.as_(GAO).get("/desk").text


def test_two_classes_are_joined_on_the_page(client: Client, tentative: int) -> None:
    into = makers.a_class(days=12)
    page = client.as_(GAO).get(f"/classes/{tentative}/decision").text
    assert f'name="into" value="{into}" checked' in page
    for chosen, status in (({}, 409), ({"into": "x"}, 422), ({"into": str(tentative)}, 409), ({"into": "999"}, 404)):
        assert client.post(f"/classes/{tentative}/merger", data=chosen).status_code == status
    joined = client.post(f"/classes/{tentative}/merger", data={"into": str(into)})
    assert (joined.status_code, joined.location) == (303, f"/classes/{into}")
    assert states(into) == {SHEN.id: "booked"}
    left = client.as_(LU, "en").get(f"/classes/{tentative}").text
    assert "joined with another one" in left
    assert f'href="/classes/{into}"' in left


def test_a_program_decides_too(client: Client, tentative: int) -> None:
    def call(method: str, path: str, member: Member, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {make_token(actor(member), 'test')}"}
        return client.open(f"/api/v1{path}", method=method, json=body, headers=headers)

    minimum = call("GET", f"/classes/{tentative}", GAO).json["minimum"]
    assert (minimum["people"], minimum["confirmed_at"]) == (3, None)
    assert call("POST", f"/classes/{tentative}/confirmation", SHEN).status_code == 403
    assert call("POST", f"/classes/{tentative}/confirmation", GAO).json["minimum"]["confirmed_at"]
    assert call("POST", f"/classes/{tentative}/confirmation", GAO).json["code"] == "not_tentative"
    into = makers.a_class(days=12)
    assert call("POST", f"/classes/{tentative}/merger", GAO, {"into": tentative}).json["code"] == "merge_wrong"
    merged = call("POST", f"/classes/{tentative}/merger", GAO, {"into": into}).json
    assert (merged["id"], merged["taken"]) == (into, 1)
    assert call("GET", f"/classes/{tentative}", GAO).json["merged_into"] == into
    assert booking_of(into, SHEN).reason == "merged"
