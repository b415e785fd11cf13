"""Whether a tentative class takes place: it does once enough people are booked; else its squadron decides in time."""

import datetime as dt
from collections.abc import Collection

from sqlalchemy import select

from courses.booking.actions.change import DECIDE, class_to_change, live_bookings, tell_who_teaches
from courses.booking.actions.ground import Locked, locked_class, log, tell
from courses.booking.minimum import booked_of
from courses.catalogue.model import ClassState, TrainingClass
from courses.catalogue.planning import work_time
from courses.ground import clock
from courses.ground.db import db
from courses.ground.refusal import Refusal
from courses.ground.transaction import transaction
from courses.ground.worktime import WorkTime
from courses.outbox.actions import Reader, post_all, row_of, withdraw_of_class
from courses.outbox.model import Notice
from courses.people.model import Person, Post, Role
from courses.people.rights import Actor

ASK_BEFORE = (3, 1, 0)
"""Working days before `decide_by` at which the officers are asked; at 0 the day has come, and nobody has decided."""
_TENTATIVE = (
    TrainingClass.state == ClassState.PUBLISHED,
    TrainingClass.minimum.is_not(None),
    TrainingClass.confirmed_at.is_(None),
)


def confirm(actor: Actor, class_id: int, door: str = "page") -> None:
    """Decide that a tentative class takes place, however few they are; those booked are told.

    Raises Refusal: not_found, not_allowed, called_off, begun, not_tentative.
    """
    with transaction():
        at = clock.now()
        class_ = class_to_change(actor, class_id, at)
        if not class_.row.is_tentative:
            raise Refusal("not_tentative")
        _confirm(class_, actor, door, at)


def confirm_reached() -> int:
    """Confirm each tentative class in which enough people are booked; return how many. For the clock."""
    at = clock.now()
    reached = (TrainingClass.seats_taken >= TrainingClass.minimum, TrainingClass.starts_at > at)
    statement = select(TrainingClass.id).where(*_TENTATIVE, *reached).order_by(TrainingClass.starts_at)
    return sum(_confirm_if_reached(class_id, at) for class_id in db.session.scalars(statement).all())


def _confirm_if_reached(class_id: int, at: dt.datetime) -> int:
    with transaction():
        class_ = locked_class(class_id)
        row = class_.row
        if row.state != ClassState.PUBLISHED or not row.is_tentative or booked_of(class_id) < (row.minimum or 0):
            return 0
        _confirm(class_, None, "rule", at)
        return 1


def _confirm(class_: Locked, actor: Actor | None, door: str, at: dt.datetime) -> None:
    class_.row.confirmed_at = at
    db.session.flush()
    withdraw_of_class(class_.row.id, DECIDE)
    log(class_.row.id, "confirmed", actor, door, minimum=class_.row.minimum)
    seated, pending, _waiting = live_bookings(class_.row.id)
    tell("confirmed", class_, seated, enough=actor is None)
    tell("confirmed", class_, pending, enough=actor is None, pending=True)
    tell_who_teaches("confirmed", class_, enough=actor is None)


def ask_to_decide() -> int:
    """Ask the officers of each tentative class whose time to decide is near; return how many were told. For the clock.

    Of several moments that have come only the latest speaks; one before the class got its present schedule is silent.
    """
    at = clock.now()
    tentative = db.session.scalars(select(TrainingClass).where(*_TENTATIVE, TrainingClass.starts_at > at)).all()
    if not tentative:
        return 0
    time = work_time()
    due = {row.id: days for row in tentative if (days := _asked_before(row, time, at)) is not None}
    asked = select(Notice.key).where(Notice.kind == DECIDE, Notice.class_id.in_(due))
    stems = {key.rpartition(":")[0].rpartition(":")[0] for key in db.session.scalars(asked)}
    return sum(_ask(row.id, due[row.id]) for row in tentative if row.id in due and _stem(row, due[row.id]) not in stems)


def _asked_before(row: TrainingClass, time: WorkTime, at: dt.datetime) -> int | None:
    """Return how many working days before the decision the officers are to have been asked by now; None if not yet."""
    assert row.decide_by is not None  # every minimum has its day
    for days in reversed(ASK_BEFORE):
        moment = time.before(row.decide_by, days * time.day) if days else row.decide_by
        if moment <= at:
            return days if moment >= row.scheduled_at else None
    return None


def _ask(class_id: int, days: int) -> int:
    with transaction():
        class_ = locked_class(class_id)
        row = class_.row
        if row.state != ClassState.PUBLISHED or not row.is_tentative or row.decide_by is None:
            return 0
        facts = {
            "class_": class_.facts(),
            "path": f"/classes/{class_id}/decision",
            "booked": booked_of(class_id),
            "decide_by": row.decide_by.isoformat(),
            "overdue": days == 0,
        }
        readers = officers(row.squadron_id)
        stem = _stem(row, days)
        post_all([row_of(DECIDE, r, f"{stem}:{r.id}", facts, class_id, None, row.starts_at) for r in readers])
        return len(readers)


def _stem(row: TrainingClass, days: int) -> str:
    """Return the part of a key that all who are asked at this moment share."""
    return f"{DECIDE}:{row.id}:{row.schedule_no}:{days}"


def officers(squadron_id: int) -> Collection[Reader]:
    """Return the officers of a squadron."""
    statement = (
        select(Person.id, Person.email)
        .join(Post, Post.person_id == Person.id)
        .where(Post.role == Role.OFFICER, Post.squadron_id == squadron_id, Person.left_at.is_(None))
        .order_by(Person.id)
    )
    return [Reader(*row) for row in db.session.execute(statement)]
