"""Backup and restore, really performed: what was there is there again, and nothing is half there."""

import datetime as dt
import json
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import func, make_url, select, text

from courses.accounts.actions import sign_in
from courses.demo import load
from courses.desks.queries import faults
from courses.ground import clock, pulse
from courses.ground.db import Base, db
from courses.ground.kept import forget_all
from courses.ground.transaction import transaction
from courses.outbox.model import Fate, Notice
from courses.people.model import Person
from courses.running import backup as backups
from courses.running.doctor import examine
from tests import makers
from tests.doors.test_commands import run
from tests.people import PASSWORD, SHEN


def counts() -> Counter[str]:
    """Return how many rows each table has, the workers' pulse left out."""
    db.session.rollback()
    tables = [table for table in Base.metadata.sorted_tables if table.name != "worker"]
    return Counter({t.name: db.session.scalar(select(func.count()).select_from(t)) or 0 for t in tables})


def empty() -> None:
    with transaction():
        for table in reversed(Base.metadata.sorted_tables):
            db.session.execute(table.delete())
    forget_all()


def destroy() -> None:
    """Leave nothing: not a table."""
    db.session.remove()
    with db.engine.connect() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        if is_sqlite:
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        for name in [*Base.metadata.tables, "alembic_version"]:
            connection.exec_driver_sql(f"DROP TABLE IF EXISTS {name}" + ("" if is_sqlite else " CASCADE"))
    db.engine.dispose()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "courses.backup"


def test_a_town_that_was_destroyed_is_there_again(app: Flask, file: Path) -> None:
    empty()
    load.load(clock.now())
    before = counts()
    assert before["booking"] > 500
    code, words = run(app, "backup", str(file))
    assert code == 0, words
    assert f"{before.total()} rows" in words
    destroy()
    code, words = run(app, "restore", str(file))
    assert code == 0, words
    assert "All is well." in words
    assert counts() == before
    assert sign_in("gao@demo.example", load.PASSWORD).has("officer")
    assert faults() == []


def test_life_goes_on_after_a_restore(app: Flask, file: Path) -> None:
    """Ids go on counting where they stopped, on either database."""
    class_id = makers.a_class()
    makers.book(SHEN, class_id)
    backups.back_up(file)
    destroy()
    backups.restore(file)
    assert makers.states(class_id) == {SHEN.id: "booked"}
    assert makers.a_class(days=20) == class_id + 1
    assert sign_in(SHEN.email, PASSWORD).id == SHEN.id


def test_what_happened_after_the_backup_is_gone_after_the_restore(app: Flask, file: Path) -> None:
    backups.back_up(file)
    class_id = makers.a_class()
    backups.restore(file, replace=True)
    db.session.rollback()
    assert counts()["training_class"] == 0
    assert makers.a_class() == class_id


def test_an_older_backup_is_brought_up_to_date(app: Flask, file: Path) -> None:
    downgrade(revision="-1")
    older = backups.back_up(file).revision
    upgrade()
    db.session.remove()
    code, words = run(app, "restore", str(file), "--replace")
    assert code == 0, words
    stands_at = db.session.scalar(text("SELECT version_num FROM alembic_version"))
    assert stands_at != older
    assert [fault.words for fault in examine(only_records=True)] == []


def test_people_are_not_replaced_unless_it_is_said(app: Flask, file: Path) -> None:
    backups.back_up(file)
    class_id = makers.a_class()
    code, words = run(app, "restore", str(file))
    assert code == 1
    assert "--replace" in words
    assert makers.the_class(class_id).id == class_id


def test_nothing_is_restored_under_a_worker(app: Flask, file: Path) -> None:
    backups.back_up(file)
    pulse.beat("here:1:abc", leads=True)
    with pytest.raises(backups.BackupRefused, match="here:1:abc"):
        backups.restore(file, replace=True)
    later = clock.now() + 2 * pulse.DEAD_AFTER
    with makers.at(later):
        backups.restore(file, replace=True)


def test_what_waited_then_is_sent_only_when_someone_says_so(app: Flask, file: Path) -> None:
    """It may have gone out between the backup and the restore."""
    makers.book(SHEN, makers.a_class())
    backups.back_up(file)
    code, words = run(app, "restore", str(file), "--replace")
    assert code == 0
    assert "1 notices waited" in words
    assert {notice.state for notice in makers.told()} == {Fate.IN_DOUBT}


