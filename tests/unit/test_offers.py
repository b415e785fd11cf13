"""A seat that comes free is offered to the next in the queue, who says yes or no by an hour in working time."""

import datetime as dt

import pytest
from flask import Flask

from courses.booking import actions as booking
from courses.booking import ledger
from courses.booking.model import Booking
from courses.booking.offer import open_until
from courses.catalogue.actions import publish
from courses.catalogue.model import FillRule, Promotion, Share, ShareKind
from courses.catalogue.planning import later, plan_from, plan_of, settings_of, work_time
from courses.desks.queries import faults
from courses.enterprise import actions as enterprise
from courses.ground import clock
from courses.ground.db import db
from courses.ground.worktime import WorkTime
from courses.people.model import BookingRule, Enterprise
from courses.reminders.actions import post_due
from tests import makers
from tests.makers import actor, at, booking_of, events, refused, states, the_class, told
from tests.people import COLLEAGUE, GAO, LU, NEWCOMER, OTHER_OFFICER, OWNER, SHEN, STRANGER, Member
from tests.unit.test_moving import move

HOUR, MINUTE = dt.timedelta(hours=1), dt.timedelta(minutes=1)
DAY = 24 * HOUR


def a_class(seats: int = 1, days: int = 40, **plan: object) -> int:
    """A class far enough ahead that eight working hours are less than half of what is left, whatever the holidays."""
    return makers.a_class(seats=seats, days=days, promotion=Promotion.OFFER, **plan)


def offered(*waiting: Member, **plan: object) -> int:
    """A class in which a seat came free, was offered to the first of those who wait, and the others wait on."""
    class_id = a_class(**plan)
    makers.book(STRANGER, class_id)
    for member in waiting or (SHEN, LU):
        makers.book(member, class_id)
    makers.cancel(class_id, STRANGER)
    return class_id


def answer(class_id: int, yes: bool, member: Member = SHEN, by: Member | None = None) -> None:
    booking.answer(actor(by or member), booking_of(class_id, member).id, yes)


def due(class_id: int, member: Member = SHEN) -> dt.datetime:
    found = booking_of(class_id, member).due_at
    assert found is not None
    return found


# By when


WEEKDAYS = WorkTime(lambda day: day.weekday() < 5)


def local(day: int, hour: int, minute: int = 0) -> dt.datetime:
    """A moment of March 2027, whose first is a Monday; people work from 8:30 to 17:30."""
    return clock.from_local(dt.date(2027, 3, day), dt.time(hour, minute))


@pytest.mark.parametrize(
    ("made", "begins", "until"),
    [
        (local(1, 9), local(25, 9), local(1, 17)),  # eight hours of the same day
        (local(1, 14), local(25, 9), local(2, 13)),  # over the night
        (local(5, 23), local(25, 9), local(8, 16, 30)),  # made at night before a weekend: counted from Monday
        (local(1, 9), local(2, 9), local(1, 13, 30)),  # nine hours are left: half of them
        (local(1, 9), local(1, 13), local(1, 11)),  # four
        (local(1, 9), local(1, 11), local(1, 10)),  # two hours: the least
        (local(1, 9), local(1, 10, 59), None),
        (local(5, 18), local(7, 9), None),  # nobody works until then
        (local(4, 16), local(6, 9), local(5, 12, 15)),  # a class on a Saturday
    ],
)
def test_until_when_an_offer_is_open(made: dt.datetime, begins: dt.datetime, until: dt.datetime | None) -> None:
    assert open_until(WEEKDAYS, made, begins, 8) == until


def test_the_class_says_how_many_hours(app: Flask) -> None:
    assert open_until(WEEKDAYS, local(1, 9), local(25, 9), 3) == local(1, 12)
    class_id = offered(offer_hours=3)
    assert due(class_id) == work_time().after(clock.now(), 3 * HOUR).replace(second=0, microsecond=0)


# Offering


