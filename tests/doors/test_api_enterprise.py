"""Enterprises through the API: joining, contacts, leaving, doubles."""

from typing import Any

import pytest
from sqlalchemy import func, select

from courses.enterprise.model import JoinRequest, Merger
from courses.ground.db import db
from courses.people.model import Enterprise, Person
from courses.people.rights import Reach
from tests import makers
from tests.conftest import Client
from tests.doors.conftest import Calls
from tests.people import (
    ADMINISTRATOR,
    ASSOCIATION,
    BUREAU,
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

NEW_CODE = "91330481DN0000017T"
JOINING = {
    "credit_code": makers.CODES[1],
    "enterprise_name": "乙科技有限公司",
    "town": 1,
    "name": "田野",
    "email": "tian@test.example",
}


def asked(call: Calls, **more: Any) -> Any:
    return call("POST", "/join-requests", None, {**JOINING, **more})


def count(model: Any) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(model)) or 0


class TestJoining:
    def test_a_stranger_asks_and_reads_the_answer(self, call: Calls, client: Client) -> None:
        made = asked(call)
        assert made.status_code == 201
        assert made.headers["Location"] == made.json["url"]
        where = made.json["url"].removeprefix("http://localhost")
        assert "will decide" in client.as_(None, "en").get(where).text
        refused = call("POST", "/join-requests/1/refusal", GAO, {"reason": "请先来电"})
        assert (refused.json["state"], refused.json["reason"], refused.json["decided_by"]) == (
            "refused",
            "请先来电",
            GAO.name,
        )
        assert "请先来电" in client.get(where).text
        assert call("POST", "/join-requests/1/confirmation", GAO).json["code"] == "already_decided"

    def test_asking_twice_is_asking_once_and_too_often_is_refused(self, call: Calls) -> None:
        assert [asked(call).status_code for _ in range(5)] == [201] * 5
        assert count(JoinRequest) == 1
        refused = asked(call)
        assert (refused.status_code, refused.json["code"]) == (429, "asked_too_often")
        assert int(refused.headers["Retry-After"]) >= 120

    def test_confirming_invites_and_registers(self, call: Calls) -> None:
        asked(call, credit_code=NEW_CODE, enterprise_name="丁科技有限公司")
        waiting = call("GET", "/join-requests/1", ASSOCIATION).json
        assert (waiting["enterprise"], waiting["state"], waiting["town"]["id"]) == (None, "waiting", 1)
        links = [call("POST", "/join-requests/1/confirmation", ASSOCIATION, Idempotency_Key="k") for _ in range(2)]
        assert [link.status_code for link in links] == [201, 201]
        assert links[0].json == links[1].json
        assert links[0].json["sent_to"] == JOINING["email"]
        assert len(makers.told("invitation")) == 1
        read = call("GET", "/join-requests/1", ASSOCIATION).json
        assert (read["enterprise"]["name"]["zh"], read["state"]) == ("丁科技有限公司", "confirmed")

    def test_who_has_no_address_gets_a_link_to_hand_over(self, call: Calls) -> None:
        asked(call, email=None, mobile="13800138000")
        made = call("POST", "/join-requests/1/confirmation", GAO).json
        assert made["sent_to"] is None
        assert made["link"].startswith("http://localhost/invitations/")

    def test_the_list_pages_filters_and_keeps_to_ones_towns(self, call: Calls) -> None:
        for number in range(5):
            asked(call, name=f"申请{number}", email=f"a{number}@test.example", credit_code=makers.CODES[number % 2])
        asked(call, town=2, credit_code=makers.CODES[2], email="other@test.example")
        for number in (1, 3):
            call("POST", f"/join-requests/{number}/refusal", GAO, {"reason": "重复"})
        seen, path = [], "/join-requests?limit=2"
        while path:
            page = call("GET", path.removeprefix("/api/v1"), GAO).json
            seen += [row["id"] for row in page["requests"]]
            path = page["next"]
        assert seen == [2, 4, 5, 3, 1], "those that wait first, oldest on top; then the latest answered"
        assert [row["id"] for row in call("GET", "/join-requests?state=refused", GAO).json["requests"]] == [3, 1]
        assert [row["id"] for row in call("GET", "/join-requests?q=申请4", GAO).json["requests"]] == [5]
        assert [row["id"] for row in call("GET", "/join-requests", OTHER_OFFICER).json["requests"]] == [6]
        assert len(call("GET", "/join-requests", ADMINISTRATOR).json["requests"]) == 6

    def test_only_those_who_decide(self, call: Calls) -> None:
        asked(call)
        acts = (
            ("GET", "/join-requests/1", None),
            ("POST", "/join-requests/1/confirmation", None),
            ("POST", "/join-requests/1/refusal", {"reason": "不"}),
        )
        for method, path, body in acts:
            assert call(method, path, OTHER_OFFICER, body).status_code == 404
            assert call(method, path, None, body).status_code == 401
            for member in (OWNER, SHEN, CHEN, INSPECTOR, BUREAU):
                assert call(method, path, member, body).status_code == 403
        assert call("POST", "/join-requests/1/confirmation", GAO, reach=[Reach.BOOK]).json["code"] == "beyond_token"
        assert call("GET", "/join-requests/1", GAO).json["state"] == "waiting"

    @pytest.mark.parametrize(
        ("wrong", "where"),
        [
            ({"credit_code": "91330481DMKNQXNW2A"}, "#/credit_code"),
            ({"enterprise_name": ""}, "#/enterprise_name"),
            ({"name": "1\0"}, "#/name"),
            ({"email": "no address"}, "#/email"),
            ({"mobile": "123"}, "#/mobile"),
            ({"role": "officer"}, "#/role"),
            ({"town": "1"}, "#/town"),
        ],
    )
    def test_what_cannot_be_read_is_said_at_its_field(self, call: Calls, wrong: Any, where: str) -> None:
        answer = asked(call, **wrong)
        assert answer.status_code == 422
        assert [fault["pointer"] for fault in answer.json["errors"]] == [where]
        assert count(JoinRequest) == 0

    def test_a_way_to_answer_and_a_town_are_needed(self, call: Calls) -> None:
        assert asked(call, email=None).json["code"] == "no_contact"
        assert asked(call, town=99).json["code"] == "malformed"
        assert [town["id"] for town in call("GET", "/towns", None).json["towns"]] == [1, 2]


