"""The address by which someone without an account reads what became of their request to join: their only key to it."""

from collections.abc import Sequence

from itsdangerous import BadData, URLSafeTimedSerializer

READABLE_FOR_S = 90 * 86400


def sign(secret_keys: Sequence[str], request_id: int) -> str:
    return str(_signer(secret_keys).dumps(request_id))


def read(secret_keys: Sequence[str], token: str) -> int | None:
    """Return the request that the token is for; None if it was not made here, or is too old."""
    try:
        return int(_signer(secret_keys).loads(token, max_age=READABLE_FOR_S))
    except (BadData, ValueError, TypeError):
        return None


def _signer(secret_keys: Sequence[str]) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(list(reversed(secret_keys)), salt="join")
