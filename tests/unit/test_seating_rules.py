"""Groups that say how many are enough, classes that fill gaps, seats kept for some, a limit per course and year."""

import datetime as dt
from typing import Any

import pytest
from flask import Flask

from courses.booking import actions as booking
from courses.booking.ledger import entries_of, kept_seats
from courses.catalogue.model import Course, FillRule, Share, ShareKind
from courses.desks.queries import faults
from courses.ground import clock
from courses.ground.db import db
from courses.ground.transaction import transaction
from courses.people.model import Enterprise
from tests import makers
from tests.makers import HOUR, actor, at, before_start, booking_of, events, refused, states, the_class, told
from tests.people import COLLEAGUE, GAO, LU, NEWCOMER, OWNER, SHEN, STRANGER, Member

KEY_UNITS = Share(ShareKind.KEY_UNIT, 1)


def ask(by: Member, class_id: int, *people: Member, least: int | None = None) -> list[booking.Outcome]:
    return booking.book(actor(by), class_id, [member.id for member in people], least=least)


def change(model: type[Any], id_: int, **facts: object) -> None:
    with transaction():
        row = db.session.get_one(model, id_)
        for name, fact in facts.items():
            setattr(row, name, fact)


def keeping(*shares: Share, seats: int = 3, until: float = 48, **more: object) -> int:
    begins = makers.in_days(10)
    return makers.a_class(seats, shares=shares, shares_until=begins - until * HOUR, **more)


class TestGroups:
    def test_the_first_of_the_request_sit_where_fewer_are_enough(self, app: Flask) -> None:
        class_id = makers.a_class(seats=2)
        outcomes = ask(OWNER, class_id, SHEN, COLLEAGUE, NEWCOMER, least=2)
        first = (SHEN, COLLEAGUE, NEWCOMER)
        assert [(o.person, o.state, o.place) for o in outcomes] == [
            (first[0].id, "booked", None),
            (first[1].id, "booked", None),
            (first[2].id, "queued", 1),
        ]
        assert (the_class(class_id).seats_taken, the_class(class_id).queued) == (2, 1)
        assert sorted(n.person_id for n in told("booked")) == sorted(m.id for m in first[:2])
        assert [n.person_id for n in told("queued")] == [first[2].id]
        assert told("promoted") == []
        assert faults() == []

    @pytest.mark.parametrize("order", [(SHEN, COLLEAGUE), (COLLEAGUE, SHEN)])
    def test_the_first_is_who_was_named_first(self, app: Flask, order: tuple[Member, Member]) -> None:
        class_id = makers.a_class(seats=1)
        ask(OWNER, class_id, *order, least=1)
        assert [states(class_id)[member.id] for member in order] == ["booked", "queued"]

    def test_who_is_left_of_a_group_takes_the_next_seat(self, app: Flask) -> None:
        class_id = makers.a_class(seats=2)
        ask(OWNER, class_id, SHEN, COLLEAGUE, NEWCOMER, least=2)
        makers.book(LU, class_id)
        [waiting] = [m for m in (SHEN, COLLEAGUE, NEWCOMER) if states(class_id)[m.id] == "queued"]
        booking.resize(actor(GAO), class_id, 3)
        assert states(class_id)[waiting.id] == "booked"
        assert states(class_id)[LU.id] == "queued"
        assert faults() == []

    def test_below_what_is_enough_all_wait(self, app: Flask) -> None:
        class_id = makers.a_class(seats=2)
        makers.book(LU, class_id)
        assert {o.state for o in ask(OWNER, class_id, SHEN, COLLEAGUE, NEWCOMER, least=2)} == {"queued"}
        assert the_class(class_id).seats_free == 1

    def test_a_group_larger_than_the_class_may_come_in_part(self, app: Flask) -> None:
        class_id = makers.a_class(seats=2)
        with refused("group_too_large", capacity=2, people=3):
            ask(OWNER, class_id, SHEN, COLLEAGUE, NEWCOMER)
        assert [o.state for o in ask(OWNER, class_id, SHEN, COLLEAGUE, NEWCOMER, least=1)].count("booked") == 2

    def test_who_leaves_the_queue_of_a_group_in_part_can_come_back(self, app: Flask) -> None:
        class_id = makers.a_class(seats=2)
        ask(OWNER, class_id, SHEN, COLLEAGUE, NEWCOMER, least=2)
        [waiting] = [m for m in (SHEN, COLLEAGUE, NEWCOMER) if states(class_id)[m.id] == "queued"]
        with at(clock.now() + HOUR):
            makers.cancel(class_id, waiting, by=OWNER)
            makers.undo(class_id, waiting, by=OWNER)
        assert states(class_id)[waiting.id] == "queued"
        assert the_class(class_id).queued == 1
        assert faults() == []


