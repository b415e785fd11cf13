"""The acts of booking, one file per verb: book, cancel (and undo), promote, change (move, resize, call off).

Each locks the class first, then the room if it takes one, then all the people it may seat at once, in the order of
their ids; all else follows under those locks.
"""

from courses.booking.actions.book import Outcome, book
from courses.booking.actions.cancel import cancel, settle, undo_cancel
from courses.booking.actions.change import call_off, move, replace_reminders, resize
from courses.booking.actions.promote import promote_waiting

__all__ = [
    "Outcome",
    "book",
    "call_off",
    "cancel",
    "move",
    "promote_waiting",
    "replace_reminders",
    "resize",
    "settle",
    "undo_cancel",
]
