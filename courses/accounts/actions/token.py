"""Tokens for the API: made, used, ended."""

import datetime as dt
import secrets
from collections.abc import Collection
from contextlib import suppress
from typing import Final

from sqlalchemy import func, select, update

from courses.accounts.actions.password import present
from courses.accounts.actions.sign_in import digest_of
from courses.accounts.model import Token
from courses.accounts.queries import actor_of_token, token_of
from courses.ground import clock
from courses.ground.db import db
from courses.ground.refusal import Refusal
from courses.ground.transaction import locked, transaction
from courses.people import identity
from courses.people.model import Person
from courses.people.queries import person_by_login
from courses.people.rights import Actor, Reach, Right, require

MOST: Final = 20
DAYS_MAX: Final = 366
LABEL_MAX: Final = 60
NOTED_EVERY: Final = dt.timedelta(minutes=10)  # when a token was last used is known to within this
REMEMBERED: Final = dt.timedelta(days=90)  # how long a program is told that its token is over, and not just unknown


def make_token(actor: Actor, label: str, days: int = 365, reach: Collection[Reach] = tuple(Reach)) -> str:
    """Make a token that speaks for `actor` for `days`, as far as `reach` goes, and return it; only its digest is kept.

    Every token reads. Raises Refusal("too_many_tokens") when there are 20, "malformed" for a label that is empty or
    above 60 characters and for more than 366 days.
    """
    require(actor, Right.USE_ACCOUNT)
    label = identity.one_line(label)
    if not 1 <= len(label) <= LABEL_MAX or not 1 <= days <= DAYS_MAX:
        raise Refusal("malformed")
    secret, at = secrets.token_urlsafe(32), clock.now()
    with transaction():
        locked(Person, actor.id)
        standing = (Token.person_id == actor.id, Token.ended_at.is_(None))
        count = db.session.scalar(select(func.count()).where(*standing)) or 0
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
                scopes=" ".join(scope for scope in Reach if scope in {Reach.READ, *reach}),
            )
        )
    return secret


def revoke_token(actor: Actor, token_id: int) -> None:
    """End one of one's own tokens at once. Raises Refusal("not_found") for another's."""
    require(actor, Right.USE_ACCOUNT)
    with transaction():
        token = locked(Token, token_id)
        if token.person_id != actor.id or token.ended_at:
            raise Refusal("not_found")
        token.ended_at = clock.now()


def use_token(secret: str) -> Actor:
    """Return in whose name the token speaks, and note that it was used.

    Raises Refusal("token_ended"), "token_expired", and "not_signed_in" for an unknown one.
    """
    token = token_of(secret)
    actor = actor_of_token(token) if token else None
    if token is None or actor is None:
        raise Refusal(_why_dead(token))
    if token.last_used_at is None or token.last_used_at < clock.now() - NOTED_EVERY:
        _note_use(token.id)
    return actor


def _why_dead(token: Token | None) -> str:
    if token is None:
        return "not_signed_in"
    return "token_expired" if token.expires_at and token.expires_at <= clock.now() else "token_ended"


def _note_use(token_id: int) -> None:
    with suppress(Refusal), transaction():  # when the database is busy, the next use is noted
        db.session.execute(update(Token).where(Token.id == token_id).values(last_used_at=clock.now()))


def token_for(login: str, days: int = 365, reach: Collection[Reach] = tuple(Reach)) -> str:
    """Make a token for the person with this e-mail address or mobile number.

    For the command line. Raises ValueError when it is neither, Refusal("not_found"), "malformed" and
    "too_many_tokens".
    """
    person = person_by_login(identity.login(login))
    if person is None:
        raise Refusal("not_found")
    return make_token(present(person.id), "flask token", days, reach)
