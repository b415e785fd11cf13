"""What pages ask of Homes."""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import select

from courses.ground.db import db
from courses.homes.model import Home, Room
from courses.people.model import Town


class Place(NamedTuple):
    """One room with its Home and town, for choosing."""

    room_id: int
    room_zh: str
    room_en: str
    seats: int
    home_id: int
    home_zh: str
    home_en: str
    town_id: int


def places(towns: Collection[int] = ()) -> list[Place]:
    """Return every room, those in `towns` first."""
    statement = (
        select(
            Room.id,
            Room.name_zh,
            Room.name_en,
            Room.seats,
            Home.id,
            Home.name_zh,
            Home.name_en,
            Home.town_id,
        )
        .join(Home, Home.id == Room.home_id)
        .order_by(Home.town_id.in_(towns).desc(), Home.id, Room.id)
    )
    return [Place(*row) for row in db.session.execute(statement)]


def homes() -> list[tuple[Home, Town, list[Room]]]:
    """Return each Home with its town and rooms."""
    found: dict[int, tuple[Home, Town, list[Room]]] = {}
    statement = (
        select(Home, Town, Room)
        .join(Town, Town.id == Home.town_id)
        .outerjoin(Room, Room.home_id == Home.id)
        .order_by(Home.id, Room.id)
    )
    for home, town, room in db.session.execute(statement):
        _, _, rooms = found.setdefault(home.id, (home, town, []))
        if room:
            rooms.append(room)
    return list(found.values())