class TestFillRule:
    def test_a_class_that_fills_gaps_lets_those_who_fit_go_first_and_says_so(self, app: Flask) -> None:
        class_id = makers.a_class(seats=2, fill_rule=FillRule.FILL_GAPS)
        makers.book(LU, class_id)
        ask(OWNER, class_id, SHEN, COLLEAGUE)
        [outcome] = makers.book(STRANGER, class_id)
        assert outcome.state == "booked"
        assert [e.facts["why"] for e in events(class_id, "passed_over")] == ["no_room", "no_room"]
        assert booking_of(class_id, SHEN).reason == "no_room"
        makers.cancel(class_id, LU)
        makers.cancel(class_id, STRANGER)
        assert [states(class_id)[m.id] for m in (SHEN, COLLEAGUE)] == ["booked", "booked"]

    def test_nobody_is_passed_over_while_nobody_behind_gets_a_seat(self, app: Flask) -> None:
        class_id = makers.a_class(seats=2, fill_rule=FillRule.FILL_GAPS)
        makers.book(LU, class_id)
        ask(OWNER, class_id, SHEN, COLLEAGUE)
        assert events(class_id, "passed_over") == []


class TestShares:
    def test_kept_seats_go_only_to_those_they_are_kept_for(self, app: Flask) -> None:
        class_id = keeping(Share(ShareKind.KEY_UNIT, 2), seats=3)
        change(Enterprise, OWNER.enterprise or 0, is_key_unit=True)
        assert makers.book(LU, class_id)[0].state == "booked"
        [outcome] = makers.book(STRANGER, class_id)
        assert (outcome.state, outcome.place) == ("queued", 1)
        assert makers.book(SHEN, class_id)[0].state == "booked"
        assert booking_of(class_id, SHEN).share_id == kept_seats(the_class(class_id))[0].id
        assert booking_of(class_id, LU).share_id is None
        assert [e.facts["why"] for e in events(class_id, "passed_over")] == ["kept"]
        assert faults() == []

    def test_from_the_published_hour_they_are_free_for_all(self, app: Flask) -> None:
        class_id = keeping(KEY_UNITS, seats=1)
        makers.book(LU, class_id)
        assert states(class_id)[LU.id] == "queued"
        assert booking.promote_waiting() == 0
        with at(before_start(class_id, 47 * 60)):
            assert booking.promote_waiting() == 1
        assert states(class_id)[LU.id] == "booked"

    @pytest.mark.parametrize("kind", [ShareKind.TOWN, ShareKind.INDUSTRY])
    def test_a_town_and_an_industry_can_have_seats(self, app: Flask, kind: ShareKind) -> None:
        class_id = keeping(Share(kind, 1, 1), seats=1)
        if kind == ShareKind.INDUSTRY:
            change(Enterprise, STRANGER.enterprise or 0, industry_id=None)
        assert makers.book(STRANGER, class_id)[0].state == "queued"
        assert makers.book(SHEN, class_id)[0].state == "booked"

    def test_a_first_timer_never_had_a_seat_in_another_class(self, app: Flask) -> None:
        makers.book(SHEN, makers.a_class(days=20))
        class_id = keeping(Share(ShareKind.FIRST_TIMER, 1), seats=1)
        assert makers.book(SHEN, class_id)[0].state == "queued"
        assert makers.book(LU, class_id)[0].state == "booked"

    def test_a_seat_kept_for_first_timers_is_passed_on_to_none_but_such_until_its_hour(self, app: Flask) -> None:
        makers.book(COLLEAGUE, makers.a_class(days=20))
        class_id = keeping(Share(ShareKind.FIRST_TIMER, 1), seats=1)
        makers.book(SHEN, class_id)
        until = the_class(class_id).shares_until
        with refused("not_first_timer", person=(COLLEAGUE.name, ""), until=until):
            booking.name(actor(OWNER), booking_of(class_id, SHEN).id, COLLEAGUE.id)
        booking.name(actor(OWNER), booking_of(class_id, SHEN).id, NEWCOMER.id)
        assert until
        with at(until):
            booking.name(actor(OWNER), booking_of(class_id, NEWCOMER).id, COLLEAGUE.id)
        assert states(class_id)[COLLEAGUE.id] == "booked"

    def test_a_given_up_kept_seat_is_kept_again(self, app: Flask) -> None:
        class_id = keeping(KEY_UNITS, seats=1)
        change(Enterprise, OWNER.enterprise or 0, is_key_unit=True)
        makers.book(SHEN, class_id)
        makers.book(LU, class_id)
        makers.cancel(class_id, SHEN)
        assert states(class_id)[LU.id] == "queued"
        assert makers.book(COLLEAGUE, class_id)[0].state == "booked"

    def test_a_cancellation_is_not_taken_back_onto_a_seat_kept_for_others(self, app: Flask) -> None:
        class_id = keeping(KEY_UNITS, seats=2)
        makers.book(LU, class_id)
        makers.cancel(class_id, LU)
        makers.book(STRANGER, class_id)
        with refused("cannot_undo"):
            makers.undo(class_id, LU)
        makers.cancel(class_id, STRANGER)
        makers.undo(class_id, LU)
        assert states(class_id)[LU.id] == "booked"
        assert faults() == []

    def test_who_has_a_seat_elsewhere_is_told_so_at_once(self, app: Flask) -> None:
        class_id = keeping(KEY_UNITS, seats=3)
        makers.book(LU, makers.a_class(room=1))
        with refused("person_clash"):
            makers.book(LU, class_id)
        assert the_class(class_id).queued == 0

    def test_the_class_cannot_shrink_into_its_kept_seats(self, app: Flask) -> None:
        class_id = keeping(Share(ShareKind.KEY_UNIT, 2), seats=4)
        makers.book(LU, class_id)
        with refused("below_kept", taken=1, kept=2):
            booking.resize(actor(GAO), class_id, 2)
        booking.resize(actor(GAO), class_id, 3)
        assert the_class(class_id).capacity == 3

    def test_the_hour_moves_with_the_class(self, app: Flask) -> None:
        class_id = keeping(KEY_UNITS)
        before = the_class(class_id).shares_until
        assert before
        begins = makers.in_days(12)
        booking.move(actor(GAO), class_id, [(begins, begins + HOUR)], 3)
        assert the_class(class_id).shares_until == before + dt.timedelta(days=2)

    @pytest.mark.parametrize(
        ("shares", "until", "code"),
        [
            ([Share(ShareKind.KEY_UNIT, 4)], 48, "shares_too_many"),
            ([KEY_UNITS, KEY_UNITS], 48, "shares_twice"),
            ([KEY_UNITS], -1, "shares_wrong"),
            ([KEY_UNITS], 24 * 30, "shares_wrong"),
            ([Share(ShareKind.TOWN, 1, 99)], 48, "not_found"),
            ([Share(ShareKind.TOWN, 1)], 48, "not_found"),
        ],
    )
    def test_shares_that_cannot_be(self, app: Flask, shares: list[Share], until: float, code: str) -> None:
        with refused(code):
            keeping(*shares, until=until)

    def test_shares_hold_in_the_draw(self, app: Flask) -> None:
        change(Enterprise, OWNER.enterprise or 0, is_key_unit=True)
        class_id = keeping(KEY_UNITS, seats=1, draw_at=clock.now() + HOUR)
        for member in (LU, STRANGER, SHEN):
            makers.book(member, class_id)
        with at(clock.now() + 2 * HOUR):
            assert booking.draw_due() == 3
        assert states(class_id) == {SHEN.id: "booked", LU.id: "queued", STRANGER.id: "queued"}


