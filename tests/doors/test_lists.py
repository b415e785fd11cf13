"""Lists of people for a class through their doors: the pages, the files that are wrong, and the API."""

import io
import re
import zipfile
from typing import Any
from urllib.parse import urljoin

import pytest
from flask import Flask
from python_calamine import CalamineWorkbook

from courses.booking import actions as booking
from courses.bulk.model import ROWS_MAX
from courses.ground import clock, sheets
from tests import makers
from tests.conftest import Client
from tests.doors.conftest import Calls
from tests.doors.test_pages import counted
from tests.makers import CODES, states, told
from tests.people import (
    ADMINISTRATOR,
    ASSOCIATION,
    BUREAU,
    CHEN,
    COLLEAGUE,
    GAO,
    INSPECTOR,
    LU,
    NEWCOMER,
    OTHER_OFFICER,
    OWNER,
    SHEN,
    STRANGER,
    Member,
)

HEAD = ["姓名", "手机号", "电子邮箱"]
TOWN_HEAD = ["企业名称或统一社会信用代码", *HEAD]
REFUSED = (302, 303, 403, 404)


@pytest.fixture
def class_id(app: Flask) -> int:
    return makers.a_class(seats=2)


def a_sheet(*rows: list[str], head: list[str] = HEAD, kind: str = "xlsx") -> bytes:
    return (sheets.xlsx if kind == "xlsx" else sheets.comma_separated)(head, rows)


def send(client: Client, class_id: int, content: bytes | None = None, name: str = "名单.xlsx", text: str = "") -> Any:
    form: dict[str, Any] = {"rows": text}
    if content is not None:
        form["sheet"] = (io.BytesIO(content), name)
    answer = client.post(f"/classes/{class_id}/lists", data=form)
    answer.request.environ["wsgi.input"].close()  # a large one is a file, which the test's client leaves open
    return answer


def looked_at(client: Client, class_id: int, *rows: list[str], head: list[str] = HEAD) -> str:
    """Send a list; return the address of its page."""
    answer = send(client, class_id, a_sheet(*rows, head=head))
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


def person(member: Member) -> list[str]:
    return [member.name, "", member.email]


