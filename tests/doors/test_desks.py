"""The desks and the lists behind them: what is to be done first, whose it is, and that the figures add up."""

import csv
import datetime as dt
import io
import re

import pytest
import time_machine
from flask import Flask
from python_calamine import CalamineWorkbook
from sqlalchemy import update

from courses.booking import actions as booking
from courses.catalogue.model import Sitting, TrainingClass
from courses.desks.queries import coverage
from courses.ground import clock
from courses.ground.db import db
from courses.ground.transaction import transaction
from courses.outbox.model import Channel, Fate, Notice
from courses.people.model import Enterprise, Town
from courses.roster import actions as roster
from courses.roster.model import Mark
from courses.roster.queries import sittings_of
from tests import makers
from tests.conftest import Client
from tests.doors.test_pages import counted
from tests.people import (
    ADMINISTRATOR,
    ASSOCIATION,
    BUREAU,
    CHEN,
    COLLEAGUE,
    GAO,
    INSPECTOR,
    LU,
    OTHER_OFFICER,
    OWNER,
    SHEN,
    STRANGER,
    Member,
)

TITLE = "碳交易管理"
LISTS = {
    "/posts": INSPECTOR,
    "/desk/managers": GAO,
    "/desk/classes": GAO,
    "/desk/people": OWNER,
    "/desk/bookings": OWNER,
    "/desk/history": SHEN,
    "/desk/coverage?by=town": BUREAU,
    "/desk/coverage?by=industry": BUREAU,
}


@pytest.fixture
def taught(app: Flask) -> int:
    """A class that is just over: SHEN came, LU did not, STRANGER of the other town came too."""
    class_id = makers.a_class(seats=5, days=3, lecturers=[CHEN.id])
    ids = {member: makers.book(member, class_id)[0].id for member in (SHEN, LU, STRANGER)}
    sitting = sittings_of(class_id)[0].id
    with makers.at(makers.in_days(3, 12)):
        roster.mark(makers.actor(GAO), class_id, sitting, [ids[SHEN], ids[STRANGER]], Mark.PRESENT)
        roster.mark(makers.actor(GAO), class_id, sitting, [ids[LU]], Mark.ABSENT)
    over(class_id)
    return class_id


def over(class_id: int) -> None:
    """Let a class of one sitting be just over."""
    ends_at = clock.now() - dt.timedelta(minutes=5)
    starts_at = ends_at - dt.timedelta(hours=2.5)
    times = {"starts_at": starts_at, "ends_at": ends_at}
    past = {"opens_at": starts_at, "closes_at": starts_at, "cancel_until": starts_at}
    with transaction():
        db.session.execute(update(TrainingClass).where(TrainingClass.id == class_id).values(**times, **past))
        db.session.execute(update(Sitting).where(Sitting.class_id == class_id).values(**times))
    roster.recount()


def page(client: Client, member: Member, path: str = "/desk") -> str:
    answer = client.as_(member, "zh").get(path)
    assert answer.status_code == 200, path
    return str(answer.text)


def todos(client: Client, member: Member) -> dict[str, str]:
    """Return what the member's desk says first: verb to count."""
    found = re.findall(r"<b>([\d.]+)</b><span><strong>(.*?)</strong>", page(client, member))
    return {verb: count for count, verb in found}


def sheet(client: Client, path: str) -> list[dict[str, str]]:
    """Return a list as its CSV file says it."""
    answer = client.get(path + ("&" if "?" in path else "?") + "as=csv")
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))


def test_an_officer_is_told_what_to_do_first(app: Flask, client: Client) -> None:
    class_id = makers.a_class(seats=4, days=1)
    makers.book(SHEN, class_id)
    with transaction():
        db.session.add(
            Notice(
                key="x",
                kind="booked",
                person_id=SHEN.id,
                channel=Channel.MAIL,
                facts={},
                made_at=clock.now(),
                due_at=clock.now(),
                state=Fate.FAILED,
                class_id=class_id,
            )
        )
    first = todos(client, GAO)
    assert first["另行告知"] == "1"
    assert first["动员报名"] == "1"
    assert first["查看从未上过课的人"] == "4"  # SHEN, COLLEAGUE, NEWCOMER of one enterprise, LU of the other
    assert "另行告知" not in todos(client, OTHER_OFFICER)
    over(class_id)
    assert todos(client, GAO) == {"登记出勤": "1", "查看从未上过课的人": "4"}