class TestPeople:
    def test_one_is_read(self, call: Calls) -> None:
        makers.book(SHEN, makers.a_class())
        for member in (OWNER, GAO):
            read = call("GET", f"/people/{SHEN.id}", member).json
            assert (read["roles"], read["enterprise"], read["classes_to_come"]) == (["manager"], 1, 1)
        assert call("GET", f"/people/{CHEN.id}", OWNER).status_code == 404
        for member in (OTHER_OFFICER,):
            assert call("GET", f"/people/{SHEN.id}", member).status_code == 404
        for member in (SHEN, STRANGER, ASSOCIATION, ADMINISTRATOR):
            assert call("GET", f"/people/{SHEN.id}", member).status_code == 403

    def test_a_contact_is_corrected_until_the_account_is_opened(self, call: Calls) -> None:
        made = call("POST", "/enterprises/1/people", OWNER, {"name": "钱晨", "email": "typo@test.example"}).json
        path = f"/people/{made['person']}/contact"
        body = {"name": "钱晨晨", "email": "qian@test.example"}
        for member in (STRANGER, None):
            assert call("PUT", path, member, body).status_code == (403 if member else 401)
        assert call("PUT", path, OTHER_OFFICER, body).status_code == 404
        done = call("PUT", path, OWNER, body).json
        assert (done["person"]["name"], done["sent_to"], done["link"]) == ("钱晨晨", "qian@test.example", None)
        assert call("PUT", path, OWNER, body).json["sent_to"] is None, "the same address: nothing was sent"
        by_hand = call("PUT", path, GAO, {"name": "钱晨晨", "mobile": "13800138000"}).json
        assert (by_hand["sent_to"], by_hand["person"]["email"]) == (None, None)
        assert by_hand["link"].startswith("http://localhost/invitations/")
        assert call("PUT", path, OWNER, {"name": "钱晨晨"}).json["code"] == "no_contact"
        assert call("PUT", path, OWNER, {**body, "email": LU.email}).json["code"] == "email_taken"
        assert call("PUT", f"/people/{SHEN.id}/contact", OWNER, body).json["code"] == "has_account"

    def test_someone_leaves_and_a_successor_takes_over(self, call: Calls) -> None:
        passing, given_up = makers.a_class(days=10), makers.a_class(days=12)
        makers.book(SHEN, passing)
        makers.book(SHEN, given_up)
        makers.book(COLLEAGUE, given_up)
        path = f"/people/{SHEN.id}/departure"
        plan = call("GET", f"{path}?heir={COLLEAGUE.id}", OWNER).json
        assert [(row["class"], row["passes"], row["why"]) for row in plan["places"]] == [
            (passing, True, None),
            (given_up, False, "already_booked"),
        ]
        stale = {"heir": COLLEAGUE.id, "passing": [row["booking"] for row in plan["places"]]}
        assert call("POST", path, OWNER, stale).json["code"] == "plan_changed"
        done = call("POST", path, OWNER, {"heir": COLLEAGUE.id, "passing": [plan["places"][0]["booking"]]})
        assert (done.status_code, done.json) == (200, plan)
        assert makers.states(passing) == {SHEN.id: "cancelled", COLLEAGUE.id: "booked"}
        assert makers.states(given_up) == {SHEN.id: "cancelled", COLLEAGUE.id: "booked"}
        assert call("POST", path, OWNER, {}).status_code == 404
        assert call("GET", f"/classes/{passing}/log", GAO).json["log"][0]["door"] == "api"

    def test_without_a_successor_everything_is_given_up(self, call: Calls) -> None:
        class_id = makers.a_class()
        makers.book(SHEN, class_id)
        done = call("POST", f"/people/{SHEN.id}/departure", GAO, {}).json
        assert (done["heir"], [row["passes"] for row in done["places"]]) == (None, [False])
        assert makers.states(class_id) == {SHEN.id: "cancelled"}

    @pytest.mark.parametrize("heir", [LU.id, SHEN.id, 99])
    def test_the_successor_is_of_the_same_enterprise(self, call: Calls, heir: int) -> None:
        path = f"/people/{SHEN.id}/departure"
        assert call("GET", f"{path}?heir={heir}", OWNER).json["code"] == "no_successor"
        assert call("POST", path, OWNER, {"heir": heir}).json["code"] == "no_successor"

    def test_only_those_who_change_people(self, call: Calls) -> None:
        path = f"/people/{SHEN.id}/departure"
        for method, body in (("GET", None), ("POST", {})):
            assert call(method, path, OTHER_OFFICER, body).status_code == 404
            assert call(method, path, None, body).status_code == 401
            for member in (SHEN, COLLEAGUE, CHEN, INSPECTOR, ASSOCIATION, ADMINISTRATOR):
                assert call(method, path, member, body).status_code == 403
        assert call("POST", path, OWNER, {"heir": "4"}).status_code == 422


