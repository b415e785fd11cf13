"""Backup and restore: one ZIP file with a snapshot of the database and a manifest that says what must be in it.

SQLite is copied by its own online backup, PostgreSQL by pg_dump in the custom format within one exported snapshot, so
that the service goes on meanwhile and the manifest's counts are exactly those of the copy. Both are read again before
the file gets its name. A restore replaces everything in one transaction, or nothing.

The secret key is not in it: whoever finds a backup could otherwise sign links and sessions.
"""

import datetime as dt
import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
import zipfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.script.revision import ResolutionError
from alembic.util import CommandError
from flask import current_app
from flask_migrate import upgrade
from sqlalchemy import URL, create_engine, inspect, make_url, select, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from config import Settings
from courses.ground import clock, pulse
from courses.ground.db import db
from courses.ground.kept import forget_all
from courses.outbox.actions import doubt_after_restore

FORMAT = 1
MANIFEST, DATABASE = "manifest.json", "database"
LAST_BACKUP = "last-backup"  # in INSTANCE: when the last one succeeded, for the doctor and the alarm
NOT_COUNTED = {"alembic_version", "worker"}  # one is no record, the other changes every five seconds


class BackupRefused(Exception):  # noqa: N818 - an answer in a sentence, as a Refusal is
    """No backup was made, or nothing was restored; the message says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What a backup holds: `kind` of database, the migration it stands at, and how many rows each table has."""

    format: int
    kind: str
    revision: str
    made_at: str
    rows: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.rows.values())


def back_up(file: Path) -> Manifest:
    """Write a checked backup to `file`, readable by its owner alone. Raises BackupRefused."""
    if file.exists():
        raise BackupRefused(f"{file} exists already. Choose another name: no backup is written over an older one.")
    url = _url()
    with _beside(file) as folder:
        copy = Path(folder) / DATABASE
        rows = _copy_sqlite(url, copy) if _is_sqlite(url) else _copy_postgres(url, copy)
        manifest = Manifest(
            format=FORMAT,
            kind=url.get_backend_name(),
            revision=revision(),
            made_at=clock.now().isoformat(timespec="seconds"),
            rows=rows,
        )
        packed = Path(folder) / "packed"
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(MANIFEST, json.dumps(asdict(manifest), indent=1))
            archive.write(copy, DATABASE)
        _check(packed, url)
        packed.chmod(0o600)
        with packed.open("rb+") as written:
            os.fsync(written.fileno())
        packed.rename(file)
    _settings().instance.joinpath(LAST_BACKUP).write_text(manifest.made_at)
    return manifest


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings


def _url() -> URL:
    return make_url(_settings().database_url)


def _is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def _beside(file: Path) -> tempfile.TemporaryDirectory[str]:
    """Return a folder on the disk where `file` will be, so that giving it its name is one step."""
    try:
        return tempfile.TemporaryDirectory(prefix=".backup-", dir=file.parent, ignore_cleanup_errors=True)
    except OSError as error:
        raise BackupRefused(f"{file.parent} cannot be written to: {error.strerror}.") from None


def revision() -> str:
    """Return the migration at which the database stands."""
    found: str = db.session.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    return found


def _counts(connection: Connection) -> dict[str, int]:
    quote = connection.dialect.identifier_preparer.quote
    tables = sorted(set(inspect(connection).get_table_names()) - NOT_COUNTED)
    return {name: connection.exec_driver_sql(f"SELECT count(*) FROM {quote(name)}").scalar_one() for name in tables}


def _counts_of(url: URL) -> dict[str, int]:
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        return _counts(connection)


def _copy_sqlite(url: URL, copy: Path) -> dict[str, int]:
    """Copy the file as it stands at one moment, whoever is writing, and return what is in the copy."""
    with closing(sqlite3.connect(str(url.database))) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
        target.execute("PRAGMA journal_mode=DELETE")  # one file, without -wal beside it
    return _counts_of(url.set(database=str(copy)))


