"""Holding seats for people who are named later, naming them, and sending one colleague for another."""

import datetime as dt

import pytest
from flask import Flask

from courses.booking import actions as booking
from courses.booking import standing as standings
from courses.booking.actions import NewColleague
from courses.booking.model import Booking, standby_from
from courses.desks.queries import faults
from courses.ground import clock
from courses.ground.db import db
from courses.ground.idempotency import RequestKey
from courses.people.model import Person
from courses.reminders import actions as reminders
from tests import makers
from tests.makers import actor, at, booking_of, events, refused, the_class, told
from tests.people import COLLEAGUE, GAO, LU, NEWCOMER, OWNER, SHEN, STRANGER, Member

DAY = dt.timedelta(days=1)
SECOND = dt.timedelta(seconds=1)


def hold(class_id: int, seats: int, by: Member = OWNER) -> list[int]:
    return [outcome.id for outcome in booking.hold(actor(by), class_id, seats)]


def state(booking_id: int) -> tuple[str, int | None]:
    db.session.rollback()
    found = db.session.get_one(Booking, booking_id, populate_existing=True)
    return str(found.state), found.person_id


def counters(class_id: int) -> tuple[int, int]:
    row = the_class(class_id)
    return row.seats_taken, row.queued


def test_held_seats_are_taken_and_wait_for_names_until_cancelling_costs(app: Flask) -> None:
    class_id = makers.a_class(seats=3)
    first, second = hold(class_id, 2)
    assert counters(class_id) == (2, 0)
    assert state(first) == state(second) == ("held", None)
    assert db.session.get_one(Booking, first).due_at == the_class(class_id).cancel_until
    [notice] = told("held")
    assert (notice.person_id, notice.facts["seats"], "calendar" in notice.facts) == (OWNER.id, 2, False)
    assert [event.booking_id for event in events(class_id, "held")] == [first, second]
    assert faults() == []


def test_a_class_may_set_its_own_hour_for_names(app: Flask) -> None:
    names_by = makers.in_days(5, 17)
    class_id = makers.a_class(names_by=names_by)
    [held] = hold(class_id, 1)
    assert db.session.get_one(Booking, held).due_at == names_by
    with at(names_by), refused("names_over", until=names_by):
        booking.hold(actor(OWNER), class_id, 1)


@pytest.mark.parametrize("days", [-1, 11])
def test_names_are_due_between_opening_and_the_class(app: Flask, days: int) -> None:
    with refused("names_by_wrong"):
        makers.a_class(names_by=makers.in_days(days))


def test_a_name_makes_a_seat_of_it(app: Flask) -> None:
    class_id = makers.a_class(seats=1)
    [held] = hold(class_id, 1)
    assert booking.name(actor(OWNER), held, SHEN.id) == held
    assert state(held) == ("booked", SHEN.id)
    assert (booking_of(class_id, SHEN).reason, booking_of(class_id, SHEN).due_at) == ("named", None)
    [notice] = told("booked")
    assert (notice.person_id, notice.facts["by"], notice.facts["calendar"]["method"]) == (
        SHEN.id,
        OWNER.name,
        "REQUEST",
    )
    with at(the_class(class_id).cancel_until + SECOND):
        assert booking.lapse_due() == 0
    assert counters(class_id) == (1, 0)
    assert faults() == []


def test_someone_new_is_invited_and_named_at_once(app: Flask) -> None:
    class_id = makers.a_class(seats=1)
    [held] = hold(class_id, 1)
    booking.name(actor(OWNER), held, NewColleague(name="钱晨", email="qian@test.example"))
    [invitation] = told("invitation")
    [notice] = told("booked")
    assert invitation.person_id == notice.person_id == state(held)[1]
    assert db.session.get_one(Person, notice.person_id).name == "钱晨"


def test_a_name_that_cannot_be_taken_changes_nothing(app: Flask) -> None:
    class_id = makers.a_class(seats=2)
    [held] = hold(class_id, 1)
    makers.book(COLLEAGUE, class_id)
    elsewhere = makers.a_class(room=2)
    makers.book(SHEN, elsewhere)
    for who, code in ((COLLEAGUE.id, "already_booked"), (SHEN.id, "person_clash"), (LU.id, "unknown_person")):
        with refused(code):
            booking.name(actor(OWNER), held, who)
    with refused("email_taken"):
        booking.name(actor(OWNER), held, NewColleague(name="钱晨", email=LU.email))
    assert state(held) == ("held", None)
    assert told("invitation") == []


