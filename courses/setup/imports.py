"""What imports ask of the database: the sheet, its rows, and what is known of what they name."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Select, exists, func, or_, select

from courses.ground.db import db
from courses.outbox.model import Notice
from courses.people.model import Enterprise, Industry, Person, Post, Role, Town
from courses.setup.model import Import, ImportRow, Outcome, Stage
from courses.setup.plan import OF_ENTERPRISE, OF_PERSON, Judged, Known, KnownPerson


class Sheet(NamedTuple):
    """The sheet of an import and how far it was looked at."""

    id: int
    content: bytes | None
    matching: Mapping[str, int]
    stage: Stage
    rows: int
    looked_at: int


def sheet_of(import_id: int) -> Sheet | None:
    statement = select(Import.id, Import.content, Import.matching, Import.stage, Import.rows, Import.looked_at)
    row = db.session.execute(statement.where(Import.id == import_id)).one_or_none()
    return Sheet._make(row) if row else None


class Listed(NamedTuple):
    """One import of the list: who sent it, when, what came of it."""

    id: int
    file_name: str
    made_at: dt.datetime
    person: str
    person_en: str
    stage: Stage
    rows: int
    looked_at: int
    new: int
    updated: int
    unchanged: int
    wrong: int
    is_kept: bool


def listed(offset: int, limit: int) -> list[Listed]:
    """Return imports, the newest first; one more than `limit` if there are more."""
    statement = (
        select(
            Import.id,
            Import.file_name,
            Import.made_at,
            Person.name,
            Person.name_en,
            Import.stage,
            Import.rows,
            Import.looked_at,
            Import.new,
            Import.updated,
            Import.unchanged,
            Import.wrong,
            Import.content.is_not(None),
        )
        .join(Person, Person.id == Import.made_by)
        .order_by(Import.id.desc())
    )
    return [Listed._make(row) for row in db.session.execute(statement.offset(offset).limit(limit + 1))]


def one(import_id: int) -> Import | None:
    return db.session.get(Import, import_id, populate_existing=True)


def rows_to_judge(import_id: int) -> list[Judged]:
    """Return the rows with the faults that are their own, as `read_row` found them: what other rows and the records
    say is asked anew."""
    statement = select(ImportRow.id, ImportRow.number, ImportRow.values, ImportRow.faults)
    found = db.session.execute(statement.where(ImportRow.import_id == import_id).order_by(ImportRow.number))
    return [Judged(id_, number, values, _own(faults)) for id_, number, values, faults in found]


OF_OTHERS = frozenset(
    "says_otherwise code_again mobile_again email_again elsewhere serves has_left two_people missing_name".split()
)


def _own(faults: Mapping[str, Any]) -> dict[str, Any]:
    return {name: fault for name, fault in faults.items() if fault[0] not in OF_OTHERS}


def known(rows: Sequence[Judged]) -> Known:
    """Return what is known of the codes, numbers and addresses that the rows name; three statements."""
    codes = {row.values["credit_code"] for row in rows if "credit_code" in row.values}
    enterprises = {
        row.credit_code: {name: getattr(row, name) for name in ("id", *OF_ENTERPRISE.values())}
        for row in db.session.scalars(select(Enterprise).where(Enterprise.credit_code.in_(codes)))
    }
    mobiles = {row.values["mobile"] for row in rows if "mobile" in row.values}
    emails = {row.values["email"] for row in rows if "email" in row.values}
    people = _people(mobiles, emails)
    return Known(
        enterprises,
        {person.row["mobile"]: person for person in people if person.row["mobile"]},
        {person.row["email"]: person for person in people if person.row["email"]},
    )


def _people(mobiles: Collection[str], emails: Collection[str]) -> list[KnownPerson]:
    reached = or_(Person.mobile.in_(mobiles), Person.email.in_(emails))
    rows = db.session.scalars(select(Person).where(reached)).all()
    posts = _posts([row.id for row in rows])
    return [
        KnownPerson(
            id=row.id,
            row={name: getattr(row, name) for name in OF_PERSON.values()},
            has_account=row.has_account,
            has_left=row.left_at is not None,
            posts=frozenset((role, place) for role, place, _ in posts.get(row.id, ())),
            place=next((name for _, _, name in posts.get(row.id, ()) if name), ""),
        )
        for row in rows
    ]


def _posts(person_ids: Collection[int]) -> dict[int, list[tuple[Role, int | None, str | None]]]:
    statement = (
        select(Post.person_id, Post.role, Post.enterprise_id, Enterprise.name_zh)
        .outerjoin(Enterprise, Enterprise.id == Post.enterprise_id)
        .where(Post.person_id.in_(person_ids))
    )
    found: dict[int, list[tuple[Role, int | None, str | None]]] = {}
    for person_id, role, place, name in db.session.execute(statement):
        found.setdefault(person_id, []).append((Role(role), place, name))
    return found


def ids_of(people: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Return ids by mobile number and by e-mail address."""
    reached = Person.mobile.in_([values["mobile"] for values in people if "mobile" in values])
    mailed = Person.email.in_([values["email"] for values in people if "email" in values])
    found = db.session.execute(select(Person.id, Person.mobile, Person.email).where(or_(reached, mailed))).all()
    return {known: row.id for row in found for known in (row.mobile, row.email) if known}


