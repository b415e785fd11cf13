"""The outbox: taking up, sending, refusal, doubt."""

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from courses.ground import clock, pulse
from courses.ground.db import db
from courses.ground.transaction import transaction
from courses.outbox import actions as outbox
from courses.outbox.actions import BATCH, PAUSES, RESERVED_FOR, Reader, post, post_all, row_of
from courses.outbox.channels import Message, Refused, Uncertain
from courses.outbox.model import Fate, Notice
from courses.outbox.render import renderer
from courses.people.queries import city
from tests import makers
from tests.makers import actor, at, refused, told
from tests.people import ADMINISTRATOR, GAO, SHEN

MINUTE = dt.timedelta(minutes=1)

FACTS = {"at": "2026-11-22T09:00:00+00:00"}


def a_notice(number: int = 1, kind: str = "password_changed", **values: Any) -> None:
    with transaction():
        post(kind, Reader(SHEN.id, SHEN.email), f"{kind}:{number}", FACTS, **values)


def fates() -> list[str]:
    return [n.state for n in told()]


class Line:
    """A channel that notes what it is given and answers what it is told to."""

    def __init__(self, *answers: Exception | Callable[[], None] | None) -> None:
        self.sent: list[Message] = []
        self.opened = 0
        self._answers = list(answers)

    @contextmanager
    def open(self) -> Iterator[Callable[[Message], None]]:
        self.opened += 1
        yield self._send

    def _send(self, message: Message) -> None:
        answer = self._answers.pop(0) if self._answers else None
        if isinstance(answer, Exception):
            raise answer
        if answer:
            answer()
        self.sent.append(message)

    @property
    def keys(self) -> list[str]:
        return [message.key for message in self.sent]

    def deliver(self, worker: str = "w", **more: Any) -> int:
        return outbox.deliver_due(worker, self.open, renderer(city()), **more)


# Posting


def test_a_notice_belongs_to_the_transaction_of_its_cause(app: Flask) -> None:
    def fail_after_posting() -> None:
        with transaction():
            post("password_changed", Reader(SHEN.id, SHEN.email), "k", FACTS)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after_posting()
    assert told() == []


def test_the_same_thing_is_told_once(app: Flask) -> None:
    a_notice()
    with pytest.raises(IntegrityError):
        a_notice()
    reader = Reader(SHEN.id, SHEN.email)
    with transaction():
        post_all([row_of("password_changed", reader, f"password_changed:{n}", FACTS) for n in (1, 2)])
    assert [n.key for n in told()] == ["password_changed:1:mail", "password_changed:2:mail"]


def test_who_has_no_address_reads_it_on_the_page(app: Flask) -> None:
    with transaction():
        post("password_changed", Reader(SHEN.id, None), "k", FACTS)
    assert [(n.channel, n.state, n.key) for n in told()] == [("page", "sent", "k:page")]
    assert Line().deliver() == 0


# Sending


def test_what_is_due_is_sent_once_in_order_over_one_connection(app: Flask) -> None:
    for number in (1, 2, 3):
        a_notice(number)
    line = Line()
    assert line.deliver() == 3
    assert line.deliver() == 0
    assert line.keys == [f"password_changed:{n}:mail" for n in (1, 2, 3)]
    assert line.opened == 1
    assert {(n.state, n.tries, n.error) for n in told()} == {("sent", 1, None)}
    assert all(n.done_at for n in told())


def test_nothing_is_opened_when_nothing_is_due(app: Flask) -> None:
    line = Line()
    assert (line.deliver(), line.opened) == (0, 0)


def test_a_batch_has_an_end_and_the_next_goes_on(app: Flask) -> None:
    with transaction():
        post_all([row_of("password_changed", Reader(SHEN.id, SHEN.email), f"k:{n}", FACTS) for n in range(BATCH + 2)])
    line = Line()
    assert [line.deliver(), line.deliver(), line.deliver()] == [BATCH, 2, 0]
    assert len(set(line.keys)) == BATCH + 2


def test_what_is_not_due_yet_waits(app: Flask) -> None:
    a_notice()
    row = told()[0]
    row.due_at = clock.now() + MINUTE
    db.session.commit()
    line = Line()
    assert line.deliver() == 0
    with at(clock.now() + 2 * MINUTE):
        assert line.deliver() == 1


def test_what_is_too_late_is_not_sent(app: Flask) -> None:
    a_notice(expires_at=clock.now() + MINUTE)
    line = Line()
    with at(clock.now() + 2 * MINUTE):
        assert line.deliver() == 1  # taken up, and laid aside
    assert (line.sent, fates(), line.opened) == ([], [Fate.EXPIRED], 0)


