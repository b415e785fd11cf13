"""Moving, resizing and calling off a published class."""

import datetime as dt

import pytest
from flask import Flask
from sqlalchemy import select

from courses.booking import actions as booking
from courses.catalogue import queries as catalogue
from courses.catalogue.model import ReminderRule
from courses.desks.queries import faults
from courses.ground import clock
from courses.ground.db import db
from tests import makers
from tests.makers import actor, at, before_start, events, refused, states, the_class, told
from tests.people import CHEN, GAO, LU, OTHER_OFFICER, OWNER, SHEN, STRANGER

DAY = dt.timedelta(days=1)
MINUTE = dt.timedelta(minutes=1)


def shifted(class_id: int, by: dt.timedelta) -> list[tuple[dt.datetime, dt.datetime]]:
    return [(start + by, end + by) for start, end in catalogue.spans_of(makers.the_class(class_id))]


def move(class_id: int, by: dt.timedelta = DAY, room: int = 3, seen: int | None = None) -> None:
    booking.move(actor(GAO), class_id, shifted(class_id, by), room, seen)


@pytest.mark.parametrize("by", [DAY, -DAY])
def test_a_class_moves_with_its_opening_closing_and_deadline(app: Flask, by: dt.timedelta) -> None:
    class_id = makers.a_class()
    makers.book(SHEN, class_id)
    before = the_class(class_id)
    was = (before.starts_at, before.ends_at, before.closes_at, before.cancel_until)
    move(class_id, by)
    now = the_class(class_id)
    assert (now.starts_at, now.ends_at, now.closes_at, now.cancel_until) == tuple(t + by for t in was)
    assert now.schedule_no == 2


def test_everyone_concerned_is_told_once(app: Flask) -> None:
    class_id = makers.a_class(seats=2, lecturers=[CHEN.id])
    for member in (SHEN, LU, STRANGER):
        makers.book(member, class_id)
    makers.cancel(class_id, LU)  # STRANGER moves up
    makers.book(OWNER, class_id, OWNER)
    before = catalogue.iso(catalogue.spans_of(the_class(class_id)))
    move(class_id)
    moved = told("moved")
    assert sorted(n.person_id for n in moved) == sorted([SHEN.id, STRANGER.id, OWNER.id, CHEN.id])
    assert all(n.facts["before"] == before for n in moved)
    said = {n.person_id: n.facts for n in moved}
    assert {id_ for id_, facts in said.items() if "calendar" in facts} == {SHEN.id, STRANGER.id}
    assert said[OWNER.id]["queued"]
    assert said[CHEN.id]["lecturer"]
    assert len({n.key for n in told()}) == len(told())


def test_the_calendar_entry_moves_along(app: Flask) -> None:
    class_id = makers.a_class()
    makers.book(SHEN, class_id)
    move(class_id)
    move(class_id)
    entries = [n.facts["calendar"] for n in told(person=SHEN.id)]
    assert len({entry["uid"] for entry in entries}) == 1
    assert [entry["sequence"] for entry in entries] == [1, 2, 3]
    assert {entry["method"] for entry in entries} == {"REQUEST"}


def test_the_move_is_logged_with_both_hours(app: Flask) -> None:
    class_id = makers.a_class()
    before = catalogue.iso(catalogue.spans_of(the_class(class_id)))
    move(class_id)
    [event] = events(class_id, "moved")
    assert event.actor_id == GAO.id
    assert event.facts["before"] == before
    assert event.facts["after"] == catalogue.iso(catalogue.spans_of(the_class(class_id)))


def test_another_room_is_a_move_too(app: Flask) -> None:
    class_id = makers.a_class(seats=20)
    makers.book(SHEN, class_id)
    move(class_id, dt.timedelta(0), room=2)
    assert the_class(class_id).room_id == 2
    assert told("moved")[0].facts["class_"]["room_zh"] == "20座教室"


def test_sittings_can_become_more_and_fewer(app: Flask) -> None:
    class_id = makers.a_class()
    day = makers.in_days(10)
    for count in (3, 1, 2):
        spans = [(day + n * DAY, day + n * DAY + makers.HOUR) for n in range(count)]
        booking.move(actor(GAO), class_id, spans, 3)
        assert catalogue.spans_of(the_class(class_id)) == spans
        assert the_class(class_id).sittings_count == count
        assert (the_class(class_id).starts_at, the_class(class_id).ends_at) == (spans[0][0], spans[-1][1])


