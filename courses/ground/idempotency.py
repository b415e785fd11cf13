"""The answer to an `Idempotency-Key`, kept with the change it belongs to, for 24 hours.

A key is known by who asked, which route, and the key itself; the same key with another body is a mistake
of the caller (422), not a repetition.
"""

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import Any

from sqlalchemy import JSON, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from courses.ground import clock
from courses.ground.db import Base
from courses.ground.refusal import Refusal

KEPT_FOR = dt.timedelta(hours=24)


@dataclass(frozen=True)
class RequestKey:
    """What a caller sent along: `actor_id` asked `route` with `body` under `key`."""

    actor_id: int
    route: str
    key: str
    body: bytes

    @property
    def digest(self) -> str:
        return hashlib.sha256(f"{self.actor_id}\n{self.route}\n{self.key}".encode()).hexdigest()

    @property
    def number(self) -> int:
        """The key as the name of a lock: 64 bits of it."""
        return int.from_bytes(bytes.fromhex(self.digest[:16]), signed=True)

    @property
    def body_digest(self) -> str:
        return hashlib.sha256(self.body).hexdigest()


class KeptAnswer(Base, kw_only=True):
    __tablename__ = "kept_answer"

    digest: Mapped[str] = mapped_column(primary_key=True)
    body_digest: Mapped[str]
    answer: Mapped[Any] = mapped_column(JSON)
    made_at: Mapped[dt.datetime] = mapped_column(index=True)


def recall(session: Session, key: RequestKey) -> Any:
    """Return the answer kept for `key`, or None. Of two equal requests at once the second waits here for the first, so
    that it gets its answer. Raises Refusal("key_reused") for another body."""
    if session.get_bind().dialect.name == "postgresql":  # SQLite's transaction has the one write lock already
        session.execute(select(func.pg_advisory_xact_lock(key.number)))
    kept = session.get(KeptAnswer, key.digest)
    if kept is None or kept.made_at < clock.now() - KEPT_FOR:
        return None
    if kept.body_digest != key.body_digest:
        raise Refusal("key_reused")
    return kept.answer


def keep(session: Session, key: RequestKey, answer: Any) -> None:
    """Keep `answer` for `key`."""
    session.execute(delete(KeptAnswer).where(KeptAnswer.digest == key.digest))
    session.add(KeptAnswer(digest=key.digest, body_digest=key.body_digest, answer=answer, made_at=clock.now()))
