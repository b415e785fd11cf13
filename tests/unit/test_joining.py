"""Asking to join an enterprise: who decides, what follows, and what nobody learns from it."""

import pytest
from flask import Flask
from sqlalchemy import func, select

from courses.enterprise import actions, queries
from courses.enterprise.actions.join import Asking
from courses.enterprise.model import Answer, JoinRequest
from courses.ground.db import db
from courses.people.model import Enterprise, Person, Post, Role
from tests import makers
from tests.makers import actor, refused, told
from tests.people import ADMINISTRATOR, ASSOCIATION, GAO, INSPECTOR, OTHER_OFFICER, OWNER, SHEN, Member

NEW_CODE = "91330481DN0000017T"


def ask(code: str = makers.CODES[1], **more: object) -> int:
    said = {"enterprise_name": "乙", "town_id": 2, "role": Role.MANAGER, "name": "田野", "email": "tian@test.example"}
    return actions.ask_to_join(Asking(credit_code=code, **{**said, **more}))  # type: ignore[arg-type]


def request_of(id_: int) -> JoinRequest:
    db.session.rollback()
    return db.session.get_one(JoinRequest, id_, populate_existing=True)


def test_a_known_enterprise_is_decided_in_its_own_town(app: Flask) -> None:
    id_ = ask()
    assert request_of(id_).town_id == 1  # not the one that was named
    assert [row.id for row in queries.joinings({1}, "", "", 0, 9)] == [id_]
    assert queries.joinings({2}, "", "", 0, 9) == []


@pytest.mark.parametrize("member", [GAO, ASSOCIATION, ADMINISTRATOR])
def test_confirming_gives_the_post_and_invites(app: Flask, member: Member) -> None:
    invited = actions.confirm_joining(actor(member), ask())
    person = db.session.scalars(select(Person).where(Person.email == "tian@test.example")).one()
    assert invited.id == person.id
    [post] = db.session.scalars(select(Post).where(Post.person_id == person.id))
    assert (post.role, post.enterprise_id) == ("manager", 2)
    assert [n.kind for n in told(person=person.id)] == ["invitation"]


def test_a_new_enterprise_is_registered_when_it_is_confirmed_not_before(app: Flask) -> None:
    id_ = ask(NEW_CODE, enterprise_name="丁新材料有限公司", role=Role.OWNER)
    count = select(func.count()).select_from(Enterprise)
    assert db.session.scalar(count) == 3
    with refused("not_found"):
        actions.confirm_joining(actor(GAO), id_)  # of another town
    actions.confirm_joining(actor(OTHER_OFFICER), id_)
    new = db.session.scalars(select(Enterprise).where(Enterprise.credit_code == NEW_CODE)).one()
    assert (new.name_zh, new.town_id) == ("丁新材料有限公司", 2)
    second = ask(NEW_CODE, name="石磊", email="shi@test.example")
    actions.confirm_joining(actor(OTHER_OFFICER), second)  # the same enterprise, not another
    assert db.session.scalar(count) == 4


def test_refusing_keeps_the_reason_and_writes_nobody_down(app: Flask) -> None:
    id_ = ask()
    before = db.session.scalar(select(func.count()).select_from(Person))
    actions.refuse_joining(actor(GAO), id_, "电话无人接听")
    found = request_of(id_)
    assert (found.state, found.reason, found.decided_by) == (Answer.REFUSED, "电话无人接听", GAO.id)
    assert db.session.scalar(select(func.count()).select_from(Person)) == before


def test_a_request_is_decided_once(app: Flask) -> None:
    id_ = ask()
    actions.confirm_joining(actor(GAO), id_)
    with refused("already_decided"):
        actions.refuse_joining(actor(ASSOCIATION), id_, "x")
    with refused("already_decided"):
        actions.confirm_joining(actor(GAO), id_)


@pytest.mark.parametrize("member", [SHEN, OWNER, OTHER_OFFICER, INSPECTOR])
def test_nobody_else_decides(app: Flask, member: Member) -> None:
    id_ = ask()
    with refused("not_found"):
        actions.confirm_joining(actor(member), id_)
    with refused("not_found"):
        actions.refuse_joining(actor(member), id_, "x")


def test_who_has_an_account_elsewhere_is_named_to_the_officer_alone(app: Flask) -> None:
    id_ = ask(email=SHEN.email)  # asking tells nothing
    with refused("email_taken"):
        actions.confirm_joining(actor(GAO), id_)
    assert request_of(id_).state == Answer.WAITING


def test_the_same_request_again_is_that_one(app: Flask) -> None:
    assert ask() == ask()
    assert ask(email="other@test.example") != ask()


def test_a_contact_asks_five_times_in_a_quarter_of_an_hour(app: Flask) -> None:
    for _ in range(5):
        ask()
    with refused("asked_too_often"):
        ask()
    with refused("asked_too_often"):
        ask(NEW_CODE)
    with makers.at(makers.in_days(1)):
        ask()


def test_someone_without_any_contact_cannot_be_invited(app: Flask) -> None:
    with refused("no_contact"):
        ask(email=None)
