"""A real city's first day: from an empty database through the pages alone to the first class held and marked."""

import datetime as dt
import io
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from courses.booking.model import Booking
from courses.catalogue.model import Sitting, TrainingClass
from courses.desks.queries import faults
from courses.ground import clock
from courses.ground.db import db
from courses.outbox.render import SECRET_PATHS
from courses.people import links
from courses.people.model import Enterprise, Person, Post
from courses.people.queries import person_by_login
from courses.roster.model import Attendance
from tests import makers
from tests.doors.test_imports import a_sheet, row
from tests.doors.test_setup import CITY, bare, first_administrator
from tools.codes import credit_code

__all__ = ["bare"]

ENTERPRISES = 900
FAULTY = 30
WRONG: tuple[dict[str, str], ...] = (
    {"credit_code": "91330481DMKNQXNW2X"},
    {"credit_code": ""},
    {"town": "不存在镇"},
    {"industry": "炼金"},
    {"mobile": "12345"},
    {"email": "nobody"},
    {"role": "队员"},
    {"key_unit": "也许"},
    {"person": ""},
    {"mobile": "13800000001"},
)
PASSWORD = "three-green-kettles"


def accept(app: Flask, login: str) -> Any:
    """Open the account of someone who was invited, as behind the link of their mail; return their browser."""
    db.session.rollback()
    person = person_by_login(login)
    assert person is not None
    token = links.sign(app.config["SETTINGS"].secret_keys, "invitation", person.id, person.epoch)
    browser = app.test_client()
    form = {"password": PASSWORD, "again": PASSWORD, "language": "zh"}
    assert browser.post(f"{SECRET_PATHS['invitation']}{token}", data=form).status_code == 303
    return browser


def test_a_city_is_set_up_and_its_first_class_is_held(bare: Flask) -> None:
    jin = first_administrator(bare, bare.test_client())

    def add(where: str, **form: Any) -> None:
        answer = jin.post(f"/setup/{where}", data=form)
        assert answer.status_code in (201, 303), (where, answer.text)

    add("city", **CITY)
    for town in ("海昌街道", "马桥街道", "许村镇"):
        add("towns", name_zh=town)
    add("squadrons", name_zh="第一中队", towns=["1", "2", "3"])
    add("industries", name_zh="电子信息")
    add("homes", name_zh="智慧港环保管家之家", town_id="1", address_zh="文苑路1号")
    add("rooms", name_zh="一号教室", home_id="1", seats="30")
    add("topics", name_zh="双碳", position="0")
    course = {"title_zh": "碳交易管理", "topic_id": "1", "syllabus_zh": "- 配额"}
    assert jin.post("/courses/new", data=course).status_code == 303
    add("lecturers", name="陈砚", institution_zh="研究院", email="chen@city.example", language="zh")
    add("people", name="高一", email="gao@city.example", roles=["officer"], squadron_id="1", language="zh")

    # 900 enterprises, 30 of them with a fault; the wrong ones are corrected from the file of reasons.
    rows = [row(n, town=("海昌街道", "马桥", "许村镇")[n % 3]) for n in range(1, ENTERPRISES + 1)]
    for n in range(FAULTY):
        rows[100 + n * 20] |= WRONG[n % len(WRONG)]
    sent = jin.post("/setup/imports", data={"sheet": (io.BytesIO(a_sheet(rows, encoding="gb18030")), "企业.csv")})
    address = sent.headers["Location"]
    page = jin.get(address).text
    assert f"<b>{FAULTY}</b>" in page
    assert jin.post(f"{address}/adoption").status_code == 303
    assert db.session.scalar(select(func.count()).select_from(Enterprise)) == ENTERPRISES - FAULTY
    jin.post("/setup/imports", data={"sheet": (io.BytesIO(a_sheet([row(n) for n in range(1, 901)])), "again.csv")})
    again = jin.post("/setup/imports/2/adoption")
    assert again.status_code == 303
    db.session.rollback()
    for model in (Enterprise, Person, Post):
        extra = {Enterprise: 0, Person: 3, Post: 3}[model]
        assert db.session.scalar(select(func.count()).select_from(model)) == ENTERPRISES + extra
    assert jin.post("/setup/imports/2/invitations").status_code == 303
    assert len(makers.told("invitation")) == ENTERPRISES + 2

    # The officer publishes, a manager books, the lecturer marks.
    gao, one = accept(bare, "gao@city.example"), accept(bare, "p1@import.example")
    day = clock.local(clock.now() + dt.timedelta(days=7)).date()
    published = gao.post(
        "/courses/1/classes",
        data={
            "room_id": "1",
            "sittings-0-day": str(day),
            "sittings-0-start": "09:00",
            "sittings-0-end": "11:15",
            "capacity": "30",
            "lecturers": str(person_by_login("chen@city.example").id),  # type: ignore[union-attr]
            "reminders": "1440",
        },
    )
    assert published.status_code == 303, published.text
    class_id = db.session.scalars(select(TrainingClass.id)).one()
    gao.post(f"/classes/{class_id}/publication")
    assert "碳交易管理" in bare.test_client().get("/").text
    assert one.post(f"/classes/{class_id}/bookings", data={"seen": "1"}).status_code == 303
    booking = db.session.scalars(select(Booking)).one()
    assert booking.state == "booked"
    sitting = db.session.scalars(select(Sitting)).one()
    chen = accept(bare, "chen@city.example")
    with pretending(sitting.starts_at):
        marked = chen.post(
            f"/classes/{class_id}/sittings/{sitting.id}/attendance",
            data={"mark": "present", "booking": str(booking.id)},
        )
    assert marked.status_code in (200, 303), marked.text
    assert db.session.scalars(select(Attendance.half_hours)).one() == 6
    assert "下一步" not in jin.get("/setup").text
    assert "第1有限公司" in jin.get("/setup/imports/2").text
    assert credit_code(1) in jin.get("/setup/imports/2").text
    assert faults() == []


def pretending(moment: dt.datetime) -> Any:
    """It is `moment` for this process: each request runs in a context of its own."""
    time_machine = pytest.importorskip("time_machine")
    return time_machine.travel(moment, tick=True)