def test_an_officer_sees_two_weeks_and_the_rooms_of_the_own_towns(app: Flask, client: Client) -> None:
    near, far = makers.a_class(days=1, room=1), makers.a_class(days=20, room=1)
    text = page(client, GAO)
    assert f"/classes/{near}" in text
    assert f"/classes/{far}" not in text
    assert "智慧港环保管家之家" in text
    assert "1000座教室" not in text  # of another town
    assert f"/classes/{far}" in page(client, GAO, "/desk?week=2")
    assert "09:00–11:30" in text


def test_a_manager_sees_the_next_class_and_the_year(client: Client, taught: int) -> None:
    coming = makers.a_class(days=5)
    [booked] = makers.book(SHEN, coming)
    text = page(client, SHEN)
    assert f"/classes/{coming}" in text
    assert f"/bookings/{booked.id}/cancellation" in text
    assert "0573-00000001" in text
    assert text.count("1000座教室") == 1
    assert "<b>3.5</b>" in text
    assert todos(client, SHEN)["选一门课"] == "4.5"  # of 8
    last = sheet(client, "/desk/history?when=past")[0]
    assert (last["学时"], last["状态"]) == ("3.5", "到课")
    assert len(sheet(client, "/desk/history")) == 2


def test_an_owner_sees_whose_hours_are_missing(client: Client, taught: int) -> None:
    first = todos(client, OWNER)
    assert first["安排第一次课"] == "2"
    assert first["查看学时不足的人"] == "1"
    makers.book(OWNER, makers.a_class(days=9), COLLEAGUE)
    assert todos(client, OWNER)["安排第一次课"] == "1"
    client.as_(OWNER, "zh")
    rows = {row["姓名"]: row for row in sheet(client, "/desk/people")}
    assert rows[SHEN.name]["本年学时"] == "3.5"
    assert LU.name not in rows
    assert {row["姓名"] for row in sheet(client, "/desk/bookings")} == {SHEN.name, COLLEAGUE.name}


def test_a_lecturer_sees_the_next_class_and_all_others(client: Client, taught: int) -> None:
    coming = makers.a_class(days=6, lecturers=[CHEN.id])
    text = page(client, CHEN)
    assert f"/classes/{coming}/roster" in text
    client.as_(CHEN, "zh")
    assert len(sheet(client, "/desk/classes")) == 2


def test_an_association_sees_its_own_town_alone(client: Client, taught: int) -> None:
    text = page(client, ASSOCIATION)
    assert "海昌街道" in text
    assert "马桥" not in text.replace("马桥中队", "")
    rows = sheet(client, "/desk/managers")
    assert {row["镇（街道）"] for row in rows} == {"海昌街道"}
    assert STRANGER.name not in {row["姓名"] for row in rows}
    assert {row["镇（街道）"] for row in sheet(client, "/desk/coverage")} == {"海昌街道"}
    for by in ("topic", "month", "person"):
        assert client.get(f"/desk/coverage?by={by}").status_code == 404


@pytest.mark.parametrize("member", [GAO, ASSOCIATION])
def test_who_was_never_taught_is_found(client: Client, taught: int, member: Member) -> None:
    client.as_(member, "zh")
    never = {row["姓名"] for row in sheet(client, "/desk/managers?state=never")}
    assert never == {LU.name, COLLEAGUE.name, "李𬬭"}
    assert {row["姓名"] for row in sheet(client, "/desk/managers?state=short")} == {*never, SHEN.name}
    assert sheet(client, "/desk/managers?sort=-hours")[0]["姓名"] == SHEN.name
    assert sheet(client, "/desk/managers?q=甲科技&state=never&town=1&industry=1")
    assert not sheet(client, "/desk/managers?key=1")
    assert not sheet(client, "/desk/managers?town=2")


