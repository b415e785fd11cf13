"""Booking and cancelling: who gets a seat, who is refused and why, who is told."""

import datetime as dt
import sys

import pytest
from flask import Flask
from sqlalchemy import func, select

from courses.booking import actions as booking
from courses.booking.model import Booking
from courses.desks.queries import faults
from courses.ground import clock
from courses.ground.db import db
from courses.ground.idempotency import KEPT_FOR, RequestKey
from courses.ground.refusal import Refusal
from courses.people.model import Person
from tests import makers
from tests.makers import actor, at, before_start, booking_of, refused, states, the_class, told
from tests.people import BUREAU, CHEN, COLLEAGUE, GAO, LU, NEWCOMER, OTHER_OFFICER, OWNER, SHEN, STRANGER

MINUTE = dt.timedelta(minutes=1)


def test_a_free_seat_is_booked(app: Flask) -> None:
    class_id = makers.a_class(seats=2)
    outcome = makers.book(SHEN, class_id)
    assert [(o.person, o.state, o.place) for o in outcome] == [(SHEN.id, "booked", None)]
    assert the_class(class_id).seats_taken == 1
    assert [(n.kind, n.person_id) for n in told()] == [("booked", SHEN.id)]
    assert [(e.what, e.actor_id, e.door) for e in makers.events(class_id)] == [("booked", SHEN.id, "page")]
    assert faults() == []


def test_the_last_seat_is_a_seat_and_the_next_is_a_place_in_the_queue(app: Flask) -> None:
    class_id = makers.a_class(seats=1)
    assert makers.book(SHEN, class_id)[0].state == "booked"
    for place, member in enumerate((LU, STRANGER), 1):
        [outcome] = makers.book(member, class_id)
        assert (outcome.state, outcome.place) == ("queued", place)
    assert (the_class(class_id).seats_taken, the_class(class_id).queued) == (1, 2)
    assert [n.kind for n in told()] == ["booked", "queued", "queued"]


def test_an_owner_books_several_in_one_act(app: Flask) -> None:
    class_id = makers.a_class(seats=3)
    outcome = makers.book(OWNER, class_id, SHEN, COLLEAGUE, NEWCOMER)
    assert {o.state for o in outcome} == {"booked"}
    assert len({booking_of(class_id, m).enrolment_id for m in (SHEN, COLLEAGUE, NEWCOMER)}) == 1
    assert [n.facts["by"] for n in told("booked")] == [OWNER.name] * 3


def test_a_person_named_twice_gets_one_seat(app: Flask) -> None:
    class_id = makers.a_class(seats=3)
    assert len(booking.book(actor(SHEN), class_id, [SHEN.id, SHEN.id])) == 1
    assert the_class(class_id).seats_taken == 1


def test_nobody_asks_for_nothing(app: Flask) -> None:
    with refused("nobody"):
        booking.book(actor(OWNER), makers.a_class(), [])


def test_unknown_people_and_classes_are_refused(app: Flask) -> None:
    class_id = makers.a_class()
    with refused("unknown_person"):
        booking.book(actor(OWNER), class_id, [SHEN.id, 9999])
    with refused("not_found"):
        makers.book(SHEN, 9999)
    assert states(class_id) == {}


def test_one_who_left_cannot_be_booked(app: Flask) -> None:
    class_id = makers.a_class()
    makers.leave(COLLEAGUE)
    with refused("unknown_person"):
        makers.book(OWNER, class_id, COLLEAGUE)


@pytest.mark.parametrize(("who", "whom"), [(SHEN, COLLEAGUE), (OWNER, STRANGER), (GAO, SHEN), (CHEN, CHEN)])
def test_one_books_for_oneself_and_owners_for_their_own(app: Flask, who: object, whom: object) -> None:
    class_id = makers.a_class()
    with refused("not_allowed"):
        makers.book(who, class_id, whom)  # type: ignore[arg-type]
    assert states(class_id) == {}


def test_one_foreign_person_spoils_the_whole_group(app: Flask) -> None:
    class_id = makers.a_class()
    with refused("not_allowed"):
        makers.book(OWNER, class_id, SHEN, STRANGER)
    assert states(class_id) == {}
    assert told() == []


