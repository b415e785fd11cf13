"""Who stays away too often waits behind all others for a while; an officer can excuse it."""

import datetime as dt

import pytest
from flask import Flask

from courses.booking import actions as booking
from courses.booking import queries
from courses.booking import standing as standings
from courses.booking.model import State, standby_until
from courses.desks.queries import faults
from courses.ground import clock
from courses.roster.model import Mark
from tests import makers
from tests.makers import actor, at, before_start, booking_of, events, refused, states, told
from tests.people import COLLEAGUE, GAO, LU, NEWCOMER, OTHER_OFFICER, OWNER, SHEN, STRANGER, Member

DAY = dt.timedelta(days=1)
THEN = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)


def standing(member: Member, moment: dt.datetime | None = None) -> dt.datetime | None:
    return standings.on_standby([member.id], moment or clock.now()).get(member.id)


@pytest.mark.parametrize(
    ("days", "limit", "until"),
    [
        ([], 2, None),
        ([0], 2, None),
        ([0], 1, 30),
        ([0, 90], 2, 120),
        ([0, 91], 2, None),
        ([90, 0], 2, 120),
        ([0, 10, 20], 3, 50),
        ([0, 10, 20], 2, 50),
        ([0, 1, 200], 2, 31),
        ([0, 10], 0, None),
    ],
)
def test_from_when_to_when(days: list[int], limit: int, until: int | None) -> None:
    found = standby_until([THEN + day * DAY for day in days], limit, 90 * DAY, 30 * DAY)
    assert found == (THEN + until * DAY if until else None)


@pytest.fixture
def rule(app: Flask) -> None:
    makers.a_rule_about_staying_away()


@pytest.fixture
def twice(rule: None) -> list[int]:
    """SHEN stayed away twice."""
    return makers.stayed_away(SHEN, 20, 10)


def test_without_a_rule_nothing_counts(app: Flask) -> None:
    makers.stayed_away(SHEN, 20, 10)
    assert standing(SHEN) is None
    assert makers.book(SHEN, makers.a_class())[0].state == "booked"


def test_twice_is_too_often_and_ends_by_itself(twice: list[int]) -> None:
    ended = standings.missed([SHEN.id])[0].at
    assert standing(SHEN) == ended + 30 * DAY
    assert standing(SHEN, ended + 31 * DAY) is None
    assert standing(LU) is None


def test_once_is_not(rule: None) -> None:
    makers.stayed_away(SHEN, 10)
    assert standing(SHEN) is None


def test_who_was_excused_or_came_did_not_stay_away(rule: None) -> None:
    first, second = makers.stayed_away(SHEN, 20, 10)
    classes = [queries.place_of(id_).class_id for id_ in (first, second)]  # type: ignore[union-attr]
    for as_ in (Mark.EXCUSED, Mark.PRESENT, None):
        makers.mark(classes[1], SHEN, as_)
        assert standing(SHEN) is None
        makers.mark(classes[1], SHEN, Mark.ABSENT)
        assert standing(SHEN)


def cancel_late(member: Member, days: float) -> None:
    class_id = makers.a_class(days=days)
    makers.book(member, class_id)
    with at(before_start(class_id, 60)):
        makers.cancel(class_id, member)


def test_late_cancellations_count_where_the_city_says_so(rule: None) -> None:
    with at(makers.in_days(-20)):
        cancel_late(SHEN, 5)
    makers.stayed_away(SHEN, 10)
    assert standing(SHEN)
    makers.a_rule_about_staying_away(late=False)
    assert standing(SHEN) is None


def test_the_seat_of_a_class_called_off_and_a_seat_cancelled_in_time_do_not_count(rule: None) -> None:
    makers.stayed_away(SHEN, 10)
    class_id = makers.a_class()
    makers.book(SHEN, class_id)
    makers.cancel(class_id, SHEN)
    other = makers.a_class(days=12)
    makers.book(SHEN, other)
    booking.call_off(actor(GAO), other, "台风")
    assert [row.is_late for row in standings.missed([SHEN.id])] == [False]


def test_one_waits_behind_all_others_though_seats_are_free(twice: list[int]) -> None:
    class_id = makers.a_class(seats=2)
    [outcome] = makers.book(SHEN, class_id)
    assert (outcome.state, outcome.place, outcome.standby) == ("queued", 1, True)
    assert makers.book(LU, class_id)[0].state == "booked"
    assert states(class_id)[SHEN.id] == "queued"
    assert makers.book(STRANGER, class_id)[0].state == "booked"
    [waiting] = makers.book(COLLEAGUE, class_id)
    assert (waiting.state, waiting.place) == ("queued", 1)
    assert queries.place_of(booking_of(class_id, SHEN).id).place == 2  # type: ignore[union-attr]
    assert [row.person_id for row in queries.people_of(class_id, (State.QUEUED,))] == [COLLEAGUE.id, SHEN.id]
    makers.cancel(class_id, LU)
    assert states(class_id)[COLLEAGUE.id] == "booked"
    assert faults() == []


