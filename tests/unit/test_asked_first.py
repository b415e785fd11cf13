"""Those who had asked for a course book first, until the hour that its class names."""

import pytest
from flask import Flask

from courses.booking import actions as booking
from courses.booking import standing as standings
from courses.catalogue.actions import ask_to_be_told, repeat
from courses.ground import clock
from tests import makers
from tests.makers import HOUR, actor, at, booking_of, refused, states, the_class, told
from tests.people import COLLEAGUE, GAO, LU, OWNER, SHEN, STRANGER


@pytest.fixture
def first(app: Flask) -> int:
    """A class for which SHEN had asked, and may book first for a day."""
    ask_to_be_told(actor(SHEN), 1)
    return makers.a_class(seats=1, first_until=clock.now() + 24 * HOUR)


def test_who_asked_books_and_the_others_come_back(first: int) -> None:
    with refused("asked_first", until=the_class(first).first_until):
        makers.book(LU, first)
    assert makers.book(SHEN, first)[0].state == "booked"
    with at(the_class(first).first_until or clock.now()):
        assert makers.book(LU, first)[0].state == "queued"


def test_they_are_told_until_when(first: int) -> None:
    [notice] = told("interest", SHEN.id)
    until = the_class(first).first_until
    assert until is not None
    assert notice.facts["first_until"] == until.isoformat()
    assert standings.asked_first(first, [SHEN.id, LU.id]) == {SHEN.id}


def test_where_nobody_asked_it_is_for_everyone_at_once(app: Flask) -> None:
    class_id = makers.a_class(first_until=clock.now() + 24 * HOUR)
    assert the_class(class_id).first_until is None
    assert makers.book(LU, class_id)[0].state == "booked"


def test_a_class_without_that_hour_tells_them_and_keeps_nothing(app: Flask) -> None:
    ask_to_be_told(actor(SHEN), 1)
    class_id = makers.a_class()
    assert len(told("interest", SHEN.id)) == 1
    assert standings.asked_first(class_id, [SHEN.id]) == set()
    assert makers.book(LU, class_id)[0].state == "booked"


def test_a_group_books_first_if_each_of_it_asked(first: int) -> None:
    booking.resize(actor(GAO), first, 3)
    with refused("asked_first"):
        makers.book(OWNER, first, SHEN, COLLEAGUE)


def test_nobody_holds_seats_for_whoever_it_may_be(first: int) -> None:
    with refused("asked_first"):
        booking.hold(actor(OWNER), first, 1)


def test_nobody_changes_into_it_before_their_turn(first: int) -> None:
    other = makers.a_class(days=12)
    makers.book(LU, other)
    with refused("asked_first"):
        booking.change_class(actor(LU), booking_of(other, LU).id, first)
    assert states(other)[LU.id] == "booked"


@pytest.mark.parametrize("hours", [-1, 0, 24 * 20])
def test_the_hour_lies_within_the_time_of_booking(app: Flask, hours: int) -> None:
    with refused("first_wrong"):
        makers.a_class(first_until=clock.now() + hours * HOUR)


def test_of_a_class_given_again_only_the_first_is_theirs(first: int) -> None:
    [again] = repeat(actor(GAO), first, [1])
    assert the_class(again).first_until is None
    assert makers.book(STRANGER, again)[0].state == "booked"


def test_a_class_that_moves_nearer_does_not_keep_them_beyond_its_close(app: Flask) -> None:
    ask_to_be_told(actor(SHEN), 1)
    class_id = makers.a_class(first_until=makers.in_days(8))
    booking.move(actor(GAO), class_id, [(makers.in_days(5), makers.in_days(5, 11))], 3)
    row = the_class(class_id)
    assert row.first_until == row.closes_at


def test_until_then_only_another_who_asked_is_sent_instead(first: int) -> None:
    makers.book(SHEN, first)
    number = booking_of(first, SHEN).id
    with refused("asked_first", until=the_class(first).first_until):
        booking.name(actor(OWNER), number, COLLEAGUE.id)
    with at(the_class(first).first_until or clock.now()):
        booking.name(actor(OWNER), number, COLLEAGUE.id)
    assert states(first)[COLLEAGUE.id] == "booked"