class TestDoubles:
    def test_two_people_become_one(self, call: Calls) -> None:
        made = call("POST", "/enterprises/1/people", OWNER, {"name": SHEN.name, "mobile": "13800138000"}).json
        [pair] = call("GET", "/doubles", OWNER).json["people"]
        assert (pair["first"]["id"], pair["second"]["id"], pair["why"]) == (SHEN.id, made["person"], "name")
        body = {"kept": SHEN.id, "gone": made["person"]}
        for member in (GAO, SHEN, CHEN, ASSOCIATION):
            assert call("POST", "/doubles/people", member, body).status_code == 403
        assert call("POST", "/doubles/people", None, body).status_code == 401
        assert call("POST", "/doubles/people", OWNER, body).json == {"kept": SHEN.id}
        assert call("POST", "/doubles/people", OWNER, body).status_code == 404
        assert (call("GET", "/doubles", OWNER).json["people"], count(Merger)) == ([], 1)

    @pytest.mark.parametrize(
        ("member", "kept", "gone", "code"),
        [
            (OWNER, SHEN.id, LU.id, "not_found"),
            (OWNER, SHEN.id, SHEN.id, "not_found"),
            (ADMINISTRATOR, SHEN.id, LU.id, "post_held"),
            (ADMINISTRATOR, SHEN.id, GAO.id, "not_mergeable"),
            (ADMINISTRATOR, SHEN.id, 99, "not_found"),
        ],
    )
    def test_what_cannot_be_merged(self, call: Calls, member: Member, kept: int, gone: int, code: str) -> None:
        before = count(Person)
        assert call("POST", "/doubles/people", member, {"kept": kept, "gone": gone}).json["code"] == code
        assert count(Person) == before

    def test_both_in_one_class_are_sorted_out_first(self, call: Calls) -> None:
        class_id = makers.a_class()
        makers.book(SHEN, class_id)
        makers.book(COLLEAGUE, class_id)
        refused = call("POST", "/doubles/people", OWNER, {"kept": SHEN.id, "gone": COLLEAGUE.id})
        assert (refused.status_code, refused.json["code"]) == (409, "both_booked")

    def test_two_enterprises_become_one(self, call: Calls) -> None:
        body = {"kept": 1, "gone": 2}
        for member in (OWNER, GAO, ASSOCIATION, BUREAU):
            assert call("POST", "/doubles/enterprises", member, body).status_code == 403
        assert call("POST", "/doubles/enterprises", ADMINISTRATOR, body).json == {"kept": 1}
        assert count(Enterprise) == 2
        assert call("POST", "/doubles/enterprises", ADMINISTRATOR, body).status_code == 404
        assert call("POST", "/doubles/enterprises", ADMINISTRATOR, {"kept": 1, "gone": 1}).status_code == 404
        assert call("POST", "/doubles/enterprises", ADMINISTRATOR, {"kept": "1", "gone": 3}).status_code == 422

    def test_an_owner_sees_the_own_people_alone(self, call: Calls) -> None:
        call("POST", "/enterprises/2/people", GAO, {"name": LU.name, "mobile": "13800138000"})
        assert call("GET", "/doubles", OWNER).json == {"people": [], "enterprises": []}
        assert len(call("GET", "/doubles", ADMINISTRATOR).json["people"]) == 1
