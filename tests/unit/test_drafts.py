"""Drafts: seen by their own squadron alone, holding nothing, telling nobody; published under all rules."""

import dataclasses
import datetime as dt

import pytest
from flask import Flask
from sqlalchemy import func, select

from courses.booking import actions as booking
from courses.catalogue import planning
from courses.catalogue import queries as catalogue
from courses.catalogue.actions import publish, publish_draft, save_draft
from courses.catalogue.model import ReminderRule, Sitting, TrainingClass
from courses.ground import clock
from courses.ground.db import db
from courses.reminders.actions import post_due
from tests import makers
from tests.makers import a_plan, actor, refused, the_class, told
from tests.people import CHEN, GAO, OTHER_OFFICER, SHEN


def a_draft(**plan: object) -> int:
    return save_draft(actor(GAO), a_plan(**plan))  # type: ignore[arg-type]


def test_a_draft_stands_as_it_was_planned_and_on_no_shelf(app: Flask) -> None:
    plan = a_plan(seats=12, lecturers=[CHEN.id], reminders=[60])
    class_id = save_draft(actor(GAO), plan)
    row = the_class(class_id)
    assert row.state == "draft"
    read = planning.plan_of(row)
    assert dataclasses.replace(read, sittings=tuple(read.sittings), shares=tuple(read.shares)) == dataclasses.replace(
        plan, sittings=tuple(plan.sittings)
    )
    assert catalogue.classes_of(1, clock.now()) == []
    assert [card.id for card in planning.drafts(GAO.squadron or 0)] == [class_id]
    assert planning.drafts(OTHER_OFFICER.squadron or 0) == []


def test_a_draft_cannot_be_booked_moved_resized_or_called_off(app: Flask) -> None:
    class_id = a_draft()
    with refused("not_found"):
        makers.book(SHEN, class_id)
    for act in (
        lambda: booking.move(actor(GAO), class_id, [(makers.in_days(12), makers.in_days(12, 11))], 3),
        lambda: booking.resize(actor(GAO), class_id, 5),
        lambda: booking.call_off(actor(GAO), class_id, "x"),
    ):
        with refused("not_found"):
            act()


def test_nobody_is_told_of_a_draft(app: Flask) -> None:
    class_id = a_draft(lecturers=[CHEN.id])
    with makers.at(makers.before_start(class_id, 60)):
        post_due()
    assert told() == []


def test_a_draft_holds_neither_room_nor_lecturer(app: Flask) -> None:
    first = a_draft(lecturers=[CHEN.id])
    a_draft(lecturers=[CHEN.id])
    published = makers.a_class(lecturers=[CHEN.id])
    with refused("room_clash"):
        publish_draft(actor(GAO), first)
    assert the_class(first).state == "draft"
    booking.call_off(actor(GAO), published, "x")
    publish_draft(actor(GAO), first)
    assert the_class(first).state == "published"


def test_a_published_draft_is_a_class_like_any_other(app: Flask) -> None:
    class_id = a_draft()
    with makers.at(clock.now() + dt.timedelta(days=1)):
        publish_draft(actor(GAO), class_id)
        assert the_class(class_id).scheduled_at == clock.now()
    [outcome] = makers.book(SHEN, class_id)
    assert outcome.state == "booked"


def test_the_rules_are_asked_again_when_a_draft_is_published(app: Flask) -> None:
    class_id = a_draft(days=3)
    with makers.at(makers.before_start(class_id, -1)), refused("in_the_past"):
        publish_draft(actor(GAO), class_id)
    large = a_draft(seats=25, room=2)
    with refused("too_many_seats"):
        publish_draft(actor(GAO), large)


def test_a_draft_is_edited_and_published_in_one_act(app: Flask) -> None:
    class_id = a_draft(seats=5)
    assert save_draft(actor(GAO), a_plan(seats=7, days=11), class_id) == class_id
    assert the_class(class_id).capacity == 7
    assert publish(actor(GAO), a_plan(seats=9, days=12, lecturers=[CHEN.id]), draft=class_id) == class_id
    row = the_class(class_id)
    assert (row.capacity, row.state) == (9, "published")
    assert catalogue.spans_of(row) == list(a_plan(days=12).sittings)
    assert db.session.scalar(select(func.count(Sitting.id)).where(Sitting.class_id == class_id)) == 1


@pytest.mark.parametrize("code", ["ends_before_start", "in_the_past", "closes_wrong"])
def test_what_can_never_become_a_class_is_no_draft(app: Flask, code: str) -> None:
    nine = makers.in_days(10)
    plan = {
        "ends_before_start": a_plan(sittings=[(nine, nine)]),
        "in_the_past": a_plan(days=-3),
        "closes_wrong": a_plan(closes_at=makers.in_days(11)),
    }[code]
    with refused(code):
        save_draft(actor(GAO), plan)
    assert db.session.scalar(select(func.count(TrainingClass.id))) == 0


def test_another_squadron_meets_nothing(app: Flask) -> None:
    class_id = a_draft()
    for act in (
        lambda: publish_draft(actor(OTHER_OFFICER), class_id),
        lambda: save_draft(actor(OTHER_OFFICER), a_plan(), class_id),
        lambda: publish(actor(OTHER_OFFICER), a_plan(), draft=class_id),
        lambda: booking.discard(actor(OTHER_OFFICER), class_id),
        lambda: publish_draft(actor(SHEN), class_id),
    ):
        with refused("not_found"):
            act()
    assert the_class(class_id).state == "draft"


def test_a_draft_is_deleted_with_all_that_is_its_own(app: Flask) -> None:
    class_id = a_draft(lecturers=[CHEN.id])
    booking.discard(actor(GAO), class_id)
    for model in (Sitting, ReminderRule):
        assert db.session.scalar(select(func.count()).where(model.class_id == class_id)) == 0
    with refused("not_found"):
        booking.discard(actor(GAO), class_id)


def test_a_published_class_is_not_deleted(app: Flask) -> None:
    class_id = makers.a_class()
    with refused("not_found"):
        booking.discard(actor(GAO), class_id)
    with refused("not_found"):
        save_draft(actor(GAO), a_plan(days=20), class_id)
    assert the_class(class_id).state == "published"
