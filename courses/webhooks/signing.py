"""Secrets and signatures, as the Standard Webhooks specification (1.0.0) has them: HMAC-SHA256, `v1,` and base64."""

import base64
import datetime as dt
import hashlib
import hmac
from collections.abc import Sequence
from typing import Final

from courses.webhooks.model import Webhook

BOTH_FOR: Final = dt.timedelta(days=1)  # after a change of the secret, the one before signs as well
PREFIX: Final = "whsec_"


def secret(keys: Sequence[str], salt: str) -> str:
    """Return the secret as its owner is shown it; the first of `keys` makes it."""
    return PREFIX + base64.b64encode(_derived(keys[0], salt)).decode()


def signatures(keys: Sequence[str], webhook: Webhook, id: str, body: str, at: dt.datetime) -> str:
    """Return the header: one signature for each secret that may be in use, apart by spaces."""
    salts = [webhook.salt]
    if webhook.former_salt and webhook.salted_at and at < webhook.salted_at + BOTH_FOR:
        salts.append(webhook.former_salt)
    return " ".join(signed(_derived(key, salt), id, body, at) for salt in salts for key in keys)


def signed(secret: bytes, id: str, body: str, at: dt.datetime) -> str:
    content = f"{id}.{int(at.timestamp())}.{body}"
    return "v1," + base64.b64encode(hmac.digest(secret, content.encode(), hashlib.sha256)).decode()


def _derived(key: str, salt: str) -> bytes:
    return hmac.digest(key.encode(), f"webhook:{salt}".encode(), hashlib.sha256)
