"""Mail over SMTP: what the server says, and what the reader's programs see in it."""

import dataclasses
import datetime as dt
import email
import email.policy
import socket
from collections.abc import Iterator
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Any

import icalendar
import pytest
import vobject
from flask import Flask, current_app

from courses.booking import actions as booking
from courses.ground import clock
from courses.ground.transaction import transaction
from courses.outbox.actions import BATCH, PAUSES, Reader, post_all, row_of
from courses.outbox.channels import Message, Refused, mail
from courses.outbox.model import Fate
from courses.schedule import deliver
from tests import makers
from tests.mailserver import DIE, HANG, MailServer, mail_server
from tests.makers import actor, at, booking_of, the_class, told
from tests.people import COLLEAGUE, GAO, LU, NEWCOMER, OWNER, SHEN
from tests.unit.test_outbox import FACTS, MINUTE, a_notice, fates

# Over SMTP


@pytest.fixture
def mails(app: Flask) -> Iterator[MailServer]:
    """A mail server to which the application sends."""
    with mail_server() as server:
        _use(server.url)
        yield server
        _use(None)


def _use(url: str | None) -> None:
    current_app.config["SETTINGS"] = dataclasses.replace(current_app.config["SETTINGS"], smtp_url=url)


@pytest.mark.parametrize("phase", ["mail", "rcpt", "data"])
@pytest.mark.parametrize(("answer", "fate"), [("451 4.3.0 Later", "waiting"), ("550 5.1.1 No", "failed")])
def test_what_the_server_refuses_is_known_not_to_be_sent(mails: MailServer, phase: str, answer: str, fate: str) -> None:
    a_notice(1)
    mails.answers[phase] = answer
    assert deliver("w") == 1
    assert [(n.state, n.error) for n in told()] == [(fate, answer)]
    assert mails.raw == []
    del mails.answers[phase]
    a_notice(2)
    assert deliver("w") == 1
    assert len(mails.raw) == 1


def test_a_batch_of_late_ones_does_not_hold_up_the_rest(app: Flask, mails: MailServer) -> None:
    reader = Reader(SHEN.id, SHEN.email)
    expires = clock.now() + MINUTE
    with transaction():
        post_all([row_of("password_changed", reader, f"late:{n}", FACTS, expires_at=expires) for n in range(BATCH)])
        post_all([row_of("password_changed", reader, "live", FACTS)])
    with at(clock.now() + 2 * MINUTE):
        assert deliver("w") == BATCH + 1
    assert len(mails.raw) == 1


def test_one_refused_address_does_not_hold_up_the_others(mails: MailServer) -> None:
    mails._only_to = LU.email
    class_id = makers.a_class()
    for member in (SHEN, LU, OWNER):
        makers.book(member, class_id)
    deliver("w")
    assert [n.state for n in told()] == [Fate.FAILED, Fate.SENT, Fate.FAILED]
    assert mails.per_person() == {LU.email: 1}
    assert len(mails.callers) == 1


@pytest.mark.parametrize(
    ("phase", "how", "fate", "kept"),
    [
        ("mail", DIE, "waiting", 0),
        ("rcpt", DIE, "waiting", 0),
        ("data", DIE, "in_doubt", 0),
        ("taken", DIE, "in_doubt", 1),
        ("mail", HANG, "waiting", 0),
        ("rcpt", HANG, "waiting", 0),
        ("data", HANG, "in_doubt", 0),
        ("taken", HANG, "in_doubt", 1),
    ],
)
def test_a_line_that_breaks_or_falls_silent(
    mails: MailServer, monkeypatch: pytest.MonkeyPatch, phase: str, how: str, fate: str, kept: int
) -> None:
    """Before the mail is handed over it was not sent; after that nobody knows, and nothing is sent again by itself."""
    monkeypatch.setattr(mail, "TIMEOUT_S", 0.3)
    a_notice()
    mails.answers[phase] = how
    deliver("w")
    assert (fates(), len(mails.raw)) == ([fate], kept)
    mails.answers.clear()
    with at(clock.now() + PAUSES[0] + MINUTE):
        deliver("w")
    assert len(mails.raw) == (kept if fate == "in_doubt" else 1)


