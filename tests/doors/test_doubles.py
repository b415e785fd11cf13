"""The pages on which doubles are found, compared and merged."""

import pytest
from flask import Flask

from courses.ground.db import db
from courses.ground.transaction import transaction
from courses.people.model import Person
from tests import makers
from tests.conftest import Client
from tests.doors.test_pages import counted
from tests.people import ADMINISTRATOR, COLLEAGUE, GAO, LU, OWNER, SHEN, STRANGER, Member

PAIR = f"/doubles/people/{SHEN.id}/{COLLEAGUE.id}"
FIRMS = "/doubles/enterprises/1/2"


def test_an_owner_compares_and_merges(client: Client) -> None:
    with transaction():
        db.session.get_one(Person, COLLEAGUE.id).name = SHEN.name
    assert PAIR in client.as_(OWNER, "en").get("/doubles").text
    page = client.get(PAIR).text
    assert SHEN.email in page
    assert COLLEAGUE.email in page
    assert client.post(PAIR, data={"kept": str(COLLEAGUE.id)}).location == "/doubles"
    assert db.session.get(Person, SHEN.id) is None
    assert "No doubles in sight" in client.get("/doubles").text
    assert "merged a second record" in client.as_(ADMINISTRATOR, "en").get("/doubles").text


def test_a_refusal_is_told_beside_the_two(client: Client) -> None:
    class_id = makers.a_class()
    makers.book(SHEN, class_id)
    makers.book(COLLEAGUE, class_id)
    page = client.as_(OWNER, "en").post(PAIR, data={"kept": str(SHEN.id)})
    assert page.status_code == 409
    assert "Both have a place in Carbon Trading Management" in page.text


@pytest.mark.parametrize("data", [{}, {"kept": "99"}, {"kept": "x"}])
def test_which_stays_must_be_said(client: Client, data: dict[str, str]) -> None:
    for path in (PAIR, FIRMS):
        assert client.as_(ADMINISTRATOR).post(path, data=data).status_code == 422


@pytest.mark.parametrize("member", [SHEN, LU, STRANGER, GAO])
def test_strangers_see_and_merge_nothing(client: Client, member: Member) -> None:
    for path in ("/doubles", PAIR, FIRMS):
        assert client.as_(member).get(path).status_code in (403, 404)
    for path in (PAIR, FIRMS):
        assert client.post(path, data={"kept": "1"}).status_code in (403, 404)
    assert client.as_(OWNER).get(f"/doubles/people/{SHEN.id}/{LU.id}").status_code == 404
    assert client.post(FIRMS, data={"kept": "1"}).status_code == 403


def test_the_administrator_merges_enterprises(client: Client) -> None:
    page = client.as_(ADMINISTRATOR, "en").get(FIRMS).text
    assert makers.CODES[0] in page
    assert makers.CODES[1] in page
    assert client.post(FIRMS, data={"kept": "1"}).location == "/doubles"
    assert client.get("/enterprises/2").status_code == 404
    assert LU.name in client.get("/enterprises/1").text
    assert client.get("/doubles/enterprises/1/1").status_code == 404


def test_the_list_asks_a_fixed_number_of_statements(app: Flask, client: Client) -> None:
    counts = []
    for more in (2, 12):
        ids = makers.strangers(more, enterprise=1)
        with transaction():
            for id_ in ids:
                db.session.get_one(Person, id_).name = "同名"
        client.as_(ADMINISTRATOR).get("/doubles")
        with counted() as seen:
            client.get("/doubles")
        counts.append(len(seen))
    assert counts[0] == counts[1]
