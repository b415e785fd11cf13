"""The pages of booking: a class and the acts on it, held seats, the enterprise's say, and answers to what is asked."""

from courses.booking.web import answers, approval, classes, deciding, held, standing, story
from courses.booking.web.blueprint import pages

__all__ = ["answers", "approval", "classes", "deciding", "held", "pages", "standing", "story"]
