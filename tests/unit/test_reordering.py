"""Reordering a queue by hand: with a reason that its people and the story keep."""

import pytest
from flask import Flask

from courses.booking import actions as booking
from courses.booking import queries
from courses.booking.model import State
from courses.desks.queries import faults
from tests import makers
from tests.makers import actor, at, before_start, booking_of, events, refused, states, told
from tests.people import CHEN, COLLEAGUE, GAO, LU, NEWCOMER, OTHER_OFFICER, OWNER, SHEN, STRANGER, Member

WHY = "按报名先后更正"


def put(class_id: int, member: Member, place: int, by: Member = GAO, seen: int | None = None) -> None:
    booking.reorder(actor(by), booking_of(class_id, member).id, place, WHY, seen)


def queue(class_id: int) -> list[int]:
    return [row.person_id for row in queries.people_of(class_id, (State.QUEUED,))]


@pytest.fixture
def full(app: Flask) -> int:
    """A class in which LU sits; STRANGER, SHEN with COLLEAGUE, and NEWCOMER wait in this order."""
    class_id = makers.a_class(seats=2)
    makers.book(LU, class_id)
    makers.book(OWNER, class_id, OWNER)
    makers.book(STRANGER, class_id)
    makers.book(OWNER, class_id, SHEN, COLLEAGUE)
    makers.book(NEWCOMER, class_id)
    return class_id


def test_one_moves_and_the_others_keep_their_order(full: int) -> None:
    put(full, NEWCOMER, 1)
    assert queue(full) == [NEWCOMER.id, STRANGER.id, SHEN.id, COLLEAGUE.id]
    put(full, NEWCOMER, 3)
    assert queue(full) == [STRANGER.id, SHEN.id, COLLEAGUE.id, NEWCOMER.id]
    assert faults() == []


def test_a_group_moves_as_a_whole(full: int) -> None:
    put(full, COLLEAGUE, 1)
    assert queue(full) == [SHEN.id, COLLEAGUE.id, STRANGER.id, NEWCOMER.id]
    assert {n.person_id for n in told("reordered")} == {SHEN.id, COLLEAGUE.id}
    assert {e.booking_id for e in events(full, "reordered")} == {booking_of(full, m).id for m in (SHEN, COLLEAGUE)}


def test_the_seat_goes_by_the_new_order(full: int) -> None:
    put(full, NEWCOMER, 1)
    makers.cancel(full, LU)
    assert [states(full)[m.id] for m in (NEWCOMER, STRANGER)] == ["booked", "queued"]


def test_who_then_fits_gets_the_seat_at_once(app: Flask) -> None:
    class_id = makers.a_class(seats=2)
    for member in (LU, OWNER):
        makers.book(member, class_id)
    makers.book(OWNER, class_id, SHEN, COLLEAGUE)
    makers.book(STRANGER, class_id)
    makers.cancel(class_id, LU)
    put(class_id, STRANGER, 1)
    assert states(class_id)[STRANGER.id] == "booked"


def test_the_reason_is_kept_and_told_each_time(full: int) -> None:
    put(full, NEWCOMER, 2)
    put(full, NEWCOMER, 1)
    facts = [event.facts for event in events(full, "reordered")]
    assert facts == [{"before": 3, "after": 2, "reason": WHY}, {"before": 2, "after": 1, "reason": WHY}]
    assert [event.actor_id for event in events(full, "reordered")] == [GAO.id] * 2
    assert [n.facts["reason"] for n in told("reordered", NEWCOMER.id)] == [WHY] * 2
    assert booking_of(full, NEWCOMER).reason == "reordered"


def test_what_cannot_be_is_refused(full: int) -> None:
    with refused("nothing_changed"):
        put(full, NEWCOMER, 3)
    for place in (0, 4, -1):
        with refused("no_such_place", count=3):
            put(full, NEWCOMER, place)
    with refused("queue_changed", place=3):
        put(full, NEWCOMER, 1, seen=4)
    with refused("not_waiting"):
        put(full, LU, 1)
    with refused("not_found"):
        booking.reorder(actor(GAO), 9999, 1, WHY)
    with at(before_start(full, 0)), refused("begun"):
        put(full, NEWCOMER, 1)
    booking.call_off(actor(GAO), full, "台风")
    with refused("called_off"):
        put(full, NEWCOMER, 1)


def test_nobody_but_the_squadron_of_the_class(full: int) -> None:
    for member in (OTHER_OFFICER, OWNER, NEWCOMER, CHEN):
        with refused("not_allowed"):
            put(full, NEWCOMER, 1, by=member)


def test_before_the_draw_there_is_no_order(app: Flask) -> None:
    class_id = makers.a_class(seats=1, draw_at=makers.in_days(2))
    for member in (LU, SHEN):
        makers.book(member, class_id)
    with refused("awaits_draw"):
        put(class_id, SHEN, 1)
