"""The database: the base of all models, the engine of either kind, `insert_many`, `written_out`.

What changes rows stands in `transaction.py`; what is here holds for readers and writers alike.
"""

import datetime as dt
import sqlite3
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, cast

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    BindParameter,
    Connection,
    CursorResult,
    DateTime,
    Dialect,
    Engine,
    Executable,
    MetaData,
    Table,
    bindparam,
    event,
    insert,
)
from sqlalchemy.orm import DeclarativeBase, MappedAsDataclass
from sqlalchemy.types import JSON, TypeDecorator

from courses.ground.sound import sound_of

LOCK_WAIT_MS = 2000  # longer waits become a polite 503: 15 s times 8 threads is a hung site


class UTCDateTime(TypeDecorator[dt.datetime]):
    """An aware moment, stored in UTC. SQLite would hand back naive times."""

    impl, cache_ok = DateTime(timezone=True), True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        return value.astimezone(dt.UTC)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], dt.datetime | None]:
        """Read a moment in one step: SQLAlchemy's two show in every list."""
        if dialect.name == "sqlite":
            return lambda text: None if text is None else dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)
        return lambda moment: None if moment is None else moment.astimezone(dt.UTC)


class Base(MappedAsDataclass, DeclarativeBase, kw_only=True):
    """The base of every model. Constraints have names, so that migrations can find them on SQLite."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {dt.datetime: UTCDateTime, dict[str, Any]: JSON}


db = SQLAlchemy(metadata=Base.metadata)  # never model_class=Base (flask-sqlalchemy #1420); models subclass Base


def written_out(ids: Collection[int]) -> BindParameter[list[int]]:
    """Return ids for `in_()` that stand in the statement itself, so that PostgreSQL plans it for them. What it plans
    once for whichever may come reads a whole city for one of its towns."""
    return bindparam(None, list(ids), expanding=True, literal_execute=True)


def engine_options(url: str) -> dict[str, Any]:
    """Return what the engine needs on this database.

    PostgreSQL: short lock waits; and reading outside a transaction, which at READ COMMITTED sees the same and saves a
    BEGIN and a ROLLBACK over the wire on each page. A lost connection empties the pool: one 503, then it recovers.
    SQLite: a connection sees new statistics (`tick statistics`) when it is opened, so none grows old.
    """
    if url.startswith("sqlite"):
        return {"pool_recycle": 3600}
    wait = f"-c lock_timeout={LOCK_WAIT_MS} -c idle_in_transaction_session_timeout=60000"
    return {
        "connect_args": {"options": wait, "connect_timeout": 5},
        "isolation_level": "AUTOCOMMIT",
        "pool_size": 8,
    }


def install(app: Flask) -> None:
    db.init_app(app)
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            _tune_sqlite(db.engine)


def _tune_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _connect(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None  # we emit BEGIN ourselves: the driver's comes too late
        connection.create_function("sound", 1, sound_of, deterministic=True)
        for pragma in (f"busy_timeout={LOCK_WAIT_MS}", "journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    # Who only reads does so outside a transaction, statement by statement, as on PostgreSQL.
    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if connection.get_execution_options().get("sqlite_begin") == "IMMEDIATE":
            _take_write_lock(connection)


def _take_write_lock(connection: Connection) -> None:
    """Begin to write, asking every half millisecond for at most LOCK_WAIT_MS.

    SQLite's own waiting sleeps longer each time it finds the lock taken, up to 100 ms, so that in a rush the one who
    came first can wait longest, and in vain.
    """
    driver: Any = connection.connection.driver_connection
    deadline = time.monotonic() + LOCK_WAIT_MS / 1000
    driver.execute("PRAGMA busy_timeout=0")
    try:
        while time.monotonic() < deadline:
            try:
                driver.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if "locked" not in str(error):
                    break
                time.sleep(0.0005)
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # once more, so that its error is told as all others are
    finally:
        driver.execute(f"PRAGMA busy_timeout={LOCK_WAIT_MS}")


def table(model: type[Base]) -> Table:
    """Return the model's table, for the plain statements of the hot paths: an object costs more than its row."""
    return cast(Table, model.__table__)


def run(statement: Executable, values: Mapping[str, Any] | Sequence[Mapping[str, Any]] = ()) -> CursorResult[Any]:
    """Run a plain statement on the session's connection, without the session's care for objects.

    For the hot paths. What objects were told before is not written first: flush, where it matters.
    """
    session = db.session()
    return (session.info.get("connection") or session.connection()).execute(statement, values or None)


def insert_many(model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert plain rows in one statement, without making objects: for demo towns and imports."""
    if rows:
        db.session.execute(insert(model), rows)
