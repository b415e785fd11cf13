"""Signed links for one person and one purpose: invitation, reset, linking a provider's identity.

Never stored: signed when a notice is rendered. Those that set a password are single-use by the person's epoch, which
rises with it. `about`: what else a link is good for alone, which it does not say itself.
"""

from itsdangerous import BadData, URLSafeTimedSerializer

from courses.ground.db import db
from courses.ground.refusal import Refusal
from courses.people.model import Person

MAX_AGE_S = {"invitation": 14 * 86400, "reset": 2 * 3600, "sso": 2 * 3600}


def sign(keys: tuple[str, ...], purpose: str, person_id: int, epoch: int, about: str = "") -> str:
    """Return the token of a link; the first of `keys` (newest first) signs."""
    return _signer(keys, purpose, about).dumps([person_id, epoch])


def person_of(keys: tuple[str, ...], purpose: str, token: str, about: str = "") -> Person:
    """Return whom a link is for. Raises Refusal("dead_link") when forged, too old, used or about another thing."""
    try:
        person_id, epoch = _signer(keys, purpose, about).loads(token, max_age=MAX_AGE_S[purpose])
    except (BadData, ValueError, TypeError):
        raise Refusal("dead_link") from None
    person = db.session.get(Person, person_id)
    if person is None or person.epoch != epoch or person.left_at:
        raise Refusal("dead_link")
    return person


def _signer(keys: tuple[str, ...], purpose: str, about: str) -> URLSafeTimedSerializer:
    salt = f"link:{purpose}:{about}" if about else f"link:{purpose}"
    return URLSafeTimedSerializer(list(reversed(keys)), salt=salt)
