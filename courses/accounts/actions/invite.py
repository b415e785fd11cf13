"""Inviting people to an account, and giving them another link."""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import or_, select

from courses.accounts import passwords
from courses.accounts.actions.password import leave_word, mail_link
from courses.ground import clock
from courses.ground.db import db, insert_many
from courses.ground.idempotency import RequestKey
from courses.ground.refusal import Refusal
from courses.ground.transaction import locked, transaction
from courses.outbox.actions import Reader, post_all, row_of
from courses.people import identity, links
from courses.people.actions import add_person, give_post, set_contact
from courses.people.model import Enterprise, Person, Post, Role
from courses.people.rights import LEARNER, Actor, Right, require


class Invited(NamedTuple):
    """Who gets a link of which `purpose`. Without an `email` it is to be handed over."""

    purpose: str
    id: int
    epoch: int
    name: str
    name_en: str
    email: str | None
    enterprise_id: int


def invite(
    actor: Actor,
    name: str,
    name_en: str,
    email: str | None,
    mobile: str | None,
    role: Role,
    enterprise_id: int,
    language: str = "zh",
    request_key: RequestKey | None = None,
) -> Invited:
    """Add a manager or owner to an enterprise and invite them to set a password.

    Someone of this enterprise who has no account yet is invited again, under the name that stands. Raises
    ValueError as `add_person` does, Refusal("not_found") for an unknown enterprise, "not_allowed",
    "malformed" for any other role, "no_contact", "email_taken", "mobile_taken" and "post_held".
    """
    email, mobile = identity.email(email) if email else None, identity.mobile(mobile) if mobile else None
    with transaction(request_key) as kept:
        if kept.earlier_answer:
            return Invited(*kept.earlier_answer)
        enterprise = _served(actor, enterprise_id)
        invited = enlist(actor, enterprise, name, name_en, email, mobile, role, language)
        kept.answer(list(invited))
        return invited


def enlist(
    actor: Actor,
    enterprise: Enterprise,
    name: str,
    name_en: str,
    email: str | None,
    mobile: str | None,
    role: Role,
    language: str,
) -> Invited:
    """Give someone without an account a post at an enterprise and invite them, inside the transaction of its cause,
    which has asked whether the actor may. Raises as `invite` does."""
    if role not in LEARNER or language not in ("zh", "en"):
        raise Refusal("malformed")
    person = _known(enterprise.id, email, mobile)
    if person is None:
        person = add_person(name, name_en, email, mobile, language)
    else:
        set_contact(person, person.email or email, person.mobile or mobile)
    held = select(Post.id).where(Post.person_id == person.id, Post.role == role)
    if db.session.scalar(held) is None:
        give_post(person, role, enterprise_id=enterprise.id)
    return _send("invitation", person, actor, enterprise)


class Newcomer(NamedTuple):
    """Someone nobody knows yet, who is to be a manager of an enterprise; contacts as `identity` returns them."""

    name: str
    email: str | None
    mobile: str | None
    enterprise: Enterprise


def enlist_all(actor: Actor, newcomers: Sequence[Newcomer]) -> list[int]:
    """Give these a post each and invite those who have an address, inside the transaction of its cause, which has asked
    whether the actor may; return their ids. As many statements for hundreds as for one.

    Raises IntegrityError where somebody took one of the addresses or numbers at this moment.
    """
    if not newcomers:
        return []
    blank = {"name_en": "", "language": actor.language, "epoch": 1}
    people = [{"name": new.name, "email": new.email, "mobile": new.mobile, **blank} for new in newcomers]
    insert_many(Person, people)
    ids = _ids_of(newcomers)
    at = clock.now()
    post = {"role": Role.MANAGER, "squadron_id": None, "association_id": None, "began_at": at}
    posts = [
        {**post, "person_id": id_, "enterprise_id": new.enterprise.id} for id_, new in zip(ids, newcomers, strict=True)
    ]
    insert_many(Post, posts)
    mailed = [(id_, new) for id_, new in zip(ids, newcomers, strict=True) if new.email]
    expires_at = at + dt.timedelta(seconds=links.MAX_AGE_S["invitation"])
    post_all(
        [
            row_of(
                "invitation",
                Reader(id_, new.email),
                f"invitation:{id_}:{at.isoformat()}",
                _of_invitation(actor, new.enterprise),
                expires_at=expires_at,
            )
            for id_, new in mailed
        ]
    )
    return ids


def _ids_of(newcomers: Sequence[Newcomer]) -> list[int]:
    mobiles, emails = [new.mobile for new in newcomers if new.mobile], [new.email for new in newcomers if new.email]
    known = select(Person.id, Person.mobile, Person.email).where(
        or_(Person.mobile.in_(mobiles), Person.email.in_(emails))
    )
    ids = {contact: row.id for row in db.session.execute(known) for contact in (row.mobile, row.email) if contact}
    return [ids[new.mobile or new.email or ""] for new in newcomers]


