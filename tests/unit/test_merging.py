"""Merging doubles: nothing that hung on either record is lost, and no promise of the house is broken by it."""

import datetime as dt

import pytest
from flask import Flask
from sqlalchemy import func, select

from courses.accounts.actions import make_token
from courses.accounts.model import Token
from courses.booking.model import Booking, Enrolment
from courses.desks.queries import faults
from courses.enterprise import actions
from courses.enterprise.doubles import double_enterprises, double_people
from courses.enterprise.model import Merger
from courses.ground.db import Base, db
from courses.ground.transaction import transaction
from courses.outbox.model import Notice
from courses.people.model import Enterprise, Person, Post
from courses.roster.actions import mark
from courses.roster.model import Mark, YearlyHours
from courses.roster.queries import hours_of, sittings_of
from tests import makers
from tests.makers import actor, booking_of, refused, states, the_class
from tests.people import (
    ADMINISTRATOR,
    CHEN,
    COLLEAGUE,
    GAO,
    INSPECTOR,
    LU,
    NEWCOMER,
    OWNER,
    SHEN,
    STRANGER,
    Member,
)


def merge(kept: int = SHEN.id, gone: int = COLLEAGUE.id, by: Member = OWNER) -> None:
    actions.merge_people(actor(by), kept, gone)


def rows_pointing_to(model: type[Base], id_: int) -> int:
    """Return how many rows of all tables point to a row, whichever room they belong to."""
    total = 0
    for table in Base.metadata.sorted_tables:
        for key in table.foreign_keys:
            if key.column.table is model.__table__:
                total += db.session.scalar(select(func.count()).select_from(table).where(key.parent == id_)) or 0
    return total


def test_everything_passes_to_who_stays(app: Flask) -> None:
    over, ahead, full = makers.a_class(days=1, lecturers=[CHEN.id]), makers.a_class(), makers.a_class(seats=1, days=12)
    makers.book(COLLEAGUE, over)
    with makers.at(the_class(over).starts_at + dt.timedelta(hours=1)):
        mark(actor(CHEN), over, sittings_of(over)[0].id, [booking_of(over, COLLEAGUE).id], Mark.PRESENT)
    makers.book(COLLEAGUE, ahead)
    makers.book(LU, full)
    makers.book(COLLEAGUE, full)
    makers.cancel(ahead, COLLEAGUE)
    makers.book(COLLEAGUE, ahead)
    make_token(actor(COLLEAGUE), "x")
    earned, notices = hours_of(COLLEAGUE.id), len(makers.told(person=COLLEAGUE.id))
    assert earned
    merge()
    assert db.session.get(Person, COLLEAGUE.id) is None
    assert rows_pointing_to(Person, COLLEAGUE.id) == 0
    assert hours_of(SHEN.id) == earned
    assert len(makers.told(person=SHEN.id)) == notices
    assert states(full)[SHEN.id] == "queued"
    assert states(ahead)[SHEN.id] == "booked"
    assert db.session.scalar(select(func.count()).select_from(Token)) == 0
    [done] = db.session.scalars(select(Merger))
    assert (done.kept_id, done.gone_id, done.by_id, done.facts) == (
        SHEN.id,
        COLLEAGUE.id,
        OWNER.id,
        {"name": COLLEAGUE.name},
    )
    assert faults() == []
    makers.cancel(full, LU)
    assert states(full)[SHEN.id] == "booked"
    assert faults() == []


def test_hours_that_both_earned_in_a_year_add_up(app: Flask) -> None:
    for days, member in ((1, SHEN), (2, COLLEAGUE)):
        over = makers.a_class(days=days, lecturers=[CHEN.id])
        makers.book(member, over)
        with makers.at(the_class(over).starts_at + dt.timedelta(hours=1)):
            mark(actor(CHEN), over, sittings_of(over)[0].id, [booking_of(over, member).id], Mark.PRESENT)
    of_year = select(YearlyHours.person_id, YearlyHours.half_hours, YearlyHours.classes)
    [(_, first, _), (_, second, _)] = db.session.execute(of_year).all()
    merge()
    assert db.session.execute(of_year).all() == [(SHEN.id, first + second, 2)]
    assert faults() == []


def test_a_post_that_both_hold_is_held_once_and_another_passes(app: Flask) -> None:
    with transaction():
        db.session.add(Post(person_id=COLLEAGUE.id, role="owner", enterprise_id=1))
    merge()
    posts = db.session.execute(select(Post.role, Post.enterprise_id).where(Post.person_id == SHEN.id))
    assert sorted(tuple(row) for row in posts) == [("manager", 1), ("owner", 1)]


def test_a_contact_passes_only_where_there_was_none(app: Flask) -> None:
    with transaction():
        db.session.get_one(Person, COLLEAGUE.id).mobile = "+8613800138000"
    merge()
    kept = db.session.get_one(Person, SHEN.id)
    assert (kept.email, kept.mobile) == (SHEN.email, "+8613800138000")


