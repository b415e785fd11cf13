"""A class that takes place only if enough people book: confirmed by itself, decided in time, or joined with another."""

import datetime as dt

import pytest
from flask import Flask
from sqlalchemy import select

from courses.booking import actions as booking
from courses.booking import queries
from courses.booking.model import Booking, Consent
from courses.catalogue import queries as catalogue
from courses.catalogue.actions import publish
from courses.catalogue.model import Course, Share, ShareKind
from courses.catalogue.planning import work_time
from courses.desks.queries import faults
from courses.ground.db import db
from courses.people.model import BookingRule, Enterprise
from tests import makers
from tests.makers import a_class, a_plan, actor, at, book, booking_of, events, refused, states, the_class, told
from tests.people import CHEN, COLLEAGUE, GAO, LU, NEWCOMER, OTHER_OFFICER, OWNER, SHEN, STRANGER

HOUR = dt.timedelta(hours=1)
NO = dt.timedelta()
NEVER = dt.datetime.max.replace(tzinfo=dt.UTC)


def a_tentative_class(minimum: int = 2, seats: int = 3, **plan: object) -> int:
    return a_class(seats=seats, minimum=minimum, **plan)


# Confirming


def test_it_confirms_itself_once_enough_are_booked_and_tells_them_once(app: Flask) -> None:
    class_id = a_tentative_class(lecturers=[CHEN.id])
    book(SHEN, class_id)
    assert booking.confirm_reached() == 0
    assert the_class(class_id).is_tentative
    book(LU, class_id)
    assert booking.confirm_reached() == 1
    assert booking.confirm_reached() == 0
    assert not the_class(class_id).is_tentative
    assert sorted(n.person_id for n in told("confirmed")) == sorted([SHEN.id, LU.id, CHEN.id])
    assert all(n.facts["enough"] for n in told("confirmed"))
    [event] = events(class_id, "confirmed")
    assert (event.actor_id, event.door) == (None, "rule")
    makers.cancel(class_id, SHEN)
    assert not the_class(class_id).is_tentative  # what was promised stays promised


def test_what_a_notice_says_of_a_tentative_class(app: Flask) -> None:
    class_id = a_tentative_class()
    book(SHEN, class_id)
    said = told("booked")[0].facts["class_"]
    assert (said["minimum"], said["decide_by"]) == (2, the_class(class_id).decide_by.isoformat())  # type: ignore[union-attr]
    booking.confirm(actor(GAO), class_id)
    assert "minimum" not in told("confirmed")[0].facts["class_"]


def test_the_officer_confirms_however_few_they_are(app: Flask) -> None:
    class_id = a_tentative_class()
    book(SHEN, class_id)
    for by, code in ((OTHER_OFFICER, "not_allowed"), (SHEN, "not_allowed")):
        with refused(code):
            booking.confirm(actor(by), class_id)
    booking.confirm(actor(GAO), class_id)
    assert [(n.person_id, n.facts["enough"]) for n in told("confirmed")] == [(SHEN.id, False)]
    with refused("not_tentative"):
        booking.confirm(actor(GAO), class_id)
    with refused("not_tentative"):
        booking.confirm(actor(GAO), a_class(room=1))
    with refused("not_found"):
        booking.confirm(actor(GAO), 9999)


def test_a_class_that_is_off_or_begun_is_not_confirmed(app: Flask) -> None:
    class_id = a_tentative_class(minimum=1)
    book(SHEN, class_id)
    with at(the_class(class_id).starts_at):
        assert booking.confirm_reached() == 0
        with refused("begun"):
            booking.confirm(actor(GAO), class_id)
    booking.call_off(actor(GAO), class_id, "人太少")
    assert booking.confirm_reached() == 0
    with refused("called_off"):
        booking.confirm(actor(GAO), class_id)


# Asking the officers


