"""Planning a class through the API: drafts, repeating, templates, undoing, lecturers; and writing courses."""

from typing import Any

import pytest
from flask import Flask

from courses.catalogue import planning
from courses.catalogue.model import ClassState
from courses.ground import clock
from courses.people.rights import Reach
from tests import makers
from tests.doors import wrong
from tests.doors.conftest import Calls
from tests.people import (
    ADMINISTRATOR,
    ASSOCIATION,
    BUREAU,
    CHEN,
    GAO,
    INSPECTOR,
    OTHER_LECTURER,
    OTHER_OFFICER,
    OWNER,
    SHEN,
    Member,
)

NOT_OFFICERS = (SHEN, OWNER, CHEN, INSPECTOR, ASSOCIATION, BUREAU, ADMINISTRATOR)
COURSE = {"topic": "waste", "title": {"zh": "危废台账", "en": "Waste ledgers"}, "syllabus": {"zh": "- 台账\r\n- 转移"}}


def a_body(days: float = 10, hour: int = 9, room: int = 3, **more: Any) -> dict[str, Any]:
    span = (makers.in_days(days, hour), makers.in_days(days, hour + 2))
    return wrong.body_of([span], room, **{"course": 1, "capacity": 3, **more})


def drafted(call: Calls, **plan: Any) -> int:
    return int(call("POST", "/drafts", GAO, a_body(**plan)).json["id"])


class TestDrafts:
    def test_one_is_saved_read_changed_and_published(self, call: Calls) -> None:
        made = call("POST", "/drafts", GAO, a_body(lecturers=[CHEN.id]))
        assert made.status_code == 201
        path = f"/drafts/{made.json['id']}"
        assert made.json["url"] == made.headers["Location"] == f"/api/v1{path}"
        read = call("GET", path, GAO).json
        assert (read["plan"]["capacity"], read["plan"]["lecturers"], read["meets"]) == (3, [CHEN.id], [])
        assert call("PUT", path, GAO, {**read["plan"], "capacity": 5}).json["plan"]["capacity"] == 5
        assert [row["id"] for row in call("GET", "/drafts", GAO).json["drafts"]] == [made.json["id"]]
        assert call("GET", f"/classes/{made.json['id']}", None).status_code == 404
        published = call("POST", f"{path}/publication", GAO)
        assert (published.status_code, published.json["id"]) == (201, made.json["id"])
        assert call("GET", f"/classes/{made.json['id']}", None).json["capacity"] == 5
        assert call("GET", path, GAO).status_code == 404
        assert call("POST", f"{path}/publication", GAO).status_code == 404

    def test_it_says_what_it_would_meet(self, call: Calls) -> None:
        taken = makers.a_class(days=10, lecturers=[CHEN.id])
        read = call("GET", f"/drafts/{drafted(call, lecturers=[CHEN.id])}", GAO).json
        assert [(row["class"], row["lecturer"], row["state"]) for row in read["meets"]] == [
            (taken, None, "published"),
            (taken, CHEN.name, "published"),
        ]
        refused = call("POST", f"/drafts/{read['id']}/publication", GAO)
        assert (refused.status_code, refused.json["code"]) == (409, "room_clash")

    def test_it_says_what_the_day_is(self, call: Calls) -> None:
        weekday = clock.local(clock.now()).weekday()
        body = a_body(days=(5 - weekday) % 7 + 14)
        read = call("GET", f"/drafts/{call('POST', '/drafts', GAO, body).json['id']}", GAO).json
        assert [row["day"] for row in read["days"]] == [body["sittings"][0]["starts_at"][:10]]
        assert read["days"][0]["kind"] in ("weekend", "working", "off")

    def test_one_key_makes_one_draft_and_one_publication(self, call: Calls) -> None:
        body = a_body()
        answers = [call("POST", "/drafts", GAO, body, Idempotency_Key="k").json for _ in range(2)]
        assert answers[0] == answers[1]
        assert len(call("GET", "/drafts", GAO).json["drafts"]) == 1
        path = f"/drafts/{answers[0]['id']}/publication"
        twice = [call("POST", path, GAO, Idempotency_Key="p") for _ in range(2)]
        assert [answer.status_code for answer in twice] == [201, 201]
        other = call("POST", "/drafts", GAO, {**body, "capacity": 4}, Idempotency_Key="k")
        assert other.json["code"] == "key_reused"

    def test_it_is_thrown_away(self, call: Calls) -> None:
        draft = drafted(call)
        assert call("DELETE", f"/drafts/{draft}", OTHER_OFFICER).status_code == 404
        assert call("DELETE", f"/drafts/{draft}", GAO).json == {"drafts": []}
        assert call("DELETE", f"/drafts/{draft}", GAO).status_code == 404
        assert call("DELETE", f"/drafts/{makers.a_class()}", GAO).status_code == 404, "published: not by this way"

    def test_to_all_others_there_is_none(self, call: Calls) -> None:
        draft = drafted(call)
        for method, path, body in (
            ("GET", f"/drafts/{draft}", None),
            ("PUT", f"/drafts/{draft}", a_body()),
            ("POST", f"/drafts/{draft}/publication", None),
        ):
            assert call(method, path, OTHER_OFFICER, body).status_code == 404
            assert call(method, path, None, body).status_code == 401
            for member in NOT_OFFICERS:
                assert call(method, path, member, body).status_code == 403, member
        assert call("GET", "/drafts", OTHER_OFFICER).json == {"drafts": []}
        assert makers.the_class(draft).state == ClassState.DRAFT

    def test_a_token_must_be_made_for_it(self, call: Calls) -> None:
        answer = call("POST", "/drafts", GAO, a_body(), reach=[Reach.BOOK])
        assert (answer.status_code, answer.json["code"]) == (403, "beyond_token")

    @pytest.mark.parametrize(
        ("more", "code"),
        [
            ({"days": -2}, "in_the_past"),
            ({"course": 99}, "not_found"),
            ({"room": 99}, "not_found"),
            ({"lecturers": [SHEN.id]}, "not_found"),
            ({"capacity": 0}, "malformed"),
            ({"closes_at": "2050-01-01T09:00:00+08:00"}, "closes_wrong"),
        ],
    )
    def test_what_cannot_be_is_refused(self, call: Calls, more: dict[str, Any], code: str) -> None:
        assert call("POST", "/drafts", GAO, a_body(**more)).json["code"] == code
        draft = drafted(call)
        assert call("PUT", f"/drafts/{draft}", GAO, a_body(**more)).json["code"] == code