def test_what_waited_when_the_service_moved_house_still_waits(app: Flask, file: Path) -> None:
    makers.book(SHEN, makers.a_class())
    backups.back_up(file)
    assert run(app, "restore", str(file), "--replace", "--moved")[0] == 0
    assert {notice.state for notice in makers.told()} == {Fate.WAITING}


def test_a_backup_is_for_its_owner_and_holds_no_key(app: Flask, file: Path) -> None:
    assert run(app, "backup", str(file))[0] == 0
    assert file.stat().st_mode & 0o077 == 0
    key = app.config["SETTINGS"].secret_keys[0].encode()
    with zipfile.ZipFile(file) as archive:
        assert archive.namelist() == ["manifest.json", "database"]
        assert all(key not in archive.read(name) for name in archive.namelist())
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_no_backup_is_written_over_an_older_one(app: Flask, file: Path) -> None:
    file.write_text("older")
    code, words = run(app, "backup", str(file))
    assert code == 1
    assert "exists already" in words
    assert file.read_text() == "older"


def test_a_backup_without_a_place_is_refused_in_a_sentence(app: Flask, file: Path) -> None:
    code, words = run(app, "backup", str(file / "no" / "folder"))
    assert code == 1
    assert "cannot be written" in words


def altered(file: Path, **fields: object) -> Path:
    """Return a copy of a backup whose manifest says something else."""
    other = file.with_name("altered")
    with zipfile.ZipFile(file) as archive, zipfile.ZipFile(other, "w") as made:
        made.writestr("manifest.json", json.dumps({**json.loads(archive.read("manifest.json")), **fields}))
        made.writestr("database", archive.read("database"))
    return other


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"revision": "9999"}, "newer"),
        ({"kind": "oracle"}, "made on oracle"),
        ({"format": 2}, "does not know"),
        ({"rows": {"person": 7}}, "does not hold"),
    ],
)
def test_what_does_not_fit_changes_nothing(app: Flask, file: Path, fields: dict[str, object], why: str) -> None:
    backups.back_up(file)
    class_id = makers.a_class()
    with pytest.raises(backups.BackupRefused, match=why):
        backups.restore(altered(file, **fields), replace=True)
    assert makers.the_class(class_id).id == class_id
    assert counts()["person"] > 7


@pytest.mark.parametrize("content", [b"", b"no backup", b"PK\x03\x04 half of one"])
def test_what_is_no_backup_is_refused(app: Flask, file: Path, content: bytes) -> None:
    file.write_bytes(content)
    code, words = run(app, "restore", str(file), "--replace")
    assert code == 1
    assert "no backup" in words
    assert run(app, "restore", str(file.with_name("nothing")))[0] == 1


def test_one_turned_bit_is_noticed(app: Flask, file: Path) -> None:
    backups.back_up(file)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(backups.BackupRefused, match="damaged"):
        backups.restore(file, replace=True)


@pytest.mark.parametrize("app", ["postgres"], indirect=True)
def test_a_missing_program_is_named(app: Flask, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    code, words = run(app, "backup", str(file))
    assert code == 1
    assert "pg_dump is not installed" in words
    assert not file.exists()


def test_the_service_goes_on_while_it_is_copied(app: Flask, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written during the copy is either in it and counted, or in neither."""
    check = backups._check

    def meanwhile(packed: Path, url: object) -> backups.Manifest:
        with transaction():
            db.session.add(Person(name="后来", email="later@test.example"))
        return check(packed, make_url(str(app.config["SETTINGS"].database_url)))

    monkeypatch.setattr(backups, "_check", meanwhile)
    made = backups.back_up(file)
    assert made.rows["person"] == counts()["person"] - 1
    assert backups.last_backup() == dt.datetime.fromisoformat(made.made_at)


def test_the_manifest_stands_at_the_migration_of_the_database(app: Flask, file: Path) -> None:
    made = backups.back_up(file)
    assert made.revision == db.session.scalar(text("SELECT version_num FROM alembic_version"))
    assert made.rows["notice"] == db.session.scalar(select(func.count()).select_from(Notice))
