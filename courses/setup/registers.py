"""The registers of a city: lists that hardly change, each with a page and a form of the same kind."""

import re
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

from courses.catalogue.model import Lecturer, Topic
from courses.ground.db import Base
from courses.ground.pinyin import syllables
from courses.homes.model import Home, Room
from courses.people.model import Association, Industry, Squadron, Town


@dataclass(frozen=True)
class Register:
    """One list. `name` is its place in the address; the others are words for its pages."""

    name: str
    model: type[Base]
    title: Any
    lead: Any
    adding: Any
    added: Any


REGISTERS = {
    register.name: register
    for register in (
        Register(
            "towns",
            Town,
            _l("Towns and streets"),
            _l("What squadrons and associations serve; each enterprise and each Home is in one."),
            _l("Add a town"),
            _l("The town is added."),
        ),
        Register(
            "squadrons",
            Squadron,
            _l("Squadrons"),
            _l("They publish and serve the classes of their towns."),
            _l("Add a squadron"),
            _l("The squadron is added."),
        ),
        Register(
            "associations",
            Association,
            _l("Associations"),
            _l("They look after the enterprises of their own towns."),
            _l("Add an association"),
            _l("The association is added."),
        ),
        Register(
            "industries",
            Industry,
            _l("Industries"),
            _l("By which enterprises are told apart."),
            _l("Add an industry"),
            _l("The industry is added."),
        ),
        Register(
            "homes",
            Home,
            _l("Homes for Environmental Managers"),
            _l("Where classes are held. Each has rooms."),
            _l("Add a Home"),
            _l("The Home is added."),
        ),
        Register(
            "rooms",
            Room,
            _l("Rooms"),
            _l("A class offers at most as many seats as its room has."),
            _l("Add a room"),
            _l("The room is added."),
        ),
        Register(
            "topics",
            Topic,
            _l("Topics"),
            _l("The shelves of the supermarket; each course stands on one."),
            _l("Add a topic"),
            _l("The topic is added."),
        ),
        Register(
            "lecturers",
            Lecturer,
            _l("Lecturers"),
            _l("Invited teachers with their institutions."),
            _l("Add a lecturer"),
            _l("The lecturer is added."),
        ),
    )
}

# What may stand on an entry of a register, by the name of its table, in words for the refusal to remove it.
DEPENDENTS = {
    "town": _l("towns"),
    "enterprise": _l("enterprises"),
    "home": _l("Homes"),
    "room": _l("rooms"),
    "course": _l("courses"),
    "training_class": _l("classes"),
    "teaching": _l("classes taught"),
    "post": _l("posts of people"),
}
OTHERS = _l("other records")


def slug_of(name_zh: str, name_en: str) -> str:
    """Return what the entry is called in addresses: its English name, or how its Chinese one sounds."""
    said = name_en or " ".join(syllables(name_zh))
    return re.sub(r"[^a-z0-9]+", "-", said.lower()).strip("-")[:48] or "x"
