"""The two databases of the tests: a file, and a private PostgreSQL server that any user can start."""

import atexit
import os
import pwd
import shutil
import subprocess
import tempfile
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from tools.honest import postgres

ROOM_BYTES = 2**30


@cache
def server() -> str:
    """Start a PostgreSQL server of our own, once per process; return its address without a database's name."""
    folder = tempfile.mkdtemp(prefix="pg-", dir=_memory())
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
    _run(folder, "initdb", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "-N")
    start(folder)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(stop, folder, "immediate")
    return f"postgresql+psycopg://postgres@/{{name}}?host={folder}"


def _memory() -> str | None:
    """Return the folder that lies in memory, if it has room: a database is copied for every test."""
    folder = Path("/dev/shm")
    return str(folder) if folder.is_dir() and shutil.disk_usage(folder).free > ROOM_BYTES else None


def start(folder: str) -> None:
    """Start the server of `folder`, which is the `host` of its address."""
    settings = {"listen_addresses": "", "max_connections": 200, "fsync": "off", "full_page_writes": "off"}
    settings |= {"wal_level": "minimal", "max_wal_senders": 0, "max_wal_size": "128MB"}
    options = " ".join([f"-k {folder}", *(f"-c {name}={value}" for name, value in settings.items())])
    _run(folder, "pg_ctl", "-w", "-l", f"{folder}/log", "-o", options, "start")


def stop(folder: str, how: str = "fast") -> None:
    _run(folder, "pg_ctl", "-w", "-m", how, "stop")


def _run(folder: str, program: str, *words: str) -> None:
    programs = postgres()
    assert programs is not None, "deselected without PostgreSQL"
    owner: dict[str, Any] = {}
    if os.geteuid() == 0:  # the server refuses to run as root
        user = pwd.getpwnam("postgres")
        owner = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    command = [programs / program, "-D", f"{folder}/d", *words]
    subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL, **owner)


class Sqlite:
    """One file; `fresh()` puts a copy of the template in its place."""

    def __init__(self, folder: Path) -> None:
        self.file, self._template = folder / "courses.sqlite", folder / "template.sqlite"
        self.url = f"sqlite:///{self.file}"

    def make_template(self) -> None:
        shutil.copy(self.file, self._template)

    def fresh(self) -> None:
        for suffix in ("-wal", "-shm"):
            self.file.with_name(self.file.name + suffix).unlink(missing_ok=True)
        shutil.copy(self._template, self.file)


class Postgres:
    """One database; `fresh()` puts a copy of the template in its place, which was made while the test before ran."""

    def __init__(self, folder: Path) -> None:
        self._name = f"t{os.getpid()}_{abs(hash(folder)) % 10**8}"
        self._admin = create_engine(server().format(name="postgres"), isolation_level="AUTOCOMMIT", poolclass=NullPool)
        self._run(f"CREATE DATABASE {self._name}")
        self.url = server().format(name=self._name)
        self._maker = ThreadPoolExecutor(1)
        self._spare: Future[None] | None = None

    def _run(self, *statements: str) -> None:
        with self._admin.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))

    def make_template(self) -> None:
        self._run(f"CREATE DATABASE {self._name}_template TEMPLATE {self._name}")
        self._spare = self._maker.submit(self._make_spare)

    def _make_spare(self) -> None:
        self._run(
            f"DROP DATABASE IF EXISTS {self._name}_spare",
            f"CREATE DATABASE {self._name}_spare TEMPLATE {self._name}_template STRATEGY FILE_COPY",
        )

    def fresh(self) -> None:
        assert self._spare, "make_template comes first"
        if self._spare.exception():  # the test before stopped the server (`processes.database_gone`)
            self._make_spare()
        self._run(
            f"DROP DATABASE {self._name} WITH (FORCE)", f"ALTER DATABASE {self._name}_spare RENAME TO {self._name}"
        )
        self._spare = self._maker.submit(self._make_spare)


KINDS = {"sqlite": Sqlite, "postgres": Postgres}
