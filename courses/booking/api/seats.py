"""A class, its bookings and its log: read, book, cancel, undo."""

import datetime as dt
from typing import Annotated

from flask import url_for
from flask_babel import lazy_gettext as _l
from pydantic import Field, TypeAdapter

from courses.booking import actions, queries
from courses.booking.api.blueprint import resources
from courses.booking.forms import PEOPLE_MAX
from courses.booking.ledger import kept_seats
from courses.booking.model import Consent, State
from courses.booking.queries import ClassView, Place
from courses.catalogue import queries as catalogue
from courses.catalogue.api import Seats
from courses.catalogue.model import ClassState, FillRule, Promotion, ShareKind, TrainingClass
from courses.ground import clock
from courses.ground.api import (
    MAX_ID,
    WHOLE,
    Id,
    Made,
    Moment,
    Page,
    Paged,
    Shape,
    Words,
    operation,
    page_of,
    request_key,
    words,
)
from courses.ground.refusal import Refusal
from courses.homes.api import Room, Town
from courses.people.guard import needs, public, signed_in
from courses.people.looks import looked
from courses.people.rights import Right, may

_PLACE = TypeAdapter(tuple[Id])


class CourseOfClass(Shape):
    id: Id
    title: Words


class HomeOfClass(Shape):
    id: Id
    name: Words
    address: Words
    phone: str
    town: Town


class Lecturer(Shape):
    id: Id
    name: str
    institution: Words


class Sitting(Shape):
    id: Id
    starts_at: Moment
    ends_at: Moment = Field(json_schema_extra={"examples": ["2026-11-28T11:30:00+08:00"]})


class Draw(Shape):
    about = _l(
        "Seats by lot. `commitment` is the SHA-256 of `seed`, which is shown once the lots are drawn; the page of "
        "the draw says how anyone can draw again."
    )

    draw_at: Moment
    commitment: str
    drawn_at: Moment | None
    seed: str | None


class SeatShare(Shape):
    about = _l("Seats kept for some: how many, and how many of them are taken. `of`: the town's or industry's id.")

    kind: ShareKind
    of: Id | None
    seats: int
    taken: int


class Minimum(Shape):
    about = _l(
        "The class is tentative until `people` are booked or its squadron decides, by `decide_by`; `confirmed_at`: "
        "since when it takes place for certain."
    )

    people: int
    decide_by: Moment
    confirmed_at: Moment | None


class Class(Shape):
    about = _l(
        "One dated class of a course. `free`: seats not taken; `queued`: how many wait; `is_open`: one may book or "
        "queue now; `names_by`: until when held seats can get their names; `promotion`: whether a seat that comes free "
        "is the next one's at once (direct), or offered for `offer_hours` of working time (offer). `schedule_no` rises "
        "with every move: send it as `seen` to be refused when the class has moved since."
    )

    id: Id
    course: CourseOfClass
    state: ClassState
    call_off_reason: str | None
    sittings: list[Sitting]
    home: HomeOfClass
    room: Room
    lecturers: list[Lecturer]
    capacity: int
    enterprise_limit: int | None
    enterprise_year_limit: int | None
    fill_rule: FillRule
    promotion: Promotion
    offer_hours: int
    shares: list[SeatShare]
    shares_until: Moment | None
    taken: int
    free: int
    queued: int
    is_open: bool
    opens_at: Moment
    closes_at: Moment
    cancel_until: Moment
    names_by: Moment
    first_until: Moment | None
    draw: Draw | None
    minimum: Minimum | None
    merged_into: Id | None
    schedule_no: int


Seen = Annotated[int, Field(ge=1, le=MAX_ID, examples=[1]), WHOLE]


class Ask(Shape):
    about = _l("Whom to book for; without `people`, the caller. `seen`: the `schedule_no` that was shown.")

    people: list[Id] | None = Field(None, max_length=PEOPLE_MAX)
    least: Seats | None = None
    seen: Seen | None = None


class Outcome(Shape):
    about = _l(
        "What one person got; `person` is null for a place still to be named. `place`: in the queue, counted from 1; "
        "null for a seat. `entry`: in a draw to come. `standby`: they wait behind all others."
    )

    id: Id
    person: Id | None
    state: State
    place: int | None
    entry: int | None
    standby: bool


class Asked(Made):
    bookings: list[Outcome]


