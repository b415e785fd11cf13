"""What an enterprise decides, for programs: hold seats and say who comes, approve, the rule of booking, deputies."""

from typing import Annotated

from flask import url_for
from flask_babel import lazy_gettext as _l
from pydantic import Field

from courses.accounts.api import Email, Language, Mobile, Name, NameEn
from courses.booking import actions
from courses.booking.api.blueprint import resources
from courses.booking.api.seats import Asked, Booking, Outcome, Seen, after
from courses.booking.model import State
from courses.catalogue.api import Seats
from courses.ground.api import MAX_ID, WHOLE, Id, Shape, operation, request_key
from courses.ground.refusal import Refusal
from courses.people.guard import needs, signed_in
from courses.people.model import BookingRule
from courses.people.rights import Right


class Hold(Shape):
    about = _l("How many seats to hold for people who are named later. `seen`: the `schedule_no` that was shown.")

    seats: Seats
    seen: Seen | None = None


class NewColleague(Shape):
    about = _l("Someone new to the enterprise, who is invited as a manager: an e-mail address, a number, or both.")

    name: Name
    name_en: NameEn = ""
    email: Email = None
    mobile: Mobile = None
    language: Language = "zh"


class Who(Shape):
    about = _l(
        "Who comes: a person of the enterprise, or someone new. Exactly one of the two. `seen`: the `person` that the "
        "booking was shown with, 0 for none; anyone else is not replaced."
    )

    person: Id | None = None
    new: NewColleague | None = None
    seen: Annotated[int, Field(ge=0, le=MAX_ID, examples=[0]), WHOLE] | None = None


@resources.post("/classes/<id:class_id>/holds")
@needs(Right.HOLD)
@operation(
    _l("Hold seats for people who are named later"),
    "called_off",
    "begun",
    "not_open_yet",
    "closed",
    "class_changed",
    "asked_first",
    "names_over",
    "group_too_large",
    "enterprise_limit",
    "enterprise_year_limit",
    about=_l(
        "All of them, or one place in the queue together. Each is to be named by its `due_at`; else it goes to the "
        "next in the queue."
    ),
    status=201,
    takes_key=True,
)
def hold(class_id: int, body: Hold) -> Asked:
    actor = signed_in()
    outcomes = actions.hold(actor, class_id, body.seats, "api", body.seen, request_key(actor.id))
    made = [
        Outcome(id=o.id, person=o.person, state=State(o.state), place=o.place, entry=o.entry, standby=o.standby)
        for o in outcomes
    ]
    return Asked(bookings=made, url=url_for(".bookings", class_id=class_id))


@resources.put("/bookings/<id:booking_id>/person")
@needs(Right.HOLD)
@operation(
    _l("Say who comes: name a held seat, or send one colleague for another"),
    "unknown_person",
    "not_nameable",
    "already_named",
    "answer_first",
    "names_over",
    "swap_over",
    "called_off",
    "begun",
    "already_booked",
    "person_clash",
    "not_first_timer",
    "on_standby",
    "asked_first",
    "no_contact",
    "email_taken",
    "mobile_taken",
    about=_l("Seat and place in the queue stay. A colleague who is swapped has a new booking; the answer is that one."),
)
def name(booking_id: int, body: Who) -> Booking:
    if (body.person is None) == (body.new is None):
        raise Refusal("malformed")
    who = body.person or actions.NewColleague(**body.new.model_dump() if body.new else {})
    return after(actions.name(signed_in(), booking_id, who, "api", body.seen))


class Rule(Shape):
    about = _l("`approval`: what people of the enterprise book for themselves waits for the owner or a deputy.")

    rule: BookingRule


class Deputy(Shape):
    about = _l("Whether the person books, approves and names for the enterprise as its owner does.")

    deputy: bool


@resources.post("/bookings/<id:booking_id>/approval")
@needs(Right.APPROVE)
@operation(_l("Approve what a colleague booked"), "called_off", "begun", "already_decided")
def approve(booking_id: int) -> Booking:
    actions.approve(signed_in(), booking_id, "api")
    return after(booking_id)


@resources.post("/bookings/<id:booking_id>/disapproval")
@needs(Right.APPROVE)
@operation(
    _l("Refuse what a colleague booked"),
    "called_off",
    "begun",
    "already_decided",
    about=_l("The seat goes to the next in the queue at once."),
)
def disapprove(booking_id: int) -> Booking:
    actions.disapprove(signed_in(), booking_id, "api")
    return after(booking_id)


@resources.put("/enterprises/<id:enterprise_id>/booking-rule")
@needs(Right.DELEGATE)
@operation(_l("Say whether the people of your enterprise book freely"))
def booking_rule(enterprise_id: int, body: Rule) -> Rule:
    actions.change_booking_rule(signed_in(), enterprise_id, body.rule)
    return body


@resources.put("/people/<id:person_id>/deputy")
@needs(Right.DELEGATE)
@operation(_l("Name a deputy, or take that back"))
def deputy(person_id: int, body: Deputy) -> Deputy:
    actions.set_deputy(signed_in(), person_id, body.deputy)
    return body