class TestRepeating:
    def test_a_class_is_given_again(self, call: Calls) -> None:
        class_id = makers.a_class(days=10)
        seen = call("GET", f"/classes/{class_id}/repetitions?times=3", GAO).json["repetitions"]
        assert [row["week"] for row in seen] == [1, 2, 3]
        made = call("POST", f"/classes/{class_id}/repetitions", GAO, {"weeks": [2, 1]})
        assert (made.status_code, made.json["url"]) == (201, "/api/v1/courses/1")
        starts = [makers.the_class(id_).starts_at for id_ in made.json["classes"]]
        assert [(start - makers.the_class(class_id).starts_at).days for start in starts] == [7, 14]

    def test_as_drafts(self, call: Calls) -> None:
        made = call("POST", f"/classes/{makers.a_class()}/repetitions", GAO, {"weeks": [1], "drafts": True}).json
        [row] = call("GET", "/drafts", GAO).json["drafts"]
        assert (made["classes"], made["url"]) == ([row["id"]], "/api/v1/drafts")

    def test_one_key_repeats_once(self, call: Calls) -> None:
        path = f"/classes/{makers.a_class()}/repetitions"
        answers = [call("POST", path, GAO, {"weeks": [1]}, Idempotency_Key="k").json for _ in range(2)]
        assert answers[0] == answers[1]

    def test_all_or_none(self, call: Calls) -> None:
        class_id = makers.a_class(days=10)
        makers.a_class(days=24)
        seen = call("GET", f"/classes/{class_id}/repetitions", GAO).json["repetitions"]
        assert [(row["week"], row["is_wanted"]) for row in seen if row["meets"]] == [(2, False)]
        refused = call("POST", f"/classes/{class_id}/repetitions", GAO, {"weeks": [1, 2]})
        assert refused.json["code"] == "room_clash"
        assert len(call("GET", "/courses/1", None).json["classes"]) == 2

    @pytest.mark.parametrize(
        ("body", "code"),
        [({"weeks": []}, "nothing_chosen"), ({"weeks": [0]}, "malformed"), ({"weeks": ["1"]}, "malformed")],
    )
    def test_wrong_weeks(self, call: Calls, body: Any, code: str) -> None:
        assert call("POST", f"/classes/{makers.a_class()}/repetitions", GAO, body).json["code"] == code

    def test_only_ones_own_squadron_s(self, call: Calls) -> None:
        path = f"/classes/{makers.a_class()}/repetitions"
        for method, body in (("GET", None), ("POST", {"weeks": [1]})):
            assert call(method, path, OTHER_OFFICER, body).status_code == 404
            assert call(method, path, SHEN, body).status_code == 403
            assert call(method, path, None, body).status_code == 401


