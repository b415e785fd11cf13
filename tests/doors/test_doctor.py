"""The doctor: each thing that can go wrong is broken here once, and named, with what to do."""

import dataclasses
import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_migrate import stamp
from sqlalchemy import delete, insert, select, text, update

from config import Settings
from courses.accounts.actions import token_for
from courses.accounts.model import Token
from courses.booking.model import Appeal, Booking, Enrolment, Event, State
from courses.catalogue.model import FirstAsked, SeatShare, ShareKind, Sitting, TrainingClass
from courses.ground import clock, pulse
from courses.ground.db import db
from courses.ground.language import speaking
from courses.ground.transaction import transaction
from courses.outbox.model import Channel, Fate, Notice
from courses.people.model import Post, Role
from courses.roster.model import YearlyHours
from courses.running import backup, records
from courses.running.doctor import examine
from tests import makers
from tests.doors.test_commands import run
from tests.people import GAO, LU, SHEN
from tests.processes import database_gone

DAY = dt.timedelta(days=1)


@pytest.fixture
def class_id(app: Flask) -> int:
    """A class with one seat taken and one person waiting; a worker leads, and nothing waits to be sent."""
    made = makers.a_class(seats=1)
    makers.book(SHEN, made)
    makers.book(LU, made)
    with transaction():
        db.session.execute(update(Notice).values(state=Fate.SENT))
    pulse.beat("here:1:abc", leads=True)
    return made


def words() -> list[str]:
    db.session.rollback()
    found = examine()
    assert all(fault.advice for fault in found)
    return [fault.words for fault in found]


def change(*statements: Any) -> None:
    with transaction():
        for statement in statements:
            db.session.execute(statement)


def past_the_constraints(app: Flask, drops: dict[str, str], *statements: Any) -> None:
    """Do what the database itself would refuse. SQLite cannot drop a CHECK: its checks are switched off."""
    is_sqlite = db.engine.dialect.name == "sqlite"
    with transaction():
        if is_sqlite:
            db.session.execute(text("PRAGMA ignore_check_constraints=ON"))
        if dropped := drops[db.engine.dialect.name]:
            db.session.execute(text(dropped))
        for statement in statements:
            db.session.execute(statement)
    if is_sqlite:
        db.session.execute(text("PRAGMA ignore_check_constraints=OFF"))
    db.session.remove()


def test_a_healthy_installation_has_nothing(app: Flask, class_id: int) -> None:
    assert words() == []
    assert run(app, "doctor") == (0, "All is well.\n")


def test_each_fault_comes_with_its_advice_and_ends_in_one(app: Flask, class_id: int) -> None:
    change(delete(pulse.Worker))
    code, said = run(app, "doctor")
    assert code == 1
    assert "no worker leads" in said
    assert "  -> Start one: systemctl start courses-worker" in said
    assert said.endswith("1 fault\n")
    assert run(app, "doctor", "--records") == (0, "All is well.\n")


def booking(class_id: int) -> int:
    return makers.booking_id(class_id, SHEN.id)


def test_counters_that_differ(app: Flask, class_id: int) -> None:
    change(update(TrainingClass).values(seats_taken=0))
    assert words() == [f"class {class_id}: its counters differ from its bookings"]


def test_more_seats_than_there_are(app: Flask, class_id: int) -> None:
    drops = {
        "sqlite": "",
        "postgresql": "ALTER TABLE training_class DROP CONSTRAINT ck_training_class_seats_within_capacity",
    }
    more = [update(TrainingClass).values(seats_taken=2, queued=0), update(Booking).values(state=State.BOOKED)]
    past_the_constraints(app, drops, *more)
    assert f"class {class_id}: more seats taken than there are" in words()


def test_more_kept_seats_than_there_are(app: Flask, class_id: int) -> None:
    other = makers.a_class(days=30, seats=2)
    for who in (SHEN, LU):
        makers.book(who, other)
    change(insert(SeatShare).values(class_id=other, kind=ShareKind.KEY_UNIT, seats=1))
    share = db.session.scalar(select(SeatShare.id))
    change(
        update(Notice).values(state=Fate.SENT), update(Booking).where(Booking.class_id == other).values(share_id=share)
    )
    assert words() == [f"share {share}: more of its kept seats are taken than there are"]


