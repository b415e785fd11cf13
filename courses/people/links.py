"""Signed links for one person and one purpose: invitation, reset.

Never stored: signed when a notice is rendered. Single-use by the person's epoch, which rises with the password.
"""

from itsdangerous import BadData, URLSafeTimedSerializer

from courses.ground.db import db
from courses.ground.refusal import Refusal
from courses.people.model import Person

MAX_AGE_S = {"invitation": 14 * 86400, "reset": 2 * 3600}


def sign(keys: tuple[str, ...], purpose: str, person_id: int, epoch: int) -> str:
    """Return the token of a link; the first of `keys` (newest first) signs."""
    return _signer(keys, purpose).dumps([person_id, epoch])


def person_of(keys: tuple[str, ...], purpose: str, token: str) -> Person:
    """Return whom a link is for. Raises Refusal("dead_link") when it is forged, too old or used."""
    try:
        person_id, epoch = _signer(keys, purpose).loads(token, max_age=MAX_AGE_S[purpose])
    except (BadData, ValueError, TypeError):
        raise Refusal("dead_link") from None
    person = db.session.get(Person, person_id)
    if person is None or person.epoch != epoch or person.left_at:
        raise Refusal("dead_link")
    return person


def _signer(keys: tuple[str, ...], purpose: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(list(reversed(keys)), salt=f"link:{purpose}")