def test_while_one_is_sent_only_that_one_is_in_the_air(app: Flask) -> None:
    for number in (1, 2, 3):
        a_notice(number)
    seen: list[list[str]] = []

    def look() -> None:
        with app.app_context():
            seen.append([str(state) for state in db.session.scalars(select(Notice.state).order_by(Notice.id))])

    Line(look, look, look).deliver()
    assert seen == [["sending", "waiting", "waiting"], ["sent", "sending", "waiting"], ["sent", "sent", "sending"]]


def test_what_is_withdrawn_before_its_turn_is_not_sent(app: Flask) -> None:
    first, second = makers.a_class(), makers.a_class(room=1, days=11)
    makers.book(SHEN, first)
    makers.book(SHEN, second)

    def cancel_the_second() -> None:
        with app.app_context():
            makers.cancel(second, SHEN)

    line = Line(cancel_the_second)
    line.deliver()
    assert [n.state for n in told("booked")] == [Fate.SENT, Fate.WITHDRAWN]
    assert [key.split(":")[0] for key in line.keys] == ["booked"]


def test_two_workers_share_what_is_due(app: Flask) -> None:
    for number in range(4):
        a_notice(number)
    other = Line()

    def meanwhile() -> None:
        with app.app_context():
            assert other.deliver("other") == 0  # all reserved
            a_notice(99)
            assert other.deliver("other") == 1

    line = Line(meanwhile)
    assert line.deliver("w") == 4
    assert (len(line.keys), other.keys) == (4, ["password_changed:99:mail"])


def test_a_reservation_lapses_and_no_notice_is_sent_by_both(app: Flask) -> None:
    """A worker is stuck with its first notice for so long that another takes over the rest."""
    for number in range(4):
        a_notice(number)
    other = Line()

    def meanwhile() -> None:
        with app.app_context(), at(clock.now() + RESERVED_FOR + MINUTE):
            other.deliver("other")

    line = Line(meanwhile)
    line.deliver("w")
    assert sorted(line.keys + other.keys) == [f"password_changed:{n}:mail" for n in range(4)]
    assert line.keys == ["password_changed:0:mail"]
    assert set(fates()) == {Fate.SENT}


def test_a_worker_that_ends_leaves_the_rest_to_others(app: Flask) -> None:
    for number in range(3):
        a_notice(number)
    line = Line()
    line.deliver("w", ends=lambda: len(line.sent) == 1)
    assert fates() == [Fate.SENT, Fate.WAITING, Fate.WAITING]
    assert Line().deliver("other") == 2


# Refusal


def test_a_refused_try_is_made_again_with_growing_pauses_and_then_rests(app: Flask) -> None:
    a_notice()
    start = now = clock.now() + MINUTE
    pauses = []
    for tries in range(1, len(PAUSES) + 2):
        with at(now):
            assert Line(Refused("451 later")).deliver() == 1
        [notice] = told()
        assert (notice.tries, notice.error) == (tries, "451 later")
        if notice.state == Fate.FAILED:
            break
        assert (notice.state, notice.claimed_by, notice.done_at) == (Fate.WAITING, None, None)
        pauses.append(notice.due_at - now)
        with at(notice.due_at - dt.timedelta(seconds=1)):
            assert Line().deliver() == 0
        now = notice.due_at
    assert tuple(pauses) == PAUSES
    assert told()[0].state == Fate.FAILED
    assert now - start > dt.timedelta(hours=20)
    with at(now + dt.timedelta(days=30)):
        assert Line().deliver() == 0


def test_a_later_try_can_succeed(app: Flask) -> None:
    a_notice()
    Line(Refused("451 later")).deliver()
    with at(clock.now() + PAUSES[0] + MINUTE):
        assert Line().deliver() == 1
    assert [(n.state, n.tries, n.error) for n in told()] == [("sent", 2, None)]


def test_a_final_refusal_rests_at_once(app: Flask) -> None:
    a_notice()
    Line(Refused("550 no such person", permanent=True)).deliver()
    assert [(n.state, n.tries, n.error) for n in told()] == [("failed", 1, "550 no such person")]


def test_one_refusal_does_not_hold_up_the_others(app: Flask) -> None:
    for number in (1, 2, 3):
        a_notice(number)
    line = Line(None, Refused("no", permanent=True))
    line.deliver()
    assert fates() == [Fate.SENT, Fate.FAILED, Fate.SENT]


def test_a_channel_that_does_not_open_is_one_try_for_each(app: Flask) -> None:
    a_notice(1)
    a_notice(2)

    @contextmanager
    def closed() -> Iterator[None]:
        raise Refused("mail server: refused")
        yield

    assert outbox.deliver_due("w", closed, renderer(city())) == 2
    assert [(n.state, n.tries) for n in told()] == [("waiting", 1)] * 2


# Doubt


def test_a_line_that_breaks_after_the_mail_leaves_a_doubt(app: Flask) -> None:
    a_notice(1)
    a_notice(2)
    Line(Uncertain("fell silent")).deliver()
    assert [(n.state, n.error) for n in told()] == [("in_doubt", "fell silent"), ("sent", None)]
    with at(clock.now() + dt.timedelta(days=30)):
        outbox.doubt_abandoned()
        assert Line().deliver() == 0


