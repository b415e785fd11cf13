"""The OpenAPI document keeps its word: schemathesis sends what it allows and what it forbids, as each kind of caller.

A few examples of each operation in `make check`, many in `make proof`.
"""

import contextvars
import os
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, settings
from schemathesis import GenerationMode
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from courses.accounts.actions.token import make_token
from courses.api import BASE, SCHEMA
from courses.ground.api import MAX_ID
from courses.ground.db import db
from tests import makers
from tests.conftest import Client
from tests.doors import wrong
from tests.people import GAO, SHEN, Member

WHOLE = os.environ.get("PROOF") == "whole"
WORLD = 16  # more ids than any table of `a_world` has
EXAMPLES = settings(
    max_examples=100 if WHOLE else 3,
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
    "enterprise_id",
    "person_id",
    "template_id",
    "list_id",
    "request_id",
    "town",
    "industries",
    "heir",
    "kept",
    "gone",
}
# What a JSON schema cannot say: a cursor is ours, a year is in reach, a reason and an answer are not blank, an address
# is one, none is named twice.
MOMENTS = ("_at", "_until", "_by")
UNSAID = {
    "cursor",
    "day",
    "since",
    "until",
    "arrived",
    "left",
    "reason",
    "answer",
    "credit_code",
    "enterprise_name",
    "topic",
    "towns",
    "zh",
    "name",
    "email",
    "mobile",
    "#",
}


@pytest.mark.parametrize("lang", ["zh", "en"])
class TestDocument:
    def test_is_whole(self, client: Client, lang: str) -> None:
        document = client.get(f"/api/v1/openapi.json?lang={lang}").json
        schemas = document["components"]["schemas"]
        for found in schemas.values():
            jsonschema_rs.meta.validate(found)
        assert set(_all(document, "$ref")) <= {f"{SCHEMA}{name}" for name in schemas}
        operations = [about for methods in document["paths"].values() for about in methods.values()]
        assert len(operations) == len({about["operationId"] for about in operations}) == 99
        for about in operations:
            assert about["summary"]
            assert ("401" in about["responses"]) == bool(about["security"]) == ("x-roles" in about)

    def test_is_shown_on_a_page(self, client: Client, lang: str) -> None:
        document = client.get(f"/api/v1/openapi.json?lang={lang}").json
        page = client.get(f"/api/v1/docs?lang={lang}")
        text = unescape(page.text)
        assert page.status_code == 200
        ids = re.findall(r'id="([^"]+)"', text)
        assert len(ids) == len(set(ids))
        assert set(re.findall(r'href="#([^"]+)"', text)) <= set(ids)
        for path, methods in document["paths"].items():
            for method, about in methods.items():
                assert f"<b>{method.upper()}</b> <code>{path.removeprefix(BASE)}</code>" in text
                assert about["summary"] in text
                assert about["operationId"] in ids

    def test_says_which_scopes_a_token_needs(self, client: Client, lang: str) -> None:
        document = client.get(f"/api/v1/openapi.json?lang={lang}").json
        page = client.get(f"/api/v1/docs?lang={lang}").text
        for methods in document["paths"].values():
            for about in methods.values():
                said = page.partition(f'id="{about["operationId"]}"')[2].partition("<pre>")[0]
                scopes = [scope for scope in about.get("x-scopes", []) if scope != "read"]
                assert re.findall(r"<code>(book|serve)</code>", said.partition("<dl")[2]) == scopes

    def test_is_where_a_problem_points_to(self, client: Client, lang: str) -> None:
        problem = client.get(f"/api/v1/classes/999?lang={lang}").json
        assert problem["type"] == "http://localhost/api/v1/docs#not_found"
        assert 'id="not_found"' in client.get(f"/api/v1/docs?lang={lang}").text


def _all(part: Any, key: str) -> Iterator[str]:
    """Yield every value of `key` in a document."""
    if isinstance(part, dict):
        for name, value in part.items():
            if name == key:
                yield value
            yield from _all(value, key)
    elif isinstance(part, list):
        for value in part:
            yield from _all(value, key)


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


def what(role: str | None) -> Any:
    """Return the operations that this role may do.

    Whoever may not is refused before a word of theirs is read: test_rights asks that of each role at each route; here
    it is a long proof.
    """

    def may(ctx: Any) -> bool:
        return WHOLE or role in ctx.operation.definition.raw.get("x-roles", [role])

    return schemathesis.pytest.from_fixture("described").include(may)


# An officer may do most: as one, both databases are asked each time; the others ask PostgreSQL as a long proof.
IN_A_FILE = pytest.mark.parametrize("app", ["sqlite", pytest.param("postgres", marks=pytest.mark.proof)], indirect=True)


@IN_A_FILE
@what(None).parametrize()
@EXAMPLES
def test_to_nobody(case: schemathesis.Case) -> None:
    _try(case, None)


@IN_A_FILE
@what("manager").parametrize()
@EXAMPLES
def test_to_a_manager(case: schemathesis.Case, tokens: dict[Member, str]) -> None:
    _try(case, tokens[SHEN])


@what("officer").parametrize()
@EXAMPLES
def test_to_an_officer(case: schemathesis.Case, tokens: dict[Member, str]) -> None:
    _try(case, tokens[GAO])


def _try(case: schemathesis.Case, token: str | None) -> None:
    case.path_parameters, case.body = _at_home(case.path_parameters), _at_home(case.body)
    excluded = [positive_data_acceptance]  # a rule may refuse what is well formed
    if _left_unsaid(case) and case.meta and case.meta.components[ParameterLocation.QUERY].mode.is_positive:
        excluded.append(negative_data_rejection)  # as it is sent, nothing is wrong with it
    headers = {"Accept-Encoding": "identity"} | ({"Authorization": f"Bearer {token}"} if token else {})
    response = contextvars.Context().run(case.call_and_validate, headers=headers, excluded_checks=excluded)
    if case.meta and case.meta.generation.mode == GenerationMode.POSITIVE and response.status_code in (400, 415, 422):
        said = response.json()
        assert said["code"] not in ("bad_request", "unsupported_media_type")
        places = [fault.get("parameter") or fault["pointer"].split("/")[-1] for fault in said.get("errors", [])]
        assert {place for place in places if not place.endswith(MOMENTS)} <= UNSAID, (case.body, said["errors"])


def _left_unsaid(case: schemathesis.Case) -> bool:
    """Take out of the query what an address cannot say, an empty list; return whether there was any."""
    sent = {name: value for name, value in (case.query or {}).items() if value not in ([], {}, None)}
    if len(sent) == len(case.query or {}):
        return False
    case.query = sent
    return True


def _at_home(value: Any, key: str = "") -> Any:
    """Return `value` with each id brought into the small world of these tests, where there is something to find."""
    if isinstance(value, dict):
        return {name: _at_home(part, name) for name, part in value.items()}
    if isinstance(value, list):
        return [_at_home(part, key) for part in value]
    if key in IDS and type(value) is int and WORLD < value <= MAX_ID:
        return value % WORLD + 1
    return value