class TestTemplates:
    def test_one_is_kept_read_used_and_deleted(self, call: Calls) -> None:
        class_id = makers.a_class(seats=7, days=10)
        made = call("POST", f"/classes/{class_id}/templates", GAO, {"name": "上午班"})
        assert made.status_code == 201
        again = call("POST", f"/classes/{class_id}/templates", GAO, {"name": "上午班"})
        assert again.json["id"] == made.json["id"], "the same name is the same template"
        [template] = call("GET", "/class-templates", GAO).json["templates"]
        assert template == call("GET", f"/class-templates/{made.json['id']}", GAO).json
        assert (template["name"], template["plan"]["capacity"]) == ("上午班", 7)
        days = wrong.body_of([(makers.in_days(40), makers.in_days(40, 11))], 3)["sittings"]
        plan = {**template["plan"], "sittings": days, "closes_at": None, "cancel_until": None}
        assert call("POST", "/classes", GAO, plan).status_code == 201
        assert call("DELETE", f"/class-templates/{made.json['id']}", OTHER_OFFICER).status_code == 404
        assert call("DELETE", f"/class-templates/{made.json['id']}", GAO).json == {"templates": []}
        assert call("GET", f"/class-templates/{made.json['id']}", GAO).status_code == 404

    def test_only_ones_own_squadron_s(self, call: Calls) -> None:
        path = f"/classes/{makers.a_class()}/templates"
        assert call("POST", path, OTHER_OFFICER, {"name": "我的"}).status_code == 404
        assert call("POST", path, SHEN, {"name": "我的"}).status_code == 403
        assert call("POST", path, None, {"name": "我的"}).status_code == 401
        assert call("POST", path, GAO, {"name": " "}).status_code == 422
        assert call("GET", "/class-templates", OTHER_OFFICER).json == {"templates": []}


class TestUndoing:
    def test_a_publication_is_taken_back(self, call: Calls) -> None:
        class_id = makers.a_class()
        assert call("DELETE", f"/classes/{class_id}/publication", OTHER_OFFICER).status_code == 403
        assert call("DELETE", f"/classes/{class_id}/publication", GAO).json["id"] == class_id
        assert makers.the_class(class_id).state == ClassState.DRAFT
        booked = makers.a_class(days=11)
        makers.book(SHEN, booked)
        assert call("DELETE", f"/classes/{booked}/publication", GAO).json["code"] == "already_told"

    def test_a_change_is_undone(self, call: Calls) -> None:
        class_id = makers.a_class(seats=3)
        call("PUT", f"/classes/{class_id}/capacity", GAO, {"capacity": 5})
        assert call("DELETE", f"/classes/{class_id}/last-change", SHEN).status_code == 403
        assert call("DELETE", f"/classes/{class_id}/last-change", GAO).json["capacity"] == 3
        assert call("DELETE", f"/classes/{class_id}/last-change", GAO).json["code"] == "nothing_to_undo"

    def test_others_teach(self, call: Calls) -> None:
        path = f"/classes/{makers.a_class(lecturers=[CHEN.id])}/lecturers"
        changed = call("PUT", path, GAO, {"lecturers": [OTHER_LECTURER.id]}).json
        assert [row["id"] for row in changed["lecturers"]] == [OTHER_LECTURER.id]
        assert call("PUT", path, GAO, {"lecturers": [OTHER_LECTURER.id]}).json["code"] == "nothing_changed"
        assert call("PUT", path, GAO, {"lecturers": [SHEN.id]}).status_code == 404
        assert call("PUT", path, OTHER_OFFICER, {"lecturers": []}).status_code == 403
        assert call("PUT", path, CHEN, {"lecturers": []}).status_code == 403
        assert call("PUT", path, None, {"lecturers": []}).status_code == 401

    def test_the_log_names_the_door(self, call: Calls) -> None:
        class_id = makers.a_class()
        call("PUT", f"/classes/{class_id}/lecturers", GAO, {"lecturers": [CHEN.id]})
        newest = call("GET", f"/classes/{class_id}/log", GAO).json["log"][0]
        assert (newest["what"], newest["door"]) == ("lecturers_changed", "api")


