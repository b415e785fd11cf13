"""Everything that the city keeps, in open formats: a ZIP with a CSV file for each table and a page that explains them.

Secrets stay here: passwords, keys and whatever opens an account are in no file. So do tables that only help the
machine along. All files show one and the same moment.
"""

import csv
import datetime as dt
import io
import json
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Column, Connection, Table, select
from sqlalchemy.types import TypeDecorator

from courses.ground import clock
from courses.ground.db import Base, db
from courses.ground.sheets import disarmed

LEFT_OUT: Final = {
    "sign_in_failure": "tries at signing in, kept for minutes",
    "token": "keys to the API",
    "kept_answer": "answers kept for a day, in case a request is sent again",
    "webhook": "addresses of other programs, with what signs the messages to them",
    "worker": "the heartbeat of processes",
    "import": "sheets that were taken in: what they said stands in the other tables",
    "import_row": "the rows of those sheets",
}
SECRET: Final = re.compile(r"password|secret|salt|digest|hash|token|epoch|claimed|nonce|verifier")
KINDS: Final = {
    dt.datetime: "time",
    dt.date: "day",
    dt.time: "time of day",
    str: "text",
    bool: "true/false",
    int: "number",
    float: "number",
    object: "JSON",
}
WORDS: Final = {
    "appeal": _l("why staying away should not count, and what was decided"),
    "association": _l("environmental associations"),
    "attendance": _l("who came to which sitting, and the half hours earned"),
    "booking": _l("each person's place in a class"),
    "city": _l("the city itself"),
    "class_template": _l("settings of classes that a squadron keeps under a name"),
    "course": _l("what is taught"),
    "course_industry": _l("which industries a course is meant for"),
    "course_version": _l("earlier texts of courses, with which classes were given"),
    "draw": _l("the closed lists of draws"),
    "enrolment": _l("each act of asking for seats"),
    "enrolment_list": _l("lists of people to be enrolled in one act"),
    "enrolment_list_row": _l("the rows of those lists"),
    "enterprise": _l("enterprises"),
    "erasure": _l("whose name and contacts were deleted, when and by whom"),
    "event": _l("what happened to a class and its bookings"),
    "first_asked": _l("who had asked for a course before a class of it was published"),
    "holiday": _l("holidays and make-up working days"),
    "home": _l("Homes for Environmental Managers"),
    "identity": _l("accounts linked to a sign-in elsewhere"),
    "industry": _l("industries"),
    "interest": _l("who wants to be told when a course gets a class"),
    "join_request": _l("requests to join an enterprise"),
    "lecturer": _l("lecturers"),
    "look": _l("who looked at personal data"),
    "merger": _l("which records were made one"),
    "notice": _l("what was told to whom, and its fate"),
    "past_post": _l("posts that ended"),
    "person": _l("people"),
    "post": _l("which role a person holds, and where"),
    "reminder_rule": _l("when those booked are reminded"),
    "room": _l("rooms"),
    "seat_share": _l("seats of a class that are kept for some until a day"),
    "sitting": _l("the half-days of a class"),
    "squadron": _l("squadrons"),
    "teaching": _l("who teaches which class"),
    "topic": _l("topics"),
    "town": _l("towns and streets"),
    "training_class": _l("classes"),
    "yearly_hours": _l("hours and classes of each person, year by year"),
}


def tables() -> list[Table]:
    """Return what is exported, each table after those that it points to; those of later rooms come by themselves, and
    a test asks for their WORDS."""
    return [table for table in Base.metadata.sorted_tables if table.name not in LEFT_OUT]


def columns(table: Table) -> list[Column[Any]]:
    return [column for column in table.columns if not SECRET.search(column.name)]


def write(file: IO[bytes]) -> None:
    """Write the archive, table by table, without holding more than some rows in memory."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive, _one_moment() as connection:
        archive.writestr("README.md", readme())
        for table in tables():
            with archive.open(f"{table.name}.csv", "w", force_zip64=True) as raw:
                _write_table(connection, table, raw)


def _write_table(connection: Connection, table: Table, raw: IO[bytes]) -> None:
    text = io.TextIOWrapper(raw, "utf-8-sig", newline="", write_through=True)
    writer, shown = csv.writer(text), columns(table)
    writer.writerow([column.name for column in shown])
    statement = select(*shown).order_by(*table.primary_key.columns)
    for row in connection.execute(statement, execution_options={"yield_per": 1000}):
        writer.writerow([_as_text(value) for value in row])
    text.detach()


@contextmanager
def _one_moment() -> Iterator[Connection]:
    """Yield a connection that sees nothing of what is written from now on."""
    with db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN")
        else:
            connection.execution_options(isolation_level="REPEATABLE READ")
        yield connection
        connection.rollback()


def _as_text(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return "" if value is None else disarmed(value)


def readme() -> str:
    """Return what explains the files, in the reader's language; names of tables and columns are the same in both."""
    moment = clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    head = [
        _("# What is in these files"),
        _("Made at %(moment)s. Each file is a table: CSV in UTF-8, commas, one row for each record.", moment=moment),
        _("Times are in UTC (RFC 3339). `_zh` is Chinese, `_en` English. “→ person.id” says where a number leads."),
        _("A cell that would begin a formula in a spreadsheet begins with an apostrophe."),
        _("Passwords, keys and whatever opens an account are not in them."),
    ]
    return "\n\n".join([*head, *(_section(table) for table in tables())]) + "\n"


def _section(table: Table) -> str:
    title = f"## {table.name}.csv · {WORDS[table.name]}"
    return "\n".join([title, "", *(_line(column) for column in columns(table))])


def _line(column: Column[Any]) -> str:
    leads = "".join(f" → {key.target_fullname}" for key in column.foreign_keys)
    return f"- `{column.name}` ({KINDS[_type(column)]}){leads}"


def _type(column: Column[Any]) -> Any:
    """Return what a column's values are in Python; a type of our own is asked for the one that it decorates."""
    type_ = column.type
    return (type_.impl_instance if isinstance(type_, TypeDecorator) else type_).python_type