def test_the_sums_of_towns_and_industries_are_the_citys(client: Client, taught: int) -> None:
    makers.strangers(7)
    with transaction():
        db.session.get_one(Enterprise, 2).industry_id = None
    year, now = clock.this_year(), clock.now()
    towns, industries = coverage.towns(year, 8), coverage.industries(year, 8)
    for whole in (coverage.whole(towns), coverage.whole(industries)):
        assert (whole.enterprises, whole.managers, whole.taught, whole.met, whole.vacant) == (3, 12, 2, 0, 0)
    assert coverage.whole(coverage.towns(year, 3)).met == 2
    topics, months = coverage.topics(year, now), coverage.by_month(now)
    assert len(months) == 12
    for held in (topics, months):
        assert [sum(row[at] for row in held) for at in (-4, -3, -2, -1)] == [1, 5, 3, 2]
    assert "<title>12 人中 2 人上过课，0 人学时达标</title>" in page(client, BUREAU)
    for by in ("month", "topic"):
        assert sum(int(list(row.values())[-1]) for row in sheet(client, f"/desk/coverage?by={by}")) == 2
    assert sum(int(row["环保管理员"]) for row in sheet(client, "/desk/coverage?by=town")) == 12


def test_an_association_of_no_town_has_nothing_to_cover(app: Flask) -> None:
    assert coverage.towns(2026, 8, []) == coverage.industries(2026, 8, []) == []
    assert db.session.scalar(coverage.count_of_towns([])) == 0
    assert len(coverage.towns(2026, 8, [1])) == 1


def test_an_inspector_sees_posts_filled_and_hours_met_and_nothing_else(client: Client, taught: int) -> None:
    """No class, mark, notice, person or number of hours: not on the desk, nor in the list or its files."""
    assert todos(client, INSPECTOR) == {"查看学时未达标": "3"}
    client.as_(INSPECTOR, "zh")
    seen = page(client, INSPECTOR) + page(client, INSPECTOR, "/posts") + client.get("/posts?as=csv").text
    for hidden in (
        TITLE,
        SHEN.name,
        LU.name,
        STRANGER.name,
        ">3.5<",
        ",3.5",
        "/roster",
        "花名册",
        "到课",
        "候补",
        "从未上过课",
    ):
        assert hidden not in seen, hidden
    assert set(sheet(client, "/posts")[0]) == {"企业", "统一社会信用代码", "镇（街道）", "岗位", "本年度学时"}
    for path in LISTS:
        if path not in ("/posts", "/desk/history"):
            assert client.get(path).status_code == 403, path
    assert sheet(client, "/desk/history") == []


def test_posts_are_narrowed_and_sorted(client: Client, taught: int) -> None:
    with transaction():
        db.session.add(Enterprise(credit_code="91330481MA00000000", name_zh="丁材料有限公司", town_id=2))
    client.as_(INSPECTOR, "zh")
    assert [row["企业"] for row in sheet(client, "/posts?state=vacant")] == ["丁材料有限公司"]
    assert len(sheet(client, "/posts?state=short")) == 3
    assert sheet(client, "/posts?state=met") == []
    assert [row["岗位"] for row in sheet(client, "/posts")] == ["空缺", *["已配备"] * 3]
    assert [row["岗位"] for row in sheet(client, "/posts?sort=-post")][-1] == "空缺"
    codes = [row["统一社会信用代码"] for row in sheet(client, "/posts?sort=code")]
    assert codes == sorted(codes)


def test_an_officers_weeks_begin_with_the_coming_one_once_this_one_is_taught(app: Flask, client: Client) -> None:
    evening, day = dt.datetime(2027, 3, 14, 12, tzinfo=dt.UTC), dt.timedelta(days=1)  # a Sunday, at eight in the city
    with makers.at(evening - 9 * day):
        starts = [evening - 7 * makers.HOUR, evening + 4 * day, evening + 11 * day]
        classes = [makers.a_class(room=1, sittings=[(start, start + 2 * makers.HOUR)]) for start in starts]

    def weeks(at: dt.datetime) -> dict[str, list[int]]:
        with time_machine.travel(at, tick=False):
            text = page(client, GAO).partition('id="weeks"')[2].partition("全部班次")[0]
        sections = re.findall(r"<h2>(.*?)</h2>(.*?)</section>", text, re.DOTALL)
        return {name: [one for one in classes if f'href="/classes/{one}"' in rows] for name, rows in sections}

    assert weeks(evening - 6 * makers.HOUR) == {"本周": classes[:1], "下周": classes[1:2]}
    assert weeks(evening) == {"下周": classes[1:2], "下下周": classes[2:]}
    assert weeks(evening + 13 * day) == {"本周": [], "下周": []}