def test_the_place_that_is_told_is_the_place_that_is_seen(twice: list[int]) -> None:
    class_id = makers.a_class(seats=2)
    makers.book(OWNER, class_id, COLLEAGUE, NEWCOMER)  # two bookings of one act: the ids of the two go apart

    def places(*members: Member) -> list[int | None]:
        got = [makers.book(member, class_id)[0] for member in members]
        assert all(outcome.full for outcome in got)
        assert [queries.place_of(outcome.id).place for outcome in got] == [outcome.place for outcome in got]  # type: ignore[union-attr]
        return [outcome.place for outcome in got]

    assert places(LU) == [1]
    assert places(SHEN) == [2]
    assert places(STRANGER) == [2]
    makers.cancel(class_id, SHEN)
    assert places(OWNER) == [3]


def test_who_is_seated_past_those_on_standby_is_told_once_that_there_is_a_seat(twice: list[int]) -> None:
    class_id = makers.a_class(seats=2)
    makers.book(SHEN, class_id)
    makers.book(LU, class_id)
    assert [n.kind for n in told(person=LU.id)] == ["booked"]
    [notice] = [n for n in told("queued", SHEN.id) if n.class_id == class_id]
    assert notice.facts["standby_until"]
    assert events(class_id, "queued")[0].facts == {"standby": True}


def test_a_seat_still_free_a_day_before_is_theirs(twice: list[int]) -> None:
    class_id = makers.a_class(seats=2)
    makers.book(SHEN, class_id)
    with at(before_start(class_id, 24 * 60 + 1)):
        booking.promote_waiting()
    assert states(class_id)[SHEN.id] == "queued"
    with at(before_start(class_id, 24 * 60)):
        booking.promote_waiting()
    assert states(class_id)[SHEN.id] == "booked"


def test_a_group_with_one_on_standby_waits_as_a_whole(twice: list[int]) -> None:
    class_id = makers.a_class()
    outcomes = makers.book(OWNER, class_id, SHEN, COLLEAGUE)
    assert {(o.state, o.standby) for o in outcomes} == {("queued", True)}


def test_no_lot_helps_round_it(twice: list[int]) -> None:
    class_id = makers.a_class(seats=2, draw_at=makers.in_days(2))
    for member in (SHEN, LU):
        makers.book(member, class_id)
    with at(makers.in_days(3)):
        booking.draw_due()
        assert (states(class_id)[LU.id], states(class_id)[SHEN.id]) == ("booked", "queued")
        assert faults() == []
    with at(before_start(class_id, 24 * 60)):
        booking.promote_waiting()
    assert states(class_id)[SHEN.id] == "booked"


def test_changing_needs_a_seat_that_standby_does_not_give(rule: None) -> None:
    left, to = makers.a_class(), makers.a_class(days=12)
    makers.book(SHEN, left)
    makers.stayed_away(SHEN, 20, 10)
    with refused("no_seat_there"):
        booking.change_class(actor(SHEN), booking_of(left, SHEN).id, to)
    assert states(left)[SHEN.id] == "booked"


def test_the_order_by_hand_leaves_standby_behind(twice: list[int]) -> None:
    class_id = makers.a_class(seats=1)
    for member in (LU, SHEN, STRANGER):
        makers.book(member, class_id)
    with refused("standby_last"):
        booking.reorder(actor(GAO), booking_of(class_id, SHEN).id, 1, "x")


def test_the_order_by_hand_takes_nobodys_turn_who_is_on_standby(twice: list[int]) -> None:
    class_id = makers.a_class(seats=1)
    for member in (LU, SHEN, STRANGER, COLLEAGUE):
        makers.book(member, class_id)
    booking.reorder(actor(GAO), booking_of(class_id, COLLEAGUE).id, 1, "x")
    booking.appeal(actor(SHEN), twice[1], "住院")
    booking.decide(actor(GAO), twice[1], True, "情况属实")
    booking.end_standby()
    waiting = [row.person_id for row in queries.people_of(class_id, (State.QUEUED,))]
    assert waiting == [SHEN.id, COLLEAGUE.id, STRANGER.id]
    assert faults() == []