def test_booking_opens_and_closes_to_the_minute(app: Flask) -> None:
    opens, closes = makers.in_days(2), makers.in_days(5)
    class_id = makers.a_class(opens_at=opens, closes_at=closes)
    with at(opens - MINUTE), refused("not_open_yet", opens_at=opens):
        makers.book(SHEN, class_id)
    with at(opens):
        makers.book(SHEN, class_id)
    with at(closes - MINUTE):
        makers.book(LU, class_id)
    with at(closes), refused("closed"):
        makers.book(STRANGER, class_id)


def test_a_class_that_has_begun_cannot_be_booked(app: Flask) -> None:
    class_id = makers.a_class()
    with at(before_start(class_id, 0)), refused("begun"):
        makers.book(SHEN, class_id)


def test_a_class_that_was_called_off_cannot_be_booked(app: Flask) -> None:
    class_id = makers.a_class()
    booking.call_off(actor(GAO), class_id, "台风")
    with refused("called_off"):
        makers.book(SHEN, class_id)


def test_who_saw_another_hour_is_shown_the_change_first(app: Flask) -> None:
    class_id = makers.a_class()
    spans = [(makers.in_days(11), makers.in_days(11) + makers.HOUR)]
    booking.move(actor(GAO), class_id, spans, 3)
    with refused("class_changed"):
        booking.book(actor(SHEN), class_id, [SHEN.id], seen=1)
    assert booking.book(actor(SHEN), class_id, [SHEN.id], seen=2)[0].state == "booked"


@pytest.mark.parametrize("seats", [1, 2], ids=["waiting", "seated"])
def test_twice_in_one_class_is_refused(app: Flask, seats: int) -> None:
    class_id = makers.a_class(seats=seats)
    makers.book(LU, class_id)
    makers.book(SHEN, class_id)
    with refused("already_booked", person=(SHEN.name, "")):
        makers.book(SHEN, class_id)


def test_two_seats_at_one_hour_are_refused(app: Flask) -> None:
    first, second = makers.a_class(), makers.a_class(room=1)
    makers.book(SHEN, first)
    with refused("person_clash", person=(SHEN.name, "")):
        makers.book(SHEN, second)
    assert states(second) == {}


def test_a_clash_is_by_the_hour(app: Flask) -> None:
    first, after = makers.a_class(hour=9), makers.a_class(hour=12)
    overlapping = makers.a_class(hour=11, room=1)
    makers.book(SHEN, first)
    assert makers.book(SHEN, after)[0].state == "booked"
    with refused("person_clash"):
        makers.book(SHEN, overlapping)


def test_touching_hours_do_not_clash(app: Flask) -> None:
    nine, ten = makers.in_days(10, 9), makers.in_days(10, 10)
    first = makers.a_class(sittings=[(nine, ten)])
    second = makers.a_class(sittings=[(ten, ten + makers.HOUR)])
    makers.book(SHEN, first)
    assert makers.book(SHEN, second)[0].state == "booked"


def test_any_sitting_can_clash(app: Flask) -> None:
    days = [(makers.in_days(d), makers.in_days(d) + makers.HOUR) for d in (10, 11)]
    first, second = makers.a_class(sittings=days), makers.a_class(sittings=days[1:], room=1)
    makers.book(SHEN, first)
    with refused("person_clash"):
        makers.book(SHEN, second)


def test_one_may_queue_at_two_hours_but_sit_in_one(app: Flask) -> None:
    first, second = makers.a_class(seats=1), makers.a_class(seats=1, room=1)
    makers.book(LU, first)
    makers.book(STRANGER, second)
    assert makers.book(SHEN, first)[0].state == makers.book(SHEN, second)[0].state == "queued"
    makers.cancel(first, LU)
    makers.cancel(second, STRANGER)
    assert (states(first)[SHEN.id], states(second)[SHEN.id]) == ("booked", "queued")


