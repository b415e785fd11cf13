"""Telling lecturers that they are to teach a class, or no longer; in the transaction that says so."""

import datetime as dt
from collections.abc import Collection
from typing import Any

from sqlalchemy import select

from courses.ground import clock
from courses.ground.db import db
from courses.outbox.actions import Reader, post_all, row_of, withdraw_about
from courses.people.model import Person

TEACHING, NO_LONGER = "teaching", "not_teaching"


def tell_lecturers(
    class_: dict[str, Any],
    ends_at: dt.datetime,
    added: Collection[int] = (),
    removed: Collection[int] = (),
    taken_back: bool = False,
) -> None:
    """Tell who was added to or removed from the class that `class_` (see `queries.facts_of`) speaks of.

    Who is removed before the first notice went out never hears of it. `taken_back`: the class is a draft again.
    """
    told = set(removed) - withdraw_about(class_["id"], TEACHING, removed)
    _post(TEACHING, added, class_, ends_at, path=f"/classes/{class_['id']}")
    _post(NO_LONGER, told, class_, ends_at, path="/desk", taken_back=taken_back)


def _post(kind: str, ids: Collection[int], class_: dict[str, Any], ends_at: dt.datetime, **facts: object) -> None:
    if not ids:
        return
    people = select(Person.id, Person.email).where(Person.id.in_(ids), Person.left_at.is_(None)).order_by(Person.id)
    stem, said = f"{kind}:{class_['id']}:{clock.now().isoformat()}", {"class_": class_, **facts}
    post_all(
        [
            row_of(kind, Reader(id_, email), f"{stem}:{id_}", said, class_["id"], expires_at=ends_at)
            for id_, email in db.session.execute(people)
        ]
    )
