"""What the machine's keeper would do by hand, done by the clock."""

from sqlalchemy import text

from courses.ground.db import db
from courses.ground.transaction import transaction

ENTRIES = 10_000  # of each index: a tenth of a second for a database of a gigabyte


def take_statistics() -> int:
    """Let SQLite count how far its indexes tell rows apart; return how often that was done.

    Without, it takes the state of a class, which all share, for as good a guide as its room. PostgreSQL counts by
    itself.
    """
    if db.engine.dialect.name != "sqlite":
        return 0
    with transaction():
        db.session.execute(text(f"PRAGMA analysis_limit={ENTRIES}"))
        db.session.execute(text("ANALYZE"))
    return 1
