"""Who looked at someone's data: each look of staff is written down and shown to whom it was at, and nothing else is."""

import datetime as dt
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from courses.accounts.actions import token_for
from courses.enterprise.model import JoinRequest
from courses.ground import clock
from courses.ground.db import db
from courses.ground.transaction import transaction
from courses.outbox.model import Fate, Notice
from courses.people.model import Post
from courses.privacy import queries
from tests import makers
from tests.conftest import Client
from tests.doors.private import a_class_all_told, a_request, looks
from tests.people import (
    ADMINISTRATOR,
    ASSOCIATION,
    BUREAU,
    CHEN,
    COLLEAGUE,
    GAO,
    INSPECTOR,
    LU,
    OWNER,
    SHEN,
    STRANGER,
    Member,
)
from tests.processes import held_by_another


@pytest.fixture
def class_id(app: Flask) -> int:
    return a_class_all_told()


@pytest.mark.parametrize(
    ("member", "path", "look"),
    [
        (GAO, "/classes/1/roster", ("roster", "page", 1, None, None)),
        (GAO, "/classes/1/sign-in-sheet", ("sign_in_sheet", "page", 1, None, None)),
        (GAO, "/classes/1", ("class_page", "page", 1, None, None)),
        (GAO, "/people/new?enterprise=1", ("people", "page", None, 1, None)),
        (GAO, "/enterprises/1", ("people", "page", None, 1, None)),
        (GAO, "/enterprises/1?as=csv", ("export", "page", None, 1, None)),
        (GAO, f"/people/{SHEN.id}/departure", ("people", "page", None, 1, None)),
        (ASSOCIATION, "/enterprises/1", ("people", "page", None, 1, None)),
        (ADMINISTRATOR, "/enterprises/1", ("people", "page", None, 1, None)),
        (CHEN, "/classes/1/roster", ("roster", "page", 1, None, None)),
        (CHEN, "/classes/1", ("class_page", "page", 1, None, None)),
        (ADMINISTRATOR, f"/erasures?q={SHEN.email}", ("search", "page", None, None, SHEN.id)),
        (ADMINISTRATOR, f"/people/{SHEN.id}/erasure", ("erasure", "page", None, None, SHEN.id)),
    ],
)
def test_a_look_is_written_down_once_and_shown_to_whom_it_was_at(
    client: Client, class_id: int, member: Member, path: str, look: tuple[Any, ...]
) -> None:
    assert client.as_(member).get(path).status_code == 200
    assert looks() == [(member.id, *look)]
    assert member.name in client.as_(SHEN, "zh").get("/account/data").text
    assert member.name not in client.as_(STRANGER, "zh").get("/account/data").text


@pytest.mark.parametrize(
    ("member", "path"),
    [
        (SHEN, "/classes/1"),
        (SHEN, "/desk"),
        (SHEN, "/account/data/all"),
        (OWNER, "/desk"),
        (OWNER, "/people/new"),
        (OWNER, "/enterprises/1"),
        (GAO, "/desk"),
        (GAO, "/"),
        (GAO, "/account/data"),
        (CHEN, "/desk"),
        (INSPECTOR, "/posts"),
        (INSPECTOR, "/classes/1"),
        (BUREAU, "/desk"),
        (ASSOCIATION, "/desk"),
        (ADMINISTRATOR, "/installation"),
        (ADMINISTRATOR, "/erasures"),
        (ADMINISTRATOR, "/classes/1"),
    ],
)
def test_what_shows_nobody_elses_data_is_no_look(client: Client, class_id: int, member: Member, path: str) -> None:
    assert client.as_(member).get(path).status_code == 200
    assert looks() == []


@pytest.mark.parametrize("path", ["/classes/1/roster", "/enterprises/1", "/people/new?enterprise=1"])
def test_a_look_that_was_refused_is_none(client: Client, class_id: int, path: str) -> None:
    assert client.as_(STRANGER).get(path).status_code in (403, 404)
    assert client.as_(INSPECTOR).get(path).status_code in (403, 404)
    assert looks() == []


def test_notices_that_did_not_arrive_name_people(client: Client, class_id: int) -> None:
    with transaction():
        db.session.execute(update(Notice).where(Notice.person_id == SHEN.id).values(state=Fate.FAILED))
    client.as_(GAO).get("/desk")
    client.as_(ADMINISTRATOR).get("/installation")
    assert looks() == [
        (GAO.id, "notices", "page", None, None, SHEN.id),
        (ADMINISTRATOR.id, "notices", "page", None, None, SHEN.id),
    ]


@pytest.mark.parametrize("path", ["/desk", "/join-requests", "/join-requests?as=csv", "/join-requests/1"])
def test_a_request_to_join_is_a_look_at_who_asked_and_at_nobody_else(client: Client, class_id: int, path: str) -> None:
    a_request("asks@test.example")
    assert client.as_(GAO).get(path).status_code == 200
    assert looks() == []
    with transaction():
        db.session.execute(update(JoinRequest).values(email=SHEN.email))
    assert client.as_(GAO).get(path).status_code == 200
    assert looks() == [(GAO.id, "joining", "page", None, None, SHEN.id)]