class Booking(Shape):
    about = _l(
        "One place in one class. `person` is null while it is still to be named. `due_at`: by when a held seat is to "
        "be named, a requested one approved, an offered one answered; else it goes to the next. `place`: in the queue, "
        "counted from 1, if `state` is queued. `consent`: what its person says of the time to which the class was "
        "moved; null while it was not."
    )

    id: Id
    class_: Id = Field(serialization_alias="class")
    person: Id | None
    name: str | None
    state: State
    reason: str
    place: int | None
    entry: int | None
    attended: bool | None
    due_at: Moment | None
    consent: Consent | None


class Answer(Shape):
    about = _l(
        "`yes`: the new time of the class suits, or the seat that is offered is taken; false gives the seat to the "
        "next, and does not count as late."
    )

    yes: bool


class Bookings(Page):
    bookings: list[Booking]


class OtherClass(Shape):
    about = _l("The class to change to. `seen`: its `schedule_no` that was shown.")

    class_: Id = Field(alias="class")
    seen: Seen | None = None


@resources.get("/classes/<id:class_id>")
@public
@operation(_l("Read one class"))
def class_(class_id: int) -> Class:
    return class_of(the_view(class_id), clock.now())


@resources.post("/classes/<id:class_id>/bookings")
@needs(Right.BOOK)
@operation(
    _l("Book seats for oneself, or for several people"),
    "nobody",
    "unknown_person",
    "called_off",
    "begun",
    "not_open_yet",
    "closed",
    "class_changed",
    "asked_first",
    "already_booked",
    "person_clash",
    "group_too_large",
    "enterprise_limit",
    "enterprise_year_limit",
    about=_l(
        '`{}` books the caller, `{"people": [ids]}` a group: all get seats, or all one place in the queue. '
        "A full class is no error: the state is queued. `least`: with so many seats they are content, the others wait."
    ),
    status=201,
    takes_key=True,
)
def book(class_id: int, body: Ask) -> Asked:
    actor = signed_in()
    people = [actor.id] if body.people is None else body.people
    outcomes = actions.book(actor, class_id, people, "api", body.seen, request_key(actor.id), body.least)
    made = [
        Outcome(id=o.id, person=o.person, state=State(o.state), place=o.place, entry=o.entry, standby=o.standby)
        for o in outcomes
    ]
    if len(made) == 1:
        return Asked(bookings=made, url=url_for(".booking", booking_id=made[0].id))
    return Asked(bookings=made, url=url_for(".bookings", class_id=class_id))


@resources.get("/classes/<id:class_id>/bookings")
@needs(Right.READ_BOOKING)
@operation(
    _l("List the bookings of a class"),
    about=_l("All live ones for those who serve or teach the class; else one's own, for an owner the enterprise's."),
)
def bookings(class_id: int, query: Paged) -> Bookings:
    view, after = the_view(class_id), query.after(_PLACE)
    lecturer_ids = [lecturer.id for lecturer in catalogue.lecturers_of(class_id)]
    found = queries.bookings_seen_by(
        signed_in(), class_id, view.row.squadron_id, lecturer_ids, after[0] if after else 0, query.limit
    )
    if may(signed_in(), Right.READ_ROSTER, squadron_id=view.row.squadron_id, lecturer_ids=lecturer_ids):
        looked(signed_in(), "bookings", class_id=class_id)
    shown, following = page_of(found, query.limit, lambda place: [place.id])
    return Bookings(bookings=[_booking(place) for place in shown], next=following)


@resources.get("/bookings/<id:booking_id>")
@needs(Right.READ_BOOKING)
@operation(_l("Read one booking"))
def booking(booking_id: int) -> Booking:
    found = queries.booking_seen_by(signed_in(), booking_id)
    if found is None:
        raise Refusal("not_found")
    looked(signed_in(), "booking", person_ids=[found.person_id] if found.person_id else [])
    return _booking(found)


@resources.post("/bookings/<id:booking_id>/cancellation")
@needs(Right.CANCEL)
@operation(
    _l("Cancel a booking"),
    "not_cancellable",
    "called_off",
    "begun",
    about=_l("The seat goes to the next in the queue at once."),
)
def cancel(booking_id: int) -> Booking:
    actions.cancel(signed_in(), booking_id, "api")
    return after(booking_id)


@resources.delete("/bookings/<id:booking_id>/cancellation")
@needs(Right.CANCEL)
@operation(
    _l("Take a cancellation back"),
    "not_cancellable",
    "post_ended",
    "cannot_undo",
    "called_off",
    "begun",
    "already_booked",
    "person_clash",
    "enterprise_limit",
    "enterprise_year_limit",
    about=_l("It works until someone else was promoted."),
)
def undo_cancel(booking_id: int) -> Booking:
    actions.undo_cancel(signed_in(), booking_id, "api")
    return after(booking_id)


