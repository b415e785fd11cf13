"""The notice and its states."""

import datetime as dt
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from courses.ground.db import Base


class Fate(StrEnum):
    """waiting → sending → sent; or failed, in_doubt, withdrawn, expired."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


_UNSETTLED = "state IN ('sending', 'in_doubt', 'failed')"
UNSETTLED = text(f"notice.{_UNSETTLED}")
"""The condition that a notice is being sent, in doubt or failed. SQLite finds these by their index only where a
statement spells it out as the index does; else it reads every notice there ever was."""
WAITING = text("notice.state = 'waiting'")


class Channel(StrEnum):
    """How a notice travels. PAGE: the person has no address and reads it on the notices page. WEBHOOK: to a program."""

    MAIL = "mail"
    PAGE = "page"
    WEBHOOK = "webhook"


class Notice(Base, kw_only=True):
    """One message to one person. `key` says what it is about, once; `class_id` and `booking_id` let the action
    that cancels or moves withdraw what still waits. The worker `claimed_by` has reserved it (while it waits) or is
    sending it, since `claimed_at`. `emptied_at`: its contents are gone: too old, or their reader asked. `webhook_id`:
    which of the person's programs is told, and not they."""

    __tablename__ = "notice"
    __table_args__ = (
        Index(
            "ix_notice_waiting",
            "due_at",
            "id",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
        Index(
            "ix_notice_kept",
            "made_at",
            sqlite_where=text("emptied_at IS NULL"),
            postgresql_where=text("emptied_at IS NULL"),
        ),
        Index(
            "ix_notice_unsettled",
            "state",
            sqlite_where=text(_UNSETTLED),
            postgresql_where=text(_UNSETTLED),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str] = mapped_column(String(32))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    channel: Mapped[Channel] = mapped_column(String(8))
    facts: Mapped[dict[str, Any]]
    made_at: Mapped[dt.datetime]
    due_at: Mapped[dt.datetime]
    state: Mapped[Fate] = mapped_column(String(16), default=Fate.WAITING)
    class_id: Mapped[int | None] = mapped_column(default=None, index=True)
    booking_id: Mapped[int | None] = mapped_column(default=None, index=True)
    expires_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    tries: Mapped[int] = mapped_column(default=0)
    claimed_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    claimed_by: Mapped[str | None] = mapped_column(default=None)
    done_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    error: Mapped[str | None] = mapped_column(default=None)
    emptied_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    webhook_id: Mapped[int | None] = mapped_column(default=None, index=True)
