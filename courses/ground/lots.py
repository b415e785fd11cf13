"""Drawing lots so that anyone can draw them again.

Whoever runs the service could choose a seed that suits them, and whoever enters last could choose an entry that suits
them. So neither alone decides: the seed is chosen before anyone enters and bound by its published hash; it is mixed
with the list of entries, which is closed before the seed is shown. Both are published then.

    digest = SHA-256 of the list: a line "number,seats,time" per entry, in the order of the numbers
    lot    = SHA-256 of "seed:digest:number"; the smallest lot is first
"""

import datetime as dt
import hashlib
import secrets
from collections.abc import Iterable
from typing import NamedTuple


def a_seed() -> str:
    """Return 64 hex digits that nobody can foresee."""
    return secrets.token_hex(32)


def commitment(seed: str) -> str:
    """Return what binds to the seed without showing it: its SHA-256, in hex."""
    return sha256(seed)


class Entry(NamedTuple):
    """One entry: `number` in the order of entering, `seats` it asks for."""

    number: int
    seats: int
    made_at: dt.datetime

    @property
    def line(self) -> str:
        return f"{self.number},{self.seats},{self.made_at.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}\n"


def closed_list(entries: Iterable[Entry]) -> str:
    """Return the list of entries as it is published and hashed."""
    return "".join(entry.line for entry in sorted(entries))


def lots(seed: str, listed: str) -> dict[int, str]:
    """Return each entry's lot by its number, the first drawn first."""
    digest = sha256(listed)
    numbers = [int(line.split(",", 1)[0]) for line in listed.splitlines()]
    drawn = {number: sha256(f"{seed}:{digest}:{number}") for number in numbers}
    return dict(sorted(drawn.items(), key=lambda lot: lot[1]))


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
