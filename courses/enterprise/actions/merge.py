"""Merging of doubles: two records of one person, or one enterprise, become one; nothing that hung on either is lost."""

from typing import Any

from sqlalchemy import Column, Table, UniqueConstraint, and_, delete, exists, select, update
from sqlalchemy.exc import IntegrityError

from courses.accounts.model import Token
from courses.booking.model import LIVE, Booking
from courses.booking.queries import Titled
from courses.catalogue.model import Course, TrainingClass
from courses.enterprise import queries
from courses.enterprise.model import Answer, JoinRequest, Kind, Merger
from courses.ground import clock
from courses.ground.db import Base, db
from courses.ground.refusal import Refusal
from courses.ground.transaction import lock_all, locked, transaction
from courses.outbox.model import Fate, Notice
from courses.people.links import MAX_AGE_S
from courses.people.model import Enterprise, Person, Post
from courses.people.rights import LEARNER, Actor, Right, require
from courses.roster.actions import recount_person


def merge_people(actor: Actor, kept_id: int, gone_id: int) -> None:
    """Let one person stay for two: bookings, hours, posts, notices and history pass to them; the other record goes.

    The account that goes ends with its tokens; a contact that the kept one lacks passes. An owner merges people of the
    own enterprise alone. Raises Refusal: not_found, not_mergeable, post_held, both_booked, person_clash.
    """
    with transaction():
        held = select(Booking.class_id).where(Booking.person_id.in_((kept_id, gone_id)), Booking.state.in_(LIVE))
        lock_all(TrainingClass, sorted(set(db.session.scalars(held))))
        lock_all(Person, sorted((kept_id, gone_id)))
        kept, gone = mergeable(actor, kept_id, gone_id)
        _require_apart(kept, gone)
        _end_account(gone)
        contact = {name: getattr(kept, name) or getattr(gone, name) for name in ("email", "mobile", "name_en")}
        gone.email = gone.mobile = None
        db.session.flush()
        for name, value in contact.items():
            setattr(kept, name, value)
        db.session.flush()
        _repoint(Person, gone_id, kept_id)
        recount_person(kept_id)
        _note(actor, Kind.PERSON, kept_id, gone_id, name=gone.name)
        _drop(Person, gone_id)


def mergeable(actor: Actor, kept_id: int, gone_id: int) -> tuple[Person, Person]:
    """Return both people, if the actor may merge them. A stranger is told that there is nothing.

    Only people of enterprises: no right beyond an enterprise passes by a merger, and the side that serves never meets
    the one that enforces.
    """
    kept, gone = (db.session.get(Person, id_, populate_existing=True) for id_ in (kept_id, gone_id))
    if kept is None or gone is None or kept is gone or kept.left_at or gone.left_at:
        raise Refusal("not_found")
    posts = list(db.session.scalars(select(Post).where(Post.person_id.in_((kept_id, gone_id)))))
    places = {post.enterprise_id for post in posts}
    try:
        for person in (kept, gone):
            own = [post.enterprise_id for post in posts if post.person_id == person.id]
            require(actor, Right.MERGE_PEOPLE, enterprise_id=own[0] if own else None)
    except Refusal:
        raise Refusal("not_found") from None
    if any(post.role not in LEARNER for post in posts):
        raise Refusal("not_mergeable")
    if len(places) > 1:
        raise Refusal("post_held")
    return kept, gone


def _require_apart(kept: Person, gone: Person) -> None:
    """Refuse where both have a place in one class, or seats at one hour: that is for a person to sort out first."""
    mine = select(Booking.class_id).where(Booking.person_id == kept.id, Booking.state.in_(LIVE))
    both = (
        select(Course)
        .join(TrainingClass, TrainingClass.course_id == Course.id)
        .join(Booking, Booking.class_id == TrainingClass.id)
        .where(Booking.person_id == gone.id, Booking.state.in_(LIVE), Booking.class_id.in_(mine))
    )
    if course := db.session.scalar(both.limit(1)):
        raise Refusal("both_booked", course=course)
    seats = [place.class_id for place in queries.places_ahead(gone.id, clock.now()) if place.is_seat]
    for hindrance in queries.hindrances(seats, kept.id).values():
        assert hindrance.course is not None  # not in the same class
        course_of: Titled = hindrance.course
        raise Refusal("person_clash", person=kept.named, course=course_of, span=hindrance.span)