def test_a_seat_given_up_for_none(app: Flask, class_id: int) -> None:
    change(update(Booking).where(Booking.person_id == LU.id).values(state=State.CANCELLED, reason="changed"))
    change(update(TrainingClass).values(queued=0))
    waited = makers.booking_id(class_id, LU.id)
    assert words() == [f"booking {waited}: given up for another class of the course, and no place there"]
    other = makers.a_class(days=30)
    makers.book(LU, other)
    change(update(Notice).values(state=Fate.SENT))
    assert words() == []


def test_a_seat_before_the_hour(app: Flask, class_id: int) -> None:
    change(update(TrainingClass).values(first_until=clock.now() + DAY))
    change(insert(FirstAsked).values(class_id=class_id, person_id=LU.id))
    said = f"booking {booking(class_id)}: made while only those could book who had asked for the course"
    assert words() == [said]
    change(update(TrainingClass).values(first_until=clock.now()))
    assert words() == []


def test_half_an_appeal(app: Flask, class_id: int) -> None:
    appeal = {"booking_id": booking(class_id), "words": "x", "made_at": clock.now(), "answer": "", "upheld": True}
    change(insert(Appeal).values(appeal))
    assert words() == [f"booking {booking(class_id)}: the appeal is half decided"]


def test_a_booking_without_a_log(app: Flask, class_id: int) -> None:
    change(delete(Event).where(Event.booking_id == booking(class_id)))
    assert words() == [f"booking {booking(class_id)}: nothing in the log"]


def test_someone_who_was_never_told(app: Flask, class_id: int) -> None:
    change(delete(Notice).where(Notice.person_id == SHEN.id))
    assert words() == [f"booking {booking(class_id)}: its person was never told"]


def test_a_group_that_was_split(app: Flask, class_id: int) -> None:
    change(
        update(Booking).values(enrolment_id=1),
        update(TrainingClass).values(last_order_no=2),
    )
    assert words() == ["enrolment 1: part of it has seats and part waits"]


def test_an_account_of_two_sides(app: Flask, class_id: int) -> None:
    change(insert(Post).values(person_id=SHEN.id, role=Role.INSPECTOR))
    assert words() == [f"person {SHEN.id}: both serves and enforces"]


def test_two_places_in_one_class(app: Flask, class_id: int) -> None:
    second = makers.booking_id(class_id, LU.id)
    change(text("DROP INDEX uq_booking_live"), update(Booking).values(person_id=SHEN.id))
    assert words() == [f"booking {second}: its person holds two places in one class"]


def test_two_of_one_number_in_the_queue(app: Flask, class_id: int) -> None:
    change(text("DROP INDEX uq_enrolment_order"), update(Enrolment).values(order_no=1))
    assert words() == ["enrolment 2: another has the same number in the queue"]


def test_a_seat_that_is_held_for_ever(app: Flask, class_id: int) -> None:
    whose = update(Booking).where(Booking.person_id == SHEN.id)
    change(whose.values(state=State.HELD, due_at=clock.now() - DAY / 2))
    assert words() == []
    over = f"booking {booking(class_id)}: the time to name, approve or answer it is over, and it still takes a seat"
    for due_at in (clock.now() - 2 * DAY, None):
        change(whose.values(due_at=due_at))
        assert words() == [over]


def test_a_seat_that_is_offered_to_nobody_or_for_too_long(app: Flask, class_id: int) -> None:
    whose = update(Booking).where(Booking.person_id == SHEN.id)
    number, soon = booking(class_id), clock.now() + DAY
    wrong = [f"booking {number}: its seat is offered to nobody, or until after the class begins"]
    change(whose.values(state=State.OFFERED, due_at=soon))
    assert words() == []
    change(whose.values(due_at=makers.the_class(class_id).starts_at + DAY))
    assert words() == wrong
    change(whose.values(due_at=soon, person_id=None))
    assert words() == wrong


