"""Every route, walked by the whole cast: who gets in is what the table of rights says, and nobody gets a fault."""

import re

import pytest
from flask import Flask

from courses.accounts.actions.token import make_token
from courses.people.rights import PUBLIC, may
from tests import makers
from tests.conftest import Client
from tests.people import CAST, CHEN, GAO, INSPECTOR, LU, OTHER_LECTURER, OTHER_OFFICER, OWNER, SHEN, STRANGER, Member

FOREIGN = {
    "class_id": 1,
    "course_id": 1,
    "home_id": 1,
    "booking_id": 1,
    "sitting_id": 1,
    "webhook_id": 1,
    "identity_id": 1,
    "notice_id": 1,
    "token_id": 1,
    "template_id": 1,
    "person_id": 1,
    "row_id": 1,
    "import_id": 1,
    "list_id": 1,
    "enterprise_id": 1,
    "request_id": 1,
    "first_id": 1,
    "second_id": 4,
    "day": "2026-10-01",
}


def paths(app: Flask, method: str, api: bool = False) -> list[tuple[str, str]]:
    """Return (endpoint, path) of every route that takes `method`, its arguments filled in: pages, or the API."""
    found = []
    for rule in app.url_map.iter_rules():
        if method in (rule.methods or ()) and rule.rule.startswith("/api/") == api:
            path = re.sub(r"<(?:\w+:)?(\w+)>", lambda m: str(FOREIGN.get(m[1], "x")), rule.rule)
            found.append((rule.endpoint, path))
    return found


@pytest.fixture
def class_id(app: Flask) -> int:
    id_ = makers.a_class(seats=1, lecturers=[CHEN.id])
    makers.book(SHEN, id_)
    makers.book(LU, id_)
    return id_


@pytest.mark.parametrize("member", [None, *CAST], ids=lambda m: m.email if m else "nobody")
def test_every_page_opens_exactly_for_whom_it_should(
    app: Flask, client: Client, class_id: int, member: Member | None
) -> None:
    actor = makers.actor(member) if member else None
    for endpoint, path in paths(app, "GET"):
        right = app.view_functions[endpoint].right  # type: ignore[attr-defined]
        status = client.as_(member).get(path).status_code
        if may(actor, right):
            assert status in (200, 302, 303, 403, 404) or path == "/readyz", (path, status)
        elif member is None:
            assert status == 302, path  # to sign in
        else:
            assert status == 403, path


@pytest.mark.parametrize("member", [None, *CAST], ids=lambda m: m.email if m else "nobody")
def test_no_act_without_its_right(app: Flask, client: Client, class_id: int, member: Member | None) -> None:
    actor = makers.actor(member) if member else None
    before = makers.states(class_id), makers.the_class(class_id).state
    for endpoint, path in paths(app, "POST"):
        right = app.view_functions[endpoint].right  # type: ignore[attr-defined]
        if right in PUBLIC or may(actor, right):
            continue
        status = client.as_(member).post(path, data={"reason": "x", "mark": "present", "booking": "1"}).status_code
        assert status == (302 if member is None else 403), path
    assert (makers.states(class_id), makers.the_class(class_id).state) == before


@pytest.mark.parametrize("member", [None, *CAST], ids=lambda m: m.email if m else "nobody")
def test_no_operation_of_the_api_without_its_right(app: Flask, class_id: int, member: Member | None) -> None:
    """Said before a word of what is sent is read: what is sent here is no JSON."""
    actor = makers.actor(member) if member else None
    headers = {"Authorization": f"Bearer {make_token(actor, 'test')}"} if actor else {}
    before = makers.states(class_id), makers.the_class(class_id).state
    client, refused = app.test_client(), 0
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        for endpoint, path in paths(app, method, api=True):
            right = app.view_functions[endpoint].right  # type: ignore[attr-defined]
            if right in PUBLIC or may(actor, right):
                continue
            answer = client.open(path, method=method, headers=headers, data="{", content_type="application/json")
            code = "not_allowed" if actor else "not_signed_in"
            assert (answer.status_code, answer.get_json()["code"]) == (403 if actor else 401, code), path
            refused += 1
    assert refused > 5
    assert (makers.states(class_id), makers.the_class(class_id).state) == before


@pytest.mark.parametrize("member", [OTHER_OFFICER, OTHER_LECTURER, STRANGER, INSPECTOR])
def test_a_roster_is_there_for_those_who_teach_or_serve_the_class(
    client: Client, class_id: int, member: Member
) -> None:
    for path in (f"/classes/{class_id}/roster", f"/classes/{class_id}/sign-in-sheet"):
        assert client.as_(member).get(path).status_code in (403, 404)
        assert client.as_(GAO).get(path).status_code == 200
        assert client.as_(CHEN).get(path).status_code == 200


def test_another_squadrons_officer_changes_nothing(client: Client, class_id: int) -> None:
    client.as_(OTHER_OFFICER)
    for act in ("move", "capacity", "call-off"):
        assert client.get(f"/classes/{class_id}/{act}").status_code == 403
        assert client.post(f"/classes/{class_id}/{act}", data={"reason": "x", "capacity": "9"}).status_code == 403
    assert makers.the_class(class_id).state == "published"


@pytest.mark.parametrize("member", [LU, STRANGER, OTHER_OFFICER, CHEN, INSPECTOR])
def test_a_strangers_cancellation_meets_nothing(client: Client, class_id: int, member: Member) -> None:
    assert client.as_(member).post("/bookings/1/cancellation").status_code == 404
    assert makers.states(class_id)[SHEN.id] == "booked"


@pytest.mark.parametrize("member", [SHEN, OWNER, GAO])
def test_person_owner_and_officer_may_cancel(client: Client, class_id: int, member: Member) -> None:
    assert client.as_(member).post("/bookings/1/cancellation").status_code == 303
    assert makers.states(class_id) == {SHEN.id: "cancelled", LU.id: "booked"}


def test_an_owner_books_nobody_elses_people(client: Client, app: Flask) -> None:
    class_id = makers.a_class(seats=5)
    page = client.as_(OWNER).post(f"/classes/{class_id}/bookings", data={"people": [SHEN.id, LU.id], "group": "1"})
    assert page.status_code == 403
    assert makers.states(class_id) == {}


def test_the_inspector_sees_that_posts_are_filled_and_nothing_of_who_learns_what(client: Client, class_id: int) -> None:
    client.as_(INSPECTOR)
    seen = "".join(client.get(path).text for path in ("/posts", "/desk", f"/classes/{class_id}"))
    assert "91330481" in seen
    for name in (SHEN.name, LU.name):
        assert name not in seen


def test_a_colleagues_booking_shows_to_the_owner_not_to_a_colleague(client: Client, class_id: int) -> None:
    assert SHEN.name in client.as_(OWNER).get(f"/classes/{class_id}").text
    assert SHEN.name not in client.as_(STRANGER).get(f"/classes/{class_id}").text
    assert SHEN.name not in client.as_(None).get(f"/classes/{class_id}").text