def test_the_officers_are_asked_three_days_and_one_day_before_and_on_the_day(app: Flask) -> None:
    class_id = a_tentative_class(days=40)
    book(SHEN, class_id)
    row, time = the_class(class_id), work_time()
    assert row.decide_by is not None
    for days, overdue in ((3, False), (1, False), (0, True)):
        moment = time.before(row.decide_by, days * time.day) if days else row.decide_by
        before = len(told("decide"))
        with at(moment - dt.timedelta(seconds=1)):
            assert booking.ask_to_decide() == 0
        for later in (NO, HOUR):
            with at(moment + later):
                booking.ask_to_decide()
        asked = told("decide")[before:]
        assert [(n.person_id, n.facts["booked"], n.facts["overdue"]) for n in asked] == [(GAO.id, 1, overdue)]


def test_after_a_standstill_only_the_latest_moment_speaks(app: Flask) -> None:
    class_id = a_tentative_class(days=40)
    with at(the_class(class_id).decide_by or NEVER):
        assert booking.ask_to_decide() == 1
        assert booking.ask_to_decide() == 0


def test_a_moment_before_the_class_was_published_is_silent(app: Flask) -> None:
    time = work_time()
    begins = makers.in_days(40)
    decide_by = begins - 24 * HOUR
    with at(time.before(decide_by, 2 * time.day)):
        class_id = publish(
            actor(GAO), a_plan(days=40, sittings=[(begins, begins + HOUR)], minimum=2, decide_by=decide_by)
        )
        assert booking.ask_to_decide() == 0
    assert the_class(class_id).is_tentative
    with at(time.before(decide_by, time.day)):
        assert booking.ask_to_decide() == 1


@pytest.mark.parametrize("end", ["confirm", "call_off"])
def test_what_was_asked_and_still_waits_is_taken_back_by_the_decision(app: Flask, end: str) -> None:
    class_id = a_tentative_class(days=40)
    with at(the_class(class_id).decide_by or NEVER):
        booking.ask_to_decide()
        if end == "confirm":
            booking.confirm(actor(GAO), class_id)
        else:
            booking.call_off(actor(GAO), class_id, "人太少")
        assert [n.state for n in told("decide")] == ["withdrawn"]
        assert booking.ask_to_decide() == 0


def test_a_moved_class_is_decided_later_too(app: Flask) -> None:
    class_id = a_tentative_class(days=40)
    before = the_class(class_id)
    was, spans = before.decide_by, catalogue.spans_of(before)
    booking.move(actor(GAO), class_id, [(start + 24 * HOUR, end + 24 * HOUR) for start, end in spans], 3)
    assert was is not None
    assert the_class(class_id).decide_by == was + 24 * HOUR


# What may be planned


def test_a_minimum_has_its_rules(app: Flask) -> None:
    with refused("minimum_wrong", seats=3):
        a_tentative_class(minimum=4)
    begins = makers.in_days(10)
    for decide_by in (begins + HOUR, makers.in_days(-1)):
        with refused("decide_by_wrong"):
            a_tentative_class(decide_by=decide_by)
    class_id = a_tentative_class(minimum=3)
    with refused("below_minimum", minimum=3):
        booking.resize(actor(GAO), class_id, 2)


# Joining two classes


def two_classes(seats: int = 3, **other: object) -> tuple[int, int]:
    return a_tentative_class(minimum=3), a_class(seats=seats, days=12, **other)


def test_everyone_moves_and_is_told_once(app: Flask) -> None:
    few, into = two_classes(lecturers=[CHEN.id])
    book(SHEN, few)
    book(OWNER, few, COLLEAGUE, NEWCOMER)
    book(LU, few)  # waits
    before = makers.the_class(few).schedule_no
    booking.merge(actor(GAO), few, into)
    assert set(states(few).values()) == {"cancelled"}
    assert {booking_of(few, SHEN).reason} == {"merged"}
    assert states(into) == {SHEN.id: "booked", COLLEAGUE.id: "booked", NEWCOMER.id: "booked", LU.id: "queued"}
    row, left = the_class(into), the_class(few)
    assert (row.seats_taken, row.queued) == (3, 1)
    assert (left.state, left.merged_into, left.seats_taken, left.queued) == ("called_off", into, 0, 0)
    merged = {n.person_id: n for n in told("merged")}
    assert merged.keys() == {SHEN.id, COLLEAGUE.id, NEWCOMER.id, LU.id}
    assert len(told("merged")) == 4
    said = merged[SHEN.id].facts
    assert said["calendar"]["uid"] == f"booking-{booking_of(into, SHEN).id}"
    assert said["gone"]["uid"] == f"booking-{booking_of(few, SHEN).id}"
    assert said["gone"]["sequence"] > before
    assert said["asks"]["question"] == "new_time"
    assert booking_of(into, SHEN).consent == Consent.ASKED
    assert "asks" not in merged[LU.id].facts
    assert booking_of(into, LU).consent is None
    assert faults() == []


