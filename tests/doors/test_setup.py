"""Setting up a city: from an empty database through the pages, and every way in which that is refused."""

import csv
import datetime as dt
import io
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import func, select

import config
from courses.app import create_app
from courses.catalogue.model import Lecturer, Topic
from courses.catalogue.planning import work_time
from courses.ground import clock
from courses.ground.db import db
from courses.ground.kept import forget_all
from courses.ground.lists import TALL
from courses.ground.sound import sound_of
from courses.ground.transaction import transaction
from courses.homes.model import Home, Room
from courses.people.model import City, Industry, Person, Post, Role, Squadron, Town
from courses.people.queries import person_by_login
from courses.roster.actions import earned_half_hours
from tests import makers
from tests.conftest import SETTINGS, Client
from tests.databases import KINDS
from tests.doors.test_pages import counted
from tests.people import ADMINISTRATOR, BUREAU, CHEN, GAO, OTHER_LECTURER, SHEN

CITY = {
    "name_zh": "海宁市",
    "name_en": "Haining",
    "zone": "Asia/Shanghai",
    "post_name_zh": "企业环保管理员",
    "post_name_en": "environmental manager",
    "operator_zh": "海宁市生态环境局",
    "operator_en": "Haining Ecology and Environment Bureau",
    "record_number": "浙ICP备00000000号",
    "minutes_per_hour": "45",
    "hours_target": "8",
    "noshow_limit": "2",
    "noshow_days": "90",
    "standby_days": "30",
    "full_from_percent": "80",
    "work_from": "08:30",
    "work_until": "17:30",
}


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def bare(request: pytest.FixtureRequest, tmp_path: Any) -> Iterator[Flask]:
    """An installation in which nobody has set anything up: the tables, and no row."""
    database = KINDS[request.param](tmp_path)
    app = create_app(config.read({**SETTINGS, "INSTANCE": str(tmp_path), "DATABASE_URL": database.url}))
    app.config["WTF_CSRF_ENABLED"] = False
    app.test_client_class = Client
    forget_all()
    with app.app_context():
        upgrade()
        yield app
        db.session.remove()
        db.engine.dispose()
    forget_all()


def first_administrator(app: Flask, client: Any) -> Any:
    """Make the administrator on the command line and choose a password behind the printed link."""
    done = app.test_cli_runner().invoke(args=["user", "jin@test.example", "--name", "金晓"])
    assert done.exit_code == 0, done.output
    link = done.output.strip().splitlines()[-1]
    answer = client.post(
        link.removeprefix("http://localhost"),
        data={"password": "three-green-kettles", "again": "three-green-kettles", "language": "zh"},
    )
    assert answer.status_code == 303
    return client


# An empty database


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_public_page_opens_before_anything_exists(bare: Flask, lang: str) -> None:
    client = bare.test_client()
    client.set_cookie("lang", lang)
    for rule in bare.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and not rule.arguments and rule.endpoint != "desks.readyz":
            assert client.get(rule.rule).status_code in (200, 302, 303, 401, 404), rule.rule


def test_every_page_of_the_first_administrator_opens_before_anything_exists(bare: Flask) -> None:
    client = first_administrator(bare, bare.test_client())
    for rule in bare.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and not rule.arguments - {"name"} and rule.endpoint != "desks.readyz":
            path = rule.rule
            assert client.get(path).status_code in (200, 302, 303, 401, 403, 404), path


def test_the_first_desk_leads_to_the_checklist_until_the_city_has_a_name(bare: Flask) -> None:
    client = first_administrator(bare, bare.test_client())
    assert client.get("/desk").headers["Location"] == "/setup"
    page = client.get("/setup").text
    assert "下一步：城市。" in page
    assert client.post("/setup/city", data=CITY).status_code == 303
    assert client.get("/desk").status_code == 200
    page = client.get("/setup").text
    assert "下一步：镇（街道）。" in page
    assert "海宁市" in page


def test_the_printed_link_works_once(bare: Flask) -> None:
    done = bare.test_cli_runner().invoke(args=["user", "13800138000", "--name", "金晓"])
    link = done.output.strip().splitlines()[-1].removeprefix("http://localhost")
    form = {"password": "three-green-kettles", "again": "three-green-kettles", "language": "en"}
    assert bare.test_client().post(link, data=form).status_code == 303
    assert bare.test_client().post(link, data=form).status_code == 404
    signed_in = bare.test_client().post("/sign-in", data={"login": "13800138000", "password": form["password"]})
    assert signed_in.headers["Location"] == "/desk"


