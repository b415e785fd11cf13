"""Being told of a course's next class, through the API."""

from typing import Any

import pytest

from courses.people.rights import Reach
from tests import makers
from tests.doors.conftest import Calls
from tests.people import ADMINISTRATOR, ASSOCIATION, BUREAU, CHEN, GAO, INSPECTOR, OTHER_OFFICER, OWNER, SHEN, Member

WISH = {"towns": [2], "half_days": ["tue_morning", "sat_afternoon"]}


def test_one_asks_changes_and_asks_no_longer(call: Calls) -> None:
    asked = call("PUT", "/courses/1/interest", SHEN, WISH)
    assert asked.status_code == 200
    assert {name: asked.json[name] for name in WISH} == WISH
    assert call("GET", "/me/interests", SHEN).json == {"interests": [asked.json]}
    assert call("GET", "/me/interests", OWNER).json == {"interests": []}
    changed = call("PUT", "/courses/1/interest", SHEN, {}).json
    assert (changed["towns"], changed["half_days"], changed["asked_at"]) == ([], [], asked.json["asked_at"])
    for _ in range(2):
        assert call("DELETE", "/courses/1/interest", SHEN).json == {"interests": []}


def test_the_telling_ends_it(call: Calls) -> None:
    call("PUT", "/courses/1/interest", SHEN, WISH)
    makers.a_class()
    assert call("GET", "/me/interests", SHEN).json == {"interests": []}
    assert [row["kind"] for row in call("GET", "/me/notices", SHEN).json["notices"]] == ["interest"]


def test_those_who_plan_see_numbers(call: Calls) -> None:
    call("PUT", "/courses/1/interest", SHEN, WISH)
    call("PUT", "/courses/1/interest", OWNER, {})
    for member in (GAO, OTHER_OFFICER):
        found = call("GET", "/courses/1/demand", member).json
        assert found["people"] == 2
        assert [(row["town"], row["people"]) for row in found["towns"]] == [(2, 2)]
        assert [row["half_day"] for row in found["half_days"]] == WISH["half_days"]
    assert call("GET", "/courses/2/demand", GAO).json == {"people": 0, "towns": [], "half_days": []}


@pytest.mark.parametrize("member", [GAO, CHEN, INSPECTOR, ASSOCIATION, BUREAU, ADMINISTRATOR, None])
def test_only_those_who_learn_ask(call: Calls, member: Member | None) -> None:
    status = 403 if member else 401
    assert call("PUT", "/courses/1/interest", member, WISH).status_code == status
    assert call("DELETE", "/courses/1/interest", member).status_code == status
    assert call("GET", "/me/interests", member).status_code == status


@pytest.mark.parametrize("member", [SHEN, OWNER, CHEN, INSPECTOR, ASSOCIATION, BUREAU, ADMINISTRATOR])
def test_only_officers_plan(call: Calls, member: Member) -> None:
    assert call("GET", "/courses/1/demand", member).status_code == 403


@pytest.mark.parametrize(
    "body", [{"towns": [99]}, {"towns": ["1"]}, {"half_days": ["mon_night"]}, {"half_days": "mon_morning"}, []]
)
def test_what_there_is_not_is_refused(call: Calls, body: Any) -> None:
    refused = call("PUT", "/courses/1/interest", SHEN, body)
    assert (refused.status_code, refused.json["code"]) == (422, "malformed")


def test_a_course_that_is_not_there(call: Calls) -> None:
    for method, path, body in (("PUT", "interest", {}), ("DELETE", "interest", None)):
        assert call(method, f"/courses/99/{path}", SHEN, body).status_code == 404
    assert call("GET", "/courses/99/demand", GAO).status_code == 404


def test_a_token_for_reading_alone_does_not_ask(call: Calls) -> None:
    assert call("PUT", "/courses/1/interest", SHEN, WISH, reach=[]).json["code"] == "beyond_token"
    assert call("PUT", "/courses/1/interest", SHEN, WISH, reach=[Reach.BOOK]).status_code == 200
