"""The nonce: by it a browser knows the scripts of one answer for ours (Content-Security-Policy: script-src).

A page that reads the same for many is made once, with `BLANK` where each answer then has its own.
"""

import secrets
from collections.abc import Callable

from flask import g

BLANK = "nonce-to-be-filled-in"


def nonce() -> str:
    """Return the nonce of this answer."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(16)
    return str(g.nonce)


def blank(render: Callable[[], str]) -> str:
    """Return what `render` makes, its nonces blank: to be kept, and given out with `fill_in`."""
    g.nonce = BLANK
    try:
        return render()
    finally:
        del g.nonce


def fill_in(page: str) -> str:
    """Return `page` for this answer."""
    return page.replace(BLANK, nonce())
