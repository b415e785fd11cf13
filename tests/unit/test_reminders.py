"""Reminders: whom they reach, when, and when they are silent."""

import datetime as dt
from collections.abc import Iterator

import pytest
from flask import Flask

from courses.booking import actions as booking
from courses.ground import clock
from courses.ground.db import db
from courses.outbox.model import Fate
from courses.reminders import queries
from courses.reminders.actions import post_due
from tests import makers
from tests.makers import actor, at, before_start, the_class, told
from tests.people import COLLEAGUE, GAO, LU, OWNER, SHEN, STRANGER

DAY = 1440
MINUTE = dt.timedelta(minutes=1)


def remind(class_id: int, minutes: float) -> int:
    """Derive reminders as of `minutes` before the class begins."""
    with at(before_start(class_id, minutes)):
        return post_due()


def said() -> list[tuple[int, int]]:
    """Return whom was reminded, and how many minutes before."""
    return [(n.person_id, n.facts["minutes_before"]) for n in told("reminder")]


@pytest.fixture
def class_id(app: Flask) -> int:
    class_id = makers.a_class(seats=3)
    makers.book(SHEN, class_id)
    return class_id


@pytest.mark.parametrize("rule", [3 * DAY, DAY, 120])
def test_a_rule_speaks_at_its_moment(class_id: int, rule: int) -> None:
    assert remind(class_id, 3 * DAY + 1) == 0
    remind(class_id, rule + 1)
    before = len(said())
    assert remind(class_id, rule) == 1
    assert said()[before:] == [(SHEN.id, rule)]


def test_each_rule_speaks_once_in_its_turn(class_id: int) -> None:
    for minutes in range(4 * DAY, -60, -30):
        remind(class_id, minutes)
    assert said() == [(SHEN.id, 3 * DAY), (SHEN.id, DAY), (SHEN.id, 120)]


def test_deriving_twice_is_harmless(class_id: int) -> None:
    assert [remind(class_id, 100), remind(class_id, 100), remind(class_id, 99)] == [1, 0, 0]


def test_of_several_due_at_once_only_the_nearest_speaks(class_id: int) -> None:
    assert remind(class_id, 60) == 1
    assert said() == [(SHEN.id, 120)]
    assert remind(class_id, 1) == 0


def test_downtime_is_caught_up_until_the_class_begins(class_id: int) -> None:
    assert remind(class_id, 1) == 1
    assert said() == [(SHEN.id, 120)]


def test_once_it_has_begun_there_is_nothing_to_remind_of(class_id: int) -> None:
    assert remind(class_id, 0) == 0
    assert remind(class_id, -30) == 0
    assert said() == []


def test_only_those_with_a_seat_are_reminded(app: Flask) -> None:
    class_id = makers.a_class(seats=2)
    for member in (SHEN, LU, STRANGER, COLLEAGUE):
        makers.book(member, class_id)
    makers.cancel(class_id, SHEN)  # STRANGER moves up, COLLEAGUE waits
    remind(class_id, 100)
    assert sorted(person for person, _ in said()) == [LU.id, STRANGER.id]


def test_a_class_called_off_reminds_nobody(class_id: int) -> None:
    booking.call_off(actor(GAO), class_id, "台风")
    assert remind(class_id, 100) == 0


def test_who_books_after_the_moment_had_the_confirmation(class_id: int) -> None:
    with at(before_start(class_id, DAY - 60)):
        makers.book(LU, class_id)
    assert remind(class_id, DAY - 90) == 1
    assert said() == [(SHEN.id, DAY)]
    remind(class_id, 120)
    assert said()[1:] == [(SHEN.id, 120), (LU.id, 120)]


def test_who_moves_up_after_the_moment_had_the_promotion(app: Flask) -> None:
    class_id = makers.a_class(seats=1)
    makers.book(LU, class_id)
    makers.book(SHEN, class_id)
    with at(before_start(class_id, DAY - 60)):
        makers.cancel(class_id, LU)
    assert remind(class_id, DAY - 90) == 0
    assert remind(class_id, 120) == 1


def test_who_takes_a_cancellation_back_after_the_moment_had_that_told(class_id: int) -> None:
    with at(before_start(class_id, DAY - 10)):
        makers.cancel(class_id, SHEN)
        makers.undo(class_id, SHEN)
    assert remind(class_id, DAY - 20) == 0
    assert remind(class_id, 120) == 1


