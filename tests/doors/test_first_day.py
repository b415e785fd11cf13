"""A real city's first day, through the pages alone: from an empty database to the first class published, filled, taught
and credited. Whoever acts here follows links and fills in forms that the page before them shows, and nothing else."""

import csv
import datetime as dt
import io
from collections.abc import Mapping, Sequence
from typing import Any

import time_machine
from flask import Flask
from werkzeug.datastructures import FileStorage

from courses.desks.queries import faults
from courses.ground import clock, sheets
from courses.ground.db import db
from courses.ground.language import speaking
from courses.setup.sheet import BY_NAME, fault_words
from tests import makers
from tests.browser.town import Mail, Words
from tests.doors.reader import Reader
from tests.doors.test_imports import a_sheet, row
from tests.doors.test_setup import CITY, bare
from tools.codes import credit_code

__all__ = ["bare"]

ENTERPRISES = 900
STAFF_OF_SECOND = (901, 902, 903)  # three managers more of the second enterprise, whose owner books for them
TOWNS = ("海昌街道", "马桥街道", "许村镇")
PASSWORD = "three-green-kettles"
FIRST = {"credit_code": credit_code(1), "town": TOWNS[1]}  # what row 2 of the sheet says of its enterprise
NOBODY = {"person": "", "role": "", "mobile": "", "email": ""}

Fault = tuple[dict[str, str], str, str, dict[str, Any]]
# What is deliberately wrong with a row: its cells, and the column, code and facts of the fault that is named for it.
WRONG: tuple[Fault, ...] = (
    ({"credit_code": "91330481DMKNQXNW2X"}, "credit_code", "identity", {"rule": "credit_code"}),
    ({"credit_code": ""}, "credit_code", "needed", {}),
    ({"town": "不存在镇"}, "town", "unknown_town", {"said": "不存在镇"}),
    ({"town": ""}, "town", "needed", {}),
    ({"industry": "炼金"}, "industry", "unknown_industry", {"said": "炼金"}),
    ({"key_unit": "也许"}, "key_unit", "unclear", {}),
    ({"role": "队员"}, "role", "unknown_role", {"said": "队员"}),
    ({"mobile": "12345"}, "mobile", "identity", {"rule": "mobile"}),
    ({"email": "nobody"}, "email", "identity", {"rule": "email"}),
    ({"person": ""}, "person", "no_name", {}),
    ({"mobile": "", "email": ""}, "mobile", "no_contact", {}),
    ({"mobile": "13800000001"}, "mobile", "mobile_again", {"row": 2}),
    ({"email": "p1@import.example"}, "email", "email_again", {"row": 2}),
    ({"enterprise": "长" * 121}, "enterprise", "too_long", {}),
    ({"enterprise": ""}, "enterprise", "missing_name", {}),
    ({**FIRST, "enterprise": "另一个名字有限公司"}, "enterprise", "says_otherwise", {"row": 2}),
    ({**FIRST, **NOBODY, "enterprise": "第1有限公司"}, "credit_code", "code_again", {"row": 2}),
    ({"email": "chen@city.example"}, "email", "serves", {"person": "陈砚"}),
)
FAULTY = {101 + 20 * n: WRONG[n % len(WRONG)] for n in range(30)}  # by the number of the enterprise
say = Words("zh")


def the_sheet() -> list[dict[str, str]]:
    rows = [row(n, town=TOWNS[n % 3]) for n in range(1, ENTERPRISES + 1)]
    rows[1] |= {"role": "负责人"}
    of_second = {"credit_code": credit_code(2), "enterprise": "第2有限公司", "town": TOWNS[2]}
    rows += [row(n, **of_second) for n in STAFF_OF_SECOND]
    for number, (cells, *_) in FAULTY.items():
        rows[number - 1] |= cells
    return rows


def expected() -> dict[int, str]:
    """Return what the preview must say of each faulty row, by its number in the sheet."""
    with speaking("zh"):
        return {
            number + 1: f"{BY_NAME[column].head}: {fault_words((code, facts), cells.get(column, ''))}"
            for number, (cells, column, code, facts) in FAULTY.items()
        }


def sent(rows: bytes, name: str) -> FileStorage:
    return FileStorage(io.BytesIO(rows), name)


