"""Changing to another class of the course: in one step, a seat there or nothing."""

import pytest
from flask import Flask

from courses.booking import actions as booking
from courses.desks.queries import faults
from tests import makers
from tests.makers import actor, at, before_start, booking_of, events, refused, states, the_class, told
from tests.people import COLLEAGUE, GAO, LU, NEWCOMER, OWNER, SHEN, STRANGER, Member


def change(member: Member, left: int, to: int, by: Member | None = None, seen: int | None = None) -> booking.Outcome:
    return booking.change_class(actor(by or member), booking_of(left, member).id, to, seen=seen)


@pytest.fixture
def pair(app: Flask) -> tuple[int, int]:
    """Return a full class in which SHEN sits and LU waits, and one of the same course with a free seat."""
    left, to = makers.a_class(seats=1), makers.a_class(seats=1, days=12)
    for member in (SHEN, LU):
        makers.book(member, left)
    return left, to


def test_one_has_the_new_seat_and_the_old_one_goes_to_the_next(pair: tuple[int, int]) -> None:
    left, to = pair
    outcome = change(SHEN, left, to)
    assert (outcome.state, outcome.place, outcome.id) == ("booked", None, booking_of(to, SHEN).id)
    assert states(left) == {SHEN.id: "cancelled", LU.id: "booked"}
    assert states(to) == {SHEN.id: "booked"}
    assert (the_class(left).seats_taken, the_class(left).queued, the_class(to).seats_taken) == (1, 0, 1)
    assert booking_of(left, SHEN).reason == "changed"
    assert faults() == []


def test_both_logs_say_so_and_both_calendar_entries_move(pair: tuple[int, int]) -> None:
    left, to = pair
    change(SHEN, left, to)
    [gone], [come] = events(left, "cancelled"), events(to, "booked")
    assert (gone.facts, come.facts) == ({"seated": True, "changed_to": to}, {"instead": left})
    cancelled, booked = told("cancelled", SHEN.id)[0], told("booked", SHEN.id)[-1]
    assert (cancelled.class_id, cancelled.facts["calendar"]["method"]) == (left, "CANCEL")
    assert (booked.class_id, booked.facts["calendar"]["method"]) == (to, "REQUEST")
    assert cancelled.facts["changed_to_at"] == the_class(to).starts_at.isoformat()
    assert booked.facts["instead_at"] == the_class(left).starts_at.isoformat()


def test_without_a_seat_there_nothing_changes(pair: tuple[int, int]) -> None:
    left, to = pair
    makers.book(STRANGER, to)
    before = len(told())
    with refused("no_seat_there"):
        change(SHEN, left, to)
    assert states(left) == {SHEN.id: "booked", LU.id: "queued"}
    assert states(to) == {STRANGER.id: "booked"}
    assert len(told()) == before
    assert events(left, "cancelled") == []


def test_a_seat_that_a_group_waits_for_is_no_free_seat(app: Flask) -> None:
    left, to = makers.a_class(), makers.a_class(seats=2, days=12)
    makers.book(SHEN, left)
    makers.book(STRANGER, to)
    makers.book(OWNER, to, COLLEAGUE, NEWCOMER)
    with refused("no_seat_there"):
        change(SHEN, left, to)
    assert states(left)[SHEN.id] == "booked"


def test_a_seat_that_those_before_cannot_take_is_one(app: Flask) -> None:
    to, clashing, left = makers.a_class(seats=1), makers.a_class(room=1), makers.a_class(days=12)
    for member in (LU, STRANGER):
        makers.book(member, to)
    makers.book(STRANGER, clashing)
    makers.cancel(to, LU)
    makers.book(SHEN, left)
    assert change(SHEN, left, to).state == "booked"


def test_two_full_classes_exchange_nobody(app: Flask) -> None:
    one, other = makers.a_class(seats=1), makers.a_class(seats=1, days=12)
    makers.book(SHEN, one)
    makers.book(LU, other)
    with refused("no_seat_there"):
        change(SHEN, one, other)
    with refused("no_seat_there"):
        change(LU, other, one)


def test_the_class_that_is_left_is_no_clash(app: Flask) -> None:
    left, to = makers.a_class(), makers.a_class(room=1, hour=10)  # overlapping
    makers.book(SHEN, left)
    assert change(SHEN, left, to).state == "booked"


def test_a_third_class_is_a_clash(app: Flask) -> None:
    left, to, third = makers.a_class(), makers.a_class(days=12), makers.a_class(days=12, room=1)
    makers.book(SHEN, left)
    makers.book(SHEN, third)
    with refused("person_clash"):
        change(SHEN, left, to)
    assert states(left)[SHEN.id] == "booked"


def test_one_leaves_the_queue_for_a_seat_elsewhere(pair: tuple[int, int]) -> None:
    left, to = pair
    change(LU, left, to)
    assert states(left) == {SHEN.id: "booked", LU.id: "cancelled"}
    assert the_class(left).queued == 0
    assert told("cancelled") == []  # the confirmation of the other class says so


def test_late_counts_as_late_and_cannot_be_taken_back(pair: tuple[int, int]) -> None:
    left, to = pair
    with at(before_start(left, 60)):
        change(SHEN, left, to)
        assert booking_of(left, SHEN).reason == "changed_late"
        assert len(events(left, "cancelled_late")) == 1
        with refused("not_cancellable"):
            makers.undo(left, SHEN)


def test_one_of_a_group_changes_and_the_others_stay(app: Flask) -> None:
    left, to = makers.a_class(), makers.a_class(days=12)
    makers.book(OWNER, left, SHEN, COLLEAGUE)
    change(SHEN, left, to, by=OWNER)
    assert states(left) == {SHEN.id: "cancelled", COLLEAGUE.id: "booked"}
    assert [n.facts["by"] for n in told("booked", SHEN.id) if n.class_id == to] == [OWNER.name]


def test_the_limit_of_the_other_class_holds(app: Flask) -> None:
    left, to = makers.a_class(), makers.a_class(days=12, enterprise_limit=1)
    makers.book(COLLEAGUE, to)
    makers.book(SHEN, left)
    with refused("enterprise_limit"):
        change(SHEN, left, to)


def test_what_cannot_be_chosen_is_refused_and_says_why(app: Flask) -> None:
    left, other = makers.a_class(), makers.a_class(days=12, course=2)
    makers.book(SHEN, left)
    with refused("same_class"):
        change(SHEN, left, left)
    with refused("other_course"):
        change(SHEN, left, other)
    with refused("not_found"):
        change(SHEN, left, 999)
    with refused("not_open_yet"):
        change(SHEN, left, makers.a_class(days=13, opens_at=makers.in_days(2)))
    to = makers.a_class(days=14)
    with refused("class_changed"):
        change(SHEN, left, to, seen=2)
    with at(before_start(left, -1)), refused("begun"):
        change(SHEN, left, to)
    makers.cancel(left, SHEN)
    with refused("not_changeable"):
        change(SHEN, left, to)


def test_nobody_else_changes_it(pair: tuple[int, int]) -> None:
    left, to = pair
    for member in (LU, STRANGER, COLLEAGUE):
        with refused("not_found"):
            change(SHEN, left, to, by=member)
    with refused("not_allowed"):
        change(SHEN, left, to, by=GAO)  # an officer frees seats and gives none
    assert states(left)[SHEN.id] == "booked"
