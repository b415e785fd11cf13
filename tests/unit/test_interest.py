"""Tell me when there is one: asked for, taken back, told once, and only to those it concerns."""

import pytest
from flask import Flask
from sqlalchemy import func, select

from courses.catalogue import demand
from courses.catalogue.actions import archive, ask_to_be_told, publish, publish_draft, save_draft, take_back_asking
from courses.catalogue.model import Interest
from courses.ground import clock
from courses.ground.db import db
from courses.people.model import Person
from tests import makers
from tests.conftest import Client
from tests.makers import a_plan, actor, refused, told
from tests.people import CHEN, COLLEAGUE, GAO, INSPECTOR, LU, OWNER, SHEN, Member


def asking() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Interest)) or 0


def test_those_who_asked_are_told_once_of_the_first_class(app: Flask) -> None:
    for who in (SHEN, OWNER, LU):
        ask_to_be_told(actor(who), 1)
    ask_to_be_told(actor(SHEN), 1)
    ask_to_be_told(actor(COLLEAGUE), 2)
    take_back_asking(actor(LU), 1)
    take_back_asking(actor(LU), 1)
    class_id = makers.a_class()
    notices = told("interest")
    assert {n.person_id for n in notices} == {SHEN.id, OWNER.id}
    assert {n.class_id for n in notices} == {class_id}
    assert all(n.facts["path"] == f"/classes/{class_id}" for n in notices)
    makers.a_class(days=20)
    assert len(told("interest")) == 2, "the telling ended their asking"
    ask_to_be_told(actor(SHEN), 1)
    third = makers.a_class(days=30)
    assert [n.class_id for n in told("interest", SHEN.id)] == [class_id, third]
    assert asking() == 1, "the colleague waits for another course"


def test_a_notice_is_of_no_use_when_booking_has_closed(app: Flask) -> None:
    ask_to_be_told(actor(SHEN), 1)
    class_id = makers.a_class(closes_at=makers.in_days(5))
    [notice] = told("interest")
    assert notice.expires_at == makers.the_class(class_id).closes_at


def test_a_draft_tells_nobody_until_it_is_published(app: Flask) -> None:
    ask_to_be_told(actor(SHEN), 1)
    draft = save_draft(actor(GAO), a_plan())
    assert told("interest") == []
    publish_draft(actor(GAO), draft)
    assert [n.class_id for n in told("interest")] == [draft]


def test_what_is_refused_tells_nobody(app: Flask) -> None:
    ask_to_be_told(actor(SHEN), 1)
    with refused("in_the_past"):
        publish(actor(GAO), a_plan(days=-3))
    assert told("interest") == []
    assert asking() == 1


def test_who_has_left_is_told_nothing(app: Flask) -> None:
    ask_to_be_told(actor(SHEN), 1)
    makers.leave(SHEN)
    makers.a_class()
    assert told("interest") == []


def test_who_has_no_address_reads_it_on_the_page(app: Flask) -> None:
    ask_to_be_told(actor(SHEN), 1)
    from courses.ground.transaction import transaction

    with transaction():
        person = db.session.get(Person, SHEN.id)
        assert person
        person.email, person.mobile = None, "+8613800138000"
    makers.a_class()
    [notice] = told("interest")
    assert (notice.channel, notice.state) == ("page", "sent")


@pytest.mark.parametrize("who", [GAO, CHEN, INSPECTOR])
def test_only_those_who_learn_ask(app: Flask, who: Member) -> None:
    with refused("not_allowed"):
        ask_to_be_told(actor(who), 1)


def test_a_course_that_is_not_there(app: Flask) -> None:
    with refused("not_found"):
        ask_to_be_told(actor(SHEN), 99)


def test_the_page_asks_and_takes_back(app: Flask, client: Client) -> None:
    page = client.as_(SHEN, lang="en").get("/courses/1").text
    assert "Tell me when there is one" in page
    assert client.post("/courses/1/interest").status_code == 303
    page = client.get("/courses/1").text
    assert "You are told by mail" in page
    assert "Tell me when there is one" not in page
    assert "1 person waits" not in page, "that is for those who publish"
    assert "1 person waits" in client.as_(GAO).get("/courses/1").text
    assert "Tell me" not in client.get("/courses/1").text
    assert client.as_(SHEN).post("/courses/1/interest/withdrawal").status_code == 303
    assert asking() == 0
    assert client.post("/courses/99/interest").status_code == 404
    stranger = client.as_(None).get("/courses/1").text
    assert "/sign-in?next=/courses/1" in stranger or "/sign-in?next=%2Fcourses%2F1" in stranger