def test_a_free_seat_is_offered_and_is_taken_meanwhile(app: Flask) -> None:
    class_id = offered()
    assert states(class_id) == {STRANGER.id: "cancelled", SHEN.id: "offered", LU.id: "queued"}
    assert (the_class(class_id).seats_taken, the_class(class_id).queued) == (1, 1)
    [notice] = told("offered")
    assert (notice.person_id, notice.facts["due_at"]) == (SHEN.id, due(class_id).isoformat())
    assert notice.facts["asks"] == {"question": "offer", "number": 1}
    assert "calendar" not in notice.facts
    [event] = events(class_id, "offered")
    assert (event.door, event.facts["due_at"]) == ("rule", due(class_id).isoformat())
    assert events(class_id, "promoted") == []
    assert booking_of(class_id, SHEN).reason == "offered"
    assert faults() == []


def test_a_yes_makes_it_theirs_and_brings_the_entry_for_the_calendar(app: Flask) -> None:
    class_id = offered()
    answer(class_id, yes=True)
    taken = booking_of(class_id, SHEN)
    assert (taken.state, taken.reason, taken.due_at) == ("booked", "accepted", None)
    [notice] = told("booked", SHEN.id)
    assert (notice.facts["accepted"], notice.facts["calendar"]["method"]) == (True, "REQUEST")
    assert [e.actor_id for e in events(class_id, "accepted")] == [SHEN.id]
    with refused("not_asked"):
        answer(class_id, yes=False)
    assert faults() == []


def test_a_no_goes_to_the_next_and_is_final_but_never_late(app: Flask) -> None:
    class_id = offered()
    with at(due(class_id) - MINUTE):
        answer(class_id, yes=False)
    assert states(class_id) == {STRANGER.id: "cancelled", SHEN.id: "cancelled", LU.id: "offered"}
    assert booking_of(class_id, SHEN).reason == "declined"
    [notice] = told("cancelled", SHEN.id)
    assert notice.facts["declined"]
    assert "calendar" not in notice.facts
    assert [e.actor_id for e in events(class_id, "declined")] == [SHEN.id]
    with refused("not_cancellable"):
        makers.undo(class_id, SHEN)
    makers.book(SHEN, class_id)
    assert states(class_id)[SHEN.id] == "queued"
    assert faults() == []


def test_who_cancels_an_offer_declines_it(app: Flask) -> None:
    class_id = offered(SHEN)
    with at(the_class(class_id).starts_at - HOUR), refused("offer_over"):
        answer(class_id, yes=False)
    makers.cancel(class_id, SHEN)
    assert booking_of(class_id, SHEN).reason == "declined"
    assert [e.what for e in events(class_id)][-1] == "declined"
    assert the_class(class_id).seats_taken == 0


def test_an_offer_without_an_answer_goes_on_and_its_person_is_told(app: Flask) -> None:
    class_id = offered()
    with at(due(class_id) - MINUTE):
        assert booking.lapse_due() == 0
    with at(due(class_id)):
        assert booking.lapse_due() == 1
        assert states(class_id) == {STRANGER.id: "cancelled", SHEN.id: "cancelled", LU.id: "offered"}
        assert booking_of(class_id, SHEN).reason == "unanswered"
        assert [(n.person_id, n.facts["why"]) for n in told("lapsed")] == [(SHEN.id, "unanswered")]
        with refused("not_asked"):
            answer(class_id, yes=True)
        with refused("not_cancellable"):
            makers.undo(class_id, SHEN)
        makers.book(SHEN, class_id)
        assert states(class_id)[SHEN.id] == "queued"
        assert due(class_id, LU) > clock.now()
    assert faults() == []


def test_what_is_over_is_over_before_the_clock_has_looked(app: Flask) -> None:
    class_id = offered()
    for yes in (True, False):
        with at(due(class_id)), refused("offer_over", until=due(class_id)):
            answer(class_id, yes)
    assert states(class_id)[SHEN.id] == "offered"


def test_the_ledger_keeps_why_a_seat_went_on(app: Flask) -> None:
    class_id = offered(SHEN, LU, COLLEAGUE)
    answer(class_id, yes=False)
    with at(due(class_id, LU)):
        booking.lapse_due()
    lines = [(entry.state, entry.reason) for entry in ledger.entries_of(class_id)]
    assert lines == [("cancelled", "declined"), ("cancelled", "unanswered"), ("offered", "offered")]


