"""Rows before they are written: everything is thought out before the write lock is taken."""

from typing import Any

from sqlalchemy import text

from courses.ground.db import Base, db, insert_many


class Rows:
    """What is to be written, each row with the id that it will have: the database is empty, so counting begins at 1."""

    def __init__(self) -> None:
        self._rows: dict[type[Base], list[dict[str, Any]]] = {}

    def add(self, model: type[Base], **values: Any) -> int:
        """Add a row and return its id; of a model without one, how many rows there are."""
        rows = self._rows.setdefault(model, [])
        number = len(rows) + 1
        rows.append({"id": number, **values} if "id" in model.__table__.columns else values)
        return number

    def of(self, model: type[Base]) -> list[dict[str, Any]]:
        return self._rows.get(model, [])

    def write(self) -> None:
        """Insert everything, a table before those that point to it; call it inside a transaction."""
        by_table = {model.__table__: model for model in self._rows}
        for table in Base.metadata.sorted_tables:
            if table in by_table:
                insert_many(by_table[table], self._rows[by_table[table]])
        if db.session.get_bind().dialect.name == "postgresql":
            self._count_on()

    def _count_on(self) -> None:
        """Let PostgreSQL's sequences continue after our ids. SQLite counts from the rows themselves."""
        for model, rows in self._rows.items():
            if "id" in model.__table__.columns:
                following = text("SELECT setval(pg_get_serial_sequence(:table, 'id'), :last)")
                db.session.execute(following, {"table": model.__tablename__, "last": len(rows)})
