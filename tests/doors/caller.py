"""A program that calls the API and holds every answer against the OpenAPI document."""

from typing import Any

import jsonschema_rs
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from courses import api
from courses.accounts.actions.token import make_token
from courses.booking.model import Booking, Event
from courses.catalogue.model import TrainingClass
from courses.ground.db import db
from courses.outbox.model import Notice
from courses.roster.model import Attendance
from tests import makers
from tests.conftest import Client
from tests.people import Member

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


def problem(answer: TestResponse, status: int, code: str) -> dict[str, Any]:
    assert (answer.status_code, answer.json and answer.json["code"]) == (status, code)
    assert answer.mimetype == PROBLEM
    assert answer.json["status"] == status
    found: dict[str, Any] = answer.json
    return found


def everything() -> list[Any]:
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


def a_plan(**more: Any) -> dict[str, Any]:
    """Return what an officer says to publish a class."""
    begins = makers.in_days(20, 9)
    sitting = {"starts_at": begins.isoformat(), "ends_at": (begins + 2 * makers.HOUR).isoformat()}
    return {"course": 1, "room": 1, "capacity": 20, "sittings": [sitting], **more}
