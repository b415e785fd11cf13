"""The pages of booking: a class and the acts on it, and the seats that are held for people named later."""

from courses.booking.web import classes, held
from courses.booking.web.blueprint import pages

__all__ = ["classes", "held", "pages"]