def _of_invitation(actor: Actor, enterprise: Enterprise) -> dict[str, str]:
    return {"inviter": actor.name, "enterprise_zh": enterprise.name_zh, "enterprise_en": enterprise.name_en}


def _served(actor: Actor, enterprise_id: int) -> Enterprise:
    enterprise = db.session.get(Enterprise, enterprise_id)
    if enterprise is None:
        raise Refusal("not_found")
    require(actor, Right.INVITE, enterprise_id=enterprise.id, town_id=enterprise.town_id)
    return enterprise


def _known(enterprise_id: int, email: str | None, mobile: str | None) -> Person | None:
    """Return whom to invite again. Raises Refusal("email_taken") and "mobile_taken" for anybody else."""
    same = [column == value for column, value in ((Person.email, email), (Person.mobile, mobile)) if value]
    if not same:
        return None
    statement = select(Person).where(or_(*same)).order_by(Person.id).with_for_update(key_share=True)
    found = list(db.session.scalars(statement))
    if not found:
        return None
    person = found[0]
    is_new_here = not person.left_at and not person.has_account and _serves_only(person, enterprise_id)
    if len(found) == 1 and is_new_here:
        return person
    raise Refusal("email_taken" if any(email and other.email == email for other in found) else "mobile_taken")


def _serves_only(person: Person, enterprise_id: int | None) -> bool:
    places = db.session.scalars(select(Post.enterprise_id).where(Post.person_id == person.id)).all()
    return bool(places) and all(place is not None and place == enterprise_id for place in places)


def send_link(actor: Actor, person_id: int) -> Invited:
    """Give someone of an enterprise a link: who has no account is invited again, who has one gets a reset.

    Only people whose every post is at that enterprise: nobody comes into another's wider rights. A link for a new
    password that no mail carries is handed over, and its person is told so. Raises Refusal("not_found") and
    "not_allowed".
    """
    with transaction():
        person = locked(Person, person_id)
        place = db.session.scalar(select(Post.enterprise_id).where(Post.person_id == person.id).limit(1))
        if place is None or person.left_at or not _serves_only(person, place):
            raise Refusal("not_found")
        sent = _send("reset" if person.has_account else "invitation", person, actor, _served(actor, place))
        if person.has_account and not person.email:
            leave_word(actor, person)
        return sent


def correct(
    actor: Actor, person_id: int, name: str, name_en: str, email: str | None, mobile: str | None
) -> Invited | None:
    """Correct the name and contact of someone of an enterprise who has not opened the account yet.

    Another address gets a new invitation, and the link sent to the old one ends; then return who is invited. Raises
    ValueError as `add_person` does, Refusal("not_found"), "not_allowed", "has_account", "no_contact", "email_taken"
    and "mobile_taken".
    """
    name = identity.name(name)
    with transaction():
        person = locked(Person, person_id)
        place = db.session.scalar(select(Post.enterprise_id).where(Post.person_id == person.id).limit(1))
        if place is None or person.left_at or not _serves_only(person, place):
            raise Refusal("not_found")
        enterprise = _served(actor, place)
        if person.has_account:
            raise Refusal("has_account", person=person.named)
        before = person.email
        set_contact(person, email, mobile)
        person.name, person.name_en = name, identity.one_line(name_en)
        if person.email == before:
            return None
        person.epoch += 1
        return _send("invitation", person, actor, enterprise, at_once=True)


def _send(purpose: str, person: Person, actor: Actor, enterprise: Enterprise, at_once: bool = False) -> Invited:
    mail_link(purpose, person, _of_invitation(actor, enterprise) if purpose == "invitation" else {}, at_once)
    return Invited(purpose, person.id, person.epoch, person.name, person.name_en, person.email, enterprise.id)


def open_account(
    name: str,
    login: str,
    role: Role,
    password: str | None,
    enterprise_id: int | None = None,
    squadron_id: int | None = None,
    association_id: int | None = None,
) -> int:
    """Make an account without an invitation and return the person's id: for the command line, where nobody is
    signed in. Without a password it waits for one, to be chosen behind a link.

    Raises ValueError as `add_person` does, Refusal("weak_password"), "email_taken" and "mobile_taken".
    """
    known_as = identity.login(login)
    hashed = None
    if password is not None:
        passwords.require_good(password, known_as)
        hashed = passwords.hashed(password)
    email, mobile = (known_as, None) if "@" in known_as else (None, known_as)
    with transaction():
        person = add_person(name, email=email, mobile=mobile)
        person.password_hash = hashed
        give_post(person, role, enterprise_id, squadron_id, association_id)
        return person.id