def test_who_gets_a_clash_by_the_move_is_told_so_and_keeps_the_seat(app: Flask) -> None:
    first, second = makers.a_class(days=10), makers.a_class(days=11, room=1)
    makers.book(SHEN, first)
    makers.book(LU, first)
    makers.book(SHEN, second)
    move(first)
    assert {n.person_id: "clash" in n.facts for n in told("moved")} == {SHEN.id: True, LU.id: False}
    assert states(first)[SHEN.id] == "booked"


def test_the_move_promotes_who_was_passed_over_for_the_old_hour(app: Flask) -> None:
    full, other = makers.a_class(seats=1), makers.a_class(room=1)
    makers.book(LU, full)
    makers.book(SHEN, full)
    makers.book(SHEN, other)
    makers.cancel(full, LU)
    assert states(full)[SHEN.id] == "queued"
    move(full)
    assert states(full)[SHEN.id] == "booked"
    assert [n.kind for n in told(person=SHEN.id)][-2:] == ["moved", "promoted"]
    assert told("promoted")[0].facts["class_"]["sittings"] == catalogue.iso(catalogue.spans_of(the_class(full)))


def test_a_stale_form_does_not_move_the_class_again(app: Flask) -> None:
    class_id = makers.a_class()
    move(class_id, seen=1)
    with refused("class_changed"):
        move(class_id, seen=1)


def test_what_a_move_may_not_be(app: Flask) -> None:
    class_id, start = makers.a_class(), makers.in_days(12)
    who = actor(GAO)
    with refused("not_found"):
        booking.move(who, 9999, [(start, start + makers.HOUR)], 3)
    with refused("not_found"):
        booking.move(who, class_id, [(start, start + makers.HOUR)], 9999)
    with refused("not_allowed"):
        booking.move(actor(OTHER_OFFICER), class_id, [(start, start + makers.HOUR)], 3)
    with refused("nothing_changed"):
        move(class_id, dt.timedelta(0))
    with refused("no_sitting"):
        booking.move(who, class_id, [], 3)
    with refused("ends_before_start"):
        booking.move(who, class_id, [(start, start)], 3)
    with refused("sittings_overlap"):
        booking.move(
            who, class_id, [(start, start + 2 * makers.HOUR), (start + makers.HOUR, start + 3 * makers.HOUR)], 3
        )
    with refused("in_the_past"):
        booking.move(who, class_id, [(clock.now() - MINUTE, clock.now() + DAY)], 3)
    with at(before_start(class_id, 0)), refused("begun"):
        move(class_id)
    assert told("moved") == []
    assert the_class(class_id).schedule_no == 1


def test_a_move_to_a_taken_or_too_small_room_is_refused_with_the_reason(app: Flask) -> None:
    taken, class_id = makers.a_class(days=11, room=2, seats=20), makers.a_class(days=10, seats=20, room=1)
    with refused("room_clash", span=catalogue.spans_of(the_class(taken))[0]):
        move(class_id, DAY, room=2)
    booking.resize(actor(GAO), class_id, 21)
    with refused("too_many_seats", seats=20):
        move(class_id, 2 * DAY, room=2)


def test_a_lecturer_cannot_be_moved_into_another_class(app: Flask) -> None:
    makers.a_class(days=11, lecturers=[CHEN.id])
    class_id = makers.a_class(days=10, room=1, lecturers=[CHEN.id])
    with refused("lecturer_clash", lecturer=CHEN.name):
        move(class_id, DAY, room=1)


def test_moving_within_its_own_hours_is_no_clash(app: Flask) -> None:
    class_id = makers.a_class(lecturers=[CHEN.id])
    move(class_id, dt.timedelta(minutes=30))
    assert the_class(class_id).schedule_no == 2


# Seats


def test_below_the_seats_taken_is_refused_with_the_number(app: Flask) -> None:
    class_id = makers.a_class(seats=3)
    makers.book(SHEN, class_id)
    makers.book(LU, class_id)
    with refused("below_taken", taken=2):
        booking.resize(actor(GAO), class_id, 1)
    booking.resize(actor(GAO), class_id, 2)
    assert the_class(class_id).capacity == 2


