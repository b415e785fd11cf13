"""What doors and pages ask of accounts."""

import hashlib
from dataclasses import replace

from sqlalchemy import or_, select

from courses.accounts.model import Identity, Token
from courses.ground import clock
from courses.ground.db import db
from courses.ground.sound import by_sound
from courses.people.model import Enterprise, Person
from courses.people.queries import actor_of
from courses.people.rights import Actor

FOUND_MAX = 20


def token_of(secret: str) -> Token | None:
    """Return the token whose secret this is, be it live, expired or ended."""
    digest = hashlib.sha256(secret.encode()).hexdigest()
    return db.session.scalar(select(Token).where(Token.digest == digest))


def actor_of_token(token: Token) -> Actor | None:
    """Return in whose name the token speaks, with its reach; None when it is ended or over, or its person left."""
    if token.ended_at or (token.expires_at and token.expires_at <= clock.now()):
        return None
    actor = actor_of(token.person_id)
    return replace(actor, reach=token.reach) if actor else None


def tokens_of(person_id: int) -> list[Token]:
    """Return a person's tokens that were not ended, the newest first."""
    standing = select(Token).where(Token.person_id == person_id, Token.ended_at.is_(None))
    return list(db.session.scalars(standing.order_by(Token.id.desc())))


def identities_of(person_id: int) -> list[Identity]:
    """Return by which provider's word a person signs in."""
    return list(db.session.scalars(select(Identity).where(Identity.person_id == person_id).order_by(Identity.id)))


def person(person_id: int) -> Person | None:
    return db.session.get(Person, person_id)


def enterprises_to_serve(actor: Actor, words: str) -> list[Enterprise]:
    """Return enterprises of the actor's towns whose name or credit code holds `words`; at most 20."""
    if not words or not actor.towns:
        return []
    found = or_(
        Enterprise.name_zh.contains(words, autoescape=True),
        Enterprise.name_en.icontains(words, autoescape=True),
        Enterprise.credit_code.contains(words.upper(), autoescape=True),
    )
    statement = select(Enterprise).where(Enterprise.town_id.in_(actor.towns), found)
    return list(db.session.scalars(statement.order_by(by_sound(Enterprise.name_zh), Enterprise.id).limit(FOUND_MAX)))