def test_two_places_in_one_class_are_named_and_nothing_moves(app: Flask) -> None:
    class_id = makers.a_class()
    makers.book(SHEN, class_id)
    makers.book(COLLEAGUE, class_id)
    with refused("both_booked"):
        merge()
    assert states(class_id) == {SHEN.id: "booked", COLLEAGUE.id: "booked"}
    makers.cancel(class_id, COLLEAGUE)
    merge()
    assert the_class(class_id).seats_taken == 1
    assert faults() == []


def test_two_seats_at_one_hour_are_refused_too(app: Flask) -> None:
    makers.book(SHEN, makers.a_class())
    makers.book(COLLEAGUE, makers.a_class(room=1))
    with refused("person_clash"):
        merge()


@pytest.mark.parametrize(
    ("by", "kept", "gone", "code"),
    [
        (OWNER, SHEN.id, LU.id, "not_found"),
        (OWNER, SHEN.id, SHEN.id, "not_found"),
        (OWNER, SHEN.id, 999, "not_found"),
        (SHEN, SHEN.id, COLLEAGUE.id, "not_found"),
        (GAO, SHEN.id, COLLEAGUE.id, "not_found"),
        (STRANGER, SHEN.id, COLLEAGUE.id, "not_found"),
        (ADMINISTRATOR, SHEN.id, LU.id, "post_held"),
        (ADMINISTRATOR, SHEN.id, INSPECTOR.id, "not_mergeable"),
        (ADMINISTRATOR, GAO.id, SHEN.id, "not_mergeable"),
    ],
)
def test_who_may_not_be_merged_by_whom(app: Flask, by: Member, kept: int, gone: int, code: str) -> None:
    with refused(code):
        merge(kept, gone, by)
    assert db.session.scalar(select(func.count()).select_from(Merger)) == 0


def test_two_enterprises_become_one(app: Flask) -> None:
    class_id = makers.a_class(enterprise_limit=2)
    makers.book(SHEN, class_id)
    makers.book(LU, class_id)
    code = db.session.get_one(Enterprise, 2).credit_code
    with refused("not_allowed"):
        actions.merge_enterprises(actor(OWNER), 1, 2)
    actions.merge_enterprises(actor(ADMINISTRATOR), 1, 2)
    assert db.session.get(Enterprise, 2) is None
    assert rows_pointing_to(Enterprise, 2) == 0
    assert actor(LU).enterprise_id == 1
    assert set(db.session.scalars(select(Enrolment.enterprise_id))) == {1}
    [done] = db.session.scalars(select(Merger))
    assert done.facts["credit_code"] == code
    assert faults() == []
    with refused("enterprise_limit", limit=2, taken=2):
        makers.book(NEWCOMER, class_id)


def test_doubles_are_suggested(app: Flask) -> None:
    [same] = makers.strangers(1, enterprise=1)
    [near] = makers.strangers(1, enterprise=2)
    with transaction():
        db.session.get_one(Person, same).name = SHEN.name
        db.session.get_one(Person, near).email = "l.u+x@test.example"
        db.session.add(Enterprise(credit_code="91330481DN0000017T", name_zh="甲科技 有限责任公司", town_id=1))
    assert {(d.first_id, d.second_id, d.why) for d in double_people(None)} == {
        (SHEN.id, same, "name"),
        (LU.id, near, "email"),
    }
    assert [(d.first_id, d.second_id) for d in double_people(1)] == [(SHEN.id, same)]
    assert double_people(3) == []
    assert [d.first_id for d in double_enterprises()] == [1]


@pytest.mark.parametrize("seed", range(6))
def test_whatever_happened_before_no_promise_breaks(app: Flask, seed: int) -> None:
    """Random bookings, cancellations, departures and mergers of one enterprise's people: the records stay whole."""
    from random import Random

    from courses.ground.refusal import Refusal

    rng = Random(seed)
    people = [SHEN.id, COLLEAGUE.id, NEWCOMER.id, *makers.strangers(5, enterprise=1)]
    classes = [makers.a_class(seats=rng.choice((1, 2, 3)), days=9 + n // 2, room=1 + n % 2) for n in range(6)]
    for _ in range(60):
        one, other = rng.sample(people, 2)
        class_id, act = rng.choice(classes), rng.random()
        try:
            if act < 0.6:
                makers.booking.book(makers.actor_of_id(one), class_id, [one])
            elif act < 0.8:
                makers.booking.cancel(makers.actor_of_id(one), makers.booking_id(class_id, one))
            elif act < 0.9:
                merge(one, other)
                people.remove(other)
            else:
                actions.leave(actor(OWNER), one, rng.choice((other, None)))
                people.remove(one)
        except (Refusal, AssertionError):
            continue
        assert faults() == []
        if len(people) < 3:
            people += makers.strangers(3, enterprise=1)
    live = select(func.count()).select_from(Booking).where(Booking.state != "cancelled")
    rows = [the_class(id_) for id_ in classes]
    waiting = select(func.count(Booking.enrolment_id.distinct())).where(Booking.state == "queued")
    seated = live.where(Booking.state != "queued")
    assert sum(row.seats_taken for row in rows) == db.session.scalar(seated)
    assert sum(row.queued for row in rows) == db.session.scalar(waiting)
    orphans = select(func.count()).select_from(Notice).where(Notice.person_id.not_in(select(Person.id)))
    assert db.session.scalar(orphans) == 0
