"""Check the migrations on an empty SQLite file: they lead to exactly the models, and the way back exists.

python -m tools.migrations
"""

import tempfile

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import CheckConstraint, inspect

import config
from courses.app import create_app
from courses.ground.db import db


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(config.read({"MODE": "development", "INSTANCE": folder}))
        with app.app_context():
            migrate: Config = app.extensions["migrate"].migrate.get_config()
            if len(ScriptDirectory.from_config(migrate).get_heads()) != 1:
                raise SystemExit("The migrations have no single end: `flask --app wsgi db merge heads`.")
            try:
                command.upgrade(migrate, "head")
                command.check(migrate)
                lost = _lost_checks()
                command.downgrade(migrate, "base")
                left = set(inspect(db.engine).get_table_names()) - {"alembic_version"}
                command.upgrade(migrate, "head")
            except CommandError as error:
                raise SystemExit(f"The migrations do not lead to the models: {error}") from None
            finally:
                db.engine.dispose()
            if lost:
                raise SystemExit(f"The migrations lose these checks: {', '.join(sorted(lost))}.")
            if left:
                raise SystemExit(f"The way back leaves tables behind: {', '.join(sorted(left))}.")


def _lost_checks() -> set[str]:
    """Return the CHECKs of the models that the migrated tables lack: `check` does not see them, and a batch migration
    makes a table anew on SQLite without them."""
    found = inspect(db.engine)
    return {
        f"{table.name}: {constraint.name}"
        for table in db.metadata.tables.values()
        for constraint in table.constraints
        if isinstance(constraint, CheckConstraint)
        and constraint.name not in {check["name"] for check in found.get_check_constraints(table.name)}
    }


if __name__ == "__main__":
    main()
