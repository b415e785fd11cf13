"""One-tap answers: an address that answers one question about one booking, without signing in.

Signed when a notice is rendered and never stored; whoever has the mail can answer in its reader's place, as with a
paper slip. It says which asking it answers, so that an old one only tells what stands now.
"""

from enum import StrEnum
from typing import NamedTuple

from itsdangerous import BadData, URLSafeTimedSerializer

from courses.ground.refusal import Refusal

MAX_AGE_S = 400 * 86400  # what is asked ends long before, by its own rule
SALT = "answer"


class Question(StrEnum):
    """NEW_TIME: the class moved, does its new time suit? OFFER: a seat came free, do they take it?"""

    NEW_TIME = "new_time"
    OFFER = "offer"


class Asked(NamedTuple):
    """One asking: the question, of which booking, and the number by which a later asking is another."""

    question: str
    booking_id: int
    number: int


def sign(keys: tuple[str, ...], asked: Asked) -> str:
    """Return the token of an answer's address; the first of `keys` (newest first) signs."""
    return _signer(keys).dumps(asked)


def read(keys: tuple[str, ...], token: str) -> Asked:
    """Return what a token answers. Raises Refusal("not_found") for one that we did not sign."""
    try:
        question, booking_id, number = _signer(keys).loads(token, max_age=MAX_AGE_S)
    except (BadData, ValueError, TypeError):
        raise Refusal("not_found") from None
    return Asked(question, booking_id, number)


def _signer(keys: tuple[str, ...]) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(list(reversed(keys)), salt=SALT)
