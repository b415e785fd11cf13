"""Asking to join an enterprise, and deciding it."""

from dataclasses import dataclass

from sqlalchemy import select

from courses.accounts.actions import Invited, count_try, enlist
from courses.enterprise.model import Answer, JoinRequest
from courses.ground import clock
from courses.ground.db import db
from courses.ground.idempotency import RequestKey
from courses.ground.refusal import Refusal
from courses.ground.transaction import locked, transaction
from courses.people.model import Enterprise, Role, Town
from courses.people.rights import LEARNER, Actor, Right, require


@dataclass(frozen=True, kw_only=True)
class Asking:
    """Who asks to join what; each value as `identity` returns it. `town_id` counts where the code is not known yet."""

    credit_code: str
    enterprise_name: str
    town_id: int
    role: Role
    name: str
    name_en: str = ""
    email: str | None = None
    mobile: str | None = None
    language: str = "zh"


def ask_to_join(asking: Asking) -> int:
    """Write the request down and return its id; the same one again, while it waits, is that one.

    Whether the enterprise or an account exists makes no difference to be seen from outside. At most five within 15
    minutes for one contact and for one enterprise: Refusal("asked_too_often", minutes=…). Raises
    Refusal("malformed"), "no_contact".
    """
    with transaction():
        _count(asking)
        if not asking.email and not asking.mobile:
            raise Refusal("no_contact")
        known = _enterprise(asking.credit_code)
        if asking.role not in LEARNER or db.session.get(Town, asking.town_id) is None:
            raise Refusal("malformed")
        same = select(JoinRequest.id).where(
            JoinRequest.credit_code == asking.credit_code,
            JoinRequest.state == Answer.WAITING,
            JoinRequest.name == asking.name,
            JoinRequest.email.is_not_distinct_from(asking.email),
            JoinRequest.mobile.is_not_distinct_from(asking.mobile),
        )
        if earlier := db.session.scalar(same.limit(1)):
            return earlier
        request = JoinRequest(
            credit_code=asking.credit_code,
            enterprise_name=asking.enterprise_name,
            town_id=known.town_id if known else asking.town_id,
            name=asking.name,
            name_en=asking.name_en,
            email=asking.email,
            mobile=asking.mobile,
            role=asking.role,
            language=asking.language,
            asked_at=clock.now(),
        )
        db.session.add(request)
        db.session.flush()
        return request.id


def _count(asking: Asking) -> None:
    try:
        for who in filter(None, (asking.email, asking.mobile, asking.credit_code)):
            count_try(f"join:{who}")
    except Refusal as refusal:
        raise Refusal("asked_too_often", minutes=refusal.facts["minutes"]) from None


def confirm_joining(actor: Actor, request_id: int, request_key: RequestKey | None = None) -> Invited:
    """Invite who asked, and register the enterprise if its credit code is new.

    Raises Refusal: not_found, already_decided, email_taken, mobile_taken, post_held.
    """
    with transaction(request_key) as kept:
        if kept.earlier_answer:
            return Invited(*kept.earlier_answer)
        request = _decide(actor, request_id, Answer.CONFIRMED)
        enterprise = _enterprise(request.credit_code)
        if enterprise is None:
            enterprise = Enterprise(
                credit_code=request.credit_code, name_zh=request.enterprise_name, town_id=request.town_id
            )
            db.session.add(enterprise)
            db.session.flush()
        person = (request.name, request.name_en, request.email, request.mobile)
        invited = enlist(actor, enterprise, *person, request.role, request.language)
        kept.answer(list(invited))
        return invited


def refuse_joining(actor: Actor, request_id: int, reason: str) -> None:
    """Refuse a request; who asked reads the reason. Raises Refusal: not_found, already_decided."""
    with transaction():
        _decide(actor, request_id, Answer.REFUSED).reason = reason


def _decide(actor: Actor, request_id: int, answer: Answer) -> JoinRequest:
    request = locked(JoinRequest, request_id)
    try:
        require(actor, Right.DECIDE_JOINING, town_id=request.town_id)
    except Refusal:
        raise Refusal("not_found") from None
    if request.state != Answer.WAITING:
        raise Refusal("already_decided")
    request.state, request.decided_at, request.decided_by = answer, clock.now(), actor.id
    return request


def _enterprise(credit_code: str) -> Enterprise | None:
    return db.session.scalar(select(Enterprise).where(Enterprise.credit_code == credit_code))