def invited(app: Flask, address: str) -> Reader:
    """Do what someone does who was invited: open the mail, follow its link, choose a password."""
    (mail,) = mails(app, address)
    link = next(word for word in mail.text.split() if "/invitations/" in word)
    page = Reader(app.test_client()).open(link)
    page.send(password=PASSWORD, again=PASSWORD)
    return page


def mails(app: Flask, to: str) -> list[Mail]:
    """Return what someone was sent, in order."""
    files = sorted(app.config["SETTINGS"].mail_folder.glob("[!.]*.eml"))
    return [Mail(file) for file in files if f"<{to}>".encode() in file.read_bytes()]


def deliver(app: Flask) -> None:
    """Let the worker send what waits."""
    while not app.test_cli_runner().invoke(args=["tick", "deliver"]).output.endswith(": 0\n"):
        pass


def signed_in(app: Flask, login: str) -> Reader:
    page = Reader(app.test_client()).open("/sign-in")
    return page.send(login=login, password=PASSWORD)


def test_a_city_is_set_up_and_its_first_class_is_filled_and_taught(bare: Flask) -> None:
    bare.config["WTF_CSRF_ENABLED"] = True  # only forms that a page gave out are taken
    jin = set_up(bare)
    import_enterprises(bare, jin)
    day = publish(bare)
    fill(bare)
    with time_machine.travel(clock.from_local(day, dt.time(9, 5)), tick=True):
        absent = teach(bare)
    with time_machine.travel(clock.from_local(day, dt.time(12)), tick=True):
        look_at_hours(bare, absent)
    assert say("Next: %(step)s.", step="").rstrip("。") not in jin.open("/setup").text
    db.session.rollback()
    assert faults() == []


def set_up(app: Flask) -> Reader:
    """The administrator, made on the command line, follows the checklist."""
    done = app.test_cli_runner().invoke(args=["user", "jin@city.example", "--name", "金晓"])
    jin = Reader(app.test_client()).open(done.output.strip().splitlines()[-1])
    jin.send(password=PASSWORD, again=PASSWORD)
    jin.open("/desk")
    assert jin.address == "/setup"  # before the city has a name there is nothing else to do
    jin.open("/setup/city").send("/setup/city", **CITY)

    def add(what: str, **said: Any) -> None:
        jin.open(f"/setup/{what}/new").send(f"/setup/{what}", **said)

    for town in TOWNS:
        add("towns", name_zh=town)
    add("squadrons", name_zh="第一中队", towns=["1", "2", "3"])
    add("associations", name_zh="海昌街道环保协会", towns=["1"])
    add("industries", name_zh="电子信息")
    add("homes", name_zh="智慧港环保管家之家", town_id="1", address_zh="文苑路1号")
    add("rooms", name_zh="研讨室", home_id="1", seats="4")
    add("topics", name_zh="双碳", position="0")
    jin.open("/courses/new").send(title_zh="碳交易管理", topic_id="1", syllabus_zh="- 配额")
    add("lecturers", name="陈砚", institution_zh="研究院", email="chen@city.example", language="zh")
    add("people", name="高一", email="gao@city.example", roles=["officer"], squadron_id="1", language="zh")
    return jin


def import_enterprises(app: Flask, jin: Reader) -> None:
    """900 enterprises, 30 with a fault each: every fault is named, the wrong rows are corrected in the file of reasons
    and sent again, and everyone who came is invited."""
    jin.open("/setup/imports").follow(say("Import a spreadsheet"))
    jin.send("/setup/imports", sheet=sent(a_sheet(the_sheet(), encoding="gb18030"), "企业.csv"))
    assert f"{len(FAULTY)} {say('wrong')}" in jin.text
    preview, reasons = jin.address, jin.file(say("Wrong rows with their reasons, XLSX"))
    heads, *wrong = sheets.read(reasons)
    assert {int(cells[-3]): cells[-1] for cells in wrong} == expected()
    shown = " ".join(jin.open(f"{preview}?outcome=wrong&page={number}").text for number in (1, 2))
    for words in expected().values():
        assert words.replace(": ", " ") in shown
    jin.open(preview).send("/adoption")
    assert say("Written on %(when)s.", when="").rstrip("。") in jin.text

    jin.open("/setup/imports").follow(say("Import a spreadsheet"))
    jin.send("/setup/imports", sheet=sent(corrected(heads, wrong), "更正.xlsx"))
    assert f"0 {say('wrong')}" in jin.text
    jin.send("/adoption")
    for number in (2, 1):
        jin.open(f"/setup/imports/{number}").send("/invitations")
    deliver(app)
    assert len(makers.told("invitation")) == ENTERPRISES + len(STAFF_OF_SECOND) + 2  # lecturer and officer before them