@resources.post("/bookings/<id:booking_id>/answer")
@needs(Right.CANCEL)
@operation(
    _l("Answer what is asked about a booking"),
    "not_asked",
    "offer_over",
    "called_off",
    "begun",
    about=_l(
        "When a class moved, its people are asked once whether the new time suits. Silence keeps the seat. A seat that "
        "is offered is asked about until `due_at`; without an answer it goes to the next."
    ),
)
def answer(booking_id: int, body: Answer) -> Booking:
    actions.answer(signed_in(), booking_id, body.yes, "api")
    return after(booking_id)


@resources.put("/bookings/<id:booking_id>/class")
@needs(Right.BOOK)
@operation(
    _l("Change a booking to another class of the course"),
    "not_changeable",
    "called_off",
    "begun",
    "same_class",
    "other_course",
    "no_seat_there",
    "not_open_yet",
    "closed",
    "class_changed",
    "asked_first",
    "already_booked",
    "person_clash",
    "enterprise_limit",
    "enterprise_year_limit",
    about=_l(
        "In one step: a seat in the other class, or nothing changes. Answers with the new booking; the old one is "
        "cancelled, and its seat goes to the next in the queue."
    ),
)
def change_class(booking_id: int, body: OtherClass) -> Booking:
    outcome = actions.change_class(signed_in(), booking_id, body.class_, "api", body.seen)
    return after(outcome.id)


def the_view(class_id: int) -> ClassView:
    view = queries.class_view(class_id)
    if view is None:
        raise Refusal("not_found")
    return view


def class_of(view: ClassView, at: dt.datetime) -> Class:
    row, home = view.row, view.home
    return Class(
        id=row.id,
        course=CourseOfClass(id=view.course.id, title=words(view.course, "title")),
        state=row.state,
        call_off_reason=row.call_off_reason or None,
        sittings=[Sitting(id=s.id, starts_at=s.starts_at, ends_at=s.ends_at) for s in row.sittings],
        home=HomeOfClass(
            id=home.id,
            name=words(home, "name"),
            address=words(home, "address"),
            phone=home.phone,
            town=Town(id=view.town.id, name=words(view.town, "name")),
        ),
        room=Room(id=view.room.id, name=words(view.room, "name"), seats=view.room.seats),
        lecturers=[
            Lecturer(id=t.id, name=t.name, institution=words(t, "institution")) for t in catalogue.lecturers_of(row.id)
        ],
        capacity=row.capacity,
        enterprise_limit=row.enterprise_limit,
        enterprise_year_limit=view.course.enterprise_year_limit,
        fill_rule=row.fill_rule,
        promotion=row.promotion,
        offer_hours=row.offer_hours,
        shares=[
            SeatShare(kind=share.kind, of=share.of, seats=share.seats, taken=share.taken) for share in kept_seats(row)
        ],
        shares_until=row.shares_until,
        taken=row.seats_taken,
        free=row.seats_free,
        queued=row.queued,
        is_open=row.is_bookable(at),
        opens_at=row.opens_at,
        closes_at=row.closes_at,
        cancel_until=row.cancel_until,
        names_by=row.names_until,
        first_until=row.first_until,
        draw=_draw(row),
        minimum=_minimum(row),
        merged_into=row.merged_into,
        schedule_no=row.schedule_no,
    )


def _draw(row: TrainingClass) -> Draw | None:
    if row.draw_at is None:
        return None
    seed = row.draw_seed if row.drawn_at else None
    return Draw(draw_at=row.draw_at, commitment=row.draw_commitment, drawn_at=row.drawn_at, seed=seed)


def _minimum(row: TrainingClass) -> Minimum | None:
    if row.minimum is None or row.decide_by is None:
        return None
    return Minimum(people=row.minimum, decide_by=row.decide_by, confirmed_at=row.confirmed_at)


def after(booking_id: int) -> Booking:
    """Return the booking as an action has just left it."""
    place = queries.place_of(booking_id)
    assert place is not None  # the action found it
    return _booking(place)


def _booking(place: Place) -> Booking:
    return Booking(
        id=place.id,
        class_=place.class_id,
        person=place.person_id,
        name=place.person,
        state=State(place.state),
        reason=place.reason,
        place=place.place,
        entry=place.entry,
        attended=place.attended,
        due_at=place.due_at,
        consent=Consent(place.consent) if place.consent else None,
    )
