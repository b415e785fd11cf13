"""Each kind of notice, in both languages, as its reader gets it: subject, text and calendar entry.

The files in tests/golden/notices/ are for people to read. When words change, write them anew, and let the difference
show what readers will see:

    GOLDEN=write .venv/bin/python -m pytest tests/unit/test_notices_golden.py
"""

import dataclasses
import datetime as dt
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, g
from markupsafe import escape

import config
from courses.app import create_app
from courses.ground import clock
from courses.ground.worktime import FROM, UNTIL
from courses.outbox.channels import Message
from courses.outbox.model import Channel, Notice
from courses.outbox.render import render
from courses.people.model import Person
from courses.people.queries import CityWords

FOLDER = Path(__file__).resolve().parent.parent / "golden" / "notices"
TEMPLATES = config.ROOT / "templates" / "notices"
CITY = CityWords(
    name_zh="海宁",
    name_en="Haining",
    zone="Asia/Shanghai",
    post_name_zh="企业环保管理员",
    post_name_en="environmental manager",
    operator_zh="海宁市生态环境教学服务中心",
    operator_en="Haining Environmental Teaching Service",
    record_number="",
    is_demo=True,
    minutes_per_hour=45,
    full_from_percent=80,
    hours_target=8,
    work_from=FROM,
    noshow_limit=0,
    noshow_days=90,
    standby_days=30,
    late_counts=True,
    work_until=UNTIL,
)
SETTINGS = {"MODE": "development", "SECRET_KEY": "k" * 40, "BASE_URL": "https://courses.example.org"}


def at(month: int, day: int, hour: int, minute: int = 0, year: int = 2026) -> dt.datetime:
    """Return the UTC moment of a wall-clock time in Haining."""
    return dt.datetime(year, month, day, hour, minute, tzinfo=dt.timezone(dt.timedelta(hours=8))).astimezone(dt.UTC)


NOW = at(11, 20, 10)
MORNING = [(at(11, 28, 9), at(11, 28, 11, 30))]
DAY = [(at(12, 31, 9), at(12, 31, 11, 30)), (at(12, 31, 13, 30), at(12, 31, 16))]
NEW_YEAR = [(at(1, 4, 9, year=2027), at(1, 4, 11, 30, year=2027))]

# Facts as they are stored: a notice that waits must still be readable when the code that wrote it has changed.
CARBON = {"title_zh": "碳交易管理", "title_en": "Carbon Trading Management"}
WASTE = {"title_zh": "危险废物规范化管理", "title_en": ""}  # not in English yet
ROOM = {"room_zh": "一号教室", "room_en": "Room 1"}
HOME = {
    "home_zh": "智慧港环保管家之家",
    "home_en": "Smart Port Home for Environmental Managers",
    "address_zh": "海昌街道文苑南路1号",
    "address_en": "1 South Wenyuan Road, Haichang",
    "phone": "0573-00000001",
}
BARE_HOME = {"home_zh": "马桥环保管家之家", "home_en": "", "address_zh": "", "address_en": "", "phone": ""}


def iso(spans: Any) -> list[list[str]]:
    return [[start.isoformat(), end.isoformat()] for start, end in spans]


def class_facts(
    spans: Any, course: Any = CARBON, home: Any = HOME, tentative: bool = False, offers: bool = False, **more: Any
) -> dict[str, Any]:
    class_ = {"id": 7, "sittings": iso(spans), **course, **ROOM, **home}
    if tentative:
        class_ |= {"minimum": 8, "decide_by": at(11, 26, 9).isoformat()}
    if offers:
        class_ |= {"offers": True}
    return {"class_": class_, "path": "/classes/7"} | more


def entry(method: str = "REQUEST", sequence: int = 1) -> dict[str, Any]:
    return {"uid": "booking-41", "sequence": sequence, "method": method}


