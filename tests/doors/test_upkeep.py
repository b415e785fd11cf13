"""What an administrator comes back for: daily pages before the checklist, the last backup, the version."""

import datetime as dt
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import delete

from config import ROOT
from courses.ground import clock
from courses.ground.db import db
from courses.ground.transaction import transaction
from courses.people.model import Post, Role
from courses.running import backup
from tests import makers
from tests.conftest import Client
from tests.people import ADMINISTRATOR


@pytest.fixture
def kept(app: Flask) -> Path:
    """The file in which a machine notes its last backup, as if there had been none."""
    file: Path = app.config["SETTINGS"].instance / backup.LAST_BACKUP
    file.unlink(missing_ok=True)
    return file


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (None, "No backup was made on this machine"),
        (dt.timedelta(hours=5), "The last backup was made on"),
        (dt.timedelta(days=4), "See why no newer one was made"),
    ],
)
def test_the_installation_says_when_the_last_backup_was_made(
    client: Client, kept: Path, ago: dt.timedelta | None, words: str
) -> None:
    if ago:
        kept.write_text((clock.now() - ago).isoformat())
    page = client.as_(ADMINISTRATOR, "en").get("/installation").text
    kept.unlink(missing_ok=True)
    assert words in page
    newest = max(file.name for file in (ROOT / "migrations" / "versions").glob("0*.py")).partition("_")[0]
    assert f"Version of the database: {newest}" in page


def test_daily_upkeep_stands_first_once_the_city_is_ready(client: Client) -> None:
    makers.a_class()
    ready = client.as_(ADMINISTRATOR, "zh").get("/setup").text
    assert ready.index("日常维护") < ready.index("/setup/city")
    assert ready.count("日常维护") == 1
    with transaction():
        db.session.execute(delete(Post).where(Post.role == Role.OFFICER))
    missing = client.get("/setup").text
    assert missing.index("/setup/city") < missing.index("日常维护")