def test_a_group_larger_than_the_class_is_refused(app: Flask) -> None:
    class_id = makers.a_class(seats=2)
    with refused("group_too_large", capacity=2, people=3):
        makers.book(OWNER, class_id, SHEN, COLLEAGUE, NEWCOMER)


def test_a_refused_booking_leaves_nothing_behind(app: Flask) -> None:
    class_id = makers.a_class()
    makers.book(SHEN, class_id)
    with refused("already_booked"):
        makers.book(OWNER, class_id, COLLEAGUE, SHEN)
    assert states(class_id) == {SHEN.id: "booked"}
    assert the_class(class_id).last_order_no == 1
    assert len(told()) == 1


def key(body: bytes = b"{}", who: int = SHEN.id) -> RequestKey:
    return RequestKey(who, "bookings.create", "k-1", body)


def test_the_same_key_gets_the_same_answer(app: Flask) -> None:
    class_id = makers.a_class()
    first = booking.book(actor(SHEN), class_id, [SHEN.id], request_key=key())
    assert booking.book(actor(SHEN), class_id, [SHEN.id], request_key=key()) == first
    assert db.session.scalar(select(func.count(Booking.id))) == 1
    assert len(told()) == 1


def test_a_key_is_for_one_request(app: Flask) -> None:
    class_id = makers.a_class()
    booking.book(actor(SHEN), class_id, [SHEN.id], request_key=key())
    with refused("key_reused"):
        booking.book(actor(SHEN), class_id, [SHEN.id], request_key=key(b'{"people": [1]}'))
    assert booking.book(actor(LU), class_id, [LU.id], request_key=key(who=LU.id))[0].person == LU.id


def test_a_key_of_yesterday_is_forgotten(app: Flask) -> None:
    class_id = makers.a_class()
    booking.book(actor(SHEN), class_id, [SHEN.id], request_key=key())
    with at(clock.now() + KEPT_FOR + MINUTE), refused("already_booked"):
        booking.book(actor(SHEN), class_id, [SHEN.id], request_key=key())


def test_a_refused_request_keeps_no_answer(app: Flask) -> None:
    class_id = makers.a_class(opens_at=makers.in_days(2))
    with refused("not_open_yet"):
        booking.book(actor(SHEN), class_id, [SHEN.id], request_key=key())
    with at(makers.in_days(3)):
        assert booking.book(actor(SHEN), class_id, [SHEN.id], request_key=key())[0].state == "booked"


# Cancelling


def test_a_cancelled_seat_is_free_again(app: Flask) -> None:
    class_id = makers.a_class(seats=1)
    makers.book(SHEN, class_id)
    makers.cancel(class_id, SHEN)
    assert the_class(class_id).seats_taken == 0
    assert booking_of(class_id, SHEN).reason == "asked"
    assert [n.facts["calendar"]["method"] for n in told("cancelled")] == ["CANCEL"]
    assert makers.book(SHEN, class_id)[0].state == "booked"


def test_leaving_the_queue_closes_it_up_and_writes_no_mail(app: Flask) -> None:
    class_id = makers.a_class(seats=1)
    for member in (LU, SHEN, STRANGER):
        makers.book(member, class_id)
    makers.cancel(class_id, SHEN)
    assert the_class(class_id).queued == 1
    assert told("cancelled") == []
    assert makers.book(SHEN, class_id)[0].place == 2


def test_after_the_deadline_it_counts_as_late(app: Flask) -> None:
    class_id = makers.a_class()
    for member in (SHEN, LU):
        makers.book(member, class_id)
    with at(the_class(class_id).cancel_until):
        makers.cancel(class_id, SHEN)
    with at(the_class(class_id).cancel_until + MINUTE):
        makers.cancel(class_id, LU)
    assert [booking_of(class_id, m).reason for m in (SHEN, LU)] == ["asked", "late"]
    assert [e.what for e in makers.events(class_id)][-2:] == ["cancelled", "cancelled_late"]


def test_leaving_the_queue_is_never_late(app: Flask) -> None:
    class_id = makers.a_class(seats=1)
    makers.book(LU, class_id)
    makers.book(SHEN, class_id)
    with at(before_start(class_id, 30)):
        makers.cancel(class_id, SHEN)
    assert booking_of(class_id, SHEN).reason == "asked"


