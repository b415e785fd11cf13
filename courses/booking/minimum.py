"""What the decision on a tentative class goes by: how many are booked, and which classes could take them over."""

from sqlalchemy import func, select

from courses.booking.model import Booking, State
from courses.catalogue.model import ClassState, TrainingClass
from courses.catalogue.queries import Card, as_cards, cards
from courses.ground import clock
from courses.ground.db import db


def booked_of(class_id: int) -> int:
    """Return how many people are booked in a class: what its minimum counts."""
    booked = (Booking.class_id == class_id, Booking.state == State.BOOKED)
    return db.session.scalar(select(func.count()).where(*booked)) or 0


def mergeable_into(class_: TrainingClass) -> list[Card]:
    """Return the classes of the same course and squadron that can take over its people, soonest first."""
    at = clock.now()
    others = (
        TrainingClass.course_id == class_.course_id,
        TrainingClass.squadron_id == class_.squadron_id,
        TrainingClass.id != class_.id,
        TrainingClass.state == ClassState.PUBLISHED,
        TrainingClass.starts_at > at,
    )
    return [card for card in as_cards(cards().where(*others).limit(30)) if not card.awaits_draw]
