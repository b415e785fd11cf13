"""Channels: how a rendered notice leaves the house; one file each behind one small interface.

A channel is a context manager (one connection for a batch) that yields a function which sends one Message
and raises `Refused` when the other side said no, or `Uncertain` when it may or may not have taken it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


class Refused(Exception):  # noqa: N818 - an answer of the other side
    """Not sent. `permanent`: trying again will not help."""

    def __init__(self, why: str, permanent: bool = False) -> None:
        super().__init__(why)
        self.permanent = permanent


class Uncertain(Exception):  # noqa: N818
    """It may have been sent: the other side fell silent after it had everything."""


@dataclass(frozen=True)
class Message:
    """A rendered notice. `calendar` is an iCalendar text of `method` (REQUEST or CANCEL), if there is one; `headers`
    go along with what is sent over HTTP."""

    to: str
    to_name: str
    subject: str
    text: str
    html: str
    key: str
    calendar: str | None = None
    method: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
