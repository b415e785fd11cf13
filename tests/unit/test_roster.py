"""Marking who came, and the hours that follow from it."""

import datetime as dt

import pytest
from flask import Flask
from sqlalchemy import select, update

from courses.booking import actions as booking
from courses.catalogue.model import Sitting, TrainingClass
from courses.desks.queries import faults
from courses.ground import clock
from courses.ground.db import db
from courses.ground.refusal import Refusal
from courses.ground.transaction import transaction
from courses.people.model import Person
from courses.roster import actions as roster
from courses.roster.model import Attendance, Mark, YearlyHours
from courses.roster.queries import hours_of, lines, sittings_of
from tests import makers
from tests.makers import actor, at, before_start, booking_of, events, refused
from tests.people import BUREAU, CHEN, GAO, INSPECTOR, LU, NEWCOMER, OTHER_LECTURER, OTHER_OFFICER, SHEN, STRANGER

MINUTE = dt.timedelta(minutes=1)
DAY = dt.timedelta(days=1)


@pytest.fixture
def class_id(app: Flask) -> int:
    """A class of two and a half hours that CHEN teaches; SHEN and LU have its seats, STRANGER waits."""
    class_id = makers.a_class(seats=2, lecturers=[CHEN.id])
    for member in (SHEN, LU, STRANGER):
        makers.book(member, class_id)
    return class_id


def sitting_of(class_id: int, number: int = 0) -> Sitting:
    return sittings_of(class_id)[number]


def mark(
    class_id: int,
    *members: object,
    as_: Mark | None = Mark.PRESENT,
    by: object = GAO,
    sitting: int | None = None,
    arrived: dt.datetime | None = None,
    left: dt.datetime | None = None,
) -> None:
    ids = [booking_of(class_id, member).id for member in members]  # type: ignore[arg-type]
    with at(before_start(class_id, -10)):
        roster.mark(actor(by), class_id, sitting or sitting_of(class_id).id, ids, as_, arrived, left)  # type: ignore[arg-type]


def marks(class_id: int) -> dict[int, tuple[str, int]]:
    db.session.rollback()
    rows = db.session.execute(select(Attendance.booking_id, Attendance.mark, Attendance.half_hours))
    return {id_: (str(mark), hours) for id_, mark, hours in rows}


@pytest.mark.parametrize("who", [GAO, CHEN])
def test_those_who_teach_or_serve_mark(class_id: int, who: object) -> None:
    mark(class_id, SHEN, LU, by=who)
    assert set(marks(class_id).values()) == {("present", 7)}  # 150 minutes are 3.3 hours of 45, to the nearest half
    assert [e.actor_id for e in events(class_id, "marked")] == [who.id] * 2  # type: ignore[attr-defined]


@pytest.mark.parametrize("who", [SHEN, OTHER_OFFICER, OTHER_LECTURER, INSPECTOR, BUREAU])
def test_nobody_else_marks(class_id: int, who: object) -> None:
    with refused("not_allowed"):
        mark(class_id, SHEN, by=who)


@pytest.mark.parametrize(("mark_", "hours"), [(Mark.PRESENT, 3.5), (Mark.ABSENT, 0), (Mark.EXCUSED, 0)])
def test_only_presence_earns_hours(class_id: int, mark_: Mark, hours: float) -> None:
    mark(class_id, SHEN, as_=mark_)
    assert sum(earned.hours for earned in hours_of(SHEN.id)) == hours
    assert booking_of(class_id, SHEN).attended is (mark_ is Mark.PRESENT)


@pytest.mark.parametrize(("minutes", "half_hours"), [(150, 7), (120, 7), (119, 0), (118.5, 0), (1, 0)])
@pytest.mark.parametrize("late", [True, False], ids=["came late", "left early"])
def test_full_hours_from_four_fifths_of_the_minutes_none_below(
    class_id: int, minutes: float, half_hours: int, late: bool
) -> None:
    sitting = sitting_of(class_id)
    there = dt.timedelta(minutes=minutes)
    if late:
        mark(class_id, SHEN, arrived=sitting.ends_at - there)
    else:
        mark(class_id, SHEN, left=sitting.starts_at + there)
    assert marks(class_id) == {booking_of(class_id, SHEN).id: ("present", half_hours)}