class TestYear:
    @pytest.fixture
    def limited(self, app: Flask) -> tuple[int, int]:
        change(Course, 1, enterprise_year_limit=1)
        return makers.a_class(days=10), makers.a_class(days=11)

    def test_an_enterprise_has_no_more_seats_in_a_course_and_year(self, limited: tuple[int, int]) -> None:
        first, second = limited
        makers.book(SHEN, first)
        with refused("enterprise_year_limit", limit=1, taken=1):
            makers.book(COLLEAGUE, second)
        assert makers.book(LU, second)[0].state == "booked"

    def test_a_seat_given_up_in_one_class_lets_one_wait_in_another(self, limited: tuple[int, int]) -> None:
        first, second = limited
        booking.resize(actor(GAO), second, 1)
        makers.book(SHEN, first)
        makers.book(LU, second)
        makers.book(COLLEAGUE, second)
        makers.cancel(second, LU)
        assert booking_of(second, COLLEAGUE).reason == "year_limit"
        makers.cancel(first, SHEN)
        assert booking.promote_waiting() == 1

    def test_another_year_counts_for_itself(self, limited: tuple[int, int]) -> None:
        first, _second = limited
        years = [clock.local(the_class(id_).starts_at).year for id_ in limited]
        days = (dt.date(years[1] + 1, 3, 3) - clock.local(clock.now()).date()).days
        next_year = makers.a_class(days=days)
        makers.book(SHEN, first)
        assert makers.book(COLLEAGUE, next_year)[0].state == "booked"


def test_the_ledger_says_why_without_names(app: Flask) -> None:
    class_id = keeping(KEY_UNITS, seats=2)
    change(Enterprise, OWNER.enterprise or 0, is_key_unit=True)
    makers.book(LU, class_id)
    makers.book(STRANGER, class_id)
    makers.book(SHEN, class_id)
    lines = [(e.order, e.seats, e.state, bool(e.share_id), e.reason) for e in entries_of(class_id)]
    assert lines == [
        (1, 1, "booked", False, "asked"),
        (2, 1, "queued", False, "kept"),
        (3, 1, "booked", True, "asked"),
    ]
