"""The API as its callers use it: reading, booking, an officer's and a lecturer's work, and who may do what."""

from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import event, select, text

from courses import api
from courses.accounts.actions.token import make_token, revoke_token, use_token
from courses.accounts.model import Token
from courses.booking import actions as booking
from courses.catalogue.model import TrainingClass
from courses.ground import clock
from courses.ground.db import db
from courses.people.rights import Reach
from courses.roster.queries import sittings_of
from tests import makers
from tests.conftest import Client
from tests.doors import wrong
from tests.doors.caller import Caller, a_plan, problem
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
)


@pytest.fixture
def call(app: Flask, client: Client) -> Caller:
    return Caller(app, client)


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
            problem(call.get(path), 404, "not_found")
        for path in ("/classes/0", "/classes/-1", "/classes/x", "/classes/007", "/classes/1/", f"/classes/{'9' * 400}"):
            problem(call.get(path), 404, "not_found")

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
    def test_publishes(self, call: Caller) -> None:
        answer = call.post("/classes", GAO, a_plan(lecturers=[CHEN.id]))
        assert answer.status_code == 201
        found = call.get(answer.headers["Location"].removeprefix(api.BASE)).json
        assert (found["id"], found["capacity"], found["is_open"]) == (answer.json["id"], 20, True)
        assert found["closes_at"] == found["sittings"][0]["starts_at"]
        assert [lecturer["id"] for lecturer in found["lecturers"]] == [CHEN.id]

    def test_publishes_what_the_form_publishes(self, call: Caller, client: Client) -> None:
        call.post("/classes", GAO, a_plan())
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
        moved = call.post(
            f"/classes/{class_id}/move", GAO, {"room": 2, "sittings": a_plan()["sittings"], "seen": 1}
        ).json
        assert (moved["schedule_no"], moved["room"]["id"]) == (2, 2)
        resized = call("PUT", f"/classes/{class_id}/capacity", GAO, {"capacity": 2}).json
        assert (resized["capacity"], resized["taken"], resized["queued"]) == (2, 2, 0)
        called_off = call.post(f"/classes/{class_id}/call-off", GAO, {"reason": " 台风 🌀 "}).json
        assert (called_off["state"], called_off["call_off_reason"]) == ("called_off", "台风 🌀")
        assert {row.door for row in makers.events(class_id) if row.actor_id == GAO.id} == {"api"}


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
        problem(call.get(f"/classes/{class_id}/roster?sitting=999", GAO), 404, "not_found")

    def test_names_each_once(self, call: Caller) -> None:
        class_id = makers.a_class()
        path = f"/classes/{class_id}/sittings/{sittings_of(class_id)[0].id}/attendance"
        twice = [{"booking": 1, "mark": "present"}, {"booking": 1, "mark": "absent"}]
        assert problem(call("PUT", path, GAO, twice), 422, "malformed")["errors"][0]["pointer"] == "#"


class TestWhoMay:
    @pytest.mark.parametrize(
        "header", [None, "Bearer", "Bearer ", "Bearer x", "Basic dTpw", "Bearer\u00e9", "x" * 5000]
    )
    def test_no_token_is_401(self, call: Caller, header: str | None) -> None:
        headers = {"Authorization": header} if header else {}
        answer = call.get("/me", headers=headers)
        problem(answer, 401, "not_signed_in")
        assert answer.headers["WWW-Authenticate"] == "Bearer"

    def test_reading_needs_none_and_minds_no_wrong_one(self, call: Caller) -> None:
        assert call.get("/courses", headers={"Authorization": "Bearer x"}).status_code == 200

    def test_the_session_cookie_means_nothing(self, app: Flask, call: Caller, client: Client) -> None:
        class_id = makers.a_class()
        client.as_(SHEN)
        problem(call.get("/me"), 401, "not_signed_in")
        problem(call.post(f"/classes/{class_id}/bookings", body={}), 401, "not_signed_in")

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
        assert "time of this token is over" in problem(answer, 401, "token_expired")["detail"]
        assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'

    def test_an_ended_token_is_none(self, call: Caller) -> None:
        call.token(SHEN)
        revoke_token(makers.actor(SHEN), db.session.scalars(select(Token.id)).one())
        problem(call.get("/me", SHEN), 401, "token_ended")

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
                problem(answer, 403, "beyond_token")
                assert answer.headers["WWW-Authenticate"] == 'Bearer error="insufficient_scope"'

    def test_a_role_without_the_right_is_403(self, call: Caller) -> None:
        class_id = makers.a_class()
        for member in (GAO, CHEN, INSPECTOR, ADMINISTRATOR):
            problem(call.post(f"/classes/{class_id}/bookings", member, {}), 403, "not_allowed")

    def test_every_view_declares_its_right_and_what_it_answers(self, app: Flask) -> None:
        views = [app.view_functions[r.endpoint] for r in app.url_map.iter_rules() if r.rule.startswith(api.BASE)]
        assert len(views) == 101
        for view in views:
            assert hasattr(view, "right"), view
            assert hasattr(view, "operation") or view.__name__ in ("openapi", "docs")
