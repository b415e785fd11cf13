"""The OpenAPI document keeps its word: schemathesis sends what it allows and what it forbids, as each kind of caller.

A few examples of each operation in `make check`, many in `make proof`.
"""

import contextvars
import os
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from courses.accounts.actions.token import make_token
from courses.ground.api import MAX_ID
from courses.ground.db import db
from tests import makers
from tests.doors import wrong
from tests.people import GAO, SHEN, Member

WHOLE = os.environ.get("PROOF") == "whole"
WORLD = 16  # more ids than any table of `a_world` has
EXAMPLES = settings(
    max_examples=100 if WHOLE else 4,
    derandomize=not WHOLE,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
IDS = {
    "course_id",
    "class_id",
    "sitting_id",
    "home_id",
    "booking_id",
    "course",
    "room",
    "people",
    "lecturers",
    "booking",
}
# What a JSON schema cannot say: a cursor is ours, a year is in reach, a reason is not blank, none is named twice.
UNSAID = {
    "cursor",
    "day",
    "starts_at",
    "ends_at",
    "opens_at",
    "closes_at",
    "cancel_until",
    "arrived",
    "left",
    "reason",
    "#",
}


@pytest.fixture
def described(app: Flask) -> Any:
    wrong.a_world()
    db.session.remove()  # PostgreSQL ends a transaction that idles while a long proof runs
    return contextvars.Context().run(schemathesis.openapi.from_wsgi, "/api/v1/openapi.json", app)


@pytest.fixture
def tokens(app: Flask) -> dict[Member, str]:
    made = {member: make_token(makers.actor(member), "test") for member in (SHEN, GAO)}
    db.session.remove()
    return made


schema = schemathesis.pytest.from_fixture("described")


@schema.parametrize()
@EXAMPLES
def test_to_nobody(case: schemathesis.Case) -> None:
    _try(case, None)


@schema.parametrize()
@EXAMPLES
def test_to_a_manager(case: schemathesis.Case, tokens: dict[Member, str]) -> None:
    _try(case, tokens[SHEN])


@schema.parametrize()
@EXAMPLES
def test_to_an_officer(case: schemathesis.Case, tokens: dict[Member, str]) -> None:
    _try(case, tokens[GAO])


def _try(case: schemathesis.Case, token: str | None) -> None:
    case.path_parameters, case.body = _at_home(case.path_parameters), _at_home(case.body)
    headers = {"Accept-Encoding": "identity"} | ({"Authorization": f"Bearer {token}"} if token else {})
    response = contextvars.Context().run(
        case.call_and_validate,
        headers=headers,
        excluded_checks=[positive_data_acceptance],  # a rule may refuse what is well formed
    )
    if case.meta and case.meta.generation.mode == GenerationMode.POSITIVE and response.status_code in (400, 415, 422):
        said = response.json()
        assert said["code"] not in ("bad_request", "unsupported_media_type")
        places = [fault.get("parameter") or fault["pointer"].split("/")[-1] for fault in said.get("errors", [])]
        assert set(places) <= UNSAID, (case.body, said["errors"])


def _at_home(value: Any, key: str = "") -> Any:
    """Return `value` with each id brought into the small world of these tests, where there is something to find."""
    if isinstance(value, dict):
        return {name: _at_home(part, name) for name, part in value.items()}
    if isinstance(value, list):
        return [_at_home(part, key) for part in value]
    if key in IDS and type(value) is int and WORLD < value <= MAX_ID:
        return value % WORLD + 1
    return value
