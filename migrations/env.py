"""How Alembic reaches this application's database.

Foreign keys are off while SQLite migrates: a batch migration recreates a table, which would empty the rows that hang
on it by CASCADE. They are checked as a whole before the migration is committed.
"""

from typing import Any

from alembic import context
from flask import current_app

from courses.ground.db import UTCDateTime

target = current_app.extensions["migrate"].db
engine = target.engine


def render_item(kind: str, item: Any, _: object) -> str | bool:
    """Write our own type into a migration as what it is in the database: a migration outlives the code."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UTCDateTime) else False


def run() -> None:
    with engine.connect().execution_options(sqlite_begin="IMMEDIATE") as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        if is_sqlite:
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")
        context.configure(
            connection=connection,
            target_metadata=target.metadata,
            render_as_batch=is_sqlite,
            compare_type=True,
            render_item=render_item,
        )
        with context.begin_transaction():
            context.run_migrations()
            if is_sqlite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()):
                raise SystemExit(f"The migration breaks foreign keys: {broken[:5]}")
        if connection.in_transaction():
            connection.commit()
        if is_sqlite:
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=ON")


run()
