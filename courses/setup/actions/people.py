"""Those who serve, teach, oversee and administer: adding them, changing their posts, letting them go."""

from collections.abc import Collection, Mapping
from typing import Any, Final, NamedTuple

from sqlalchemy import delete, func, or_, select

from courses.accounts.actions.password import leave_word, mail_link
from courses.catalogue.model import Lecturer, Teaching
from courses.ground import clock
from courses.ground.db import db
from courses.ground.refusal import Refusal
from courses.ground.transaction import locked, transaction
from courses.outbox import actions as outbox
from courses.people import identity
from courses.people.actions import add_person, give_post, set_contact
from courses.people.looks import noted
from courses.people.model import Association, City, Person, Post, Role, Squadron
from courses.people.rights import Actor, Right, require

STAFF: Final = (Role.OFFICER, Role.INSPECTOR, Role.ASSOCIATION, Role.BUREAU, Role.ADMINISTRATOR)


class Staff(NamedTuple):
    """Who somebody is and how they are reached; contacts as `identity` returns them."""

    name: str
    name_en: str
    email: str | None
    mobile: str | None
    language: str


class Handed(NamedTuple):
    """Who was added or is sent a link. Without an `email` the link is to be handed over."""

    id: int
    epoch: int
    name: str
    name_en: str
    email: str | None
    purpose: str


def save_person(
    actor: Actor,
    person_id: int | None,
    who: Staff,
    roles: Collection[Role],
    squadron_id: int | None,
    association_id: int | None,
) -> Handed:
    """Add somebody with these posts and invite them, or change who has `person_id`. Posts at an enterprise and that
    of a lecturer stay as they are.

    Raises Refusal: not_found, not_allowed, email_taken, mobile_taken, no_contact, no_role, two_sides,
    last_administrator.
    """
    with transaction():
        require(actor, Right.ADMINISTER)
        person = _saved(actor, person_id, who)
        if not roles and not _has_other_posts(person.id):
            raise Refusal("no_role")
        _set_posts(person, frozenset(roles), {Role.OFFICER: squadron_id, Role.ASSOCIATION: association_id})
        if person_id is None:
            _invite(actor, person)
        return _handed(person, "invitation")


def _saved(actor: Actor, person_id: int | None, who: Staff) -> Person:
    """Return the person, added or changed; another address ends the sessions and links of the old one. Who has an
    account is told of another address or number where they were reached before."""
    if person_id is None:
        return add_person(who.name, who.name_en, who.email, who.mobile, who.language)
    person = locked(Person, person_id)
    before = person.email, person.mobile
    person.epoch += person.email != who.email
    person.name, person.name_en = identity.name(who.name), identity.one_line(who.name_en)
    set_contact(person, who.email, who.mobile)
    if person.has_account and (person.email, person.mobile) != before:
        _leave_word(actor, person, before[0])
    if not person.has_account:
        person.language = who.language
    return person


def _leave_word(actor: Actor, person: Person, old_email: str | None) -> None:
    """Say that the contacts of an account are others: whoever gets the mail of an account can take it over."""
    if actor.id == person.id:
        return
    at = clock.now().isoformat()
    noted(actor, "contact", person.id)
    facts = {"path": "/resets", "by": actor.name, "at": at, "to": old_email}
    outbox.post("contact_changed", outbox.Reader(person.id, old_email), f"contact_changed:{person.id}:{at}", facts)


def _has_other_posts(person_id: int) -> bool:
    held = select(Post.id).where(Post.person_id == person_id, Post.role.not_in(STAFF))
    return db.session.scalar(held.limit(1)) is not None


def _set_posts(person: Person, roles: Collection[Role], places: Mapping[Role, int | None]) -> None:
    held = {
        post.role: post
        for post in db.session.scalars(select(Post).where(Post.person_id == person.id, Post.role.in_(STAFF)))
    }
    if Role.ADMINISTRATOR in held and Role.ADMINISTRATOR not in roles:
        _refuse_last_administrator()
    for role, post in held.items():
        if role not in roles or (post.squadron_id or post.association_id) != places.get(role):
            db.session.delete(post)
    db.session.flush()
    for role in sorted(roles):
        place = places.get(role)
        if role not in held or (held[role].squadron_id or held[role].association_id) != place:
            give_post(
                person,
                role,
                squadron_id=place if role == Role.OFFICER else None,
                association_id=place if role == Role.ASSOCIATION else None,
            )