def test_what_cannot_be_cancelled(app: Flask) -> None:
    class_id = makers.a_class()
    makers.book(SHEN, class_id)
    number = booking_of(class_id, SHEN).id
    with refused("not_found"):
        booking.cancel(actor(SHEN), 9999)
    with at(before_start(class_id, 0)), refused("begun"):
        booking.cancel(actor(SHEN), number)
    booking.cancel(actor(SHEN), number)
    with refused("not_cancellable"):
        booking.cancel(actor(SHEN), number)
    booking.call_off(actor(GAO), class_id, "台风")
    with refused("called_off"):
        booking.cancel(actor(SHEN), number)


@pytest.mark.parametrize("who", [STRANGER, COLLEAGUE, LU, OTHER_OFFICER, BUREAU, CHEN])
def test_for_a_stranger_there_is_no_booking(app: Flask, who: object) -> None:
    class_id = makers.a_class()
    makers.book(SHEN, class_id)
    with refused("not_found"):
        makers.cancel(class_id, SHEN, by=who)  # type: ignore[arg-type]
    assert states(class_id) == {SHEN.id: "booked"}


@pytest.mark.parametrize("who", [OWNER, GAO])
def test_the_owner_and_the_officer_may_cancel_and_the_person_is_told_by_whom(app: Flask, who: object) -> None:
    class_id = makers.a_class(seats=1)
    makers.book(SHEN, class_id)
    makers.book(COLLEAGUE, class_id)
    for member in (COLLEAGUE, SHEN):
        makers.cancel(class_id, member, by=who)  # type: ignore[arg-type]
    assert [(n.person_id, n.facts["by"]) for n in told("cancelled")] == [
        (m.id, who.name)  # type: ignore[attr-defined]
        for m in (COLLEAGUE, SHEN)
    ]


def test_a_cancellation_takes_back_what_waits_to_be_said(app: Flask) -> None:
    class_id = makers.a_class()
    makers.book(SHEN, class_id)
    makers.cancel(class_id, SHEN)
    assert [(n.kind, n.state) for n in told()] == [("booked", "withdrawn"), ("cancelled", "waiting")]


# Taking a cancellation back


def test_undo_gives_the_seat_back(app: Flask) -> None:
    class_id = makers.a_class(seats=1)
    makers.book(SHEN, class_id)
    makers.cancel(class_id, SHEN)
    makers.undo(class_id, SHEN)
    assert states(class_id) == {SHEN.id: "booked"}
    assert the_class(class_id).seats_taken == 1
    assert [(n.kind, n.state) for n in told()][-2:] == [("cancelled", "withdrawn"), ("booked", "waiting")]
    sequences = [n.facts["calendar"]["sequence"] for n in told()]
    assert sequences == sorted(set(sequences))
    assert faults() == []


def test_undo_can_be_done_again_and_again(app: Flask) -> None:
    class_id = makers.a_class(seats=1)
    makers.book(SHEN, class_id)
    for _ in range(3):
        makers.cancel(class_id, SHEN)
        makers.undo(class_id, SHEN)
    assert states(class_id) == {SHEN.id: "booked"}
    assert len(told("booked")) == 4


def test_undo_gives_the_old_place_in_the_queue_back(app: Flask) -> None:
    class_id = makers.a_class(seats=1)
    for member in (LU, SHEN, STRANGER):
        makers.book(member, class_id)
    makers.cancel(class_id, SHEN)
    makers.undo(class_id, SHEN)
    assert the_class(class_id).queued == 2
    makers.cancel(class_id, LU)
    assert states(class_id) == {LU.id: "cancelled", SHEN.id: "booked", STRANGER.id: "queued"}


def test_whose_place_was_cancelled_by_another_hears_that_it_is_back(app: Flask) -> None:
    class_id = makers.a_class(seats=1)
    makers.book(LU, class_id)
    makers.book(SHEN, class_id)
    makers.cancel(class_id, SHEN, by=OWNER)
    makers.undo(class_id, SHEN, by=OWNER)
    assert [(n.kind, n.facts["by"]) for n in told(person=SHEN.id)][-1] == ("queued", OWNER.name)


