"""The pulse of the workers: one row each, so that a page or a probe can see that the clock is alive."""

import datetime as dt

from sqlalchemy import delete, select
from sqlalchemy.orm import Mapped, mapped_column

from courses.ground import clock
from courses.ground.db import Base, db
from courses.ground.transaction import transaction

BEAT_EVERY = dt.timedelta(seconds=5)
DEAD_AFTER = dt.timedelta(seconds=60)


class Worker(Base, kw_only=True):
    """A worker process: its name, when it began and last beat, and whether it leads."""

    __tablename__ = "worker"

    name: Mapped[str] = mapped_column(primary_key=True)
    started_at: Mapped[dt.datetime]
    beat_at: Mapped[dt.datetime]
    leads: Mapped[bool]


def beat(name: str, leads: bool) -> None:
    """Record that worker `name` is alive now; forget workers that have been dead for a day."""
    with transaction():
        at = clock.now()
        worker = db.session.get(Worker, name)
        if worker is None:
            db.session.add(Worker(name=name, started_at=at, beat_at=at, leads=leads))
            db.session.execute(delete(Worker).where(Worker.beat_at < at - dt.timedelta(days=1)))
        else:
            worker.beat_at, worker.leads = at, leads


def stop(name: str) -> None:
    """Record that worker `name` ended of its own will."""
    with transaction():
        db.session.execute(delete(Worker).where(Worker.name == name))


def workers() -> list[Worker]:
    return list(db.session.scalars(select(Worker).order_by(Worker.started_at)))


def clock_is_alive() -> bool:
    """Return whether a leading worker has beaten within DEAD_AFTER: reminders are being derived."""
    since = clock.now() - DEAD_AFTER
    return db.session.scalar(select(Worker.name).where(Worker.leads, Worker.beat_at >= since).limit(1)) is not None
