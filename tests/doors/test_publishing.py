"""The publish form and the pages of a draft, as officer, another officer, manager and nobody."""

import datetime as dt
import re

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from courses.booking import actions as booking
from courses.catalogue.actions import CourseText, save_draft, write_course
from courses.catalogue.model import Holiday, TrainingClass
from courses.ground import clock
from courses.ground.db import db
from courses.ground.transaction import transaction
from courses.people.model import Industry
from tests import makers
from tests.conftest import Client
from tests.doors.test_pages import counted, fill
from tests.people import ADMINISTRATOR, BUREAU, CHEN, GAO, INSPECTOR, LU, OTHER_OFFICER, OWNER, SHEN, Member


def draft(client: Client, **more: str) -> str:
    """Save a draft through the form; return its address."""
    answer = client.as_(GAO).post("/courses/1/classes", data=fill(act="draft", **more))
    assert answer.status_code == 303
    return str(answer.location)


def test_a_draft_is_saved_shown_edited_and_published(client: Client) -> None:
    page = draft(client)
    shown = client.as_(GAO).get(page).text
    assert "草稿" in shown
    assert "碳交易管理" in shown
    assert client.post(f"{page}/draft", data=fill(act="draft", capacity="17")).status_code == 303
    assert 'value="17"' in client.get(f"{page}/draft").text
    assert client.post(f"{page}/publication").status_code == 303
    assert "草稿" not in client.as_(None).get(page).text


@pytest.mark.parametrize("member", [None, SHEN, OWNER, CHEN, OTHER_OFFICER, INSPECTOR, BUREAU, ADMINISTRATOR])
def test_a_draft_is_nowhere_for_anyone_else(client: Client, member: Member | None) -> None:
    page = draft(client, lecturers=str(CHEN.id))
    client.as_(member)
    assert client.get(page).status_code == 404
    for path in ("/", "/courses/1", "/desk", "/api/v1/classes", "/api/v1/courses/1"):
        assert page not in client.get(path).text, path
    assert client.get(f"/api/v1{page}").status_code == 404
    for path in (f"{page}/roster", f"{page}/sign-in-sheet", f"{page}/draft"):
        assert client.get(path).status_code in (302, 403, 404), path
    for path in (f"{page}/publication", f"{page}/draft/deletion", f"{page}/draft"):
        assert client.post(path, data=fill(act="publish")).status_code in (302, 403, 404), path
    assert db.session.scalar(select(TrainingClass.state)) == "draft"


def test_an_officer_finds_drafts_where_classes_are_started(client: Client) -> None:
    page = draft(client)
    assert page in client.as_(GAO).get("/classes/new").text
    assert page not in client.as_(OTHER_OFFICER).get("/classes/new").text


def test_the_page_to_start_from_has_a_fixed_number_of_statements(client: Client) -> None:
    counts = []
    for more in (1, 12):
        for n in range(more):
            draft(client, days=20 + n)  # type: ignore[arg-type]
            makers.a_class(days=40 + n + more)
        client.as_(GAO).get("/classes/new")
        with counted() as seen:
            assert client.get("/classes/new").status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_a_draft_is_deleted(client: Client) -> None:
    page = draft(client)
    assert client.post(f"{page}/draft/deletion").status_code == 303
    assert client.get(page).status_code == 404


def test_publishing_a_draft_that_clashes_shows_the_form_with_the_reason(client: Client) -> None:
    page = draft(client)
    makers.a_class(days=14)
    answer = client.as_(GAO).post(f"{page}/publication")
    assert answer.status_code == 422
    assert 'id="room_id-error"' in answer.text
    assert db.session.scalar(select(TrainingClass.state).where(TrainingClass.id == 1)) == "draft"


def test_check_saves_nothing_and_says_what_is_in_the_way(client: Client) -> None:
    class_id = makers.a_class(days=14, lecturers=[CHEN.id])
    answer = client.as_(GAO).post("/courses/1/classes", data=fill(act="check"))
    assert answer.status_code == 200
    assert answer.text.count(f'<a href="/classes/{class_id}">') == 2, "the room and the lecturer"
    assert db.session.scalars(select(TrainingClass.id)).all() == [class_id]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_part_that_is_exchanged_says_the_same(client: Client, lang: str) -> None:
    class_id = makers.a_class(days=14)
    part = client.as_(GAO, lang).post("/classes/foresight", data=fill()).text
    assert f'<a href="/classes/{class_id}">' in part
    assert "<html" not in part
    free = client.post("/classes/foresight", data=fill(room=2, capacity="20")).text
    assert {"zh": "20座教室有20个座位", "en": "Room of 20 has 20 seats"}[lang] in free
    assert f'<a href="/classes/{class_id}">' not in client.post(f"/classes/foresight?but={class_id}", data=fill()).text


