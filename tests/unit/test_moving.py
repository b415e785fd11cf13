"""Moving, resizing and calling off a published class."""

import datetime as dt

import pytest
from flask import Flask

from courses.booking import actions as booking
from courses.catalogue import queries as catalogue
from tests import makers
from tests.people import GAO, SHEN

DAY = dt.timedelta(days=1)


def shifted(class_id: int, by: dt.timedelta) -> list[tuple[dt.datetime, dt.datetime]]:
    return [(start + by, end + by) for start, end in catalogue.spans_of(makers.the_class(class_id))]


def move(class_id: int, by: dt.timedelta, room: int = 3) -> None:
    booking.move(makers.actor(GAO), class_id, shifted(class_id, by), room)


@pytest.mark.parametrize("by", [DAY, -DAY])
def test_a_class_moves_with_its_opening_closing_and_deadline(app: Flask, by: dt.timedelta) -> None:
    class_id = makers.a_class()
    makers.book(SHEN, class_id)
    before = makers.the_class(class_id)
    was = (before.starts_at, before.ends_at, before.closes_at, before.cancel_until)
    move(class_id, by)
    now = makers.the_class(class_id)
    assert (now.starts_at, now.ends_at, now.closes_at, now.cancel_until) == tuple(t + by for t in was)
    assert now.schedule_no == 2
