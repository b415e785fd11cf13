"""Every timed job, one line each, and the worker's clock that runs them.

Each job is also a command (`flask --app wsgi tick JOB`), so that a person or a test can run it. Only a worker process
schedules, never the web. Several workers may run: any delivers, one leads. The leader holds a lock that dies with its
process (SQLite: a file lock; PostgreSQL: an advisory lock).
"""

import fcntl
import logging
import os
import secrets
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask, current_app
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from config import Settings
from courses.booking import actions as booking
from courses.ground import clock, logs, pulse
from courses.ground.db import db
from courses.ground.language import plain, speaking
from courses.ground.refusal import Refusal
from courses.outbox import actions as outbox
from courses.outbox.channels import mail
from courses.outbox.render import renderer
from courses.people.queries import city
from courses.privacy import actions as privacy
from courses.reminders import actions as reminders
from courses.roster import actions as roster
from courses.running import actions as running
from courses.webhooks import actions as webhooks

LEADER_LOCK = 77001
ENDS = {signal.SIGTERM, signal.SIGINT}
log = logging.getLogger("courses.worker")
_ending = threading.Event()  # the worker was told to stop: what is not begun is left to others


@dataclass(frozen=True)
class Job:
    name: str
    every_s: int
    run: Callable[[str], int]
    leader_only: bool = True


def deliver(worker: str) -> int:
    """Send what is due, batch by batch, until nothing is left; return how many notices were taken up."""
    settings: Settings = current_app.config["SETTINGS"]
    words = city()
    with speaking("zh"):
        name = plain(words, "operator") or plain(words, "name")

    def open_channel() -> AbstractContextManager[Any]:
        if settings.smtp_url:
            return mail.smtp(settings.smtp_url, settings.mail_from, name)
        return mail.folder(settings.mail_folder, settings.mail_from, name)

    total = 0
    while taken := outbox.deliver_due(worker, open_channel, renderer(words), _ending.is_set):
        total += taken
        if _ending.is_set():
            break
    return total


def deliver_webhooks(worker: str) -> int:
    """Tell programs what happened; beside the mail, which no silent program holds up."""
    settings: Settings = current_app.config["SETTINGS"]
    total = 0
    while taken := webhooks.deliver(worker, settings.secret_keys, settings.is_development, _ending.is_set):
        total += taken
        if _ending.is_set():
            break
    return total


JOBS = (
    Job("deliver", 2, deliver, leader_only=False),
    Job("draw", 20, lambda worker: booking.draw_due()),
    Job("webhooks", 2, deliver_webhooks, leader_only=False),
    Job("lapse", 20, lambda worker: booking.lapse_due()),
    Job("standby", 60, lambda worker: booking.end_standby()),
    Job("stayed-away", 600, lambda worker: booking.tell_standby()),
    Job("promote", 20, lambda worker: booking.promote_waiting()),
    Job("confirm", 20, lambda worker: booking.confirm_reached()),
    Job("ask-to-decide", 60, lambda worker: booking.ask_to_decide()),
    Job("reminders", 20, lambda worker: reminders.post_due()),
    Job("names", 60, lambda worker: reminders.nag_due()),
    Job("doubt", 30, lambda worker: outbox.doubt_abandoned()),
    Job("retention", 3600, lambda worker: sum(privacy.retention().values())),
    Job("recount-hours", 3600, lambda worker: roster.recount()),
    Job("statistics", 3600, lambda worker: running.take_statistics()),
)


class Leadership:
    """The lock of which there is one. `is_ours()` tries to take it, or asks whether it still holds."""

    def __init__(self, lockfile: Path) -> None:
        self._lockfile, self._file = lockfile, -1
        self._connection: Connection | None = None

    def is_ours(self) -> bool:
        return self._by_database() if db.engine.dialect.name == "postgresql" else self._by_file()

    def _by_file(self) -> bool:
        if self._file >= 0:
            return True
        file = os.open(self._lockfile, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        self._file = file
        return True

    def _by_database(self) -> bool:
        try:
            if self._connection is not None:
                self._connection.execute(text("SELECT 1"))
                return True
            connection = db.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            if connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": LEADER_LOCK}):
                self._connection = connection
                return True
            connection.close()
        except DBAPIError:
            self.release()
        return False

    def release(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
        if self._connection is not None:
            self._connection.invalidate()  # close() would leave the lock with the pooled connection
            self._connection.close()
            self._connection = None


def work(app: Flask) -> None:
    """Run the worker until it is told to stop (SIGTERM, SIGINT): beat, lead if possible, run every job in its time."""
    # Blocked before any thread begins, or the signal would end the process in the middle of a step.
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)
    settings: Settings = app.config["SETTINGS"]
    logs.install(settings)
    name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"
    leadership = Leadership(settings.instance / "leader.lock")
    scheduler = BackgroundScheduler(
        timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    )
    leads = False

    def beat() -> None:
        nonlocal leads
        with app.app_context():
            leads = leadership.is_ours()
            pulse.beat(name, leads)

    def guarded(job: Job) -> Callable[[], None]:
        def run() -> None:
            if job.leader_only and not leads:
                return
            with app.app_context():
                begun = time.perf_counter()
                try:
                    clock.use_zone(city().zone)  # of this thread: days and hours are those of the city
                    if count := job.run(name):
                        ms = round((time.perf_counter() - begun) * 1000, 1)
                        log.info("job", extra={"job": job.name, "count": count, "ms": ms})
                except Refusal as refusal:  # a database that is busy or gone comes back; the next tick catches up
                    log.warning("%s: %s", job.name, refusal.code)
                except DBAPIError as error:
                    log.warning("%s: %s", job.name, type(error).__name__)

        return run

    def guarded_beat() -> None:
        try:
            beat()
        except (Refusal, DBAPIError) as error:
            log.warning("beat: %s", type(error).__name__)

    guarded_beat()
    scheduler.add_job(guarded_beat, "interval", seconds=pulse.BEAT_EVERY.total_seconds())
    for job in JOBS:
        scheduler.add_job(guarded(job), "interval", seconds=job.every_s, id=job.name)
    scheduler.start()
    signal.sigwait(ENDS)
    _ending.set()
    scheduler.shutdown()
    with app.app_context():
        pulse.stop(name)
        leadership.release()