def test_the_registers_fill_step_by_step(bare: Flask) -> None:
    client = first_administrator(bare, bare.test_client())
    client.post("/setup/city", data=CITY)
    for name, form in (
        ("towns", {"name_zh": "海昌街道", "name_en": "Haichang"}),
        ("squadrons", {"name_zh": "海昌中队", "towns": ["1"]}),
        ("associations", {"name_zh": "海昌环保协会", "towns": ["1"]}),
        ("homes", {"name_zh": "智慧港环保管家之家", "town_id": "1", "latitude": "30.5", "opening_zh": "周一至周五"}),
        ("rooms", {"name_zh": "一号教室", "home_id": "1", "seats": "30"}),
        ("topics", {"name_zh": "双碳", "position": "1"}),
        ("industries", {"name_zh": "半导体", "name_en": "Semi & Conductors"}),
        ("lecturers", {"name": "陈砚", "institution_zh": "研究院", "email": "c@test.example", "language": "zh"}),
        (
            "people",
            {"name": "高一", "email": "g@test.example", "roles": "officer", "squadron_id": 1, "language": "zh"},
        ),
    ):
        assert client.post(f"/setup/{name}", data=form).status_code == 303, name
        listed = client.get(f"/setup/{name}").text
        assert form.get("name_zh", form.get("name")) in listed, name
    page = client.get("/setup").text
    assert "下一步：企业和环保管理员。" in page
    assert db.session.get_one(Town, 1).squadron_id == db.session.get_one(Town, 1).association_id == 1
    assert [db.session.get_one(Topic, 1).slug, db.session.get_one(Industry, 1).slug] == [
        "shuang-tan",
        "semi-conductors",
    ]
    home = db.session.get_one(Home, 1)
    assert (home.latitude, home.longitude, home.opening_zh) == (30.5, None, "周一至周五")


# The city


def test_a_city_of_other_hours_credits_by_its_own_rule(app: Flask, client: Client) -> None:
    form = {**CITY, "minutes_per_hour": "50", "full_from_percent": "90", "hours_target": "12"}
    assert client.as_(ADMINISTRATOR).post("/setup/city", data=form).status_code == 303
    city = db.session.get_one(City, 1)
    assert (city.name_zh, city.minutes_per_hour, city.full_from_percent) == ("海宁市", 50, 90)
    assert city.hours_target == 12
    assert "12" in client.as_(GAO, "en").get("/desk/managers").text.partition('class="lead"')[2].partition("</p>")[0]
    from courses.catalogue.model import Sitting
    from courses.roster import actions as roster
    from courses.roster.model import Attendance, Mark

    with makers.at(makers.in_days(-3)):
        class_id = makers.a_class(days=2, hour=9)
        booking = makers.book(SHEN, class_id)[0].id
    sitting = db.session.scalars(select(Sitting)).one()
    with makers.at(makers.in_days(-1, 12)):
        roster.mark(makers.actor(GAO), class_id, sitting.id, [booking], Mark.PRESENT)
    assert db.session.scalars(select(Attendance.half_hours)).one() == 6  # 150 minutes of 50
    late = sitting.starts_at + (sitting.ends_at - sitting.starts_at) * 0.15
    assert earned_half_hours(sitting, Mark.PRESENT, late, None) == 7  # 85 % is enough by the usual rule
    assert earned_half_hours(sitting, Mark.PRESENT, late, None, 50, 90) == 0


def test_a_city_has_its_own_working_hours(app: Flask, client: Client) -> None:
    form = {**CITY, "work_from": "09:00", "work_until": "12:00"}
    assert client.as_(ADMINISTRATOR).post("/setup/city", data=form).status_code == 303
    monday = clock.from_local(dt.date(2026, 11, 23), dt.time(11))
    assert work_time().after(monday, dt.timedelta(hours=2)) == monday + dt.timedelta(hours=23)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name_zh", ""),
        ("name_zh", "x" * 121),
        ("zone", "Asia/Haining"),
        ("zone", "../etc"),
        ("minutes_per_hour", "0"),
        ("hours_target", "0"),
        ("hours_target", "201"),
        ("hours_target", ""),
        ("full_from_percent", "101"),
        ("minutes_per_hour", "many"),
        ("work_from", "early"),
        ("work_until", "08:30"),
    ],
)
def test_a_wrong_city_is_refused_at_its_field(app: Flask, client: Client, field: str, value: str) -> None:
    page = client.as_(ADMINISTRATOR, "en").post("/setup/city", data={**CITY, field: value})
    assert page.status_code == 422
    assert f'id="{field}-error"' in page.text
    assert db.session.get_one(City, 1).name_zh == "海宁"