def test_a_server_that_is_not_there(mails: MailServer) -> None:
    a_notice()
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        _use(f"smtp://127.0.0.1:{nobody.getsockname()[1]}")
        assert deliver("w") == 1
    assert fates() == [Fate.WAITING]
    assert "mail server" in (told()[0].error or "")
    _use(mails.url)
    with at(clock.now() + 2 * MINUTE):
        deliver("w")
    assert len(mails.raw) == 1


def test_a_password_that_the_server_does_not_know(mails: MailServer) -> None:
    a_notice()
    _use(mails.url.replace("//", "//user:wrong@"))
    assert deliver("w") == 1
    assert fates() == [Fate.WAITING]
    assert mails.raw == []


# What stands in the mail


def mail_to(mails: MailServer, member: Any) -> EmailMessage:
    deliver("w")
    return [m for m in mails.mails if m["To"].addresses[0].addr_spec == member.email][-1]


def calendar_of(message: EmailMessage) -> icalendar.Calendar:
    [part] = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    calendar = icalendar.Calendar.from_ical(part.get_content())
    assert part["Content-Type"].params["method"] == calendar["method"]
    return calendar  # type: ignore[return-value]


def test_a_mail_in_chinese_with_rare_names(mails: MailServer) -> None:
    class_id = makers.a_class()
    makers.book(OWNER, class_id, COLLEAGUE, NEWCOMER)
    for member, name in ((COLLEAGUE, "王䶮"), (NEWCOMER, "李𬬭")):
        message = mail_to(mails, member)
        assert "碳交易管理" in message["Subject"]
        assert message["To"].addresses[0].display_name == name
        assert message["Auto-Submitted"] == "auto-generated"
        text = message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
        assert name in text
        assert "09:00–11:30" in text
        assert f"http://localhost/classes/{class_id}" in text
        html = message.get_body(("html",)).get_content()  # type: ignore[union-attr]
        assert '<html lang="zh' in html
    assert len({m["Message-ID"] for m in mails.mails}) == 2


def test_a_mail_is_in_its_readers_language(mails: MailServer) -> None:
    class_id = makers.a_class()
    makers.book(LU, class_id)
    assert "Carbon Trading Management" in mail_to(mails, LU)["Subject"]


def test_a_mail_goes_in_seven_bits(mails: MailServer) -> None:
    makers.book(COLLEAGUE, makers.a_class())
    deliver("w")
    assert max(mails.raw[0]) < 128
    assert all(len(line) <= 998 for line in mails.raw[0].split(b"\r\n"))


def test_lines_that_begin_with_a_dot_arrive_whole(mails: MailServer) -> None:
    with mail.smtp(mails.url, "from@test.example", "海宁") as send:
        send(Message("to@test.example", "x", "s", ".\r\n..a\r\n.b\r\n", "<p>", "k"))
    text = mails.mails[0].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert text.split() == [".", "..a", ".b"]


NAMES = {"quote": '"', "comma": "a,b", "tag": "<x>", "rare": "王䶮", "slash": "a\\", "long": "环保管家之家" * 9}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_any_name_can_be_written_to(mails: MailServer, name: str) -> None:
    with mail.smtp(mails.url, "from@test.example", name) as send:
        send(Message("to@test.example", name, name, "t", "<p>", "k"))
    message = email.message_from_bytes(mails.raw[0])  # the old reader: the new one breaks long names in two
    for header in ("To", "From"):
        assert str(make_header(decode_header(parseaddr(message[header])[0]))) == name
    assert str(make_header(decode_header(message["Subject"]))) == name


def test_no_name_can_smuggle_a_header_in(mails: MailServer) -> None:
    message = Message("to@test.example", "x\r\nBcc: all@test.example", "s", "t", "<p>", "k")
    with mail.smtp(mails.url, "from@test.example", "海宁") as send, pytest.raises(Refused) as raised:
        send(message)
    assert raised.value.permanent
    assert mails.raw == []


