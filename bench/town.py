"""The town that is measured: the demo town with 4,000 more managers, on a scratch database of either kind."""

import datetime as dt
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from flask_migrate import upgrade
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import func, select

import config
from bench.client import request
from courses.app import create_app
from courses.catalogue.actions import ClassPlan, publish
from courses.catalogue.model import Course
from courses.demo import load
from courses.ground import clock
from courses.ground.db import db, insert_many
from courses.ground.transaction import transaction
from courses.homes.model import Home, Room
from courses.people.model import Person, Post, Role
from courses.people.queries import actor_of
from tests.databases import KINDS

MANAGERS = 4000
Filled = TypeVar("Filled")


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


PORT = _free_port()


@dataclass
class Town:
    """A scratch installation: its settings as environment, its application, the first of its extra managers."""

    app: Flask
    environ: dict[str, str]
    url: str
    first: int
    officer: int
    room: int

    def a_class(self, seats: int, minutes_on: int = 0) -> int:
        """Publish a class of `seats`, ten minutes long, `minutes_on` from now in a hundred days, so that no room clashes; return its id."""
        with self.app.app_context():
            actor = actor_of(self.officer)
            assert actor is not None
            begins = clock.now() + dt.timedelta(days=100, minutes=minutes_on)
            span = (begins, begins + dt.timedelta(minutes=10))
            plan = ClassPlan(
                course_id=db.session.scalar(select(func.min(Course.id))) or 1,
                room_id=self.room,
                sittings=[span],
                capacity=seats,
                opens_at=clock.now() - dt.timedelta(hours=1),
                closes_at=begins,
                cancel_until=begins,
                reminders=(1440,),
            )
            return publish(actor, plan)

    def people(self, count: int, offset: int = 0) -> list[int]:
        return list(range(self.first + offset, self.first + offset + count))

    def book(self, class_id: int, person: int) -> bytes:
        """Return the request with which a signed-in person books, session and form token made beforehand."""
        cookie, token = self._session(person)
        body = f"csrf_token={token}&seen=1&person={person}"
        headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
        return request("POST", f"/classes/{class_id}/bookings", headers, body)

    def get(self, path: str, person: int | None = None) -> bytes:
        headers = {"Accept-Encoding": "identity", "Accept-Language": "zh"}
        if person:
            headers["Cookie"] = self._session(person)[0]
        return request("GET", path, headers)

    def _session(self, person: int) -> tuple[str, str]:
        secret = "5" * 40
        today = clock.local(clock.now()).date().isoformat()
        content = {"_permanent": True, "_user_id": f"{person}:1", "_fresh": True, "csrf_token": secret, "day": today}
        signer = SecureCookieSessionInterface().get_signing_serializer(self.app)
        assert signer is not None
        token = URLSafeTimedSerializer(self.environ["SECRET_KEY"], salt="wtf-csrf-token").dumps(secret)
        return f"session={signer.dumps(content)}; lang=zh", token


@contextmanager
def installed(kind: str, fill: Callable[[str], Filled]) -> Iterator[tuple[Flask, dict[str, str], str, Filled]]:
    """Install the service on a scratch database of `kind` and let `fill` write into it, which is given its address."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        url = KINDS[kind](Path(folder)).url
        environ = {
            "INSTANCE": folder,
            "DATABASE_URL": url,
            "SECRET_KEY": "b" * 40,
            "BASE_URL": f"http://127.0.0.1:{PORT}",
            "PORT": str(PORT),
        }
        app = create_app(config.read(environ))
        with app.app_context():
            upgrade()
            filled = fill(url)
            db.session.remove()
            db.engine.dispose()
        yield app, environ, url, filled
        with app.app_context():
            db.engine.dispose()


@contextmanager
def a_town(kind: str) -> Iterator[Town]:
    """Make a town on a scratch database of `kind`."""
    with installed(kind, _fill) as (app, environ, url, people):
        yield Town(app, environ, url, *people)


def _fill(url: str) -> tuple[int, int, int]:
    load.load(clock.now())
    people = _more_people()
    if url.startswith("sqlite"):
        db.session.connection().exec_driver_sql("ANALYZE")
    return people


def _more_people() -> tuple[int, int, int]:
    with transaction():
        last = db.session.scalar(select(func.max(Person.id))) or 0
        ids = range(last + 1, last + 1 + MANAGERS)
        insert_many(
            Person,
            [
                {"id": i, "name": f"管{i}", "name_en": "", "email": f"p{i}@bench.example", "language": "zh", "epoch": 1}
                for i in ids
            ],
        )
        insert_many(Post, [{"person_id": i, "role": Role.MANAGER, "enterprise_id": 1 + i % 500} for i in ids])
        room = Room(home_id=db.session.scalar(select(func.min(Home.id))) or 1, name_zh="测", seats=100000)
        db.session.add(room)
        db.session.flush()
        officer = db.session.scalar(select(Post.person_id).where(Post.role == Role.OFFICER).order_by(Post.id))
        if db.session.get_bind().dialect.name == "postgresql":
            db.session.execute(select(func.setval("person_id_seq", last + MANAGERS + 1)))
        assert officer is not None
        return last + 1, officer, room.id
