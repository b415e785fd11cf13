"""Throwing a draft away, with what the log says of the time when it was published."""

from sqlalchemy import delete

from courses.booking.model import Event
from courses.catalogue.actions import locked_draft
from courses.catalogue.model import FirstAsked, ReminderRule, SeatShare, Sitting, Teaching
from courses.ground.db import db
from courses.ground.transaction import transaction
from courses.people.rights import Actor


def discard(actor: Actor, class_id: int) -> None:
    """Delete a draft: nobody but its squadron ever knew of it. Raises Refusal("not_found")."""
    with transaction():
        draft = locked_draft(actor, class_id)
        for model in (Event, FirstAsked, Sitting, Teaching, ReminderRule, SeatShare):
            db.session.execute(delete(model).where(model.class_id == class_id))
        db.session.delete(draft)
        db.session.flush()