class TestTheOwner:
    def test_finds_it_on_the_class_and_among_the_people(self, client: Client, class_id: int) -> None:
        client.as_(OWNER)
        assert f"/classes/{class_id}/lists/new" in client.get(f"/classes/{class_id}").text
        assert "/lists/new" in client.get("/enterprises/1").text
        assert f"/classes/{class_id}/lists/new" in client.get("/lists/new").text
        assert "下载模板" in client.get(f"/classes/{class_id}/lists/new").text

    @pytest.mark.parametrize("kind", ["xlsx", "csv"])
    def test_the_template_holds_their_people_and_comes_back(self, client: Client, class_id: int, kind: str) -> None:
        answer = client.as_(OWNER).get(f"/classes/{class_id}/lists/template?as={kind}")
        head, *rows = sheets.read(answer.data)
        assert head == HEAD
        assert {row[0] for row in rows} == {member.name for member in (OWNER, SHEN, COLLEAGUE, NEWCOMER)}
        page = client.get(send(client, class_id, answer.data, f"名单.{kind}").headers["Location"])
        assert "将获得名额" in page.text

    def test_looks_then_enrols_all(self, client: Client, class_id: int) -> None:
        client.as_(OWNER)
        address = looked_at(client, class_id, person(SHEN), person(COLLEAGUE), person(NEWCOMER))
        page = client.get(address).text
        assert "尚未报名" in page
        assert "将进入候补，第1位" in page
        assert states(class_id) == {}
        done = client.post(f"{address}/enrolment", follow_redirects=True).text
        assert "正在逐一通知本人" in done
        assert "正在候补，第1位" in done
        assert states(class_id) == {SHEN.id: "booked", COLLEAGUE.id: "booked", NEWCOMER.id: "queued"}
        assert f"{address}/enrolment" not in done
        again = client.post(f"{address}/enrolment", follow_redirects=True)
        assert (again.status_code, len(told("list_enrolled"))) == (200, 1)

    def test_pastes_rows_with_a_head_or_without(self, client: Client, class_id: int) -> None:
        client.as_(OWNER)
        one, other = f"{SHEN.name}\t\t{SHEN.email}", f"{COLLEAGUE.name}\t\t{COLLEAGUE.email}"
        for text in (f"{one}\n{other}", f"姓名\t邮箱\n{SHEN.name}\t{SHEN.email}", f"{SHEN.name}\r\n{other}", SHEN.name):
            answer = send(client, class_id, text=text)
            assert answer.status_code == 303, answer.text
            page = client.get(answer.headers["Location"]).text
            assert "将获得名额" in page
            assert "不能报名" not in page

    def test_chooses_those_who_can(self, client: Client, class_id: int) -> None:
        client.as_(OWNER)
        address = looked_at(client, class_id, person(SHEN), ["钱晨", "", ""])
        page = client.get(address).text
        assert "只为能报名的1人报名" in page
        assert "该企业没有此姓名的人员" in page
        refused = client.post(f"{address}/enrolment")
        assert (refused.status_code, states(class_id)) == (409, {})
        assert "因此一个也没有报" in refused.text
        client.post(f"{address}/enrolment", data={"those_who_can": "1"})
        assert states(class_id) == {SHEN.id: "booked"}

    def test_is_shown_what_changed_since(self, client: Client, class_id: int) -> None:
        address = looked_at(client.as_(OWNER), class_id, person(SHEN), person(COLLEAGUE))
        makers.book(LU, class_id)
        refused = client.post(f"{address}/enrolment")
        assert refused.status_code == 409
        assert "此前：将获得名额" in refused.text
        assert "将进入候补，第1位" in refused.text
        changed = client.get(f"{address}?show=changed").text
        assert COLLEAGUE.name in changed
        assert SHEN.name not in changed

    def test_narrows_and_takes_the_report_away(self, client: Client, class_id: int) -> None:
        address = looked_at(client.as_(OWNER), class_id, person(SHEN), ["钱晨", "12345", ""])
        wrong = client.get(f"{address}?show=wrong").text
        assert "钱晨" in wrong
        assert SHEN.name not in wrong
        book = CalamineWorkbook.from_filelike(io.BytesIO(client.get(f"{address}?as=xlsx").data))
        head, first, second = book.get_sheet_by_index(0).to_python()
        assert head == [*HEAD, "行号", "结果", "说明"]
        assert (first[0], first[4], first[5]) == (SHEN.name, "有名额", "将获得名额")
        assert second[4] == "不能报名"
        again = send(client, class_id, client.get(f"{address}?show=wrong&as=csv").data, "更正.csv")
        assert again.status_code == 303, "a report can be corrected and sent again"

    def test_corrects_it_in_place(self, client: Client, class_id: int) -> None:
        address = looked_at(client.as_(OWNER), class_id, person(SHEN), ["钱晨", "12345", ""])
        page = client.get(f"/classes/{class_id}/lists/new?like={address.rpartition('/')[2]}").text
        assert "钱晨\t12345" in page

    def test_a_page_is_as_many_statements_for_fifty(self, client: Client, class_id: int) -> None:
        client.as_(OWNER)
        counts = []
        for rows in (5, 50):
            address = looked_at(
                client, class_id, *([f"新{rows}-{n}", "", f"n{rows}-{n}@test.example"] for n in range(rows))
            )
            with counted() as seen:
                assert client.get(address).status_code == 200
            counts.append(len(seen))
        assert counts[0] == counts[1] < 12

    def test_reads_english_in_english(self, client: Client, class_id: int) -> None:
        client.as_(OWNER, lang="en")
        head = ["Name", "Mobile number", "E-mail address"]
        assert sheets.read(client.get(f"/classes/{class_id}/lists/template").data)[0] == head
        answer = send(client, class_id, a_sheet(person(SHEN), head=head))
        assert "Will have a seat" in client.get(answer.headers["Location"] + "?lang=en").text


