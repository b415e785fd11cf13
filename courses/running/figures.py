"""The figures for an alarm, in Prometheus' form: what the processes counted, the outbox, the clock, the last backup."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from courses.ground import clock, metrics, pulse
from courses.ground.db import db
from courses.outbox.model import UNSETTLED, Channel, Fate, Notice
from courses.running.backup import last_backup

SHOWN = (Fate.SENDING, Fate.IN_DOUBT, Fate.FAILED)


def exposition() -> bytes:
    """Return all figures as text. A database that is gone is itself a figure, not an error."""
    asked = CollectorRegistry()
    asked.register(_Installation())
    return generate_latest(metrics.registry()) + generate_latest(asked)


class _Installation(Collector):
    """What stands in the database, asked anew each time; a few index look-ups."""

    def collect(self) -> Iterator[Metric]:
        try:
            yield from [*_outbox(), *_clock()]
            is_up = 1
        except DBAPIError:
            db.session.rollback()
            is_up = 0
        yield GaugeMetricFamily("courses_database_up", "Whether the database answers.", is_up)
        made = last_backup()
        if made:
            age = (clock.now() - made).total_seconds()
            yield GaugeMetricFamily("courses_backup_age_seconds", "Since this machine last made a backup.", age)


def _outbox() -> list[Metric]:
    waiting, oldest = db.session.execute(
        select(func.count(), func.min(Notice.due_at)).where(Notice.state == Fate.WAITING)
    ).one()
    to_people = (UNSETTLED, Notice.channel != Channel.WEBHOOK)  # a program is its owner's to mend
    unsettled = select(Notice.state, func.count()).where(*to_people).group_by(Notice.state)
    states = {str(state): 0 for state in SHOWN} | {"waiting": waiting}
    states |= {str(state): count for state, count in db.session.execute(unsettled)}
    notices = GaugeMetricFamily("courses_notices", "Notices that are not settled, by state.", labels=["state"])
    for state, count in sorted(states.items()):
        notices.add_metric([state], count)
    age = max(0.0, (clock.now() - oldest).total_seconds()) if oldest else 0
    return [
        notices,
        GaugeMetricFamily(
            "courses_oldest_notice_seconds", "How long the notice that is due longest has been due.", age
        ),
    ]


def _clock() -> list[Metric]:
    """Return the age of the newest heartbeat and how many lead; a clock that never beat has no age."""
    workers, alive_since = pulse.workers(), clock.now() - pulse.DEAD_AFTER
    alive = [worker for worker in workers if worker.beat_at >= alive_since]
    leaders = sum(worker.leads for worker in alive)
    figures: list[Metric] = [
        GaugeMetricFamily("courses_workers", "Workers that beat within the last minute.", len(alive)),
        GaugeMetricFamily("courses_leaders", "Of these, how many lead: one, if all is well.", leaders),
    ]
    if workers:
        age = (clock.now() - max(worker.beat_at for worker in workers)).total_seconds()
        figures.append(GaugeMetricFamily("courses_heartbeat_age_seconds", "Since any worker last beat.", age))
    return figures