def _refuse_last_administrator() -> None:
    count = select(func.count()).select_from(Post).join(Person, Person.id == Post.person_id)
    if db.session.scalar(count.where(Post.role == Role.ADMINISTRATOR, Person.left_at.is_(None))) == 1:
        raise Refusal("last_administrator")


def save_lecturer(actor: Actor, person_id: int | None, who: Staff, texts: Mapping[str, Any]) -> Handed:
    """Add a lecturer and invite them, or change one. Somebody known by this address or number who serves here already
    teaches under the same account.

    `texts` are the columns of Lecturer. Raises Refusal: not_found, not_allowed, email_taken, mobile_taken,
    no_contact, two_sides.
    """
    with transaction():
        require(actor, Right.ADMINISTER)
        known = None if person_id else _known(who)
        person = known or _saved(actor, person_id, who)
        row = db.session.get(Lecturer, person.id)
        if person_id is not None and row is None:
            raise Refusal("not_found")
        if row is None:
            give_post(person, Role.LECTURER)
            db.session.add(Lecturer(person_id=person.id, **texts))
        else:
            for name, value in texts.items():
                setattr(row, name, value)
        if person_id is None and not person.has_account:
            _invite(actor, person)
        return _handed(person, "invitation")


def _known(who: Staff) -> Person | None:
    """Return who is reached like this, under the same name, and teaches not yet."""
    same = [column == value for column, value in ((Person.email, who.email), (Person.mobile, who.mobile)) if value]
    statement = select(Person).where(or_(*same), Person.name == who.name, Person.left_at.is_(None))
    people: list[Person] = list(db.session.scalars(statement)) if same else []
    if len(people) != 1 or db.session.scalar(select(Lecturer.person_id).where(Lecturer.person_id == people[0].id)):
        return None
    return people[0]


def _invite(actor: Actor, person: Person) -> None:
    zh, en = _place(person.id)
    mail_link("invitation", person, {"inviter": actor.name, "enterprise_zh": zh, "enterprise_en": en})


def _place(person_id: int) -> tuple[str, str]:
    """Return where a person has a post, in words: a squadron, an association, else the city."""
    statement = (
        select(Squadron.name_zh, Squadron.name_en, Association.name_zh, Association.name_en)
        .select_from(Post)
        .outerjoin(Squadron, Squadron.id == Post.squadron_id)
        .outerjoin(Association, Association.id == Post.association_id)
        .where(Post.person_id == person_id, or_(Post.squadron_id.is_not(None), Post.association_id.is_not(None)))
    )
    for squadron_zh, squadron_en, association_zh, association_en in db.session.execute(statement):
        return squadron_zh or association_zh, squadron_en or association_en or ""
    city = db.session.get(City, 1)
    return (city.name_zh, city.name_en) if city else ("本市", "this city")


def _handed(person: Person, purpose: str) -> Handed:
    return Handed(person.id, person.epoch, person.name, person.name_en, person.email, purpose)


def send_link(actor: Actor, person_id: int) -> Handed:
    """Invite somebody again who has no account yet; for who has one, return a link for a new password to hand over.

    That link is never mailed: it is for who cannot get at their mail either. They are told of it, and read who made
    it; the present password works until it is used. Raises Refusal: not_found, not_allowed, own_link.
    """
    with transaction():
        require(actor, Right.ADMINISTER)
        if person_id == actor.id:
            raise Refusal("own_link")
        person = locked(Person, person_id)
        if person.left_at:
            raise Refusal("not_found")
        if person.has_account:
            leave_word(actor, person)
            return _handed(person, "reset")._replace(email=None)
        _invite(actor, person)
        return _handed(person, "invitation")


def remove_person(actor: Actor, person_id: int) -> None:
    """End somebody's posts here. Who has none left has left: no sign-in, no mail; what they did stays in the log.

    A lecturer is taken from the register when nothing was taught. Raises Refusal: not_found, not_allowed, oneself,
    last_administrator, still_teaches.
    """
    with transaction():
        require(actor, Right.ADMINISTER)
        if person_id == actor.id:
            raise Refusal("oneself")
        person = locked(Person, person_id)
        if db.session.scalar(select(Teaching.class_id).where(Teaching.person_id == person_id).limit(1)):
            raise Refusal("still_teaches", person=person.named)
        _set_posts(person, (), {})
        db.session.execute(delete(Lecturer).where(Lecturer.person_id == person_id))
        db.session.execute(delete(Post).where(Post.person_id == person_id, Post.role == Role.LECTURER))
        if not _has_other_posts(person_id):
            person.left_at, person.epoch = clock.now(), person.epoch + 1
