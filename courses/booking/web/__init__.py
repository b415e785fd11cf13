"""The pages of booking: a class and the acts on it, seats held for people named later, and answers to what is asked."""

from courses.booking.web import answers, classes, held
from courses.booking.web.blueprint import pages

__all__ = ["answers", "classes", "held", "pages"]
