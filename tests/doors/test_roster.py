"""The roster as a file: for those who serve or teach the class, and what is on the page."""

import datetime as dt

import pytest
from sqlalchemy import select

from courses.ground import sheets
from courses.ground.db import db
from courses.people.looks import Look
from courses.roster import actions
from courses.roster.model import Mark
from courses.roster.queries import sittings_of
from tests import makers
from tests.conftest import Client
from tests.people import (
    ADMINISTRATOR,
    ASSOCIATION,
    BUREAU,
    CHEN,
    GAO,
    INSPECTOR,
    LU,
    OTHER_LECTURER,
    OTHER_OFFICER,
    OWNER,
    SHEN,
    Member,
)


@pytest.fixture
def class_id(client: Client) -> int:
    spans = [(makers.in_days(10, hour), makers.in_days(10, hour) + 2 * makers.HOUR) for hour in (9, 14)]
    made = makers.a_class(sittings=spans, lecturers=[CHEN.id])
    makers.book(SHEN, made)
    makers.book(LU, made)
    return made


def file_of(client: Client, member: Member, class_id: int, asked: str = "as=xlsx") -> list[list[str]]:
    answer = client.as_(member, "en").get(f"/classes/{class_id}/roster?{asked}")
    assert answer.status_code == 200
    assert "attachment" in answer.headers["Content-Disposition"]
    return sheets.read(answer.data)


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_it_holds_what_is_on_the_page(client: Client, class_id: int, kind: str) -> None:
    first, second = sittings_of(class_id)
    late = first.starts_at + dt.timedelta(minutes=15)
    with makers.at(first.starts_at):
        ids = [makers.booking_of(class_id, SHEN).id]
        actions.mark(makers.actor(CHEN), class_id, first.id, ids, Mark.PRESENT, late)
    for member in (GAO, CHEN):
        head, *rows = file_of(client, member, class_id, f"sitting={first.id}&as={kind}")
        assert head == ["Name", "Enterprise", "Mark", "Came at", "Left at", "Hours"]
        assert sorted(row[0] for row in rows) == sorted([SHEN.name, LU.name])
        [shen] = [row for row in rows if row[0] == SHEN.name]
        assert (shen[1], shen[2], shen[4]) == ("甲科技有限公司", "Present", "")
        assert "09:15" in shen[3]
        [lu] = [row for row in rows if row[0] == LU.name]
        assert lu[2:] == ["Not marked", "", "", ""]
    _head, *rows = file_of(client, GAO, class_id, f"sitting={second.id}&as={kind}")
    assert {row[2] for row in rows} == {"Not marked"}


def test_the_page_leads_to_the_file_of_its_sitting(client: Client, class_id: int) -> None:
    _first, second = sittings_of(class_id)
    page = client.as_(GAO, "en").get(f"/classes/{class_id}/roster?sitting={second.id}").text
    assert f'href="?sitting={second.id}&amp;as=xlsx"' in page
    empty = client.get(f"/classes/{makers.a_class(days=20)}/roster").text
    assert "as=xlsx" not in empty, "an empty list is no file"


def test_the_look_is_written_down(client: Client, class_id: int) -> None:
    file_of(client, GAO, class_id)
    looks = db.session.execute(select(Look.actor_id, Look.page, Look.class_id)).all()
    assert (GAO.id, "export", class_id) in [tuple(look) for look in looks]


def test_nobody_else_gets_it(client: Client, class_id: int) -> None:
    for member in (OTHER_OFFICER, OTHER_LECTURER):
        assert client.as_(member).get(f"/classes/{class_id}/roster?as=csv").status_code == 404
    for member in (SHEN, OWNER, INSPECTOR, ASSOCIATION, BUREAU, ADMINISTRATOR):
        assert client.as_(member).get(f"/classes/{class_id}/roster?as=csv").status_code == 403
    assert client.as_(None).get(f"/classes/{class_id}/roster?as=csv").status_code in (302, 303)
    assert client.as_(GAO).get("/classes/999/roster?as=csv").status_code == 404
    assert client.get(f"/classes/{class_id}/roster?as=csv&sitting=999").status_code == 404
