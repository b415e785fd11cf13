"""People and accounts, for programs: one's profile, the people of an enterprise, inviting them.

Passwords and tokens are not to be had here: a token that could make another, or take the account over, would outlive
its end.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Literal

from flask import Blueprint, current_app, url_for
from flask_babel import lazy_gettext as _l
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from config import Settings
from courses.accounts import actions, queries
from courses.ground.api import Id, Line, Made, Query, Shape, Words, operation, request_key, words
from courses.ground.refusal import Refusal
from courses.people import identity, links
from courses.people.guard import needs, signed_in
from courses.people.looks import looked
from courses.people.model import Enterprise, Role
from courses.people.queries import colleagues, enterprise
from courses.people.rights import Right, require_seen

resources = Blueprint("accounts_api", __name__)


def known_by(normalise: Callable[[str], str]) -> AfterValidator:
    """Return a check that puts the stored form in the place of what was sent."""

    def check(text: str | None) -> str | None:
        try:
            return normalise(text) if text else None
        except ValueError as error:
            raise PydanticCustomError("not_known_by", "{why}", {"why": str(error)}) from None

    return AfterValidator(check)


Language = Literal["zh", "en"]
Name = Annotated[Line, Field(min_length=1, max_length=identity.NAME_MAX, examples=["钱晨"]), known_by(identity.name)]
NameEn = Annotated[Line, Field(max_length=identity.NAME_MAX, examples=["Qian Chen"])]
Email = Annotated[str | None, Field(max_length=254, examples=["qian@example.com"]), known_by(identity.email)]
Mobile = Annotated[str | None, Field(max_length=30, examples=["13800138000"]), known_by(identity.mobile)]


class Profile(Shape):
    about = _l(
        "What the caller says of themselves. An address or number is changed on the page, which asks for the password."
    )

    id: Id
    name: str
    name_en: str
    language: Language
    email: str | None
    mobile: str | None


class ProfileChange(Shape):
    about = _l("What is left out stays as it is.")

    name_en: NameEn | None = None
    language: Language | None = None


class EnterpriseInBrief(Shape):
    id: Id
    credit_code: str
    name: Words
    is_key_unit: bool


class EnterpriseQuery(Query):
    q: Line = Field("", max_length=100)


class Enterprises(Shape):
    about = _l("At most 20: look for more of the name.")

    enterprises: list[EnterpriseInBrief]


class Colleague(Shape):
    about = _l("One person of an enterprise. `has_account`: the invitation was accepted.")

    id: Id
    name: str
    name_en: str
    role: Role
    email: str | None
    mobile: str | None
    has_account: bool


class Colleagues(Shape):
    people: list[Colleague]


class InvitedAs(StrEnum):
    MANAGER = Role.MANAGER.value
    OWNER = Role.OWNER.value


class Invitee(Shape):
    about = _l("Whom to invite: an e-mail address, a mobile number, or both.")

    name: Name
    name_en: NameEn = ""
    email: Email = None
    mobile: Mobile = None
    role: InvitedAs = InvitedAs.MANAGER
    language: Language = "zh"


class Link(Made):
    about = _l(
        "What became of the link. It is mailed to `sent_to`; where there is no address, `link` is to be handed over: "
        "it opens the account to whoever has it."
    )

    person: Id
    purpose: Literal["invitation", "reset"]
    sent_to: str | None
    link: str | None


@resources.get("/me/profile")
@needs(Right.USE_ACCOUNT)
@operation(_l("Read your profile"))
def profile() -> Profile:
    return _profile()


@resources.patch("/me/profile")
@needs(Right.USE_ACCOUNT)
@operation(_l("Change your language or your name in Latin letters"))
def change_profile(body: ProfileChange) -> Profile:
    person = queries.person(signed_in().id)
    assert person is not None  # signed in
    actions.change_profile(
        signed_in(),
        person.name_en if body.name_en is None else body.name_en,
        body.language or person.language,
        person.email,
        person.mobile,
    )
    return _profile()


@resources.get("/enterprises")
@needs(Right.INVITE)
@operation(
    _l("Find an enterprise of your towns"),
    about=_l("By a part of its name or credit code; an owner is shown their own."),
)
def enterprises(query: EnterpriseQuery) -> Enterprises:
    actor = signed_in()
    found = queries.enterprises_to_serve(actor, query.q)
    if actor.enterprise_id and not any(row.id == actor.enterprise_id for row in found):
        own = enterprise(actor.enterprise_id)
        found = [own, *found] if own else found
    return Enterprises(enterprises=[_enterprise(row) for row in found])


@resources.get("/enterprises/<id:enterprise_id>/people")
@needs(Right.INVITE)
@operation(_l("List the people of an enterprise"), about=_l("For its owner, and the officers of its town."))
def people(enterprise_id: int) -> Colleagues:
    place = _served(enterprise_id)
    looked(signed_in(), "people", enterprise_id=place.id)
    return Colleagues(people=[Colleague(**person._asdict()) for person in colleagues(place.id)])


@resources.post("/enterprises/<id:enterprise_id>/people")
@needs(Right.INVITE)
@operation(
    _l("Invite someone to an enterprise"),
    "no_contact",
    "email_taken",
    "mobile_taken",
    "post_held",
    "two_sides",
    about=_l("Someone of this enterprise who has no account yet is invited again."),
    status=201,
    takes_key=True,
)
def invite(enterprise_id: int, body: Invitee) -> Link:
    actor = signed_in()
    invited = actions.invite(
        actor,
        body.name,
        body.name_en,
        body.email,
        body.mobile,
        Role(body.role.value),
        _served(enterprise_id).id,
        body.language,
        request_key(actor.id),
    )
    return link_of(invited)


@resources.post("/people/<id:person_id>/links")
@needs(Right.INVITE)
@operation(
    _l("Invite someone again, or send a link for a new password"),
    about=_l("Who has no account is invited again; who has one gets a link for a new password."),
    status=201,
)
def send_link(person_id: int) -> Link:
    return link_of(actions.send_link(signed_in(), person_id))


def _profile() -> Profile:
    person = queries.person(signed_in().id)
    assert person is not None  # signed in
    return Profile(
        id=person.id,
        name=person.name,
        name_en=person.name_en,
        language="en" if person.language == "en" else "zh",
        email=person.email,
        mobile=person.mobile,
    )


def _served(enterprise_id: int) -> Enterprise:
    """Return the enterprise if the actor invites there; for all others there is nothing here."""
    place = enterprise(enterprise_id)
    if place is None:
        raise Refusal("not_found")
    require_seen(signed_in(), Right.INVITE, enterprise_id=place.id, town_id=place.town_id)
    return place


def _enterprise(row: Enterprise) -> EnterpriseInBrief:
    return EnterpriseInBrief(
        id=row.id, credit_code=row.credit_code, name=words(row, "name"), is_key_unit=row.is_key_unit
    )


def link_of(invited: actions.Invited) -> Link:
    settings: Settings = current_app.config["SETTINGS"]
    link = None
    if not invited.email:
        token = links.sign(settings.secret_keys, invited.purpose, invited.id, invited.epoch)
        page = "accounts.invitation" if invited.purpose == "invitation" else "accounts.reset"
        link = settings.base_url + url_for(page, token=token)
    return Link(
        person=invited.id,
        purpose="invitation" if invited.purpose == "invitation" else "reset",
        sent_to=invited.email,
        link=link,
        url=url_for("accounts_api.people", enterprise_id=invited.enterprise_id),
    )
