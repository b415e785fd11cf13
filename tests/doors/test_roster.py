"""The roster as a file: for those who serve or teach the class, and what is on the page."""

import datetime as dt
import re
from html import unescape

import pytest
from sqlalchemy import select, update

from courses.booking import actions as booking
from courses.catalogue.model import TrainingClass
from courses.ground import clock, sheets
from courses.ground.db import db
from courses.ground.transaction import transaction
from courses.outbox.model import Fate, Notice
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
    assert f'href="/classes/{class_id}/roster?sitting={second.id}&amp;as=xlsx"' in page
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


def be_over(class_id: int) -> None:
    """Let the class have been yesterday."""
    back = dt.timedelta(days=11)
    names = ("starts_at", "ends_at", "opens_at", "closes_at", "cancel_until")
    with transaction():
        class_ = db.session.get_one(TrainingClass, class_id)
        moved = {name: getattr(class_, name) - back for name in names}
        db.session.execute(update(TrainingClass).where(TrainingClass.id == class_id).values(**moved))
        for sitting in sittings_of(class_id):
            sitting.starts_at, sitting.ends_at = sitting.starts_at - back, sitting.ends_at - back
    db.session.rollback()


def mark(client: Client, class_id: int, member: Member, at: int = 0, **typed: str) -> tuple[int, str]:
    """Send a line of a sitting as the page does; return the answer's status, and what the page then says."""
    if sittings_of(class_id)[0].starts_at > clock.now():
        be_over(class_id)
    sitting_id = sittings_of(class_id)[at].id
    answer = client.as_(GAO, "zh").post(
        f"/classes/{class_id}/sittings/{sitting_id}/attendance",
        data={"booking": makers.booking_of(class_id, member).id, **typed},
    )
    if answer.status_code == 303:
        return 303, client.get(answer.location.partition("#")[0]).text
    return answer.status_code, answer.text


def line_of(text: str, member: Member) -> str:
    [line] = [line for line in text.split('<li id="booking-')[1:] if member.name in line.partition("</strong>")[0]]
    return line


@pytest.mark.parametrize(
    "typed", [{"arrived": "10:30", "left": "10:00"}, {"arrived": "25:99"}, {"left": "07:00"}, {"arrived": "x<y"}]
)
def test_wrong_times_are_told_at_the_person_and_stay_typed(
    client: Client, class_id: int, typed: dict[str, str]
) -> None:
    status, text = mark(client, class_id, SHEN, mark="present", **typed)
    assert status == 422
    line = line_of(text, SHEN)
    assert "到课早于离开" in line
    assert "<details open" in line
    for value in typed.values():
        assert f'value="{value.replace("<", "&lt;")}"' in line
    assert "到课早于离开" not in line_of(text, LU)
    [sheet] = re.findall(r'href="([^"]*as=csv)"', text)
    assert client.get(unescape(sheet)).mimetype == "text/csv"


def test_a_line_sent_without_a_mark_is_told_so_at_the_person(client: Client, class_id: int) -> None:
    status, text = mark(client, class_id, SHEN)
    assert status == 422
    assert "请选择到课、缺课或请假" in line_of(text, SHEN)
    assert mark(client, class_id, SHEN, mark="nonsense")[0] == 422


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"arrived": "10:00"}, "10:00到 · 不计学时"),
        ({"arrived": "09:10"}, "09:10到<"),
        ({"left": "10:50"}, "10:50离开<"),
        ({"arrived": "09:30", "left": "10:00"}, "09:30–10:00在场 · 不计学时"),
    ],
)
def test_who_was_not_there_for_the_whole_is_said_with_what_it_earns(
    client: Client, class_id: int, typed: dict[str, str], words: str
) -> None:
    status, text = mark(client, class_id, SHEN, mark="present", **typed)
    assert status == 303
    assert words in line_of(text, SHEN)
    assert "不计学时" not in line_of(text, LU)
    whole = line_of(mark(client, class_id, SHEN, mark="present")[1], SHEN)
    assert "不计学时" not in whole


def test_the_sitting_that_is_marked_stays_in_view(client: Client, class_id: int) -> None:
    be_over(class_id)
    first, _second = sittings_of(class_id)
    answer = client.as_(GAO, "zh").post(
        f"/classes/{class_id}/sittings/{first.id}/attendance",
        data={"booking": makers.booking_of(class_id, SHEN).id, "mark": "present"},
        headers={"HX-Request": "true"},
    )
    assert "<b>1</b>" in answer.text, "the sitting that was marked, not the last one"


def test_the_log_says_what_was_marked(client: Client, class_id: int) -> None:
    mark(client, class_id, SHEN, mark="present")
    assert f"{SHEN.name}登记为到课" in client.as_(GAO, "zh").get(f"/classes/{class_id}").text
    mark(client, class_id, SHEN, mark="unmarked")
    assert f"{SHEN.name}的登记已撤销" in client.as_(GAO, "zh").get(f"/classes/{class_id}").text


def test_the_roster_of_a_class_called_off_says_so_and_prints_nothing(client: Client, class_id: int) -> None:
    booking.call_off(makers.actor(GAO), class_id, "讲师生病")
    text = client.as_(GAO, "zh").get(f"/classes/{class_id}/roster").text
    assert "本班已取消开班，原有2人预约或候补" in text
    for words in ("还没有人预约", "起可以登记出勤", "sign-in-sheet"):
        assert words not in text


def test_a_class_called_off_says_who_knows_of_it(client: Client, class_id: int) -> None:
    booking.call_off(makers.actor(GAO), class_id, "讲师生病")
    path = f"/classes/{class_id}"
    off = Notice.kind == "called_off"
    assert "已通知0人，未送达0人" in client.as_(GAO, "zh").get(path).text
    with transaction():
        db.session.execute(update(Notice).where(off).values(state=Fate.SENT))
        db.session.execute(update(Notice).where(off, Notice.person_id == LU.id).values(state=Fate.FAILED))
    text = client.as_(GAO, "zh").get(path).text
    told = text[text.index('id="people-told"') :].partition("</details>")[0]
    assert "已通知2人，未送达1人" in told  # SHEN and CHEN, who was to teach
    assert told.index(LU.name) < told.index(SHEN.name)
    assert "已通知" not in client.as_(LU, "zh").get(path).text
    assert "已通知" not in client.as_(None, "zh").get(path).text