JIA = {"enterprise_zh": "甲科技有限公司", "enterprise_en": "Jia Technology Co., Ltd."}
MOVED = {"before": iso(DAY), "calendar": entry(sequence=2)}
GONE = {"uid": "booking-40", "sequence": 3, "sittings": iso(DAY)}
NEW_TIME = {"question": "new_time", "number": 2}
OFFER = {"due_at": at(11, 25, 16, 30).isoformat(), "asks": {"question": "offer", "number": 1}}
CASES: dict[str, dict[str, Any]] = {
    "booked": class_facts(MORNING, by=None, calendar=entry()),
    "booked-by-owner": class_facts(DAY, by="沈国强", calendar=entry()),
    "booked-instead": class_facts(NEW_YEAR, by=None, instead_at=MORNING[0][0].isoformat(), calendar=entry()),
    "queued": class_facts(MORNING, by=None),
    "queued-beside-free-seats": class_facts(MORNING, by=None, some_free=True),
    "queued-where-seats-are-offered": class_facts(MORNING, by=None, offers=True),
    "queued-on-standby": class_facts(
        MORNING, by=None, standby_until=at(12, 20, 11).isoformat(), standby_from=at(11, 27, 9).isoformat()
    ),
    "standby": {
        "until": at(12, 20, 11).isoformat(),
        "missed": [
            {**CARBON, "at": MORNING[0][0].isoformat(), "is_late": False},
            {**WASTE, "at": at(11, 2, 9).isoformat(), "is_late": True},
        ],
        "path": "/standing",
    },
    "appeal_decided": class_facts(MORNING, path="/standing", upheld=True, answer="医院证明已收到，祝早日康复。"),
    "appeal_decided-declined": class_facts(MORNING, path="/standing", upheld=False, answer="请下次提前告知。"),
    "queued-by-owner": class_facts(MORNING, course=WASTE, home=BARE_HOME, by="沈国强"),
    "reordered": class_facts(MORNING, was=1, place=3, reason="按报名先后更正"),
    "promoted": class_facts(MORNING, calendar=entry()),
    "offered": class_facts(MORNING, **OFFER),
    "offered-in-a-tentative-class": class_facts(DAY, course=WASTE, home=BARE_HOME, **OFFER, tentative=True),
    "booked-accepted": class_facts(MORNING, by=None, accepted=True, calendar=entry()),
    "booked-accepted-by-owner": class_facts(MORNING, by="沈国强", accepted=True, calendar=entry()),
    "cancelled-declined": class_facts(MORNING, by=None, declined=True),
    "cancelled-declined-by-owner": class_facts(MORNING, by="沈国强", declined=True),
    "moved-while-offered": class_facts(NEW_YEAR, before=iso(DAY), pending="offered", **OFFER),
    "moved-before-approval": class_facts(
        NEW_YEAR, before=iso(DAY), pending="requested", due_at=at(12, 31, 16).isoformat()
    ),
    "entered": class_facts(MORNING, by=None, entry=12, draw_at=at(11, 25, 20).isoformat()),
    "entered-by-owner": class_facts(MORNING, by="沈国强", entry=12, draw_at=at(11, 25, 20).isoformat()),
    "drawn": class_facts(MORNING, calendar=entry()),
    "not_drawn": class_facts(MORNING),
    "cancelled": class_facts(MORNING, by=None, calendar=entry("CANCEL", 2)),
    "cancelled-by-owner": class_facts(MORNING, by="沈国强", calendar=entry("CANCEL", 2)),
    "cancelled-and-gone": class_facts(MORNING, by=None, final=True, calendar=entry("CANCEL", 2)),
    "cancelled-for-another": class_facts(
        MORNING, by=None, changed_to_at=NEW_YEAR[0][0].isoformat(), calendar=entry("CANCEL", 2)
    ),
    "moved": class_facts(NEW_YEAR, **MOVED, asks=NEW_TIME),
    "moved-as-told-before": class_facts(NEW_YEAR, **MOVED),
    "moved-to-another-room": class_facts(DAY, **MOVED, room_only=True),
    "moved-into-a-clash": class_facts(NEW_YEAR, **MOVED, asks=NEW_TIME, clash={**WASTE, "span": iso(NEW_YEAR)[0]}),
    "moved-into-a-clash-as-told-before": class_facts(NEW_YEAR, **MOVED, clash=True),
    "moved-for-the-queue": class_facts(NEW_YEAR, before=iso(DAY), queued=True),
    "moved-for-the-lecturer": class_facts(NEW_YEAR, before=iso(DAY), lecturer=True),
    "called_off": class_facts(MORNING, reason="台风“烟花”，教室关闭", calendar=entry("CANCEL", 2)),
    "called_off-for-the-lecturer": class_facts(MORNING, reason="台风“烟花”，教室关闭", lecturer=True),
    "booked-in-a-tentative-class": class_facts(MORNING, by=None, calendar=entry(), tentative=True),
    "confirmed": class_facts(MORNING, enough=True),
    "confirmed-by-the-squadron": class_facts(MORNING, enough=False),
    "confirmed-while-pending": class_facts(MORNING, enough=True, pending=True),
    "confirmed-for-the-lecturer": class_facts(MORNING, enough=True, lecturer=True),
    "decide": class_facts(MORNING, booked=5, overdue=False, decide_by=at(11, 26, 9).isoformat(), tentative=True),
    "decide-overdue": class_facts(MORNING, booked=5, overdue=True, decide_by=at(11, 26, 9).isoformat(), tentative=True),
    "merged": class_facts(MORNING, before=iso(DAY), asks=NEW_TIME, calendar=entry(), gone=GONE),
    "merged-for-the-queue": class_facts(MORNING, before=iso(DAY), queued=True),
    "merged-before-approval": class_facts(
        MORNING, before=iso(DAY), pending="requested", due_at=at(11, 26, 9).isoformat()
    ),
    "merged-while-offered": class_facts(MORNING, before=iso(DAY), pending="offered", **OFFER),
    "merged-already-in-the-queue": class_facts(MORNING, already=True),
    "merged-already": class_facts(MORNING, already=True, calendar=entry("CANCEL", 2)),
    "merged-for-the-lecturer": class_facts(DAY, lecturer=True, at=MORNING[0][0].isoformat()),
    "reminder": class_facts(DAY, sitting_at=DAY[0][0].isoformat(), minutes_before=1440, calendar=entry()),
    "cancelled-by-leaving": class_facts(MORNING, by="沈国强", left=True, calendar=entry("CANCEL", 2)),
    "handed_over": class_facts(MORNING, heir="王䶮", seated=True, calendar=entry("CANCEL", 2)),
    "handed_over-from-the-queue": class_facts(MORNING, heir="王䶮", seated=False),
    "taken_over": class_facts(MORNING, giver="沈月", seated=True, calendar=entry()),
    "taken_over-from-the-queue": class_facts(MORNING, giver="沈月", seated=False),
    "taken_over-while-offered": class_facts(MORNING, giver="沈月", seated=True, **OFFER),
    "requested": class_facts(MORNING, due_at=at(11, 24, 10).isoformat()),
    "to_approve": class_facts(MORNING, who="沈月", due_at=at(11, 24, 10).isoformat()),
    "list_enrolled": class_facts(
        MORNING, path="/lists/7", rows=40, seats=20, requested=3, waiting=10, already=2, wrong=5
    ),
    "list_enrolled-all-with-a-seat": class_facts(
        MORNING, path="/lists/7", rows=4, seats=4, requested=0, waiting=0, already=0, wrong=0
    ),
    "booked-after-approval": class_facts(MORNING, approved_by="沈国强", calendar=entry()),
    "cancelled-not-approved": class_facts(MORNING, by="沈国强", not_approved=True),
    "held": class_facts(MORNING, seats=3, due_at=at(11, 27, 9).isoformat()),
    "unnamed": class_facts(MORNING, seats=1, due_at=at(11, 27, 9).isoformat()),
    "promoted-for-names": class_facts(MORNING, seats=2, due_at=at(11, 27, 9).isoformat()),
    "drawn-for-names": class_facts(MORNING, seats=2, due_at=at(11, 27, 9).isoformat()),
    "queued-for-names": class_facts(MORNING, seats=2, due_at=at(11, 27, 9).isoformat()),
    "moved-with-held-seats": class_facts(
        NEW_YEAR, before=iso(DAY), held=True, seats=2, due_at=at(1, 3, 9, year=2027).isoformat()
    ),
    "handed_over-to-a-colleague": class_facts(
        MORNING, heir="王䶮", seated=True, swapped=True, calendar=entry("CANCEL", 2)
    ),
    "handed_over-to-a-colleague-from-the-queue": class_facts(MORNING, heir="王䶮", seated=False, swapped=True),
    "taken_over-from-a-colleague": class_facts(MORNING, giver="沈月", seated=True, swapped=True, calendar=entry()),
    "taken_over-from-a-colleague-in-the-queue": class_facts(MORNING, giver="沈月", seated=False, swapped=True),
    "lapsed-unnamed": class_facts(MORNING, why="unnamed", due_at=at(11, 25, 18).isoformat(), seats=1, seated=True),
    "lapsed-unnamed-several": class_facts(
        MORNING, why="unnamed", due_at=at(11, 25, 18).isoformat(), seats=3, seated=True
    ),
    "lapsed-unnamed-in-the-queue": class_facts(
        MORNING, why="unnamed", due_at=at(11, 25, 18).isoformat(), seats=1, seated=False
    ),
    "lapsed-unapproved": class_facts(MORNING, why="unapproved", due_at=at(11, 25, 18).isoformat()),
    "lapsed-unapproved-for-the-owner": class_facts(
        MORNING, why="unapproved", due_at=at(11, 25, 18).isoformat(), who="沈月"
    ),
    "lapsed-unanswered": class_facts(MORNING, why="unanswered", due_at=at(11, 25, 18).isoformat()),
    "left": {**JIA, "heir": None, "path": "/desk"},
    "left-with-a-successor": {**JIA, "heir": "王䶮", "path": "/desk"},
    "succeeded": {**JIA, "giver": "沈月", "path": "/desk"},
    "interest": class_facts(DAY),
    "interest-first": class_facts(DAY, opens_at=at(11, 21, 9).isoformat(), first_until=at(11, 23, 9).isoformat()),
    "teaching": class_facts(DAY),
    "not_teaching": {**class_facts(MORNING), "path": "/desk", "taken_back": False},
    "not_teaching-taken-back": {**class_facts(MORNING), "path": "/desk", "taken_back": True},
    "invitation": {"inviter": "沈国强", "enterprise_zh": "甲科技有限公司", "enterprise_en": "Jia Technology Co., Ltd."},
    "reset": {},
    "sso": {"about": "https://id.example\nu-1", "provider_zh": "浙里办", "provider_en": "Zheliban"},
    "webhook_paused": {"path": "/webhooks/7", "host": "records.example.com", "why": "failing", "failures": 20},
    "webhook_paused-gone": {"path": "/webhooks/7", "host": "records.example.com", "why": "gone", "failures": 1},
    "password_changed": {"path": "/resets", "at": NOW.isoformat()},
    "reset_handed": {"path": "/profile", "by": "金晓", "at": NOW.isoformat()},
    "contact_changed": {"path": "/resets", "by": "金晓", "at": NOW.isoformat(), "to": "old@test.example"},
}
KINDS = sorted({folder.name for folder in TEMPLATES.iterdir() if folder.is_dir()})


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return create_app(config.read({**SETTINGS, "INSTANCE": str(tmp_path_factory.mktemp("instance"))}))