@pytest.mark.parametrize(("percent", "earns"), [(79, False), (80, True), (81, True)])
def test_the_threshold_to_the_percent(app: Flask, percent: int, earns: bool) -> None:
    start = makers.in_days(10)
    sitting = Sitting(class_id=1, starts_at=start, ends_at=start + 100 * MINUTE)
    earned = roster.earned_half_hours(sitting, Mark.PRESENT, None, start + percent * MINUTE)
    assert earned == (sitting.half_hours() if earns else 0)


@pytest.mark.parametrize(("minutes", "half_hours"), [(45, 2), (90, 4), (180, 8), (150, 7), (10, 0), (12, 1)])
def test_an_hour_is_45_minutes(minutes: int, half_hours: int) -> None:
    start = makers.in_days(1)
    assert Sitting(class_id=1, starts_at=start, ends_at=start + minutes * MINUTE).half_hours() == half_hours


@pytest.mark.parametrize(("arrived", "left"), [(-1, None), (None, 151), (60, 60), (90, 60), (150, None), (None, 0)])
def test_times_outside_the_sitting_or_in_the_wrong_order_are_refused(
    class_id: int, arrived: int | None, left: int | None
) -> None:
    start = sitting_of(class_id).starts_at
    given = {n: start + m * MINUTE for n, m in (("arrived", arrived), ("left", left)) if m is not None}
    with refused("minutes_wrong"):
        mark(class_id, SHEN, **given)  # type: ignore[arg-type]
    assert marks(class_id) == {}


def test_marking_opens_an_hour_before(class_id: int) -> None:
    number, sitting = booking_of(class_id, SHEN).id, sitting_of(class_id)
    who, sitting_id, opens = actor(GAO), sitting.id, sitting.starts_at - roster.OPENS_BEFORE
    with at(opens - MINUTE), refused("not_begun"):
        roster.mark(who, class_id, sitting_id, [number], Mark.PRESENT)
    with at(opens):
        roster.mark(who, class_id, sitting_id, [number], Mark.PRESENT)
    assert marks(class_id)


def test_the_second_day_opens_on_its_own(app: Flask) -> None:
    days = [(makers.in_days(d), makers.in_days(d) + makers.HOUR) for d in (10, 11)]
    class_id = makers.a_class(sittings=days)
    makers.book(SHEN, class_id)
    with refused("not_begun"):
        mark(class_id, SHEN, sitting=sitting_of(class_id, 1).id)


def test_what_cannot_be_marked(class_id: int) -> None:
    other = makers.a_class(room=1)
    with refused("not_found"):
        mark(class_id, SHEN, sitting=9999)
    with refused("not_found"):
        mark(class_id, SHEN, sitting=sitting_of(other).id)
    with refused("not_on_roster"):
        mark(class_id, STRANGER)  # waits
    with refused("not_on_roster"):
        mark(class_id)
    makers.cancel(class_id, LU)
    with refused("not_on_roster"):
        mark(class_id, SHEN, LU)  # one of two is wrong: none is marked
    assert marks(class_id) == {}
    sitting = sitting_of(class_id).id
    booking.call_off(actor(GAO), class_id, "台风")
    with refused("called_off"):
        mark(class_id, SHEN, sitting=sitting)


def test_the_last_mark_holds_and_can_be_taken_back(class_id: int) -> None:
    mark(class_id, SHEN, arrived=sitting_of(class_id).starts_at + 10 * MINUTE)
    mark(class_id, SHEN, as_=Mark.EXCUSED)
    [row] = db.session.scalars(select(Attendance))
    assert (row.mark, row.half_hours, row.arrived_at) == ("excused", 0, None)
    mark(class_id, SHEN, as_=None)
    assert marks(class_id) == {}
    assert booking_of(class_id, SHEN).attended is None
    assert [e.facts["mark"] for e in events(class_id, "marked")] == ["present", "excused", "unmarked"]


