"""A city of many years: no page and no job of the clock reads what is over. Asked of the database's plans."""

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, select, text

from courses import schedule
from courses.booking.model import Booking, Enrolment, Event, State
from courses.catalogue.model import Sitting, Teaching, TrainingClass
from courses.ground import clock
from courses.ground.db import Base, db, insert_many
from courses.ground.kept import forget_all
from courses.ground.transaction import transaction
from courses.outbox.model import Channel, Fate, Notice
from courses.roster.model import Attendance, Mark, YearlyHours
from courses.running import actions as running
from courses.running import figures
from tests import makers
from tests.conftest import Client
from tests.people import ADMINISTRATOR, ASSOCIATION, BUREAU, CHEN, GAO, INSPECTOR, OWNER, SHEN, Member

GROWING = "attendance|booking|enrolment|event|look|notice|sitting|training_class"
SCANS = (
    re.compile(rf"^SCAN ({GROWING})\b(?! USING (COVERING )?INDEX ix_notice_(waiting|unsettled))"),  # these hold few
    re.compile(r"USING INDEX ix_training_class_shelf \(state=\?\)"),  # all that were ever published
    re.compile(rf"Seq Scan on ({GROWING})\b"),
)
PAGES: tuple[tuple[str, Member | None], ...] = (
    ("/", None),
    ("/", SHEN),
    ("/?q=碳交易", None),
    ("/?free=1&sort=seats", None),
    ("/?sort=new", None),
    ("/calendar", None),
    ("/courses/1", None),
    ("/homes/2", None),
    ("/lecturers", None),
    (f"/lecturers/{CHEN.id}", None),
    ("/feed.atom", None),
    ("/classes/{}", None),
    ("/classes/{}", SHEN),
    ("/classes/{}", GAO),
    ("/desk", SHEN),
    ("/desk/history", SHEN),
    ("/notices", SHEN),
    ("/desk", OWNER),
    ("/desk/people", OWNER),
    ("/desk/bookings", OWNER),
    ("/enterprises/1", OWNER),
    ("/desk", GAO),
    ("/desk/classes", GAO),
    ("/desk/managers", GAO),
    ("/enterprises", GAO),
    ("/classes/{}/roster", GAO),
    ("/desk", CHEN),
    ("/desk/classes", CHEN),
    ("/desk", ASSOCIATION),
    ("/desk/coverage", ASSOCIATION),
    ("/desk", BUREAU),
    ("/desk/coverage", BUREAU),
    ("/desk/coverage?by=industry", BUREAU),
    ("/desk/coverage?by=topic", BUREAU),
    ("/desk/coverage?by=month", BUREAU),
    ("/desk", INSPECTOR),
    ("/posts", INSPECTOR),
    ("/desk", ADMINISTRATOR),
    ("/installation", ADMINISTRATOR),
    ("/enterprises", ADMINISTRATOR),
)
JOBS = ("deliver", "webhooks", "doubt", "draw", "promote")


def many_years(like: int, count: int = 1200) -> None:
    """Let there have been `count` classes like this one, a day apart, each with one who came and was told."""
    now = clock.now()
    model = db.session.get_one(TrainingClass, like)
    columns = [column.key for column in TrainingClass.__table__.columns if column.key != "id"]
    base = {name: getattr(model, name) for name in columns}
    first = 1 + (db.session.scalar(select(func.max(Booking.id))) or 0)
    class_ids = range(like + 1, like + 1 + count)
    people = [(SHEN.id, 1), (OWNER.id, 1), *((id_, 3) for id_ in makers.strangers(20))]
    rows: dict[type[Base], list[dict[str, Any]]] = defaultdict(list)
    for n, class_id in enumerate(class_ids):
        begins = now - dt.timedelta(days=count - n + 1)
        ends, made = begins + dt.timedelta(hours=2), begins - dt.timedelta(days=9)
        person, firm = people[n % len(people)]
        id_ = first + n
        past = {"starts_at": begins, "ends_at": ends, "opens_at": made, "closes_at": begins, "cancel_until": made}
        past |= {"scheduled_at": made, "published_at": made, "seats_taken": 1, "came": 1, "last_order_no": 1}
        course = {"id": class_id, "course_id": 1 + n % 2, "squadron_id": 1 + n % 2, "room_id": 1 + n % 3}
        rows[TrainingClass].append({**base, **past, **course})
        rows[Sitting].append({"id": 10_000 + n, "class_id": class_id, "starts_at": begins, "ends_at": ends})
        if n % 9 == 0:
            rows[Teaching].append({"class_id": class_id, "person_id": CHEN.id})
        asked = {"class_id": class_id, "order_no": 1, "seats": 1, "made_by": person, "made_at": made}
        rows[Enrolment].append({"id": id_, "enterprise_id": firm, **asked})
        booked = {"enrolment_id": id_, "class_id": class_id, "person_id": person, "state": State.BOOKED}
        booked |= {"reason": "asked", "changed_at": made, "sequence": 0, "attended": True}
        rows[Booking].append({"id": id_, **booked})
        mark = {"mark": Mark.PRESENT, "half_hours": 5, "marked_by": GAO.id, "marked_at": ends}
        rows[Attendance].append({"booking_id": id_, "sitting_id": 10_000 + n, **mark})
        happened = {"class_id": class_id, "at": made, "what": "booked", "door": "page", "facts": {}}
        rows[Event].append({**happened, "booking_id": id_, "actor_id": person})
        told = {"kind": "booked", "person_id": person, "channel": Channel.MAIL, "facts": {}, "state": Fate.SENT}
        told |= {"made_at": made, "due_at": made, "emptied_at": ends, "booking_id": id_, "class_id": class_id}
        rows[Notice] += [{**told, "key": f"{kind}-{id_}", "tries": 1} for kind in ("booked", "reminder")]
    for person, _ in people:
        for year in range(clock.local(now).year - 2, clock.local(now).year + 1):
            rows[YearlyHours].append({"person_id": person, "year": year, "half_hours": 5, "classes": 1})
    with transaction():
        for of, values in rows.items():
            insert_many(of, values)
    db.session.remove()


