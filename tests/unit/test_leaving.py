"""Leaving an enterprise, and succeeding: what passes, what is given up, what stays, and who is told."""

import datetime as dt

import pytest
from flask import Flask
from sqlalchemy import select

from courses.booking import actions as booking
from courses.desks.queries import faults
from courses.enterprise import actions, queries
from courses.ground import clock
from courses.ground.db import db
from courses.people.model import PastPost, Post
from courses.people.rights import Right, may
from courses.roster.actions import mark
from courses.roster.model import Mark
from courses.roster.queries import hours_of, sittings_of
from tests import makers
from tests.makers import actor, booking_of, refused, states, the_class, told
from tests.people import ASSOCIATION, CHEN, COLLEAGUE, GAO, LU, NEWCOMER, OTHER_OFFICER, OWNER, SHEN, STRANGER


def leave(who: int = SHEN.id, heir: int | None = COLLEAGUE.id, seen: list[int] | None = None) -> None:
    actions.leave(actor(OWNER), who, heir, seen)


def posts_of(person_id: int) -> list[tuple[str, int | None]]:
    db.session.rollback()
    rows = db.session.execute(select(Post.role, Post.enterprise_id).where(Post.person_id == person_id))
    return [(str(role), place) for role, place in rows]


def test_a_seat_passes_to_the_successor_and_no_counter_moves(app: Flask) -> None:
    class_id = makers.a_class(seats=2)
    makers.book(SHEN, class_id)
    leave()
    assert states(class_id) == {SHEN.id: "cancelled", COLLEAGUE.id: "booked"}
    assert the_class(class_id).seats_taken == 1
    assert booking_of(class_id, SHEN).reason == "handed_over"
    assert booking_of(class_id, COLLEAGUE).enrolment_id == booking_of(class_id, SHEN).enrolment_id
    assert [(n.kind, n.person_id) for n in told()][1:] == [
        ("handed_over", SHEN.id),
        ("taken_over", COLLEAGUE.id),
        ("left", SHEN.id),
        ("succeeded", COLLEAGUE.id),
    ]
    methods = [n.facts["calendar"]["method"] for n in told() if n.kind in ("handed_over", "taken_over")]
    assert methods == ["CANCEL", "REQUEST"]
    assert faults() == []


def test_a_place_in_the_queue_passes_and_keeps_its_order(app: Flask) -> None:
    class_id = makers.a_class(seats=1)
    for member in (LU, SHEN, STRANGER):
        makers.book(member, class_id)
    leave()
    assert the_class(class_id).queued == 2
    makers.cancel(class_id, LU)
    assert states(class_id)[COLLEAGUE.id] == "booked"
    assert states(class_id)[STRANGER.id] == "queued"
    assert faults() == []


def test_one_of_a_group_is_succeeded_within_the_group(app: Flask) -> None:
    class_id = makers.a_class(seats=3)
    makers.book(OWNER, class_id, SHEN, NEWCOMER)
    leave()
    assert states(class_id) == {SHEN.id: "cancelled", NEWCOMER.id: "booked", COLLEAGUE.id: "booked"}
    assert the_class(class_id).seats_taken == 2
    assert faults() == []


def test_without_a_successor_the_seat_goes_to_the_queue(app: Flask) -> None:
    class_id = makers.a_class(seats=1)
    makers.book(SHEN, class_id)
    makers.book(LU, class_id)
    leave(heir=None)
    assert states(class_id) == {SHEN.id: "cancelled", LU.id: "booked"}
    assert told("cancelled", SHEN.id)[0].facts["left"] is True
    assert the_class(class_id).queued == 0
    assert faults() == []


def test_a_clash_of_the_successor_keeps_that_one_back_and_is_named_before(app: Flask) -> None:
    one, other = makers.a_class(seats=2), makers.a_class(seats=2, days=11)
    meanwhile = makers.a_class(seats=2, room=1)
    for class_id in (one, other):
        makers.book(SHEN, class_id)
    makers.book(COLLEAGUE, meanwhile)
    first, second = queries.plan(SHEN.id, COLLEAGUE.id, clock.now())
    assert not first.passes
    assert first.hindrance is not None
    assert first.hindrance.course is not None
    assert second.passes
    leave(seen=[second.place.booking_id])
    assert states(one) == {SHEN.id: "cancelled"}
    assert states(other) == {SHEN.id: "cancelled", COLLEAGUE.id: "booked"}
    assert faults() == []


def test_a_place_in_the_queue_passes_whatever_the_hour(app: Flask) -> None:
    full, meanwhile = makers.a_class(seats=1), makers.a_class(seats=2, room=1)
    makers.book(LU, full)
    makers.book(SHEN, full)
    makers.book(COLLEAGUE, meanwhile)
    leave()
    assert states(full)[COLLEAGUE.id] == "queued"
    assert faults() == []