def test_nobody_on_standby_is_named_before_others_had_the_seat(app: Flask) -> None:
    makers.a_rule_about_staying_away()
    first, _ = makers.stayed_away(SHEN, 20, 10)
    class_id = makers.a_class(seats=1, names_by=makers.in_days(10, 8))
    [held] = hold(class_id, 1)
    until = standings.on_standby([SHEN.id], clock.now())[SHEN.id]
    with refused("on_standby", person=(SHEN.name, ""), until=until):
        booking.name(actor(OWNER), held, SHEN.id)
    booking.name(actor(OWNER), held, COLLEAGUE.id)
    with refused("on_standby"):
        booking.name(actor(OWNER), held, SHEN.id)  # nor sent instead
    assert state(held) == ("booked", COLLEAGUE.id)
    booking.appeal(actor(SHEN), first, "住院")
    booking.decide(actor(GAO), first, True, "情况属实")
    booking.name(actor(OWNER), held, SHEN.id)
    assert makers.states(class_id)[SHEN.id] == "booked"


def test_a_place_in_the_queue_is_no_way_round_either(app: Flask) -> None:
    makers.a_rule_about_staying_away()
    makers.stayed_away(SHEN, 20, 10)
    class_id = makers.a_class(seats=1)
    makers.book(LU, class_id)
    [waiting] = hold(class_id, 1)
    with refused("on_standby"):
        booking.name(actor(OWNER), waiting, SHEN.id)


def test_from_the_hour_at_which_free_seats_are_for_all_they_can_be_named(app: Flask) -> None:
    makers.a_rule_about_staying_away()
    makers.stayed_away(SHEN, 20, 10)
    class_id = makers.a_class(seats=1, names_by=makers.in_days(10, 8))
    [held] = hold(class_id, 1)
    moment = standby_from(the_class(class_id))
    with at(moment - SECOND), refused("on_standby"):
        booking.name(actor(OWNER), held, SHEN.id)
    with at(moment):
        booking.name(actor(OWNER), held, SHEN.id)
    assert state(held) == ("booked", SHEN.id)


def test_who_waits_on_standby_may_send_another_on_standby(app: Flask) -> None:
    makers.a_rule_about_staying_away()
    makers.stayed_away(SHEN, 20, 10)
    makers.stayed_away(COLLEAGUE, 21, 11)
    class_id = makers.a_class(seats=1)
    makers.book(SHEN, class_id)
    booking.name(actor(OWNER), booking_of(class_id, SHEN).id, COLLEAGUE.id)
    assert makers.states(class_id)[COLLEAGUE.id] == "queued"


@pytest.mark.parametrize("member", [SHEN, LU, STRANGER, GAO], ids=lambda m: m.email)
def test_only_the_enterprise_names(app: Flask, member: Member) -> None:
    class_id = makers.a_class(seats=1)
    [held] = hold(class_id, 1)
    with refused("not_found"):
        booking.name(actor(member), held, SHEN.id)
    with refused("not_allowed"):
        booking.hold(actor(member), class_id, 1)


def test_what_has_no_name_in_time_falls_to_the_queue(app: Flask) -> None:
    class_id = makers.a_class(seats=2)
    first, second = hold(class_id, 2)
    booking.name(actor(OWNER), first, SHEN.id)
    makers.book(LU, class_id)
    with at(the_class(class_id).cancel_until):
        assert booking.lapse_due() == 1
    assert (state(first)[0], state(second)[0], makers.states(class_id)[LU.id]) == ("booked", "cancelled", "booked")
    assert [n.person_id for n in told("lapsed")] == [OWNER.id]
    assert counters(class_id) == (2, 0)
    with refused("not_nameable"):
        booking.name(actor(OWNER), second, COLLEAGUE.id)


def test_held_places_wait_together_in_the_queue_and_are_held_when_their_turn_comes(app: Flask) -> None:
    class_id = makers.a_class(seats=2)
    makers.book(LU, class_id)
    outcomes = booking.hold(actor(OWNER), class_id, 2)
    assert [(o.state, o.place, o.person) for o in outcomes] == [("queued", 1, None)] * 2
    assert counters(class_id) == (1, 1)
    makers.cancel(class_id, LU)
    assert {state(o.id) for o in outcomes} == {("held", None)}
    assert counters(class_id) == (2, 0)
    [notice] = told("promoted")
    assert (notice.person_id, notice.facts["seats"]) == (OWNER.id, 2)
    assert faults() == []