@pytest.mark.parametrize("path", LISTS)
def test_every_list_sorts_both_ways_pages_and_leaves_as_a_file(client: Client, taught: int, path: str) -> None:
    reader = LISTS[path]
    text = page(client, reader, path)
    links = re.findall(r'<th[^>]*?(?: aria-sort="(\w+)")?><a href="([^"]+)"', text)
    assert sum(bool(order) for order, _ in links) == 1, "one column is the one sorted by"
    for _, link in links:
        once = page(client, reader, link.replace("&amp;", "&"))
        assert once.count("aria-sort=") == 1
    for nonsense in ("sort=nothing", "sort=-", "page=999", "page=x", "sort=%00"[:5]):
        page(client, reader, path + ("&" if "?" in path else "?") + nonsense)
    book = client.get(path + ("&" if "?" in path else "?") + "as=xlsx")
    rows = CalamineWorkbook.from_filelike(io.BytesIO(book.data)).get_sheet_by_index(0).to_python()
    assert len(rows) == len(sheet(client, path)) + 1


def test_a_long_list_is_paged(client: Client, app: Flask) -> None:
    makers.strangers(60, enterprise=1)
    first, _second, third = (page(client, GAO, f"/desk/managers?sort=name&page={n}") for n in (1, 2, 3))
    assert (first.count("<tr>"), third.count("<tr>")) == (26, 15)
    assert "共64人" in first
    assert "第1页，共3页" in first
    assert "sort=name&amp;page=2" in first
    assert "page=" not in re.findall(r'<th[^>]*><a href="([^"]+)"', third)[0]
    assert "共3家" in page(client, INSPECTOR, "/posts")


@pytest.mark.parametrize(
    ("path", "others"),
    [
        ("/posts", [GAO, SHEN, BUREAU, ASSOCIATION]),
        ("/desk/managers", [SHEN, OWNER, CHEN, BUREAU, INSPECTOR]),
        ("/desk/classes", [SHEN, OWNER, ASSOCIATION, BUREAU, INSPECTOR]),
        ("/desk/people", [SHEN, GAO, ASSOCIATION, INSPECTOR]),
        ("/desk/bookings", [SHEN, GAO, ASSOCIATION, INSPECTOR]),
        ("/desk/coverage", [SHEN, OWNER, GAO, CHEN, INSPECTOR]),
    ],
)
def test_a_list_is_for_whom_it_is(client: Client, app: Flask, path: str, others: list[Member]) -> None:
    for member in others:
        assert client.as_(member).get(path).status_code == 403, member
    assert client.as_(None).get(path).status_code == 302


def test_an_officers_list_holds_the_own_squadrons_classes(client: Client, taught: int) -> None:
    other = makers.a_class(by=OTHER_OFFICER, days=30)
    off = makers.a_class(days=40, course=2)
    client.as_(GAO, "zh")
    assert len(sheet(client, "/desk/classes")) == 2
    assert f"/classes/{other}" not in page(client, GAO, "/desk/classes")
    assert len(sheet(client, "/desk/classes?course=2")) == 1
    assert len(sheet(client, "/desk/classes?q=碳交易")) == 1
    day = makers.in_days(40).date()
    assert len(sheet(client, f"/desk/classes?since={day}")) == 1
    assert len(sheet(client, f"/desk/classes?until={day.replace(year=day.year - 1)}")) == 0
    assert len(sheet(client, "/desk/classes?state=over")) == 1
    assert sheet(client, "/desk/classes?state=unmarked") == []
    assert len(sheet(client, "/desk/classes?state=free")) == 1
    assert f"/classes/{off}" in page(client, GAO, "/desk/classes?state=coming")


def test_the_list_of_classes_opens_with_the_next_one(client: Client, taught: int) -> None:
    far, near = makers.a_class(days=40), makers.a_class(days=6)
    older = makers.a_class(days=9)
    with transaction():
        past = clock.now() - dt.timedelta(days=30)
        times = {
            "starts_at": past,
            "ends_at": past + dt.timedelta(hours=1),
            "opens_at": past,
            "closes_at": past,
            "cancel_until": past,
        }
        db.session.execute(update(TrainingClass).where(TrainingClass.id == older).values(**times))
    text = page(client, GAO, "/desk/classes")
    assert re.findall(r'<td[^>]*><a href="/classes/(\d+)"', text) == [str(n) for n in (near, far, taught, older)]
    assert text.count('aria-sort="other"') == 1
    by_day = page(client, GAO, "/desk/classes?sort=-day")
    assert re.findall(r'<td[^>]*><a href="/classes/(\d+)"', by_day)[0] == str(far)


