"""The enterprise's own say: bookings that wait for approval, who may give it, and deputies."""

import datetime as dt

import pytest
from flask import Flask

from courses.booking import actions as booking
from courses.catalogue.planning import work_time
from courses.desks.queries import faults
from courses.ground import clock
from courses.ground.transaction import transaction
from courses.people.actions import end_posts
from courses.people.model import BookingRule
from tests import makers
from tests.makers import actor, at, booking_of, events, refused, states, the_class, told
from tests.people import COLLEAGUE, GAO, LU, NEWCOMER, OWNER, SHEN, STRANGER, Member


@pytest.fixture(autouse=True)
def _asked_first(app: Flask) -> None:
    booking.change_booking_rule(actor(OWNER), 1, BookingRule.APPROVAL)


def number(class_id: int, member: Member = SHEN) -> int:
    return booking_of(class_id, member).id


def test_a_seat_is_held_until_the_owner_approves_it(app: Flask) -> None:
    class_id = makers.a_class(seats=1)
    [outcome] = makers.book(SHEN, class_id)
    assert (outcome.state, outcome.place) == ("requested", None)
    assert the_class(class_id).seats_taken == 1
    assert [n.person_id for n in told("requested")] == [SHEN.id]
    assert [(n.person_id, n.facts["who"]) for n in told("to_approve")] == [(OWNER.id, SHEN.name)]
    assert "calendar" not in told("requested")[0].facts
    booking.approve(actor(OWNER), outcome.id)
    approved = booking_of(class_id, SHEN)
    assert (approved.state, approved.reason, approved.due_at) == ("booked", "approved", None)
    [notice] = told("booked")
    assert (notice.facts["approved_by"], notice.facts["calendar"]["method"]) == (OWNER.name, "REQUEST")
    assert [e.what for e in events(class_id) if e.booking_id] == ["requested", "approved"]
    assert faults() == []


def test_what_is_declined_goes_to_the_next_in_the_queue(app: Flask) -> None:
    class_id = makers.a_class(seats=1)
    makers.book(SHEN, class_id)
    makers.book(LU, class_id)
    booking.disapprove(actor(OWNER), number(class_id))
    assert states(class_id) == {SHEN.id: "cancelled", LU.id: "booked"}
    [notice] = told("cancelled")
    assert (notice.person_id, notice.facts["not_approved"], "calendar" in notice.facts) == (SHEN.id, True, False)
    with refused("not_cancellable"):
        makers.undo(class_id, SHEN)
    for act in (booking.approve, booking.disapprove):
        with refused("already_decided"):
            act(actor(OWNER), number(class_id))


def test_it_is_due_within_two_working_days_and_before_cancelling_is_late(app: Flask) -> None:
    work = work_time()
    far, near = makers.a_class(days=20), makers.a_class(days=21, room=2)
    makers.book(SHEN, far)
    assert abs(booking_of(far, SHEN).due_at - work.after(clock.now(), 2 * work.day)) < dt.timedelta(minutes=5)  # type: ignore[operator]
    with at(work.before(the_class(near).cancel_until, 3 * makers.HOUR)):
        makers.book(SHEN, near)
    assert booking_of(near, SHEN).due_at == the_class(near).cancel_until


def test_nobody_is_to_approve_within_a_minute(app: Flask) -> None:
    class_id = makers.a_class(days=20)
    with at(the_class(class_id).cancel_until - dt.timedelta(minutes=1)):
        makers.book(SHEN, class_id)
    due_at = booking_of(class_id, SHEN).due_at
    assert due_at
    assert the_class(class_id).cancel_until < due_at <= the_class(class_id).starts_at


def test_booked_on_the_last_day_it_is_due_before_the_class_begins(app: Flask) -> None:
    class_id = makers.a_class()
    with at(makers.before_start(class_id, 60)):
        makers.book(SHEN, class_id)
        assert clock.now() < booking_of(class_id, SHEN).due_at <= the_class(class_id).starts_at  # type: ignore[operator]


def test_without_an_answer_it_lapses_and_both_are_told(app: Flask) -> None:
    class_id = makers.a_class(seats=1)
    makers.book(SHEN, class_id)
    due_at = booking_of(class_id, SHEN).due_at
    assert due_at
    with at(due_at):
        with refused("already_decided"):  # also before the clock comes by
            booking.approve(actor(OWNER), number(class_id))
        assert booking.lapse_due() == 1
    assert (states(class_id)[SHEN.id], booking_of(class_id, SHEN).reason) == ("cancelled", "unapproved")
    assert [n.person_id for n in told("lapsed")] == [SHEN.id, OWNER.id]


