"""Enterprises and their people from a spreadsheet: each row's outcome, one act that writes, nothing half-written."""

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from flask import Flask
from python_calamine import CalamineWorkbook
from sqlalchemy import func, select

from courses.accounts import passwords
from courses.ground import clock, sheets
from courses.ground.db import db
from courses.ground.transaction import transaction
from courses.people.model import Enterprise, Person, Post, Role
from courses.people.queries import person_by_login
from courses.privacy.actions import retention
from courses.setup import imports
from courses.setup.actions import imports as acts
from courses.setup.model import KEPT_FOR, Import, ImportRow
from courses.setup.sheet import EXAMPLE_CODE, matched
from tests import makers
from tests.conftest import Client
from tests.doors.test_pages import counted
from tests.makers import CODES
from tests.people import ADMINISTRATOR, GAO, SHEN
from tools.codes import credit_code

HEADS = {
    "credit_code": "统一社会信用代码",
    "enterprise": "企业名称",
    "town": "镇街",
    "industry": "行业",
    "key_unit": "是否重点排污单位",
    "person": "姓名",
    "role": "岗位",
    "mobile": "手机号",
    "email": "邮箱",
}
RIGHT = {
    "credit_code": credit_code(1),
    "enterprise": "丁环保有限公司",
    "town": "海昌街道",
    "industry": "电子信息",
    "key_unit": "是",
    "person": "丁一",
    "role": "环保管理员",
    "mobile": "13800138001",
    "email": "ding@test.example",
}


def row(number: int = 1, **cells: str) -> dict[str, str]:
    """Return a right row about the enterprise and the person of this number, but for `cells`."""
    own = {
        "credit_code": credit_code(number),
        "enterprise": f"第{number}有限公司",
        "person": f"人{number}",
        "mobile": f"138{number:08}",
        "email": f"p{number}@import.example",
    }
    return {**RIGHT, **own, **cells}


def a_sheet(rows: Sequence[Mapping[str, str]], heads: Mapping[str, str] = HEADS, encoding: str = "utf-8-sig") -> bytes:
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(heads.values())
    writer.writerows([cells.get(name, "") for name in heads] for cells in rows)
    return file.getvalue().encode(encoding)


def send(client: Client, content: bytes, name: str = "名单.csv") -> str:
    """Send a sheet as the administrator; return the address of its page."""
    client.as_(ADMINISTRATOR)
    answer = client.post("/setup/imports", data={"sheet": (io.BytesIO(content), name)})
    assert answer.status_code == 303, answer.text
    address: str = answer.headers["Location"]
    while "data-goes-on" in client.get(address).text:
        assert client.post(f"{address}/steps").status_code == 303
    return address


def outcomes() -> list[tuple[int, str, dict[str, Any]]]:
    """Return (number, outcome, fault by column) of the latest import's rows."""
    db.session.rollback()
    last = select(func.max(Import.id)).scalar_subquery()
    found = db.session.scalars(select(ImportRow).where(ImportRow.import_id == last).order_by(ImportRow.number))
    return [(one.number, str(one.outcome), {name: fault[0] for name, fault in one.faults.items()}) for one in found]


def people_of(code: str) -> list[tuple[str, str]]:
    db.session.rollback()
    statement = (
        select(Person.name, Post.role)
        .join(Post, Post.person_id == Person.id)
        .join(Enterprise, Enterprise.id == Post.enterprise_id)
        .where(Enterprise.credit_code == code)
        .order_by(Person.id)
    )
    return [(name, str(role)) for name, role in db.session.execute(statement)]


