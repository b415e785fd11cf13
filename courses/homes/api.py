"""The Homes, for programs."""

from flask import Blueprint
from flask_babel import lazy_gettext as _l
from pydantic import TypeAdapter

from courses.ground.api import Id, Page, Paged, Shape, Words, operation, page_of, words
from courses.ground.refusal import Refusal
from courses.homes import queries
from courses.people.guard import public
from courses.people.queries import town_names

resources = Blueprint("homes_api", __name__)
_PLACE = TypeAdapter(tuple[Id])


class Town(Shape):
    id: Id
    name: Words


class Towns(Shape):
    towns: list[Town]


class Room(Shape):
    id: Id
    name: Words
    seats: int


class Home(Shape):
    about = _l("A Home for Environmental Managers. `latitude` and `longitude` in degrees (WGS 84).")

    id: Id
    name: Words
    town: Town
    address: Words
    phone: str
    latitude: float | None
    longitude: float | None
    rooms: list[Room]


class Homes(Page):
    homes: list[Home]


@resources.get("/towns")
@public
@operation(_l("List the towns"))
def towns() -> Towns:
    return Towns(towns=[Town(id=row.id, name=words(row, "name")) for row in town_names()])


@resources.get("/homes")
@public
@operation(_l("List the Homes with their rooms"))
def homes(query: Paged) -> Homes:
    after = query.after(_PLACE)
    found = queries.homes_after(after[0] if after else 0, query.limit)
    shown, following = page_of(found, query.limit, lambda view: [view.home.id])
    return Homes(homes=[_home(view) for view in shown], next=following)


@resources.get("/homes/<id:home_id>")
@public
@operation(_l("Read one Home"))
def home(home_id: int) -> Home:
    found = queries.home_view(home_id)
    if found is None:
        raise Refusal("not_found")
    return _home(found)


def _home(view: queries.HomeView) -> Home:
    home, town, rooms = view
    return Home(
        id=home.id,
        name=words(home, "name"),
        town=Town(id=town.id, name=words(town, "name")),
        address=words(home, "address"),
        phone=home.phone,
        latitude=home.latitude,
        longitude=home.longitude,
        rooms=[Room(id=room.id, name=words(room, "name"), seats=room.seats) for room in rooms],
    )