@pytest.mark.parametrize(
    "wrong",
    [
        {"room_id": "x"},
        {"room_id": "99999999999999999999"},
        {"sittings-0-day": "0001-01-01"},
        {"sittings-0-day": "9999-12-31"},
        {"sittings-0-end": "08:00"},
        {"lecturers": "99999999999999999999"},
        {"capacity": "-99999999999999999999"},
    ],
)
def test_nonsense_foresees_nothing_and_breaks_nothing(client: Client, wrong: dict[str, str]) -> None:
    assert client.as_(GAO).post("/classes/foresight?but=x", data={**fill(), **wrong}).status_code == 200
    answer = client.post("/courses/1/classes", data={**fill(), "act": "check", **wrong})
    assert answer.status_code in (200, 422)
    assert db.session.scalar(select(TrainingClass.id)) is None


def test_a_holiday_is_pointed_out(client: Client) -> None:
    day = clock.local(clock.now() + dt.timedelta(days=14)).date()
    client.as_(ADMINISTRATOR).post("/holidays", data={"day": str(day), "kind": "off", "name_zh": "观潮节"})
    assert "法定节假日：观潮节" in client.as_(GAO).post("/classes/foresight", data=fill()).text


def test_the_administrator_adds_and_takes_away_a_day(client: Client) -> None:
    client.as_(ADMINISTRATOR)
    assert client.post("/holidays", data={"day": "2026-12-31", "kind": "off", "name_zh": "年会"}).status_code == 303
    assert "年会" in client.get("/holidays").text
    assert client.post("/holidays/2026-12-31/deletion").status_code == 303
    assert db.session.scalar(select(Holiday.day)) is None
    for gone in ("2026-12-31", "x"):
        assert client.post(f"/holidays/{gone}/deletion").status_code == 404


@pytest.mark.parametrize(
    "wrong", [{"day": ""}, {"day": "x"}, {"day": "0001-01-01"}, {"kind": "x"}, {"name_zh": "长" * 41}]
)
def test_a_day_that_is_none_is_refused(client: Client, wrong: dict[str, str]) -> None:
    answer = client.as_(ADMINISTRATOR).post("/holidays", data={"day": "2026-12-31", "kind": "off", **wrong})
    assert answer.status_code == 422
    assert 'class="summary"' in answer.text
    assert db.session.scalar(select(Holiday.day)) is None


@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        ({"day": "2027-02-31"}, "day", "没有这一天。"),
        ({"day": "31.2.2027"}, "day", "请按“年-月-日”填写日期，例如2026-11-28。"),
        ({"kind": ""}, "kind", "请选择放假或上班。"),
    ],
)
def test_what_is_wrong_with_a_day_is_said_at_its_field(
    client: Client, wrong: dict[str, str], field: str, words: str
) -> None:
    answer = client.as_(ADMINISTRATOR, "zh").post("/holidays", data={"day": "2026-12-31", "kind": "off", **wrong})
    said = re.findall(r'<p class="error" id="(\w+)-error">(.*?)</p>', answer.text)
    assert [(name, re.sub("<.*?>", "", text)) for name, text in said] == [(field, f"有误： {words}")]
    assert words not in client.get("/holidays").text


def test_a_working_day_keeps_its_name(client: Client) -> None:
    client.as_(ADMINISTRATOR, "zh")
    year = clock.this_year()
    wednesday = next(day for day in (dt.date(year, 6, 10 + n) for n in range(7)) if day.weekday() == 2)
    saturday = wednesday + dt.timedelta(days=3)
    for day, name in ((wednesday, "观潮节照常"), (saturday, "补班")):
        client.post("/holidays", data={"day": str(day), "kind": "working", "name_zh": name})
        assert name in client.get("/holidays").text


def test_a_year_of_which_only_the_feasts_are_known_says_so(client: Client) -> None:
    words = "年的放假调休安排尚未收录，目前只列法定节日。"
    with time_machine.travel(dt.datetime(2040, 6, 6, tzinfo=dt.UTC), tick=False):
        text = client.as_(ADMINISTRATOR, "zh").get("/holidays").text
        assert [f"{year}{words}" in text for year in (2039, 2040, 2041)] == [False, True, True]
    with time_machine.travel(dt.datetime(2025, 6, 6, tzinfo=dt.UTC), tick=False):
        assert words not in client.as_(ADMINISTRATOR, "zh").get("/holidays").text


