"""Loading the demo town into an empty database, and saying who can sign in to it."""

import datetime as dt
import unicodedata
from collections.abc import Collection
from random import Random
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from courses.accounts.passwords import hashed
from courses.booking.actions.ground import Told, locked_class, tell
from courses.booking.actions.standby import post_standby
from courses.booking.model import Booking
from courses.demo.asking import ask_to_be_told
from courses.demo.bookings import Registry, Telling
from courses.demo.classes import Office
from courses.demo.imports import send_sheets
from courses.demo.joining import ask_to_join
from courses.demo.looking import look_around
from courses.demo.planning import keep_days, keep_templates
from courses.demo.programs import listen
from courses.demo.rows import Rows
from courses.demo.town import settle, texts
from courses.ground import clock
from courses.ground.db import db
from courses.ground.refusal import Refusal
from courses.ground.transaction import transaction
from courses.outbox.actions import Reader
from courses.outbox.model import Channel, Fate, Notice
from courses.people.model import City, Person

PASSWORD: Final = "haining-demo-2026"
SEED: Final = 330481
TRIES: Final = 5
ROLES: Final = {
    "officer": "中队队员 officer",
    "manager": "环保管理员 manager",
    "owner": "负责人 owner",
    "lecturer": "讲师 lecturer",
    "association": "环保协会 association",
    "inspector": "执法人员 inspector",
    "bureau": "市局 bureau",
    "administrator": "管理员 administrator",
}


def is_empty() -> bool:
    """Return whether nobody has set anything up: there is neither a city nor a person."""
    return db.session.scalar(select(City.id)) is None and db.session.scalar(select(Person.id).limit(1)) is None


def load(at: dt.datetime) -> None:
    """Fill an empty database with the demo town as it is on the day of `at`: all of it, or nothing.

    Leaves a filled database as it is, also when another process fills it at this very moment. Raises
    Refusal("busy") when the database stays locked, Refusal("unavailable").
    """
    at = at.astimezone(dt.UTC)
    rows = Rows()
    town = settle(rows, Random(SEED), hashed(PASSWORD))
    rng = Random(SEED)
    office = Office(rows, town, at, rng)
    registry = Registry(rows, town, at, office.zone, rng)
    registry.fill_all(office.publish_all())
    ask_to_join(rows, town, at)
    keep_templates(rows, town)
    keep_days(rows, at.astimezone(office.zone).date())
    listen(rows, town, rng)
    look_around(rows, town)
    send_sheets(rows, town, at)
    ask_to_be_told(rows, town, at, rng)
    for tries_left in reversed(range(TRIES)):
        try:
            _write(rows, registry.tellings, at)
            break
        except Refusal as refusal:  # another is loading: it takes a second or two, and then there is nothing to do
            if refusal.code != "busy" or not tries_left:
                raise
        except IntegrityError:  # both count their ids from 1, so the second of two that load at once ends here
            if is_empty():
                raise


def _write(rows: Rows, tellings: Collection[Telling], at: dt.datetime) -> None:
    with transaction():
        if not is_empty():
            return
        rows.write()
        for telling in tellings:
            _tell(telling)
        with clock.pretending(at):
            post_standby()
        sent = {"state": Fate.SENT, "done_at": Notice.made_at, "tries": 1}
        to_people = update(Notice).where(Notice.channel != Channel.WEBHOOK).values(sent)
        db.session.execute(to_people, execution_options={"synchronize_session": False})


def _tell(telling: Telling) -> None:
    """Write the notice as the booking's action would have, at its time."""
    statement = select(Booking, Person.id, Person.email).join(Person, Person.id == Booking.person_id)
    booking, person_id, email = db.session.execute(statement.where(Booking.id == telling.booking_id)).one()
    with clock.pretending(telling.at):
        told = Told(booking.id, booking.sequence, Reader(person_id, email))
        tell(telling.kind, locked_class(telling.class_id), [told], telling.method, **telling.facts)


def cast_lines() -> list[str]:
    """Return what to print of the demo town: who can sign in as what. Of a real town, nothing is said."""
    if not db.session.scalar(select(City.is_demo)):
        return ["这里不是演示城市，未载入任何演示数据。 This is no demo town; nothing was loaded."]
    city = texts("town")["city"]
    lines = [
        f"演示城市 Demo town: {city['name_zh']} {city['name_en']}",
        f"密码（各人相同） Password, the same for all: {PASSWORD}",
        "",
    ]
    for person in texts("town")["cast"]:
        name = f"{person['name']} {person['name_en']}"
        cells = _padded(ROLES[person["role"]], 26) + _padded(name, 24) + _padded(person["email"], 26)
        lines += [cells.rstrip(), f"    {person['about_zh']} · {person['about_en']}"]
    return lines


def _padded(text: str, columns: int) -> str:
    """Return `text` filled up to a width; Chinese characters take two columns of a terminal."""
    width = sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
    return text + " " * (columns - width)