class TestWhatIsNoList:
    @pytest.mark.parametrize(
        ("content", "name", "words"),
        [
            (b"", "空.csv", "文件是空的。"),
            (b"\n \n", "空行.csv", "文件是空的。"),
            (a_sheet(), "空.xlsx", "没有数据行"),
            (a_sheet(["x"], head=["无关"]), "别的.xlsx", "缺少：姓名"),
            (b"\x00\x01\x02\xff\xfe binary", "photo.png", "表格"),
            (b"PK\x03\x04 broken", "坏.xlsx", "表格"),
            (a_sheet(*([f"人{n}", "", f"n{n}@x.example"] for n in range(5000))), "五千.xlsx", "5000"),
            (b"x" * 3 * 1024 * 1024, "大.csv", "2 MB"),
            (b"x" * 10 * 1024 * 1024, "很大.csv", "2 MB"),
        ],
        ids=["empty", "empty lines", "head only", "other columns", "a picture", "broken", "5000 rows", "3 MB", "10 MB"],
    )
    def test_is_refused_at_the_field(
        self, client: Client, class_id: int, content: bytes, name: str, words: str
    ) -> None:
        answer = send(client.as_(OWNER), class_id, content, name)
        assert answer.status_code == 422
        assert 'href="#sheet"' in answer.text
        assert words in answer.text
        assert states(class_id) == {}

    def test_a_workbook_with_macros(self, client: Client, class_id: int) -> None:
        file = io.BytesIO(a_sheet(person(SHEN)))
        with zipfile.ZipFile(file, "a") as book:
            book.writestr("xl/vbaProject.bin", b"Sub Auto_Open")
        answer = send(client.as_(OWNER), class_id, file.getvalue(), "名单.xlsm")
        assert answer.status_code == 422
        assert "含有宏" in answer.text

    @pytest.mark.parametrize("encoding", ["gbk", "gb18030", "utf-8", "utf-8-sig", "utf-16"])
    def test_what_excel_saves_as_csv_is_read(self, client: Client, class_id: int, encoding: str) -> None:
        text = f"姓名,手机号,邮箱\r\n{SHEN.name},,{SHEN.email}\r\n"
        answer = send(client.as_(OWNER), class_id, text.encode(encoding), "名单.csv")
        assert answer.status_code == 303
        assert "将获得名额" in client.get(answer.headers["Location"]).text

    def test_of_two_heads_that_mean_the_same_the_first_counts(self, client: Client, class_id: int) -> None:
        head = ["统一社会信用代码", "企业名称", "姓名"]
        answer = send(client.as_(GAO), class_id, a_sheet([CODES[0], "甲公司", SHEN.name], head=head))
        assert "将获得名额" in client.get(answer.headers["Location"]).text

    def test_nothing_at_all(self, client: Client, class_id: int) -> None:
        answer = send(client.as_(OWNER), class_id)
        assert answer.status_code == 422
        assert "请选择文件，或粘贴表格行" in answer.text

    def test_what_was_sent_stays_to_be_corrected(self, client: Client, class_id: int) -> None:
        client.as_(OWNER)
        answer = send(client, class_id, a_sheet(["沈某", "x"], head=["人名", "无关"]))
        assert "人名\t无关" in answer.text, "the file's rows stand in the field for pasting"
        answer = send(client, class_id, text="企业\t邮箱\n甲\tx@y.example")
        assert answer.status_code == 422
        assert "x@y.example" in answer.text

    def test_as_many_as_can_be(self, client: Client, class_id: int) -> None:
        rows = [[f"人{n}", "", f"n{n}@x.example"] for n in range(ROWS_MAX)]
        address = looked_at(client.as_(OWNER), class_id, *rows)
        assert "第998位" in client.get(f"{address}?page=20").text

    def test_a_refused_list_leads_on_to_its_other_pages_and_its_file(self, client: Client, class_id: int) -> None:
        rows = [[f"人{n}", "", f"n{n}@x.example"] for n in range(60)]
        address = looked_at(client.as_(OWNER), class_id, *rows, ["钱晨", "", ""])
        refused = client.post(f"{address}/enrolment")
        assert refused.status_code == 409
        links = re.findall(r'href="([^"]*\?(?:page|as)=[^"]*)"', refused.text)
        assert len(links) == 3
        for link in links:
            assert client.get(urljoin(f"{address}/enrolment", link)).status_code == 200

    def test_a_class_that_is_closed(self, client: Client, app: Flask) -> None:
        closed = makers.a_class(opens_at=clock.now() + makers.HOUR)
        answer = send(client.as_(OWNER), closed, a_sheet(person(SHEN)))
        assert answer.status_code == 409
        assert SHEN.name not in answer.text or "开放" in answer.text