def test_an_appeal_that_is_upheld_ends_it(twice: list[int]) -> None:
    class_id = makers.a_class(seats=2)
    makers.book(SHEN, class_id)
    booking.appeal(actor(SHEN), twice[1], "住院")
    assert standing(SHEN)  # until it is decided
    assert booking.end_standby() == 0
    booking.decide(actor(GAO), twice[1], True, "情况属实")
    assert standing(SHEN) is None
    [notice] = told("appeal_decided", SHEN.id)
    assert (notice.facts["upheld"], notice.facts["answer"]) == (True, "情况属实")
    assert booking.end_standby() == 1
    assert states(class_id)[SHEN.id] == "booked"
    assert len(events(class_id, "standby_ended")) == 1
    assert booking.end_standby() == 0


def test_an_appeal_that_is_declined_changes_nothing(twice: list[int]) -> None:
    booking.appeal(actor(SHEN), twice[1], "忘了")
    booking.decide(actor(GAO), twice[1], False, "请提前取消")
    assert standing(SHEN)
    with refused("already_decided"):
        booking.decide(actor(GAO), twice[1], True, "x")
    with refused("already_appealed"):
        booking.appeal(actor(SHEN), twice[1], "再说一次")


def test_only_oneself_appeals_and_only_the_squadron_decides(twice: list[int]) -> None:
    for member in (OWNER, LU, GAO):
        with refused("not_found"):
            booking.appeal(actor(member), twice[0], "x")
    booking.appeal(actor(SHEN), twice[0], "住院")
    for member in (OTHER_OFFICER, SHEN, OWNER):
        with refused("not_found"):
            booking.decide(actor(member), twice[0], True, "x")
    with refused("not_found"):
        booking.decide(actor(GAO), twice[1], True, "x")


def test_what_does_not_count_is_not_appealed(rule: None) -> None:
    class_id = makers.a_class()
    makers.book(SHEN, class_id)
    with refused("nothing_to_appeal"):
        booking.appeal(actor(SHEN), booking_of(class_id, SHEN).id, "x")


def test_when_the_time_is_over_they_wait_in_their_turn(twice: list[int]) -> None:
    class_id = makers.a_class(seats=1, days=40)
    makers.book(SHEN, class_id)
    makers.book(LU, class_id)
    makers.book(STRANGER, class_id)
    with at(makers.in_days(25)):
        assert booking.end_standby() == 1
    assert [row.person_id for row in queries.people_of(class_id, (State.QUEUED,))] == [SHEN.id, STRANGER.id]


def test_they_are_told_once_with_what_it_was_for(twice: list[int]) -> None:
    assert booking.tell_standby() == 1
    assert booking.tell_standby() == 0
    [notice] = told("standby")
    assert (notice.person_id, notice.booking_id, notice.facts["path"]) == (SHEN.id, twice[1], "/standing")
    assert notice.expires_at == standing(SHEN)
    assert [one["is_late"] for one in notice.facts["missed"]] == [False, False]


def test_a_roster_can_be_put_right_before_anyone_is_told(twice: list[int]) -> None:
    ended = standings.missed([SHEN.id])[0].at
    with at(ended + dt.timedelta(minutes=119)):
        assert booking.tell_standby() == 0
    with at(ended + dt.timedelta(minutes=120)):
        assert booking.tell_standby() == 1


def test_whoever_stays_away_again_is_told_of_the_new_day(twice: list[int]) -> None:
    booking.tell_standby()
    makers.stayed_away(SHEN, 5)
    assert booking.tell_standby() == 1
    first, second = told("standby", SHEN.id)
    assert (len(first.facts["missed"]), len(second.facts["missed"])) == (2, 3)
    assert first.expires_at < second.expires_at  # type: ignore[operator]


def test_late_cancellations_lead_there_too(rule: None) -> None:
    with at(makers.in_days(-20)):
        cancel_late(SHEN, 5)
    cancel_late(SHEN, 1)
    with at(makers.in_days(2)):
        assert booking.tell_standby() == 1
    assert [one["is_late"] for one in told("standby")[0].facts["missed"]] == [True, True]


def test_nobody_is_told_where_there_is_no_rule_or_no_ground(app: Flask, rule: None) -> None:
    makers.stayed_away(SHEN, 20)
    assert booking.tell_standby() == 0
    makers.stayed_away(SHEN, 10)
    makers.leave(SHEN)
    assert booking.tell_standby() == 0
    makers.stayed_away(LU, 21, 11)
    makers.a_rule_about_staying_away(limit=0)
    assert booking.tell_standby() == 0