def test_a_place_in_the_queue_can_be_named_and_ends_if_it_is_not(app: Flask) -> None:
    class_id = makers.a_class(seats=1)
    makers.book(LU, class_id)
    [one] = hold(class_id, 1)
    [other] = hold(class_id, 1)
    booking.name(actor(OWNER), one, SHEN.id)
    assert state(one) == ("queued", SHEN.id)
    assert [n.person_id for n in told("queued")] == [OWNER.id, OWNER.id, SHEN.id]
    with at(the_class(class_id).cancel_until):
        assert booking.lapse_due() == 1
    assert (state(one)[0], state(other)[0]) == ("queued", "cancelled")
    assert counters(class_id) == (1, 1)
    assert faults() == []


def test_a_held_seat_is_given_back_and_the_next_moves_up(app: Flask) -> None:
    class_id = makers.a_class(seats=1)
    [held] = hold(class_id, 1)
    makers.book(LU, class_id)
    booking.cancel(actor(OWNER), held)
    assert state(held)[0] == "cancelled"
    assert makers.states(class_id)[LU.id] == "booked"
    with refused("not_cancellable"):
        booking.undo_cancel(actor(OWNER), held)


def test_the_limit_and_the_size_of_the_class_hold_for_held_seats(app: Flask) -> None:
    class_id = makers.a_class(seats=3, enterprise_limit=2)
    with refused("group_too_large"):
        booking.hold(actor(OWNER), class_id, 4)
    with refused("enterprise_limit"):
        booking.hold(actor(OWNER), class_id, 3)
    hold(class_id, 2)
    with refused("enterprise_limit"):
        makers.book(SHEN, class_id)
    with refused("nobody"):
        booking.hold(actor(OWNER), class_id, 0)


def test_the_same_request_holds_once(app: Flask) -> None:
    class_id = makers.a_class(seats=4)
    key = RequestKey(OWNER.id, "bookings.hold", "k-1", b"{}")
    first = booking.hold(actor(OWNER), class_id, 2, request_key=key)
    assert booking.hold(actor(OWNER), class_id, 2, request_key=key) == first
    assert counters(class_id) == (2, 0)


def test_held_seats_move_along_and_their_holder_is_told(app: Flask) -> None:
    class_id = makers.a_class(seats=2)
    [held] = hold(class_id, 1)
    start = makers.in_days(12)
    booking.move(actor(GAO), class_id, [(start, start + 2 * makers.HOUR)], 3)
    assert db.session.get_one(Booking, held, populate_existing=True).due_at == start - DAY
    assert [(n.person_id, n.facts["held"]) for n in told("moved") if not n.facts.get("lecturer")] == [(OWNER.id, True)]
    booking.call_off(actor(GAO), class_id, "台风")
    assert [n.person_id for n in told("called_off")] == [OWNER.id]
    assert state(held)[0] == "cancelled"


def test_seats_held_in_a_class_that_moves_so_near_can_be_named_until_it_begins(app: Flask) -> None:
    class_id = makers.a_class(seats=2)
    [held] = hold(class_id, 1)
    with at(makers.before_start(class_id, 30 * 60)):
        start = clock.now() + 12 * makers.HOUR
        booking.move(actor(GAO), class_id, [(start, start + 2 * makers.HOUR)], 3)
        [notice] = [n for n in told("moved", OWNER.id) if n.facts.get("held")]
        assert dt.datetime.fromisoformat(notice.facts["due_at"]) == the_class(class_id).starts_at
    with at(makers.before_start(class_id, 60)):
        booking.name(actor(OWNER), held, SHEN.id)
    assert state(held) == ("booked", SHEN.id)


def test_held_places_wait_before_those_on_standby_and_say_so(app: Flask) -> None:
    makers.a_rule_about_staying_away()
    makers.stayed_away(SHEN, 20, 10)
    class_id = makers.a_class(seats=1)
    makers.book(LU, class_id)
    makers.book(SHEN, class_id)
    [outcome] = booking.hold(actor(OWNER), class_id, 1)
    assert (outcome.state, outcome.place) == ("queued", 1)


