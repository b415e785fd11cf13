"""Tokens for the API."""

import datetime as dt
import secrets
from typing import Final

from sqlalchemy import func, select

from courses.accounts.actions.password import present
from courses.accounts.actions.sign_in import digest_of
from courses.accounts.model import Token
from courses.ground import clock
from courses.ground.db import db
from courses.ground.refusal import Refusal
from courses.ground.transaction import locked, transaction
from courses.people import identity
from courses.people.model import Person
from courses.people.queries import person_by_login
from courses.people.rights import Actor, Right, require

MOST: Final = 20
DAYS_MAX: Final = 366
LABEL_MAX: Final = 60


def make_token(actor: Actor, label: str, days: int = 365) -> str:
    """Make a token that speaks for `actor` for `days` and return it; only its digest is kept.

    Raises Refusal("too_many_tokens") when there are 20, "malformed" for a label that is empty or above 60
    characters and for more than 366 days.
    """
    require(actor, Right.USE_ACCOUNT)
    label = identity.one_line(label)
    if not 1 <= len(label) <= LABEL_MAX or not 1 <= days <= DAYS_MAX:
        raise Refusal("malformed")
    secret, at = secrets.token_urlsafe(32), clock.now()
    with transaction():
        locked(Person, actor.id)
        count = db.session.scalar(select(func.count()).where(Token.person_id == actor.id)) or 0
        if count >= MOST:
            raise Refusal("too_many_tokens", count=count)
        db.session.add(
            Token(
                person_id=actor.id,
                digest=digest_of(secret),
                tail=secret[-4:],
                label=label,
                made_at=at,
                expires_at=at + dt.timedelta(days=days),
            )
        )
    return secret


def revoke_token(actor: Actor, token_id: int) -> None:
    """End one of one's own tokens at once. Raises Refusal("not_found") for another's."""
    require(actor, Right.USE_ACCOUNT)
    with transaction():
        token = locked(Token, token_id)
        if token.person_id != actor.id:
            raise Refusal("not_found")
        db.session.delete(token)


def token_for(login: str) -> str:
    """Make a token, valid for a year, for the person with this e-mail address or mobile number.

    For the command line. Raises ValueError when it is neither, Refusal("not_found") and "too_many_tokens".
    """
    person = person_by_login(identity.login(login))
    if person is None:
        raise Refusal("not_found")
    return make_token(present(person.id), "flask token")
