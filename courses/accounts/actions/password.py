"""Setting a password by a link, changing one's own, asking for a link."""

import datetime as dt
from typing import Any, Final

from sqlalchemy import func, select, update

from courses.accounts import passwords
from courses.accounts.actions.sign_in import drop_tries, known_as, locked_account, prove, self_of
from courses.accounts.model import Token
from courses.ground import clock
from courses.ground.db import db
from courses.ground.refusal import Refusal
from courses.ground.transaction import locked, transaction
from courses.outbox.actions import Reader, post
from courses.outbox.model import Notice
from courses.people import links
from courses.people.looks import noted
from courses.people.model import Person
from courses.people.queries import actor_of
from courses.people.rights import Actor, Right, require

LINK_EVERY: Final = dt.timedelta(minutes=2)


def set_password(keys: tuple[str, ...], purpose: str, token: str, password: str, language: str | None = None) -> Actor:
    """Set the password of the person whose link `token` is; `purpose` is "invitation" or "reset".

    A link works once, for 14 days or 2 hours. Raises Refusal("dead_link") and Refusal("weak_password").
    """
    person = links.person_of(keys, purpose, token)
    person_id, epoch = person.id, person.epoch
    passwords.require_good(password, person.email, person.mobile)
    hashed = passwords.hashed(password)
    with transaction():
        person = locked(Person, person_id)
        if person.epoch != epoch or person.left_at:
            raise Refusal("dead_link")
        person.language = language or person.language
        _set(person, hashed)
    return present(person_id)


def change_password(actor: Actor, old: str, new: str) -> Actor:
    """Change one's own password. All sessions end but the one made of the result, and all tokens.

    Raises Refusal("wrong_password"), counted and slowed down like a sign-in, and Refusal("weak_password").
    """
    require(actor, Right.USE_ACCOUNT)
    prove(actor, old)
    person = oneself(actor)
    passwords.require_good(new, person.email, person.mobile)
    hashed = passwords.hashed(new)
    with transaction():
        person = locked(Person, actor.id)
        if person.epoch != actor.epoch:
            raise Refusal("not_signed_in")
        _set(person, hashed)
    return present(actor.id)


def _set(person: Person, hashed: str) -> None:
    is_first = person.password_hash is None
    person.password_hash = hashed
    person.epoch += 1
    ended = update(Token).where(Token.person_id == person.id, Token.ended_at.is_(None))
    db.session.execute(ended.values(ended_at=clock.now()))
    drop_tries(person.email, person.mobile, self_of(person.id))
    if not is_first:
        key = f"password_changed:{person.id}:{person.epoch}"
        facts = {"path": "/resets", "at": clock.now().isoformat()}
        post("password_changed", Reader(person.id, person.email), key, facts)


def oneself(actor: Actor) -> Person:
    person = db.session.get(Person, actor.id)
    if person is None:
        raise Refusal("not_signed_in")
    return person


def present(person_id: int) -> Actor:
    """Return the actor a person is now."""
    actor = actor_of(person_id)
    if actor is None:
        raise Refusal("not_signed_in")
    return actor


def ask_reset(login: str) -> None:
    """Mail a link for a new password to the person with this `login` (as `identity.login` returns it).

    At most one in 2 minutes, and none to who has no address. Nothing tells from outside which it was.
    """
    with transaction():
        account = locked_account(known_as(login))
        if account:
            mail_link("reset", db.session.get_one(Person, account.id), {})


def mail_link(purpose: str, person: Person, facts: dict[str, Any], at_once: bool = False) -> None:
    """Post the notice that carries a link, unless there is no address or one went out a moment ago (`at_once`: even
    then, since that one went elsewhere)."""
    at = clock.now()
    before = select(func.max(Notice.made_at)).where(Notice.person_id == person.id, Notice.kind == purpose)
    last = db.session.scalar(before)
    if person.email is None or (last and last > at - LINK_EVERY and not at_once):
        return
    expires_at = at + dt.timedelta(seconds=links.MAX_AGE_S[purpose])
    key = f"{purpose}:{person.id}:{at.isoformat()}"
    post(purpose, Reader(person.id, person.email), key, facts, expires_at=expires_at)


def leave_word(actor: Actor, person: Person) -> None:
    """Tell `person` that `actor` is given a link for a new password of theirs, and write it down among who looked at
    their data; call it inside the transaction of its cause. Nothing of the account changes until the link is used."""
    at = clock.now()
    noted(actor, "reset_link", person.id)
    facts = {"path": "/profile", "by": actor.name, "at": at.isoformat()}
    post("reset_handed", Reader(person.id, person.email), f"reset_handed:{person.id}:{at.isoformat()}", facts)