def test_one_of_several_days_counts_as_having_attended(app: Flask) -> None:
    days = [(makers.in_days(d), makers.in_days(d) + 90 * MINUTE) for d in (10, 11)]
    class_id = makers.a_class(sittings=days)
    makers.book(SHEN, class_id)
    mark(class_id, SHEN, as_=Mark.ABSENT)
    assert booking_of(class_id, SHEN).attended is False
    with at(days[1][0]):
        number, second = booking_of(class_id, SHEN).id, sitting_of(class_id, 1).id
        roster.mark(actor(GAO), class_id, second, [number], Mark.PRESENT)
    assert booking_of(class_id, SHEN).attended is True
    assert [earned.hours for earned in hours_of(SHEN.id)] == [2]


def test_the_sheet_shows_those_with_a_seat_by_the_sound_of_their_names(class_id: int) -> None:
    """Lu before Shen, whether or not the Latin letters of a name are known."""
    mark(class_id, LU)
    with transaction():
        db.session.get_one(Person, SHEN.id).name_en = "Anna Shen"
    sheet = lines(class_id, sitting_of(class_id).id)
    assert [(line.seated.name, line.mark) for line in sheet] == [(LU.name, "present"), (SHEN.name, "unmarked")]


def test_a_seat_given_up_after_the_mark_earns_nothing(class_id: int) -> None:
    with at(before_start(class_id, 50)):
        sitting, number = sitting_of(class_id).id, booking_of(class_id, SHEN).id
        roster.mark(actor(GAO), class_id, sitting, [number], Mark.PRESENT)
    assert hours_of(SHEN.id)
    with at(before_start(class_id, 40)):
        makers.cancel(class_id, SHEN)
    assert hours_of(SHEN.id) == []


def test_a_list_is_marked_whole_or_not_at_all(class_id: int) -> None:
    with at(before_start(class_id, 50)):
        sitting, number = sitting_of(class_id).id, booking_of(class_id, SHEN).id
        entries = [roster.Entry(number, Mark.PRESENT), roster.Entry(999_999, Mark.ABSENT)]
        with pytest.raises(Refusal, match="not_on_roster"):
            roster.mark_each(actor(GAO), class_id, sitting, entries)
        assert hours_of(SHEN.id) == []
        roster.mark_each(actor(GAO), class_id, sitting, entries[:1])
    assert len(hours_of(SHEN.id)) == 1


def years(person: int) -> dict[int, tuple[int, int]]:
    """Return what is kept of a person's years: half hours and classes."""
    db.session.rollback()
    rows = db.session.scalars(select(YearlyHours).where(YearlyHours.person_id == person))
    return {row.year: (row.half_hours, row.classes) for row in rows}


def test_the_hours_of_a_year_follow_each_mark(class_id: int) -> None:
    year = clock.local(makers.the_class(class_id).starts_at).year
    mark(class_id, SHEN, LU)
    assert years(SHEN.id) == {year: (7, 1)}
    assert makers.the_class(class_id).came == 2
    mark(class_id, SHEN, as_=Mark.ABSENT)
    assert (years(SHEN.id), years(LU.id)) == ({}, {year: (7, 1)})
    assert makers.the_class(class_id).came == 1
    assert faults() == []


def test_two_classes_of_a_year_are_one_sum_and_another_year_is_its_own(app: Flask) -> None:
    first, following = clock.year_span(clock.this_year() + 1)
    sittings = [[(moment, moment + dt.timedelta(minutes=90))] for moment in (first - 3 * DAY, first, following - DAY)]
    for number, spans in enumerate(sittings):
        class_id = makers.a_class(seats=2, sittings=spans, course=1)
        makers.book(SHEN, class_id)
        mark(class_id, SHEN)
        assert sum(classes for _, classes in years(SHEN.id).values()) == number + 1
    assert years(SHEN.id) == {clock.this_year(): (4, 1), clock.this_year() + 1: (8, 2)}
    assert roster.recount() == 0


def test_what_came_otherwise_is_counted_anew(class_id: int) -> None:
    """A seat given up after the mark, people made one: the doctor names them, the job heals them."""
    mark(class_id, SHEN, LU)
    with transaction():
        booking_of(class_id, LU).person_id = NEWCOMER.id
        db.session.execute(update(TrainingClass).values(came=0))
    assert len(faults()) == 3
    assert roster.recount() == 3
    assert faults() == []
    assert (years(LU.id), years(NEWCOMER.id)) == ({}, years(SHEN.id))