def test_a_draw_gives_held_seats_too(app: Flask) -> None:
    class_id = makers.a_class(seats=2, draw_at=makers.in_days(2))
    [outcome, _] = booking.hold(actor(OWNER), class_id, 2)
    makers.book(LU, class_id)
    assert (outcome.state, outcome.entry, outcome.place) == ("queued", 1, None)
    with at(makers.in_days(2)):
        booking.draw_due()
    got = {n.kind for n in told(person=OWNER.id)} & {"drawn", "not_drawn"}
    assert len(got) == 1
    assert (state(outcome.id)[0] == "held") == (got == {"drawn"})
    assert faults() == []


# Reminding


def test_the_holder_is_reminded_three_days_and_one_day_before(app: Flask) -> None:
    class_id = makers.a_class(seats=2)
    hold(class_id, 2)
    due_at = the_class(class_id).cancel_until
    for before, so_far in ((3 * DAY + SECOND, 0), (3 * DAY, 1), (2 * DAY, 1), (DAY, 2), (DAY - SECOND, 2)):
        with at(due_at - before):
            reminders.nag_due()
        assert len(told("unnamed")) == so_far
    assert [(n.person_id, n.facts["seats"]) for n in told("unnamed")] == [(OWNER.id, 2)] * 2


def test_after_a_pause_only_the_nearest_reminder_speaks_and_only_of_what_is_left(app: Flask) -> None:
    class_id = makers.a_class(seats=2)
    first, _ = hold(class_id, 2)
    booking.name(actor(OWNER), first, SHEN.id)
    with at(the_class(class_id).cancel_until - DAY / 2):
        reminders.nag_due()
        reminders.nag_due()
    assert [n.facts["seats"] for n in told("unnamed")] == [1]
    with at(the_class(class_id).cancel_until):
        reminders.nag_due()
    assert len(told("unnamed")) == 1


def test_seats_held_at_the_last_moment_nag_nobody(app: Flask) -> None:
    class_id = makers.a_class(seats=1)
    with at(the_class(class_id).cancel_until - DAY / 2):
        hold(class_id, 1)
        reminders.nag_due()
    assert told("unnamed") == []


# Swapping


def test_a_colleague_is_sent_instead_and_seat_and_order_stay(app: Flask) -> None:
    class_id = makers.a_class(seats=1)
    makers.book(OWNER, class_id, SHEN)
    makers.book(LU, class_id)
    old = booking_of(class_id, SHEN)
    new = booking.name(actor(OWNER), old.id, COLLEAGUE.id)
    assert state(new) == ("booked", COLLEAGUE.id)
    assert db.session.get_one(Booking, new).enrolment_id == old.enrolment_id
    assert makers.states(class_id) == {SHEN.id: "cancelled", COLLEAGUE.id: "booked", LU.id: "queued"}
    assert counters(class_id) == (1, 1)
    [gone], [come] = told("handed_over"), told("taken_over")
    assert (gone.person_id, gone.facts["swapped"], gone.facts["calendar"]["method"]) == (SHEN.id, True, "CANCEL")
    assert (come.person_id, come.facts["calendar"]["method"]) == (COLLEAGUE.id, "REQUEST")
    assert faults() == []


def test_a_place_in_the_queue_is_swapped_too(app: Flask) -> None:
    class_id = makers.a_class(seats=1)
    makers.book(LU, class_id)
    makers.book(SHEN, class_id)
    makers.book(STRANGER, class_id)
    booking.name(actor(OWNER), booking_of(class_id, SHEN).id, NEWCOMER.id)
    makers.cancel(class_id, LU)
    assert makers.states(class_id)[NEWCOMER.id] == "booked"
    assert makers.states(class_id)[STRANGER.id] == "queued"


def test_swapping_ends_with_the_free_cancelling(app: Flask) -> None:
    class_id = makers.a_class(seats=1)
    makers.book(SHEN, class_id)
    with at(the_class(class_id).cancel_until + SECOND), refused("swap_over"):
        booking.name(actor(OWNER), booking_of(class_id, SHEN).id, COLLEAGUE.id)
    with at(makers.before_start(class_id, -1)), refused("begun"):
        booking.name(actor(OWNER), booking_of(class_id, SHEN).id, COLLEAGUE.id)
    assert clock.now() < the_class(class_id).cancel_until


def test_whoever_left_their_place_is_named_for_no_other(app: Flask) -> None:
    class_id = makers.a_class(seats=1)
    [held] = hold(class_id, 1)
    makers.leave(SHEN)
    with refused("unknown_person"):
        booking.name(actor(OWNER), held, SHEN.id)
