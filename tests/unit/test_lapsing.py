"""Seats that wait for somebody until a deadline: they lapse by themselves, and the next in the queue moves up."""

import datetime as dt

import pytest
from flask import Flask
from sqlalchemy import update

from courses.booking import actions as booking
from courses.booking.model import Booking, State
from courses.desks.queries import faults
from courses.ground import clock
from courses.ground.db import db
from courses.ground.transaction import transaction
from tests import makers
from tests.makers import at, booking_of, events, refused, states, the_class, told
from tests.people import LU, OWNER, SHEN

SOON = dt.timedelta(hours=2)


def lets_wait(class_id: int, state: State, **unnamed: None) -> dt.datetime:
    """Let Shen's seat wait for somebody, and return until when."""
    due_at = clock.now() + SOON
    with transaction():
        changed = update(Booking).where(Booking.class_id == class_id, Booking.person_id == SHEN.id)
        db.session.execute(changed.values(state=state, due_at=due_at, **unnamed))
    return due_at


@pytest.mark.parametrize(
    ("state", "why", "readers"),
    [
        (State.REQUESTED, "unapproved", [SHEN.id, OWNER.id]),
        (State.OFFERED, "unanswered", [SHEN.id]),
    ],
)
def test_a_seat_lapses_at_its_deadline_and_the_next_moves_up(
    app: Flask, state: State, why: str, readers: list[int]
) -> None:
    class_id = makers.a_class(seats=1)
    makers.book(SHEN, class_id)
    makers.book(LU, class_id)
    due_at = lets_wait(class_id, state)
    with at(due_at - dt.timedelta(seconds=1)):
        assert booking.lapse_due() == 0
    with at(due_at):
        assert booking.lapse_due() == 1
        assert booking.lapse_due() == 0
    assert states(class_id) == {SHEN.id: "cancelled", LU.id: "booked"}
    lapsed = booking_of(class_id, SHEN)
    assert lapsed.reason == why
    assert (the_class(class_id).seats_taken, the_class(class_id).queued) == (1, 0)
    [event] = events(class_id, "lapsed")
    assert (event.booking_id, event.door, event.facts) == (lapsed.id, "rule", {"seated": True, "why": why})
    assert [(n.person_id, n.facts.get("who")) for n in told("lapsed")] == [
        (id_, None if id_ == SHEN.id else SHEN.name) for id_ in readers
    ]
    assert faults() == []


def test_several_seats_that_nobody_was_named_for_are_one_notice_to_who_held_them(app: Flask) -> None:
    class_id = makers.a_class(seats=2)
    makers.book(OWNER, class_id, SHEN, OWNER)
    with transaction():
        held = update(Booking).where(Booking.class_id == class_id)
        db.session.execute(held.values(state=State.HELD, person_id=None, due_at=clock.now() + SOON))
    with at(clock.now() + SOON):
        assert booking.lapse_due() == 2
    assert [(n.person_id, n.facts["seats"]) for n in told("lapsed")] == [(OWNER.id, 2)]
    assert the_class(class_id).seats_taken == 0


def test_what_lapsed_cannot_be_taken_back(app: Flask) -> None:
    class_id = makers.a_class(seats=1)
    makers.book(SHEN, class_id)
    with at(lets_wait(class_id, State.REQUESTED)):
        booking.lapse_due()
    with refused("not_cancellable"):
        makers.undo(class_id, SHEN)


def test_a_class_that_was_called_off_has_nothing_to_lapse(app: Flask) -> None:
    class_id = makers.a_class(seats=1)
    makers.book(SHEN, class_id)
    due_at = lets_wait(class_id, State.REQUESTED)
    booking.call_off(makers.actor(makers.people.GAO), class_id, "台风")
    with at(due_at):
        assert booking.lapse_due() == 0


def test_the_doctor_names_a_seat_that_waits_without_an_end(app: Flask) -> None:
    class_id = makers.a_class(seats=1)
    makers.book(SHEN, class_id)
    due_at = lets_wait(class_id, State.REQUESTED)
    with at(due_at + dt.timedelta(hours=23)):
        assert faults() == []
    with at(due_at + dt.timedelta(hours=25)):
        assert len(faults()) == 1
    with transaction():
        db.session.execute(update(Booking).values(due_at=None))
    assert len(faults()) == 1
