"""The queue: its order, who moves up, who is passed over and why."""

import pytest
from flask import Flask

from courses.booking import actions as booking
from courses.desks.queries import faults
from tests import makers
from tests.makers import actor, at, before_start, booking_of, events, states, the_class, told
from tests.people import COLLEAGUE, GAO, LU, NEWCOMER, OWNER, SHEN, STRANGER


def test_a_cancelled_seat_goes_to_the_next_alone_and_tells_them(app: Flask) -> None:
    class_id = makers.a_class(seats=1)
    for member in (LU, SHEN, STRANGER):
        makers.book(member, class_id)
    makers.cancel(class_id, LU)
    assert states(class_id) == {LU.id: "cancelled", SHEN.id: "booked", STRANGER.id: "queued"}
    assert (the_class(class_id).seats_taken, the_class(class_id).queued) == (1, 1)
    assert booking_of(class_id, SHEN).reason == "promoted"
    assert [(n.person_id, n.facts["calendar"]["method"]) for n in told("promoted")] == [(SHEN.id, "REQUEST")]
    [event] = events(class_id, "promoted")
    assert (event.booking_id, event.actor_id, event.door) == (booking_of(class_id, SHEN).id, None, "rule")


def test_the_queue_moves_in_the_order_of_asking(app: Flask) -> None:
    class_id = makers.a_class(seats=1)
    ids = makers.strangers(5)
    makers.book(LU, class_id)
    for id_ in reversed(ids):  # not the order of their numbers
        booking.book(makers.actor_of_id(id_), class_id, [id_])
    sitting = LU.id
    for id_ in reversed(ids):
        booking.cancel(actor(GAO), makers.booking_id(class_id, sitting))
        assert states(class_id)[id_] == "booked"
        sitting = id_


def test_a_group_is_neither_split_nor_overtaken(app: Flask) -> None:
    class_id = makers.a_class(seats=2)
    makers.book(LU, class_id)
    makers.book(STRANGER, class_id)
    outcome = makers.book(OWNER, class_id, SHEN, COLLEAGUE)
    assert {(o.state, o.place) for o in outcome} == {("queued", 1)}
    assert makers.book(NEWCOMER, class_id)[0].place == 2
    makers.cancel(class_id, LU)
    waits = {SHEN.id: "queued", COLLEAGUE.id: "queued", NEWCOMER.id: "queued"}
    assert states(class_id) == {LU.id: "cancelled", STRANGER.id: "booked"} | waits
    assert the_class(class_id).seats_free == 1
    makers.cancel(class_id, STRANGER)
    assert [states(class_id)[m.id] for m in (SHEN, COLLEAGUE, NEWCOMER)] == ["booked", "booked", "queued"]
    assert faults() == []


def test_a_free_seat_that_a_group_waits_for_is_not_booked_by_another(app: Flask) -> None:
    class_id = makers.a_class(seats=2)
    makers.book(LU, class_id)
    makers.book(OWNER, class_id, SHEN, COLLEAGUE)
    [outcome] = makers.book(STRANGER, class_id)
    assert (outcome.state, outcome.place) == ("queued", 2)
    assert the_class(class_id).seats_free == 1


def test_when_one_of_a_group_leaves_the_rest_may_fit(app: Flask) -> None:
    class_id = makers.a_class(seats=2)
    makers.book(LU, class_id)
    makers.book(OWNER, class_id, SHEN, COLLEAGUE)
    assert the_class(class_id).queued == 1
    makers.cancel(class_id, COLLEAGUE)
    assert states(class_id)[SHEN.id] == "booked"
    assert the_class(class_id).queued == 0


def test_leaving_the_head_of_the_queue_lets_the_next_fit(app: Flask) -> None:
    class_id = makers.a_class(seats=3)
    makers.book(LU, class_id)
    makers.book(OWNER, class_id, SHEN, COLLEAGUE, NEWCOMER)
    makers.book(STRANGER, class_id)
    for member in (SHEN, COLLEAGUE):
        makers.cancel(class_id, member, by=OWNER)
    assert [states(class_id)[m.id] for m in (NEWCOMER, STRANGER)] == ["booked", "booked"]


@pytest.fixture
def clashing(app: Flask) -> tuple[int, int]:
    """Return a class in which SHEN waits before STRANGER, and one at the same hour in which SHEN sits."""
    full, other = makers.a_class(seats=1), makers.a_class(seats=1, room=1)
    for member in (LU, SHEN, STRANGER):
        makers.book(member, full)
    makers.book(SHEN, other)
    return full, other


def test_who_has_a_seat_at_that_hour_is_passed_over_and_keeps_the_place(clashing: tuple[int, int]) -> None:
    full, _ = clashing
    makers.cancel(full, LU)
    assert states(full) == {LU.id: "cancelled", SHEN.id: "queued", STRANGER.id: "booked"}
    [event] = events(full, "passed_over")
    assert (event.booking_id, event.facts) == (booking_of(full, SHEN).id, {"why": "clash"})
    assert booking_of(full, SHEN).reason == "clash"
    assert told("promoted", SHEN.id) == []
    assert makers.book(LU, full)[0].place == 2  # behind SHEN, who still waits


