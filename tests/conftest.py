"""Fixtures: a fresh database per test, on SQLite and on PostgreSQL; real commits always.

The database is a copy of a template that holds the migrated tables and the cast (tests/people.py).
"""

import contextvars
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade

import config
from courses.app import create_app
from courses.ground import clock
from courses.ground.db import db
from courses.ground.kept import forget_all
from courses.ground.language import speaking
from tests import makers
from tests.databases import KINDS
from tests.people import Member

SETTINGS = {"MODE": "development", "SECRET_KEY": "k" * 40, "BASE_URL": "http://localhost"}


class Client(FlaskClient):
    """A browser of one person. Each request runs in a context of its own, as on a server."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        """Ask, and see of every page that no two of its elements have one id."""
        answer = contextvars.Context().run(super().open, *args, **kwargs)
        if answer.mimetype == "text/html":
            ids = Counter(re.findall(r'\sid="([^"]*)"', answer.text))
            assert ids.total() == len(ids), ids.most_common(3)
        return answer

    def as_(self, member: Member | None, lang: str | None = None) -> "Client":
        """Sign in as a member of the cast (None: sign out), without the password's cost."""
        with self.session_transaction() as session:
            session.clear()
            if member:
                session["_user_id"], session["_fresh"] = f"{member.id}:1", True
        if lang:
            self.set_cookie("lang", lang)
        return self


@pytest.fixture(autouse=True)
def in_the_first_city() -> Iterator[None]:
    """Use the first city's zone and language: the test before may have used others."""
    clock.use_zone("Asia/Shanghai")
    with speaking("zh"):
        yield


@pytest.fixture(scope="session")
def made() -> dict[str, Any]:
    """Keep the application and database of each kind, made when first asked for."""
    return {}


def _make(kind: str, folder: Path) -> tuple[Flask, Any]:
    database = KINDS[kind](folder)
    app = create_app(config.read({**SETTINGS, "INSTANCE": str(folder), "DATABASE_URL": database.url}))
    app.config["WTF_CSRF_ENABLED"] = False  # tests/doors/test_guard.py turns it on
    app.test_client_class = Client
    with app.app_context():
        upgrade()
        makers.a_town()
        db.session.remove()
        db.engine.dispose()
    database.make_template()
    return app, database


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def app(request: pytest.FixtureRequest, made: dict[str, Any], tmp_path_factory: Any) -> Iterator[Flask]:
    """The application on a fresh database, without mail, with its context pushed: actions and makers can be called."""
    kind = request.param
    if kind not in made:
        made[kind] = _make(kind, tmp_path_factory.mktemp(kind))
    app, database = made[kind]
    database.fresh()
    shutil.rmtree(app.config["SETTINGS"].mail_folder, ignore_errors=True)
    forget_all()
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def client(app: Flask) -> Client:
    made = app.test_client()
    assert isinstance(made, Client)
    return made
