"""The acts of setting up: the city itself, its registers, its people, imports."""

from courses.setup.actions.city import change_city
from courses.setup.actions.imports import adopt, invite_all, look_on, match_columns, take_in
from courses.setup.actions.people import Handed, Staff, remove_person, save_lecturer, save_person, send_link
from courses.setup.actions.registers import remove, save

__all__ = [
    "Handed",
    "Staff",
    "adopt",
    "change_city",
    "invite_all",
    "look_on",
    "match_columns",
    "remove",
    "remove_person",
    "save",
    "save_lecturer",
    "save_person",
    "send_link",
    "take_in",
]
