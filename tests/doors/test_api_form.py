"""The form of the API: problem documents, wrong input as a page says it, keys, tags, cursors, a busy database."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from typing import Any

import pytest
import time_machine
from flask import Flask
from werkzeug.test import TestResponse

from courses import api
from courses.catalogue.model import Course, Topic, TrainingClass
from courses.ground import clock
from courses.ground.db import db
from courses.ground.refusal import REFUSALS
from courses.ground.transaction import locked, transaction
from tests import makers
from tests.conftest import Client
from tests.doors import wrong
from tests.doors.caller import UNSET, Caller, a_plan, everything, problem
from tests.people import COLLEAGUE, GAO, LU, OWNER, SHEN, STRANGER, Member


@pytest.fixture
def call(app: Flask, client: Client) -> Caller:
    return Caller(app, client)


class TestForm:
    @pytest.mark.parametrize(
        ("body", "pointers"),
        [
            ({"people": ["x", True, 1.5, None, 0, 2**31]}, [f"#/people/{n}" for n in range(6)]),
            ({"people": 1}, ["#/people"]),
            ({"people": [1] * 1001}, ["#/people"]),
            ({"person": 1, "a/b~c": 2}, ["#/person", "#/a~1b~0c"]),
            ({"seen": "1"}, ["#/seen"]),
            ([], ["#"]),
            (None, ["#"]),
            ("text", ["#"]),
        ],
    )
    def test_says_where(self, call: Caller, body: Any, pointers: list[str]) -> None:
        raw = json.dumps(body)
        answer = call.post(f"/classes/{makers.a_class()}/bookings", SHEN, data=raw, content_type="application/json")
        assert [fault["pointer"] for fault in problem(answer, 422, "malformed")["errors"]] == pointers

    @pytest.mark.parametrize(
        "time", ["2030-01-01T09:00:00", "2030-01-01", "1893456000", 1893456001, "soon", "9999-12-31T23:59:59-12:00"]
    )
    def test_a_time_has_its_zone(self, call: Caller, time: Any) -> None:
        body = {"room": 1, "sittings": [{"starts_at": time, "ends_at": time}]}
        answer = call.post(f"/classes/{makers.a_class()}/move", GAO, body)
        pointers = {fault["pointer"] for fault in problem(answer, 422, "malformed")["errors"]}
        assert pointers == {"#/sittings/0/starts_at", "#/sittings/0/ends_at"}

    @pytest.mark.parametrize("raw", [b"", b"{", b"{'people': []}", b"\xff", b'"\\ud800"', b"[" * 5000, b"{}{}"])
    def test_no_json_is_400(self, call: Caller, raw: bytes) -> None:
        path = f"/classes/{makers.a_class()}/bookings"
        problem(call.post(path, SHEN, data=raw, content_type="application/json"), 400, "bad_request")

    @pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded", "application/jsonx"])
    def test_undeclared_json_is_415(self, call: Caller, kind: str | None) -> None:
        path = f"/classes/{makers.a_class()}/bookings"
        problem(call.post(path, SHEN, data=b"{}", content_type=kind), 415, "unsupported_media_type")

    def test_too_much_is_413(self, call: Caller) -> None:
        path = f"/classes/{makers.a_class()}/bookings"
        raw = b'{"people":[' + b"1," * 1_500_000 + b"1]}"
        problem(call.post(path, SHEN, data=raw, content_type="application/json"), 413, "request_entity_too_large")

    def test_another_method_is_405(self, call: Caller) -> None:
        answer = call("PATCH", "/classes")
        problem(answer, 405, "method_not_allowed")
        assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))

    @pytest.mark.parametrize(
        ("query", "parameter"),
        [
            ("limit=0", "limit"),
            ("limit=101", "limit"),
            ("limit=x", "limit"),
            ("cursor=x", "cursor"),
            ("cursor=ä", "cursor"),
            ("cursor=" + base64.b64encode(b"[1]").decode(), "cursor"),
            ("cursor=" + base64.urlsafe_b64encode(b'["9999-12-31T23:59:59-12:00",1]').decode(), "cursor"),
            ("cursor=" + "A" * 201, "cursor"),
            ("town=0", "town"),
            (f"town={2**31}", "town"),
            ("day=2026-13-01", "day"),
            ("day=86400", "day"),
            ("day=9999-12-31", "day"),
            ("free=perhaps", "free"),
            ("q=" + "x" * 101, "q"),
            ("q=a%00b", "q"),
            ("topic=%00", "topic"),
            ("toppic=carbon", "toppic"),
        ],
    )
    def test_a_wrong_parameter_is_named(self, call: Caller, query: str, parameter: str) -> None:
        answer = call.get(f"/classes?{query}")
        [fault] = problem(answer, 422, "malformed")["errors"]
        assert fault["parameter"] == parameter
        assert fault["detail"]

    def test_speaks_the_callers_language_or_the_one_asked_for(self, call: Caller) -> None:
        words = [call.get("/me", headers={"Accept-Language": language}).json["detail"] for language in ("en", "zh-CN")]
        assert words[0].startswith("Send a token")
        assert words[1].startswith("请提供")
        path = f"/classes/{makers.a_class()}/bookings"
        english, chinese = "Choose at least one person.", "请至少选择一人。"
        for member, query, said in ((LU, "", english), (SHEN, "", chinese), (LU, "?lang=zh", chinese)):
            assert call.post(path + query, member, {"people": []}).json["detail"] == said
        [fault] = call.post(f"{path}?lang=en", SHEN, {"people": 1}).json["errors"]
        assert fault["detail"] == "This must be a list."


class TestWrongInput:
    def test_is_refused_alike_by_page_and_api(self, call: Caller, client: Client, subtests: pytest.Subtests) -> None:
        world = wrong.a_world()
        before = everything()
        for case in wrong.wrong_inputs():
            with subtests.test(case.name):
                method, path, body = case.api
                sent = {} if body is None else {"body": wrong.filled(body, world)}
                answer = call(method, path.format(**world), case.by, **sent)
                said = problem(answer, REFUSALS[case.code][0], case.code)
                assert everything() == before
                path, form = case.page
                page = client.as_(case.by).post(path.format(**world), data=wrong.filled(form, world))
                _same(client, page, said)
                assert everything() == before

    def test_is_not_all_there_is(self, call: Caller) -> None:
        """The same requests, put right, are taken: else the table above would prove nothing."""
        world = wrong.a_world()
        for path, by, body in (
            ("/classes/{open}/bookings", LU, {}),
            ("/classes/{single}/bookings", OWNER, {"people": [COLLEAGUE.id]}),
            ("/bookings/{in_open}/cancellation", SHEN, UNSET),
            ("/classes/{open}/call-off", GAO, {"reason": "台风"}),
        ):
            assert call.post(path.format(**world), by, body).status_code in (200, 201)


def _same(client: Client, page: TestResponse, said: dict[str, Any]) -> None:
    """The page refuses for the same reason: forms come back as 422, the roster with a flash, all else as it is."""
    if said["status"] in (403, 404):
        assert page.status_code == said["status"]
        return
    if page.status_code == 303:
        page = client.get(page.headers["Location"])
        assert page.status_code == 200
    else:
        assert page.status_code in (said["status"], 422)
    if said["code"] != "malformed":
        assert said["detail"] in unescape(page.text)


class TestOnce:
    def test_the_same_key_gets_the_same_answer(self, call: Caller) -> None:
        class_id = makers.a_class()
        key = {"Idempotency-Key": "a-key"}
        first = call.post(f"/classes/{class_id}/bookings", SHEN, {}, headers=key)
        state = everything()
        second = call.post(f"/classes/{class_id}/bookings", SHEN, {}, headers=key)
        assert (second.status_code, second.data) == (first.status_code, first.data) == (201, first.data)
        assert second.headers["Location"] == first.headers["Location"]
        assert everything() == state

    def test_another_body_another_person_another_class(self, call: Caller) -> None:
        class_id, other = makers.a_class(days=10), makers.a_class(days=11)
        key = {"Idempotency-Key": "a-key"}
        call.post(f"/classes/{class_id}/bookings", SHEN, {}, headers=key)
        problem(call.post(f"/classes/{class_id}/bookings", SHEN, {"seen": 1}, headers=key), 422, "key_reused")
        assert call.post(f"/classes/{class_id}/bookings", LU, {}, headers=key).status_code == 201
        assert call.post(f"/classes/{other}/bookings", SHEN, {}, headers=key).status_code == 201

    def test_what_was_refused_may_be_asked_again(self, call: Caller) -> None:
        class_id = makers.a_class(opens_at=clock.now() + makers.HOUR)
        key = {"Idempotency-Key": "a-key"}
        problem(call.post(f"/classes/{class_id}/bookings", SHEN, {}, headers=key), 409, "not_open_yet")
        with time_machine.travel(clock.now() + 2 * makers.HOUR):
            assert call.post(f"/classes/{class_id}/bookings", SHEN, {}, headers=key).status_code == 201

    def test_is_forgotten_after_a_day(self, call: Caller) -> None:
        class_id = makers.a_class()
        key = {"Idempotency-Key": "a-key"}
        call.post(f"/classes/{class_id}/bookings", SHEN, {}, headers=key)
        with time_machine.travel(clock.now() + 25 * makers.HOUR):
            problem(call.post(f"/classes/{class_id}/bookings", SHEN, {}, headers=key), 409, "already_booked")

    def test_a_class_is_published_once(self, call: Caller) -> None:
        plan, key = a_plan(), {"Idempotency-Key": "a-key"}
        first, second = (call.post("/classes", GAO, plan, headers=key) for _ in range(2))
        assert (first.status_code, first.data) == (second.status_code, second.data) == (201, first.data)
        problem(call.post("/classes", GAO, plan), 409, "room_clash")

    @pytest.mark.parametrize("key", ["", "x" * 256, "schlüssel"])
    def test_a_wrong_key_is_named(self, call: Caller, key: str) -> None:
        answer = call.post(f"/classes/{makers.a_class()}/bookings", SHEN, {}, headers={"Idempotency-Key": key})
        [fault] = problem(answer, 422, "malformed")["errors"]
        assert fault["header"] == "Idempotency-Key"

    def test_two_at_once_make_one(self, app: Flask, call: Caller) -> None:
        class_id, token = makers.a_class(), call.token(SHEN)
        headers = {"Idempotency-Key": "a-key", "Authorization": f"Bearer {token}"}
        gate, answers = threading.Barrier(4), list[TestResponse]()

        def ask() -> None:
            gate.wait()
            answers.append(app.test_client().post(f"{api.BASE}/classes/{class_id}/bookings", json={}, headers=headers))

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.data for answer in answers}) == 1
        assert makers.the_class(class_id).seats_taken == 1
        assert len(makers.told("booked", SHEN.id)) == 1


class TestUnchanged:
    @pytest.mark.parametrize(
        "path", ["/courses", "/courses/1", "/classes", "/classes/{id}", "/homes/1", "/openapi.json"]
    )
    def test_is_said_without_a_body(self, call: Caller, path: str) -> None:
        path = path.format(id=makers.a_class())
        first = call.get(path)
        again = call.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", first.headers["ETag"])

    def test_is_said_of_a_compressed_answer_too(self, call: Caller) -> None:
        first = call.get("/openapi.json", headers={"Accept-Encoding": "gzip"})
        assert first.headers["Content-Encoding"] == "gzip"
        again = call.get("/openapi.json", headers={"Accept-Encoding": "gzip", "If-None-Match": first.headers["ETag"]})
        assert again.status_code == 304

    def test_is_not_said_of_what_changed(self, call: Caller) -> None:
        class_id = makers.a_class()
        first = call.get(f"/classes/{class_id}")
        makers.book(SHEN, class_id)
        assert call.get(f"/classes/{class_id}", headers={"If-None-Match": first.headers["ETag"]}).status_code == 200

    def test_ones_own_is_not_for_shared_caches(self, call: Caller) -> None:
        assert call.get("/me", SHEN).headers["Cache-Control"] == "private, no-cache"
        assert call.get("/courses").headers["Cache-Control"] == "no-cache"
        assert call.get("/me").headers["Cache-Control"] == "no-store"


def _walk(call: Caller, path: str, name: str, by: Member | None = None) -> tuple[list[int], int]:
    """Read a list to its end; return the ids and the number of pages."""
    ids, pages, following = list[int](), 0, f"{api.BASE}{path}"
    while following:
        answer = call.get(following.removeprefix(api.BASE), by)
        ids += [row["id"] for row in answer.json[name]]
        following = answer.json["next"]
        assert answer.headers.get("Link") == (f'<{following}>; rel="next"' if following else None)
        pages += 1
        assert pages < 20, "it never ends"
    return ids, pages


class TestCursors:
    def test_walk_the_classes_of_one_hour_and_of_others(self, call: Caller) -> None:
        ids = [makers.a_class(room=room) for room in (3, 1, 2)]
        ids = [*ids, makers.a_class(days=11), makers.a_class(days=12)]
        earlier = makers.a_class(days=9)
        assert _walk(call, "/classes?limit=2", "classes") == ([earlier, *ids], 3)
        assert _walk(call, "/classes?limit=6&q=碳 交易", "classes") == ([earlier, *ids], 1)

    def test_a_class_that_comes_meanwhile_moves_nothing(self, call: Caller) -> None:
        ids = [makers.a_class(days=days) for days in (10, 11, 12)]
        first = call.get("/classes?limit=2").json
        makers.a_class(days=9)
        second = call.get(first["next"].removeprefix(api.BASE)).json
        assert [row["id"] for row in first["classes"] + second["classes"]] == ids

    def test_walk_courses_homes_and_bookings(self, call: Caller) -> None:
        with transaction():
            db.session.add_all([Topic(slug="a", name_zh="甲", position=0), Topic(slug="b", name_zh="乙", position=1)])
            db.session.flush()
            db.session.add_all([Course(topic_id=topic, title_zh="课") for topic in (3, 4, 1, 2, 3)])
        shelves = _walk(call, "/courses?limit=100", "courses")[0]
        assert len(shelves) == 7
        assert _walk(call, "/courses?limit=1", "courses") == (shelves, 7)
        assert _walk(call, "/courses?limit=3", "courses") == (shelves, 3)
        assert _walk(call, "/homes?limit=1", "homes") == ([1, 2], 2)
        class_id = makers.a_class(2)
        made = [makers.book(member, class_id)[0].id for member in (SHEN, LU, STRANGER, COLLEAGUE)]
        assert _walk(call, f"/classes/{class_id}/bookings?limit=3", "bookings", GAO) == (made, 2)
        own = [makers.book(SHEN, makers.a_class(days=days))[0].id for days in (11, 12)]
        assert _walk(call, "/me/bookings?limit=2", "bookings", SHEN) == ([*own[::-1], made[0]], 2)


class TestBusy:
    def test_says_when_to_try_again(self, app: Flask, call: Caller) -> None:
        class_id, _token = makers.a_class(), call.token(SHEN)
        before = everything()
        with _locked(class_id):
            answer = call.post(f"/classes/{class_id}/bookings", SHEN, {})
        problem(answer, 503, "busy")
        assert answer.headers["Retry-After"] == "2"
        assert everything() == before
        assert call.post(f"/classes/{class_id}/bookings", SHEN, {}).status_code == 201


@contextmanager
def _locked(class_id: int) -> Iterator[None]:
    """Hold the class as a slow action elsewhere would: its row on PostgreSQL, on SQLite the write lock."""
    with transaction():
        locked(TrainingClass, class_id)
        yield