def test_a_sheet_is_looked_at_written_once_and_found_again(app: Flask, client: Client) -> None:
    address = send(client, a_sheet([row(1), row(2, role="负责人", key_unit="否", email="")]))
    assert outcomes() == [(2, "new", {}), (3, "new", {})]
    assert db.session.scalar(select(func.count()).select_from(Enterprise)) == 3, "a preview writes nothing"
    page = client.get(address).text
    assert "第1有限公司" in page
    assert client.post(f"{address}/adoption").status_code == 303
    assert people_of(credit_code(1)) == [("人1", "manager")]
    assert people_of(credit_code(2)) == [("人2", "owner")]
    first = db.session.scalars(select(Enterprise).where(Enterprise.credit_code == credit_code(1))).one()
    assert (first.name_zh, first.name_en, first.town_id, first.industry_id, first.is_key_unit) == (
        "第1有限公司",
        "",
        1,
        1,
        True,
    )
    person = person_by_login("p1@import.example")
    assert person is not None
    assert (person.mobile, person.has_account) == ("+8613800000001", False)
    again = client.post(f"{address}/adoption", follow_redirects=True)
    assert "已写入" in again.text
    assert db.session.scalar(select(func.count()).select_from(Enterprise)) == 5
    listed = client.get("/setup/imports").text
    assert "名单.csv" in listed
    assert ADMINISTRATOR.name in listed


def test_the_same_sheet_again_changes_nothing_and_a_changed_one_updates(app: Flask, client: Client) -> None:
    client.post(f"{send(client, a_sheet([row(1)]))}/adoption")
    send(client, a_sheet([row(1)]))
    assert outcomes() == [(2, "unchanged", {})]
    address = send(client, a_sheet([row(1, town="马桥", person="丁二", role="负责人", industry="")]))
    assert outcomes() == [(2, "updated", {})]
    client.post(f"{address}/adoption")
    assert people_of(credit_code(1)) == [("丁二", "manager"), ("丁二", "owner")]
    enterprise = db.session.scalars(select(Enterprise).where(Enterprise.credit_code == credit_code(1))).one()
    assert (enterprise.town_id, enterprise.industry_id) == (2, 1), "an empty cell leaves what is known"


WRONG = [
    ({"credit_code": "91330481DMKNQXNW2"}, "credit_code", "identity"),
    ({"credit_code": "91330481DMKNQXNW2X"}, "credit_code", "identity"),
    ({"credit_code": ""}, "credit_code", "needed"),
    ({"enterprise": ""}, "enterprise", "missing_name"),
    ({"enterprise": "长" * 121}, "enterprise", "too_long"),
    ({"town": "不存在镇"}, "town", "unknown_town"),
    ({"town": ""}, "town", "needed"),
    ({"industry": "炼金"}, "industry", "unknown_industry"),
    ({"key_unit": "也许"}, "key_unit", "unclear"),
    ({"role": "队员"}, "role", "unknown_role"),
    ({"mobile": "12345"}, "mobile", "identity"),
    ({"email": "nobody"}, "email", "identity"),
    ({"mobile": "", "email": ""}, "mobile", "no_contact"),
    ({"person": ""}, "person", "no_name"),
    ({"person": "长" * 61}, "person", "identity"),
    ({"email": "shen@test.example"}, "email", "elsewhere"),
    ({"email": "gao@test.example"}, "email", "serves"),
]


@pytest.mark.parametrize(("cells", "column", "fault"), WRONG)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_is_wrong_with_a_row_is_said_at_its_column(
    app: Flask, client: Client, cells: dict[str, str], column: str, fault: str, lang: str
) -> None:
    address = send(client, a_sheet([row(1, **cells), row(2)]))
    assert outcomes() == [(2, "wrong", {column: fault}), (3, "new", {})]
    [wrong, _] = db.session.scalars(select(ImportRow).order_by(ImportRow.number))
    page = client.as_(ADMINISTRATOR, lang).get(f"{address}?outcome=wrong").text
    assert "人2" not in page
    assert wrong.faults[column]
    client.post(f"{address}/adoption")
    assert people_of(credit_code(2)) == [("人2", "manager")]
    assert db.session.scalar(select(func.count()).select_from(Enterprise)) == 4


