"""The webhook, and the events that it may be told."""

import datetime as dt
from enum import StrEnum

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from courses.ground.db import Base


class Event(StrEnum):
    """What a webhook is told. Events of a class are for everyone, those of a booking for who may read it."""

    BOOKED = "booking.booked"
    QUEUED = "booking.queued"
    PROMOTED = "booking.promoted"
    OFFERED = "booking.offered"
    CANCELLED = "booking.cancelled"
    RESTORED = "booking.restored"
    PUBLISHED = "class.published"
    MOVED = "class.moved"
    CALLED_OFF = "class.called_off"
    MARKED = "attendance.marked"


TEST = "webhook.test"


class Webhook(Base, kw_only=True):
    """An address that is told events in a person's name. `events`: their names apart by spaces.

    The secret is derived from the installation's key and `salt`, never stored; after a change the one of `former_salt`
    signs too, for a day. `failures`: deliveries in a row that did not succeed. `paused_because`: asked, failing, gone.
    """

    __tablename__ = "webhook"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    url: Mapped[str]
    events: Mapped[str]
    salt: Mapped[str] = mapped_column(String(32))
    made_at: Mapped[dt.datetime]
    former_salt: Mapped[str | None] = mapped_column(String(32), default=None)
    salted_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    failures: Mapped[int] = mapped_column(default=0)
    answered_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    paused_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    paused_because: Mapped[str | None] = mapped_column(String(16), default=None)

    @property
    def chosen(self) -> list[Event]:
        return [Event(name) for name in self.events.split()]

    @property
    def state(self) -> str:
        """Return "live", or why it is paused."""
        return self.paused_because or "live"