def _copy_postgres(url: URL, copy: Path) -> dict[str, int]:
    """Dump what one transaction sees, and count in that same transaction."""
    engine = create_engine(url, poolclass=NullPool, isolation_level="REPEATABLE READ")
    with engine.connect() as connection:
        snapshot = connection.scalar(text("SELECT pg_export_snapshot()"))
        rows = _counts(connection)
        _program(
            url, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"-f{copy}"
        )
    return rows


def _program(url: URL, program: str, *words: str, asks: bool = True, feed: Path | None = None) -> str:
    """Run a program of PostgreSQL on the database of `url`; its password travels in the environment, not in sight."""
    found = shutil.which(program)
    if found is None:
        raise BackupRefused(
            f"{program} is not installed, or not on PATH. Debian: apt-get install postgresql-client "
            "(no older than the server)."
        )
    environ = os.environ.copy()  # noqa: TID251 - handed on to another program
    if url.password:
        environ["PGPASSWORD"] = str(url.password)
    plain = url.set(drivername="postgresql", password=None).render_as_string()
    command = [found, *((f"--dbname={plain}",) if asks else ()), *words]
    with feed.open("rb") if feed else open(os.devnull, "rb") as typed:
        done = subprocess.run(command, env=environ, stdin=typed, capture_output=True, text=True)
    if done.returncode:
        raise BackupRefused(f"{program} failed: {done.stderr.strip()[-2000:]}")
    return done.stdout


def _check(packed: Path, url: URL) -> Manifest:
    """Read the file as a restore would: its checksums, its manifest, and the copy inside. Raises BackupRefused."""
    manifest = read_manifest(packed)
    with tempfile.TemporaryDirectory(dir=packed.parent) as folder:
        copy = _unpack(packed, Path(folder))
        if _is_sqlite(url):
            _check_sqlite(copy, url, manifest)
        else:
            _program(url, "pg_restore", "--list", str(copy), asks=False)
    return manifest


def _check_sqlite(copy: Path, url: URL, manifest: Manifest) -> None:
    with closing(sqlite3.connect(copy)) as connection:
        said = [row[0] for row in connection.execute("PRAGMA integrity_check(5)")]
    if said != ["ok"]:
        raise BackupRefused(f"The copy of the database is damaged: {'; '.join(said)}")
    if _counts_of(url.set(database=str(copy))) != manifest.rows:
        raise BackupRefused("The copy of the database does not hold what its manifest says.")


def read_manifest(file: Path) -> Manifest:
    """Return what `file` says of itself, after its checksums agreed. Raises BackupRefused for what is no backup."""
    try:
        with zipfile.ZipFile(file) as archive:
            damaged = archive.testzip()
            manifest = Manifest(**json.loads(archive.read(MANIFEST)))
            has_database = DATABASE in archive.namelist()
    except FileNotFoundError:
        raise BackupRefused(f"There is no file {file}.") from None
    except (OSError, zipfile.BadZipFile, KeyError, ValueError, TypeError) as error:
        raise BackupRefused(f"{file} is no backup of this service, or it is damaged ({error}).") from None
    if damaged or not has_database or manifest.format != FORMAT:
        raise BackupRefused(f"{file} is damaged, or of a version that this one does not know.")
    return manifest


def _unpack(file: Path, folder: Path) -> Path:
    with zipfile.ZipFile(file) as archive:
        return Path(archive.extract(DATABASE, folder))