@pytest.mark.parametrize("member", [GAO, LU, BUREAU])
def test_days_are_the_administrators(client: Client, member: Member) -> None:
    assert client.as_(member).get("/holidays").status_code == 403
    assert client.post("/holidays", data={"day": "2026-12-31", "kind": "off"}).status_code == 403


def test_a_class_is_copied_into_the_form(app: Flask, client: Client) -> None:
    class_id = makers.a_class(seats=17, lecturers=[CHEN.id], days=10)
    page = client.as_(GAO).get(f"/courses/1/classes/new?like={class_id}").text
    day = clock.local(clock.now() + dt.timedelta(days=17)).date()
    assert 'value="17"' in page
    assert f'value="{day}"' in page
    assert client.as_(OTHER_OFFICER).get(f"/courses/1/classes/new?like={class_id}").status_code == 404
    draft_id = save_draft(makers.actor(GAO), makers.a_plan())
    assert client.as_(GAO).get(f"/courses/1/classes/new?like={draft_id}").status_code == 200


def test_a_class_is_repeated_by_ticking_dates(client: Client) -> None:
    class_id = makers.a_class(days=14)
    address = f"/classes/{class_id}/repetition"
    assert client.as_(GAO).get(address + "?times=6").text.count('name="week"') == 6
    for times in ("x", "-1", "0"):
        assert client.get(f"{address}?times={times}").status_code == 200
    assert client.get(address + "?times=9999").text.count('name="week"') == 12
    answer = client.post(address, data={"week": ["1", "3"]})
    assert (answer.status_code, answer.location) == (303, "/courses/1")
    assert client.post(address, data={"week": ["2"], "act": "draft"}).location == "/classes/new"
    states = db.session.scalars(select(TrainingClass.state).order_by(TrainingClass.id)).all()
    assert states == ["published", "published", "published", "draft"]


def test_a_repetition_that_cannot_be_says_why_and_makes_none(client: Client) -> None:
    class_id = makers.a_class(days=14)
    makers.a_class(days=21)
    address = f"/classes/{class_id}/repetition"
    answer = client.as_(GAO).post(address, data={"week": ["1", "2"]})
    assert answer.status_code == 409
    assert 'class="note lost"' in answer.text
    assert client.post(address, data={}).status_code == 422
    assert client.post(address, data={"week": "x"}).status_code == 422
    assert len(db.session.scalars(select(TrainingClass.id)).all()) == 2
    for member in (OTHER_OFFICER, SHEN):
        assert client.as_(member).get(address).status_code in (403, 404)
        assert client.post(address, data={"week": "1"}).status_code in (403, 404)


def test_the_weeks_ahead_ask_a_fixed_number_of_statements(client: Client) -> None:
    class_id = makers.a_class(days=14, lecturers=[CHEN.id])
    client.as_(GAO).get("/classes/new")
    counts = []
    for times in (1, 12):
        with counted() as seen:
            assert client.get(f"/classes/{class_id}/repetition?times={times}").status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_a_template_is_saved_started_from_and_deleted(client: Client) -> None:
    class_id = makers.a_class(seats=19, days=14)
    assert client.as_(GAO).post(f"/classes/{class_id}/template", data={"name": " 双碳上午班 "}).status_code == 303
    start = client.get("/classes/new").text
    assert "双碳上午班" in start
    assert "/courses/1/classes/new?template=1" in start
    assert 'value="19"' in client.get("/courses/1/classes/new?template=1").text
    assert client.as_(OTHER_OFFICER).get("/courses/1/classes/new?template=1").status_code == 404
    assert client.post("/class-templates/1/deletion").status_code == 404
    for name in ("", "长" * 41):
        assert client.as_(GAO).post(f"/classes/{class_id}/template", data={"name": name}).status_code == 422
    assert client.post("/class-templates/1/deletion").status_code == 303
    assert "双碳上午班" not in client.get("/classes/new").text


def test_a_publication_and_a_move_are_taken_back_from_the_page(client: Client) -> None:
    class_id = makers.a_class(days=14)
    page = f"/classes/{class_id}"
    assert f"{page}/publication/undo" in client.as_(GAO).get(page).text
    assert f"{page}/change/undo" not in client.get(page).text
    assert client.post(f"{page}/move", data=fill(days=15)).status_code == 303
    assert f"{page}/change/undo" in client.get(page).text
    assert client.post(f"{page}/change/undo").status_code == 303
    assert client.post(f"{page}/change/undo").status_code == 409
    assert client.post(f"{page}/publication/undo").status_code == 303
    assert client.as_(None).get(page).status_code == 404
    for member in (SHEN, OTHER_OFFICER):
        assert client.as_(member).post(f"{page}/publication/undo").status_code in (403, 404)