def test_a_rule_made_after_its_moment_is_silent(class_id: int) -> None:
    with at(before_start(class_id, 100)):
        booking.replace_reminders(actor(GAO), class_id, [DAY, 240])
    assert remind(class_id, 90) == 1  # the day-before rule stands as it was and was never heard
    assert said() == [(SHEN.id, DAY)]


def test_a_rule_made_before_its_moment_speaks(class_id: int) -> None:
    with at(before_start(class_id, 2 * DAY)):
        booking.replace_reminders(actor(GAO), class_id, [30])
    assert remind(class_id, 120) == 0
    assert remind(class_id, 30) == 1


def test_a_replaced_rule_is_silent(class_id: int) -> None:
    with at(before_start(class_id, 2 * DAY)):
        booking.replace_reminders(actor(GAO), class_id, [])
    assert remind(class_id, 1) == 0


def test_a_class_published_within_a_rules_time_is_silent(app: Flask) -> None:
    begins = clock.now() + dt.timedelta(hours=20)
    class_id = makers.a_class(sittings=[(begins, begins + makers.HOUR)])
    makers.book(SHEN, class_id)
    assert remind(class_id, 19 * 60) == 0
    assert remind(class_id, 120) == 1


# Moving


def moved(class_id: int, by: dt.timedelta) -> None:
    row = the_class(class_id)
    spans = [(row.starts_at + by, row.ends_at + by)]
    booking.move(actor(GAO), class_id, spans, 3)


def test_a_moved_class_moves_its_reminders(class_id: int) -> None:
    old = the_class(class_id).starts_at
    moved(class_id, dt.timedelta(days=2))
    for minutes in (3 * DAY, DAY, 120):
        with at(old - minutes * MINUTE):
            new_moment = minutes == DAY  # a day before the old hour is three days before the new one
            assert post_due() == new_moment
    remind(class_id, DAY)
    remind(class_id, 120)
    assert [minutes for _, minutes in said()] == [3 * DAY, DAY, 120]
    assert {n.facts["sitting_at"] for n in told("reminder")} == {the_class(class_id).starts_at.isoformat()}


def test_what_was_heard_of_the_old_hour_is_heard_again_of_the_new(class_id: int) -> None:
    remind(class_id, DAY)
    moved(class_id, dt.timedelta(days=5))
    remind(class_id, DAY)
    first, second = told("reminder")
    assert first.facts["minutes_before"] == second.facts["minutes_before"] == DAY
    assert second.facts["calendar"]["sequence"] > first.facts["calendar"]["sequence"]
    assert second.facts["calendar"]["uid"] == first.facts["calendar"]["uid"]


def test_a_move_withdraws_what_still_waits(class_id: int) -> None:
    remind(class_id, DAY)
    moved(class_id, dt.timedelta(days=5))
    [reminder] = told("reminder")
    assert reminder.state == Fate.WITHDRAWN
    assert [n.state for n in told("booked")] == [Fate.WAITING]  # only reminders: the seat is still theirs


def test_a_move_is_itself_the_telling(class_id: int) -> None:
    with at(before_start(class_id, 4 * DAY)):
        row = the_class(class_id)
        soon = clock.now() + dt.timedelta(hours=20)
        booking.move(actor(GAO), class_id, [(soon, soon + (row.ends_at - row.starts_at))], 3)
    assert remind(class_id, 19 * 60) == 0  # the day-before moment lies before the move
    assert remind(class_id, 120) == 1