class TestWhoMay:
    @pytest.mark.parametrize("member", [GAO, ASSOCIATION])
    def test_the_officer_and_the_association_of_the_town(self, client: Client, class_id: int, member: Member) -> None:
        client.as_(member)
        assert f"/classes/{class_id}/lists/new" in client.get(f"/classes/{class_id}").text
        head, row = sheets.read(client.get(f"/classes/{class_id}/lists/template").data)
        assert head == TOWN_HEAD
        assert SHEN.email not in row
        rows = [[CODES[0], *person(SHEN)], ["乙科技有限公司", *person(LU)], [CODES[2], *person(STRANGER)]]
        address = looked_at(client, class_id, row, *rows, head=TOWN_HEAD)
        page = client.get(address).text
        assert "不在所辖镇街" in page
        assert "沈月</td>" in page
        client.post(f"{address}/enrolment", data={"those_who_can": "1"})
        assert states(class_id) == {SHEN.id: "booked", LU.id: "booked"}

    def test_an_officer_of_another_town_enrols_their_own(self, client: Client, class_id: int) -> None:
        client.as_(OTHER_OFFICER)
        address = looked_at(client, class_id, [CODES[0], *person(SHEN)], [CODES[2], *person(STRANGER)], head=TOWN_HEAD)
        client.post(f"{address}/enrolment", data={"those_who_can": "1"})
        assert states(class_id) == {STRANGER.id: "booked"}

    def test_a_deputy_does_as_the_owner_but_invites_nobody(self, client: Client, class_id: int) -> None:
        booking.set_deputy(makers.actor(OWNER), COLLEAGUE.id, True)
        client.as_(COLLEAGUE)
        address = looked_at(client, class_id, person(SHEN), ["钱晨", "", "qian@test.example"])
        assert "可由企业负责人或中队发出邀请" in client.get(address).text
        client.post(f"{address}/enrolment", data={"those_who_can": "1"})
        assert states(class_id) == {SHEN.id: "booked"}

    @pytest.mark.parametrize("member", [SHEN, STRANGER, CHEN, INSPECTOR, BUREAU, ADMINISTRATOR, None])
    def test_others_do_not(self, client: Client, class_id: int, call: Calls, member: Member | None) -> None:
        own = looked_at(client.as_(OWNER), class_id, person(SHEN))
        client.as_(member)
        for path in ("/lists/new", f"/classes/{class_id}/lists/new", f"/classes/{class_id}/lists/template", own):
            assert client.get(path).status_code in REFUSED
        assert send(client, class_id, a_sheet(person(SHEN))).status_code in REFUSED
        assert client.post(f"{own}/enrolment").status_code in REFUSED
        assert f"/classes/{class_id}/lists/new" not in client.get(f"/classes/{class_id}").text
        number = own.rpartition("/")[2]
        for method, path in (("GET", f"/lists/{number}"), ("POST", f"/lists/{number}/enrolment")):
            assert call(method, path, member, {} if method == "POST" else None).status_code in (401, 403, 404)
        sent = call("POST", f"/classes/{class_id}/lists", member, {"rows": [{"name": SHEN.name}]})
        assert sent.status_code in (401, 403)
        assert states(class_id) == {}

    @pytest.mark.parametrize("member", [GAO, ASSOCIATION, OTHER_OFFICER])
    def test_a_list_is_its_senders_alone(self, client: Client, class_id: int, call: Calls, member: Member) -> None:
        own = looked_at(client.as_(OWNER), class_id, person(SHEN))
        client.as_(member)
        assert client.get(own).status_code == 404
        assert client.post(f"{own}/enrolment").status_code == 404
        assert client.get(f"/classes/{class_id}/lists/new?like={own.rpartition('/')[2]}").status_code == 404
        assert call("GET", own, member).status_code == 404
        assert call("POST", f"{own}/enrolment", member, {}).status_code == 404
        assert states(class_id) == {}

    def test_who_looked_is_written_down(self, client: Client, class_id: int) -> None:
        address = looked_at(client.as_(GAO), class_id, [CODES[0], *person(SHEN)], head=TOWN_HEAD)
        client.get(address)
        assert "报名名单" in client.as_(SHEN).get("/account/data").text