def test_shortly_before_the_class_the_next_has_the_seat_at_once(app: Flask) -> None:
    class_id = a_class()
    makers.book(STRANGER, class_id)
    makers.book(SHEN, class_id)
    work = work_time()
    with at(work.before(the_class(class_id).starts_at, 2 * HOUR - MINUTE)):
        makers.cancel(class_id, STRANGER)
    assert states(class_id)[SHEN.id] == "booked"
    assert [n.person_id for n in told("promoted")] == [SHEN.id]


def test_who_asks_while_a_seat_is_free_has_it_at_once(app: Flask) -> None:
    class_id = a_class(seats=3, shares=[Share(ShareKind.KEY_UNIT, 1)], shares_until=makers.in_days(39))
    makers.book(SHEN, class_id)
    assert states(class_id) == {SHEN.id: "booked"}
    assert told("offered") == []


def test_the_lots_give_seats_and_what_comes_free_later_is_offered(app: Flask) -> None:
    class_id = a_class(draw_at=makers.in_days(2))
    for member in (SHEN, LU):
        makers.book(member, class_id)
    with at(makers.in_days(2)):
        booking.draw_due()
        [drawn] = [id_ for id_, state in states(class_id).items() if state == "booked"]
        booking.cancel(makers.actor_of_id(drawn), makers.booking_id(class_id, drawn))
    assert sorted(states(class_id).values()) == ["cancelled", "offered"]


# Groups, kept seats, more seats


def test_a_group_is_offered_as_a_whole(app: Flask) -> None:
    class_id = a_class(seats=2)
    makers.book(STRANGER, class_id)
    makers.book(LU, class_id)
    makers.book(OWNER, class_id, SHEN, COLLEAGUE)
    makers.cancel(class_id, STRANGER)
    assert told("offered") == []
    makers.cancel(class_id, LU)
    assert [n.person_id for n in told("offered")] == [SHEN.id, COLLEAGUE.id]
    assert due(class_id) == due(class_id, COLLEAGUE)
    answer(class_id, yes=True, by=OWNER)
    answer(class_id, yes=False, member=COLLEAGUE)
    assert states(class_id)[SHEN.id] == "booked"
    assert the_class(class_id).seats_taken == 1
    assert faults() == []


def test_or_at_least_so_many_of_it(app: Flask) -> None:
    class_id = offered(seats=1)
    booking.book(actor(OWNER), class_id, [COLLEAGUE.id, NEWCOMER.id], least=1)
    answer(class_id, yes=False)
    answer(class_id, yes=False, member=LU)
    assert (states(class_id)[COLLEAGUE.id], states(class_id)[NEWCOMER.id]) == ("offered", "queued")


def test_an_offer_takes_a_kept_seat_and_a_no_gives_it_to_such_as_they(app: Flask) -> None:
    with makers.transaction():
        db.session.get_one(Enterprise, 1).is_key_unit = True
    class_id = a_class(seats=2, shares=[Share(ShareKind.KEY_UNIT, 1)], shares_until=makers.in_days(39))
    for member in (SHEN, STRANGER, LU, COLLEAGUE):
        makers.book(member, class_id)
    makers.cancel(class_id, SHEN)
    assert states(class_id)[COLLEAGUE.id] == "offered"
    assert booking_of(class_id, COLLEAGUE).share_id
    makers.book(OWNER, class_id)
    answer(class_id, yes=False, member=COLLEAGUE)
    assert (states(class_id)[OWNER.id], states(class_id)[LU.id]) == ("offered", "queued")
    assert faults() == []


def test_more_seats_are_offered_in_order(app: Flask) -> None:
    class_id = offered(SHEN, LU, COLLEAGUE, NEWCOMER)
    booking.resize(actor(GAO), class_id, 3)
    assert [n.person_id for n in told("offered")] == [SHEN.id, LU.id, COLLEAGUE.id]
    with refused("below_taken", taken=3):
        booking.resize(actor(GAO), class_id, 2)