def test_with_a_class_in_sight_one_can_ask_for_another(app: Flask, client: Client) -> None:
    makers.a_class()
    page = client.as_(SHEN, lang="en").get("/courses/1").text
    assert "Tell me when there is another" in page


def wish(member: Member, course: int = 1) -> tuple[list[int], list[str]]:
    db.session.rollback()
    found = db.session.get(Interest, (course, member.id), populate_existing=True)
    assert found
    return found.towns, found.half_days


def test_what_suits_is_kept_and_changed(app: Flask) -> None:
    ask_to_be_told(actor(SHEN), 1, [2, 1], ["tue_afternoon", "mon_morning"])
    assert wish(SHEN) == ([1, 2], ["mon_morning", "tue_afternoon"])
    ask_to_be_told(actor(SHEN), 1, [2])
    assert wish(SHEN) == ([2], [])
    assert asking() == 1


@pytest.mark.parametrize(("towns", "half_days"), [([99], []), ([1, 99], []), ([], ["mon_night"])])
def test_a_town_or_half_day_that_there_is_not(app: Flask, towns: list[int], half_days: list[str]) -> None:
    with refused("malformed"):
        ask_to_be_told(actor(SHEN), 1, towns, half_days)
    assert asking() == 0


def test_who_names_nothing_is_suited_by_all(app: Flask) -> None:
    ask_to_be_told(actor(SHEN), 1, [1], ["mon_morning", "wed_morning"])
    ask_to_be_told(actor(OWNER), 1, [1, 2], ["wed_morning"])
    ask_to_be_told(actor(LU), 1)
    ask_to_be_told(actor(COLLEAGUE), 2, [2])
    found = demand.demand(1)
    assert found.people == 3
    assert [(town.id, town.people) for town in found.towns] == [(1, 3), (2, 2)]
    assert found.half_days == {"wed_morning": 3, "mon_morning": 2}
    assert list(found.half_days) == ["wed_morning", "mon_morning"], "what suits most comes first"
    assert [(row.id, row.people) for row in demand.wanted_most()] == [(1, 3), (2, 1)]


def test_where_nobody_asks_nothing_is_wanted(app: Flask) -> None:
    assert demand.demand(1) == demand.Demand(0, [], {})
    ask_to_be_told(actor(LU), 1)
    assert demand.demand(1) == demand.Demand(1, [], {})


def test_an_archived_course_is_not_among_those_to_plan(app: Flask) -> None:
    ask_to_be_told(actor(LU), 1)
    archive(actor(GAO), 1)
    assert demand.wanted_most() == []


def test_the_page_takes_what_suits(app: Flask, client: Client) -> None:
    client.as_(SHEN, lang="en").post("/courses/1/interest", data={"towns": ["2"], "half_days": ["sat_morning"]})
    assert wish(SHEN) == ([2], ["sat_morning"])
    page = client.get("/courses/1").text
    assert "Sat morning" in page.partition("You are told by mail")[2].partition("<form")[0]
    wrong = client.post("/courses/1/interest", data={"towns": ["99"]})
    assert (wrong.status_code, "Choose only from those offered." in wrong.text) == (422, True)
    assert wish(SHEN) == ([2], ["sat_morning"])


def test_the_officer_sees_numbers_where_a_class_is_planned(app: Flask, client: Client) -> None:
    ask_to_be_told(actor(SHEN), 1, [2], ["sat_morning"])
    ask_to_be_told(actor(LU), 1)
    client.as_(GAO, lang="en")
    for path in ("/courses/1", "/courses/1/classes/new"):
        page = client.get(path).text
        assert "2 people wait" in page
        assert "Maqiao 2" in page
        assert "Sat morning 2" in page
        assert SHEN.name not in page
    assert "2 people wait" in client.get("/classes/new").text


def test_asking_leaves_its_moment(app: Flask) -> None:
    moment = clock.now().replace(microsecond=0)
    with makers.at(moment):
        ask_to_be_told(actor(SHEN), 1)
    found = db.session.get(Interest, (1, SHEN.id))
    assert found
    assert found.made_at == moment