def test_undo_ends_when_someone_else_was_promoted(app: Flask) -> None:
    class_id = makers.a_class(seats=1)
    makers.book(SHEN, class_id)
    makers.book(LU, class_id)
    makers.cancel(class_id, SHEN)
    with refused("cannot_undo"):
        makers.undo(class_id, SHEN)
    makers.cancel(class_id, LU)
    with refused("cannot_undo"):  # the seat is free again, but it was someone else's meanwhile
        makers.undo(class_id, SHEN)


def test_undo_ends_when_the_seat_was_booked_anew(app: Flask) -> None:
    class_id = makers.a_class(seats=1)
    makers.book(SHEN, class_id)
    makers.cancel(class_id, SHEN)
    makers.book(LU, class_id)
    with refused("cannot_undo"):
        makers.undo(class_id, SHEN)


def test_undo_does_not_split_a_group(app: Flask) -> None:
    class_id = makers.a_class(seats=2)
    makers.book(LU, class_id)
    makers.book(OWNER, class_id, SHEN, COLLEAGUE)
    makers.cancel(class_id, COLLEAGUE)  # and so the rest of the group fits
    assert states(class_id)[SHEN.id] == "booked"
    with refused("cannot_undo"):
        makers.undo(class_id, COLLEAGUE)
    assert faults() == []


def test_what_cannot_be_undone(app: Flask) -> None:
    class_id = makers.a_class()
    makers.book(SHEN, class_id)
    with refused("not_cancellable"):
        makers.undo(class_id, SHEN)
    makers.cancel(class_id, SHEN)
    with at(before_start(class_id, 0)), refused("begun"):
        makers.undo(class_id, SHEN)
    first = booking_of(class_id, SHEN).id
    makers.book(SHEN, class_id)
    with refused("already_booked"):
        booking.undo_cancel(actor(SHEN), first)
    with refused("not_found"):
        booking.undo_cancel(actor(STRANGER), first)
    booking.call_off(actor(GAO), class_id, "台风")
    with refused("called_off"):
        booking.undo_cancel(actor(SHEN), first)


def test_undo_does_not_make_two_seats_at_one_hour(app: Flask) -> None:
    first, second = makers.a_class(), makers.a_class(room=1)
    makers.book(SHEN, first)
    makers.cancel(first, SHEN)
    makers.book(SHEN, second)
    with refused("person_clash"):
        makers.undo(first, SHEN)


# The transaction itself


def test_an_action_inside_an_action_is_a_fault(app: Flask) -> None:
    from courses.ground.transaction import transaction

    with transaction(), pytest.raises(RuntimeError, match="inside"), transaction():
        pass


def test_changes_made_outside_an_action_are_a_fault(app: Flask) -> None:
    who, person = actor(SHEN), db.session.get(Person, SHEN.id)
    assert person
    person.name = "x"
    with pytest.raises(RuntimeError, match="unsaved"):
        booking.book(who, 1, [SHEN.id])
    db.session.rollback()


def test_an_error_undoes_everything(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    class_id = makers.a_class()
    with monkeypatch.context() as broken:
        broken.setattr(sys.modules["courses.booking.actions.book"], "tell", lambda *a, **k: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            makers.book(SHEN, class_id)
    assert states(class_id) == {}
    assert the_class(class_id).seats_taken == 0
    assert makers.book(SHEN, class_id)[0].state == "booked"


def test_the_database_itself_refuses_one_seat_too_many(app: Flask) -> None:
    from sqlalchemy.exc import IntegrityError

    class_id = makers.a_class(seats=1)
    for wrong in (2, -1):
        the_class(class_id).seats_taken = wrong
        with pytest.raises(IntegrityError, match="seats_within_capacity"):
            db.session.commit()
        db.session.rollback()


def test_every_refusal_is_a_known_one(app: Flask) -> None:
    with pytest.raises(KeyError):
        _ = Refusal("no_such_code").status
