"""The doctor: what a running city can go wrong in, and what to do about each. In English, for a terminal."""

import datetime as dt
import shutil
from collections.abc import Iterator
from urllib.parse import urlsplit

from alembic.config import Config
from alembic.script import ScriptDirectory
from flask import current_app
from sqlalchemy import and_, func, inspect, select, text
from sqlalchemy.exc import DBAPIError

from config import Settings
from courses.ground import clock, pulse
from courses.ground.db import Base, db
from courses.outbox.model import UNSETTLED, WAITING, Channel, Fate, Notice
from courses.running.backup import last_backup
from courses.running.records import Fault, contradictions

LATE = dt.timedelta(minutes=10)
BACKUP_EVERY = dt.timedelta(days=3)
FREE_AT_LEAST = 500 * 1024 * 1024


def examine(only_records: bool = False) -> list[Fault]:
    """Return all that is wrong; with `only_records`, leave out clock, mail, settings and disk: after a restore."""
    try:
        found = [*_migrations(), *_references()]
        found += contradictions()
        if not only_records:
            found += [*_clock(), *_notices()]
    except DBAPIError as error:
        db.session.rollback()
        words = f"the database does not answer as it should ({type(error.orig).__name__})"
        found = [Fault(words, "Is it running? Then: flask --app wsgi db upgrade. See “Database” in docs/operate.md.")]
    if not only_records:
        found += [*_settings(), *_folder(), *_backups()]
    return found


def _present() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings


def _migrations() -> Iterator[Fault]:
    config: Config = current_app.extensions["migrate"].migrate.get_config()
    head = ScriptDirectory.from_config(config).get_current_head()
    stands_at = db.session.scalar(text("SELECT version_num FROM alembic_version"))
    if stands_at != head:
        yield Fault(
            f"the database stands at the migration {stands_at}, this version is written for {head}",
            "flask --app wsgi db upgrade",
        )


def _references() -> Iterator[Fault]:
    """Look for rows that refer to nothing; PostgreSQL has none while its constraints stand."""
    advice = "Restore the last backup in which the doctor found nothing, or delete these rows by hand."
    if db.engine.dialect.name == "sqlite":
        for table, row, to, _ in db.session.execute(text("PRAGMA foreign_key_check")).fetchmany(20):
            yield Fault(f"{table} {row}: refers to a row of {to} that is not there", advice)
        return
    standing = inspect(db.engine).get_multi_foreign_keys().items()
    there = {(table, *key["constrained_columns"]) for (_, table), keys in standing for key in keys}
    for declared in Base.metadata.sorted_tables:
        for key in declared.foreign_key_constraints:
            if (declared.name, *key.column_keys) not in there:
                yield Fault(f"{declared.name}: its foreign key on {', '.join(key.column_keys)} is gone", advice)


def _clock() -> Iterator[Fault]:
    if not pulse.clock_is_alive():
        yield Fault(
            "no worker leads: nobody is reminded, nobody moves up in a queue, no mail goes out",
            "Start one: systemctl start courses-worker (or: flask --app wsgi worker), then read its log.",
        )
    since = clock.now() - pulse.DEAD_AFTER
    leaders = [worker.name for worker in pulse.workers() if worker.leads and worker.beat_at >= since]
    if len(leaders) > 1:
        yield Fault(
            f"{len(leaders)} workers lead at once: {', '.join(leaders)}",
            "With SQLite all workers must share one INSTANCE folder on one machine. Stop all but one.",
        )


def _notices() -> Iterator[Fault]:
    """What a person's own program does not take is theirs to mend: they are told, and see it on its page."""
    late, to_a_person = clock.now() - LATE, Notice.channel != Channel.WEBHOOK
    counts = {
        "wait for more than ten minutes": and_(WAITING, Notice.due_at < late),
        "failed": and_(UNSETTLED, Notice.state == Fate.FAILED, to_a_person),
        "are in doubt": and_(UNSETTLED, Notice.state == Fate.IN_DOUBT, to_a_person),
    }
    advice = {
        "wait for more than ten minutes": "Is a worker running, and does SMTP_URL answer? Its log tells.",
        "failed": "Decide each on the page /installation, once the cause named there is mended.",
        "are in doubt": "Decide each on the page /installation: ask the person, or the mail server's log.",
    }
    for what, condition in counts.items():
        if count := db.session.scalar(select(func.count()).select_from(Notice).where(condition)):
            yield Fault(f"{count} notices {what}", advice[what])


def _settings() -> Iterator[Fault]:
    settings = _present()
    if settings.is_development:
        return
    if settings.smtp_url is None:
        yield Fault(f"mail is only written to files in {settings.mail_folder}", "Set SMTP_URL.")
    if "." not in settings.mail_from.rpartition("@")[2].rstrip(">"):
        yield Fault(
            f"MAIL_FROM is {settings.mail_from}: other servers refuse such a sender",
            "Set MAIL_FROM to an address of your own domain.",
        )
    url = urlsplit(settings.base_url)
    if url.hostname in ("localhost", "127.0.0.1", "::1"):
        yield Fault(
            f"BASE_URL is {settings.base_url}: the links in mails lead nowhere", "Set it to the public address."
        )
    elif url.scheme == "http":
        yield Fault(
            "BASE_URL is http: passwords travel readable, and cookies are not held to TLS",
            "Put a proxy with TLS in front (docs/deploy/nginx.conf) and set BASE_URL to https.",
        )
    if url.scheme == "https" and settings.trusted_proxies == 0:
        yield Fault(
            "BASE_URL is https and TRUSTED_PROXIES is 0: this server speaks no TLS, so a proxy is not listened to",
            "Set TRUSTED_PROXIES to how many proxies set X-Forwarded-* (1 for the nginx of docs/deploy).",
        )
    if any(len(set(key)) < 10 for key in settings.secret_keys):
        yield Fault(
            "SECRET_KEY has few different characters: it could be guessed",
            "Put a new one first: SECRET_KEY=$(openssl rand -hex 32),old",
        )


def _folder() -> Iterator[Fault]:
    settings = _present()
    free = shutil.disk_usage(settings.instance).free
    if free < FREE_AT_LEAST:
        yield Fault(f"only {free // 2**20} MB are free beside {settings.instance}", "Make room before bookings fail.")
    if settings.is_development:
        return
    for path in (settings.instance, settings.instance / "secret_key"):
        if path.exists() and path.stat().st_mode & 0o007:
            yield Fault(f"everyone on this machine may read or write {path}", f"chmod o-rwx {path}")


def _backups() -> Iterator[Fault]:
    """Ask for a recent backup where this machine is the one to make it: on SQLite, or where one was made."""
    settings, made = _present(), last_backup()
    if settings.is_development or (made is None and not settings.database_url.startswith("sqlite")):
        return
    if made is None or made < clock.now() - BACKUP_EVERY:
        since = f"the last backup is of {made:%Y-%m-%d %H:%M} UTC" if made else "there has never been a backup"
        yield Fault(since, "Enable docs/deploy/courses-backup.timer, or: flask --app wsgi backup FILE")
