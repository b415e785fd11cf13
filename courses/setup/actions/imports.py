"""Taking in a spreadsheet of enterprises and their people: looked at slice by slice, written in one transaction."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import bindparam, delete, update
from sqlalchemy.exc import IntegrityError

from courses.ground import clock, sheets
from courses.ground.columns import cells_of
from courses.ground.db import db, insert_many, run, table
from courses.ground.refusal import Refusal
from courses.ground.transaction import locked, transaction
from courses.outbox.actions import Reader, post_all, row_of
from courses.people import identity, links
from courses.people.model import Enterprise, Industry, Person, Post, Town
from courses.people.queries import city
from courses.people.rights import Actor, Right, require
from courses.setup import imports, queries
from courses.setup.model import Import, ImportRow, Outcome, Stage
from courses.setup.plan import Plan, planned
from courses.setup.sheet import COLUMNS, EXAMPLE_CODE, NEEDED, doubled, matched, places, read_row

SLICE: Final = 1000  # rows looked at in one request: about a third of a second
INVITED_AGAIN_AFTER: Final = dt.timedelta(hours=1)


def take_in(actor: Actor, file_name: str, content: bytes) -> int:
    """Keep a sheet that was sent, match its columns by their heads, and look at its first rows if that is possible;
    return the import's id.

    Raises Refusal: not_allowed, not_a_sheet, sheet_too_long, empty_sheet, no_rows.
    """
    require(actor, Right.ADMINISTER)
    rows = sheets.read(content)
    if not rows:
        raise Refusal("empty_sheet")
    if len(rows) < 2:
        raise Refusal("no_rows")
    matching = matched(rows[0])
    is_clear = all(name in matching for name in NEEDED) and not doubled(rows[0])
    stage = Stage.CHECKING if is_clear else Stage.COLUMNS
    with transaction():
        row = Import(
            file_name=identity.one_line(file_name)[-200:],
            made_by=actor.id,
            made_at=clock.now(),
            matching=matching,
            rows=len(rows) - 1,
            content=content,
            stage=stage,
        )
        db.session.add(row)
        db.session.flush()
        import_id = row.id
    if stage == Stage.CHECKING:
        look_on(actor, import_id)
    return import_id


def match_columns(actor: Actor, import_id: int, matching: Mapping[str, int]) -> None:
    """Say in which place of the sheet each column stands, and look at its rows anew.

    Raises Refusal: not_allowed, not_found, import_over, columns_missing, columns_double.
    """
    require(actor, Right.ADMINISTER)
    if any(name not in matching for name in NEEDED):
        raise Refusal("columns_missing")
    if len(set(matching.values())) < len(matching):
        raise Refusal("columns_double")
    with transaction():
        row = _open(import_id)
        db.session.execute(delete(ImportRow).where(ImportRow.import_id == import_id))
        row.matching = {column.name: matching[column.name] for column in COLUMNS if column.name in matching}
        row.stage, row.looked_at = Stage.CHECKING, 0
    look_on(actor, import_id)


def _open(import_id: int) -> Import:
    """Return the import, locked. Raises Refusal("import_over") once it was written or its sheet is gone."""
    row = locked(Import, import_id)
    if row.stage == Stage.IMPORTED or row.content is None:
        raise Refusal("import_over")
    return row


def look_on(actor: Actor, import_id: int) -> None:
    """Look at the next SLICE of rows; after the last one judge all of them together.

    Harmless when another request did the same meanwhile. Raises Refusal: not_allowed, not_found.
    """
    require(actor, Right.ADMINISTER)
    found = imports.sheet_of(import_id)
    if found is None or found.content is None:
        raise Refusal("not_found")
    if found.stage == Stage.CHECKING:
        _look_at_slice(found)
    if found.looked_at + SLICE >= found.rows:
        _judge(import_id)


def _look_at_slice(found: imports.Sheet) -> None:
    words = city()
    known = places(queries.named(Town), queries.named(Industry), (words.post_name_zh, words.post_name_en))
    assert found.content is not None  # look_on
    rows = sheets.read(found.content)[1 + found.looked_at :][:SLICE]
    read = []
    for number, row in enumerate(rows, 2 + found.looked_at):
        cells = cells_of(row, found.matching)
        if cells and cells.get("credit_code") != EXAMPLE_CODE:
            values, faults = read_row(cells, known)
            own = {"import_id": found.id, "number": number, "changes": {}}
            read.append({**own, "cells": cells, "values": values, "faults": faults})
    with transaction():
        here = locked(Import, found.id)
        if here.stage == Stage.CHECKING and here.looked_at == found.looked_at:
            insert_many(ImportRow, read)
            here.looked_at += len(rows)


def _judge(import_id: int) -> None:
    """Say of each row what it would do, as things are now."""
    rows = imports.rows_to_judge(import_id)
    plan = planned(rows, imports.known(rows))
    with transaction():
        row = locked(Import, import_id)
        if row.stage == Stage.CHECKING and row.looked_at >= row.rows:
            _write_down(row, plan)
            row.stage = Stage.CHECKED


_SAID = (
    update(table(ImportRow))
    .where(table(ImportRow).c.id == bindparam("row_id"))
    .values({name: bindparam(name) for name in ("outcome", "faults", "changes", "person_id")})
)


def _write_down(row: Import, plan: Plan) -> None:
    """Write what came of the rows, and the counts."""
    db.session.flush()
    if plan.rows:
        run(
            _SAID,
            [
                {
                    "row_id": one.id,
                    "outcome": one.outcome,
                    "faults": one.faults,
                    "changes": one.changes,
                    "person_id": one.person_id,
                }
                for one in plan.rows
            ],
        )
    row.new, row.updated = plan.count(Outcome.NEW), plan.count(Outcome.UPDATED)
    row.unchanged, row.wrong = plan.count(Outcome.UNCHANGED), plan.count(Outcome.WRONG)


def adopt(actor: Actor, import_id: int, only_if_all_right: bool = False) -> Import:
    """Write what all right rows say, in one transaction: all of it, or nothing.

    Each row is judged once more under the lock, so that what changed since it was looked at counts. Raises Refusal:
    not_allowed, not_found, import_over, rows_wrong, import_raced.
    """
    require(actor, Right.ADMINISTER)
    rows = imports.rows_to_judge(import_id)
    try:
        with transaction():
            row = _open(import_id)
            if row.stage != Stage.CHECKED:
                raise Refusal("import_over")
            plan = planned(rows, imports.known(rows))
            if only_if_all_right and (wrong := plan.count(Outcome.WRONG)):
                raise Refusal("rows_wrong", count=wrong)
            _write(plan)
            _write_down(row, plan)
            row.stage, row.done_by, row.done_at = Stage.IMPORTED, actor.id, clock.now()
            return row
    except IntegrityError as error:  # somebody signed up with one of these numbers at this very moment
        raise Refusal("import_raced") from error


def _write(plan: Plan) -> None:
    blank = {"name_en": "", "industry_id": None, "is_key_unit": False}
    insert_many(Enterprise, [{"credit_code": code, **blank, **row} for code, row in plan.new_enterprises.items()])
    if plan.changed_enterprises:
        db.session.execute(update(Enterprise), plan.changed_enterprises)
    if plan.changed_people:
        db.session.execute(update(Person), plan.changed_people)
    _write_people(plan)


def _write_people(plan: Plan) -> None:
    nobody = {"name_en": "", "email": None, "mobile": None, "language": "zh", "epoch": 1}
    insert_many(Person, [{**nobody, **values} for _, values in plan.new_people])
    ids = imports.ids_of([values for _, values in plan.new_people])
    for row, values in plan.new_people:
        row.person_id = ids[values.get("mobile") or values["email"]]
    at_ = imports.enterprise_ids({row.values["credit_code"] for row in plan.new_posts})
    insert_many(
        Post,
        [
            {
                "person_id": row.person_id,
                "role": row.values["role"],
                "enterprise_id": at_[row.values["credit_code"]],
                "squadron_id": None,
                "association_id": None,
                "began_at": clock.now(),
            }
            for row in plan.new_posts
        ],
    )


def invite_all(actor: Actor, import_id: int) -> int:
    """Invite by mail everyone of an import who has an address and no account; return how many.

    The outbox sends them at its own pace. Whoever was invited within the hour is passed over. Raises Refusal:
    not_allowed, not_found, nobody_to_invite.
    """
    require(actor, Right.ADMINISTER)
    with transaction():
        row, at = locked(Import, import_id), clock.now()
        people = imports.to_invite(import_id, at - INVITED_AGAIN_AFTER)
        if not people:
            raise Refusal("nobody_to_invite")
        expires_at = at + dt.timedelta(seconds=links.MAX_AGE_S["invitation"])
        post_all([_invitation(actor, one, at, expires_at) for one in people])
        row.invited_at = at
    return len(people)


def _invitation(actor: Actor, one: imports.Invitee, at: dt.datetime, expires_at: dt.datetime) -> dict[str, Any]:
    facts = {"inviter": actor.name, "enterprise_zh": one.enterprise_zh, "enterprise_en": one.enterprise_en}
    key = f"invitation:{one.id}:{at.isoformat()}"
    return row_of("invitation", Reader(one.id, one.email), key, facts, expires_at=expires_at)
