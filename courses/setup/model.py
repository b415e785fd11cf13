"""Imports: the sheet that was sent, and what came of each of its rows."""

import datetime as dt
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import JSON, LargeBinary

from courses.ground.db import Base

KEPT_FOR = dt.timedelta(days=30)  # the sheet and its rows hold people's numbers; what came of it stays


class Stage(StrEnum):
    """How far an import is: columns to be matched, rows being looked at, looked at, written."""

    COLUMNS = "columns"
    CHECKING = "checking"
    CHECKED = "checked"
    IMPORTED = "imported"


class Outcome(StrEnum):
    """What one row would do, or did."""

    NEW = "new"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    WRONG = "wrong"


class Import(Base, kw_only=True):
    """A spreadsheet of enterprises and their people. `matching` says in which place of the sheet each column stands;
    `rows` how many it has, `looked_at` how many of them were looked at so far. `content` is gone after KEPT_FOR."""

    __tablename__ = "import"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    file_name: Mapped[str] = mapped_column(String(200))
    made_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    made_at: Mapped[dt.datetime] = mapped_column(index=True)
    matching: Mapped[dict[str, Any]]
    rows: Mapped[int]
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    stage: Mapped[Stage] = mapped_column(String(16))
    looked_at: Mapped[int] = mapped_column(default=0)
    new: Mapped[int] = mapped_column(default=0)
    updated: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    wrong: Mapped[int] = mapped_column(default=0)
    done_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"), default=None)
    done_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    invited_at: Mapped[dt.datetime | None] = mapped_column(default=None)


class ImportRow(Base, kw_only=True):
    """One row: its cells as they were sent, `values` as they would be kept, `faults` by column (a code and its facts),
    `changes` by column (what stood there before). `number` is the row's in the sheet, whose head is row 1."""

    __tablename__ = "import_row"
    __table_args__ = (Index("ix_import_row_outcome", "import_id", "outcome", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    import_id: Mapped[int] = mapped_column(ForeignKey("import.id"))
    number: Mapped[int]
    cells: Mapped[dict[str, Any]]
    values: Mapped[dict[str, Any]]
    faults: Mapped[dict[str, Any]]
    changes: Mapped[dict[str, Any]] = mapped_column(JSON, default_factory=dict)
    outcome: Mapped[Outcome | None] = mapped_column(String(16), default=None)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), default=None, index=True)
