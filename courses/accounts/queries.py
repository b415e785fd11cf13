"""What doors and pages ask of accounts."""

import hashlib

from sqlalchemy import or_, select

from courses.accounts.model import Token
from courses.ground import clock
from courses.ground.db import db
from courses.people.model import Enterprise, Person
from courses.people.queries import actor_of
from courses.people.rights import Actor

FOUND_MAX = 20


def actor_of_token(token: str) -> Actor | None:
    """Return in whose name the API token speaks; None when it is unknown, ended or over."""
    digest = hashlib.sha256(token.encode()).hexdigest()
    live = or_(Token.expires_at.is_(None), Token.expires_at > clock.now())
    person_id = db.session.scalar(select(Token.person_id).where(Token.digest == digest, live))
    return actor_of(person_id) if person_id is not None else None


def tokens_of(person_id: int) -> list[Token]:
    """Return a person's tokens, the newest first."""
    return list(db.session.scalars(select(Token).where(Token.person_id == person_id).order_by(Token.id.desc())))


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
    return list(db.session.scalars(statement.order_by(Enterprise.name_zh, Enterprise.id).limit(FOUND_MAX)))