def enterprise_ids(codes: Collection[str]) -> dict[str, int]:
    statement = select(Enterprise.credit_code, Enterprise.id).where(Enterprise.credit_code.in_(codes))
    return {row.credit_code: row.id for row in db.session.execute(statement)}


# The page of one import


def rows(import_id: int, outcome: str, offset: int = 0, limit: int | None = None) -> list[ImportRow]:
    """Return rows in the order of the sheet, or those of one outcome."""
    statement = select(ImportRow).where(ImportRow.import_id == import_id).order_by(ImportRow.number)
    if outcome:
        statement = statement.where(ImportRow.outcome == outcome)
    if limit is not None:
        statement = statement.offset(offset).limit(limit)
    return list(db.session.scalars(statement))


def names_of_places() -> tuple[dict[int, Any], dict[int, Any]]:
    """Return towns and industries by id, for the words of a change."""
    towns = db.session.execute(select(Town.id, Town.name_zh, Town.name_en)).all()
    industries = db.session.execute(select(Industry.id, Industry.name_zh, Industry.name_en)).all()
    return {row.id: row for row in towns}, {row.id: row for row in industries}


class Invitee(NamedTuple):
    """Someone to invite, with their enterprise."""

    id: int
    email: str
    enterprise_zh: str
    enterprise_en: str


def to_invite(import_id: int, not_since: dt.datetime) -> list[Invitee]:
    """Return who came by this import, has an address and no account, and was not invited after `not_since`."""
    lately = exists().where(Notice.person_id == Person.id, Notice.kind == "invitation", Notice.made_at > not_since)
    statement = _waiting(import_id, Person.id, Person.email, func.min(Enterprise.name_zh), func.min(Enterprise.name_en))
    reached = statement.where(Person.email.is_not(None), ~lately).group_by(Person.id, Person.email)
    return [Invitee._make(row) for row in db.session.execute(reached)]


def waiting(import_id: int) -> tuple[int, int]:
    """Return how many who came by this import have no account yet, and how many of those no address for a mail."""
    counts = _waiting(import_id, func.count(Person.id.distinct()), func.count(Person.email.distinct()))
    all_, reached = db.session.execute(counts).one()
    return all_, all_ - reached


def _waiting(import_id: int, *columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .select_from(ImportRow)
        .join(Person, Person.id == ImportRow.person_id)
        .join(Post, Post.person_id == Person.id)
        .join(Enterprise, Enterprise.id == Post.enterprise_id)
        .where(
            ImportRow.import_id == import_id,
            ImportRow.outcome != Outcome.WRONG,
            Person.password_hash.is_(None),
            Person.left_at.is_(None),
        )
    )