def test_a_program_reads_requests_of_those_who_asked(client: Client) -> None:
    a_request(SHEN.email)
    key = {"Authorization": f"Bearer {token_for(GAO.email)}"}
    for path in ("join-requests", "join-requests/1"):
        assert client.get(f"/api/v1/{path}", headers=key).status_code == 200
    assert looks() == [(GAO.id, "joining", "api", None, None, SHEN.id)] * 2


@pytest.mark.parametrize(
    ("path", "page", "seen"),
    [
        ("/desk/managers?q=zzzzzz", "people", False),
        ("/desk/managers?q=zzzzzz&as=csv", "export", False),
        (f"/desk/managers?q={LU.name}", "people", False),
        (f"/desk/managers?q={SHEN.name}", "people", True),
        (f"/desk/managers?q={SHEN.name}&as=csv", "export", True),
        ("/desk/managers", "people", True),
        ("/desk/managers?as=csv", "export", True),
        (f"/people/{SHEN.id}", "people", True),
        (f"/people/{COLLEAGUE.id}", "people", False),
    ],
)
def test_a_look_is_held_against_those_alone_whom_the_page_showed(
    client: Client, class_id: int, path: str, page: str, seen: bool
) -> None:
    assert client.as_(GAO).get(path).status_code == 200
    assert [look.page for look in queries.looks_at(SHEN.id)] == [page] * seen


def test_an_owner_looks_at_people_of_their_own_and_no_look_is_written(client: Client) -> None:
    assert client.as_(OWNER).get(f"/people/{SHEN.id}").status_code == 200
    assert looks() == []


@pytest.mark.parametrize("path", ["roster", "sign-in-sheet", ""])
def test_who_asks_for_a_seat_afterwards_was_not_looked_at(client: Client, path: str) -> None:
    class_id = makers.a_class()
    assert client.as_(GAO).get(f"/classes/{class_id}/{path}".rstrip("/")).status_code == 200
    with makers.at(clock.now() + dt.timedelta(minutes=4)):
        makers.book(SHEN, class_id)
    assert queries.looks_at(SHEN.id) == []


def test_the_sheets_show_only_who_has_a_seat(client: Client, class_id: int) -> None:
    client.as_(GAO).get(f"/classes/{class_id}/roster")
    assert queries.looks_at(LU.id) == []
    client.as_(GAO).get(f"/classes/{class_id}")
    assert [look.page for look in queries.looks_at(LU.id)] == ["class_page"]


def test_who_came_to_an_enterprise_afterwards_was_not_looked_at(client: Client) -> None:
    assert client.as_(GAO).get("/enterprises/1").status_code == 200
    assert len(queries.looks_at(SHEN.id)) == 1
    with transaction():
        later = clock.now() + dt.timedelta(minutes=4)
        db.session.execute(update(Post).where(Post.person_id == SHEN.id).values(began_at=later))
    assert queries.looks_at(SHEN.id) == []


def test_comparing_two_people_is_a_look_at_both(client: Client, class_id: int) -> None:
    path = f"/doubles/people/{SHEN.id}/{COLLEAGUE.id}"
    assert client.as_(ADMINISTRATOR).get(path).status_code == 200
    assert client.as_(OWNER).get(path).status_code == 200
    assert [(actor, page, who) for actor, page, *_, who in looks()] == [
        (ADMINISTRATOR.id, "doubles", SHEN.id),
        (ADMINISTRATOR.id, "doubles", COLLEAGUE.id),
    ]


def test_a_program_looks_too(app: Flask, client: Client, class_id: int) -> None:
    key = {"Authorization": f"Bearer {token_for(GAO.email)}"}
    own = {"Authorization": f"Bearer {token_for(SHEN.email)}"}
    for path in (f"classes/{class_id}/bookings", f"classes/{class_id}/roster", f"classes/{class_id}/log"):
        assert client.get(f"/api/v1/{path}", headers=key).status_code == 200
    assert client.get("/api/v1/bookings/1", headers=key).status_code == 200
    assert client.get("/api/v1/enterprises/1/people", headers=key).status_code == 200
    for path in (f"classes/{class_id}/bookings", "bookings/1", "me"):
        assert client.get(f"/api/v1/{path}", headers=own).status_code == 200
    assert [(page, class_, place, who) for _, page, _, class_, place, who in looks()] == [
        ("bookings", class_id, None, None),
        ("roster", class_id, None, None),
        ("class_page", class_id, None, None),
        ("booking", None, None, SHEN.id),
        ("people", None, 1, None),
    ]
    assert {(actor, door) for actor, _, door, *_ in looks()} == {(GAO.id, "api")}


def test_many_looks_of_a_day_are_one_line(client: Client, class_id: int) -> None:
    for _ in range(3):
        client.as_(GAO).get(f"/classes/{class_id}/roster")
    client.as_(CHEN).get(f"/classes/{class_id}/roster")
    found = [(look.actor, look.times) for look in queries.looks_at(SHEN.id)]
    assert found == [(CHEN.name, 1), (GAO.name, 3)]
    assert "3 times" in client.as_(SHEN, "en").get("/account/data").text


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)  # elsewhere one row's lock stops no other table's insert
def test_what_cannot_be_written_down_is_not_shown(app: Flask, client: Client, class_id: int) -> None:
    with held_by_another(app, class_id):
        answer = client.as_(GAO).get(f"/classes/{class_id}/roster")
    assert answer.status_code == 503
    assert SHEN.name not in answer.text