def test_a_group_stays_a_group_and_the_order_stays(app: Flask) -> None:
    few, into = a_tentative_class(minimum=1, seats=1), a_class(seats=1, days=12)
    book(SHEN, few)
    book(OWNER, few, OWNER)
    book(LU, few)
    booking.merge(actor(GAO), few, into)
    waiting = queries.people_of(into, ("queued",))  # type: ignore[arg-type]
    assert [one.person_id for one in waiting] == [OWNER.id, LU.id]


def test_who_waits_moves_up_where_there_is_room(app: Flask) -> None:
    few, into = a_tentative_class(minimum=1, seats=1), a_class(seats=3, days=12)
    book(SHEN, few)
    book(LU, few)
    booking.merge(actor(GAO), few, into)
    assert states(into) == {SHEN.id: "booked", LU.id: "booked"}


def test_who_is_in_both_keeps_the_place_there(app: Flask) -> None:
    few, into = two_classes(seats=1)
    book(SHEN, few)
    book(SHEN, into)
    booking.merge(actor(GAO), few, into)
    assert states(into) == {SHEN.id: "booked"}
    assert the_class(into).seats_taken == 1
    [notice] = told("merged")
    assert (notice.facts["already"], notice.facts["calendar"]["method"]) == (True, "CANCEL")


def test_classes_at_the_same_hour_can_be_joined(app: Flask) -> None:
    few, into = a_tentative_class(minimum=2), a_class(seats=3, room=1)
    book(SHEN, few)
    booking.merge(actor(GAO), few, into)
    assert states(into) == {SHEN.id: "booked"}


def test_too_few_seats_moves_nobody(app: Flask) -> None:
    few, into = two_classes(seats=2)
    for member in (SHEN, LU):
        book(member, few)
    book(STRANGER, into)
    with refused("merge_too_large", people=2, free=1):
        booking.merge(actor(GAO), few, into)
    assert set(states(few).values()) == {"booked"}
    assert the_class(few).state == "published"
    assert told("merged") == []


def test_a_clash_moves_nobody(app: Flask) -> None:
    few, into = two_classes()
    book(SHEN, few)
    book(SHEN, a_class(days=12, room=1, course=2))
    with refused("merge_clash", person=(SHEN.name, "")):
        booking.merge(actor(GAO), few, into)
    assert states(few) == {SHEN.id: "booked"}


def test_the_share_of_an_enterprise_holds(app: Flask) -> None:
    few, into = two_classes(enterprise_limit=1)
    book(OWNER, few, SHEN, COLLEAGUE)
    with refused("merge_limit", limit=1):
        booking.merge(actor(GAO), few, into)


def test_kept_seats_go_only_to_those_for_whom_they_are_kept(app: Flask) -> None:
    few, into = a_tentative_class(minimum=3), a_kept_class(seats=2, kept=1)
    for member in (SHEN, STRANGER):
        book(member, few)
    with refused("merge_kept", people=2, free=1, kept=1):
        booking.merge(actor(GAO), few, into)
    assert set(states(few).values()) == {"booked"}
    with makers.transaction():
        db.session.get_one(Enterprise, 3).is_key_unit = True
    booking.merge(actor(GAO), few, into)
    assert states(into) == {SHEN.id: "booked", STRANGER.id: "booked"}
    assert (booking_of(into, STRANGER).share_id, booking_of(into, SHEN).share_id) == (1, None)
    assert faults() == []


def a_kept_class(seats: int, kept: int) -> int:
    return a_class(seats=seats, days=12, shares=[Share(ShareKind.KEY_UNIT, kept)], shares_until=makers.in_days(11))


