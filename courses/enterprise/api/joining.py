"""Asking to join an enterprise, and deciding it."""

from enum import StrEnum
from typing import Annotated, Literal

from flask import current_app, url_for
from flask_babel import lazy_gettext as _l
from pydantic import Field, TypeAdapter

from courses.accounts.api import Email, InvitedAs, Language, Link, Mobile, Name, NameEn, known_by, link_of
from courses.enterprise import actions, queries, receipt
from courses.enterprise.actions.join import Asking
from courses.enterprise.api.blueprint import resources
from courses.enterprise.model import Answer
from courses.ground.api import Id, Line, Made, Moment, Page, Paged, Shape, Words, operation, page_of, request_key
from courses.ground.refusal import Refusal
from courses.homes.api import Town
from courses.people import identity
from courses.people.guard import needs, public, signed_in
from courses.people.looks import looked
from courses.people.model import Role
from courses.people.rights import Right, may, towns_of

_PLACE = TypeAdapter(tuple[bool, Id])
CreditCode = Annotated[
    Line, Field(min_length=18, max_length=30, examples=["91330481DMKNQXNW2U"]), known_by(identity.credit_code)
]


class JoinState(StrEnum):
    WAITING = Answer.WAITING.value
    CONFIRMED = Answer.CONFIRMED.value
    REFUSED = Answer.REFUSED.value


class Joining(Shape):
    about = _l("Who asks for an account at which enterprise. `town` counts where the credit code is not known yet.")

    credit_code: CreditCode
    enterprise_name: Line = Field(min_length=1, max_length=100, examples=["甲科技有限公司"])
    town: Id
    name: Name
    name_en: NameEn = ""
    email: Email = None
    mobile: Mobile = None
    role: InvitedAs = InvitedAs.MANAGER
    language: Language = "zh"


class JoiningAsked(Made):
    about = _l("`url` is the page where whoever asked reads the answer: it is their only key to it.")


class Known(Shape):
    about = _l("The enterprise, if it is registered; `owners`: how many persons in charge it has.")

    id: Id
    name: Words
    owners: int


class JoinRequest(Shape):
    about = _l("A request to join. `enterprise` is null where the credit code is new: confirming registers it.")

    id: Id
    name: str
    name_en: str
    email: str | None
    mobile: str | None
    role: InvitedAs
    credit_code: str
    enterprise_name: str
    enterprise: Known | None
    town: Town
    asked_at: Moment
    state: JoinState
    reason: str | None
    decided_at: Moment | None
    decided_by: str | None


class JoinRequests(Page):
    requests: list[JoinRequest]


class JoinFilters(Paged):
    q: Line = Field("", max_length=100)
    state: Literal["waiting", "confirmed", "refused"] | None = None


class Reason(Shape):
    about = _l("Whoever asked reads the reason.")

    reason: Line = Field(min_length=1, max_length=200, examples=["请由企业负责人邀请"])


@resources.post("/join-requests")
@public
@operation(
    _l("Ask to join an enterprise"),
    "no_contact",
    "asked_too_often",
    about=_l("For whom nobody has invited. The same request again, while it waits, is that one."),
    status=201,
)
def ask(body: Joining) -> JoiningAsked:
    made = actions.ask_to_join(
        Asking(
            credit_code=body.credit_code,
            enterprise_name=body.enterprise_name,
            town_id=body.town,
            role=Role(body.role.value),
            name=body.name,
            name_en=body.name_en,
            email=body.email,
            mobile=body.mobile,
            language=body.language,
        )
    )
    settings = current_app.config["SETTINGS"]
    token = receipt.sign(settings.secret_keys, made)
    return JoiningAsked(url=settings.base_url + url_for("enterprise.asked", token=token))


@resources.get("/join-requests")
@needs(Right.DECIDE_JOINING)
@operation(
    _l("List the requests to join"),
    about=_l("Of your towns: those that wait first, the oldest on top. `q` looks into names and credit codes."),
)
def joinings(query: JoinFilters) -> JoinRequests:
    where, state = towns_of(signed_in()), query.state or ""
    found = queries.joinings(where, query.q, state, 0, query.limit + 1, query.after(_PLACE))
    shown, following = page_of(found, query.limit, lambda row: [row.state == Answer.WAITING, row.id])
    looked(signed_in(), "joining", person_ids=queries.people_asking(shown))
    return JoinRequests(requests=[_request(row) for row in shown], next=following)


@resources.get("/join-requests/<id:request_id>")
@needs(Right.DECIDE_JOINING)
@operation(_l("Read one request to join"))
def joining(request_id: int) -> JoinRequest:
    return _request(_own(request_id))


@resources.post("/join-requests/<id:request_id>/confirmation")
@needs(Right.DECIDE_JOINING)
@operation(
    _l("Confirm a request to join"),
    "already_decided",
    "email_taken",
    "mobile_taken",
    "post_held",
    about=_l("Invites whoever asked, and registers the enterprise if its credit code is new."),
    status=201,
    takes_key=True,
)
def confirm(request_id: int) -> Link:
    actor = signed_in()
    return link_of(actions.confirm_joining(actor, request_id, request_key(actor.id)))


@resources.post("/join-requests/<id:request_id>/refusal")
@needs(Right.DECIDE_JOINING)
@operation(_l("Refuse a request to join"), "already_decided")
def refuse(request_id: int, body: Reason) -> JoinRequest:
    actions.refuse_joining(signed_in(), request_id, body.reason)
    return _request(_own(request_id))


def _own(request_id: int) -> queries.Joining:
    """Return the request, if the actor decides it. A stranger does not learn that it is there."""
    found = queries.joining(request_id)
    if found is None or not may(signed_in(), Right.DECIDE_JOINING, town_id=found.town_id):
        raise Refusal("not_found")
    looked(signed_in(), "joining", person_ids=queries.people_asking([found]))
    return found


def _request(row: queries.Joining) -> JoinRequest:
    known = None
    if row.enterprise_id:
        name = Words(zh=row.enterprise_zh or "", en=row.enterprise_en or None)
        known = Known(id=row.enterprise_id, name=name, owners=row.owners)
    return JoinRequest(
        id=row.id,
        name=row.name,
        name_en=row.name_en,
        email=row.email,
        mobile=row.mobile,
        role=InvitedAs(row.role),
        credit_code=row.credit_code,
        enterprise_name=row.enterprise_name,
        enterprise=known,
        town=Town(id=row.town_id, name=Words(zh=row.town_zh, en=row.town_en or None)),
        asked_at=row.asked_at,
        state=JoinState(row.state),
        reason=row.reason or None,
        decided_at=row.decided_at,
        decided_by=row.decider,
    )
