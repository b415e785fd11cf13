"""A look is a look whatever the answer's status: a form that comes back shows as much; an error's page shows nobody."""

import pytest
from flask import Flask

from courses.booking import actions as booking
from courses.booking.web import standing
from courses.ground.refusal import Refusal
from tests import makers
from tests.conftest import Client
from tests.doors.private import looks
from tests.makers import actor
from tests.people import GAO, OTHER_OFFICER, SHEN

LOOK = (GAO.id, "appeals", "page", None, None, SHEN.id)


@pytest.fixture
def appealed(app: Flask) -> str:
    makers.a_rule_about_staying_away(limit=1)
    [away] = makers.stayed_away(SHEN, 10)
    booking.appeal(actor(SHEN), away, "住院")
    return f"/appeals/{away}"


def test_a_form_with_faults_shows_the_appeal(client: Client, appealed: str) -> None:
    answer = client.as_(GAO).post(appealed, data={})
    assert answer.status_code == 422
    assert SHEN.name in answer.text
    assert looks() == [LOOK]


def test_a_class_that_cannot_be_taken_back_shows_its_queue(client: Client, app: Flask) -> None:
    class_id = makers.a_class(seats=1)
    makers.book(SHEN, class_id)
    assert client.as_(GAO).post(f"/classes/{class_id}/publication/undo").status_code == 409
    assert looks() == [(GAO.id, "class_page", "page", class_id, None, None)]


def test_an_errors_page_shows_nobody(client: Client, appealed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(person_ids: list[int]) -> None:
        raise Refusal("busy")

    monkeypatch.setattr(standing.standings, "missed", busy)
    answer = client.as_(GAO).get(appealed)  # by then it had said whose appeal it is
    assert answer.status_code == 503
    assert SHEN.name not in answer.text
    assert client.as_(OTHER_OFFICER).get(appealed).status_code == 404
    assert looks() == []


@pytest.mark.parametrize("path", ["/appeals", "/appeals?as=csv"])
def test_the_list_of_appeals_is_a_look_at_those_in_it(client: Client, appealed: str, path: str) -> None:
    assert SHEN.name in client.as_(GAO).get(path).text
    client.as_(OTHER_OFFICER).get(path)
    assert looks() == [LOOK]
