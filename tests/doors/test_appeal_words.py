"""The words of an appeal and of its decision: what nobody types is refused at the field, by page and API alike."""

import pytest
from flask import Flask
from sqlalchemy import func, select

from courses.booking import actions as booking
from courses.booking.model import Appeal
from courses.ground.db import db
from courses.people.rights import Reach
from tests import makers
from tests.conftest import Client
from tests.doors.test_standing import call
from tests.makers import actor
from tests.people import GAO, SHEN

WRONG = pytest.mark.parametrize(
    "words", ["a\0", " \t ", "\u202e住院", "住\u200b院"], ids=["NUL", "blank", "turned", "no width"]
)


@pytest.fixture
def away(app: Flask) -> int:
    makers.a_rule_about_staying_away(limit=1)
    return makers.stayed_away(SHEN, 10)[0]


@WRONG
def test_of_an_appeal(client: Client, away: int, words: str) -> None:
    answer = call(client, "POST", f"/bookings/{away}/appeal", SHEN, {"words": words}, Reach.BOOK)
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json["errors"]] == ["#/words"]
    assert client.as_(SHEN).post(f"/bookings/{away}/appeal", data={"words": words}).status_code == 422
    assert db.session.scalar(select(func.count()).select_from(Appeal)) == 0


@WRONG
def test_of_a_decision(client: Client, away: int, words: str) -> None:
    booking.appeal(actor(SHEN), away, "住院")
    answer = call(client, "PUT", f"/appeals/{away}/decision", GAO, {"upheld": True, "answer": words})
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json["errors"]] == ["#/answer"]
    decided = client.as_(GAO).post(f"/appeals/{away}", data={"upheld": "yes", "answer": words})
    assert decided.status_code == 422
    assert db.session.scalar(select(Appeal.decided_at)) is None


def test_lines_and_joined_signs_are_words(client: Client, away: int) -> None:
    words = "当天住院\n附证明 👩\u200d⚕️"
    call(client, "POST", f"/bookings/{away}/appeal", SHEN, {"words": f" {words} "}, Reach.BOOK)
    assert db.session.scalar(select(Appeal.words)) == words
