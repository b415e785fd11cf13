"""The API as its callers see it: what each resource answers, what each wrong thing gets, what is said only once."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from typing import Any

import jsonschema_rs
import pytest
import time_machine
from flask import Flask
from sqlalchemy import event, func, select, text
from werkzeug.test import TestResponse

from courses import api
from courses.accounts.actions.token import make_token, revoke_token, use_token
from courses.accounts.model import Token
from courses.booking import actions as booking
from courses.booking.model import Booking, Event
from courses.catalogue.model import Course, Topic, TrainingClass
from courses.ground import clock
from courses.ground.db import db
from courses.ground.refusal import REFUSALS
from courses.ground.transaction import locked, transaction
from courses.outbox.model import Notice
from courses.people.rights import Reach
from courses.roster.model import Attendance
from courses.roster.queries import sittings_of
from tests import makers
from tests.conftest import Client
from tests.doors import wrong
from tests.people import (
    ADMINISTRATOR,
    CAST,
    CHEN,
    COLLEAGUE,
    GAO,
    INSPECTOR,
    LU,
    NEWCOMER,
    OTHER_OFFICER,
    OWNER,
    SHEN,
    STRANGER,
    Member,
)

PROBLEM = "application/problem+json"
UNSET: Any = object()


class Caller:
    """A program that calls the API; every answer is held against the OpenAPI document."""

    def __init__(self, app: Flask, client: Client) -> None:
        self._app, self._client, self._tokens = app, client, dict[int, str]()

    def token(self, member: Member) -> str:
        if member.id not in self._tokens:
            self._tokens[member.id] = make_token(makers.actor(member), "test")
        return self._tokens[member.id]

    def __call__(
        self, method: str, path: str, by: Member | None = None, body: Any = UNSET, **more: Any
    ) -> TestResponse:
        headers = dict(more.pop("headers", {}))
        if by:
            headers["Authorization"] = f"Bearer {self.token(by)}"
        if body is not UNSET:
            more["json"] = body
        answer: TestResponse = self._client.open(api.BASE + path, method=method, headers=headers, **more)
        self._check(method, path, answer)
        return answer

    def get(self, path: str, by: Member | None = None, **more: Any) -> TestResponse:
        return self("GET", path, by, **more)

    def post(self, path: str, by: Member | None = None, body: Any = UNSET, **more: Any) -> TestResponse:
        return self("POST", path, by, body, **more)

    def _check(self, method: str, path: str, answer: TestResponse) -> None:
        """Hold the answer against what the document says of this operation."""
        with self._app.test_request_context():
            document = api.document(self._app)
            adapter = self._app.url_map.bind("")
            if not adapter.test(api.BASE + path.partition("?")[0], method):
                return
            rule, _ids = adapter.match(api.BASE + path.partition("?")[0], method, return_rule=True)
            room, name = rule.endpoint.split(".")
        known = {about["operationId"]: about for methods in document["paths"].values() for about in methods.values()}
        about = known.get(f"{room.removesuffix('_api')}.{name.strip('_')}")
        if about is None:
            return
        described = about["responses"][str(answer.status_code)]
        for header, of in described.get("headers", {}).items():
            assert header in answer.headers or not of.get("required")
        for mimetype, content in described.get("content", {}).items():
            assert answer.mimetype == mimetype
            schema = {**content["schema"], "components": document["components"]}
            jsonschema_rs.validator_for(schema).validate(answer.json)


@pytest.fixture
def call(app: Flask, client: Client) -> Caller:
    return Caller(app, client)


def _problem(answer: TestResponse, status: int, code: str) -> dict[str, Any]:
    assert (answer.status_code, answer.json and answer.json["code"]) == (status, code)
    assert answer.mimetype == PROBLEM
    assert answer.json["status"] == status
    found: dict[str, Any] = answer.json
    return found


def _state() -> list[Any]:
    """Return all that a refused request must leave as it was."""
    db.session.rollback()
    classes = select(
        TrainingClass.id,
        TrainingClass.state,
        TrainingClass.capacity,
        TrainingClass.seats_taken,
        TrainingClass.queued,
        TrainingClass.schedule_no,
    )
    bookings = select(Booking.id, Booking.state, Booking.attended)
    counts = [db.session.scalar(select(func.count()).select_from(of)) for of in (Notice, Event, Attendance)]
    return [*db.session.execute(classes.order_by(TrainingClass.id)), *db.session.execute(bookings), counts]


class TestReading:
    def test_everyone_may_read_classes(self, call: Caller) -> None:
        class_id = makers.a_class(3, lecturers=[CHEN.id])
        makers.book(SHEN, class_id)
        [found] = call.get("/classes").json["classes"]
        assert (found["id"], found["capacity"], found["taken"], found["free"]) == (class_id, 3, 1, 2)
        assert found["title"] == {"zh": "碳交易管理", "en": "Carbon Trading Management"}
        assert found["lecturers"] == [CHEN.name]
        assert found["is_open"] is True

    def test_one_class_says_what_its_page_says(self, call: Caller) -> None:
        class_id = makers.a_class(3, lecturers=[CHEN.id], days=10, hour=9)
        found = call.get(f"/classes/{class_id}").json
        assert found["schedule_no"] == 1
        assert found["home"]["town"]["name"]["zh"] == "马桥街道"
        assert found["room"] == {"id": 3, "name": {"zh": "1000座教室", "en": "Room of 1000"}, "seats": 1000}
        assert [lecturer["name"] for lecturer in found["lecturers"]] == [CHEN.name]
        assert [sitting["id"] for sitting in found["sittings"]] == [sittings_of(class_id)[0].id]

    def test_times_carry_the_citys_zone(self, call: Caller) -> None:
        class_id = makers.a_class(hour=9)
        [sitting] = call.get(f"/classes/{class_id}").json["sittings"]
        assert sitting["starts_at"] == clock.local(makers.in_days(10, 9)).isoformat()
        assert sitting["starts_at"].endswith("T09:00:00+08:00")

    def test_courses_and_homes(self, call: Caller) -> None:
        class_id = makers.a_class()
        assert [course["id"] for course in call.get("/courses").json["courses"]] == [1, 2]
        course = call.get("/courses/1").json
        assert course["topic"] == {"slug": "carbon", "name": {"zh": "双碳", "en": "Carbon"}}
        assert [found["id"] for found in course["classes"]] == [class_id]
        assert call.get("/courses/2").json["title"] == {"zh": "危险废物规范化管理", "en": None}
        homes = call.get("/homes").json["homes"]
        assert [[room["seats"] for room in home["rooms"]] for home in homes] == [[30, 20], [1000]]
        assert call.get("/homes/2").json == homes[1]

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("", ["carbon", "waste", "full"]),
            ("q=碳", ["carbon", "full"]),
            ("q=trading", ["carbon", "full"]),
            ("q=林知", ["waste"]),
            ("q=%25", []),
            ("topic=waste", ["waste"]),
            ("topic=nothing", []),
            ("town=1", ["waste"]),
            ("town=2", ["carbon", "full"]),
            ("free=true", ["carbon", "waste"]),
            ("free=1&topic=carbon", ["carbon"]),
            ("day={day}", ["waste"]),
            ("day=2020-02-29", []),
        ],
    )
    def test_classes_are_found(self, call: Caller, query: str, found: list[str]) -> None:
        ids = {
            "carbon": makers.a_class(3, days=10),
            "waste": makers.a_class(3, days=11, room=1, course=2, lecturers=[10]),
            "full": makers.a_class(1, days=12),
        }
        makers.book(SHEN, ids["full"])
        asked = query.format(day=clock.local(makers.in_days(11)).date())
        assert [row["id"] for row in call.get(f"/classes?{asked}").json["classes"]] == [ids[name] for name in found]

    def test_what_is_not_there(self, call: Caller) -> None:
        for path in ("/courses/9", "/classes/9", "/homes/9", "/classes/999999999", "/classes/2147483648", "/nothing"):
            _problem(call.get(path), 404, "not_found")
        for path in ("/classes/0", "/classes/-1", "/classes/x", "/classes/007", "/classes/1/", f"/classes/{'9' * 400}"):
            _problem(call.get(path), 404, "not_found")

    def test_me(self, call: Caller) -> None:
        class_id = makers.a_class()
        makers.book(OWNER, class_id, SHEN)
        found = call.get("/me", SHEN).json
        assert (found["id"], found["name"], found["roles"], found["language"]) == (1, SHEN.name, ["manager"], "zh")
        assert found["enterprise"]["name"]["zh"] == "甲科技有限公司"
        assert [(row["class"], row["state"]) for row in found["coming"]] == [(class_id, "booked")]
        assert found["hours"] == 0
        assert call.get("/me", GAO).json["enterprise"] is None

    def test_own_bookings_also_the_cancelled(self, call: Caller) -> None:
        first, second = makers.a_class(days=10), makers.a_class(days=11)
        makers.book(SHEN, first)
        makers.book(SHEN, second)
        makers.cancel(first, SHEN)
        found = call.get("/me/bookings", SHEN).json["bookings"]
        assert [(row["class"], row["state"]) for row in found] == [(second, "booked"), (first, "cancelled")]
        assert call.get("/me/bookings", STRANGER).json["bookings"] == []


class TestBooking:
    def test_books_the_caller(self, call: Caller) -> None:
        class_id = makers.a_class(1)
        answer = call.post(f"/classes/{class_id}/bookings", SHEN, {})
        [made] = answer.json["bookings"]
        assert (answer.status_code, made["person"], made["state"], made["place"]) == (201, SHEN.id, "booked", None)
        assert answer.headers["Location"] == f"/api/v1/bookings/{made['id']}"
        assert call.get(f"/bookings/{made['id']}", SHEN).json["name"] == SHEN.name
        assert [row.door for row in makers.events(class_id)] == ["api"]

    def test_full_is_a_state_and_no_error(self, call: Caller) -> None:
        class_id = makers.a_class(1)
        call.post(f"/classes/{class_id}/bookings", SHEN, {})
        answer = call.post(f"/classes/{class_id}/bookings", LU, {})
        [made] = answer.json["bookings"]
        assert (answer.status_code, made["state"], made["place"]) == (201, "queued", 1)

    def test_books_a_group(self, call: Caller) -> None:
        class_id = makers.a_class(3)
        people = [SHEN.id, COLLEAGUE.id, NEWCOMER.id]
        answer = call.post(f"/classes/{class_id}/bookings", OWNER, {"people": people, "seen": 1})
        assert [(made["person"], made["state"]) for made in answer.json["bookings"]] == [
            (id_, "booked") for id_ in people
        ]
        assert answer.headers["Location"] == f"/api/v1/classes/{class_id}/bookings"
        shown = call.get(answer.headers["Location"].removeprefix(api.BASE), OWNER).json["bookings"]
        assert [row["person"] for row in shown] == people

    def test_costs_no_more_than_the_actor_and_the_action(self, app: Flask, call: Caller) -> None:
        token, first, second = call.token(SHEN), makers.a_class(days=10), makers.a_class(days=11)
        asked: list[str] = []

        def count(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
            asked.append(statement)

        call.get("/homes")  # reads the city, which is then kept
        call.get("/me", SHEN)  # notes that the token is used, once in ten minutes
        event.listen(db.engine, "before_cursor_execute", count)
        try:
            call.post(f"/classes/{first}/bookings", SHEN, {})
            over_http = len(asked)
            asked.clear()
            booking.book(use_token(token), second, [SHEN.id])
        finally:
            event.remove(db.engine, "before_cursor_execute", count)
        assert over_http == len(asked)

    def test_who_sees_whose(self, call: Caller) -> None:
        class_id = makers.a_class(2, lecturers=[CHEN.id])
        mine = makers.book(SHEN, class_id)[0].id
        theirs = makers.book(STRANGER, class_id)[0].id
        seen = {
            member.name: [row["id"] for row in call.get(f"/classes/{class_id}/bookings", member).json["bookings"]]
            for member in (SHEN, OWNER, STRANGER, LU, GAO, CHEN, OTHER_OFFICER, INSPECTOR)
        }
        assert seen == {
            SHEN.name: [mine],
            OWNER.name: [mine],
            STRANGER.name: [theirs],
            LU.name: [],
            GAO.name: [mine, theirs],
            CHEN.name: [mine, theirs],
            OTHER_OFFICER.name: [],
            INSPECTOR.name: [],
        }
        for member in CAST:
            status = 200 if member in (SHEN, OWNER, GAO, CHEN) else 404
            assert call.get(f"/bookings/{mine}", member).status_code == status, member

    def test_cancels_and_takes_back(self, call: Caller) -> None:
        class_id = makers.a_class(1)
        id_ = makers.book(SHEN, class_id)[0].id
        cancelled = call.post(f"/bookings/{id_}/cancellation", SHEN)
        assert (cancelled.status_code, cancelled.json["state"], cancelled.json["reason"]) == (200, "cancelled", "asked")
        again = call("DELETE", f"/bookings/{id_}/cancellation", SHEN)
        assert (again.status_code, again.json["state"]) == (200, "booked")
        assert {row.door for row in makers.events(class_id)[1:]} == {"api"}


class TestOfficer:
    def _plan(self, **more: Any) -> dict[str, Any]:
        begins = makers.in_days(20, 9)
        sitting = {"starts_at": begins.isoformat(), "ends_at": (begins + 2 * makers.HOUR).isoformat()}
        return {"course": 1, "room": 1, "capacity": 20, "sittings": [sitting], **more}

    def test_publishes(self, call: Caller) -> None:
        answer = call.post("/classes", GAO, self._plan(lecturers=[CHEN.id]))
        assert answer.status_code == 201
        found = call.get(answer.headers["Location"].removeprefix(api.BASE)).json
        assert (found["id"], found["capacity"], found["is_open"]) == (answer.json["id"], 20, True)
        assert found["closes_at"] == found["sittings"][0]["starts_at"]
        assert [lecturer["id"] for lecturer in found["lecturers"]] == [CHEN.id]

    def test_publishes_what_the_form_publishes(self, call: Caller, client: Client) -> None:
        call.post("/classes", GAO, self._plan())
        begins = makers.in_days(20, 13)
        spans = [(begins, begins + 2 * makers.HOUR)]
        client.as_(GAO).post(
            "/courses/1/classes", data=wrong.form_of(spans, 1, capacity=20, reminders=[4320, 1440, 120])
        )
        by_api, by_page = db.session.scalars(select(TrainingClass).order_by(TrainingClass.id))
        for class_ in (by_api, by_page):
            assert class_.closes_at == class_.starts_at
            assert class_.starts_at - class_.cancel_until == 24 * makers.HOUR
            assert class_.is_bookable(clock.now())
        rules = text("SELECT minutes_before FROM reminder_rule WHERE class_id = :id ORDER BY 1")
        assert [list(db.session.scalars(rules, {"id": c.id})) for c in (by_api, by_page)] == [[120, 1440, 4320]] * 2

    def test_moves_resizes_and_calls_off(self, call: Caller) -> None:
        class_id = makers.a_class(1)
        makers.book(SHEN, class_id)
        makers.book(LU, class_id)
        moved = call.post(f"/classes/{class_id}/move", GAO, {**self._plan_to_move(), "seen": 1}).json
        assert (moved["schedule_no"], moved["room"]["id"]) == (2, 2)
        resized = call("PUT", f"/classes/{class_id}/capacity", GAO, {"capacity": 2}).json
        assert (resized["capacity"], resized["taken"], resized["queued"]) == (2, 2, 0)
        called_off = call.post(f"/classes/{class_id}/call-off", GAO, {"reason": " 台风 🌀 "}).json
        assert (called_off["state"], called_off["call_off_reason"]) == ("called_off", "台风 🌀")
        assert {row.door for row in makers.events(class_id) if row.actor_id == GAO.id} == {"api"}

    def _plan_to_move(self) -> dict[str, Any]:
        return {"room": 2, "sittings": self._plan()["sittings"]}


class TestRoster:
    def test_marks_who_came(self, call: Caller) -> None:
        with makers.at(clock.now() - 48 * makers.HOUR):
            class_id = makers.a_class(5, days=1, lecturers=[CHEN.id])
            ids = [made.id for made in makers.book(OWNER, class_id, SHEN, COLLEAGUE, NEWCOMER)]
        sitting = sittings_of(class_id)[0]
        late = clock.local(sitting.starts_at + makers.HOUR).isoformat()
        marks = [
            {"booking": ids[0], "mark": "present"},
            {"booking": ids[1], "mark": "present", "arrived": late},
            {"booking": ids[2], "mark": "absent"},
        ]
        answer = call("PUT", f"/classes/{class_id}/sittings/{sitting.id}/attendance", CHEN, marks)
        assert answer.status_code == 200
        lines = {line["booking"]: line for line in answer.json["lines"]}
        assert [lines[id_]["mark"] for id_ in ids] == ["present", "present", "absent"]
        assert [lines[id_]["hours"] for id_ in ids] == [3.5, 0, 0]
        assert lines[ids[1]]["arrived"] == late
        assert call.get(f"/classes/{class_id}/roster?sitting={sitting.id}", GAO).json == answer.json
        assert call.get("/me", SHEN).json["hours"] == 3.5
        call(
            "PUT",
            f"/classes/{class_id}/sittings/{sitting.id}/attendance",
            CHEN,
            [{"booking": ids[0], "mark": "unmarked"}],
        )
        assert call.get("/me", SHEN).json["hours"] == 0

    def test_is_not_there_for_others(self, call: Caller) -> None:
        class_id = makers.a_class(lecturers=[CHEN.id])
        for member in CAST:
            status = {GAO: 200, CHEN: 200}.get(member, 404 if member.role in ("officer", "lecturer") else 403)
            assert call.get(f"/classes/{class_id}/roster", member).status_code == status, member
        _problem(call.get(f"/classes/{class_id}/roster?sitting=999", GAO), 404, "not_found")

    def test_names_each_once(self, call: Caller) -> None:
        class_id = makers.a_class()
        path = f"/classes/{class_id}/sittings/{sittings_of(class_id)[0].id}/attendance"
        twice = [{"booking": 1, "mark": "present"}, {"booking": 1, "mark": "absent"}]
        assert _problem(call("PUT", path, GAO, twice), 422, "malformed")["errors"][0]["pointer"] == "#"


class TestWhoMay:
    @pytest.mark.parametrize(
        "header", [None, "Bearer", "Bearer ", "Bearer x", "Basic dTpw", "Bearer\u00e9", "x" * 5000]
    )
    def test_no_token_is_401(self, call: Caller, header: str | None) -> None:
        headers = {"Authorization": header} if header else {}
        answer = call.get("/me", headers=headers)
        _problem(answer, 401, "not_signed_in")
        assert answer.headers["WWW-Authenticate"] == "Bearer"

    def test_reading_needs_none_and_minds_no_wrong_one(self, call: Caller) -> None:
        assert call.get("/courses", headers={"Authorization": "Bearer x"}).status_code == 200

    def test_the_session_cookie_means_nothing(self, app: Flask, call: Caller, client: Client) -> None:
        class_id = makers.a_class()
        client.as_(SHEN)
        _problem(call.get("/me"), 401, "not_signed_in")
        _problem(call.post(f"/classes/{class_id}/bookings", body={}), 401, "not_signed_in")

    def test_a_token_needs_no_csrf(self, app: Flask, call: Caller) -> None:
        class_id = makers.a_class()
        app.config["WTF_CSRF_ENABLED"] = True
        try:
            assert call.post(f"/classes/{class_id}/bookings", SHEN, {}).status_code == 201
        finally:
            app.config["WTF_CSRF_ENABLED"] = False

    def test_an_expired_token_is_none(self, call: Caller) -> None:
        call.token(SHEN)
        with time_machine.travel(clock.now() + 366 * 24 * makers.HOUR):
            answer = call.get("/me?lang=en", SHEN)
        assert "time of this token is over" in _problem(answer, 401, "token_expired")["detail"]
        assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'

    def test_an_ended_token_is_none(self, call: Caller) -> None:
        call.token(SHEN)
        revoke_token(makers.actor(SHEN), db.session.scalars(select(Token.id)).one())
        _problem(call.get("/me", SHEN), 401, "token_ended")

    @pytest.mark.parametrize(
        ("reach", "books", "cancels", "resizes"),
        [((), 403, 403, 403), ((Reach.BOOK,), 201, 200, 403), ((Reach.SERVE,), 403, 200, 200)],
    )
    def test_a_token_goes_no_further_than_it_was_made_for(
        self, call: Caller, reach: tuple[Reach, ...], books: int, cancels: int, resizes: int
    ) -> None:
        other, class_id = makers.a_class(days=20), makers.a_class(days=21)
        booked = makers.book(SHEN, other)[0].id
        shens, gaos = (make_token(makers.actor(member), "test", reach=reach) for member in (SHEN, GAO))
        by = {member: {"Authorization": f"Bearer {token}"} for member, token in ((SHEN, shens), (GAO, gaos))}
        assert call.get("/me", headers=by[SHEN]).status_code == 200
        assert call.get(f"/classes/{other}/roster", headers=by[GAO]).status_code == 200
        answers = (
            call.post(f"/classes/{class_id}/bookings", body={}, headers=by[SHEN]),
            call.post(f"/bookings/{booked}/cancellation", headers=by[SHEN]),
            call("PUT", f"/classes/{class_id}/capacity", body={"capacity": 9}, headers=by[GAO]),
        )
        assert tuple(answer.status_code for answer in answers) == (books, cancels, resizes)
        for answer in answers:
            if answer.status_code == 403:
                _problem(answer, 403, "beyond_token")
                assert answer.headers["WWW-Authenticate"] == 'Bearer error="insufficient_scope"'

    def test_a_role_without_the_right_is_403(self, call: Caller) -> None:
        class_id = makers.a_class()
        for member in (GAO, CHEN, INSPECTOR, ADMINISTRATOR):
            _problem(call.post(f"/classes/{class_id}/bookings", member, {}), 403, "not_allowed")

    def test_every_view_declares_its_right_and_what_it_answers(self, app: Flask) -> None:
        views = [app.view_functions[r.endpoint] for r in app.url_map.iter_rules() if r.rule.startswith(api.BASE)]
        assert len(views) == 101
        for view in views:
            assert hasattr(view, "right"), view
            assert hasattr(view, "operation") or view.__name__ in ("openapi", "docs")


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
        assert [fault["pointer"] for fault in _problem(answer, 422, "malformed")["errors"]] == pointers

    @pytest.mark.parametrize(
        "time", ["2030-01-01T09:00:00", "2030-01-01", "1893456000", 1893456001, "soon", "9999-12-31T23:59:59-12:00"]
    )
    def test_a_time_has_its_zone(self, call: Caller, time: Any) -> None:
        body = {"room": 1, "sittings": [{"starts_at": time, "ends_at": time}]}
        answer = call.post(f"/classes/{makers.a_class()}/move", GAO, body)
        pointers = {fault["pointer"] for fault in _problem(answer, 422, "malformed")["errors"]}
        assert pointers == {"#/sittings/0/starts_at", "#/sittings/0/ends_at"}

    @pytest.mark.parametrize("raw", [b"", b"{", b"{'people': []}", b"\xff", b'"\\ud800"', b"[" * 5000, b"{}{}"])
    def test_no_json_is_400(self, call: Caller, raw: bytes) -> None:
        path = f"/classes/{makers.a_class()}/bookings"
        _problem(call.post(path, SHEN, data=raw, content_type="application/json"), 400, "bad_request")

    @pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded", "application/jsonx"])
    def test_undeclared_json_is_415(self, call: Caller, kind: str | None) -> None:
        path = f"/classes/{makers.a_class()}/bookings"
        _problem(call.post(path, SHEN, data=b"{}", content_type=kind), 415, "unsupported_media_type")

    def test_too_much_is_413(self, call: Caller) -> None:
        path = f"/classes/{makers.a_class()}/bookings"
        raw = b'{"people":[' + b"1," * 1_500_000 + b"1]}"
        _problem(call.post(path, SHEN, data=raw, content_type="application/json"), 413, "request_entity_too_large")

    def test_another_method_is_405(self, call: Caller) -> None:
        answer = call("PATCH", "/classes")
        _problem(answer, 405, "method_not_allowed")
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
        [fault] = _problem(answer, 422, "malformed")["errors"]
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
        before = _state()
        for case in wrong.wrong_inputs():
            with subtests.test(case.name):
                method, path, body = case.api
                sent = {} if body is None else {"body": wrong.filled(body, world)}
                answer = call(method, path.format(**world), case.by, **sent)
                said = _problem(answer, REFUSALS[case.code][0], case.code)
                assert _state() == before
                path, form = case.page
                page = client.as_(case.by).post(path.format(**world), data=wrong.filled(form, world))
                _same(client, page, said)
                assert _state() == before

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
        state = _state()
        second = call.post(f"/classes/{class_id}/bookings", SHEN, {}, headers=key)
        assert (second.status_code, second.data) == (first.status_code, first.data) == (201, first.data)
        assert second.headers["Location"] == first.headers["Location"]
        assert _state() == state

    def test_another_body_another_person_another_class(self, call: Caller) -> None:
        class_id, other = makers.a_class(days=10), makers.a_class(days=11)
        key = {"Idempotency-Key": "a-key"}
        call.post(f"/classes/{class_id}/bookings", SHEN, {}, headers=key)
        _problem(call.post(f"/classes/{class_id}/bookings", SHEN, {"seen": 1}, headers=key), 422, "key_reused")
        assert call.post(f"/classes/{class_id}/bookings", LU, {}, headers=key).status_code == 201
        assert call.post(f"/classes/{other}/bookings", SHEN, {}, headers=key).status_code == 201

    def test_what_was_refused_may_be_asked_again(self, call: Caller) -> None:
        class_id = makers.a_class(opens_at=clock.now() + makers.HOUR)
        key = {"Idempotency-Key": "a-key"}
        _problem(call.post(f"/classes/{class_id}/bookings", SHEN, {}, headers=key), 409, "not_open_yet")
        with time_machine.travel(clock.now() + 2 * makers.HOUR):
            assert call.post(f"/classes/{class_id}/bookings", SHEN, {}, headers=key).status_code == 201

    def test_is_forgotten_after_a_day(self, call: Caller) -> None:
        class_id = makers.a_class()
        key = {"Idempotency-Key": "a-key"}
        call.post(f"/classes/{class_id}/bookings", SHEN, {}, headers=key)
        with time_machine.travel(clock.now() + 25 * makers.HOUR):
            _problem(call.post(f"/classes/{class_id}/bookings", SHEN, {}, headers=key), 409, "already_booked")

    def test_a_class_is_published_once(self, call: Caller) -> None:
        plan, key = TestOfficer()._plan(), {"Idempotency-Key": "a-key"}
        first, second = (call.post("/classes", GAO, plan, headers=key) for _ in range(2))
        assert (first.status_code, first.data) == (second.status_code, second.data) == (201, first.data)
        _problem(call.post("/classes", GAO, plan), 409, "room_clash")

    @pytest.mark.parametrize("key", ["", "x" * 256, "schlüssel"])
    def test_a_wrong_key_is_named(self, call: Caller, key: str) -> None:
        answer = call.post(f"/classes/{makers.a_class()}/bookings", SHEN, {}, headers={"Idempotency-Key": key})
        [fault] = _problem(answer, 422, "malformed")["errors"]
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
        before = _state()
        with _locked(class_id):
            answer = call.post(f"/classes/{class_id}/bookings", SHEN, {})
        _problem(answer, 503, "busy")
        assert answer.headers["Retry-After"] == "2"
        assert _state() == before
        assert call.post(f"/classes/{class_id}/bookings", SHEN, {}).status_code == 201


@contextmanager
def _locked(class_id: int) -> Iterator[None]:
    """Hold the class as a slow action elsewhere would: its row on PostgreSQL, on SQLite the write lock."""
    with transaction():
        locked(TrainingClass, class_id)
        yield
