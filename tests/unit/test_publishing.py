"""Publishing a class: what is written down, and what is refused."""

import dataclasses
import datetime as dt

import pytest
from flask import Flask
from sqlalchemy import func, select

from courses.catalogue import queries as catalogue
from courses.catalogue.actions import publish
from courses.catalogue.model import ReminderRule, TrainingClass
from courses.ground import clock
from courses.ground.db import db
from tests import makers
from tests.makers import HOUR, a_plan, actor, in_days, refused, the_class
from tests.people import CHEN, GAO, OTHER_LECTURER, OTHER_OFFICER, OWNER, SHEN


def test_a_class_stands_as_it_was_planned(app: Flask) -> None:
    days = [(in_days(d), in_days(d) + 2 * HOUR) for d in (11, 10)]
    class_id = makers.a_class(seats=12, sittings=days, lecturers=[CHEN.id, OTHER_LECTURER.id], reminders=[60, 1440])
    class_ = the_class(class_id)
    assert (class_.capacity, class_.squadron_id, class_.state, class_.schedule_no) == (12, GAO.squadron, "published", 1)
    assert catalogue.spans_of(class_) == sorted(days)
    assert (class_.starts_at, class_.ends_at, class_.sittings_count) == (days[1][0], days[0][1], 2)
    assert {t.id for t in catalogue.lecturers_of(class_id)} == {CHEN.id, OTHER_LECTURER.id}
    rules = db.session.scalars(select(ReminderRule.minutes_before).where(ReminderRule.class_id == class_id))
    assert sorted(rules) == [60, 1440]


@pytest.mark.parametrize("who", [SHEN, OWNER, CHEN])
def test_only_officers_publish(app: Flask, who: object) -> None:
    with refused("not_allowed"):
        publish(actor(who), a_plan())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("no_sitting", {"sittings": []}),
        ("ends_before_start", {"sittings": [(9, 9)]}),
        ("ends_before_start", {"sittings": [(10, 9)]}),
        ("sittings_overlap", {"sittings": [(9, 11), (10, 12)]}),
        ("window_wrong", {"opens_at": 9, "closes_at": 9}),
        ("closes_wrong", {"closes_at": 10}),
        ("window_wrong", {"opens_at": 10, "closes_at": 11}),
        ("cancel_wrong", {"cancel_until": 10}),
        ("not_found", {"course_id": 99}),
        ("not_found", {"room_id": 99}),
        ("not_found", {"lecturer_ids": [SHEN.id]}),
        ("too_many_seats", {"room_id": 1, "capacity": 31}),
    ],
)
def test_what_cannot_be_published(app: Flask, code: str, changes: dict[str, object]) -> None:
    def moments(value: object) -> object:
        """Return hours of the day on which the class begins (at nine) as moments."""
        if isinstance(value, list):
            return [tuple(in_days(10, hour) for hour in pair) if isinstance(pair, tuple) else pair for pair in value]
        return value

    read = {n: in_days(10, v) if n.endswith(("_at", "_until")) else moments(v) for n, v in changes.items()}  # type: ignore[arg-type]
    with refused(code):
        publish(actor(GAO), dataclasses.replace(a_plan(), **read))  # type: ignore[arg-type]
    assert db.session.scalar(select(func.count(TrainingClass.id))) == 0


def test_a_class_cannot_begin_in_the_past(app: Flask) -> None:
    for start in (clock.now(), clock.now() - HOUR):
        with refused("in_the_past"):
            publish(actor(GAO), dataclasses.replace(a_plan(), sittings=[(start, start + HOUR)], closes_at=start))


def test_a_room_is_taken_by_the_hour(app: Flask) -> None:
    first = makers.a_class(room=1, hour=9)
    span = catalogue.spans_of(the_class(first))[0]
    with refused("room_clash", span=span):
        makers.a_class(room=1, hour=11, by=OTHER_OFFICER)
    assert makers.a_class(room=1, hour=12) > first
    assert makers.a_class(room=2, hour=9) > first


def test_one_class_ends_where_the_next_begins(app: Flask) -> None:
    nine, ten = in_days(10, 9), in_days(10, 10)
    makers.a_class(room=1, sittings=[(nine, ten)], lecturers=[CHEN.id])
    assert makers.a_class(room=1, sittings=[(ten, ten + HOUR)], lecturers=[CHEN.id])


def test_a_lecturer_teaches_one_class_at_a_time(app: Flask) -> None:
    makers.a_class(room=1, lecturers=[CHEN.id])
    with refused("lecturer_clash", lecturer=CHEN.name):
        makers.a_class(room=2, hour=10, lecturers=[OTHER_LECTURER.id, CHEN.id])
    assert makers.a_class(room=2, hour=10, lecturers=[OTHER_LECTURER.id])


def test_a_later_sitting_can_clash_as_well(app: Flask) -> None:
    days = [(in_days(d), in_days(d) + HOUR) for d in (10, 11, 12)]
    makers.a_class(room=1, sittings=days)
    with refused("room_clash", span=days[1]):
        makers.a_class(room=1, sittings=[(days[1][0] - dt.timedelta(minutes=30), days[1][1])])
