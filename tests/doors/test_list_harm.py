"""Lists that were sent to do harm, or to a class that takes none: refused at the field, and the house goes on."""

import pytest
from flask import Flask

from courses.ground import sheets
from tests import makers
from tests.conftest import Client
from tests.doors.test_lists import HEAD, a_sheet, person, send
from tests.people import ASSOCIATION, GAO, OWNER, SHEN, Member
from tests.unit.test_workbooks import LAST_COLUMN, LAST_ROW, from_corner_to


@pytest.fixture
def class_id(app: Flask) -> int:
    return makers.a_class(seats=2)


@pytest.mark.parametrize("member", [OWNER, GAO, ASSOCIATION])
def test_a_workbook_as_large_as_can_be(client: Client, class_id: int, member: Member) -> None:
    answer = send(client.as_(member), class_id, from_corner_to(LAST_ROW, LAST_COLUMN))
    assert answer.status_code == 422
    assert "请另存为XLSX或CSV" in answer.text
    assert 'href="#sheet"' in answer.text


class TestNothingIsRead:
    @pytest.fixture(autouse=True)
    def _unread(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sheets, "read", lambda content: pytest.fail("it was read"))

    def test_for_a_class_that_is_not_there(self, client: Client, app: Flask) -> None:
        assert send(client.as_(OWNER), 99, a_sheet(person(SHEN))).status_code == 404

    def test_for_a_class_that_is_closed(self, client: Client, app: Flask) -> None:
        closed = makers.a_class(opens_at=makers.in_days(1))
        assert send(client.as_(OWNER), closed, a_sheet(person(SHEN), head=HEAD)).status_code == 409

    def test_of_somebody_who_may_send_none(self, client: Client, class_id: int) -> None:
        assert send(client.as_(SHEN), class_id, a_sheet(person(SHEN))).status_code == 403


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("field", ["rows", "sheet"])
def test_a_quotation_mark_that_nothing_closes(client: Client, class_id: int, field: str, lang: str) -> None:
    text = '姓名\n"' + "长" * 140_000
    sent = {"text": text} if field == "rows" else {"content": text.encode(), "name": "名单.csv"}
    answer = send(client.as_(OWNER, lang), class_id, **sent)
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert {"zh": "无法读取", "en": "no spreadsheet that can be read"}[lang] in answer.text
