"""A class moved: each person booked is asked once whether the new time suits."""

import datetime as dt

from flask import Flask

from courses.booking import actions as booking
from courses.booking import asking
from courses.booking.model import Consent
from courses.desks.queries import faults
from tests import makers
from tests.makers import actor, at, before_start, booking_of, events, refused, states, the_class, told
from tests.people import COLLEAGUE, GAO, LU, OTHER_OFFICER, OWNER, SHEN, STRANGER, Member
from tests.unit.test_moving import move

NO_TIME = dt.timedelta()


def a_moved_class(seats: int = 1) -> int:
    class_id = makers.a_class(seats=seats)
    makers.book(SHEN, class_id)
    makers.book(LU, class_id)
    move(class_id)
    return class_id


def answer(class_id: int, yes: bool, by: Member = SHEN, door: str = "page") -> None:
    booking.answer(actor(by), booking_of(class_id, SHEN).id, yes, door)


def test_only_who_is_booked_is_asked_and_in_the_same_notice(app: Flask) -> None:
    class_id = a_moved_class()
    assert booking_of(class_id, SHEN).consent == Consent.ASKED
    assert booking_of(class_id, LU).consent is None  # waits in the queue
    asks = {notice.person_id: notice.facts.get("asks") for notice in told("moved")}
    assert asks == {SHEN.id: {"question": "new_time", "number": 2}, LU.id: None}


def test_another_room_asks_nothing(app: Flask) -> None:
    class_id = makers.a_class(seats=20)
    makers.book(SHEN, class_id)
    move(class_id, NO_TIME, room=2)
    assert booking_of(class_id, SHEN).consent is None
    assert "asks" not in told("moved")[0].facts


def test_another_room_asks_again_who_has_not_answered_since_the_earlier_mail_counts_no_more(app: Flask) -> None:
    class_id = a_moved_class(seats=2)
    booking.answer(actor(LU), booking_of(class_id, LU).id, True)
    move(class_id, NO_TIME, room=2)
    asks = {notice.person_id: notice.facts.get("asks") for notice in told("moved") if notice.facts.get("room_only")}
    assert asks == {SHEN.id: {"question": "new_time", "number": 3}, LU.id: None}


def test_a_yes_is_kept_and_a_further_move_asks_anew(app: Flask) -> None:
    class_id = a_moved_class()
    answer(class_id, yes=True)
    assert (booking_of(class_id, SHEN).consent, states(class_id)[SHEN.id]) == (Consent.YES, "booked")
    assert [event.actor_id for event in events(class_id, "time_suits")] == [SHEN.id]
    with refused("not_asked"):
        answer(class_id, yes=False)
    move(class_id)
    assert booking_of(class_id, SHEN).consent == Consent.ASKED


def test_a_no_frees_the_seat_for_the_next_and_is_never_late(app: Flask) -> None:
    class_id = a_moved_class()
    with at(before_start(class_id, 30)):
        answer(class_id, yes=False)
    given_up = booking_of(class_id, SHEN)
    assert (given_up.state, given_up.reason, given_up.consent) == ("cancelled", "new_time", Consent.NO)
    assert states(class_id)[LU.id] == "booked"
    assert [e.what for e in events(class_id) if e.booking_id == given_up.id] == [
        "booked",
        "time_does_not_suit",
        "cancelled",
    ]
    assert told("cancelled")[-1].facts["calendar"]["method"] == "CANCEL"
    assert faults() == []


def test_a_no_that_is_taken_back_is_no_more_a_no(app: Flask) -> None:
    class_id = makers.a_class()
    makers.book(SHEN, class_id)
    move(class_id)
    answer(class_id, yes=False)
    makers.undo(class_id, SHEN)
    assert (booking_of(class_id, SHEN).state, booking_of(class_id, SHEN).consent) == ("booked", None)


def test_silence_keeps_the_seat(app: Flask) -> None:
    class_id = a_moved_class()
    with at(before_start(class_id, 1)):
        booking.promote_waiting()
    assert states(class_id) == {SHEN.id: "booked", LU.id: "queued"}


def test_an_answer_to_an_older_question_changes_nothing(app: Flask) -> None:
    class_id = a_moved_class()
    number = told("moved", SHEN.id)[-1].facts["asks"]["number"]
    move(class_id)
    booking_id = booking_of(class_id, SHEN).id
    with refused("not_asked"):
        booking.answer(actor(SHEN), booking_id, False, "link", number)
    newer = told("moved", SHEN.id)[-1].facts["asks"]["number"]
    booking.answer(actor(SHEN), booking_id, True, "link", newer)
    assert booking_of(class_id, SHEN).consent == Consent.YES


def test_who_may_answer_for_another(app: Flask) -> None:
    class_id = a_moved_class()
    for by in (OWNER, GAO):
        answer(class_id, yes=True, by=by)
        assert booking_of(class_id, SHEN).consent == Consent.YES
        move(class_id)
    for by in (LU, COLLEAGUE, STRANGER, OTHER_OFFICER):
        with refused("not_found"):
            answer(class_id, yes=False, by=by)
    with refused("not_found"):
        booking.answer(actor(SHEN), 9999, True)
    assert states(class_id)[SHEN.id] == "booked"


def test_no_answer_is_taken_once_the_class_begins_or_is_called_off(app: Flask) -> None:
    class_id = a_moved_class()
    with at(the_class(class_id).starts_at), refused("begun"):
        answer(class_id, yes=False)
    booking.call_off(actor(GAO), class_id, "台风")
    with refused("called_off"):
        answer(class_id, yes=True)


def test_the_clash_is_named_to_whom_it_concerns(app: Flask) -> None:
    first, second = makers.a_class(days=10), makers.a_class(days=11, room=1, course=2)
    for member in (SHEN, LU):
        makers.book(member, first)
    makers.book(SHEN, second)
    move(first)
    said = {notice.person_id: notice.facts.get("clash") for notice in told("moved")}
    row = the_class(second)
    span = [row.starts_at.isoformat(), row.ends_at.isoformat()]
    assert said == {LU.id: None, SHEN.id: {"title_zh": "危险废物规范化管理", "title_en": "", "span": span}}


def test_the_officer_sees_who_said_what(app: Flask) -> None:
    class_id = makers.a_class()
    for member in (SHEN, LU, STRANGER):
        makers.book(member, class_id)
    assert asking.consents(class_id) == {}
    move(class_id)
    answer(class_id, yes=False)
    booking.answer(actor(LU), booking_of(class_id, LU).id, True)
    assert asking.consents(class_id) == {"no": 1, "yes": 1, "asked": 1}
