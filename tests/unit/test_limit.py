"""No firm takes more than its share: how many seats of a class one enterprise can have."""

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from courses.booking import actions as booking
from courses.catalogue.model import Course
from courses.desks.queries import faults
from courses.ground.db import db
from courses.ground.transaction import transaction
from tests import makers
from tests.conftest import Client
from tests.doors.test_pages import fill
from tests.makers import actor, booking_of, events, refused, states, the_class
from tests.people import COLLEAGUE, GAO, LU, NEWCOMER, OWNER, SHEN, STRANGER


def limited(seats: int = 5, limit: int = 1, **more: object) -> int:
    return makers.a_class(seats=seats, enterprise_limit=limit, **more)


def test_more_seats_than_the_limit_are_refused_with_both_numbers(app: Flask) -> None:
    class_id = limited(limit=2)
    makers.book(SHEN, class_id)
    makers.book(COLLEAGUE, class_id)
    with refused("enterprise_limit", limit=2, taken=2):
        makers.book(NEWCOMER, class_id)
    assert makers.book(LU, class_id)[0].state == "booked"  # each enterprise counts for itself
    assert the_class(class_id).seats_taken == 3
    assert faults() == []


def test_a_group_counts_as_a_whole(app: Flask) -> None:
    class_id = limited(limit=2)
    makers.book(SHEN, class_id)
    with refused("enterprise_limit", limit=2, taken=1):
        makers.book(OWNER, class_id, COLLEAGUE, NEWCOMER)
    assert states(class_id) == {SHEN.id: "booked"}


def test_a_group_larger_than_the_limit_cannot_even_wait(app: Flask) -> None:
    class_id = limited(seats=2, limit=1)
    makers.book(LU, class_id)
    with refused("enterprise_limit", limit=1, taken=0):
        makers.book(OWNER, class_id, COLLEAGUE, NEWCOMER)


def test_who_waits_at_the_limit_is_passed_over_and_keeps_the_place(app: Flask) -> None:
    class_id = limited(seats=2, limit=1)
    makers.book(SHEN, class_id)
    makers.book(LU, class_id)
    makers.book(COLLEAGUE, class_id)
    makers.book(STRANGER, class_id)
    makers.cancel(class_id, LU)
    assert states(class_id)[COLLEAGUE.id] == "queued"
    assert states(class_id)[STRANGER.id] == "booked"
    assert booking_of(class_id, COLLEAGUE).reason == "limit"
    assert [e.facts["why"] for e in events(class_id, "passed_over")] == ["limit"]
    makers.cancel(class_id, SHEN)
    assert states(class_id)[COLLEAGUE.id] == "booked"
    assert faults() == []


def test_two_of_one_enterprise_do_not_both_move_up(app: Flask) -> None:
    class_id = limited(seats=1, limit=1)
    makers.book(LU, class_id)
    makers.book(SHEN, class_id)
    makers.book(COLLEAGUE, class_id)
    booking.resize(actor(GAO), class_id, 3)
    assert states(class_id) == {LU.id: "booked", SHEN.id: "booked", COLLEAGUE.id: "queued"}
    assert booking.promote_waiting() == 0


def test_a_cancellation_is_not_taken_back_beyond_the_limit(app: Flask) -> None:
    class_id = limited(limit=1)
    makers.book(SHEN, class_id)
    makers.cancel(class_id, SHEN)
    makers.book(COLLEAGUE, class_id)
    with refused("enterprise_limit", limit=1, taken=1):
        makers.undo(class_id, SHEN)


def test_the_page_says_it_before_anyone_books(client: Client) -> None:
    class_id = limited(limit=2)
    makers.book(SHEN, class_id)
    assert "At most 2 per enterprise." in client.as_(None, "en").get(f"/classes/{class_id}").text
    assert "At most 2 per enterprise; yours has 1." in client.as_(OWNER, "en").get(f"/classes/{class_id}").text
    page = client.post(f"/classes/{class_id}/bookings", data={"group": "1", "people": [COLLEAGUE.id, NEWCOMER.id]})
    assert page.status_code == 409
    assert "at most 2 seats in this class; yours has 1" in page.text


@pytest.mark.parametrize(("typed", "limit"), [("2", 2), ("", None)])
def test_an_officer_sets_it_when_publishing(client: Client, typed: str, limit: int | None) -> None:
    done = client.as_(GAO).post("/courses/1/classes", data=fill(enterprise_limit=typed))
    assert done.status_code == 303
    assert the_class(1).enterprise_limit == limit


@pytest.mark.parametrize("typed", ["0", "-1", "x"])
def test_a_limit_is_a_number_from_one(client: Client, typed: str) -> None:
    assert client.as_(GAO, "en").post("/courses/1/classes", data=fill(enterprise_limit=typed)).status_code == 422


@pytest.mark.parametrize("act", ["book", "hold", "undo"])
@pytest.mark.parametrize("app", ["postgres"], indirect=True)  # elsewhere one lock holds all
def test_people_are_locked_before_the_course_so_that_nobody_waits_in_a_circle(app: Flask, act: str) -> None:
    with transaction():
        db.session.get_one(Course, 1).enterprise_year_limit = 3
    makers.book(LU, makers.a_class(days=10))
    class_id = makers.a_class(seats=1, room=2)  # LU waits here for another hour, though a seat is free
    makers.book(SHEN, class_id)
    makers.book(LU, class_id)
    makers.cancel(class_id, SHEN)
    locked: list[tuple[str, set[int]]] = []

    def note(conn: Any, cursor: Any, statement: str, parameters: Any, *rest: Any) -> None:
        if found := re.search(r"FROM (person|course) .* FOR (NO KEY )?UPDATE", statement, re.DOTALL):
            locked.append((found[1], set(parameters.values())))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        if act == "book":
            makers.book(SHEN, class_id)
        elif act == "hold":
            booking.hold(actor(OWNER), class_id, 1)
        else:
            makers.undo(class_id, SHEN)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    kinds = [kind for kind, _ in locked]
    people = [ids for kind, ids in locked[: kinds.index("course")] if kind == "person"]
    assert all(ids <= set().union(*people) for kind, ids in locked if kind == "person")
