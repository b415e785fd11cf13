"""The words of a story as they leave: the signs of mark-up stand in files and in the API as they were typed."""

import pytest
from flask import Flask

from courses.booking import actions as booking
from courses.ground import sheets
from courses.ground.db import db
from courses.ground.transaction import transaction
from courses.people.model import Person
from tests import makers
from tests.conftest import Client
from tests.doors.test_standing import call
from tests.people import GAO, SHEN

NAME, REASON = "O'Brien & <Li>", '台风 "海葵" & <b>'


@pytest.fixture
def class_id(app: Flask) -> int:
    with transaction():
        db.session.get_one(Person, SHEN.id).name = NAME
    class_id = makers.a_class()
    makers.book(SHEN, class_id)
    booking.call_off(makers.actor(GAO), class_id, REASON)
    return class_id


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_in_a_file(client: Client, class_id: int, kind: str) -> None:
    rows = sheets.read(client.as_(GAO).get(f"/classes/{class_id}/story?as={kind}").data)
    said = [row[1] for row in rows]
    assert any(words.startswith(NAME) for words in said)
    assert any(REASON in words for words in said)


def test_in_the_api(client: Client, class_id: int) -> None:
    said = [line["words"] for line in call(client, "GET", f"/classes/{class_id}/log", GAO).json["log"]]
    assert any(words.startswith(NAME) for words in said)
    assert any(REASON in words for words in said)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_page_shows_signs_and_no_mark_up(client: Client, class_id: int, lang: str) -> None:
    page = client.as_(GAO, lang).get(f"/classes/{class_id}/story").text
    assert "O&#39;Brien &amp; &lt;Li&gt;" in page
    assert "&amp; &lt;b&gt;" in page
    assert "&amp;#39;" not in page
    assert "<Li>" not in page
