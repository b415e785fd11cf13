"""Signing in by a provider's word: who is linked, and linking once the person has confirmed it."""

from sqlalchemy import select

from courses.accounts.actions.password import present
from courses.accounts.actions.sign_in import sign_in
from courses.accounts.model import Identity
from courses.accounts.oidc import Known
from courses.ground import clock
from courses.ground.db import db
from courses.ground.refusal import Refusal
from courses.ground.transaction import locked, transaction
from courses.people.model import Person
from courses.people.queries import person_by_login
from courses.people.rights import Actor, Right, require


def linked(known: Known) -> Actor | None:
    """Return who signs in, if this identity is linked to someone. Raises Refusal("not_signed_in") for who left."""
    same = (Identity.issuer == known.issuer, Identity.subject == known.subject)
    with transaction():
        found = db.session.scalar(select(Identity).where(*same).with_for_update(key_share=True))
        if found is None:
            return None
        found.used_at = clock.now()
        person_id = found.person_id
    return present(person_id)


def candidate(known: Known) -> Person | None:
    """Return who has the address or number that the provider verified, and an account: they may confirm it."""
    for login in (known.email, known.mobile):
        person = person_by_login(login) if login else None
        if person is not None and person.has_account:
            return person
    return None


def link(known: Known, password: str) -> Actor:
    """Link the identity to the person whom the provider's verified address or number names, who confirms it with their
    password, and sign them in. Never silently: a provider that errs opens no account.

    Raises Refusal: wrong_sign_in, slow_down, not_found.
    """
    person = candidate(known)
    if person is None:
        raise Refusal("not_found")
    actor = sign_in(str(person.email or person.mobile), password)
    with transaction():
        locked(Person, actor.id)
        same = (Identity.issuer == known.issuer, Identity.subject == known.subject)
        if db.session.scalar(select(Identity.id).where(*same)) is None:
            at = clock.now()
            db.session.add(
                Identity(person_id=actor.id, issuer=known.issuer, subject=known.subject, made_at=at, used_at=at)
            )
    return actor


def unlink(actor: Actor, identity_id: int) -> None:
    """End one of one's own links. Raises Refusal("not_found") for another's."""
    require(actor, Right.USE_ACCOUNT)
    with transaction():
        found = locked(Identity, identity_id)
        if found.person_id != actor.id:
            raise Refusal("not_found")
        db.session.delete(found)