@pytest.mark.parametrize("act", ["moved", "gone", "more"])
def test_hours_that_are_not_those_of_the_sittings(app: Flask, class_id: int, act: str) -> None:
    statement = {
        "moved": update(Sitting).values(ends_at=Sitting.ends_at),
        "gone": delete(Sitting),
        "more": insert(Sitting).values(class_id=class_id, starts_at=makers.in_days(10, 14), ends_at=makers.in_days(11)),
    }[act]
    if act == "moved":
        sitting = db.session.get_one(Sitting, 1)
        statement = update(Sitting).values(ends_at=sitting.ends_at + dt.timedelta(minutes=1))
    change(statement)
    assert words() == [f"class {class_id}: its hours differ from those of its sittings"]


def test_a_token_that_outlived_its_end(app: Flask, class_id: int) -> None:
    token_for(SHEN.email)
    assert words() == []
    change(update(Token).values(expires_at=clock.now() - 121 * DAY))
    assert words() == ["token 1: expired long ago and still kept"]


def test_a_row_that_refers_to_nothing(app: Flask, class_id: int) -> None:
    db.session.remove()
    with db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            connection.exec_driver_sql("UPDATE enrolment SET made_by = 999 WHERE id = 1")
            connection.exec_driver_sql("PRAGMA foreign_keys=ON")
            expected = "enrolment 1: refers to a row of person that is not there"
        else:
            connection.exec_driver_sql("ALTER TABLE enrolment DROP CONSTRAINT fk_enrolment_made_by")
            expected = "enrolment: its foreign key on made_by is gone"
    assert words() == [expected]


def test_a_database_that_stands_elsewhere(app: Flask, class_id: int) -> None:
    stamp(revision="0001")
    with transaction():
        db.session.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    [said] = words()
    assert said.startswith("the database stands at the migration 0000")


def test_a_clock_that_stopped(app: Flask, class_id: int) -> None:
    with makers.at(clock.now() + 2 * pulse.DEAD_AFTER):
        assert [w.split(":")[0] for w in words()] == ["no worker leads"]


def test_two_that_lead(app: Flask, class_id: int) -> None:
    pulse.beat("there:2:def", leads=True)
    assert words() == ["2 workers lead at once: here:1:abc, there:2:def"]


@pytest.mark.parametrize(("state", "said"), [("failed", "1 notices failed"), ("in_doubt", "1 notices are in doubt")])
def test_notices_that_need_a_look(app: Flask, class_id: int, state: str, said: str) -> None:
    change(update(Notice).where(Notice.id == 1).values(state=state))
    assert words() == [said]


@pytest.mark.parametrize("state", [Fate.FAILED, Fate.IN_DOUBT])
def test_a_program_that_takes_nothing_is_its_owners_to_mend(app: Flask, class_id: int, state: Fate) -> None:
    change(update(Notice).where(Notice.id == 1).values(state=state, channel=Channel.WEBHOOK))
    assert words() == []


def test_notices_that_nobody_sends(app: Flask, class_id: int) -> None:
    change(update(Notice).values(state=Fate.WAITING, due_at=clock.now() - dt.timedelta(minutes=9)))
    assert words() == []
    change(update(Notice).values(due_at=clock.now() - dt.timedelta(minutes=11)))
    assert words() == ["2 notices wait for more than ten minutes"]


def test_a_database_that_is_gone(app: Flask, class_id: int) -> None:
    with database_gone(app):
        [said] = words()
    assert said.startswith("the database does not answer")


# The settings and the folder of a production machine