# Registers


def test_an_entry_is_changed_and_keeps_its_address(app: Flask, client: Client) -> None:
    client.as_(ADMINISTRATOR)
    assert 'value="双碳"' in client.get("/setup/topics/1").text
    assert client.post("/setup/topics/1", data={"name_zh": "碳管理", "position": "3"}).status_code == 303
    topic = db.session.get_one(Topic, 1)
    assert (topic.name_zh, topic.name_en, topic.slug, topic.position) == ("碳管理", "", "carbon", 3)


@pytest.mark.parametrize(
    ("path", "form", "field"),
    [
        ("/setup/towns", {"name_zh": "海昌街道"}, "name_zh"),
        ("/setup/towns/1", {"name_zh": "马桥街道"}, "name_zh"),
        ("/setup/towns", {"name_zh": ""}, "name_zh"),
        ("/setup/homes", {"name_zh": "新家", "town_id": "99"}, "town_id"),
        ("/setup/homes", {"name_zh": "新家", "town_id": "1", "latitude": "91"}, "latitude"),
        ("/setup/homes", {"name_zh": "新家", "town_id": "1", "latitude": "north"}, "latitude"),
        ("/setup/rooms", {"name_zh": "30座教室", "home_id": "1", "seats": "5"}, "name_zh"),
        ("/setup/rooms", {"name_zh": "新教室", "home_id": "1", "seats": "0"}, "seats"),
        ("/setup/squadrons", {"name_zh": "新中队", "towns": ["99"]}, "towns"),
        ("/setup/topics", {"name_zh": "新主题", "position": "first"}, "position"),
    ],
)
def test_a_wrong_entry_is_refused_at_its_field(
    app: Flask, client: Client, path: str, form: dict[str, Any], field: str
) -> None:
    page = client.as_(ADMINISTRATOR).post(path, data=form)
    assert page.status_code in (409, 422)
    assert f'id="{field}-error"' in page.text


def test_two_homes_may_have_rooms_of_one_name(app: Flask, client: Client) -> None:
    form = {"name_zh": "30座教室", "home_id": "2", "seats": "5"}
    assert client.as_(ADMINISTRATOR).post("/setup/rooms", data=form).status_code == 303


def test_a_room_keeps_the_seats_that_are_offered_in_it(app: Flask, client: Client) -> None:
    makers.a_class(seats=20, room=1)
    client.as_(ADMINISTRATOR)
    form = {"name_zh": "30座教室", "home_id": "1"}
    refused = client.post("/setup/rooms/1", data={**form, "seats": "19"})
    assert refused.status_code == 409
    assert 'id="seats-error"' in refused.text
    assert client.post("/setup/rooms/1", data={**form, "seats": "20"}).status_code == 303
    assert db.session.get_one(Room, 1).seats == 20


def test_a_town_moves_from_one_squadron_to_the_other(app: Flask, client: Client) -> None:
    client.as_(ADMINISTRATOR)
    assert client.post("/setup/squadrons/1", data={"name_zh": "海昌中队", "towns": ["1", "2"]}).status_code == 303
    assert set(db.session.scalars(select(Town.squadron_id))) == {1}
    assert client.post("/setup/squadrons/1", data={"name_zh": "海昌中队", "towns": ["2"]}).status_code == 303
    db.session.rollback()
    assert db.session.scalars(select(Town.squadron_id).order_by(Town.id)).all() == [None, 1]
    assert "checked" in client.get("/setup/squadrons/1").text
    assert "checked" not in client.get("/setup/squadrons/2").text


@pytest.mark.parametrize("path", ["towns/1", "squadrons/1", "homes/1", "rooms/3", "topics/1", "industries/1"])
def test_what_something_stands_on_is_not_removed(app: Flask, client: Client, path: str) -> None:
    makers.a_class()
    client.as_(ADMINISTRATOR)
    assert client.post(f"/setup/{path}/removal").status_code == 303
    assert "还有内容与它相关" in client.get(f"/setup/{path}").text


def test_what_nothing_stands_on_is_removed(app: Flask, client: Client) -> None:
    client.as_(ADMINISTRATOR)
    client.post("/setup/squadrons", data={"name_zh": "新中队", "towns": ["2"]})
    assert client.post("/setup/squadrons/3/removal").status_code == 303
    assert db.session.scalar(select(func.count()).select_from(Squadron)) == 2
    assert db.session.get_one(Town, 2).squadron_id is None
    assert client.post("/setup/squadrons/3/removal").status_code == 404
    assert client.get("/setup/squadrons/3").status_code == 404
    assert client.post("/setup/squadrons/3", data={"name_zh": "x"}).status_code == 404


