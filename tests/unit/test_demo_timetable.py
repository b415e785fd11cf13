"""Placing classes in the demo town: nobody and no room is in two places, and doors are open."""

import datetime as dt

import pytest

from courses.demo.timetable import AFTERNOON, MORNING, Timetable

MONDAY = dt.date(2026, 11, 23)
SATURDAY, SUNDAY = MONDAY + dt.timedelta(days=5), MONDAY + dt.timedelta(days=6)


@pytest.fixture
def timetable():
    return Timetable({"hall": range(1, 7), "school": range(1, 6)})


def test_the_half_day_wished_for_is_given(timetable):
    assert timetable.place("hall", ["chen"], (MONDAY, AFTERNOON), 1) == ([(MONDAY, AFTERNOON)], "chen")


@pytest.mark.parametrize(
    ("room", "wished", "back", "given"),
    [
        ("hall", SUNDAY, False, MONDAY + dt.timedelta(days=7)),
        ("hall", SUNDAY, True, SATURDAY),
        ("school", SATURDAY, True, MONDAY + dt.timedelta(days=4)),
        ("school", dt.date(2027, 1, 1), False, dt.date(2027, 1, 4)),  # New Year's Day is a Friday
        ("hall", dt.date(2026, 10, 3), True, dt.date(2026, 9, 30)),
    ],
)
def test_a_closed_door_moves_the_class_to_the_nearest_open_day(timetable, room, wished, back, given):
    ((placed, _),), _ = timetable.place(room, ["chen"], (wished, MORNING), 1, back)

    assert placed == given


def test_a_taken_room_moves_the_class(timetable):
    timetable.place("hall", ["chen"], (MONDAY, MORNING), 1)

    assert timetable.place("hall", ["luo"], (MONDAY, MORNING), 1)[0] == [(MONDAY, AFTERNOON)]
    assert timetable.place("hall", ["luo"], (MONDAY, MORNING), 1)[0] == [(MONDAY + dt.timedelta(days=1), MORNING)]


def test_a_taken_lecturer_is_stood_in_for(timetable):
    timetable.place("hall", ["chen"], (MONDAY, MORNING), 1)

    assert timetable.place("school", ["chen", "ge"], (MONDAY, MORNING), 1) == ([(MONDAY, MORNING)], "ge")


def test_a_taken_lecturer_moves_the_class_if_there_is_no_other(timetable):
    timetable.place("hall", ["chen"], (MONDAY, MORNING), 1)

    assert timetable.place("school", ["chen"], (MONDAY, MORNING), 1)[0] == [(MONDAY, AFTERNOON)]


def test_sittings_are_on_successive_open_days(timetable):
    friday = MONDAY + dt.timedelta(days=4)

    assert timetable.place("school", ["chen"], (friday, MORNING), 2)[0] == [
        (friday, MORNING),
        (MONDAY + dt.timedelta(days=7), MORNING),
    ]


def test_going_back_the_last_sitting_is_on_the_day_wished_for(timetable):
    assert timetable.place("school", ["chen"], (MONDAY, MORNING), 2, back=True)[0] == [
        (MONDAY - dt.timedelta(days=3), MORNING),
        (MONDAY, MORNING),
    ]


def test_no_sitting_is_on_a_taken_half_day(timetable):
    tuesday = MONDAY + dt.timedelta(days=1)
    timetable.place("hall", ["luo"], (tuesday, MORNING), 1)

    assert timetable.place("hall", ["chen"], (MONDAY, MORNING), 2)[0] == [(MONDAY, AFTERNOON), (tuesday, AFTERNOON)]


def test_what_is_kept_free_stays_free(timetable):
    timetable.keep(["hall"], [MONDAY])

    assert timetable.place("hall", ["chen"], (MONDAY, MORNING), 1)[0] == [(MONDAY + dt.timedelta(days=1), MORNING)]
