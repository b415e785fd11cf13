"""Booking, for programs: a class and its seats, and what changes a class that is published."""

from courses.booking.api import changing, deciding, held, ledger, seats, standing, story
from courses.booking.api.blueprint import resources
from courses.booking.api.seats import Sitting

__all__ = ["Sitting", "changing", "deciding", "held", "ledger", "resources", "seats", "standing", "story"]