def test_a_successor_who_is_in_the_class_takes_no_second_place(app: Flask) -> None:
    class_id = makers.a_class(seats=2)
    makers.book(SHEN, class_id)
    makers.book(COLLEAGUE, class_id)
    makers.book(LU, class_id)
    leave()
    assert states(class_id) == {SHEN.id: "cancelled", COLLEAGUE.id: "booked", LU.id: "booked"}
    assert faults() == []


def test_what_is_given_up_does_not_seat_the_successor_twice_at_one_hour(app: Flask) -> None:
    """The successor waits for a class whose seat comes free, at the hour of a seat that passes to them."""
    seat, wanted = makers.a_class(seats=1), makers.a_class(seats=2, room=1)
    makers.book(SHEN, seat)
    makers.book(LU, wanted)
    makers.book(STRANGER, wanted)
    makers.book(COLLEAGUE, wanted)
    leave()
    makers.cancel(wanted, LU)
    assert states(seat)[COLLEAGUE.id] == "booked"
    assert states(wanted)[COLLEAGUE.id] == "queued"
    assert faults() == []


def test_the_post_ends_and_its_history_is_kept(app: Flask) -> None:
    leave()
    assert posts_of(SHEN.id) == []
    assert posts_of(COLLEAGUE.id) == [("manager", 1)]
    [past] = db.session.scalars(select(PastPost))
    assert (past.person_id, past.role, past.enterprise_id, past.successor_id) == (SHEN.id, "manager", 1, COLLEAGUE.id)
    assert past.ended_by == OWNER.id
    [former] = queries.formers(1)
    assert (former.name, former.heir) == (SHEN.name, COLLEAGUE.name)


def test_the_successor_of_an_owner_becomes_owner(app: Flask) -> None:
    leave(OWNER.id, SHEN.id)
    assert sorted(posts_of(SHEN.id)) == [("manager", 1), ("owner", 1)]
    assert may(actor(SHEN), Right.CHANGE_PEOPLE, enterprise_id=1)


def test_who_left_still_reads_what_is_theirs_and_books_no_more(app: Flask) -> None:
    held = makers.a_class(seats=2, days=1, lecturers=[CHEN.id])
    makers.book(SHEN, held)
    with makers.at(the_class(held).starts_at + dt.timedelta(hours=1)):
        [sitting] = sittings_of(held)
        mark(actor(CHEN), held, sitting.id, [booking_of(held, SHEN).id], Mark.PRESENT)
        earned = hours_of(SHEN.id)
        assert earned
        leave()
        assert hours_of(SHEN.id) == earned
        assert states(held) == {SHEN.id: "booked"}  # begun: it stays with who sat there
        former = actor(SHEN)
        assert may(former, Right.USE_ACCOUNT)
        assert may(former, Right.READ_BOOKING, person_id=SHEN.id)
        assert not may(former, Right.BOOK, person_id=SHEN.id)
        assert not may(former, Right.READ_ENTERPRISE)
    assert faults() == []


def test_what_was_handed_over_or_given_up_is_not_taken_back(app: Flask) -> None:
    passed, given_up = makers.a_class(seats=2), makers.a_class(seats=2, days=11)
    makers.book(SHEN, passed)
    makers.book(SHEN, given_up)
    makers.book(COLLEAGUE, given_up)
    leave()
    for class_id in (passed, given_up):
        with refused("not_cancellable"):
            booking.undo_cancel(actor(SHEN), booking_of(class_id, SHEN).id)


def test_a_cancellation_from_before_is_not_taken_back_without_a_post(app: Flask) -> None:
    class_id = makers.a_class(seats=2)
    makers.book(SHEN, class_id)
    makers.cancel(class_id, SHEN)
    leave()
    with refused("post_ended"):
        makers.undo(class_id, SHEN)


def test_what_changed_since_it_was_shown_is_shown_again(app: Flask) -> None:
    class_id = makers.a_class(seats=2)
    makers.book(SHEN, class_id)
    shown = [booking_of(class_id, SHEN).id]
    makers.book(COLLEAGUE, class_id)
    with refused("plan_changed"):
        leave(seen=shown)
    assert posts_of(SHEN.id) == [("manager", 1)]
    assert states(class_id)[SHEN.id] == "booked"


@pytest.mark.parametrize("heir", [SHEN.id, LU.id, GAO.id, 999])
def test_a_successor_is_someone_else_of_the_same_enterprise(app: Flask, heir: int) -> None:
    with refused("no_successor"):
        leave(heir=heir)
    assert posts_of(SHEN.id) == [("manager", 1)]


@pytest.mark.parametrize("who", [SHEN, LU, STRANGER, OTHER_OFFICER, ASSOCIATION])
def test_strangers_and_colleagues_end_no_post(app: Flask, who: object) -> None:
    with refused("not_found"):
        actions.leave(actor(who), COLLEAGUE.id, None)  # type: ignore[arg-type]


def test_the_officer_of_the_town_ends_a_post_too(app: Flask) -> None:
    actions.leave(actor(GAO), OWNER.id, None)
    assert posts_of(OWNER.id) == []
    with refused("not_found"):
        actions.leave(actor(GAO), OWNER.id, None)
