"""Processes that are killed in the middle of each step: all of an act stands, or nothing; no mail goes out twice."""

import datetime as dt
from collections import Counter
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from courses.booking import actions as booking
from courses.bulk import actions as bulk
from courses.bulk.sheet import Row
from courses.catalogue.model import Sitting
from courses.desks.queries import faults
from courses.ground import clock
from courses.ground.db import db
from courses.roster.model import Attendance
from tests import makers
from tests.concurrency import acts
from tests.mailserver import mail_server
from tests.makers import booking_of, states, the_class, told
from tests.people import CHEN, COLLEAGUE, GAO, LU, NEWCOMER, OWNER, SHEN, STRANGER
from tests.processes import alone

pytestmark = pytest.mark.concurrency

Killed = tuple[tuple[object, ...], Callable[[], bool]]
"""What is done, and the question whether it was."""


def booking_a_seat() -> Killed:
    class_id = makers.a_class()
    return (acts.book, SHEN.id, class_id), lambda: states(class_id) == {SHEN.id: "booked"}


def booking_with_a_key() -> Killed:
    class_id = makers.a_class()
    return (acts.book_with_key, SHEN.id, class_id, "k"), lambda: states(class_id) == {SHEN.id: "booked"}


def booking_for_a_group() -> Killed:
    class_id = makers.a_class(seats=2)
    group = {m.id: "queued" for m in (SHEN, COLLEAGUE, NEWCOMER)}
    makers.book(LU, class_id)
    booking.resize(makers.actor(GAO), class_id, 3)
    return (acts.book, OWNER.id, class_id, *group), lambda: states(class_id) == {LU.id: "booked"} | group


def enrolling_a_list() -> Killed:
    class_id = makers.a_class(seats=1)
    new = {"name": "钱晨", "email": "qian@test.example"}
    cells = ({"name": SHEN.name}, {"name": COLLEAGUE.name}, new)
    list_id = bulk.look(makers.actor(OWNER), class_id, [Row(number, one) for number, one in enumerate(cells, 2)])
    return (
        (acts.enrol_list, OWNER.id, list_id),
        lambda: (
            list(states(class_id).values()) == ["booked", "queued", "queued"]
            and [len(told(kind)) for kind in ("booked", "queued", "invitation", "list_enrolled")] == [1, 2, 1, 1]
        ),
    )


def cancelling() -> Killed:
    class_id = makers.a_class(seats=1)
    makers.book(LU, class_id)
    makers.book(SHEN, class_id)
    number = booking_of(class_id, LU).id
    return (acts.cancel, LU.id, number), lambda: states(class_id) == {LU.id: "cancelled", SHEN.id: "booked"}


def taking_back() -> Killed:
    class_id = makers.a_class(seats=1)
    makers.book(LU, class_id)
    makers.cancel(class_id, LU)
    return (acts.undo, LU.id, booking_of(class_id, LU).id), lambda: states(class_id) == {LU.id: "booked"}


def moving() -> Killed:
    class_id = makers.a_class(seats=1, lecturers=[CHEN.id])
    makers.book(LU, class_id)
    makers.book(SHEN, class_id)
    spans = [(makers.in_days(n), makers.in_days(n, 11)) for n in (12, 13)]
    return (
        acts.move,
        GAO.id,
        class_id,
        spans,
        3,
    ), lambda: the_class(class_id).schedule_no == 2 and len(told("moved")) == 3


def resizing() -> Killed:
    class_id = makers.a_class(seats=1)
    makers.book(LU, class_id)
    makers.book(SHEN, class_id)
    return (acts.resize, GAO.id, class_id, 2), lambda: states(class_id) == {LU.id: "booked", SHEN.id: "booked"}


def calling_off() -> Killed:
    class_id = makers.a_class(seats=1)
    makers.book(LU, class_id)
    makers.book(SHEN, class_id)
    return (
        acts.call_off,
        GAO.id,
        class_id,
    ), lambda: set(states(class_id).values()) == {"cancelled"} and len(told("called_off")) == 2


def marking() -> Killed:
    class_id = makers.a_class(seats=2)
    for member in (LU, SHEN):
        makers.book(member, class_id)
    sitting = db.session.scalar(select(Sitting.id))
    numbers = [booking_of(class_id, member).id for member in (LU, SHEN)]
    moment = makers.before_start(class_id, -10)
    return (
        (acts.mark, GAO.id, class_id, sitting, numbers, "present", moment),
        lambda: (
            len(db.session.scalars(select(Attendance)).all()) == 2
            and [booking_of(class_id, member).attended for member in (LU, SHEN)] == [True, True]
        ),
    )


def publishing() -> Killed:
    plan = makers.a_plan(lecturers=[CHEN.id])
    return (acts.publish_plan, GAO.id, plan), lambda: bool(db.session.scalars(select(Sitting)).all())