def test_held_places_stay_held_until_the_other_class_wants_their_names(app: Flask) -> None:
    few, into = a_tentative_class(seats=2), a_class(seats=2, days=12)
    booking.hold(actor(OWNER), few, 2)
    booking.hold(actor(OWNER), few, 1)  # waits
    booking.merge(actor(GAO), few, into)
    there = db.session.scalars(select(Booking).where(Booking.class_id == into).order_by(Booking.id)).all()
    assert [(b.state, b.person_id) for b in there] == [("held", None), ("held", None), ("queued", None)]
    until = the_class(into).names_until
    assert {b.due_at for b in there} == {until}
    said = [n.facts for n in told("merged", OWNER.id)]
    assert [(f["seats"], f.get("held"), f.get("queued")) for f in said] == [(2, True, None), (1, None, True)]
    assert {f["due_at"] for f in said} == {until.isoformat()}


def test_a_seat_that_waits_for_approval_goes_on_waiting_and_both_are_told(app: Flask) -> None:
    few, into = two_classes()
    booking.change_booking_rule(actor(OWNER), 1, BookingRule.APPROVAL)
    book(SHEN, few)
    due_at = booking_of(few, SHEN).due_at
    booking.merge(actor(GAO), few, into)
    moved = booking_of(into, SHEN)
    assert (moved.state, moved.due_at, moved.consent) == ("requested", due_at, None)
    [notice] = told("merged", SHEN.id)
    assert notice.facts["pending"] == "requested"
    assert "calendar" not in notice.facts
    assert [n.booking_id for n in told("to_approve", OWNER.id)] == [booking_of(few, SHEN).id, moved.id]
    booking.approve(actor(OWNER), moved.id)
    assert states(into) == {SHEN.id: "booked"}


def test_whoever_comes_with_a_seat_waits_there_no_longer(app: Flask) -> None:
    few, into = a_tentative_class(minimum=1, seats=1), a_class(seats=2, days=12)
    book(SHEN, few)
    book(STRANGER, into)
    book(LU, into)
    book(OWNER, into, SHEN, COLLEAGUE)
    booking.resize(actor(GAO), into, 3)
    assert the_class(into).queued == 1
    booking.merge(actor(GAO), few, into)
    assert states(into) == {STRANGER.id: "booked", LU.id: "booked", SHEN.id: "booked", COLLEAGUE.id: "queued"}
    row = the_class(into)
    assert (row.seats_taken, row.queued) == (3, 1)
    assert [n.facts["calendar"]["method"] for n in told("merged", SHEN.id)] == ["REQUEST"]
    assert faults() == []


def test_the_limit_of_a_year_holds(app: Flask) -> None:
    few, into = two_classes()
    book(OWNER, few, SHEN, COLLEAGUE)
    with makers.transaction():
        db.session.get_one(Course, 1).enterprise_year_limit = 1
    with refused("merge_year_limit", limit=1):
        booking.merge(actor(GAO), few, into)


def test_what_cannot_be_joined(app: Flask) -> None:
    few, into = two_classes()
    for wrong in (few, a_class(room=1, course=2), a_class(days=13, draw_at=makers.in_days(12))):
        with refused("merge_wrong"):
            booking.merge(actor(GAO), few, wrong)
    with refused("not_found"):
        booking.merge(actor(GAO), few, 9999)
    with refused("not_allowed"):
        booking.merge(actor(OTHER_OFFICER), few, into)
    with refused("not_allowed"):
        booking.merge(actor(GAO), few, publish(actor(OTHER_OFFICER), a_plan(days=14, room=3)))
    booking.call_off(actor(GAO), into, "台风")
    with refused("called_off"):
        booking.merge(actor(GAO), few, into)


def test_the_lecturer_is_told_that_the_class_is_no_more(app: Flask) -> None:
    few, into = a_tentative_class(minimum=3, lecturers=[CHEN.id]), a_class(days=12)
    booking.merge(actor(GAO), few, into)
    [notice] = told("merged")
    assert (notice.person_id, notice.facts["lecturer"]) == (CHEN.id, True)