def _end_account(gone: Person) -> None:
    """End the tokens of an account, and the links to it that have not gone out."""
    db.session.execute(delete(Token).where(Token.person_id == gone.id))
    links = update(Notice).where(
        Notice.person_id == gone.id, Notice.kind.in_(tuple(MAX_AGE_S)), Notice.state == Fate.WAITING
    )
    db.session.execute(links.values(state=Fate.WITHDRAWN, done_at=clock.now()))


def merge_enterprises(actor: Actor, kept_id: int, gone_id: int) -> None:
    """Let one enterprise stay for two: its people, their posts, enrolments and history pass to it; the other goes.

    Raises Refusal: not_allowed, not_found, busy.
    """
    with transaction():
        require(actor, Right.ADMINISTER)
        if kept_id == gone_id:
            raise Refusal("not_found")
        rows = {id_: locked(Enterprise, id_) for id_ in sorted((kept_id, gone_id))}
        kept, gone = rows[kept_id], rows[gone_id]
        waiting = update(JoinRequest).where(
            JoinRequest.credit_code == gone.credit_code, JoinRequest.state == Answer.WAITING
        )
        db.session.execute(waiting.values(credit_code=kept.credit_code, town_id=kept.town_id))
        _note(actor, Kind.ENTERPRISE, kept_id, gone_id, name=gone.name_zh, credit_code=gone.credit_code)
        _repoint(Enterprise, gone_id, kept_id)
        _drop(Enterprise, gone_id)


def _note(actor: Actor, kind: Kind, kept_id: int, gone_id: int, **facts: Any) -> None:
    db.session.add(Merger(kind=kind, kept_id=kept_id, gone_id=gone_id, at=clock.now(), by_id=actor.id, facts=facts))
    db.session.flush()


def _drop(model: type[Person] | type[Enterprise], id_: int) -> None:
    """Delete a row on which nothing hangs any more; what was hung on it in this very moment wins."""
    try:
        db.session.execute(delete(model).where(model.id == id_))
    except IntegrityError as error:
        raise Refusal("busy") from error
    db.session.expire_all()


def _repoint(model: type[Base], old: int, new: int) -> None:
    """Let every row of every table that points to `old` point to `new`, also those of rooms above this one.

    Where a table allows one row alone for the new one (a post of a role, a lecturer of a class), the old one's goes.
    """
    for table in Base.metadata.sorted_tables:
        for key in table.foreign_keys:
            if key.column.table is model.__table__:
                column = key.parent
                for others in _unique_beside(table, column):
                    twin = table.alias()
                    same = [twin.c[column.name] == new, *(twin.c[o.name] == table.c[o.name] for o in others)]
                    db.session.execute(delete(table).where(column == old, exists().where(and_(*same))))
                db.session.execute(update(table).where(column == old).values({column.name: new}))


def _unique_beside(table: Table, column: Column[Any]) -> list[list[Column[Any]]]:
    """Return, for each rule of a table that some columns are unique together with `column`, the others."""
    sets = [list(table.primary_key.columns)]
    sets += [list(rule.columns) for rule in table.constraints if isinstance(rule, UniqueConstraint)]
    for index in table.indexes:  # one under a condition is for `_require_apart`
        if index.unique and index.dialect_options["sqlite"]["where"] is None:
            sets.append(list(index.columns))
    return [[other for other in columns if other is not column] for columns in sets if column in columns]
