"""What a class is to be, and the rules it has to meet: the order of its days, its window, its room and lecturers."""

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise

from sqlalchemy import delete, select, update

from courses.catalogue.model import (
    MOST_OFFER_HOURS,
    ClassPlan,
    Course,
    Lecturer,
    ReminderRule,
    SeatShare,
    Share,
    ShareKind,
    Sitting,
    Span,
    Teaching,
    TrainingClass,
)
from courses.catalogue.planning import clashes
from courses.ground.db import db
from courses.ground.refusal import Refusal, refuse_all
from courses.ground.transaction import lock_all, locked
from courses.homes.model import Room
from courses.people.model import Industry, Person, Town


def check_plan(plan: ClassPlan, at: dt.datetime, room: Room | None = None) -> list[Span]:
    """Return the plan's sittings in order. Raises Refusal: those of `plan_faults`, not_found, course_archived."""
    refuse_all(plan_faults(plan, at, room))
    if not all(_is_known(share) for share in plan.shares):
        raise Refusal("not_found")
    course = db.session.get(Course, plan.course_id)
    if course is None:
        raise Refusal("not_found")
    if course.archived_at:
        raise Refusal("course_archived")
    return sorted(plan.sittings)


def plan_faults(plan: ClassPlan, at: dt.datetime, room: Room | None = None) -> Iterator[Refusal]:
    """Yield everything that is wrong with a plan by itself: its days and times, its numbers, the seats of its `room`.

    That is: those of `sitting_faults`, window_wrong, closes_wrong, cancel_wrong, first_wrong, draw_wrong,
    names_by_wrong, shares_too_many, shares_twice, shares_wrong, minimum_wrong, decide_by_wrong, offer_hours_wrong,
    too_many_seats.
    """
    yield from sitting_faults(plan.sittings, at)
    if plan.sittings:
        yield from _time_faults(plan, min(plan.sittings)[0], at)
    if (kept := sum(share.seats for share in plan.shares)) > plan.capacity:
        yield Refusal("shares_too_many", kept=kept, seats=plan.capacity)
    if len({(share.kind, share.of) for share in plan.shares}) < len(plan.shares):
        yield Refusal("shares_twice")
    if plan.minimum and plan.minimum > plan.capacity:
        yield Refusal("minimum_wrong", seats=plan.capacity)
    if not 1 <= plan.offer_hours <= MOST_OFFER_HOURS:
        yield Refusal("offer_hours_wrong", most=MOST_OFFER_HOURS)
    if room and plan.capacity > room.seats:
        yield Refusal("too_many_seats", room=room, seats=room.seats)


def _time_faults(plan: ClassPlan, begins: dt.datetime, at: dt.datetime) -> Iterator[Refusal]:
    """Yield which of the moments around a class are out of order."""
    opened = max(at, plan.opens_at)
    if plan.opens_at >= min(plan.closes_at, begins):
        yield Refusal("window_wrong")
    if plan.closes_at > begins:
        yield Refusal("closes_wrong")
    if plan.cancel_until > begins:
        yield Refusal("cancel_wrong")
    if plan.first_until and not opened < plan.first_until <= plan.closes_at:
        yield Refusal("first_wrong")
    if plan.draw_at and not opened < plan.draw_at <= plan.closes_at:
        yield Refusal("draw_wrong")
    if plan.names_by and not opened < plan.names_by <= begins:
        yield Refusal("names_by_wrong")
    if plan.shares and (plan.shares_until is None or not plan.opens_at < plan.shares_until <= begins):
        yield Refusal("shares_wrong")
    if plan.decide_by and not at < plan.decide_by <= begins:
        yield Refusal("decide_by_wrong")


def _is_known(share: Share) -> bool:
    """Return whether there is the town or the industry, where it is one."""
    if share.kind == ShareKind.TOWN:
        return db.session.get(Town, share.of or 0) is not None
    if share.kind == ShareKind.INDUSTRY:
        return db.session.get(Industry, share.of or 0) is not None
    return True


def check_sittings(sittings: Sequence[Span], at: dt.datetime) -> list[Span]:
    """Return the sittings in order. Raises Refusal: those of `sitting_faults`."""
    refuse_all(sitting_faults(sittings, at))
    return sorted(sittings)


def sitting_faults(sittings: Sequence[Span], at: dt.datetime) -> Iterator[Refusal]:
    """Yield that there is no sitting, and which ends before it begins (`span`), overlaps with the one before, or has
    already begun at `at`: no_sitting, ends_before_start, sittings_overlap, in_the_past."""
    ordered = sorted(sittings)
    if not ordered:
        yield Refusal("no_sitting")
    yield from (Refusal("ends_before_start", span=span) for span in ordered if span[0] >= span[1])
    overlapping = (later for earlier, later in pairwise(ordered) if earlier[1] > later[0])
    yield from (Refusal("sittings_overlap", span=span) for span in overlapping)
    yield from (Refusal("in_the_past", span=span) for span in ordered if span[0] <= at)


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
    check_lecturers(lecturer_ids)
    for clash in clashes(room_id, lecturer_ids, sittings, but):
        if clash.lecturer:
            raise Refusal("lecturer_clash", lecturer=clash.lecturer, course=clash, span=clash.span)
        raise Refusal("room_clash", room=room, course=clash, span=clash.span)


def check_lecturers(lecturer_ids: Collection[int]) -> None:
    """Raise Refusal("not_found") unless each of them is a lecturer."""
    known = db.session.scalars(select(Lecturer.person_id).where(Lecturer.person_id.in_(lecturer_ids))).all()
    if len(known) < len(set(lecturer_ids)):
        raise Refusal("not_found")


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


def set_shares(class_: TrainingClass, shares: Sequence[Share]) -> None:
    """Let the class keep these seats, and no others."""
    db.session.execute(delete(SeatShare).where(SeatShare.class_id == class_.id))
    for kind, seats, of in shares:
        whom = {ShareKind.TOWN: {"town_id": of}, ShareKind.INDUSTRY: {"industry_id": of}}.get(kind, {})
        db.session.add(SeatShare(class_id=class_.id, kind=kind, seats=seats, **whom))
        db.session.flush()  # their ids are their order


def set_lecturers(class_: TrainingClass, lecturer_ids: Collection[int]) -> None:
    """Let these teach the class, and nobody else."""
    db.session.execute(delete(Teaching).where(Teaching.class_id == class_.id))
    db.session.add_all(Teaching(class_id=class_.id, person_id=id_) for id_ in dict.fromkeys(lecturer_ids))