def test_gaps_are_filled_with_offers_too(app: Flask) -> None:
    class_id = a_class(seats=2, fill_rule=FillRule.FILL_GAPS)
    makers.book(STRANGER, class_id)
    makers.book(NEWCOMER, class_id)
    makers.book(OWNER, class_id, SHEN, COLLEAGUE)
    makers.book(LU, class_id)
    makers.cancel(class_id, STRANGER)
    assert states(class_id)[LU.id] == "offered"
    assert booking_of(class_id, SHEN).reason == "no_room"


# What else an offered seat meets


def test_one_who_was_offered_a_seat_has_no_other_at_that_hour(app: Flask) -> None:
    class_id = offered()
    other = makers.a_class(days=40, room=1)
    with refused("person_clash"):
        makers.book(SHEN, other)
    answer(class_id, yes=False)
    makers.book(SHEN, other)
    assert states(other)[SHEN.id] == "booked"


def test_a_cancellation_cannot_be_taken_back_once_the_seat_is_offered(app: Flask) -> None:
    class_id = offered()
    answer(class_id, yes=False)
    answer(class_id, yes=False, member=LU)
    with refused("cannot_undo"):
        makers.undo(class_id, STRANGER)


def test_where_the_enterprise_is_asked_first_it_is_after_the_yes(app: Flask) -> None:
    booking.change_booking_rule(actor(OWNER), 1, BookingRule.APPROVAL)
    class_id = offered()
    assert told("to_approve") == []
    answer(class_id, yes=True)
    assert states(class_id)[SHEN.id] == "requested"
    assert [n.person_id for n in told("to_approve")] == [OWNER.id]
    assert told("booked", SHEN.id) == []
    booking.approve(actor(OWNER), booking_of(class_id, SHEN).id)
    assert states(class_id)[SHEN.id] == "booked"


def test_the_owner_who_says_yes_has_approved(app: Flask) -> None:
    booking.change_booking_rule(actor(OWNER), 1, BookingRule.APPROVAL)
    class_id = offered()
    answer(class_id, yes=True, by=OWNER)
    assert states(class_id)[SHEN.id] == "booked"
    assert told("booked", SHEN.id)[0].facts["by"] == OWNER.name


def test_a_place_still_to_be_named_is_held_and_not_offered(app: Flask) -> None:
    class_id = a_class()
    makers.book(STRANGER, class_id)
    [place] = booking.hold(actor(OWNER), class_id, 1)
    makers.cancel(class_id, STRANGER)
    assert db.session.get_one(Booking, place.id).state == "held"
    assert told("offered") == []
    assert told("promoted", OWNER.id)


def test_an_offer_is_answered_before_a_colleague_takes_it(app: Flask) -> None:
    class_id = offered()
    with refused("answer_first"):
        booking.name(actor(OWNER), booking_of(class_id, SHEN).id, COLLEAGUE.id)
    answer(class_id, yes=True)
    booking.name(actor(OWNER), booking_of(class_id, SHEN).id, COLLEAGUE.id)
    assert states(class_id)[COLLEAGUE.id] == "booked"


def test_an_offer_passes_with_the_post(app: Flask) -> None:
    class_id = offered()
    until = due(class_id)
    enterprise.leave(actor(OWNER), SHEN.id, COLLEAGUE.id, None)
    assert (states(class_id)[COLLEAGUE.id], due(class_id, COLLEAGUE)) == ("offered", until)
    [notice] = told("taken_over")
    assert notice.facts["asks"]["question"] == "offer"
    assert not any("calendar" in n.facts for n in told() if n.kind in ("taken_over", "handed_over"))
    answer(class_id, yes=True, member=COLLEAGUE)
    assert faults() == []


def test_who_leaves_without_a_successor_frees_the_offer(app: Flask) -> None:
    class_id = offered()
    enterprise.leave(actor(OWNER), SHEN.id, None, None)
    assert (booking_of(class_id, SHEN).reason, states(class_id)[LU.id]) == ("left", "offered")