def test_who_moves_up_is_approved_then(app: Flask) -> None:
    class_id = makers.a_class(seats=1)
    makers.book(LU, class_id)
    makers.book(SHEN, class_id)
    assert told("to_approve") == []
    makers.cancel(class_id, LU)
    assert states(class_id)[SHEN.id] == "requested"
    assert booking_of(class_id, SHEN).due_at
    assert [n.person_id for n in told("to_approve")] == [OWNER.id]
    assert told("promoted") == []
    booking.approve(actor(OWNER), number(class_id))
    assert states(class_id)[SHEN.id] == "booked"


def test_what_the_owner_books_asks_nobody(app: Flask) -> None:
    class_id = makers.a_class(seats=3)
    makers.book(OWNER, class_id, SHEN, COLLEAGUE)
    makers.book(OWNER, class_id)
    assert set(states(class_id).values()) == {"booked"}


def test_people_of_other_enterprises_book_freely(app: Flask) -> None:
    class_id = makers.a_class()
    assert makers.book(LU, class_id)[0].state == "booked"


def test_a_rule_taken_back_leaves_what_waits_to_be_decided(app: Flask) -> None:
    class_id = makers.a_class(seats=2)
    makers.book(SHEN, class_id)
    booking.change_booking_rule(actor(OWNER), 1, BookingRule.FREE)
    makers.book(COLLEAGUE, class_id)
    assert states(class_id) == {SHEN.id: "requested", COLLEAGUE.id: "booked"}


def test_one_may_withdraw_a_request_and_take_that_back(app: Flask) -> None:
    class_id = makers.a_class(seats=1)
    makers.book(SHEN, class_id)
    makers.cancel(class_id, SHEN)
    assert (the_class(class_id).seats_taken, booking_of(class_id, SHEN).reason) == (0, "asked")
    makers.undo(class_id, SHEN)
    assert (states(class_id)[SHEN.id], the_class(class_id).seats_taken) == ("requested", 1)
    assert booking_of(class_id, SHEN).due_at
    assert faults() == []


@pytest.mark.parametrize("member", [SHEN, COLLEAGUE, LU, STRANGER, GAO], ids=lambda m: m.email)
def test_nobody_else_decides(app: Flask, member: Member) -> None:
    class_id = makers.a_class(seats=1)
    makers.book(SHEN, class_id)
    for act in (booking.approve, booking.disapprove):
        with refused("not_found"):
            act(actor(member), number(class_id))
    with refused("not_found"):
        booking.change_booking_rule(actor(member), 1, BookingRule.FREE)
    with refused("not_found"):
        booking.set_deputy(actor(member), SHEN.id, True)
    assert states(class_id)[SHEN.id] == "requested"


# Deputies


def test_a_deputy_books_approves_and_names_until_it_is_taken_back(app: Flask) -> None:
    class_id = makers.a_class(seats=5)
    booking.set_deputy(actor(OWNER), COLLEAGUE.id, True)
    makers.book(SHEN, class_id)
    assert [n.person_id for n in told("to_approve")] == [OWNER.id, COLLEAGUE.id]
    booking.approve(actor(COLLEAGUE), number(class_id))
    makers.book(COLLEAGUE, class_id)
    [held] = booking.hold(actor(COLLEAGUE), class_id, 1)
    booking.name(actor(COLLEAGUE), held.id, NEWCOMER.id)
    assert states(class_id) == {SHEN.id: "booked", COLLEAGUE.id: "booked", NEWCOMER.id: "booked"}
    booking.set_deputy(actor(OWNER), COLLEAGUE.id, False)
    with refused("not_allowed"):
        booking.hold(actor(COLLEAGUE), class_id, 1)
    with refused("not_found"):
        booking.cancel(actor(COLLEAGUE), number(class_id))


def test_a_deputy_names_no_other_and_ends_with_the_post(app: Flask) -> None:
    booking.set_deputy(actor(OWNER), COLLEAGUE.id, True)
    with refused("not_found"):
        booking.set_deputy(actor(COLLEAGUE), SHEN.id, True)
    for who in (LU.id, GAO.id, 999):
        with refused("not_found"):
            booking.set_deputy(actor(OWNER), who, True)
    assert actor(COLLEAGUE).answers_for_enterprise
    with transaction():
        end_posts(COLLEAGUE.id, 1, OWNER.id)
    assert not actor(COLLEAGUE).answers_for_enterprise