def test_a_move_while_reminders_are_derived_is_not_overtaken(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second class moves after it was found due and before its turn: nobody hears of the old hour."""
    first, second = makers.a_class(room=1), makers.a_class(room=2)
    makers.book(SHEN, first)
    makers.book(LU, second)
    due = queries.moments_due

    def found_then_moved(moment: dt.datetime) -> Iterator[queries.Spoken]:
        one, other = due(moment)
        yield one
        with app.app_context():  # another process, as it were
            start = makers.in_days(14)
            booking.move(actor(GAO), second, [(start, start + makers.HOUR)], 2)
        yield other

    monkeypatch.setattr(queries, "moments_due", found_then_moved)
    assert remind(first, 100) == 1
    assert said() == [(SHEN.id, 120)]
    monkeypatch.undo()
    assert remind(second, 100) == 1
    assert told("reminder")[-1].facts["sitting_at"] == the_class(second).starts_at.isoformat()


# Several days, and the edges of the calendar


def test_each_day_of_a_class_is_reminded_of(app: Flask) -> None:
    days = [(makers.in_days(d), makers.in_days(d) + makers.HOUR) for d in (10, 12)]
    class_id = makers.a_class(sittings=days, reminders=[DAY, 120])
    makers.book(SHEN, class_id)
    for hours in range(24 * 13):
        with at(clock.now() + dt.timedelta(hours=hours)):
            post_due()
    spoken = [(n.facts["sitting_at"], n.facts["minutes_before"]) for n in told("reminder")]
    assert spoken == [(start.isoformat(), rule) for start, _ in days for rule in (DAY, 120)]


def test_two_sittings_of_one_day_are_one_reminder(app: Flask) -> None:
    halves = [(makers.in_days(10, hour), makers.in_days(10, hour + 2)) for hour in (9, 14)]
    class_id = makers.a_class(sittings=halves, reminders=[120])
    makers.book(SHEN, class_id)
    assert remind(class_id, 120) == 1
    assert remind(class_id, -180) == 0  # two hours before the afternoon: the morning was the reminder
    assert len(said()) == 1


def test_a_long_rule_reaches_a_later_day(app: Flask) -> None:
    days = [(makers.in_days(d), makers.in_days(d) + makers.HOUR) for d in (10, 20)]
    class_id = makers.a_class(sittings=days, reminders=[5 * DAY])
    makers.book(SHEN, class_id)
    with at(days[1][0] - dt.timedelta(days=5)):
        assert post_due() == 1


@pytest.mark.parametrize("hour", [0, 23])
def test_around_midnight_and_new_year_in_the_zone_of_the_city(app: Flask, hour: int) -> None:
    with at(dt.datetime(2026, 12, 20, tzinfo=dt.UTC)):
        start = clock.from_local(dt.date(2027, 1, 1), dt.time(hour))
        class_id = makers.a_class(sittings=[(start, start + 2 * makers.HOUR)], reminders=[DAY, 120])
        makers.book(SHEN, class_id)
    for minutes in (DAY, 120):
        assert remind(class_id, minutes + 1 / 60) == 0
        assert remind(class_id, minutes) == 1


def test_a_day_is_a_day_of_the_city(app: Flask) -> None:
    """Sittings at 07:00 and 09:00 in the city are on two days in UTC, and one day for those who come."""
    sittings = [(makers.in_days(10, hour), makers.in_days(10, hour) + makers.HOUR) for hour in (7, 9)]
    assert sittings[0][0].date() != sittings[1][0].date()
    class_id = makers.a_class(sittings=sittings, reminders=[60])
    makers.book(SHEN, class_id)
    assert remind(class_id, 60) == 1
    assert remind(class_id, -60) == 0


# Who cannot be reached by mail, and what the notice carries


def test_without_an_address_the_reminder_stands_on_the_page(class_id: int) -> None:
    from courses.people.model import Person

    person = db.session.get(Person, SHEN.id)
    assert person
    person.email, person.mobile = None, "+8613800138000"
    db.session.commit()
    assert remind(class_id, 120) == 1
    [reminder] = told("reminder")
    assert (reminder.channel, reminder.state) == ("page", Fate.SENT)


def test_a_reminder_expires_when_the_sitting_begins(class_id: int) -> None:
    remind(class_id, 120)
    assert told("reminder")[0].expires_at == the_class(class_id).starts_at


def test_many_classes_and_people_each_hear_their_own(app: Flask) -> None:
    classes = [makers.a_class(seats=3, room=room) for room in (1, 2, 3)]
    for class_id, member in zip(classes, (SHEN, LU, OWNER), strict=True):
        makers.book(member, class_id)
    assert remind(classes[0], 120) == 3
    assert {(n.class_id, n.person_id) for n in told("reminder")} == set(
        zip(classes, (SHEN.id, LU.id, OWNER.id), strict=True)
    )
