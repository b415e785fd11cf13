"""What is too long is told at its field, with how long it may be: on pages, in sheets and by the API."""

import io

import pytest
from flask import Flask

from tests import makers
from tests.conftest import Client
from tests.doors.conftest import Calls
from tests.people import ADMINISTRATOR, GAO, OWNER, SHEN, Member

LONG = "长" * 20_001
SAID = {"zh": "最多{}个字符。", "en": "At most {} characters."}


def told_at(page: str, field: str) -> str:
    return page.partition(f'id="{field}-error"')[2].partition("</p>")[0]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    ("member", "path", "field", "most"),
    [
        (ADMINISTRATOR, "/setup/towns", "name_zh", 120),
        (ADMINISTRATOR, "/setup/lecturers", "bio_zh", 4000),
        (ADMINISTRATOR, "/setup/people", "name_en", 120),
        (GAO, "/courses/new", "title_zh", 100),
        (SHEN, "/profile", "name_en", 60),
        (SHEN, "/profile", "password", 200),
        (SHEN, "/profile/tokens", "label", 60),
        (OWNER, "/webhooks", "url", 500),
        (None, "/join", "enterprise_name", 100),
    ],
)
def test_on_a_page(client: Client, member: Member | None, path: str, field: str, most: int, lang: str) -> None:
    answer = client.as_(member, lang).post(path, data={field: LONG})
    assert answer.status_code == 422
    assert SAID[lang].format(most) in told_at(answer.text, field)


def test_in_a_sheet(client: Client) -> None:
    content = f"统一社会信用代码,企业名称,镇街\n{makers.CODES[0]},{'长' * 121},海昌街道\n".encode()
    sent = client.as_(ADMINISTRATOR).post("/setup/imports", data={"sheet": (io.BytesIO(content), "名单.csv")})
    assert SAID["zh"].format(120) in client.get(sent.location).text


def test_by_the_api(app: Flask, call: Calls) -> None:
    asked = call("POST", "/enterprises/1/people?lang=zh", OWNER, {"name": "长" * 61, "email": SHEN.email})
    assert [fault["detail"] for fault in asked.json["errors"]] == [SAID["zh"].format(60)]
