"""Everything the city keeps, taken away: whole, in one moment, and without what opens an account."""

import csv
import io
import re
import zipfile

import pytest
from flask import Flask
from sqlalchemy import func, select

from courses.ground.db import Base, db
from courses.setup import export
from tests import makers
from tests.conftest import Client
from tests.people import ADMINISTRATOR, BUREAU, CHEN, GAO, SHEN


def taken(client: Client) -> dict[str, list[dict[str, str]]]:
    answer = client.as_(ADMINISTRATOR).get("/setup/export.zip", buffered=True)
    assert answer.status_code == 200
    assert answer.mimetype == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(answer.data))
    assert archive.testzip() is None
    files = {name: archive.read(name).decode("utf-8-sig") for name in archive.namelist()}
    files.pop("README.md")
    return {name.removesuffix(".csv"): list(csv.DictReader(io.StringIO(text))) for name, text in files.items()}


def test_every_row_of_every_table_is_in_it(app: Flask, client: Client) -> None:
    class_id = makers.a_class(lecturers=[CHEN.id])
    makers.book(SHEN, class_id)
    found = taken(client)
    for table in export.tables():
        if table.name != "look":  # the export itself is a look, written when it has been made
            count = db.session.scalar(select(func.count()).select_from(table))
            assert len(found[table.name]) == count, table.name
    [booking] = found["booking"]
    assert (booking["person_id"], booking["state"]) == (str(SHEN.id), "booked")
    assert found["training_class"][0]["starts_at"].endswith("Z")
    assert found["person"][SHEN.id - 1]["name"] == SHEN.name


def test_nothing_that_opens_an_account_is_in_it(app: Flask, client: Client) -> None:
    found = taken(client)
    assert not set(found) & {"token", "sign_in_failure", "import", "import_row"}
    assert not {"password_hash", "epoch"} & set(found["person"][0])
    for rows in found.values():
        assert not any("argon2" in value for row in rows for value in row.values())


def test_what_is_left_out_is_there(app: Flask) -> None:
    assert set(export.LEFT_OUT) <= set(Base.metadata.tables), "a table of LEFT_OUT has another name now"
    assert set(export.WORDS) == {table.name for table in export.tables()}, "each file says what is in it"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_page_explains_every_column(app: Flask, client: Client, lang: str) -> None:
    answer = client.as_(ADMINISTRATOR, lang).get("/setup/export.zip", buffered=True)
    page = zipfile.ZipFile(io.BytesIO(answer.data)).read("README.md").decode()
    for table in export.tables():
        assert f"## {table.name}.csv" in page
    assert "- `person_id` (number) → person.id" in page
    assert "- `left_at` (time)" in page
    assert "- `work_from` (time of day)" in page
    assert "- `facts` (JSON)" in page
    assert ("预约" in page) == (lang == "zh")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_says_of_each_file_what_is_in_it(client: Client, lang: str) -> None:
    rows = re.findall(
        r"<code>(\w+).csv</code></td><td[^>]*>(.*?)</td>", client.as_(ADMINISTRATOR, lang).get("/setup/export").text
    )
    assert [name for name, _ in rows] == [table.name for table in export.tables()]
    assert all(words.strip("– ") for _, words in rows)


@pytest.mark.parametrize("member", [GAO, BUREAU, SHEN])
def test_only_the_administrator_takes_everything(app: Flask, client: Client, member: object) -> None:
    assert client.as_(member).get("/setup/export.zip").status_code == 403  # type: ignore[arg-type]
    assert client.as_(None).get("/setup/export.zip").status_code == 302