def test_before_the_draw_a_class_has_neither_free_seats_nor_a_queue(client: Client, app: Flask) -> None:
    draw_at = makers.in_days(2, 8)
    class_id = makers.a_class(seats=3, days=4, draw_at=draw_at)
    makers.book(SHEN, class_id)
    text = page(client, GAO, "/desk/classes")
    assert f"待抽签，{clock.local(draw_at).month}月{clock.local(draw_at).day}日" in text
    assert "有名额" not in text
    assert [row["状态"] for row in sheet(client, "/desk/classes?state=lot")] == ["待抽签"]
    for state in ("queue", "free"):
        assert sheet(client, f"/desk/classes?state={state}") == [], state
    assert not {"动员报名", "查看候补"} & todos(client, GAO).keys()
    with makers.at(makers.in_days(3)):
        assert booking.draw_due() == 1
    assert sheet(client, "/desk/classes?state=lot") == []
    assert [row["状态"] for row in sheet(client, "/desk/classes?state=free")] == ["未开课"]
    assert "动员报名" in todos(client, GAO)


@pytest.mark.parametrize(
    ("asked", "words"),
    [("since=abc", "“abc”不是日期"), ("since=2026-12-01&until=2026-11-01", "开始日期晚于截止日期")],
)
def test_days_that_cannot_be_are_named(client: Client, taught: int, asked: str, words: str) -> None:
    assert words in page(client, GAO, f"/desk/classes?{asked}")
    assert words not in page(client, GAO, "/desk/classes?since=2026-11-01&until=2026-12-01")


def test_a_list_of_managers_leads_to_the_person_and_the_enterprise(client: Client, taught: int) -> None:
    text = page(client, GAO, "/desk/managers?state=short")
    for link in (f"/people/{SHEN.id}", "/enterprises/1"):
        assert f'href="{link}"' in text
        assert client.as_(GAO).get(link).status_code == 200
    text = page(client, ASSOCIATION, "/desk/managers?state=short")
    assert f'href="/people/{SHEN.id}"' not in text  # an association changes nobody
    assert 'href="/enterprises/1"' in text
    rows = {row["姓名"]: row for row in sheet(client, "/desk/managers")}
    assert (rows[SHEN.name]["还差学时"], rows[LU.name]["还差学时"]) == ("4.5", "8.0")
    assert sheet(client, "/desk/managers?state=short&sort=missing")[0]["姓名"] == SHEN.name


def test_the_card_of_an_owner_opens_the_people_it_counted(client: Client, taught: int) -> None:
    [(link, count)] = re.findall(r'href="([^"]+)"><b>(\d+)</b><span><strong>查看学时不足的人', page(client, OWNER))
    text = page(client, OWNER, link)
    assert text.count("<tr>") == 1 + int(count)
    assert f'href="/people/{SHEN.id}"' in text
    assert client.get(f"/people/{SHEN.id}").status_code == 200
    rows = sheet(client, "/desk/people")
    assert (rows[0]["还差学时"], rows[-1]["姓名"]) == (
        "8.0",
        OWNER.name,
    )  # who needs most is first, who needs none last
    for state, names in (("none", {COLLEAGUE.name, "李𬬭"}), ("short", {SHEN.name}), ("met", set())):
        assert {row["姓名"] for row in sheet(client, f"/desk/people?state={state}")} == names


def test_a_lecturers_desk_says_where_and_until_when(client: Client, app: Flask) -> None:
    makers.a_class(days=6, lecturers=[CHEN.id], room=1)
    text = page(client, CHEN)
    assert "下一次课" in text
    assert "11:30" in text
    assert "多功能" in text or "教室" in text


