"""What pages ask of Homes."""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Select, select

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


class HomeView(NamedTuple):
    """A Home with its town and rooms."""

    home: Home
    town: Town
    rooms: list[Room]


def home_view(home_id: int) -> HomeView | None:
    found = _views(_homes().where(Home.id == home_id))
    return found[0] if found else None


def homes_after(home_id: int, limit: int) -> list[HomeView]:
    """Return the Homes after this id, in the order of their ids; one more than `limit` if there are more."""
    return _views(_homes().where(Home.id > home_id).order_by(Home.id).limit(limit + 1))


def _homes() -> Select[Home, Town]:
    return select(Home, Town).join(Town, Town.id == Home.town_id)


def _views(statement: Select[Home, Town]) -> list[HomeView]:
    views = {home.id: HomeView(home, town, []) for home, town in db.session.execute(statement)}
    for room in db.session.scalars(select(Room).where(Room.home_id.in_(views)).order_by(Room.id)):
        views[room.home_id].rooms.append(room)
    return list(views.values())


def room(room_id: int) -> Room | None:
    return db.session.get(Room, room_id)
