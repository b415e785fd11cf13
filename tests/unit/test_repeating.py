"""A class again: weekly in one act, and from a squadron's template."""

import datetime as dt

import pytest
from flask import Flask
from sqlalchemy import func, select

from courses.catalogue import planning
from courses.catalogue.actions import delete_template, repeat, save_draft, save_template, set_day
from courses.catalogue.model import ClassTemplate, DayKind, FillRule, Share, ShareKind, TrainingClass
from courses.ground import clock
from courses.ground.db import db
from tests import makers
from tests.makers import a_plan, actor, in_days, refused, the_class
from tests.people import ADMINISTRATOR, CHEN, GAO, OTHER_OFFICER, SHEN


def count() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count(TrainingClass.id))) or 0


def test_a_class_is_repeated_as_it_is(app: Flask) -> None:
    source = makers.a_class(seats=7, lecturers=[CHEN.id], reminders=[60])
    first, second = repeat(actor(GAO), source, [2, 1])
    plan = planning.plan_of(the_class(source))
    for class_id, weeks in ((first, 1), (second, 2)):
        again = planning.plan_of(the_class(class_id))
        assert again.sittings == [(s + weeks * planning.WEEK, e + weeks * planning.WEEK) for s, e in plan.sittings]
        assert (again.capacity, again.lecturer_ids, again.reminders) == (7, [CHEN.id], [60])
        assert again.cancel_until == plan.cancel_until + weeks * planning.WEEK
        assert the_class(class_id).is_bookable(clock.now()), "open now, as the one it repeats"
        assert the_class(class_id).seats_taken == 0


def test_all_of_them_or_none(app: Flask) -> None:
    source = makers.a_class()
    makers.a_class(days=24)
    before = count()
    with refused("room_clash"):
        repeat(actor(GAO), source, [1, 2, 3])
    assert count() == before
    assert len(repeat(actor(GAO), source, [1, 3])) == 2
    assert len(repeat(actor(GAO), source, [1, 2], as_drafts=True)) == 2, "a draft may clash"


def test_what_is_not_repeated(app: Flask) -> None:
    source = makers.a_class()
    with refused("nothing_chosen"):
        repeat(actor(GAO), source, [])
    for member in (OTHER_OFFICER, SHEN):
        with refused("not_found"):
            repeat(actor(member), source, [1])


def test_the_weeks_to_come_say_what_they_would_meet(app: Flask) -> None:
    source = makers.a_class(lecturers=[CHEN.id])
    busy = makers.a_class(days=17, room=1, lecturers=[CHEN.id])
    draft = save_draft(actor(GAO), a_plan(days=24))
    holiday = clock.local(in_days(31)).date()
    set_day(actor(ADMINISTRATOR), holiday, DayKind.OFF, "观潮节")
    for days in (17, 24, 38):  # whatever weekday it is today: these are working days
        set_day(actor(ADMINISTRATOR), clock.local(in_days(days)).date(), DayKind.WORKING)
    rows = planning.repetitions(the_class(source), 4, clock.now())
    assert [row.week for row in rows] == [1, 2, 3, 4]
    assert [[clash.class_id for clash in row.clashes] for row in rows] == [[busy], [draft], [], []]
    assert [row.is_wanted for row in rows] == [False, False, False, True]
    assert [note.name_zh for note in rows[2].days] == ["观潮节"]


def test_a_past_class_is_repeated_from_next_week_on(app: Flask) -> None:
    source = makers.a_class(days=3)
    with makers.at(in_days(12)):
        first = planning.repetitions(the_class(source), 2, clock.now())[0]
        assert first.week == 2
        assert first.spans[0][0] > clock.now()