def test_more_seats_go_to_the_queue_at_once(app: Flask) -> None:
    class_id = makers.a_class(seats=1)
    for member in (SHEN, LU, STRANGER, OWNER):
        makers.book(member, class_id)
    booking.resize(actor(GAO), class_id, 3)
    assert list(states(class_id).values()) == ["booked", "booked", "booked", "queued"]
    assert [n.person_id for n in told("promoted")] == [LU.id, STRANGER.id]
    [event] = events(class_id, "resized")
    assert event.facts == {"before": 1, "after": 3}


def test_what_a_resize_may_not_be(app: Flask) -> None:
    class_id = makers.a_class(seats=3, room=2)
    with refused("nothing_changed"):
        booking.resize(actor(GAO), class_id, 3)
    with refused("too_many_seats", seats=20):
        booking.resize(actor(GAO), class_id, 21)
    with refused("below_taken", taken=0):
        booking.resize(actor(GAO), class_id, 0)
    with refused("not_allowed"):
        booking.resize(actor(SHEN), class_id, 4)
    with refused("not_found"):
        booking.resize(actor(GAO), 9999, 4)
    with at(before_start(class_id, 0)), refused("begun"):
        booking.resize(actor(GAO), class_id, 4)
    assert the_class(class_id).capacity == 3


# Calling off


def test_calling_off_frees_everyone_and_tells_them_why(app: Flask) -> None:
    class_id = makers.a_class(seats=1, lecturers=[CHEN.id])
    makers.book(SHEN, class_id)
    makers.book(LU, class_id)
    booking.call_off(actor(GAO), class_id, "台风")
    assert states(class_id) == {SHEN.id: "cancelled", LU.id: "cancelled"}
    class_ = the_class(class_id)
    assert (class_.state, class_.call_off_reason, class_.seats_taken, class_.queued) == ("called_off", "台风", 0, 0)
    said = {n.person_id: n.facts for n in told("called_off")}
    assert said.keys() == {SHEN.id, LU.id, CHEN.id}
    assert {facts["reason"] for facts in said.values()} == {"台风"}
    assert said[SHEN.id]["calendar"]["method"] == "CANCEL"
    assert "calendar" not in said[LU.id]
    assert {n.state for n in told("booked") + told("queued")} == {"withdrawn"}
    assert faults() == []


def test_the_entry_that_goes_is_the_one_that_came(app: Flask) -> None:
    class_id = makers.a_class()
    makers.book(SHEN, class_id)
    booking.call_off(actor(GAO), class_id, "台风")
    came, went = [n.facts["calendar"] for n in told(person=SHEN.id)]
    assert went["uid"] == came["uid"]
    assert went["sequence"] > came["sequence"]


def test_a_room_is_free_again_after_calling_off(app: Flask) -> None:
    class_id = makers.a_class(room=1, lecturers=[CHEN.id])
    booking.call_off(actor(GAO), class_id, "台风")
    assert makers.a_class(room=1, lecturers=[CHEN.id]) > class_id


def test_a_person_is_free_again_after_calling_off(app: Flask) -> None:
    first, second = makers.a_class(), makers.a_class(room=1)
    makers.book(SHEN, first)
    booking.call_off(actor(GAO), first, "台风")
    assert makers.book(SHEN, second)[0].state == "booked"


def test_what_was_called_off_stays_so(app: Flask) -> None:
    class_id = makers.a_class()
    with refused("not_allowed"):
        booking.call_off(actor(OTHER_OFFICER), class_id, "台风")
    booking.call_off(actor(GAO), class_id, "台风")
    for act in (
        lambda: booking.call_off(actor(GAO), class_id, "台风"),
        lambda: move(class_id),
        lambda: booking.resize(actor(GAO), class_id, 5),
        lambda: booking.replace_reminders(actor(GAO), class_id, [60]),
    ):
        with refused("called_off"):
            act()


# Reminder rules


def test_rules_are_replaced_never_edited(app: Flask) -> None:
    class_id = makers.a_class(reminders=[1440, 120])
    booking.replace_reminders(actor(GAO), class_id, [1440, 60])
    rules = db.session.scalars(select(ReminderRule).where(ReminderRule.class_id == class_id).order_by(ReminderRule.id))
    assert [(r.minutes_before, r.replaced_at is None) for r in rules] == [(120, False), (1440, True), (60, True)]
    assert events(class_id, "reminders_changed")[0].facts == {"minutes": [60, 1440]}
    with refused("not_allowed"):
        booking.replace_reminders(actor(SHEN), class_id, [60])