@pytest.mark.parametrize(
    ("second", "faults"),
    [
        (row(2, mobile="13800000001"), {"mobile": "mobile_again"}),
        (row(2, email="P1@Import.example"), {"email": "email_again"}),
        (row(2, credit_code=credit_code(1)), {"enterprise": "says_otherwise"}),
        (row(2, credit_code=credit_code(1), enterprise="", town="马桥街道"), {"town": "says_otherwise"}),
        (
            {"credit_code": credit_code(1), "enterprise": "第1有限公司", "town": "海昌街道"},
            {"credit_code": "code_again"},
        ),
        (row(2, credit_code=credit_code(1), enterprise="第1有限公司"), {}),
    ],
)
def test_two_rows_for_one_code_or_one_number(
    app: Flask, client: Client, second: dict[str, str], faults: dict[str, str]
) -> None:
    address = send(client, a_sheet([row(1), second]))
    assert outcomes() == [(2, "new", {}), (3, "wrong" if faults else "new", faults)]
    client.post(f"{address}/adoption")
    assert len(people_of(credit_code(1))) == (1 if faults else 2)


def test_a_number_and_an_address_of_two_people(app: Flask, client: Client) -> None:
    client.post(f"{send(client, a_sheet([row(1), row(2)]))}/adoption")
    send(client, a_sheet([row(1, email="p2@import.example")]))
    assert outcomes() == [(2, "wrong", {"email": "two_people"})]


def test_who_has_left_is_not_brought_back(app: Flask, client: Client) -> None:
    makers.leave(SHEN)
    send(client, a_sheet([row(1, credit_code=CODES[0], enterprise="", email=SHEN.email)]))
    assert outcomes() == [(2, "wrong", {"email": "has_left"})]


def test_who_has_an_account_keeps_name_and_contacts(app: Flask, client: Client) -> None:
    sheet = row(1, credit_code=CODES[0], enterprise="甲科技有限公司", person="别名", email=SHEN.email, key_unit="")
    address = send(client, a_sheet([sheet]))
    assert outcomes() == [(2, "updated", {})]
    client.post(f"{address}/adoption")
    person = db.session.get_one(Person, SHEN.id)
    assert (person.name, person.email, person.mobile) == (SHEN.name, SHEN.email, "+8613800000001")
    send(client, a_sheet([{**sheet, "mobile": "13800000009"}]))
    assert outcomes() == [(2, "unchanged", {})], "their number stands"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "gb18030"])
def test_encodings(app: Flask, client: Client, encoding: str) -> None:
    send(client, a_sheet([row(1)], encoding=encoding))
    assert outcomes() == [(2, "new", {})]


def test_english_heads_and_a_workbook_with_numbers(app: Flask, client: Client) -> None:
    heads = ["Unified social credit code", "Company", "Town", "Name", "Mobile", "remark"]
    book = sheets.xlsx(heads, [[credit_code(1), "Ding Ltd", "Haichang", "Ding", 13800138001, "x"]])
    send(client, book, "list.xlsx")
    assert outcomes() == [(2, "new", {})]


def test_heads_are_known_in_both_languages_and_as_people_write_them() -> None:
    assert matched(["企业名称 *", "信用代码", "所属镇街", "备注", "手 机"]) == {
        "enterprise": 0,
        "credit_code": 1,
        "town": 2,
        "mobile": 4,
    }
    assert matched(["CREDIT CODE", "enterprise", "TOWN"]) == {"credit_code": 0, "enterprise": 1, "town": 2}


