"""One action, one transaction: `transaction()` and `locked()`.

`transaction()` takes the write lock before anything is read (SQLite: BEGIN IMMEDIATE; PostgreSQL: the
row locks of `locked()`), so that what a rule checks still holds when it is written. Only `actions` files
open one; the doors (web, API, command line, scheduler) never commit.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg.errors
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, OperationalError

from courses.ground import idempotency
from courses.ground.db import Base, db
from courses.ground.refusal import Refusal

Model = TypeVar("Model", bound=Base)


_WRITING = {"sqlite": {"sqlite_begin": "IMMEDIATE"}, "postgresql": {"isolation_level": "READ COMMITTED"}}


class Transaction:
    """What `transaction()` yields: the answer of an earlier, identical request, if there was one."""

    def __init__(self, key: idempotency.RequestKey | None, earlier: Any) -> None:
        self._key, self.earlier_answer = key, earlier

    def answer(self, value: Any) -> None:
        """Keep `value` (plain JSON) as the answer to this request key, in the transaction of the change."""
        if self._key:
            idempotency.keep(db.session(), self._key, value)


@contextmanager
def transaction(request_key: idempotency.RequestKey | None = None) -> Iterator[Transaction]:
    """Open the one transaction of an action; commit at its end, undo all on any error.

    Raises RuntimeError when nested or when the session holds unsaved changes: both mean that a change
    was begun outside an action. Raises Refusal("busy") after LOCK_WAIT_MS in the queue for the lock and
    Refusal("unavailable") when the database is gone.
    """
    session = db.session()
    if "connection" in session.info:
        raise RuntimeError("transaction() inside transaction()")
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("unsaved changes before transaction()")
    session.rollback()  # drops what was read before the lock; without it IMMEDIATE would be ignored
    try:
        writing = _WRITING[session.get_bind().dialect.name]
        session.info["connection"] = session.connection(execution_options=writing)
        earlier = idempotency.recall(session, request_key) if request_key else None
        yield Transaction(request_key, earlier)
        session.commit()
    except OperationalError as error:
        session.rollback()
        raise refusal_of(error) from error
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info.pop("connection", None)


def locked(model: type[Model], id: int) -> Model:
    """Return the row, locked until the transaction ends and read afresh. Raises Refusal("not_found")."""
    statement = select(model).where(_id(model) == id).with_for_update(key_share=True)
    row = db.session.scalar(statement, execution_options={"populate_existing": True})
    if row is None:
        raise Refusal("not_found")
    return row


def lock_all(model: type[Model], ids: Collection[int]) -> None:
    """Lock these rows, in the order of their ids so that two actions never wait for each other.

    On SQLite the write lock of `transaction()` holds them already.
    """
    if ids and db.session.get_bind().dialect.name != "sqlite":
        column = _id(model)
        db.session.execute(select(column).where(column.in_(ids)).order_by(column).with_for_update(key_share=True))


def refusal_of(error: DBAPIError) -> Refusal:
    """Return the refusal a database error amounts to: "busy" for a lost race, "unavailable" for a lost database."""
    lost_race = (
        psycopg.errors.LockNotAvailable,
        psycopg.errors.DeadlockDetected,
        psycopg.errors.SerializationFailure,
    )
    busy = isinstance(error.orig, lost_race) or "database is locked" in str(error.orig)
    return Refusal("busy" if busy else "unavailable")


def _id(model: type[Base]) -> Any:
    return model.__mapper__.primary_key[0]