@pytest.fixture
def production(app: Flask, class_id: int, tmp_path: Path) -> Iterator[Any]:
    """Return a function that looks again with other settings; those given at first are right."""
    before: Settings = app.config["SETTINGS"]
    tmp_path.chmod(0o750)
    right = dataclasses.replace(
        before,
        mode="production",
        instance=tmp_path,
        base_url="https://courses.example.org",
        secret_keys=("0123456789abcdef" * 4,),
        smtp_url="smtp://mail.example.org:587",
        mail_from="Courses <courses@example.org>",
        trusted_proxies=1,
    )
    (tmp_path / backup.LAST_BACKUP).write_text(clock.now().isoformat())

    def look(**settings: Any) -> list[str]:
        app.config["SETTINGS"] = dataclasses.replace(right, **settings)
        return words()

    yield look
    app.config["SETTINGS"] = before


def test_right_settings_are_not_complained_of(production: Any) -> None:
    assert production() == []


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"smtp_url": None}, "mail is only written to files"),
        ({"mail_from": "courses@localhost"}, "MAIL_FROM is courses@localhost"),
        ({"base_url": "https://localhost"}, "BASE_URL is https://localhost"),
        ({"base_url": "http://courses.example.org"}, "BASE_URL is http:"),
        ({"trusted_proxies": 0}, "BASE_URL is https and TRUSTED_PROXIES is 0"),
        ({"secret_keys": ("a" * 64,)}, "SECRET_KEY has few"),
        ({"secret_keys": ("0123456789abcdef" * 4, "0000000011111111" * 2)}, "SECRET_KEY has few"),
    ],
)
def test_a_setting_that_will_hurt_is_named(production: Any, settings: dict[str, Any], said: str) -> None:
    [found] = production(**settings)
    assert found.startswith(said)
    assert "0123456789" not in found


def test_a_folder_that_is_open_to_all_is_named(production: Any, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    assert production() == [f"everyone on this machine may read or write {tmp_path}"]
    tmp_path.chmod(0o700)
    (tmp_path / "secret_key").write_text("x")
    (tmp_path / "secret_key").chmod(0o604)
    assert production() == [f"everyone on this machine may read or write {tmp_path / 'secret_key'}"]


def test_a_full_disk_is_named(production: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": 100 * 2**20}))
    assert production()[0].startswith("only 100 MB are free")


def test_an_old_backup_is_named(production: Any, tmp_path: Path, app: Flask) -> None:
    (tmp_path / backup.LAST_BACKUP).write_text((clock.now() - 4 * DAY).isoformat())
    assert production()[0].startswith("the last backup is of")
    (tmp_path / backup.LAST_BACKUP).unlink()
    is_sqlite = db.engine.dialect.name == "sqlite"
    assert production() == (["there has never been a backup"] if is_sqlite else [])


def test_who_came_and_the_hours_of_a_year_are_counted_anew(app: Flask, class_id: int) -> None:
    change(
        update(TrainingClass).values(came=7),
        insert(YearlyHours).values(person_id=SHEN.id, year=2026, half_hours=9, classes=1),
    )
    assert words() == [
        f"class {class_id}: it is not counted right who came",
        f"person {SHEN.id}: the hours of the years are not counted right",
    ]
    assert run(app, "tick", "recount-hours")[0] == 0
    assert words() == []


def test_every_check_of_the_records_is_broken_above(app: Flask) -> None:
    """A new check brings its test: its words stand in this file."""
    source = Path(__file__).read_text()
    with speaking("en"):
        said = [str(check.words).split(": ")[1] for check in records.checks()]
    assert [words for words in said if words not in source] == []


def test_the_page_names_faults_in_its_readers_language(app: Flask, client, class_id: int) -> None:  # type: ignore[no-untyped-def]
    from tests.people import ADMINISTRATOR

    change(delete(Event).where(Event.booking_id == booking(class_id)))
    assert "nothing in the log" not in client.as_(ADMINISTRATOR, "en").get("/installation").text
    link = re.search(r'href="(/installation[^"]*)"[^>]*>Check the records', client.get("/installation").text)
    assert link
    assert "nothing in the log" in client.get(link[1]).text
    assert "nothing in the log" not in client.as_(ADMINISTRATOR, "zh").get(link[1]).text
    assert client.as_(GAO).get("/installation").status_code == 403
