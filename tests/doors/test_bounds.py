"""Numbers and days beyond what anything holds: said at the field, or as if they were not there."""

import pytest
from flask import Flask

from tests import makers
from tests.conftest import Client
from tests.doors.test_pages import fill
from tests.people import CHEN, GAO


@pytest.mark.parametrize("number", ["9" * 10, "9" * 5000])
def test_a_booking_of_endless_number_is_none(client: Client, app: Flask, number: str) -> None:
    class_id = makers.a_class(lecturers=[CHEN.id])
    path = f"/classes/{class_id}/sittings/{class_id}/attendance"
    assert client.as_(GAO).post(path, data={"booking": number, "mark": "present"}).status_code == 303


@pytest.mark.parametrize("asked", ["since=0001-01-01", "until=9999-12-31", "since=9999-12-31&until=0001-01-01"])
def test_the_squadrons_classes_of_any_days(client: Client, app: Flask, asked: str) -> None:
    makers.a_class()
    page = client.as_(GAO).get(f"/desk/classes?{asked}")
    assert page.status_code == 200
    assert ("碳交易管理</a>" in page.text) is ("&" not in asked)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("moment", ["0001-01-01T00:00", "1999-12-31T23:59", "9999-12-31T23:59"])
def test_a_moment_of_no_year_is_said_at_the_field(client: Client, app: Flask, moment: str, lang: str) -> None:
    answer = client.as_(GAO, lang).post("/courses/1/classes", data=fill(act="publish", opens_at=moment))
    assert answer.status_code == 422
    assert 'id="opens_at-error"' in answer.text
    assert {"zh": "请核对年份", "en": "Check the year"}[lang] in answer.text