class TestCourses:
    def test_one_is_written_and_given_another_text(self, call: Calls, app: Flask) -> None:
        made = call("POST", "/courses", GAO, COURSE)
        assert made.status_code == 201
        path = f"/courses/{made.json['id']}"
        read = call("GET", path, None).json
        assert (read["title"], read["syllabus"]["zh"], read["version"]) == (COURSE["title"], "- 台账\n- 转移", 1)
        changed = call("PUT", path, ADMINISTRATOR, {**COURSE, "topic": "carbon", "title": {"zh": "台账"}}).json
        assert (changed["topic"]["slug"], changed["title"]) == ("carbon", {"zh": "台账", "en": None})
        assert call("GET", f"{path}/versions", GAO).json == {"versions": []}, "no class was given yet"

    def test_it_is_made_for_industries(self, call: Calls) -> None:
        [industry] = call("GET", "/industries", None).json["industries"]
        changed = call("PUT", "/courses/1", GAO, {**COURSE, "industries": [industry["id"]]}).json
        assert changed["industries"] == [industry]
        assert call("PUT", "/courses/1", GAO, COURSE).json["industries"] == []
        assert call("PUT", "/courses/1", GAO, {**COURSE, "industries": [99]}).status_code == 404

    def test_a_class_keeps_its_text(self, call: Calls) -> None:
        with makers.at(makers.in_days(-5)):
            makers.a_class(days=1)
        assert call("PUT", "/courses/1", GAO, COURSE).json["version"] == 2
        [version] = call("GET", "/courses/1/versions", GAO).json["versions"]
        assert (version["number"], version["title"]["zh"], version["made_at"]) == (1, "碳交易管理", None)

    def test_one_key_writes_one_course(self, call: Calls) -> None:
        answers = [call("POST", "/courses", GAO, COURSE, Idempotency_Key="k").json for _ in range(2)]
        assert answers[0] == answers[1]

    def test_it_is_archived_and_offered_again(self, call: Calls) -> None:
        assert call("PUT", "/courses/1/archived", GAO, {"archived": True}).json["is_archived"]
        assert call("POST", "/classes", GAO, a_body()).json["code"] == "course_archived"
        assert not call("PUT", "/courses/1/archived", GAO, {"archived": False}).json["is_archived"]
        assert call("POST", "/classes", GAO, a_body()).status_code == 201

    @pytest.mark.parametrize("member", [SHEN, OWNER, CHEN, INSPECTOR, ASSOCIATION, BUREAU, None])
    def test_only_officers_and_the_administrator_write(self, call: Calls, member: Member | None) -> None:
        status = 403 if member else 401
        for method, path, body in (
            ("POST", "/courses", COURSE),
            ("PUT", "/courses/1", COURSE),
            ("PUT", "/courses/1/archived", {"archived": True}),
            ("GET", "/courses/1/versions", None),
        ):
            assert call(method, path, member, body).status_code == status

    @pytest.mark.parametrize(
        ("wrong_part", "where"),
        [
            ({"topic": "nothing"}, "#/topic"),
            ({"title": {"en": "No Chinese"}}, "#/title/zh"),
            ({"title": {"zh": " "}}, "#/title/zh"),
            ({"title": {"zh": "长" * 101}}, "#/title/zh"),
            ({"summary": {"zh": "a\0b"}}, "#/summary/zh"),
            ({"syllabus": {"zh": "a\u200bb"}}, "#/syllabus/zh"),
        ],
    )
    def test_what_cannot_be_read_is_said_at_its_field(self, call: Calls, wrong_part: Any, where: str) -> None:
        for method, path in (("POST", "/courses"), ("PUT", "/courses/1")):
            answer = call(method, path, GAO, {**COURSE, **wrong_part})
            assert answer.status_code == 422
            assert [fault["pointer"] for fault in answer.json["errors"]] == [where]

    def test_the_topics_are_read_by_everyone(self, call: Calls) -> None:
        found = call("GET", "/topics", None).json["topics"]
        assert [topic["slug"] for topic in found] == [topic.slug for topic in planning.all_topics()]
        assert call("PUT", "/courses/99", GAO, COURSE).status_code == 404
