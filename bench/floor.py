"""The floor: a bare Flask application that does the same SQL through the driver, under the same server."""

import os
import sqlite3
import sys
import threading
from datetime import UTC, datetime

import psycopg
from flask import Flask, request

from courses.server import Server, options

NOW = "SELECT c.*, k.title_zh, r.name_zh, h.name_zh, h.address_zh FROM training_class c JOIN course k ON k.id = c.course_id JOIN room r ON r.id = c.room_id JOIN home h ON h.id = r.home_id WHERE c.id = ?"
CLASH = """SELECT p.id, p.name, p.email, o.enterprise_id, b.class_id FROM person p
LEFT JOIN post o ON o.person_id = p.id AND o.role IN ('manager', 'owner')
LEFT JOIN booking b ON b.person_id = p.id AND ((b.class_id = ? AND b.state IN ('held', 'requested', 'booked', 'queued', 'offered'))
 OR (b.class_id <> ? AND b.state IN ('held', 'requested', 'booked', 'offered') AND EXISTS (SELECT 1 FROM sitting t JOIN sitting s
 ON s.starts_at < t.ends_at AND s.ends_at > t.starts_at WHERE s.class_id = ? AND t.class_id = b.class_id)))
WHERE p.id = ?"""
ACTOR = "SELECT p.name, p.epoch, p.language, o.role, o.enterprise_id FROM person p LEFT JOIN post o ON o.person_id = p.id LEFT JOIN town t ON o.enterprise_id IS NULL AND t.squadron_id = o.squadron_id WHERE p.id = ?"
SHELF = """SELECT c.id, k.title_zh, c.starts_at, c.ends_at, h.name_zh, t.name_zh, c.capacity, c.seats_taken FROM training_class c
JOIN course k ON k.id = c.course_id JOIN room r ON r.id = c.room_id JOIN home h ON h.id = r.home_id JOIN town t ON t.id = h.town_id
WHERE c.state = 'published' AND c.starts_at > ? ORDER BY c.starts_at LIMIT 20"""
FACTS = '{"class_": {"title_zh": "' + "x" * 600 + '"}}'
PAGE = """<!doctype html><title>shelf</title>{{ filler }}{% for row in rows %}<article><h3><a href="/classes/{{ row[0] }}">
{{ row[1] }}</a></h3><p>{{ row[2] }} {{ row[3] }}</p><p>{{ row[4] }} {{ row[5] }}</p><p>{{ row[7] }}/{{ row[6] }}</p>
{{ pad }}</article>{% endfor %}"""
mine = threading.local()


class Sqlite:
    begin = "BEGIN IMMEDIATE"

    def __init__(self, url: str) -> None:
        self.connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        for pragma in ("busy_timeout=2000", "journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
            self.connection.execute(f"PRAGMA {pragma}")

    def run(self, statement: str, *values: object):
        return self.connection.execute(statement.replace(" FOR NO KEY UPDATE OF c", ""), values)


class Postgres:
    begin = "BEGIN"

    def __init__(self, url: str) -> None:
        self.connection = psycopg.connect(url.replace("+psycopg", ""), autocommit=True)

    def run(self, statement: str, *values: object):
        return self.connection.execute(statement.replace("?", "%s"), values)


def database():
    if not hasattr(mine, "database"):
        url = os.environ["DATABASE_URL"]
        mine.database = (Sqlite if url.startswith("sqlite") else Postgres)(url)
    return mine.database


def moment() -> object:
    now = datetime.now(UTC)
    return now.strftime("%Y-%m-%d %H:%M:%S.%f") if isinstance(database(), Sqlite) else now


def make(page_bytes: int) -> Flask:
    app = Flask(__name__)
    page = app.jinja_env.from_string(PAGE)
    pad = "x" * max(0, (page_bytes - 6000) // 20)

    @app.post("/classes/<int:class_id>/bookings")
    def book(class_id: int):
        person, db, at = int(request.form["person"]), database(), moment()
        db.run(ACTOR, person).fetchall()
        db.run(db.begin)
        columns = db.run(NOW + " FOR NO KEY UPDATE OF c", class_id)
        names = [c[0] for c in columns.description]
        row = dict(zip(names, columns.fetchone(), strict=False))
        if isinstance(db, Postgres):
            db.run("SELECT id FROM person WHERE id = ? FOR NO KEY UPDATE", person)
        found = db.run(CLASH, class_id, class_id, class_id, person).fetchone()
        booked = row["seats_taken"] < row["capacity"]
        state = "booked" if booked else "queued"
        number = row["last_order_no"] + 1
        enrolment = db.run(
            "INSERT INTO enrolment (class_id, order_no, seats, made_by, made_at, enterprise_id) VALUES (?, ?, 1, ?, ?, ?) RETURNING id",
            class_id,
            number,
            person,
            at,
            found[3],
        ).fetchone()[0]
        booking = db.run(
            "INSERT INTO booking (enrolment_id, class_id, person_id, state, reason, changed_at, sequence) VALUES (?, ?, ?, ?, 'asked', ?, 0) RETURNING id",
            enrolment,
            class_id,
            person,
            state,
            at,
        ).fetchone()[0]
        db.run(
            "UPDATE training_class SET last_order_no = ?, seats_taken = seats_taken + ?, queued = queued + ? WHERE id = ?",
            number,
            int(booked),
            int(not booked),
            class_id,
        )
        db.run(
            "INSERT INTO event (class_id, at, what, door, actor_id, booking_id, facts) VALUES (?, ?, ?, 'page', ?, ?, '{}')",
            class_id,
            at,
            state,
            person,
            booking,
        )
        db.run(
            "INSERT INTO notice (key, kind, person_id, channel, facts, made_at, due_at, state, class_id, booking_id, tries) VALUES (?, ?, ?, 'mail', ?, ?, ?, 'waiting', ?, ?, 0)",
            f"{state}:{booking}:1:{person}:mail",
            state,
            person,
            FACTS,
            at,
            at,
            class_id,
            booking,
        )
        db.run("COMMIT")
        return "", 303, {"Location": f"/classes/{class_id}"}

    @app.get("/")
    def shelf():
        return page.render(rows=database().run(SHELF, moment()).fetchall(), filler="x" * 2000, pad=pad)

    return app


if __name__ == "__main__":
    Server(make(int(sys.argv[2])), options("127.0.0.1", int(sys.argv[1]), 2, 2)).run()