@pytest.mark.parametrize("member", [GAO, CHEN, SHEN, OWNER, ASSOCIATION, BUREAU, INSPECTOR, ADMINISTRATOR])
def test_a_desk_asks_as_many_statements_with_a_hundred_times_the_rows(
    client: Client, app: Flask, member: Member
) -> None:
    counts = []
    for more in (1, 100):
        class_id = makers.a_class(seats=200, days=3 if more == 1 else 6, lecturers=[CHEN.id])
        makers.book(SHEN, class_id)
        people = makers.strangers(more, enterprise=1)
        for first in range(0, more, 20):
            makers.booking.book(makers.actor(OWNER), class_id, people[first : first + 20])
        page(client, member)
        with counted() as seen:
            page(client, member)
        counts.append(len(seen))
    assert counts[0] == counts[1]
    assert counts[0] <= 10


# What a clerk would say


@pytest.mark.parametrize("path", ["/posts", "/desk/managers", "/desk/classes"])
def test_a_list_says_what_it_is_narrowed_by_and_lets_go_of_it(client: Client, taught: int, path: str) -> None:
    member = LISTS[path]
    state = {"/posts": "short", "/desk/managers": "never", "/desk/classes": "over"}[path]
    text = page(client, member, f"{path}?q=zz&state={state}")
    form = text[text.index('<form class="filters') : text.index("</form>", text.index('<form class="filters'))]
    assert 'name="q" value="zz"' in form
    assert f'value="{state}" selected' in form
    assert "<details open>" in form
    assert f'<a href="{path}">清除筛选</a>' in form
    assert "清除筛选" not in page(client, member, path)


def test_the_list_of_towns_has_its_sum_and_marks_who_is_below_the_city(client: Client, taught: int) -> None:
    """STRANGER came of town 2, whose only manager he is; SHEN alone of the four of town 1."""
    with transaction():
        db.session.add(Enterprise(credit_code="91330481MA00000000", name_zh="丁材料有限公司", town_id=2))
    text = page(client, BUREAU, "/desk/coverage")
    assert "全市40%的环保管理员今年上过课" in text
    foot = re.search(r"<tfoot>(.*?)</tfoot>", text)
    assert foot
    assert re.findall(r">([^<>]+)</td>", foot[1]) == ["合计", "4", "1", "5", "2", "40", "0"]
    rows = re.findall(r"<tr>.*?</tr>", text.split("<tbody>")[1].split("</tbody>")[0])
    assert ["低于全市" in row for row in rows if "海昌街道" in row or "马桥" in row] == [True, False]
    assert "合计" in page(client, BUREAU, "/desk/coverage?by=industry")
    assert todos(client, BUREAU)["各镇（街道）空缺数"] == "1"
    text = page(client, ASSOCIATION, "/desk/coverage")  # of the one town: no sum, and nothing of the city's
    assert "全市" not in text.replace("低于全市覆盖率", "")
    assert "合计" not in text


def test_figures_of_a_year_say_of_which_moment_they_are(client: Client) -> None:
    with time_machine.travel(dt.datetime(2026, 11, 22, 15, 50, tzinfo=dt.UTC), tick=False):
        for member, path in ((INSPECTOR, "/posts"), (BUREAU, "/desk/coverage"), (BUREAU, "/desk/coverage?by=topic")):
            said = re.search("截至[^<]*", page(client, member, path))
            assert said, path
            assert said[0] == "截至11月22日 周日 23:50；本年度截止12月31日。"
        said = client.as_(INSPECTOR, "en").get("/posts").text
        assert "As of Sun 22 Nov 23:50; the year ends on 31 December." in said


def test_an_enterprise_not_listed_is_no_enterprise_let_off(client: Client) -> None:
    words = "名录中没有这家企业"
    assert words in page(client, INSPECTOR, "/posts?q=没有这家")
    assert "未列入不等于不需要配备，请向市局核实。" in page(client, INSPECTOR, "/posts?q=没有这家")
    assert words not in page(client, INSPECTOR, "/posts?q=甲科技&state=vacant")  # listed, but not vacant
    assert words not in page(client, INSPECTOR, "/posts?state=vacant")


def test_towns_stand_in_the_order_of_their_sound(client: Client) -> None:
    with transaction():
        db.session.add_all([Town(name_zh=name, name_en=name) for name in ("周王庙镇", "斜桥镇", "丁桥镇")])
    rows = [row["镇（街道）"] for row in sheet(client.as_(BUREAU), "/desk/coverage")]
    assert [name for name in rows if name.endswith("镇")] == ["丁桥镇", "斜桥镇", "周王庙镇"]