@pytest.mark.parametrize("name", ["towns", "squadrons", "associations", "industries", "homes", "rooms", "topics"])
def test_a_register_leaves_as_a_sheet_and_asks_a_fixed_number_of_statements(
    app: Flask, client: Client, name: str
) -> None:
    client.as_(ADMINISTRATOR)
    client.get(f"/setup/{name}")
    counts = []
    for more in (0, 5):
        for n in range(more):
            form = {"name_zh": f"第{n}个", "town_id": "1", "home_id": "1", "seats": "4", "position": "1"}
            assert client.post(f"/setup/{name}", data=form).status_code == 303
        client.get(f"/setup/{name}")
        with counted() as seen:
            client.get(f"/setup/{name}")
        counts.append(len(seen))
    assert counts[0] == counts[1]
    assert "第4个" in client.get(f"/setup/{name}?as=csv").data.decode("utf-8-sig")


# People


def test_an_officer_is_added_invited_moved_and_let_go(app: Flask, client: Client) -> None:
    client.as_(ADMINISTRATOR)
    form = {"name": "高二", "email": "er@test.example", "roles": ["officer"], "squadron_id": "1", "language": "en"}
    assert client.post("/setup/people", data=form).status_code == 303
    person = person_by_login("er@test.example")
    assert person is not None
    assert [n.facts["enterprise_zh"] for n in makers.told("invitation", person.id)] == ["海昌中队"]
    moved = {**form, "squadron_id": "2", "roles": ["officer", "bureau"]}
    assert client.post(f"/setup/people/{person.id}", data=moved).status_code == 303
    db.session.rollback()
    held = db.session.execute(select(Post.role, Post.squadron_id).where(Post.person_id == person.id)).all()
    assert sorted(held) == [("bureau", None), ("officer", 2)]
    assert client.post(f"/setup/people/{person.id}/removal").status_code == 303
    assert person_by_login("er@test.example") is None
    assert client.get(f"/setup/people/{person.id}").status_code == 404


def test_without_an_address_a_link_is_handed_over(app: Flask, client: Client) -> None:
    form = {"name": "何二", "mobile": "13800138000", "roles": ["inspector"], "language": "zh"}
    page = client.as_(ADMINISTRATOR).post("/setup/people", data=form)
    assert page.status_code == 201
    assert "/invitations/" in page.text
    assert makers.told("invitation") == []


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"roles": ["officer", "inspector"], "squadron_id": "1"}, "roles"),
        ({"roles": ["officer"]}, "squadron_id"),
        ({"roles": ["association"]}, "association_id"),
        ({"roles": []}, "roles"),
        ({"roles": ["manager"]}, "roles"),
        ({"roles": ["bureau"], "email": "shen@test.example"}, "email"),
        ({"roles": ["bureau"], "email": "nobody"}, "email"),
        ({"roles": ["bureau"], "email": ""}, "email"),
        ({"roles": ["bureau"], "mobile": "12345"}, "mobile"),
        ({"roles": ["bureau"], "name": ""}, "name"),
    ],
)
def test_a_wrong_person_is_refused_at_the_field(app: Flask, client: Client, form: dict[str, Any], field: str) -> None:
    before = db.session.scalar(select(func.count()).select_from(Person))
    whole = {"name": "新人", "email": "new@test.example", "language": "zh", **form}
    page = client.as_(ADMINISTRATOR).post("/setup/people", data=whole)
    assert page.status_code in (409, 422)
    assert f'id="{field}-error"' in page.text
    assert db.session.scalar(select(func.count()).select_from(Person)) == before
    assert makers.told("invitation") == []


def test_the_last_administrator_stays(app: Flask, client: Client) -> None:
    client.as_(ADMINISTRATOR)
    form = {"name": "金晓", "email": ADMINISTRATOR.email, "roles": ["bureau"], "language": "zh"}
    refused = client.post(f"/setup/people/{ADMINISTRATOR.id}", data=form)
    assert refused.status_code == 409
    assert 'id="roles-error"' in refused.text
    client.post(f"/setup/people/{ADMINISTRATOR.id}/removal")
    assert person_by_login(ADMINISTRATOR.email) is not None