def test_a_moved_class_asks_again_and_never_for_longer(app: Flask) -> None:
    class_id = offered(days=40)
    until, number = due(class_id), told("offered")[0].facts["asks"]["number"]
    move(class_id, DAY)
    assert due(class_id) == until
    [notice] = told("moved", SHEN.id)
    assert (notice.facts["pending"], notice.facts["due_at"]) == ("offered", until.isoformat())
    assert "calendar" not in notice.facts
    with refused("not_asked"):
        booking.answer(actor(SHEN), booking_of(class_id, SHEN).id, True, "link", number)
    booking.answer(actor(SHEN), booking_of(class_id, SHEN).id, True, "link", notice.facts["asks"]["number"])
    assert states(class_id)[SHEN.id] == "booked"
    assert booking_of(class_id, SHEN).consent is None


def test_a_class_that_moves_near_shortens_what_is_left_to_answer(app: Flask) -> None:
    class_id = offered(days=40)
    work = work_time()
    soon = work.after(clock.now(), 6 * HOUR)
    booking.move(actor(GAO), class_id, [(soon, soon + HOUR)], 3)
    assert due(class_id) == work.after(clock.now(), 3 * HOUR).replace(second=0, microsecond=0)


def test_a_class_that_is_called_off_ends_its_offers(app: Flask) -> None:
    class_id = offered()
    booking.call_off(actor(GAO), class_id, "台风")
    [notice] = told("called_off", SHEN.id)
    assert "calendar" not in notice.facts
    assert booking_of(class_id, SHEN).reason == "called_off"
    with refused("called_off"):
        answer(class_id, yes=True)
    with at(due(class_id)):
        assert booking.lapse_due() == 0
    assert faults() == []


def test_an_offer_counts_for_the_seats_and_not_for_the_minimum(app: Flask) -> None:
    class_id = offered(seats=1, minimum=1)
    assert booking.confirm_reached() == 0
    booking.confirm(actor(GAO), class_id)
    assert [n.facts.get("pending") for n in told("confirmed", SHEN.id)] == [True]


def test_an_offer_moves_along_when_classes_are_joined(app: Flask) -> None:
    few, into = offered(minimum=1), makers.a_class(seats=2, days=45)
    until = due(few)
    booking.merge(actor(GAO), few, into)
    assert states(into) == {SHEN.id: "offered", LU.id: "booked"}  # that class gives its seats directly
    assert due(into) == until
    [notice] = told("merged", SHEN.id)
    assert (notice.facts["pending"], notice.facts["asks"]["question"]) == ("offered", "offer")
    answer(into, yes=True)
    assert states(into)[SHEN.id] == "booked"
    assert faults() == []


def test_changing_to_another_class_leaves_an_offer_behind(app: Flask) -> None:
    class_id, other = a_class(), a_class(seats=3, days=41, room=1)
    makers.book(STRANGER, class_id)
    makers.book(SHEN, class_id)
    booking.change_class(actor(STRANGER), booking_of(class_id, STRANGER).id, other)
    assert states(class_id)[SHEN.id] == "offered"
    with refused("not_changeable"):
        booking.change_class(actor(SHEN), booking_of(class_id, SHEN).id, other)


def test_an_offer_is_not_reminded_of_as_a_class(app: Flask) -> None:
    class_id = offered(SHEN)
    with at(makers.before_start(class_id, 60)):
        post_due()
    assert told("reminder") == []


@pytest.mark.parametrize("by", [LU, COLLEAGUE, STRANGER, OTHER_OFFICER])
def test_a_stranger_is_told_that_there_is_nothing(app: Flask, by: Member) -> None:
    class_id = offered()
    with refused("not_found"):
        answer(class_id, yes=True, by=by)


# Planning


def test_a_plan_with_offers_is_kept_wherever_it_goes(app: Flask) -> None:
    row = the_class(a_class(offer_hours=5))
    plan = plan_of(row)
    now = clock.now()
    again = plan_from(row.course_id, settings_of(plan, now), now)
    for one in (plan, later(plan, 1, now), again):
        assert (one.promotion, one.offer_hours) == (Promotion.OFFER, 5)


@pytest.mark.parametrize("hours", [0, 81])
def test_the_hours_have_their_bounds(app: Flask, hours: int) -> None:
    with refused("offer_hours_wrong"):
        publish(actor(GAO), makers.a_plan(offer_hours=hours))