@pytest.fixture(autouse=True)
def _in_haining(app: Flask) -> Iterator[None]:
    with app.app_context(), clock.pretending(NOW):
        clock.use_zone(CITY.zone)
        g.city = CITY
        yield


def rendered(app: Flask, case: str, lang: str) -> Message:
    person = Person(name="沈月", name_en="Shen Yue", email="shen@example.org", language=lang)
    kind = case.partition("-")[0]
    notice = Notice(key=case, kind=kind, person_id=1, channel=Channel.MAIL, facts=CASES[case], made_at=NOW, due_at=NOW)
    return render(notice, person, CITY, app.config["SETTINGS"], redacted=True)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("case", CASES)
def test_reads_as_agreed(app: Flask, case: str, lang: str) -> None:
    message = rendered(app, case, lang)
    said = f"{message.to_name} <{message.to}>\n{message.subject}\n\n{message.text}"
    if message.calendar:
        said += f"\n\n--- {message.method}\n" + message.calendar.replace("\r\n", "\n")
    said = said.rstrip() + "\n"
    file = FOLDER / f"{case}.{lang}.txt"
    if os.environ.get("GOLDEN") == "write":
        file.write_text(said, "utf-8")
    assert said == file.read_text("utf-8")


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("case", CASES)
def test_the_html_form_says_the_same(app: Flask, case: str, lang: str) -> None:
    message = rendered(app, case, lang)
    assert f'<html lang="{"zh-CN" if lang == "zh" else "en"}">' in message.html
    paragraphs = message.text.split("\n\n")[1:3]  # after the greeting, before the facts of the class and the link
    link = next(line for line in message.text.splitlines() if line.startswith("https://"))
    for words in (message.subject, *paragraphs, link):
        assert str(escape(words)) in message.html


def test_every_kind_is_among_the_cases() -> None:
    assert sorted({case.partition("-")[0] for case in CASES}) == KINDS


def test_no_file_is_left_over() -> None:
    assert {file.name for file in FOLDER.iterdir()} == {f"{case}.{lang}.txt" for case in CASES for lang in ("zh", "en")}


def test_a_city_elsewhere_reads_its_own_clock(app: Flask) -> None:
    """The same moment is another hour in Ürümqi's zone, and the zone is named."""
    clock.use_zone("Asia/Urumqi")
    g.city = dataclasses.replace(CITY, zone="Asia/Urumqi")
    message = rendered(app, "booked", "en")
    assert "Sat 28 Nov 07:00–09:30 (Asia/Urumqi)" in message.text
