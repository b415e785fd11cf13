"""The people of an enterprise: one of them, a contact before the first sign-in, and leaving."""

from typing import Literal

from flask_babel import lazy_gettext as _l
from pydantic import Field

from courses.accounts import actions as accounts
from courses.accounts.api import Email, InvitedAs, Mobile, Name, NameEn, link_of
from courses.booking.model import State
from courses.enterprise import actions, queries
from courses.enterprise.actions.leave import enterprise_of
from courses.enterprise.api.blueprint import resources
from courses.enterprise.queries import Passing
from courses.ground import clock
from courses.ground.api import Id, Moment, Query, Shape, Words, operation, words
from courses.ground.refusal import Refusal
from courses.people.guard import needs, signed_in
from courses.people.looks import looked
from courses.people.queries import colleagues
from courses.people.rights import Right


class Member(Shape):
    about = _l("One person of an enterprise, with hours of 45 minutes: of this year, and in all.")

    id: Id
    enterprise: Id
    name: str
    name_en: str
    email: str | None
    mobile: str | None
    has_account: bool
    roles: list[InvitedAs]
    since: Moment | None
    hours: float
    hours_in_all: float
    classes_to_come: int
    is_deputy: bool


class Contact(Shape):
    about = _l("Name and contact; what is left out is empty.")

    name: Name
    name_en: NameEn = ""
    email: Email = None
    mobile: Mobile = None


class Corrected(Shape):
    about = _l(
        "The person as they stand now. After another address a new invitation is mailed to `sent_to`; where there is "
        "no address any more, `link` is to be handed over. Without either, nothing was sent."
    )

    person: Member
    sent_to: str | None
    link: str | None


class DepartureQuery(Query):
    heir: Id | None = None


class PassingPlace(Shape):
    about = _l("A place in a class still to begin: it `passes` to the successor, or is given up; `why` it cannot pass.")

    booking: Id
    class_: Id = Field(serialization_alias="class")
    title: Words
    state: State
    starts_at: Moment
    passes: bool
    why: Literal["already_booked", "person_clash"] | None


class Departure(Shape):
    about = _l("What becomes of the places of someone who leaves, with `heir` as successor.")

    person: Id
    heir: Id | None
    places: list[PassingPlace]


class Leaving(Shape):
    about = _l(
        "Without `heir` nobody succeeds and every place is given up. `passing`: the bookings that were shown as "
        "passing; if others would, nothing is done."
    )

    heir: Id | None = None
    passing: list[Id] | None = Field(None, max_length=1000)


@resources.get("/people/<id:person_id>")
@needs(Right.CHANGE_PEOPLE)
@operation(_l("Read one person of an enterprise"), about=_l("For its owner, and the officers of its town."))
def person(person_id: int) -> Member:
    return _member(person_id)


@resources.put("/people/<id:person_id>/contact")
@needs(Right.CHANGE_PEOPLE)
@operation(
    _l("Correct the name and contact of someone"),
    "has_account",
    "no_contact",
    "email_taken",
    "mobile_taken",
    about=_l("Of someone who has not opened the account yet; who has keeps it up to date alone."),
)
def correct(person_id: int, body: Contact) -> Corrected:
    enterprise_of(signed_in(), person_id)  # to a stranger there is nobody
    invited = accounts.correct(signed_in(), person_id, body.name, body.name_en, body.email, body.mobile)
    link = link_of(invited) if invited else None
    return Corrected(
        person=_member(person_id), sent_to=link.sent_to if link else None, link=link.link if link else None
    )


@resources.get("/people/<id:person_id>/departure")
@needs(Right.CHANGE_PEOPLE)
@operation(_l("See what would become of someone's places if they left"), "no_successor")
def departure(person_id: int, query: DepartureQuery) -> Departure:
    return _departure(person_id, query.heir)


@resources.post("/people/<id:person_id>/departure")
@needs(Right.CHANGE_PEOPLE)
@operation(
    _l("Let someone leave, and a successor take over"),
    "no_successor",
    "plan_changed",
    about=_l("The post ends; hours and past classes stay theirs. Everyone concerned is told."),
)
def leave(person_id: int, body: Leaving) -> Departure:
    seen = _departure(person_id, body.heir)
    passing = [place.booking for place in seen.places if place.passes]
    actions.leave(signed_in(), person_id, body.heir, passing if body.passing is None else body.passing, "api")
    return seen


def _departure(person_id: int, heir_id: int | None) -> Departure:
    place = enterprise_of(signed_in(), person_id)
    looked(signed_in(), "people", enterprise_id=place.id)
    if heir_id and heir_id not in {one.id for one in colleagues(place.id) if one.id != person_id}:
        raise Refusal("no_successor")
    passings = queries.plan(person_id, heir_id, clock.now())
    return Departure(person=person_id, heir=heir_id, places=[_passing(passing) for passing in passings])


def _passing(passing: Passing) -> PassingPlace:
    place, why = passing.place, passing.hindrance
    return PassingPlace(
        booking=place.booking_id,
        class_=place.class_id,
        title=words(place, "title"),
        state=State(place.state),
        starts_at=place.starts_at,
        passes=passing.passes,
        why=("already_booked" if why.is_in else "person_clash") if why else None,
    )


def _member(person_id: int) -> Member:
    place = enterprise_of(signed_in(), person_id)
    looked(signed_in(), "people", enterprise_id=place.id)
    [member] = [one for one in queries.members(place.id, clock.now()) if one.id == person_id]
    known = member._asdict()
    known["roles"] = [InvitedAs(role) for role in member.roles]
    return Member(enterprise=place.id, classes_to_come=known.pop("coming"), **known)
