"""`me`: who calls, and what is coming for them."""

from flask import Blueprint
from flask_babel import lazy_gettext as _l
from pydantic import Field, TypeAdapter

from courses.booking import queries as booking
from courses.booking.model import State
from courses.booking.queries import Mine
from courses.ground import clock
from courses.ground.api import MAX_ID, Id, Moment, Page, Paged, Shape, Words, operation, page_of, words
from courses.people.guard import needs, signed_in
from courses.people.model import Role
from courses.people.queries import enterprise
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