def test_another_address_ends_the_old_ones_sessions(app: Flask, client: Client) -> None:
    form = {"name": "徐敏", "email": "xu2@test.example", "roles": ["bureau"], "language": "zh"}
    assert client.as_(ADMINISTRATOR).post(f"/setup/people/{BUREAU.id}", data=form).status_code == 303
    assert client.as_(BUREAU).get("/desk").status_code == 302


def test_a_lecturer_who_serves_here_already_keeps_the_account(app: Flask, client: Client) -> None:
    client.as_(ADMINISTRATOR)
    form = {"name": GAO.name, "email": GAO.email, "institution_zh": "海昌中队", "language": "zh"}
    assert client.post("/setup/lecturers", data=form).status_code == 303
    assert db.session.get(Lecturer, GAO.id) is not None
    assert set(db.session.scalars(select(Post.role).where(Post.person_id == GAO.id))) == {Role.OFFICER, Role.LECTURER}
    assert client.post("/setup/lecturers", data={**form, "name": "别人"}).status_code == 409


def test_a_lecturer_who_taught_stays(app: Flask, client: Client) -> None:
    makers.a_class(lecturers=[CHEN.id])
    client.as_(ADMINISTRATOR)
    for member, gone in ((CHEN, False), (OTHER_LECTURER, True)):
        assert client.post(f"/setup/people/{member.id}/removal").status_code == 303
        assert (db.session.get(Lecturer, member.id) is None) == gone


def test_people_are_found_and_listed_in_a_fixed_number_of_statements(app: Flask, client: Client) -> None:
    client.as_(ADMINISTRATOR, "en")
    client.get("/setup/people")
    counts = []
    for more in (0, 30):
        if more:
            makers.strangers(more)
        with counted() as seen:
            assert client.get("/setup/people").status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1]
    page = client.get("/setup/people?role=officer&q=gao@").text
    assert GAO.name in page
    assert SHEN.name not in page
    assert client.get("/setup/people?q=nobody-at-all").status_code == 200
    assert "page=2" not in client.get("/setup/people?role=bureau").text
    everyone = db.session.scalar(select(func.count()).select_from(Person)) or 0
    last = client.get("/setup/people?page=99").text
    assert f"Page {-(-everyone // TALL)} of {-(-everyone // TALL)}" in last
    assert 'rel="next"' not in last
    names = [row["Name"] for row in csv.DictReader(io.StringIO(client.get("/setup/people?as=csv").text[1:]))]
    assert names == sorted(names, key=sound_of) != sorted(names)
    assert GAO.email in client.get("/setup/people?as=csv").data.decode("utf-8-sig")


# What a clerk would say


@pytest.mark.parametrize("blanks", ["   ", "\u3000", "\u200b"])
@pytest.mark.parametrize("path", ["towns", "industries", "squadrons", "associations", "topics"])
def test_a_name_of_blanks_is_no_name(client: Client, path: str, blanks: str) -> None:
    before = client.as_(ADMINISTRATOR).get(f"/setup/{path}").text.count("<tr>")
    answer = client.post(f"/setup/{path}", data={"name_zh": blanks, "position": "0"})
    assert answer.status_code == 422
    assert 'id="name_zh-error"' in answer.text
    assert "请填写此项。" in answer.text
    assert client.get(f"/setup/{path}").text.count("<tr>") == before


def test_all_that_is_wrong_with_a_room_is_said_at_once(client: Client) -> None:
    answer = client.as_(ADMINISTRATOR).post("/setup/rooms", data={"name_zh": " ", "home_id": "1", "seats": "0"})
    assert 'id="name_zh-error"' in answer.text
    assert 'id="seats-error"' in answer.text


def test_the_checklist_counts_in_words_and_names_the_towns_left_out(client: Client) -> None:
    client.as_(ADMINISTRATOR, "zh")
    page = client.get("/setup").text
    assert "已完成 · 共3家" in page
    assert "未覆盖的镇（街道）" not in page
    with transaction():
        db.session.get_one(Town, 2).association_id = None
    page = client.get("/setup").text
    assert "未覆盖的镇（街道）：马桥街道<" in page
    with transaction():
        db.session.get_one(Town, 1).association_id = None
        db.session.get_one(Town, 2).squadron_id = None
    page = client.get("/setup").text
    assert "未覆盖的镇（街道）：海昌街道、马桥街道<" in page
    assert "未覆盖的镇（街道）：马桥街道<" in page
    assert "已开始 · 共2个" in page  # squadrons, with a town that none serves