def test_columns_that_are_not_known_are_matched_by_hand(app: Flask, client: Client) -> None:
    heads = {**HEADS, "credit_code": "证照编号", "town": "区域"}
    client.as_(ADMINISTRATOR)
    answer = client.post("/setup/imports", data={"sheet": (io.BytesIO(a_sheet([row(1)], heads)), "a.csv")})
    page = client.get(answer.headers["Location"], follow_redirects=True)
    assert page.request.path == "/setup/imports/1/columns"
    assert "证照编号" in page.text
    chosen = {name: str(place) for place, name in enumerate(HEADS, 1)}
    for wrong in ({"town": "0"}, {"town": "2"}, {"town": "77"}):
        assert client.post(page.request.path, data={**chosen, **wrong}).status_code == 422
    assert client.post(page.request.path, data=chosen).status_code == 303
    assert outcomes() == [(2, "new", {})]
    assert client.post(page.request.path, data={**chosen, "email": "0"}).status_code == 303
    assert outcomes() == [(2, "new", {})]
    assert db.session.scalars(select(ImportRow)).one().cells.get("email") is None


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"PK\x03\x04 but no book", "a.xlsx"),
        (b"\x00\x01\x02", "a.bin"),
        (b"", "a.csv"),
        ("统一社会信用代码,企业名称,镇街\n".encode(), "a.csv"),
        (("x\n" * 20_002).encode(), "a.csv"),
    ],
)
def test_what_is_no_sheet_is_refused_at_the_field(app: Flask, client: Client, content: bytes, name: str) -> None:
    page = client.as_(ADMINISTRATOR).post("/setup/imports", data={"sheet": (io.BytesIO(content), name)})
    assert page.status_code == 422
    assert 'id="sheet-error"' in page.text
    assert client.post("/setup/imports", data={}).status_code == 422
    assert db.session.scalar(select(func.count()).select_from(Import)) == 0


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_template_can_be_sent_as_it_is(app: Flask, client: Client, kind: str, lang: str) -> None:
    made = client.as_(ADMINISTRATOR, lang).get(f"/setup/imports/template?as={kind}").data
    head, example = sheets.read(made)
    assert len(matched(head)) == len(head)
    assert example[0] == EXAMPLE_CODE
    send(client, made, f"t.{kind}")
    assert outcomes() == [], "the example is no enterprise"


def test_wrong_rows_are_taken_away_corrected_and_sent_again(app: Flask, client: Client) -> None:
    address = send(client, a_sheet([row(1), row(2, town="海昌镇"), row(3, email="x")]))
    made = client.get(f"{address}?outcome=wrong&as=xlsx").data
    rows = CalamineWorkbook.from_filelike(io.BytesIO(made)).get_sheet_by_index(0).to_python()
    assert len(rows) == 3
    assert "海昌镇" in str(rows[1][-1])
    client.post(f"{address}/adoption")
    corrected = [[cell if cell != "x" else "" for cell in cells] for cells in rows[1:]]
    corrected[0][3] = "海昌街道"
    again = send(client, sheets.xlsx([str(head) for head in rows[0]], corrected), "again.xlsx")
    assert [outcome for _, outcome, _ in outcomes()] == ["new", "new"]
    client.post(f"{again}/adoption")
    assert people_of(credit_code(3)) == [("人3", "manager")]


def test_only_if_all_are_right(app: Flask, client: Client) -> None:
    address = send(client, a_sheet([row(1), row(2, town="无")]))
    page = client.post(f"{address}/adoption", data={"all": "1"}, follow_redirects=True)
    assert "1行" in page.text
    assert people_of(credit_code(1)) == []


def test_what_changed_since_the_preview_counts(app: Flask, client: Client) -> None:
    """Somebody else takes a number after the sheet was looked at: that row is wrong now, the others are written."""
    address = send(client, a_sheet([row(1), row(2)]))
    with transaction():
        db.session.add(person := Person(name="快", mobile="+8613800000001"))
        db.session.flush()
        db.session.add(Post(person_id=person.id, role=Role.MANAGER, enterprise_id=1))
    client.post(f"{address}/adoption")
    assert [outcome for _, outcome, _ in outcomes()] == ["wrong", "new"]
    assert people_of(credit_code(1)) == []
    assert people_of(credit_code(2)) == [("人2", "manager")]


def test_nothing_is_half_written(app: Flask, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    address = send(client, a_sheet([row(1), row(2)]))

    def break_off(plan: object) -> None:
        raise RuntimeError("the machine stops here")

    monkeypatch.setattr(acts, "_write_people", break_off)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    try:
        assert client.post(f"{address}/adoption").status_code == 500
    finally:
        app.config["PROPAGATE_EXCEPTIONS"] = None
    monkeypatch.undo()
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(Enterprise)) == 3
    client.post(f"{address}/adoption")
    assert people_of(credit_code(2)) == [("人2", "manager")]