def test_a_fault_of_ours_in_one_notice_does_not_hold_up_the_others(app: Flask) -> None:
    a_notice(1, kind="no_such_kind")
    a_notice(2)
    assert Line().deliver() == 2
    assert fates() == [Fate.FAILED, Fate.SENT]
    assert "cannot be put into words" in (told()[0].error or "")


def test_a_channel_that_breaks_in_an_unknown_way_leaves_a_doubt(app: Flask) -> None:
    a_notice(1)
    a_notice(2)
    Line(RuntimeError("?")).deliver()
    assert fates() == [Fate.IN_DOUBT, Fate.SENT]


def dies_sending(worker: str) -> None:
    """Deliver as a worker that is killed while it sends its first notice."""

    def killed() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Line(killed).deliver(worker)


def test_what_a_dead_worker_was_sending_is_in_doubt_and_the_rest_goes_to_others(app: Flask) -> None:
    for number in (1, 2, 3):
        a_notice(number)
    pulse.beat("w", leads=True)
    dies_sending("w")
    assert fates() == [Fate.SENDING, Fate.WAITING, Fate.WAITING]
    assert outbox.doubt_abandoned() == 0  # it may still be at it
    with at(clock.now() + pulse.DEAD_AFTER + MINUTE):
        assert outbox.doubt_abandoned() == 1
        line = Line()
        assert line.deliver("other") == 2
    assert fates() == [Fate.IN_DOUBT, Fate.SENT, Fate.SENT]


def test_a_living_worker_is_not_doubted_however_slow(app: Flask) -> None:
    a_notice()
    dies_sending("w")
    with at(clock.now() + dt.timedelta(hours=1)):
        pulse.beat("w", leads=False)
        assert outbox.doubt_abandoned() == 0
    assert fates() == [Fate.SENDING]


def test_who_sends_from_the_command_line_has_no_pulse_and_gets_its_time(app: Flask) -> None:
    a_notice()
    dies_sending("command-line:1")
    assert outbox.doubt_abandoned() == 0
    with at(clock.now() + pulse.DEAD_AFTER + MINUTE):
        assert outbox.doubt_abandoned() == 1


def test_a_worker_that_could_not_record_a_fate_doubts_itself(app: Flask) -> None:
    a_notice(1)
    dies_sending("w")
    pulse.beat("w", leads=False)
    a_notice(2)
    line = Line()
    line.deliver("w")
    assert fates() == [Fate.IN_DOUBT, Fate.SENT]
    assert line.keys == ["password_changed:2:mail"]


def test_a_database_that_comes_back_in_time_spares_the_doubt(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    from courses.ground.refusal import Refusal

    a_notice(1)
    a_notice(2)
    monkeypatch.setattr(outbox, "RECORD_AGAIN_S", (0, 0))
    real, answers = outbox.transaction, iter([None, None, Refusal("busy"), Refusal("unavailable"), None, None])

    def failing() -> Any:
        answer = next(answers)
        if answer:
            raise answer
        return real()

    monkeypatch.setattr(outbox, "transaction", failing)
    line = Line()
    assert line.deliver() == 2
    assert fates() == [Fate.SENT, Fate.SENT]
    assert next(answers, "used up") == "used up"


def test_a_doubt_is_decided_by_a_person_once(app: Flask) -> None:
    for number in (1, 2, 3):
        a_notice(number)
    Line(Uncertain("?"), Uncertain("?"), Refused("550", permanent=True)).deliver()
    again, took_it, failed = (n.id for n in told())
    admin = actor(ADMINISTRATOR)
    for member in (SHEN, GAO):
        with refused("not_allowed"):
            outbox.decide(actor(member), again, True)
    outbox.decide(admin, again, send_again=True)
    outbox.decide(admin, took_it, send_again=False)
    outbox.decide(admin, failed, send_again=False)
    assert fates() == [Fate.WAITING, Fate.SENT, Fate.WITHDRAWN]
    for notice_id in (again, took_it, failed):
        with refused("not_in_doubt"):
            outbox.decide(admin, notice_id, send_again=True)
    with refused("not_found"):
        outbox.decide(admin, 9999, send_again=True)
    line = Line()
    assert line.deliver() == 1
    assert line.keys == ["password_changed:1:mail"]


def test_a_failed_notice_can_be_sent_again_with_all_its_tries(app: Flask) -> None:
    a_notice()
    Line(Refused("550", permanent=True)).deliver()
    outbox.decide(actor(ADMINISTRATOR), told()[0].id, send_again=True)
    Line(Refused("451")).deliver()
    assert [(n.state, n.tries) for n in told()] == [("waiting", 1)]
