"""`me`: who calls, and what is coming for them."""

from flask import Blueprint, current_app
from flask_babel import lazy_gettext as _l
from pydantic import Field, TypeAdapter

from config import Settings
from courses.booking import queries as booking
from courses.booking.model import State
from courses.booking.queries import Mine
from courses.catalogue.model import ClassState
from courses.catalogue.queries import Card
from courses.desks import queries
from courses.ground import clock
from courses.ground.api import MAX_ID, Id, Moment, Page, Paged, Shape, Words, operation, page_of, words
from courses.ground.db import db
from courses.outbox.model import Fate
from courses.outbox.render import render
from courses.people.guard import needs, signed_in
from courses.people.model import Person, Role
from courses.people.queries import city, enterprise
from courses.people.rights import Right
from courses.roster.queries import hours_of

resources = Blueprint("desks_api", __name__)
_PLACE = TypeAdapter(tuple[Id])


class Employer(Shape):
    id: Id
    credit_code: str
    name: Words


class OwnBooking(Shape):
    about = _l("A booking of the caller with its class. `place`: in the queue, counted from 1, if `state` is queued.")

    id: Id
    class_: Id = Field(serialization_alias="class")
    title: Words
    state: State
    place: int | None
    starts_at: Moment
    ends_at: Moment
    home: Words
    room: Words
    cancel_until: Moment
    attended: bool | None


class Me(Shape):
    about = _l(
        "The caller. `coming`: live bookings in classes not over yet; `hours` earned in all, in units of 45 minutes."
    )

    id: Id
    name: str
    roles: list[Role]
    language: str
    enterprise: Employer | None
    coming: list[OwnBooking]
    hours: float


class Earned(Shape):
    about = _l("One class attended; `hours` earned by it, in units of 45 minutes.")

    class_: Id = Field(serialization_alias="class")
    title: Words
    starts_at: Moment
    hours: float


class Hours(Shape):
    total: float
    classes: list[Earned]


class Told(Shape):
    about = _l("A notice as its reader got it; secret links are not shown again.")

    id: Id
    kind: str
    at: Moment
    state: Fate
    class_: Id | None = Field(serialization_alias="class")
    subject: str
    text: str


class Notices(Shape):
    about = _l("The newest 50, newest first.")

    notices: list[Told]


class Served(Shape):
    about = _l("A class that the caller serves or teaches. `to_mark`: it has begun and someone is not marked yet.")

    class_: Id = Field(serialization_alias="class")
    title: Words
    starts_at: Moment
    ends_at: Moment
    state: ClassState
    capacity: int
    taken: int
    queued: int
    to_mark: bool


class ServedClasses(Shape):
    classes: list[Served]


class OwnBookings(Page):
    bookings: list[OwnBooking]


@resources.get("/me")
@needs(Right.USE_ACCOUNT)
@operation(_l("Read who you are, your coming bookings and your hours"))
def me() -> Me:
    actor = signed_in()
    found = enterprise(actor.enterprise_id) if actor.enterprise_id else None
    return Me(
        id=actor.id,
        name=actor.name,
        roles=sorted(actor.roles),
        language=actor.language,
        enterprise=Employer(id=found.id, credit_code=found.credit_code, name=words(found, "name")) if found else None,
        coming=[_own(row) for row in booking.coming(actor.id, clock.now())],
        hours=sum(earned.hours for earned in hours_of(actor.id)),
    )


@resources.get("/me/bookings")
@needs(Right.USE_ACCOUNT)
@operation(_l("List your own bookings"), about=_l("Live and cancelled, newest first."))
def bookings(query: Paged) -> OwnBookings:
    after = query.after(_PLACE)
    found = booking.bookings_of(signed_in().id, after[0] if after else MAX_ID, query.limit)
    shown, following = page_of(found, query.limit, lambda row: [row.id])
    return OwnBookings(bookings=[_own(row) for row in shown], next=following)


@resources.get("/me/hours")
@needs(Right.USE_ACCOUNT)
@operation(_l("Read the hours you have earned, class by class"))
def hours() -> Hours:
    earned = hours_of(signed_in().id)
    return Hours(
        total=sum(row.hours for row in earned),
        classes=[
            Earned(class_=row.class_id, title=words(row, "title"), starts_at=row.starts_at, hours=row.hours)
            for row in earned
        ],
    )


@resources.get("/me/notices")
@needs(Right.USE_ACCOUNT)
@operation(_l("Read what you were told"))
def notices() -> Notices:
    settings: Settings = current_app.config["SETTINGS"]
    person = db.session.get(Person, signed_in().id)
    assert person is not None  # signed in
    read = [(n, render(n, person, city(), settings, redacted=True)) for n in queries.notices_of(person.id)]
    return Notices(
        notices=[
            Told(
                id=notice.id,
                kind=notice.kind,
                at=notice.made_at,
                state=Fate(notice.state),
                class_=notice.class_id,
                subject=message.subject,
                text=message.text,
            )
            for notice, message in read
        ]
    )


@resources.get("/me/classes")
@needs(Right.READ_ROSTER)
@operation(_l("List the classes you serve or teach"), about=_l("Those still to be marked first, then those to come."))
def classes() -> ServedClasses:
    actor, now = signed_in(), clock.now()
    squadron_id = actor.squadron_id if actor.has(Role.OFFICER) else None
    to_mark, coming = [], []
    if squadron_id:
        to_mark += queries.unmarked_classes(squadron_id, None, now)
        coming += queries.classes_of_squadron(squadron_id, now)
    if actor.has(Role.LECTURER):
        to_mark += queries.unmarked_classes(None, actor.id, now)
        coming += queries.classes_taught(actor.id, now)
    rows = {card.id: card for card in [*to_mark, *coming]}
    unmarked = {card.id for card in to_mark}
    return ServedClasses(classes=[_served(card, card.id in unmarked) for card in rows.values()])


def _served(card: Card, to_mark: bool) -> Served:
    return Served(
        class_=card.id,
        title=words(card, "title"),
        starts_at=card.starts_at,
        ends_at=card.ends_at,
        state=ClassState(card.state),
        capacity=card.capacity,
        taken=card.seats_taken,
        queued=card.queued,
        to_mark=to_mark,
    )


def _own(row: Mine) -> OwnBooking:
    return OwnBooking(
        id=row.id,
        class_=row.class_id,
        title=words(row, "title"),
        state=State(row.state),
        place=row.place,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        home=words(row, "home"),
        room=words(row, "room"),
        cancel_until=row.cancel_until,
        attended=row.attended,
    )
