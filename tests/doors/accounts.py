"""What the tests of accounts share: signing in, the links that were mailed or shown, who someone is by now."""

import re
from html import unescape
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from courses.accounts.queries import actor_of_token, token_of
from courses.ground.db import db
from courses.ground.transaction import transaction
from courses.outbox.render import render
from courses.people.model import Person
from courses.people.queries import city
from courses.people.rights import Actor
from tests import makers
from tests.conftest import Client
from tests.people import PASSWORD, SHEN, Member

NEW = "three-green-kettles"
MOBILE = "13800138000"


def sign_in(client: Client, login: str = SHEN.email, password: str = PASSWORD, **more: str) -> Any:
    return client.post("/sign-in", data={"login": login, "password": password, **more})


def another(app: Flask) -> Client:
    browser = app.test_client()
    assert isinstance(browser, Client)
    return browser


def person(id: int) -> Person:
    db.session.rollback()
    return db.session.get_one(Person, id, populate_existing=True)


def count(column: Any) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count(column))) or 0


def speaks_for(token: str) -> Actor | None:
    db.session.rollback()
    found = token_of(token)
    return actor_of_token(found) if found else None


def newest() -> Person:
    db.session.rollback()
    found = db.session.scalar(select(Person).order_by(Person.id.desc()).limit(1))
    assert found is not None
    return found


def with_mobile(member: Member = SHEN) -> None:
    with transaction():
        db.session.get_one(Person, member.id).mobile = "+8613800138000"


def is_in(client: Client) -> bool:
    return bool(client.get("/profile").status_code == 200)


def mailed_link(app: Flask, kind: str, id: int) -> str:
    """Return the path of the link in the latest mail of this kind, as its reader gets it."""
    notice = makers.told(kind, id)[-1]
    message = render(notice, person(id), city(), app.config["SETTINGS"])
    found = re.search(r"http://localhost(/\S+)", message.text)
    assert found
    return found[1]


def shown_link(response: Any) -> str:
    found = re.search(r'value="http://localhost(/[^"]+)"', response.text)
    assert found
    return unescape(found[1])