def corrected(heads: Sequence[str], wrong: Sequence[Sequence[str]]) -> bytes:
    """Return the file of reasons with every wrong row put right, as someone does in a spreadsheet program."""
    with speaking("zh"):
        names = {str(column.head): name for name, column in BY_NAME.items()}
    rows: list[list[str]] = []
    for cells in wrong:
        number = int(cells[-3]) - 1
        right: Mapping[str, str] = row(number, town=TOWNS[number % 3])
        rows.append([right.get(names.get(head, ""), cell) for head, cell in zip(heads, cells, strict=True)])
    return sheets.xlsx(heads, rows)


def publish(app: Flask) -> dt.date:
    """The lecturer accepts; the officer drafts the first class and publishes it; everyone sees it. Return its day."""
    invited(app, "chen@city.example")
    day = clock.local(clock.now() + dt.timedelta(days=7)).date()
    gao = invited(app, "gao@city.example").open("/courses").follow("碳交易管理").follow(say("Publish a class"))
    (lecturer,) = gao.choices("lecturers").values()
    plan = {"sittings-0-day": str(day), "sittings-0-start": "09:00", "sittings-0-end": "11:15"}
    gao.send("/courses/1/classes", **plan, capacity="4", lecturers=[lecturer], act="draft")
    stranger = Reader(app.test_client()).open("/")
    assert "碳交易管理" not in stranger.links
    gao.send("/publication")
    assert "碳交易管理" in stranger.open("/").links
    return day


def fill(app: Flask) -> None:
    """A manager books, an owner books three in one act, and the next one waits."""
    one = invited(app, "p1@import.example").open("/").follow("碳交易管理").send("/bookings")
    assert say("The seat is booked. A confirmation is on its way.", num=1) in one.text
    owner = invited(app, "p2@import.example").open("/").follow("碳交易管理")
    team = [person for name, person in owner.choices("people").items() if name != "人2"]
    owner.send("/bookings", people=team)
    assert say("Full, %(capacity)s seats", capacity=4) in owner.text
    three = invited(app, "p3@import.example").open("/").follow("碳交易管理").send("/bookings")
    assert say("The class is full: number %(place)s in the queue.", place=1) in three.text
    deliver(app)
    for number, words in {**dict.fromkeys((1, *STAFF_OF_SECOND), "预约成功"), 3: "候补"}.items():
        assert words in mails(app, f"p{number}@import.example")[-1].subject


def teach(app: Flask) -> str:
    """The lecturer marks who came; return the name of the one who did not."""
    chen = signed_in(app, "chen@city.example").open("/desk").follow(say("Roster"))
    listed = sorted((f"人{number}" for number in (1, *STAFF_OF_SECOND)), key=chen.text.index)
    assert "人3 " not in chen.text
    chen.send("/attendance", booking=chen.held("booking"), mark="absent")
    chen.send("/attendance", rest="1")
    assert f"4/4 {say('marked')}" in chen.text
    return listed[0]


def look_at_hours(app: Flask, absent: str) -> None:
    """Who came has earned three hours, who did not has earned none; the owner sees it of everyone."""
    owner = signed_in(app, "p2@import.example").open("/desk/people")
    table = csv.DictReader(io.StringIO(owner.file("CSV").decode("utf-8-sig")))
    hours = {line[say("Name")]: float(line[say("Hours this year")]) for line in table}
    one = signed_in(app, "p1@import.example").open("/desk/history")
    hours["人1"] = 3.0 if " 3 " in one.text else 0
    assert hours == {"人1": 3, "人2": 0, **{f"人{number}": 3 for number in STAFF_OF_SECOND}, absent: 0}
