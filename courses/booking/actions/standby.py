"""Standby: telling who came onto it, and ending it where it has no ground any more. For the clock."""

import datetime as dt
from typing import Any

from sqlalchemy import ColumnElement, select

from courses.booking import standing as standings
from courses.booking.actions.ground import locked_class, log
from courses.booking.actions.promote import promote
from courses.booking.model import Booking, Enrolment, State
from courses.booking.standing import Missed
from courses.catalogue.model import ClassState, TrainingClass
from courses.ground import clock
from courses.ground.db import db
from courses.ground.transaction import transaction
from courses.outbox.actions import Reader, post_all, row_of

TOLD_AFTER = dt.timedelta(hours=2)
"""How long a roster can be put right before it has this consequence."""


def tell_standby() -> int:
    """Tell who stayed away so often that they are on standby now, once: until when, why, and how to appeal. Return how
    many were told."""
    if not standings.newly_on_standby(clock.now() - TOLD_AFTER):
        return 0
    with transaction():
        return post_standby()


def post_standby() -> int:
    """Write these notices; call it inside a transaction. One that stands already is not written again."""
    newly = standings.newly_on_standby(clock.now() - TOLD_AFTER)
    post_all([_row(one) for one in newly])
    return len(newly)


def _row(one: standings.Newly) -> dict[str, Any]:
    said = {"until": one.until.isoformat(), "missed": [_said(missed) for missed in one.missed], "path": "/standing"}
    reader = Reader(one.person_id, one.email)
    key = f"standby:{one.person_id}:{one.until.isoformat()}"
    return row_of("standby", reader, key, said, booking_id=one.missed[0].booking_id, expires_at=one.until)


def _said(missed: Missed) -> dict[str, Any]:
    title = {"title_zh": missed.title_zh, "title_en": missed.title_en}
    return {**title, "at": missed.starts_at.isoformat(), "is_late": missed.is_late}


def end_standby() -> int:
    """Let those wait in their turn again whose standby is over, or was appealed with success; return how many classes
    that concerns. For the clock."""
    over = _over(TrainingClass.state == ClassState.PUBLISHED, TrainingClass.starts_at > clock.now())
    for class_id in over:
        _let_wait_in_turn(class_id)
    return len(over)


def _over(*where: ColumnElement[bool]) -> dict[int, set[int]]:
    """Return the acts of asking, by class, that wait on standby without ground."""
    waiting = (
        select(Enrolment.id, Enrolment.class_id, Booking.person_id)
        .join(Booking, Booking.enrolment_id == Enrolment.id)
        .join(TrainingClass, TrainingClass.id == Enrolment.class_id)
        .where(Enrolment.standby.is_(True), Booking.state == State.QUEUED, *where)
        .order_by(Enrolment.class_id, Enrolment.id)
    )
    rows = db.session.execute(waiting).all()
    still = standings.on_standby(sorted({row.person_id for row in rows if row.person_id}), clock.now())
    held = {row.id for row in rows if row.person_id in still}
    over: dict[int, set[int]] = {}
    for row in rows:
        if row.id not in held:
            over.setdefault(row.class_id, set()).add(row.id)
    return over


def _let_wait_in_turn(class_id: int) -> None:
    with transaction():
        class_ = locked_class(class_id)
        enrolment_ids = _over(TrainingClass.id == class_id).get(class_id, set())  # once more, under the lock
        mine = (Booking.enrolment_id.in_(enrolment_ids), Booking.state == State.QUEUED)
        bookings = db.session.scalars(select(Booking).where(*mine)).all()
        for enrolment in db.session.scalars(select(Enrolment).where(Enrolment.id.in_(enrolment_ids))):
            enrolment.standby = False
        db.session.flush()
        if bookings:
            log(class_id, "standby_ended", None, "rule", [booking.id for booking in bookings])
            promote(class_, clock.now())