class TestPrograms:
    def rows(self, *members: Member) -> dict[str, Any]:
        return {"rows": [{"email": member.email} for member in members]}

    def test_look_then_enrol(self, call: Calls, class_id: int) -> None:
        sent = call("POST", f"/classes/{class_id}/lists", OWNER, self.rows(SHEN, COLLEAGUE, NEWCOMER))
        assert sent.status_code == 201
        assert sent.headers["Location"].endswith(f"/lists/{sent.json['id']}")
        counts = {"booked": 2, "requested": 0, "queued": 1, "entered": 0, "already": 0, "wrong": 0}
        assert sent.json["counts"] == counts
        assert [(row["outcome"], row["place"]) for row in sent.json["rows"]][-1] == ("queued", 1)
        assert (sent.json["enrolled_at"], states(class_id)) == (None, {})
        done = call("POST", f"/lists/{sent.json['id']}/enrolment", OWNER, {})
        assert done.status_code == 200
        assert done.json["enrolled_at"]
        assert states(class_id) == {SHEN.id: "booked", COLLEAGUE.id: "booked", NEWCOMER.id: "queued"}
        again = call("POST", f"/lists/{sent.json['id']}/enrolment", OWNER, {})
        assert (again.status_code, again.json) == (200, done.json)
        assert call("GET", f"/lists/{sent.json['id']}", OWNER).json == done.json
        assert {event.door for event in makers.events(class_id, "booked")} == {"api"}

    def test_a_key_makes_one_list_of_two_equal_requests(self, call: Calls, class_id: int) -> None:
        first, second = (
            call("POST", f"/classes/{class_id}/lists", OWNER, self.rows(SHEN), Idempotency_Key="k") for _ in range(2)
        )
        assert first.json["id"] == second.json["id"]

    def test_all_or_nobody_unless_chosen(self, call: Calls, class_id: int) -> None:
        body = {"rows": [{"name": SHEN.name}, {"name": "钱晨", "mobile": "12345"}]}
        number = call("POST", f"/classes/{class_id}/lists", OWNER, body).json["id"]
        refused = call("POST", f"/lists/{number}/enrolment", OWNER, {})
        assert (refused.status_code, refused.json["code"], states(class_id)) == (409, "list_wrong", {})
        done = call("POST", f"/lists/{number}/enrolment", OWNER, {"those_who_can": True})
        assert [(row["outcome"], row["why"]) for row in done.json["rows"]] == [
            ("booked", ""),
            ("wrong", "mobile_wrong"),
        ]

    def test_what_changed_is_read_from_the_list(self, call: Calls, class_id: int) -> None:
        number = call("POST", f"/classes/{class_id}/lists", OWNER, self.rows(SHEN, COLLEAGUE)).json["id"]
        makers.book(LU, class_id)
        refused = call("POST", f"/lists/{number}/enrolment", OWNER, {})
        assert (refused.status_code, refused.json["code"]) == (409, "list_changed")
        rows = call("GET", f"/lists/{number}", OWNER).json["rows"]
        assert [bool(row["before"]) for row in rows] == [False, True]

    @pytest.mark.parametrize("body", [{}, {"rows": []}, {"rows": [{"phone": "1"}]}, {"rows": [{"name": "a" * 121}]}])
    def test_what_is_no_list_is_said_where(self, call: Calls, class_id: int, body: dict[str, Any]) -> None:
        answer = call("POST", f"/classes/{class_id}/lists", OWNER, body)
        assert (answer.status_code, answer.json["code"]) == (422, "malformed")

    def test_a_token_that_only_reads_sends_none(self, call: Calls, class_id: int) -> None:
        answer = call("POST", f"/classes/{class_id}/lists", OWNER, self.rows(SHEN), reach=("read",))
        assert (answer.status_code, answer.json["code"]) == (403, "beyond_token")
