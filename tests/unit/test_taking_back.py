"""Undo where nothing has been told yet; other lecturers; the reason for calling off in two languages."""

import datetime as dt

from flask import Flask
from sqlalchemy import update

from courses.booking import actions as booking
from courses.catalogue import queries as catalogue
from courses.catalogue.actions import publish_draft, save_draft
from courses.ground import clock
from courses.ground.db import db
from courses.ground.language import speaking
from courses.ground.transaction import transaction
from courses.outbox.model import Fate, Notice
from courses.outbox.render import render
from tests import makers
from tests.conftest import Client
from tests.makers import actor, events, in_days, refused, the_class, told
from tests.people import CHEN, GAO, LU, OTHER_LECTURER, OTHER_OFFICER, SHEN

DAY = dt.timedelta(days=1)


def move(class_id: int, days: float = 1, room: int = 3) -> None:
    spans = [(start + days * DAY, end + days * DAY) for start, end in catalogue.spans_of(the_class(class_id))]
    booking.move(actor(GAO), class_id, spans, room)


def test_a_publication_is_taken_back_and_made_again(app: Flask) -> None:
    class_id = makers.a_class()
    booking.take_back(actor(GAO), class_id)
    assert (the_class(class_id).state, the_class(class_id).published_at) == ("draft", None)
    with refused("not_found"):
        makers.book(SHEN, class_id)
    publish_draft(actor(GAO), class_id)
    assert the_class(class_id).state == "published"
    booking.take_back(actor(GAO), class_id)
    booking.discard(actor(GAO), class_id)
    assert events(class_id) == []


def test_what_someone_asked_for_is_not_taken_back(app: Flask) -> None:
    class_id = makers.a_class()
    makers.book(SHEN, class_id)
    makers.cancel(class_id, SHEN)
    for act in (booking.take_back, booking.undo_change):
        with refused("already_told"):
            act(actor(GAO), class_id)
    assert the_class(class_id).state == "published"


def test_what_a_lecturer_was_told_is_not_taken_back(app: Flask) -> None:
    class_id = makers.a_class(lecturers=[CHEN.id])
    move(class_id)
    assert told("moved", CHEN.id)
    for act in (booking.take_back, booking.undo_change):
        with refused("already_told"):
            act(actor(GAO), class_id)


def test_only_the_own_squadron_takes_back_and_not_once_it_has_begun(app: Flask) -> None:
    class_id = makers.a_class()
    for act in (booking.take_back, booking.undo_change):
        with refused("not_allowed"):
            act(actor(OTHER_OFFICER), class_id)
        with makers.at(makers.before_start(class_id, -1)), refused("begun"):
            act(actor(GAO), class_id)


def test_a_move_is_undone_with_all_that_moved_along(app: Flask) -> None:
    class_id = makers.a_class(seats=10, opens_at=in_days(5))
    before = the_class(class_id)
    was = (before.starts_at, before.ends_at, before.room_id, before.opens_at, before.closes_at, before.cancel_until)
    move(class_id, days=-2, room=2)
    booking.undo_change(actor(GAO), class_id)
    now = the_class(class_id)
    assert (now.starts_at, now.ends_at, now.room_id, now.opens_at, now.closes_at, now.cancel_until) == was
    assert now.schedule_no == 3, "calendars must see a newer number"
    assert catalogue.spans_of(now) == [was[:2]]
    with refused("nothing_to_undo"):
        booking.undo_change(actor(GAO), class_id)


def test_a_resize_is_undone(app: Flask) -> None:
    class_id = makers.a_class(seats=10)
    booking.resize(actor(GAO), class_id, 4)
    booking.undo_change(actor(GAO), class_id)
    assert the_class(class_id).capacity == 10


def test_a_move_is_not_undone_into_a_place_that_was_taken(app: Flask) -> None:
    class_id = makers.a_class()
    move(class_id)
    makers.a_class()
    with refused("room_clash"):
        booking.undo_change(actor(GAO), class_id)
    assert clock.local(the_class(class_id).starts_at).date() == clock.local(in_days(11)).date()


def test_a_move_is_not_undone_into_the_past(app: Flask) -> None:
    class_id = makers.a_class(days=2)
    move(class_id, days=5)
    with makers.at(in_days(3)), refused("in_the_past"):
        booking.undo_change(actor(GAO), class_id)


def all_sent() -> None:
    with transaction():
        db.session.execute(update(Notice).values(state=Fate.SENT))