def test_being_passed_over_is_logged_once(clashing: tuple[int, int]) -> None:
    full, _ = clashing
    makers.cancel(full, LU)
    makers.cancel(full, STRANGER)
    makers.book(LU, full)
    assert states(full)[LU.id] == "booked"
    assert booking.promote_waiting() == 0
    assert len(events(full, "passed_over")) == 1


def test_once_the_other_seat_is_given_up_the_place_becomes_a_seat(clashing: tuple[int, int]) -> None:
    full, other = clashing
    makers.cancel(full, LU)
    makers.cancel(full, STRANGER)
    makers.cancel(other, SHEN)
    assert booking.promote_waiting() == 1
    assert states(full)[SHEN.id] == "booked"
    assert len(told("promoted", SHEN.id)) == 1
    assert booking.promote_waiting() == 0


def test_once_the_other_class_is_called_off_or_moved_the_place_becomes_a_seat(clashing: tuple[int, int]) -> None:
    full, other = clashing
    makers.cancel(full, LU)
    makers.cancel(full, STRANGER)
    later = [(makers.in_days(12), makers.in_days(12) + makers.HOUR)]
    booking.move(actor(GAO), other, later, 1)
    assert booking.promote_waiting() == 1
    assert states(other)[SHEN.id] == states(full)[SHEN.id] == "booked"


def test_a_group_with_one_clash_is_passed_over_whole(app: Flask) -> None:
    full, other = makers.a_class(seats=2), makers.a_class(room=1)
    makers.book(LU, full)
    makers.book(STRANGER, full)
    makers.book(OWNER, full, SHEN, COLLEAGUE)
    makers.book(NEWCOMER, full)
    makers.book(COLLEAGUE, other)
    for member in (LU, STRANGER):
        makers.cancel(full, member)
    assert [states(full)[m.id] for m in (SHEN, COLLEAGUE, NEWCOMER)] == ["queued", "queued", "booked"]
    assert len(events(full, "passed_over")) == 2
    assert faults() == []


def test_a_clashing_group_holds_no_seat_back_however_many_are_free(app: Flask) -> None:
    full, other = makers.a_class(seats=2), makers.a_class(room=1)
    makers.book(LU, full)
    makers.book(STRANGER, full)
    makers.book(OWNER, full, SHEN, COLLEAGUE)
    makers.book(NEWCOMER, full)
    makers.book(COLLEAGUE, other)
    makers.cancel(full, LU)  # one seat: too few for the two, who could not take it anyway
    assert [states(full)[m.id] for m in (SHEN, COLLEAGUE, NEWCOMER)] == ["queued", "queued", "booked"]


def test_a_group_that_the_class_has_become_too_small_for_does_not_block_the_rest(app: Flask) -> None:
    class_id = makers.a_class(seats=3)
    makers.book(LU, class_id)
    makers.book(OWNER, class_id, SHEN, COLLEAGUE, NEWCOMER)
    makers.book(STRANGER, class_id)
    booking.resize(actor(GAO), class_id, 2)
    assert states(class_id)[STRANGER.id] == "booked"
    assert {e.facts["why"] for e in events(class_id, "passed_over")} == {"too_large"}
    for member in (LU, STRANGER):
        makers.cancel(class_id, member)
    booking.resize(actor(GAO), class_id, 3)
    assert [states(class_id)[m.id] for m in (SHEN, COLLEAGUE, NEWCOMER)] == ["booked"] * 3


def test_a_newcomer_takes_the_seat_that_those_before_cannot_take(clashing: tuple[int, int]) -> None:
    full, _ = clashing
    makers.cancel(full, LU)
    makers.cancel(full, STRANGER)
    [outcome] = makers.book(NEWCOMER, full)
    assert (outcome.state, outcome.place) == ("booked", None)
    assert the_class(full).queued == 1


def test_nobody_moves_up_once_the_class_has_begun(app: Flask) -> None:
    class_id = makers.a_class(seats=1)
    makers.book(LU, class_id)
    makers.book(SHEN, class_id)
    booking.resize(actor(GAO), class_id, 2)
    assert states(class_id)[SHEN.id] == "booked"
    makers.book(STRANGER, class_id)
    with at(before_start(class_id, 1)):
        makers.cancel(class_id, LU)
    assert states(class_id)[STRANGER.id] == "booked"
    makers.book(NEWCOMER, class_id)
    with at(before_start(class_id, 0)):
        assert booking.promote_waiting() == 0
    assert states(class_id)[NEWCOMER.id] == "queued"


def test_one_who_left_is_passed_over(app: Flask) -> None:
    class_id = makers.a_class(seats=1)
    for member in (LU, SHEN, STRANGER):
        makers.book(member, class_id)
    makers.leave(SHEN)
    makers.cancel(class_id, LU)
    assert states(class_id) == {LU.id: "cancelled", SHEN.id: "queued", STRANGER.id: "booked"}