def test_a_long_sheet_is_looked_at_in_steps_that_can_be_left(
    app: Flask, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acts, "SLICE", 3)
    client.as_(ADMINISTRATOR)
    sheet = a_sheet([row(n) for n in range(1, 9)])
    address = client.post("/setup/imports", data={"sheet": (io.BytesIO(sheet), "a.csv")}).headers["Location"]
    seen = []
    while "data-goes-on" in (page := client.get(address).text):
        seen.append(page[page.index("<progress") :].split(">")[0])
        client.post(f"{address}/steps")
    assert ['value="3"' in seen[0], 'value="6"' in seen[1], len(seen)] == [True, True, 2]
    assert [outcome for _, outcome, _ in outcomes()] == ["new"] * 8
    assert client.post(f"{address}/steps").status_code == 303, "once more is harmless"
    assert len(outcomes()) == 8


def test_the_preview_asks_a_fixed_number_of_statements(app: Flask, client: Client) -> None:
    counts = []
    for many in (2, 60):
        address = send(client, a_sheet([row(n) for n in range(1, many + 1)]))
        with counted() as seen:
            assert client.get(address).status_code == 200
        counts.append(len(seen))
        with counted() as seen:
            assert client.post(f"{address}/adoption").status_code == 303
        counts.append(len(seen))
    assert counts[0] == counts[2]
    assert counts[1] == counts[3]
    assert client.get(f"{address}?page=2").status_code == 200


def test_all_of_an_import_are_invited_once(app: Flask, client: Client) -> None:
    address = send(client, a_sheet([row(1), row(2), row(3, email=""), row(4, town="无")]))
    client.post(f"{address}/adoption")
    with transaction():
        person_by_login("p2@import.example").password_hash = passwords.NOBODYS  # type: ignore[union-attr]
    page = client.get(address).text
    assert "2名" in page
    assert client.post(f"{address}/invitations").status_code == 303
    assert [(n.person_id, n.facts["enterprise_zh"]) for n in makers.told("invitation")] == [
        (person_by_login("p1@import.example").id, "第1有限公司")  # type: ignore[union-attr]
    ]
    client.post(f"{address}/invitations")
    assert len(makers.told("invitation")) == 1, "not twice within the hour"


def test_a_sheet_is_forgotten_after_thirty_days_and_what_came_of_it_is_not(app: Flask, client: Client) -> None:
    address = send(client, a_sheet([row(1)]))
    assert retention()["imports"] == 0
    with makers.at(clock.now() + KEPT_FOR * 1.01):
        assert retention()["imports"] == 1
        assert retention()["imports"] == 0
    assert client.get(address).status_code == 200
    assert client.get(f"{address}/columns").status_code == 409
    client.post(f"{address}/adoption")
    assert people_of(credit_code(1)) == []
    assert "名单.csv" in client.get("/setup/imports").text
    assert imports.rows(1, "") == []


def test_nobody_else_comes_near(app: Flask, client: Client) -> None:
    address = send(client, a_sheet([row(1)]))
    for member, status in ((GAO, 403), (None, 302)):
        client.as_(member)
        for act in ("adoption", "invitations", "steps", "columns"):
            assert client.post(f"{address}/{act}").status_code == status
        assert client.get(address).status_code == status
    assert people_of(credit_code(1)) == []


# What a clerk would say


def test_two_heads_that_mean_the_same_are_left_for_a_person_to_say(app: Flask, client: Client) -> None:
    content = f"企业,企业,统一社会信用代码,镇（街道）\n甲,{CODES[1]},{CODES[1]},海昌街道\n".encode()
    client.as_(ADMINISTRATOR)
    sent = client.post("/setup/imports", data={"sheet": (io.BytesIO(content), "名单.csv")})
    asked = client.get(sent.location, follow_redirects=True)
    assert asked.request.path.endswith("/columns")
    assert "不止一列" in asked.text
    assert "企业 · 第1列" in asked.text
    assert "企业 · 第2列" in asked.text