def take_statistics() -> None:
    running.take_statistics()
    if db.engine.dialect.name == "postgresql":
        with transaction():
            db.session.execute(text("ANALYZE"))
    db.engine.dispose()  # connections opened from here on know them


@contextmanager
def planned(plans: list[str]) -> Iterator[list[str]]:
    """Collect in `plans` the lines of the plan of each statement that runs within; yields the statements."""
    seen: list[str] = []
    explain = "EXPLAIN QUERY PLAN " if db.engine.dialect.name == "sqlite" else "EXPLAIN (COSTS OFF) "

    def note(conn: Any, cursor: Any, statement: str, parameters: Any, *rest: Any) -> None:
        if not statement.startswith(("SELECT", "UPDATE", "DELETE", "(SELECT")):
            return
        seen.append(statement)
        if explain == "EXPLAIN (COSTS OFF) ":  # a small table is read whole, unless that is forbidden
            cursor.execute("SET enable_seqscan = off")
        cursor.execute(explain + statement, parameters)
        lines = [str(row[-1]).strip() for row in cursor.fetchall()]
        plans.extend(f"{line}  <- {statement}" for line in lines)
        if explain == "EXPLAIN (COSTS OFF) ":
            cursor.execute("RESET enable_seqscan")

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def scans(plans: list[str]) -> list[str]:
    return [line for line in plans if any(scan.search(line.split("  <- ")[0]) for scan in SCANS)]


@pytest.fixture
def class_id(app: Flask) -> int:
    """A class to come, with one who has booked."""
    made = makers.a_class(seats=5, lecturers=[CHEN.id])
    makers.book(SHEN, made)
    return made


def opened(client: Client, path: str, reader: Member | None) -> list[str]:
    """Open a page for the second time, when what is kept has been asked; return its statements."""
    forget_all()
    assert client.as_(reader).get(path).status_code == 200, path
    plans: list[str] = []
    with planned(plans) as seen:
        client.get(path)
    assert scans(plans) == [], path
    return seen


def test_pages_ask_as_many_statements_and_read_no_table_whole_after_many_years(client: Client, class_id: int) -> None:
    now = makers.a_class(seats=5, days=20, lecturers=[CHEN.id])
    take_statistics()
    paths = [(path.format(class_id), reader) for path, reader in PAGES]
    before = {}
    for path, reader in paths:
        client.as_(reader).get(path)
        with planned([]) as seen:
            client.get(path)
        before[path, reader] = len(seen)
    many_years(now)
    take_statistics()
    after = {(path, reader): len(opened(client, path, reader)) for path, reader in paths}
    different = {key: (before[key], after[key]) for key in after if before[key] != after[key]}
    assert different == {}


@pytest.mark.parametrize("job", [*JOBS, "metrics"])
def test_the_clock_reads_no_table_whole(app: Flask, class_id: int, job: str) -> None:
    many_years(class_id)
    take_statistics()
    plans: list[str] = []
    with planned(plans):
        _job(job)()
    assert plans
    assert scans(plans) == []


def test_a_missing_index_is_seen(app: Flask, class_id: int) -> None:
    """The counter-test: without the index of what is being sent, the outbox reads every notice."""
    many_years(class_id)
    with transaction():
        db.session.execute(text("DROP INDEX ix_notice_unsettled"))
        db.session.execute(text("DROP INDEX ix_notice_waiting"))
    take_statistics()
    plans: list[str] = []
    with planned(plans):
        _job("deliver")()
    assert scans(plans)


def _job(name: str) -> Callable[[], object]:
    if name == "metrics":
        return figures.exposition
    job = next(job for job in schedule.JOBS if job.name == name)
    return lambda: job.run("test")