def test_others_teach_and_those_booked_are_not_told(app: Flask) -> None:
    class_id = makers.a_class(lecturers=[CHEN.id])
    makers.book(SHEN, class_id)
    all_sent()
    before = len(told())
    booking.change_lecturers(actor(GAO), class_id, [OTHER_LECTURER.id])
    assert [t.id for t in catalogue.lecturers_of(class_id)] == [OTHER_LECTURER.id]
    assert [(t.kind, t.person_id) for t in told()[before:]] == [
        ("teaching", OTHER_LECTURER.id),
        ("not_teaching", CHEN.id),
    ]
    [event] = events(class_id, "lecturers_changed")
    assert event.facts == {"before": [CHEN.id], "after": [OTHER_LECTURER.id]}


def test_who_is_to_teach_is_told_when_a_class_is_published(app: Flask) -> None:
    class_id = makers.a_class(lecturers=[CHEN.id, OTHER_LECTURER.id])
    notices = told("teaching")
    assert {n.person_id for n in notices} == {CHEN.id, OTHER_LECTURER.id}
    assert {n.facts["path"] for n in notices} == {f"/classes/{class_id}"}
    assert {n.expires_at for n in notices} == {the_class(class_id).ends_at}


def test_who_stays_hears_nothing_and_who_comes_back_is_told_again(app: Flask) -> None:
    class_id = makers.a_class(lecturers=[CHEN.id])
    all_sent()
    for ids in ([CHEN.id, OTHER_LECTURER.id], [OTHER_LECTURER.id], [CHEN.id, OTHER_LECTURER.id]):
        with makers.at(clock.now() + len(told()) * dt.timedelta(seconds=1)):
            booking.change_lecturers(actor(GAO), class_id, ids)
        all_sent()
    assert [(n.kind, n.person_id) for n in told()] == [
        ("teaching", CHEN.id),
        ("teaching", OTHER_LECTURER.id),
        ("not_teaching", CHEN.id),
        ("teaching", CHEN.id),
    ]


def test_what_has_not_gone_out_yet_is_withdrawn_instead(app: Flask) -> None:
    class_id = makers.a_class(lecturers=[CHEN.id])
    booking.change_lecturers(actor(GAO), class_id, [OTHER_LECTURER.id])
    assert [(n.person_id, n.state) for n in told("teaching")] == [
        (CHEN.id, "withdrawn"),
        (OTHER_LECTURER.id, "waiting"),
    ]


def test_a_class_that_has_a_lecturer_keeps_one(app: Flask) -> None:
    class_id = makers.a_class(lecturers=[CHEN.id])
    with makers.refused("no_lecturer"):
        booking.change_lecturers(actor(GAO), class_id, [])


def test_a_class_taken_back_is_no_longer_to_be_taught(app: Flask, client: Client) -> None:
    class_id = makers.a_class(lecturers=[CHEN.id])
    all_sent()
    booking.take_back(actor(GAO), class_id)
    assert [(n.kind, n.person_id, n.facts.get("taken_back")) for n in told()] == [
        ("teaching", CHEN.id, None),
        ("not_teaching", CHEN.id, True),
    ]
    booking.discard(actor(GAO), class_id)
    page = client.as_(CHEN).get("/notices")
    assert page.status_code == 200
    assert "不再授课" in page.text


def test_a_draft_tells_its_lecturers_nothing_until_it_is_published(app: Flask) -> None:
    class_id = save_draft(actor(GAO), makers.a_plan(lecturers=[CHEN.id]))
    assert told() == []
    publish_draft(actor(GAO), class_id)
    assert [n.kind for n in told()] == ["teaching"]


def test_a_lecturer_who_teaches_elsewhere_is_refused(app: Flask) -> None:
    class_id = makers.a_class(lecturers=[CHEN.id])
    makers.a_class(room=1, lecturers=[OTHER_LECTURER.id])
    with refused("lecturer_clash"):
        booking.change_lecturers(actor(GAO), class_id, [OTHER_LECTURER.id])
    with refused("nothing_changed"):
        booking.change_lecturers(actor(GAO), class_id, [CHEN.id])
    with refused("not_found"):
        booking.change_lecturers(actor(GAO), class_id, [SHEN.id])
    with refused("not_allowed"):
        booking.change_lecturers(actor(OTHER_OFFICER), class_id, [])


def test_the_reason_is_read_in_the_readers_language(app: Flask) -> None:
    from courses.people.model import Person
    from courses.people.queries import city

    class_id = makers.a_class()
    makers.book(SHEN, class_id)
    makers.book(LU, class_id)
    booking.call_off(actor(GAO), class_id, "台风", reason_en="Typhoon")
    read = {}
    for notice in told("called_off"):
        person = makers.db.session.get_one(Person, notice.person_id)
        read[person.language] = render(notice, person, city(), app.config["SETTINGS"]).text
    assert "台风" in read["zh"]
    assert "Typhoon" in read["en"]
    assert "台风" not in read["en"]
    with speaking("en"):
        assert the_class(class_id).call_off_reason_en == "Typhoon"