def promoting() -> Killed:
    first, second = makers.a_class(seats=1), makers.a_class(seats=1, room=1)
    makers.book(LU, first)
    makers.book(SHEN, first)
    makers.book(SHEN, second)
    makers.cancel(first, LU)
    makers.cancel(second, SHEN)
    return (acts.promote,), lambda: states(first)[SHEN.id] == "booked"


def drawing() -> Killed:
    closing = clock.now() + makers.HOUR
    class_id = makers.a_class(seats=1, draw_at=closing)
    for member in (SHEN, LU, STRANGER):
        makers.book(member, class_id)
    return (
        (acts.draw, class_id, closing + makers.HOUR),
        lambda: sorted(states(class_id).values()) == ["booked", "queued", "queued"] and len(told("not_drawn")) == 2,
    )


def reminding() -> Killed:
    class_id = makers.a_class()
    for member in (SHEN, LU, STRANGER):
        makers.book(member, class_id)
    return (acts.remind, makers.before_start(class_id, 100)), lambda: len(told("reminder")) == 3


KILLED = (
    booking_a_seat,
    booking_with_a_key,
    booking_for_a_group,
    enrolling_a_list,
    cancelling,
    taking_back,
    moving,
    resizing,
    calling_off,
    marking,
    publishing,
    promoting,
    drawing,
    reminding,
)


@pytest.mark.parametrize("prepared", KILLED, ids=lambda prepared: prepared.__name__)
def test_who_is_killed_at_any_step_leaves_all_or_nothing(app: Flask, prepared: Callable[[], Killed]) -> None:
    act, is_done = prepared()
    assert not is_done()
    outcome = alone(app, (acts.die_everywhere, *act))
    assert outcome.is_done, outcome
    deaths, step = outcome.answer
    assert deaths >= 4  # several steps, each of which left nothing
    assert step == "after the commit"  # and the first that left something left all
    db.session.rollback()
    assert is_done()
    assert faults() == []


def test_a_key_outlives_the_process_that_answered_it(app: Flask) -> None:
    class_id = makers.a_class()
    act = (acts.book_with_key, SHEN.id, class_id, "k")
    assert alone(app, (acts.die_everywhere, *act)).answer[1] == "after the commit"
    assert alone(app, act).answer == ("booked", None)
    assert the_class(class_id).seats_taken == 1


def test_a_worker_killed_at_any_step_sends_nothing_twice_and_loses_nothing(app: Flask) -> None:
    rounds = 50
    people = makers.strangers(2 * rounds)
    pairs = list(zip(people[::2], people[1::2], strict=True))
    with mail_server() as server:
        outcome = alone(app, (acts.deliver_dying, pairs), SMTP_URL=server.url)
        assert outcome.is_done, outcome
        got = server.per_person()
    *died, (_, _, whole) = outcome.answer
    assert whole == ["sent", "sent"]
    assert {"before the mail", "after the mail", "before the commit", "after the commit"} <= {s for _, s, _ in died}
    for number, step, fates in died:
        mails = [got[f"p{id_}@test.example"] for id_ in pairs[number]]
        doubts = [m for m, fate in zip(mails, fates, strict=True) if fate == "in_doubt"]
        others = [m for m, fate in zip(mails, fates, strict=True) if fate != "in_doubt"]
        assert set(fates) <= {"sent", "in_doubt"}, (step, fates)
        assert len(doubts) <= 1, (step, fates)
        assert max(mails) == 1, (step, mails)
        assert set(others) <= {1}, (step, mails)
    # What was surely not sent yet was sent by the other worker; a doubt is only where there is one.
    assert Counter(len(set(fates)) == 1 for _, _, fates in died)[True] >= 4


def test_reminders_go_on_where_a_killed_worker_stopped(app: Flask) -> None:
    classes = [makers.a_class(seats=3, room=room) for room in (1, 2, 3)]
    for class_id, member in zip(classes, (SHEN, LU, STRANGER), strict=True):
        makers.book(member, class_id)
    moment = makers.before_start(classes[0], 100)
    deaths, step = alone(app, (acts.die_everywhere, acts.remind, moment)).answer
    assert (deaths > 4, step) == (True, "after the commit")
    assert len(told("reminder")) == 1  # each class is one transaction
    assert alone(app, (acts.remind, moment)).answer == 2
    assert Counter(n.person_id for n in told("reminder")) == {SHEN.id: 1, LU.id: 1, STRANGER.id: 1}


def test_nothing_of_a_killed_booking_keeps_others_waiting(app: Flask) -> None:
    class_id = makers.a_class(seats=1)
    alone(app, (acts.die_everywhere, acts.book, SHEN.id, class_id))
    started = clock.now()
    assert makers.book(LU, class_id)[0].state == "queued"
    assert clock.now() - started < dt.timedelta(seconds=1)
