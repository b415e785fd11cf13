"""What lists ask of the database: whom their rows may mean, and what is kept of them."""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlalchemy import and_, func, or_, select

from courses.bulk.model import EnrolmentList, ListRow, Outcome
from courses.bulk.plan import Judged, Known, KnownPerson, Reach
from courses.bulk.sheet import Row
from courses.catalogue.model import ClassState, Course, TrainingClass
from courses.ground.columns import folded
from courses.ground.db import db
from courses.people.model import Enterprise, Person, Post


def known(rows: Sequence[Judged], reach: Reach) -> Known:
    """Return what is known of the enterprises, numbers, addresses and names of the rows; two statements."""
    people = _people(rows, firms := _firms(rows, reach))
    missing = {person.enterprise_id for person in people if person.enterprise_id} - {firm.id for firm in firms}
    # Whom a number reaches may be of an enterprise that no row names; then the row takes it from them.
    more = db.session.scalars(select(Enterprise).where(Enterprise.id.in_(missing))).all() if missing else []
    return Known([*firms, *more], people)


def _firms(rows: Sequence[Judged], reach: Reach) -> list[Enterprise]:
    said = {row.cells["enterprise"] for row in rows if "enterprise" in row.cells}
    codes = {code.strip().upper() for code in said}
    named = or_(
        Enterprise.credit_code.in_(codes),
        Enterprise.name_zh.in_(said),
        and_(Enterprise.name_en != "", func.lower(Enterprise.name_en).in_({name.lower() for name in said})),
        Enterprise.id == reach.enterprise_id,
    )
    # A name that people write with other marks or widths is looked for among those of the towns.
    if not reach.enterprise_id and said:
        named = or_(named, Enterprise.town_id.in_(reach.towns))
    wanted = {folded(name) for name in said}
    found = db.session.scalars(select(Enterprise).where(named).order_by(Enterprise.id))
    return [
        firm
        for firm in found
        if firm.id == reach.enterprise_id
        or wanted & {folded(firm.credit_code), folded(firm.name_zh), folded(firm.name_en)}
    ]


def _people(rows: Sequence[Judged], firms: Collection[Enterprise]) -> list[KnownPerson]:
    mobiles, emails = {row.mobile for row in rows if row.mobile}, {row.email for row in rows if row.email}
    statement = (
        select(Person, Post.enterprise_id)
        .outerjoin(Post, and_(Post.person_id == Person.id, Post.enterprise_id.is_not(None)))
        .where(
            or_(
                Person.mobile.in_(mobiles),
                Person.email.in_(emails),
                Post.enterprise_id.in_([firm.id for firm in firms]),
            )
        )
        .order_by(Person.id)
    )
    people: dict[int, KnownPerson] = {}
    for person, enterprise_id in db.session.execute(statement):
        has_left = person.left_at is not None
        known_as = (person.id, person.name, person.name_en, person.mobile, person.email)
        people[person.id] = KnownPerson(*known_as, has_left, enterprise_id)
    return list(people.values())


def one_of(list_id: int, made_by: int) -> EnrolmentList | None:
    """Return a list to whoever sent it."""
    found = db.session.get(EnrolmentList, list_id, populate_existing=True)
    return found if found and found.made_by == made_by else None


def sent_rows(list_id: int) -> list[Row]:
    """Return the rows as they were sent."""
    statement = select(ListRow.number, ListRow.cells).where(ListRow.list_id == list_id).order_by(ListRow.number)
    return [Row(number, cells) for number, cells in db.session.execute(statement)]


CHANGED = "changed"


def rows(list_id: int, which: str = "", offset: int = 0, limit: int | None = None) -> list[ListRow]:
    """Return rows in the order of the list, of one outcome or those that changed since the last look; one more than
    `limit` if there are more."""
    statement = select(ListRow).where(ListRow.list_id == list_id).order_by(ListRow.number)
    if which == CHANGED:
        statement = statement.where(ListRow.has_changed)
    elif which:
        statement = statement.where(ListRow.outcome == which)
    if limit is not None:
        statement = statement.offset(offset).limit(limit + 1)
    return list(db.session.scalars(statement, execution_options={"populate_existing": True}))


class Counts(NamedTuple):
    """How many rows have which outcome, how many will be invited, and how many changed since the last look."""

    of: dict[Outcome, int]
    new: int
    changed: int

    @property
    def enrol(self) -> int:
        return sum(count for outcome, count in self.of.items() if outcome.enrols)

    @property
    def wrong(self) -> int:
        return self.of.get(Outcome.WRONG, 0)


def counts(list_id: int) -> Counts:
    statement = (
        select(ListRow.outcome, ListRow.is_new, ListRow.has_changed, func.count())
        .where(ListRow.list_id == list_id)
        .group_by(ListRow.outcome, ListRow.is_new, ListRow.has_changed)
    )
    of, new, changed = dict.fromkeys(Outcome, 0), 0, 0
    for outcome, is_new, has_changed, count in db.session.execute(statement):
        of[Outcome(outcome)] += count
        new += count * (is_new and Outcome(outcome).enrols)
        changed += count * has_changed
    return Counts({outcome: count for outcome, count in of.items() if count}, new, changed)


class Choice(NamedTuple):
    """A class for which a list can be sent now."""

    id: int
    title_zh: str
    title_en: str
    starts_at: dt.datetime
    seats_free: int
    queued: int


def open_classes(at: dt.datetime, offset: int, limit: int) -> list[Choice]:
    """Return classes that can be booked now, soonest first; one more than `limit` if there are more."""
    statement = (
        select(
            TrainingClass.id,
            Course.title_zh,
            Course.title_en,
            TrainingClass.starts_at,
            TrainingClass.capacity - TrainingClass.seats_taken,
            TrainingClass.queued,
        )
        .join(Course, Course.id == TrainingClass.course_id)
        .where(
            TrainingClass.state == ClassState.PUBLISHED,
            TrainingClass.opens_at <= at,
            TrainingClass.closes_at > at,
            TrainingClass.starts_at > at,
        )
        .order_by(TrainingClass.starts_at, TrainingClass.id)
    )
    return [Choice(*row) for row in db.session.execute(statement.offset(offset).limit(limit + 1))]