def test_two_heads_of_a_column_that_is_not_needed_are_asked_for_too(app: Flask, client: Client) -> None:
    content = a_sheet([row(1)], {**HEADS, "email": "姓名"})
    client.as_(ADMINISTRATOR)
    sent = client.post("/setup/imports", data={"sheet": (io.BytesIO(content), "名单.csv")})
    assert client.get(sent.location, follow_redirects=True).request.path.endswith("/columns")


def test_a_preview_says_what_stood_there_and_what_will(app: Flask, client: Client) -> None:
    changed = {"credit_code": CODES[1], "enterprise": "甲", "town": "马桥街道", "key_unit": "是"}
    address = send(client, a_sheet([changed]))
    assert outcomes() == [(2, "updated", {})]
    page = client.get(address).text
    stood = db.session.scalars(select(Enterprise.name_zh).where(Enterprise.credit_code == CODES[1])).one()
    assert f"由“{stood}”改为“甲”" in page
    assert "由“海昌街道”改为“马桥街道”" in page
    assert "由“否”改为“是”" in page


@pytest.mark.parametrize(("lang", "words"), [("zh", "文件超过2 MB，未上传"), ("en", "larger than 2 MB")])
def test_a_file_that_is_too_large_is_told_at_its_field(client: Client, lang: str, words: str) -> None:
    much = b"--x\r\n" + b"x" * (2 * 1024 * 1024)
    kind = "multipart/form-data; boundary=x"
    answer = client.as_(ADMINISTRATOR, lang).post("/setup/imports", data=much, content_type=kind)
    assert answer.status_code == 413
    assert words in answer.text
    assert 'id="sheet-error"' in answer.text


def test_anything_else_that_is_too_large_is_told_on_a_page_of_its_own(client: Client) -> None:
    for path in ("/setup/city", "/join"):
        answer = client.as_(ADMINISTRATOR, "en").post(path, data={"name_zh": "x" * (2 * 1024 * 1024 + 1)})
        assert answer.status_code == 413
        assert "At most 2 MB" in answer.text


@pytest.mark.parametrize("content", [b"", b"\n\n"])
def test_an_empty_file_is_called_empty(client: Client, content: bytes) -> None:
    answer = client.as_(ADMINISTRATOR).post("/setup/imports", data={"sheet": (io.BytesIO(content), "名单.csv")})
    assert answer.status_code == 422
    assert "文件是空的。" in answer.text


def test_what_is_wrong_with_a_matching_is_told_at_its_field(app: Flask, client: Client) -> None:
    content = b"a,b,c\n1,2,3\n"
    client.as_(ADMINISTRATOR, "en")
    sent = client.post("/setup/imports", data={"sheet": (io.BytesIO(content), "list.csv")})
    form = {"credit_code": "1", "enterprise": "2", "person": "2"}
    answer = client.post(f"{sent.location}/columns", data=form)
    assert answer.status_code == 422
    assert "without it no row can be read" in answer.text
    assert 'id="town-error"' in answer.text
    for field, other in (("enterprise", "Name"), ("person", "Enterprise")):
        said = answer.text.partition(f'id="{field}-error"')[2].partition("</p>")[0]
        assert f"The same column was chosen for “{other}”." in said
    assert answer.text.count('aria-invalid="true"') == 3


def test_a_workbook_with_macros_is_refused_at_the_field(client: Client) -> None:
    file = io.BytesIO(sheets.xlsx(["信用代码"], [["x"]]))
    with zipfile.ZipFile(file, "a") as book:
        book.writestr("xl/vbaProject.bin", b"Sub Auto_Open")
    sheet = (io.BytesIO(file.getvalue()), "名单.xlsm")
    answer = client.as_(ADMINISTRATOR).post("/setup/imports", data={"sheet": sheet})
    assert answer.status_code == 422
    assert "含有宏" in answer.text.partition('id="sheet-error"')[2].partition("</p>")[0]