def test_the_calendar_entry_is_read_by_others_programs(mails: MailServer) -> None:
    days = [(makers.in_days(d), makers.in_days(d) + 2 * makers.HOUR) for d in (10, 11)]
    class_id = makers.a_class(sittings=days)
    makers.book(LU, class_id)
    calendar = calendar_of(mail_to(mails, LU))
    assert calendar["method"] == "REQUEST"
    events = calendar.walk("VEVENT")
    number = booking_of(class_id, LU).id
    assert [str(e["uid"]) for e in events] == [f"booking-{number}-{n}@courses" for n in (1, 2)]
    assert [(e["dtstart"].dt, e["dtend"].dt) for e in events] == days
    assert {str(e["summary"]) for e in events} == {"Carbon Trading Management"}
    assert {int(e["sequence"]) for e in events} == {1}
    assert {str(e["attendee"]) for e in events} == {f"mailto:{LU.email}"}
    read = vobject.readOne(calendar.to_ical().decode())
    assert [event.dtstart.value for event in read.vevent_list] == [start for start, _ in days]
    assert read.vevent_list[0].valarm.trigger.value == dt.timedelta(hours=-2)


def test_moved_cancelled_and_called_off_change_the_same_entry(mails: MailServer) -> None:
    class_id = makers.a_class()
    makers.book(SHEN, class_id)
    deliver("w")
    booking.move(actor(GAO), class_id, [(makers.in_days(12), makers.in_days(12, 11))], 3)
    deliver("w")
    makers.cancel(class_id, SHEN)
    deliver("w")
    makers.undo(class_id, SHEN)
    deliver("w")
    booking.call_off(actor(GAO), class_id, "台风")
    deliver("w")
    calendars = [calendar_of(message) for message in mails.mails]
    assert [str(c["method"]) for c in calendars] == ["REQUEST", "REQUEST", "CANCEL", "REQUEST", "CANCEL"]
    events = [c.walk("VEVENT")[0] for c in calendars]
    assert len({str(e["uid"]) for e in events}) == 1
    sequences = [int(e["sequence"]) for e in events]
    assert sequences == sorted(set(sequences))
    assert [str(e["status"]) for e in events] == ["CONFIRMED", "CONFIRMED", "CANCELLED", "CONFIRMED", "CANCELLED"]
    assert events[1]["dtstart"].dt == the_class(class_id).starts_at


def test_a_sitting_that_is_dropped_leaves_the_calendar(mails: MailServer) -> None:
    days = [(makers.in_days(d), makers.in_days(d) + makers.HOUR) for d in (10, 11, 12)]
    class_id = makers.a_class(sittings=days)
    makers.book(SHEN, class_id)
    deliver("w")
    booking.move(actor(GAO), class_id, days[:1], 3)
    events = calendar_of(mail_to(mails, SHEN)).walk("VEVENT")
    assert [str(e["status"]) for e in events] == ["CONFIRMED", "CANCELLED", "CANCELLED"]
    assert len({str(e["uid"]) for e in events}) == 3


def test_a_place_in_the_queue_is_no_calendar_entry(mails: MailServer) -> None:
    class_id = makers.a_class(seats=1)
    makers.book(LU, class_id)
    makers.book(SHEN, class_id)
    assert "text/calendar" not in [part.get_content_type() for part in mail_to(mails, SHEN).walk()]


def test_a_reminder_brings_the_entry_of_the_present_hour(mails: MailServer) -> None:
    from courses.reminders.actions import post_due

    class_id = makers.a_class()
    makers.book(SHEN, class_id)
    booking.move(actor(GAO), class_id, [(makers.in_days(12), makers.in_days(12, 11))], 3)
    with at(makers.before_start(class_id, 100)):
        post_due()
        message = mail_to(mails, SHEN)
    [event] = calendar_of(message).walk("VEVENT")
    assert (event["dtstart"].dt, int(event["sequence"])) == (the_class(class_id).starts_at, 2)


# Without a mail server


def test_without_a_server_each_mail_is_a_file(app: Flask) -> None:
    folder = current_app.config["SETTINGS"].mail_folder
    before = set(folder.glob("*"))
    makers.book(COLLEAGUE, makers.a_class())
    assert deliver("w") == 1
    [file] = set(folder.glob("*")) - before
    assert file.suffix == ".eml"
    message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    assert message["To"].addresses[0].addr_spec == COLLEAGUE.email