def restore(file: Path, replace: bool = False, moved: bool = False, say: Callable[[str], None] = lambda _: None) -> int:
    """Put what `file` holds in the place of everything in the database and bring it to the present migration.

    A database that holds people is only replaced with `replace`, and none while a worker beats. Notices that waited
    when the backup was made may have gone out since: they become doubts for a person to decide, unless `moved`: the
    old installation was stopped before the backup. Returns how many doubts. Raises BackupRefused; then nothing has
    changed.
    """
    url, manifest = _url(), read_manifest(file)
    _require_fitting(url, manifest)
    if not replace and not _is_empty():
        raise BackupRefused(
            "The database holds people already. Say --replace to lose all of it for what the file holds."
        )
    if beating := _beating_worker():
        raise BackupRefused(f"The worker {beating} is running. Stop web and worker first, then restore.")
    db.session.remove()
    db.engine.dispose()
    with tempfile.TemporaryDirectory(prefix="restore-", dir=_settings().instance) as folder:
        copy = _unpack(file, Path(folder))
        (_replace_sqlite if _is_sqlite(url) else _replace_postgres)(url, copy, manifest)
    say(f"{manifest.total} rows of {manifest.made_at} are back.")
    forget_all()
    db.engine.dispose()
    upgrade()
    return 0 if moved else doubt_after_restore(f"restored from the backup of {manifest.made_at}")


def _require_fitting(url: URL, manifest: Manifest) -> None:
    if manifest.kind != url.get_backend_name():
        raise BackupRefused(
            f"The file was made on {manifest.kind}, and DATABASE_URL names {url.get_backend_name()}: "
            "restore it on its own kind."
        )
    config: Config = current_app.extensions["migrate"].migrate.get_config()
    try:
        ScriptDirectory.from_config(config).get_revision(manifest.revision)
    except (ResolutionError, CommandError):
        raise BackupRefused(
            f"The file stands at the migration {manifest.revision}, which this version does not know: "
            "install the version that made it, or a newer one."
        ) from None


def _is_empty() -> bool:
    """Return whether nobody has used the database: it has no tables, or no city and no person."""
    try:
        used = "SELECT 1 FROM person UNION ALL SELECT 1 FROM city LIMIT 1"
        return db.session.execute(text(used)).first() is None
    except DBAPIError:
        db.session.rollback()
        return True


def _beating_worker() -> str | None:
    since = clock.now() - pulse.DEAD_AFTER
    try:
        return db.session.scalar(select(pulse.Worker.name).where(pulse.Worker.beat_at > since).limit(1))
    except DBAPIError:
        db.session.rollback()
        return None


def _replace_sqlite(url: URL, copy: Path, manifest: Manifest) -> None:
    """Check the copy, then write it over the present file as one transaction of SQLite's."""
    _check_sqlite(copy, url, manifest)
    with closing(sqlite3.connect(copy)) as source, closing(sqlite3.connect(str(url.database))) as target:
        try:
            target.execute("PRAGMA busy_timeout=2000")
            source.backup(target)
        except sqlite3.OperationalError as error:
            raise BackupRefused(f"The database is in use ({error}). Stop web and worker first.") from None


def _replace_postgres(url: URL, copy: Path, manifest: Manifest) -> None:
    """Drop the present tables and play the dump back in one transaction; count; an error at any place undoes it all."""
    script = copy.with_suffix(".sql")
    _program(url, "pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(copy), asks=False)
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        tables = inspect(connection).get_table_names()
        drops = "".join(f"DROP TABLE IF EXISTS {_quoted(name)} CASCADE;\n" for name in tables)
    counts = "".join(
        f"DO $$ BEGIN IF (SELECT count(*) FROM public.{_quoted(name)}) <> {rows} THEN "
        f"RAISE EXCEPTION 'the table {name} does not hold {rows} rows'; END IF; END $$;\n"
        for name, rows in manifest.rows.items()
    )
    whole = copy.with_suffix(".whole.sql")
    whole.write_bytes(drops.encode() + script.read_bytes() + b"\n" + counts.encode())
    _program(url, "psql", "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", feed=whole)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def last_backup() -> dt.datetime | None:
    """Return when this machine last made a backup; None if it never did, or another machine does."""
    file = _settings().instance / LAST_BACKUP
    try:
        return dt.datetime.fromisoformat(file.read_text().strip())
    except (OSError, ValueError):
        return None
