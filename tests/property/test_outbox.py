"""Random answers of the mail server, dying workers and passing time: no message twice, none lost, no doubt unseen."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sqlalchemy import update

from courses.ground import clock, pulse
from courses.ground.db import db
from courses.ground.transaction import transaction
from courses.outbox import actions as outbox
from courses.outbox.channels import Message, Refused, Uncertain
from courses.outbox.model import Fate, Notice
from courses.people.rights import Actor
from tests import makers
from tests.people import ADMINISTRATOR, SHEN
from tests.property.playing import play

MINUTE = dt.timedelta(minutes=1)
ANSWERS = ("yes", "later", "no", "silent", "silent but taken", "killed before", "killed after", "fault")
"""What happens to one message. Of "silent" nobody can say whether it was taken."""


class Killed(BaseException):
    pass


class Office(RuleBasedStateMachine):
    fresh: Callable[[], None]
    admin: Actor

    def __init__(self) -> None:
        super().__init__()
        type(self).fresh()
        self.now = clock.now()
        self.posted = 0
        self.life = {"a": 1, "b": 1}  # a worker that died begins a new life under another name
        self.taken: Counter[str] = Counter()  # what the mail server has taken, by key
        self.allowed: Counter[str] = Counter()  # how often a person decided to send it again
        self.admin = makers.actor(ADMINISTRATOR)

    @rule(count=st.integers(1, 4), expires=st.booleans())
    def post(self, count: int, expires: bool) -> None:
        reader = outbox.Reader(SHEN.id, SHEN.email)
        with clock.pretending(self.now), transaction():
            for _ in range(count):
                self.posted += 1
                until = self.now + 30 * MINUTE if expires else None
                outbox.post("password_changed", reader, f"k:{self.posted}", {}, expires_at=until)

    @rule(
        worker=st.sampled_from(("a", "b")),
        opens=st.integers(0, 5).map(bool),
        answers=st.lists(st.sampled_from(ANSWERS), max_size=6),
    )
    def deliver(self, worker: str, opens: bool, answers: list[str]) -> None:
        told = iter(answers)

        def send(message: Message) -> None:
            answer = next(told, "yes")
            if answer in ("yes", "silent but taken", "killed after"):
                self.taken[message.key] += 1
            if answer in ("later", "no"):
                raise Refused("451" if answer == "later" else "550", permanent=answer == "no")
            if answer.startswith("silent"):
                raise Uncertain("?")
            if answer.startswith("killed"):
                raise Killed
            if answer == "fault":
                raise RuntimeError

        @contextmanager
        def channel() -> Iterator[Callable[[Message], None]]:
            if not opens:
                raise Refused("no line")
            yield send

        name = f"{worker}{self.life[worker]}"
        with clock.pretending(self.now):
            pulse.beat(name, leads=False)
            try:
                outbox.deliver_due(name, channel, _rendered)
            except Killed:
                self.life[worker] += 1

    @rule(minutes=st.sampled_from((1, 2, 10, 60, 600)))
    def time_passes(self, minutes: int) -> None:
        self.now += minutes * MINUTE
        with clock.pretending(self.now):
            for worker, life in self.life.items():
                pulse.beat(f"{worker}{life}", leads=True)
            outbox.doubt_abandoned()

    @rule(again=st.booleans())
    def decide(self, again: bool) -> None:
        for notice in makers.told():
            if notice.state in (Fate.IN_DOUBT, Fate.FAILED):
                self.allowed[notice.key] += again
                with clock.pretending(self.now):
                    outbox.decide(self.admin, notice.id, again)
                return

    @rule()
    def withdraw(self) -> None:
        waiting = [notice for notice in makers.told() if notice.state == Fate.WAITING]
        if waiting:
            with clock.pretending(self.now), transaction():
                db.session.execute(update(Notice).where(Notice.id == waiting[-1].id).values(booking_id=1))
                outbox.withdraw([1])

    @invariant()
    def nothing_is_sent_twice_unless_a_person_said_so(self) -> None:
        for key, times in self.taken.items():
            assert times <= 1 + self.allowed[key], key

    @invariant()
    def what_is_called_sent_was_sent_or_laid_to_rest_by_a_person(self) -> None:
        for notice in makers.told():
            if notice.state == Fate.SENT and notice.error is None:
                assert self.taken[notice.key], notice.key

    @invariant()
    def every_notice_is_somewhere(self) -> None:
        notices = makers.told()
        assert [notice.key for notice in notices] == [f"k:{n}:mail" for n in range(1, self.posted + 1)]
        sending = Counter(notice.claimed_by for notice in notices if notice.state == Fate.SENDING)
        assert all(count == 1 for count in sending.values())

    def teardown(self) -> None:
        """In the end, when the line is good and time enough has passed, nothing waits and nothing is in the air."""
        for _ in range(3 + self.posted // outbox.BATCH):
            self.time_passes(60 * 24)
            self.deliver("a", True, [])
        left = {notice.state for notice in makers.told()}
        assert left <= {Fate.SENT, Fate.FAILED, Fate.IN_DOUBT, Fate.WITHDRAWN, Fate.EXPIRED}
        self.nothing_is_sent_twice_unless_a_person_said_so()


def _rendered(notice: Notice, person: Any) -> Message:
    return Message(person.email, person.name, "s", "t", "h", notice.key)


def test_no_message_is_sent_twice_or_lost(app: Flask, made: dict[str, Any]) -> None:
    kind = db.engine.dialect.name.removesuffix("ql")
    play(Office, made, kind, examples=15 if kind == "sqlite" else 3, steps=25)


@pytest.mark.proof
def test_no_message_is_sent_twice_or_lost_for_long(app: Flask, made: dict[str, Any]) -> None:
    kind = db.engine.dialect.name.removesuffix("ql")
    play(Office, made, kind, examples=400 if kind == "sqlite" else 60, steps=60)
