"""Signing in, and counting the tries."""

import datetime as dt
import hashlib
from math import ceil
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, delete, select

from courses.accounts import passwords
from courses.accounts.model import SignInFailure
from courses.ground import clock
from courses.ground.db import db
from courses.ground.refusal import Refusal
from courses.ground.transaction import locked, transaction
from courses.people.model import Person
from courses.people.queries import actor_of
from courses.people.rights import Actor

TRIES: Final = 5
WINDOW: Final = dt.timedelta(minutes=15)


class Account(NamedTuple):
    """Plain values of a person, to be kept while no transaction is open."""

    id: int
    epoch: int
    password_hash: str | None


def sign_in(login: str, password: str) -> Actor:
    """Return who signs in with `login` (as `identity.login` returns it) and `password`.

    After five failures within 15 minutes a login is refused unseen: Refusal("slow_down", minutes=…). Raises
    Refusal("wrong_sign_in") after the same time, in the same words, whether or not there is such an account.
    """
    with transaction():
        account = locked_account(known_as(login))
        count_try(login)
    if not passwords.matches(password, account.password_hash if account else None) or account is None:
        raise Refusal("wrong_sign_in")
    return _welcome(account, login, password)


def known_as(login: str) -> ColumnElement[bool]:
    return Person.email == login if "@" in login else Person.mobile == login


def locked_account(which: ColumnElement[bool]) -> Account | None:
    """Lock the person until the transaction ends: tries at the same time are counted one after the other."""
    statement = select(Person).where(which, Person.left_at.is_(None)).with_for_update(key_share=True)
    person = db.session.scalar(statement, execution_options={"populate_existing": True})
    return Account(person.id, person.epoch, person.password_hash) if person else None


def count_try(who: str) -> None:
    """Count a try before it is known how it ends: tries at the same time cannot all be the first.

    Raises Refusal("slow_down").
    """
    at, digest = clock.now(), digest_of(who)
    tries = db.session.scalars(
        select(SignInFailure.at)
        .where(SignInFailure.who == digest, SignInFailure.at > at - WINDOW)
        .order_by(SignInFailure.at.desc())
        .limit(TRIES)
    ).all()
    if len(tries) == TRIES:
        wait = tries[-1] + WINDOW - at
        raise Refusal("slow_down", minutes=max(2, ceil(wait / dt.timedelta(minutes=1))))
    db.session.add(SignInFailure(who=digest, at=at))


def _welcome(account: Account, login: str, password: str) -> Actor:
    stored = account.password_hash
    newer = passwords.hashed(password) if stored and passwords.is_outdated(stored) else None
    with transaction():
        drop_tries(login)
        if newer:
            person = locked(Person, account.id)
            if person.password_hash == stored:  # else someone changed it meanwhile
                person.password_hash = newer
    actor = actor_of(account.id, account.epoch)
    if actor is None:  # the password was changed, or the person left, in this very moment
        raise Refusal("wrong_sign_in")
    return actor


def prove(actor: Actor, password: str) -> None:
    """Raise Refusal("wrong_password") unless it is the actor's own; counted, so that nobody guesses on."""
    with transaction():
        account = locked_account(Person.id == actor.id)
        count_try(self_of(actor.id))
    if not passwords.matches(password, account.password_hash if account else None):
        raise Refusal("wrong_password")
    with transaction():
        drop_tries(self_of(actor.id))


def self_of(person_id: int) -> str:
    """Return under what the tries of a signed-in person are counted."""
    return f"person:{person_id}"


def drop_tries(*whos: str | None) -> None:
    digests = [digest_of(who) for who in whos if who]
    db.session.execute(delete(SignInFailure).where(SignInFailure.who.in_(digests)))


def digest_of(word: str) -> str:
    return hashlib.sha256(word.encode()).hexdigest()