def test_who_was_told_leaves_nothing_to_take_back(client: Client) -> None:
    class_id = makers.a_class(days=14)
    makers.book(SHEN, class_id)
    page = f"/classes/{class_id}"
    assert "publication/undo" not in client.as_(GAO).get(page).text
    assert client.post(f"{page}/publication/undo").status_code == 409


def test_the_move_form_says_what_it_would_meet(client: Client) -> None:
    class_id = makers.a_class(days=14)
    other = makers.a_class(days=15)
    page = f"/classes/{class_id}/move"
    assert client.as_(GAO).get(page).text.count(f"/classes/{other}") == 0
    part = client.post(f"{page}/foresight", data=fill(days=15)).text
    assert f"/classes/{other}" in part
    assert "<html" not in part
    checked = client.post(page, data=fill(days=15, act="check"))
    assert checked.status_code == 200
    assert f"/classes/{other}" in checked.text
    assert clock.local(makers.the_class(class_id).starts_at).date() == clock.local(makers.in_days(14)).date()
    assert client.as_(OTHER_OFFICER).post(f"{page}/foresight", data=fill()).status_code == 403


def test_what_changed_meanwhile_is_shown_and_then_moved(client: Client) -> None:
    class_id = makers.a_class(days=14)
    page = f"/classes/{class_id}/move"
    start = makers.in_days(15)
    booking.move(makers.actor(GAO), class_id, [(start, start + 2 * makers.HOUR)], 3)
    late = client.as_(GAO, lang="en").post(page, data=fill(days=16, seen="1"))
    assert late.status_code == 422
    assert "Someone changed this class meanwhile." in late.text
    [seen] = re.findall(r'name="seen" type="hidden" value="(\d)"', late.text)
    assert client.post(page, data=fill(days=16, seen=seen)).status_code == 303


@pytest.mark.parametrize("act", ["move", "move/foresight"])
@pytest.mark.parametrize(
    "wrong", [{"sittings-0-day": "2026-01-01"}, {"sittings-0-end": "08:00"}, {"sittings-0-day": ""}]
)
def test_a_time_that_cannot_be_is_not_called_free(client: Client, act: str, wrong: dict[str, str]) -> None:
    class_id = makers.a_class(days=14)
    path = f"/classes/{class_id}/{act}"
    assert "此时都有空" in client.as_(GAO, "zh").post(path, data={**fill(days=16), "act": "check"}).text
    text = client.post(path, data={**fill(days=16), "act": "check", **wrong}).text
    assert "此时都有空" not in text
    assert ("note lost" in text) == bool(wrong.get("sittings-0-day", "x"))


def test_the_move_form_says_whom_a_room_does_not_hold(client: Client) -> None:
    class_id = makers.a_class(seats=40, days=14)
    form = {**fill(days=16), "room_id": "1"}
    path = f"/classes/{class_id}/move/foresight"
    assert "30座教室有30个座位，本班有40个名额。" in client.as_(GAO, "zh").post(path, data=form).text
    people = makers.strangers(31, enterprise=1)
    for first in (0, 16):
        makers.booking.book(makers.actor(OWNER), class_id, people[first : first + 16])
    assert "30座教室只有30个座位，已预约31人，坐不下。" in client.post(path, data=form).text


def test_other_lecturers_are_chosen_on_a_page(client: Client) -> None:
    class_id = makers.a_class(days=14, lecturers=[CHEN.id])
    page = f"/classes/{class_id}/lecturers"
    assert client.as_(GAO).get(page).text.count(" checked") == 1
    assert client.post(page, data={"lecturers": "10"}).status_code == 303
    assert "林知" in client.as_(None).get(f"/classes/{class_id}").text
    assert client.as_(GAO).post(page, data={"lecturers": "10"}).status_code == 422
    assert client.post(page, data={"lecturers": "1"}).status_code == 422
    none = client.as_(GAO, "zh").post(page, data={})
    assert none.status_code == 422
    assert "请至少选一位讲师" in none.text
    assert "林知" in client.as_(None).get(f"/classes/{class_id}").text
    client.as_(GAO)
    assert client.as_(OTHER_OFFICER).get(page).status_code == 403