def test_a_template_is_a_class_without_its_date(app: Flask) -> None:
    days = [(in_days(10), in_days(10, 11)), (in_days(11, 14), in_days(11, 16))]
    opens_at = in_days(5)
    source = makers.a_class(seats=9, sittings=days, lecturers=[CHEN.id], reminders=[60, 1440], opens_at=opens_at)
    template_id = save_template(actor(GAO), source, "双碳上午班")
    template = planning.own_template(actor(GAO), template_id)
    plan = planning.plan_from(template.course_id, template.settings, clock.now())
    first = clock.local(plan.sittings[0][0]).date()
    assert first.weekday() == clock.local(days[0][0]).weekday()
    assert dt.timedelta(days=7) <= first - clock.local(clock.now()).date() < dt.timedelta(days=14)
    shift = plan.sittings[0][0] - days[0][0]
    assert list(plan.sittings) == [(start + shift, end + shift) for start, end in days]
    assert plan.opens_at == opens_at + shift
    assert (plan.room_id, plan.capacity, plan.lecturer_ids, plan.reminders) == (3, 9, [CHEN.id], [60, 1440])
    assert plan.cancel_until == plan.sittings[0][0] - dt.timedelta(hours=24)


@pytest.mark.parametrize("opens_in", [1, 5])
def test_a_template_keeps_each_rule_and_each_hour(app: Flask, opens_in: int) -> None:
    at, begins = clock.now(), in_days(20)
    hours = {
        "opens_at": in_days(opens_in),
        "first_until": in_days(opens_in + 2),
        "names_by": begins - dt.timedelta(days=3),
        "draw_at": begins - dt.timedelta(days=6),
        "shares_until": begins - dt.timedelta(days=5),
        "decide_by": begins - dt.timedelta(days=4),
    }
    shares = [Share(ShareKind.KEY_UNIT, 2)]
    plan = a_plan(days=20, seats=9, shares=shares, fill_rule=FillRule.FILL_GAPS, minimum=4, **hours)
    again = planning.plan_from(plan.course_id, planning.settings_of(plan, at), at)
    shift = again.sittings[0][0] - plan.sittings[0][0]
    assert {name: getattr(again, name) for name in hours} == {name: moment + shift for name, moment in hours.items()}
    for rule in ("shares", "fill_rule", "minimum", "promotion", "offer_hours", "enterprise_limit"):
        assert getattr(again, rule) == getattr(plan, rule)
    with makers.at(hours["first_until"] + dt.timedelta(hours=1)):  # that is over: those who ask next time have none
        now = clock.now()
        assert planning.plan_from(plan.course_id, planning.settings_of(plan, now), now).first_until is None


def test_a_template_of_the_same_name_is_replaced(app: Flask) -> None:
    first, second = makers.a_class(seats=5), makers.a_class(seats=6, days=20, course=2)
    assert save_template(actor(GAO), first, "甲") == save_template(actor(GAO), second, "甲")
    [(template, course)] = planning.templates(GAO.squadron or 0)
    assert (template.settings["seats"], course.id) == (6, 2)


def test_templates_are_the_squadrons_own(app: Flask) -> None:
    source = makers.a_class()
    template_id = save_template(actor(GAO), source, "甲")
    with refused("not_found"):
        save_template(actor(OTHER_OFFICER), source, "乙")
    with refused("not_found"):
        delete_template(actor(OTHER_OFFICER), template_id)
    with refused("not_allowed"):
        save_template(actor(SHEN), source, "丙")
    assert planning.templates(OTHER_OFFICER.squadron or 0) == []
    delete_template(actor(GAO), template_id)
    assert db.session.scalar(select(func.count(ClassTemplate.id))) == 0


def test_a_class_at_a_weekend_is_meant_to_be_at_one(app: Flask) -> None:
    with makers.at(dt.datetime(2026, 11, 23, 4, tzinfo=dt.UTC)):  # then no Saturday is a holiday or made up for
        source = makers.a_class(days=5)
        assert clock.local(the_class(source).starts_at).weekday() == 5
        assert [row.is_wanted for row in planning.repetitions(the_class(source), 2, clock.now())] == [True, True]
        weekday = makers.a_class(days=9)
        set_day(actor(ADMINISTRATOR), clock.local(in_days(16)).date(), DayKind.OFF, "观潮节")
        assert [row.is_wanted for row in planning.repetitions(the_class(weekday), 2, clock.now())] == [False, True]
