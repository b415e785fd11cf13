"""Publishing a class, and the clashes that forbid one."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from sqlalchemy import ColumnElement, and_, delete, or_, select, update

from courses.catalogue.model import (
    ClassState,
    Course,
    Lecturer,
    ReminderRule,
    Sitting,
    Teaching,
    TrainingClass,
)
from courses.ground import clock
from courses.ground.db import db
from courses.ground.idempotency import RequestKey
from courses.ground.refusal import Refusal
from courses.ground.transaction import lock_all, locked, transaction
from courses.homes.model import Room
from courses.people.model import Person
from courses.people.rights import Actor, Right, require

Span = tuple[dt.datetime, dt.datetime]


@dataclass(frozen=True, kw_only=True)
class ClassPlan:
    """What an officer fills in: everything a class needs before it can be published."""

    course_id: int
    room_id: int
    sittings: Sequence[Span]
    capacity: int
    opens_at: dt.datetime
    closes_at: dt.datetime
    cancel_until: dt.datetime
    lecturer_ids: Sequence[int] = ()
    reminders: Collection[int] = field(default_factory=tuple)


def publish(actor: Actor, plan: ClassPlan, request_key: RequestKey | None = None) -> int:
    """Publish a class of the actor's squadron; return its id.

    Raises Refusal: no_sitting, ends_before_start, sittings_overlap, in_the_past, window_wrong, too_many_seats,
    room_clash, lecturer_clash, not_found (course, room or lecturer), not_allowed.
    """
    with transaction(request_key) as kept:
        if kept.earlier_answer:
            return int(kept.earlier_answer)
        require(actor, Right.PUBLISH, squadron_id=actor.squadron_id)
        assert actor.squadron_id is not None  # own_squadron holds
        at = clock.now()
        sittings = check_sittings(plan.sittings, at)
        if not plan.opens_at < plan.closes_at <= sittings[0][0] or plan.cancel_until > sittings[0][0]:
            raise Refusal("window_wrong")
        if db.session.get(Course, plan.course_id) is None:
            raise Refusal("not_found")
        check_place(plan.room_id, plan.lecturer_ids, sittings, plan.capacity)
        class_ = TrainingClass(
            course_id=plan.course_id,
            squadron_id=actor.squadron_id,
            room_id=plan.room_id,
            capacity=plan.capacity,
            starts_at=sittings[0][0],
            ends_at=sittings[-1][1],
            opens_at=plan.opens_at,
            closes_at=plan.closes_at,
            cancel_until=plan.cancel_until,
            scheduled_at=at,
            published_at=at,
        )
        db.session.add(class_)
        db.session.flush()
        set_sittings(class_, sittings)
        db.session.add_all(Teaching(class_id=class_.id, person_id=id_) for id_ in dict.fromkeys(plan.lecturer_ids))
        set_reminders(class_, plan.reminders, at)
        db.session.flush()
        kept.answer(class_.id)
        return class_.id


def check_sittings(sittings: Sequence[Span], at: dt.datetime) -> list[Span]:
    """Return the sittings in order. Raises Refusal when there is none, one ends before it begins, two overlap, or
    one has already begun at `at`."""
    ordered = sorted(sittings)
    if not ordered:
        raise Refusal("no_sitting")
    if any(start >= end for start, end in ordered):
        raise Refusal("ends_before_start")
    if any(earlier[1] > later[0] for earlier, later in pairwise(ordered)):
        raise Refusal("sittings_overlap")
    if ordered[0][0] <= at:
        raise Refusal("in_the_past")
    return ordered


def check_place(
    room_id: int,
    lecturer_ids: Collection[int],
    sittings: Sequence[Span],
    capacity: int,
    but: int | None = None,
) -> None:
    """Refuse a room that is too small or taken, or a lecturer who teaches elsewhere, at any of `sittings`.

    Locks the room's and the lecturers' rows first, so that two classes cannot take them at once. `but`: a class
    that does not count, since it is the one being moved.
    """
    room = locked(Room, room_id)
    if capacity > room.seats:
        raise Refusal("too_many_seats", room=room, seats=room.seats)
    lock_all(Person, lecturer_ids)
    known = db.session.scalars(select(Lecturer.person_id).where(Lecturer.person_id.in_(lecturer_ids))).all()
    if len(known) < len(set(lecturer_ids)):
        raise Refusal("not_found")
    taken = (
        select(Course, Sitting.starts_at, Sitting.ends_at)
        .select_from(Sitting)
        .join(TrainingClass, TrainingClass.id == Sitting.class_id)
        .join(Course, Course.id == TrainingClass.course_id)
        .where(TrainingClass.state == ClassState.PUBLISHED, TrainingClass.id != (but or 0), overlaps(sittings))
        .order_by(Sitting.starts_at)
        .limit(1)
    )
    for course, *span in db.session.execute(taken.where(TrainingClass.room_id == room_id)):
        raise Refusal("room_clash", room=room, course=course, span=tuple(span))
    if not lecturer_ids:
        return
    elsewhere = (
        taken.add_columns(Person.name)
        .join(Teaching, Teaching.class_id == TrainingClass.id)
        .join(Person, Person.id == Teaching.person_id)
        .where(Teaching.person_id.in_(lecturer_ids))
    )
    for course, start, end, name in db.session.execute(elsewhere):
        raise Refusal("lecturer_clash", lecturer=name, course=course, span=(start, end))


def overlaps(spans: Sequence[Span]) -> ColumnElement[bool]:
    """Return the condition that a Sitting is at the same hour as one of `spans`; touching ends do not clash."""
    return or_(*(and_(Sitting.starts_at < end, Sitting.ends_at > start) for start, end in spans))


def set_sittings(class_: TrainingClass, sittings: Sequence[Span]) -> None:
    """Give the class these sittings, keeping the rows of those that stay (attendance refers to them)."""
    rows = list(db.session.scalars(select(Sitting).where(Sitting.class_id == class_.id).order_by(Sitting.starts_at)))
    for row, (start, end) in zip(rows, sittings, strict=False):
        row.starts_at, row.ends_at = start, end
    if extra := [row.id for row in rows[len(sittings) :]]:
        db.session.execute(delete(Sitting).where(Sitting.id.in_(extra)))
    db.session.add_all(
        Sitting(class_id=class_.id, starts_at=start, ends_at=end) for start, end in sittings[len(rows) :]
    )
    class_.sittings_count = len(sittings)
    class_.starts_at, class_.ends_at = sittings[0][0], sittings[-1][1]


def set_reminders(class_: TrainingClass, minutes_before: Collection[int], at: dt.datetime) -> None:
    """Replace the reminder rules of the class by these; a rule that stays is left as it was."""
    live = (ReminderRule.class_id == class_.id, ReminderRule.replaced_at.is_(None))
    standing = set(db.session.scalars(select(ReminderRule.minutes_before).where(*live)))
    gone = standing - set(minutes_before)
    if gone:
        old = update(ReminderRule).where(*live, ReminderRule.minutes_before.in_(gone))
        db.session.execute(old.values(replaced_at=at))
    db.session.add_all(
        ReminderRule(class_id=class_.id, minutes_before=minutes, made_at=at)
        for minutes in sorted(set(minutes_before) - standing)
    )
