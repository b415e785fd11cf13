"""What programs are told of bookings, as it happens: put together here, told by `webhooks` to who may read it."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import select

from courses.booking.model import Booking, Enrolment
from courses.catalogue.model import Course, Teaching, TrainingClass
from courses.ground.db import db, run, table
from courses.people.model import Person
from courses.people.rights import Right, may
from courses.webhooks import actions as webhooks
from courses.webhooks.model import Event
from courses.webhooks.queries import listeners

EVENTS = {
    "booked": Event.BOOKED,
    "queued": Event.QUEUED,
    "promoted": Event.PROMOTED,
    "offered": Event.OFFERED,
    "accepted": Event.BOOKED,
    "declined": Event.CANCELLED,
    "merged_away": Event.CANCELLED,
    "merged_here": Event.BOOKED,
    "cancelled": Event.CANCELLED,
    "cancelled_late": Event.CANCELLED,
    "lapsed": Event.CANCELLED,
    "cancellation_undone": Event.RESTORED,
}
"""What the log says, and the event that it is. Marks are announced all at once, by the roster."""
_booking, _class = table(Booking).c, table(TrainingClass).c
_CONCERNED = (
    select(
        _booking.id,
        _booking.class_id,
        _booking.person_id,
        _booking.state,
        _booking.reason,
        _booking.attended,
        Person.name,
        Enrolment.enterprise_id,
        _class.squadron_id,
        _class.starts_at,
        Course.title_zh,
        Course.title_en,
    )
    .select_from(table(Booking))
    .join(Enrolment, Enrolment.id == _booking.enrolment_id)
    .join(table(TrainingClass), _class.id == _booking.class_id)
    .join(Course, Course.id == _class.course_id)
    .join(Person, Person.id == _booking.person_id)
    .order_by(_booking.id)
)


def announce_bookings(class_id: int, what: str, booking_ids: Collection[int]) -> None:
    """Tell who listens what happened to these bookings; inside the transaction of the change."""
    event = EVENTS.get(what)
    if event and booking_ids:
        announce(event, class_id, {id_: {} for id_ in booking_ids})


def announce(event: Event, class_id: int, said: dict[int, dict[str, Any]]) -> None:
    """Tell who listens an event of bookings: `said` is what more there is to say of each. Costs nothing while nobody
    listens."""
    listening = listeners(event)
    if not listening:
        return
    db.session.flush()
    lecturer_ids = list(db.session.scalars(select(Teaching.person_id).where(Teaching.class_id == class_id)))
    told = []
    for row in run(_CONCERNED.where(_booking.id.in_(said))).all():
        facts = {
            "person_id": row.person_id,
            "enterprise_id": row.enterprise_id,
            "squadron_id": row.squadron_id,
            "lecturer_ids": lecturer_ids,
        }
        allowed = [one for one in listening if may(one.actor, Right.READ_BOOKING, **facts)]
        told.append((allowed, {**_said(row), **said[row.id]}))
    webhooks.tell(event, told)


def _said(row: Any) -> dict[str, Any]:
    return {
        "booking": row.id,
        "class": row.class_id,
        "title": {"zh": row.title_zh, "en": row.title_en or None},
        "starts_at": row.starts_at.isoformat(),
        "person": row.person_id,
        "name": row.name,
        "enterprise": row.enterprise_id,
        "state": row.state,
        "reason": row.reason,
        "attended": row.attended,
    }
