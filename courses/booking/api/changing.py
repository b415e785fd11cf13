"""Changing a published class: move, resize, lecturers, reminders, take back, call off; and throwing a draft away."""

from flask_babel import lazy_gettext as _l
from pydantic import Field

from courses.booking import actions
from courses.booking.api.blueprint import resources
from courses.booking.api.seats import Class, Seen, class_of, the_view
from courses.catalogue import planning
from courses.catalogue import queries as catalogue
from courses.catalogue.api import PLACE_REFUSES, Draft, Drafts, Minutes, Seats, Timetable, draft_of, drafts_of
from courses.catalogue.forms import REMINDERS
from courses.ground import clock
from courses.ground.api import Id, Line, Shape, operation
from courses.people.guard import needs, signed_in
from courses.people.rights import Right, require

_CHANGE_REFUSES = ("called_off", "begun", "nothing_changed")


class Move(Timetable):
    about = _l("Where and when from now on. `seen`: the `schedule_no` that was shown.")

    seen: Seen | None = None


class Capacity(Shape):
    capacity: Seats


class Teaching(Shape):
    about = _l("Who teaches the class from now on.")

    lecturers: list[Id] = Field(max_length=20)


class Reminders(Shape):
    about = _l("How many minutes before a sitting those booked are reminded.")

    reminders: list[Minutes] = Field(max_length=len(REMINDERS))


class CallOff(Shape):
    about = _l("Everyone booked reads the reason.")

    reason: Line = Field(min_length=1, max_length=200, examples=["台风"])


@resources.post("/classes/<id:class_id>/move")
@needs(Right.CHANGE_CLASS)
@operation(
    _l("Move a class to other times or another room"),
    *PLACE_REFUSES,
    *_CHANGE_REFUSES,
    "class_changed",
    about=_l("Everyone concerned is told; calendar entries and reminders move along."),
)
def move(class_id: int, body: Move) -> Class:
    actions.move(signed_in(), class_id, body.spans(), body.room, body.seen, "api")
    return class_of(the_view(class_id), clock.now())


@resources.put("/classes/<id:class_id>/capacity")
@needs(Right.CHANGE_CLASS)
@operation(
    _l("Give a class more or fewer seats"),
    *_CHANGE_REFUSES,
    "below_taken",
    "below_kept",
    "below_minimum",
    "too_many_seats",
    about=_l("More seats go to the queue at once."),
)
def resize(class_id: int, body: Capacity) -> Class:
    actions.resize(signed_in(), class_id, body.capacity, "api")
    return class_of(the_view(class_id), clock.now())


@resources.put("/classes/<id:class_id>/lecturers")
@needs(Right.CHANGE_CLASS)
@operation(
    _l("Let others teach a class"),
    *_CHANGE_REFUSES,
    "no_lecturer",
    "lecturer_clash",
    about=_l("Those booked are not told: the class's page names who teaches."),
)
def lecturers(class_id: int, body: Teaching) -> Class:
    actions.change_lecturers(signed_in(), class_id, body.lecturers, "api")
    return class_of(the_view(class_id), clock.now())


@resources.delete("/classes/<id:class_id>/last-change")
@needs(Right.CHANGE_CLASS)
@operation(
    _l("Undo the last move or number of seats"),
    *PLACE_REFUSES,
    "called_off",
    "begun",
    "already_told",
    "nothing_to_undo",
    about=_l("It works while nobody asked for a seat or was told."),
)
def undo_change(class_id: int) -> Class:
    actions.undo_change(signed_in(), class_id, "api")
    return class_of(the_view(class_id), clock.now())


@resources.delete("/classes/<id:class_id>/publication")
@needs(Right.CHANGE_CLASS)
@operation(
    _l("Take a publication back"),
    "called_off",
    "begun",
    "already_told",
    about=_l("The class is a draft again. It works while nobody asked for a seat or was told."),
)
def take_back(class_id: int) -> Draft:
    actions.take_back(signed_in(), class_id, "api")
    return draft_of(planning.own_draft(signed_in(), class_id))


@resources.delete("/drafts/<id:class_id>")
@needs(Right.PUBLISH)
@operation(_l("Delete a draft"), about=_l("Nobody but your squadron ever knew of it."))
def discard(class_id: int) -> Drafts:
    actions.discard(signed_in(), class_id)
    return drafts_of(signed_in())


@resources.post("/classes/<id:class_id>/call-off")
@needs(Right.CHANGE_CLASS)
@operation(
    _l("Call a class off"), "called_off", "begun", about=_l("Everyone concerned is told why, and is free again.")
)
def call_off(class_id: int, body: CallOff) -> Class:
    actions.call_off(signed_in(), class_id, body.reason, "api")
    return class_of(the_view(class_id), clock.now())


@resources.get("/classes/<id:class_id>/reminders")
@needs(Right.CHANGE_CLASS)
@operation(_l("Read when those booked are reminded"))
def reminders(class_id: int) -> Reminders:
    require(signed_in(), Right.CHANGE_CLASS, squadron_id=the_view(class_id).row.squadron_id)
    return Reminders(reminders=catalogue.reminders_of(class_id))


@resources.put("/classes/<id:class_id>/reminders")
@needs(Right.CHANGE_CLASS)
@operation(
    _l("Change when those booked are reminded"),
    "called_off",
    "begun",
    about=_l("These take the place of those there were. A moment that is already past stays silent."),
)
def change_reminders(class_id: int, body: Reminders) -> Reminders:
    actions.replace_reminders(signed_in(), class_id, body.reminders, "api")
    return Reminders(reminders=catalogue.reminders_of(class_id))
