"""What the pages of setting up ask: how far the city is, what its registers hold, what stands on an entry."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, exists, func, literal, or_, select

from courses.catalogue.model import Course, Lecturer, Topic, TrainingClass
from courses.ground.db import Base, db, table
from courses.ground.sound import by_sound
from courses.homes.model import Home, Room
from courses.people.model import Association, City, Enterprise, Industry, Person, Post, Role, Squadron, Town
from courses.setup.registers import DEPENDENTS, OTHERS


class Progress(NamedTuple):
    """How many of each there are: what the checklist tells done from still to do by."""

    city: int
    towns: int
    unserved: int
    squadrons: int
    associations: int
    industries: int
    homes: int
    rooms: int
    topics: int
    lecturers: int
    officers: int
    enterprises: int
    managers: int
    courses: int
    classes: int


def progress() -> Progress:
    """Return how far the city is, in one statement."""
    counts = [
        _count(City),
        _count(Town),
        _count(Town, Town.squadron_id.is_(None)),
        _count(Squadron),
        _count(Association),
        _count(Industry),
        _count(Home),
        _count(Room),
        _count(Topic),
        _count(Lecturer),
        _count(Post, Post.role == Role.OFFICER),
        _count(Enterprise),
        _count(Post, Post.role == Role.MANAGER),
        _count(Course),
        _count(TrainingClass),
    ]
    return Progress._make(db.session.execute(select(*counts)).one())


def unserved_towns() -> list[Town]:
    """Return the towns without a squadron or without an association."""
    without = or_(Town.squadron_id.is_(None), Town.association_id.is_(None))
    return list(db.session.scalars(select(Town).where(without).order_by(Town.id)))


def _count(model: type[Base], *conditions: ColumnElement[bool]) -> Any:
    return select(func.count()).select_from(model).where(*conditions).scalar_subquery()


def is_founded() -> bool:
    """Return whether the city has a name."""
    return db.session.scalar(select(City.id)) is not None


def dependents(model: type[Base], row_id: int) -> dict[str, int]:
    """Return how many rows of which tables point to this one; every foreign key counts, also those of later rooms."""
    there = table(model)
    pointing = [key for other in Base.metadata.sorted_tables for key in other.foreign_keys if key.column.table is there]
    counts = [select(func.count()).where(key.parent == row_id).scalar_subquery() for key in pointing]
    if not counts:
        return {}
    found: dict[str, int] = {}
    for key, count in zip(pointing, db.session.execute(select(*counts)).one(), strict=True):
        if count:
            found[key.parent.table.name] = found.get(key.parent.table.name, 0) + count
    return found


def worded_uses(found: dict[str, int]) -> str:
    return " · ".join(f"{DEPENDENTS.get(name, OTHERS)} {count}" for name, count in found.items())


# The registers


class Entry(NamedTuple):
    """One line of a register: its names, what is said beside it, and a number. `beside` is a name too, of the place."""

    id: int
    name_zh: str
    name_en: str
    beside_zh: str
    beside_en: str
    number: int


def entries(name: str) -> list[Entry]:
    """Return a whole register, in the order in which people look for things in it."""
    return [Entry._make(row) for row in db.session.execute(_ENTRIES[name])]


def _listed(model: Any, beside_zh: Any = None, beside_en: Any = None, number: Any = None) -> Select[*tuple[Any, ...]]:
    nothing = literal("")
    return select(
        model.id,
        model.name_zh,
        model.name_en,
        nothing if beside_zh is None else func.coalesce(beside_zh, ""),
        nothing if beside_en is None else func.coalesce(beside_en, ""),
        literal(0) if number is None else number,
    ).order_by(model.id)


def _of(model: type[Base], condition: ColumnElement[bool]) -> Any:
    return select(func.count()).select_from(model).where(condition).scalar_subquery()


_ENTRIES: dict[str, Any] = {
    "towns": _listed(
        Town, Squadron.name_zh, Squadron.name_en, _of(Enterprise, Enterprise.town_id == Town.id)
    ).outerjoin(Squadron, Squadron.id == Town.squadron_id),
    "squadrons": _listed(Squadron, number=_of(Town, Town.squadron_id == Squadron.id)),
    "associations": _listed(Association, number=_of(Town, Town.association_id == Association.id)),
    "industries": _listed(Industry, number=_of(Enterprise, Enterprise.industry_id == Industry.id)),
    "homes": _listed(Home, Town.name_zh, Town.name_en, _of(Room, Room.home_id == Home.id)).join(
        Town, Town.id == Home.town_id
    ),
    "rooms": _listed(Room, Home.name_zh, Home.name_en, Room.seats)
    .join(Home, Home.id == Room.home_id)
    .order_by(None)
    .order_by(Room.home_id, Room.id),
    "topics": _listed(Topic, number=_of(Course, Course.topic_id == Topic.id))
    .order_by(None)
    .order_by(Topic.position, Topic.id),
    "lecturers": select(
        Lecturer.person_id,
        Person.name,
        Person.name_en,
        Lecturer.institution_zh,
        Lecturer.institution_en,
        literal(0),
    )
    .join(Person, Person.id == Lecturer.person_id)
    .order_by(by_sound(Person.name), Person.id),
}


def row_of(model: type[Base], row_id: int) -> Any:
    return db.session.get(model, row_id)


class TownChoice(NamedTuple):
    """A town to choose, with who serves it now."""

    id: int
    name_zh: str
    name_en: str
    squadron_id: int | None
    association_id: int | None


def towns() -> list[TownChoice]:
    statement = select(Town.id, Town.name_zh, Town.name_en, Town.squadron_id, Town.association_id).order_by(Town.id)
    return [TownChoice._make(row) for row in db.session.execute(statement)]


def named(model: Any) -> list[Any]:
    """Return id and names of everything in a register, to choose from."""
    return list(db.session.execute(select(model.id, model.name_zh, model.name_en).order_by(model.id)))


# People


class Held(NamedTuple):
    """One post and the name of its place, which a city-wide one has not."""

    role: Role
    name_zh: str
    name_en: str


@dataclass
class Listed:
    """One person of the list, with the posts they hold and where (`fill_in_posts`)."""

    id: int
    name: str
    name_en: str
    email: str | None
    mobile: str | None
    has_account: bool
    posts: list[Held] = field(default_factory=list)


class PeopleFilter(NamedTuple):
    """What the list of people is narrowed by; all in the URL."""

    q: str = ""
    role: str = ""
    account: str = ""


HAS_ACCOUNT = Person.password_hash.is_not(None)


def people(wanted: PeopleFilter) -> Select[*tuple[Any, ...]]:
    """Return the statement of those who have not left, for `Listed`, in no order and without their posts."""
    told = (Person.id, Person.name, Person.name_en, Person.email, Person.mobile, HAS_ACCOUNT)
    statement = select(*told).where(Person.left_at.is_(None))
    for word in wanted.q.split():
        texts = (Person.name, Person.name_en, Person.email, Person.mobile)
        statement = statement.where(or_(*(text.icontains(word, autoescape=True) for text in texts)))
    if wanted.role:
        statement = statement.where(exists().where(Post.person_id == Person.id, Post.role == wanted.role))
    if wanted.account:
        statement = statement.where(HAS_ACCOUNT if wanted.account == "yes" else ~HAS_ACCOUNT)
    return statement


def fill_in_posts(people: Sequence[Listed]) -> None:
    """Give each their posts, in one statement."""
    place_zh = func.coalesce(Enterprise.name_zh, Squadron.name_zh, Association.name_zh, "")
    place_en = func.coalesce(Enterprise.name_en, Squadron.name_en, Association.name_en, "")
    statement = (
        select(Post.person_id, Post.role, place_zh, place_en)
        .outerjoin(Enterprise, Enterprise.id == Post.enterprise_id)
        .outerjoin(Squadron, Squadron.id == Post.squadron_id)
        .outerjoin(Association, Association.id == Post.association_id)
        .where(Post.person_id.in_([one.id for one in people]))
        .order_by(Post.id)
    )
    by_id = {one.id: one for one in people}
    for person_id, role, zh, en in db.session.execute(statement):
        by_id[person_id].posts.append(Held(Role(role), zh, en))


def person(person_id: int) -> Person | None:
    """Return somebody who has not left."""
    found = db.session.get(Person, person_id)
    return None if found is None or found.left_at else found


def posts(person_id: int) -> list[Post]:
    return list(db.session.scalars(select(Post).where(Post.person_id == person_id)))
