"""What happened to a class and to a booking, and the queue put in another order, for programs."""

from typing import Annotated, Any

from flask_babel import lazy_gettext as _l
from pydantic import Field, TypeAdapter
from sqlalchemy import Select

from courses.booking import actions, queries
from courses.booking import story as stories
from courses.booking.api.blueprint import resources
from courses.booking.api.seats import Booking, after, the_view
from courses.booking.model import Event
from courses.catalogue import queries as catalogue
from courses.ground.api import MAX_ID, WHOLE, Id, Line, Moment, Page, Paged, Shape, operation, page_of
from courses.ground.refusal import Refusal
from courses.people.guard import needs, signed_in
from courses.people.looks import looked
from courses.people.rights import Right, may

_PLACE = TypeAdapter(tuple[Id])


class Happening(Shape):
    about = _l(
        "What happened to a class or one of its bookings: `actor` did it, `person` is whose `booking` it is, `words` "
        "say what and why in the language asked for."
    )

    at: Moment
    what: str
    words: str
    door: str
    actor: str | None
    booking: int | None
    person: str | None


class Log(Page):
    about = _l("Newest first.")

    log: list[Happening]


class PlaceInQueue(Shape):
    about = _l("`place`: counted from 1. `seen`: the place that was shown. Those concerned read the reason.")

    place: Annotated[int, Field(ge=1, le=1000), WHOLE]
    reason: Line = Field(min_length=1, max_length=200, examples=["按报名先后更正"])
    seen: Annotated[int, Field(ge=1, le=MAX_ID), WHOLE] | None = None


@resources.get("/classes/<id:class_id>/log")
@needs(Right.READ_BOOKING)
@operation(
    _l("Read what happened to a class"),
    about=_l("All of it for those who serve or teach the class; else what concerns the class and one's own bookings."),
)
def log(class_id: int, query: Paged) -> Log:
    actor, view = signed_in(), the_view(class_id)
    lecturer_ids = [lecturer.id for lecturer in catalogue.lecturers_of(class_id)]
    serves = may(actor, Right.READ_ROSTER, squadron_id=view.row.squadron_id, lecturer_ids=lecturer_ids)
    places = [] if serves else queries.own_places(actor, class_id)
    if not serves and not places:
        raise Refusal("not_found")
    if serves:
        looked(actor, "class_page", class_id=class_id)
    return _log(stories.story(class_id, None if serves else [place.id for place in places]), query)


@resources.get("/bookings/<id:booking_id>/log")
@needs(Right.READ_BOOKING)
@operation(
    _l("Read what happened to a booking"), about=_l("And to its class since it was asked for: the story of a seat.")
)
def log_of_booking(booking_id: int, query: Paged) -> Log:
    place = queries.booking_seen_by(signed_in(), booking_id)
    if place is None:
        raise Refusal("not_found")
    looked(signed_in(), "booking", person_ids=[place.person_id] if place.person_id else [])
    return _log(stories.story_of_booking(place), query)


def _log(statement: Select[*tuple[Any, ...]], query: Paged) -> Log:
    place = query.after(_PLACE)
    found = stories.told_of(statement.where(Event.id < place[0]) if place else statement, query.limit + 1)
    shown, following = page_of(found, query.limit, lambda h: [h.id])
    lines = [
        Happening(
            at=h.at,
            what=h.what,
            words=stories.said(h),
            door=h.door,
            actor=h.actor,
            booking=h.booking_id,
            person=h.person,
        )
        for h in shown
    ]
    return Log(log=lines, next=following)


@resources.put("/bookings/<id:booking_id>/place")
@needs(Right.CHANGE_CLASS)
@operation(
    _l("Give a waiting booking another place in the queue"),
    "called_off",
    "begun",
    "awaits_draw",
    "not_waiting",
    "no_such_place",
    "queue_changed",
    "nothing_changed",
    "standby_last",
    about=_l("All who asked together move together. They are told why, and the story of the class keeps it."),
)
def reorder(booking_id: int, body: PlaceInQueue) -> Booking:
    actions.reorder(signed_in(), booking_id, body.place, body.reason, body.seen, "api")
    return after(booking_id)
