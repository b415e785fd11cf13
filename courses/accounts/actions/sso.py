"""Signing in by a provider's word: who is linked, and linking once the person has confirmed it.

They confirm with the password, or by a mailed link where the provider has not verified the address.
"""

from collections.abc import Mapping

from sqlalchemy import select

from courses.accounts.actions.password import mail_link, present
from courses.accounts.actions.sign_in import known_as, locked_account, sign_in
from courses.accounts.model import Identity
from courses.accounts.oidc import Known
from courses.ground import clock
from courses.ground.db import db
from courses.ground.refusal import Refusal
from courses.ground.transaction import locked, transaction
from courses.people import links
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
        _keep(known, actor.id)
    return actor


def _keep(known: Known, person_id: int) -> None:
    same = (Identity.issuer == known.issuer, Identity.subject == known.subject)
    if db.session.scalar(select(Identity.id).where(*same)) is None:
        at = clock.now()
        db.session.add(
            Identity(person_id=person_id, issuer=known.issuer, subject=known.subject, made_at=at, used_at=at)
        )


def ask_link(known: Known, provider: Mapping[str, str]) -> None:
    """Mail whoever has an account with the address that the provider did not verify a link which shows it is theirs.

    At most one in 2 minutes. Nothing tells from outside whether there is someone. `provider`: what it is called.
    """
    if known.unproven is None:
        raise Refusal("not_found")
    with transaction():
        account = locked_account(known_as(known.unproven))
        if account and account.password_hash:
            mail_link("sso", db.session.get_one(Person, account.id), {"about": known.key, **provider})


def link_by_mail(keys: tuple[str, ...], token: str, known: Known) -> Actor:
    """Link the identity that this browser came back with to whom the mailed `token` is for, and sign them in.

    Both are needed: who has the address alone, or the provider's word alone, opens nothing; nobody's click links what
    somebody else began. Raises Refusal("dead_link") and "not_signed_in".
    """
    person = links.person_of(keys, "sso", token, known.key)
    person_id, epoch = person.id, person.epoch
    with transaction():
        person = locked(Person, person_id)
        if person.epoch != epoch or person.left_at:
            raise Refusal("dead_link")
        _keep(known, person_id)
    return present(person_id)


def unlink(actor: Actor, identity_id: int) -> None:
    """End one of one's own links. Raises Refusal("not_found") for another's."""
    require(actor, Right.USE_ACCOUNT)
    with transaction():
        found = locked(Identity, identity_id)
        if found.person_id != actor.id:
            raise Refusal("not_found")
        db.session.delete(found)