@pytest.mark.parametrize(
    ("left", "zh", "en"),
    [
        (dt.timedelta(days=2, hours=3), "2天3小时", "2 d 3 h"),
        (dt.timedelta(hours=2, minutes=5), "2小时05分", "2 h 05 min"),
        (dt.timedelta(minutes=1, seconds=9), "1分09秒", "1 min 09 s"),
    ],
)
def test_how_long_until_booking_opens_is_said_by_the_servers_clock(
    client: Client, left: dt.timedelta, zh: str, en: str
) -> None:
    opens_at = clock.now() + dt.timedelta(days=5)
    class_id = makers.a_class(days=14, opens_at=opens_at)
    for lang, words in (("zh", zh), ("en", en)):
        page = at_moment(client, opens_at - left, f"/classes/{class_id}?lang={lang}")
        assert f'data-left="{int(left.total_seconds())}"' in page
        assert f">{words}</b>" in page
    assert "data-left" not in at_moment(client, opens_at, f"/classes/{class_id}")


def at_moment(client: Client, moment: dt.datetime, path: str) -> str:
    """Return a page as it is at `moment`."""
    with clock.pretending(moment):
        return str(super(Client, client).open(path, method="GET").text)


def test_a_course_is_written_edited_and_archived(client: Client) -> None:
    form = {"topic_id": "1", "title_zh": "噪声监测", "syllabus_zh": "- 布点\r\n- 读数"}
    answer = client.as_(GAO).post("/courses/new", data=form)
    assert answer.status_code == 303
    page = answer.location
    assert "布点" in client.as_(None).get(page).text
    assert "布点" in client.as_(GAO).get(f"{page}/text").text
    assert client.post(f"{page}/text", data={**form, "title_zh": "噪声监测二"}).status_code == 303
    assert "噪声监测二" in client.get("/courses").text
    assert client.post(f"{page}/archive").status_code == 303
    assert "噪声监测二" not in client.get("/courses").text
    assert client.post(f"{page}/classes", data=fill()).status_code == 422
    assert client.post(f"{page}/archive", data={"back": "1"}).status_code == 303
    assert "噪声监测二" in client.get("/courses").text


def test_a_course_is_made_for_industries(client: Client) -> None:
    with transaction():
        db.session.add(Industry(slug="l", name_zh="皮革", name_en="Leather"))
    form = {"topic_id": "1", "title_zh": "铬鞣废水", "industries": ["1", "2"]}
    page = client.as_(GAO, "en").post("/courses/new", data=form).location
    assert "Made for: Electronics · Leather" in client.get(page).text
    edited = client.get(f"{page}/text").text
    assert re.findall(r'<input checked[^>]*name="industries"[^>]*value="(\d)"', edited) == ["1", "2"]
    assert client.post(f"{page}/text", data={**form, "industries": ["2"]}).status_code == 303
    assert "Made for: Leather" in client.get(page).text
    makers.a_class(course=int(page.rpartition("/")[2]))
    found = {slug: "铬鞣废水" in client.get(f"/?industry={slug}").text for slug in ("l", "electronics")}
    assert found == {"l": True, "electronics": False}
    assert client.post(f"{page}/text", data={**form, "industries": ["99"]}).status_code == 422
    assert client.post(f"{page}/text", data={**form, "industries": []}).status_code == 303
    assert "Made for" not in client.get(page).text


def test_a_past_class_shows_the_text_it_was_given_with(client: Client) -> None:
    class_id = makers.a_class(days=2)
    with clock.pretending(makers.in_days(3)):
        write_course(makers.actor(GAO), 1, CourseText(title_zh="碳交易实务"), course_id=1)
    page = at_moment(client, makers.in_days(3), f"/classes/{class_id}?lang=zh")
    assert "碳交易管理</a></h1>" in page
    assert "第1版" in page
    assert "碳交易实务" in client.get("/courses/1").text


@pytest.mark.parametrize(
    "wrong", [{"title_zh": ""}, {"title_zh": "长" * 101}, {"topic_id": "99"}, {"topic_id": "x"}, {"title_en": "\u202e"}]
)
def test_a_course_that_is_none_is_refused(client: Client, wrong: dict[str, str]) -> None:
    answer = client.as_(GAO).post("/courses/new", data={"topic_id": "1", "title_zh": "甲", **wrong})
    assert answer.status_code == 422
    assert 'class="summary"' in answer.text


@pytest.mark.parametrize("member", [SHEN, OWNER, CHEN, BUREAU, INSPECTOR])
def test_courses_are_written_by_officer_and_administrator(client: Client, member: Member) -> None:
    client.as_(member)
    for path in ("/courses/new", "/courses/1/text"):
        assert client.get(path).status_code == 403
        assert client.post(path, data={"topic_id": "1", "title_zh": "甲"}).status_code == 403
    assert client.post("/courses/1/archive").status_code == 403
    assert client.as_(ADMINISTRATOR).get("/courses/new").status_code == 200
