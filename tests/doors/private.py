"""What is kept of people, made for the tests of privacy."""

import datetime as dt
from typing import Any

from sqlalchemy import func, select, update

from courses.bulk import actions as bulk
from courses.bulk.sheet import Row
from courses.enterprise.model import JoinRequest
from courses.ground import clock
from courses.ground.db import db
from courses.ground.transaction import transaction
from courses.outbox.model import Fate, Notice
from courses.people.looks import Look
from courses.people.model import Person, Role
from courses.roster import actions as roster
from courses.roster.model import Mark
from courses.setup.model import Import, ImportRow, Stage
from tests import makers
from tests.people import ADMINISTRATOR, CHEN, GAO, LU, OWNER, SHEN, Member

DAY = dt.timedelta(days=1)


def count(model: Any, *conditions: Any) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(model).where(*conditions)) or 0


def looks() -> list[tuple[int, str, str, int | None, int | None, int | None]]:
    db.session.rollback()
    rows = db.session.scalars(select(Look).order_by(Look.id))
    return [(x.actor_id, x.page, x.door, x.class_id, x.enterprise_id, x.person_id) for x in rows]


def a_request(email: str, **more: Any) -> None:
    with transaction():
        db.session.add(
            JoinRequest(
                credit_code=makers.CODES[0],
                enterprise_name="甲",
                town_id=1,
                name="问者",
                role=Role.MANAGER,
                language="zh",
                asked_at=clock.now(),
                email=email,
                **more,
            )
        )


def an_import() -> None:
    """Let an administrator have sent a sheet with Shen in it."""
    with transaction():
        sent = Import(
            file_name="a.csv",
            made_by=ADMINISTRATOR.id,
            made_at=clock.now(),
            matching={},
            rows=1,
            content=SHEN.email.encode(),
            stage=Stage.IMPORTED,
        )
        db.session.add(sent)
        db.session.flush()
        cells = {"email": SHEN.email}
        row = ImportRow(import_id=sent.id, number=2, cells=cells, values=cells, faults={}, person_id=SHEN.id)
        db.session.add(row)


def a_list(class_id: int) -> None:
    """Let the owner have looked at a list with Shen in it."""
    bulk.look(makers.actor(OWNER), class_id, [Row(2, {"email": SHEN.email})])


def attend(class_id: int) -> None:
    """Let Shen have come to the class."""
    row = makers.the_class(class_id)
    with makers.at(row.ends_at):
        booking = makers.booking_of(class_id, SHEN).id
        roster.mark(makers.actor(GAO), class_id, 1, [booking], Mark.PRESENT)


def person(member: Member) -> Person:
    db.session.rollback()
    return db.session.get_one(Person, member.id, populate_existing=True)


def a_class_all_told() -> int:
    """Return a class of Chen's with Shen in the seat and Lu in the queue, whose notices are all sent."""
    made = makers.a_class(seats=1, lecturers=[CHEN.id])
    makers.book(SHEN, made)
    makers.book(LU, made)
    with transaction():
        db.session.execute(update(Notice).values(state=Fate.SENT))
    return made
