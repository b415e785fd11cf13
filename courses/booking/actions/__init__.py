"""The acts of booking, one file per verb: book, cancel (and undo), change to another class, hold, name, approve, hand
over, promote, let lapse, change the class itself (move, resize, call off), take back what nobody was told yet, reorder
a queue, appeal what counts against one, tell and end a standby, discard.

Each locks the class first, then the room if it takes one, then all the people it may seat at once, in the order of
their ids; all else follows under those locks.
"""

from courses.booking.actions.answer import answer
from courses.booking.actions.appeal import appeal, decide
from courses.booking.actions.approve import approve, change_booking_rule, disapprove, set_deputy
from courses.booking.actions.book import Outcome, book, require_open
from courses.booking.actions.cancel import cancel, give_up, settle, undo_cancel
from courses.booking.actions.change import call_off, change_lecturers, move, replace_reminders, resize
from courses.booking.actions.change_class import change_class
from courses.booking.actions.confirm import ask_to_decide, confirm, confirm_reached
from courses.booking.actions.discard import discard
from courses.booking.actions.draw import draw, draw_due
from courses.booking.actions.enrol import Prospect, enrol, prospects
from courses.booking.actions.ground import Candidate, Locked, candidates, locked_class
from courses.booking.actions.hand_over import hand_over
from courses.booking.actions.hold import hold
from courses.booking.actions.lapse import lapse_due
from courses.booking.actions.merge import merge
from courses.booking.actions.name import NewColleague, name
from courses.booking.actions.promote import people_waiting, promote_waiting
from courses.booking.actions.reorder import reorder
from courses.booking.actions.standby import end_standby, post_standby, tell_standby
from courses.booking.actions.take_back import take_back, undo_change

__all__ = [
    "Candidate",
    "Locked",
    "NewColleague",
    "Outcome",
    "Prospect",
    "answer",
    "appeal",
    "approve",
    "ask_to_decide",
    "book",
    "call_off",
    "cancel",
    "candidates",
    "change_booking_rule",
    "change_class",
    "change_lecturers",
    "confirm",
    "confirm_reached",
    "decide",
    "disapprove",
    "discard",
    "draw",
    "draw_due",
    "end_standby",
    "enrol",
    "give_up",
    "hand_over",
    "hold",
    "lapse_due",
    "locked_class",
    "merge",
    "move",
    "name",
    "people_waiting",
    "post_standby",
    "promote_waiting",
    "prospects",
    "reorder",
    "replace_reminders",
    "require_open",
    "resize",
    "set_deputy",
    "settle",
    "take_back",
    "tell_standby",
    "undo_cancel",
    "undo_change",
]
