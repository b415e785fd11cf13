"""No table forgets whose data it holds: the table of kinds, one's own data and erasure know each one.

Asked of the models themselves, so that a table which comes later fails here until someone has thought of it.
"""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import Table, event

from courses.ground.db import Base, db
from courses.ground.transaction import transaction
from courses.people.model import Person
from courses.privacy.erasing import erase_person
from courses.privacy.kinds import KINDS
from courses.privacy.queries import own_data
from tests.people import SHEN

STAYS = {
    "booking": "a seat taken and an hour taught were taken and taught by someone: without a name",
    "yearly_hours": "the sums of a year stay",
    "past_post": "that a post was held stays: without a name",
    "teaching": "that a class had a lecturer stays: without a name",
    "look": "who looked at them stays for its year: the row names nobody any more",
}


def tables() -> list[Table]:
    return list(Base.metadata.sorted_tables)


def points_to_a_person(table: Table, column: str | None = None) -> bool:
    keys = [key for key in table.foreign_keys if column in (None, key.parent.name)]
    return any(key.column.table is Person.__table__ for key in keys)


def about_someone() -> set[str]:
    """Return the tables that have a row for a person, and not only one who made or decided something."""
    return {table.name for table in tables() if points_to_a_person(table, "person_id")}


def test_every_table_that_points_to_a_person_stands_in_the_table_of_kinds() -> None:
    known = {model.__tablename__ for kind in KINDS for model in kind.tables}
    assert {table.name for table in tables() if points_to_a_person(table)} <= known, "what is kept, why, how long?"


def test_no_table_stands_in_two_kinds() -> None:
    named = [model for kind in KINDS for model in kind.tables]
    assert len(named) == len(set(named))


def touched(act: Callable[[], object], words: str) -> set[str]:
    """Return the tables that the statements of an act name after one of `words`."""
    said: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        said.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        act()
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return {name for statement in said for name in re.findall(rf'\b(?:{words}) "?(\w+)"?', statement)}


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)  # what is asked is the same on both
def test_ones_own_data_reads_every_table_about_oneself(app: Flask) -> None:
    with app.test_request_context():
        read = touched(lambda: own_data(SHEN.id), "FROM|JOIN")
    assert about_someone() - read == {"erasure"}, "who was erased reads nothing any more"


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_an_erasure_reaches_every_table_about_someone(app: Flask) -> None:
    def erase() -> None:
        with transaction():
            erase_person(SHEN.id, "administrator", None)

    reached = touched(erase, "UPDATE|DELETE FROM|INSERT INTO")
    assert about_someone() - reached == set(STAYS)
