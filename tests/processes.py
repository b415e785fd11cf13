"""Real processes: many at once on one database, each with the application of its own.

A process is asked to do an act: a function of a test module with plain arguments. Processes come from a small server
process that has everything imported, so that one takes a twentieth of a second to start and not two.
"""

import contextlib
import multiprocessing
import os
import pickle
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import create_engine, event, make_url, text

import config
from courses.app import create_app
from courses.ground import db as ground
from courses.ground.db import db
from courses.ground.refusal import Refusal
from tests import databases

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_S = 60
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.processes", "tests.concurrency.acts"])


def environ_of(app: Flask, **more: str) -> dict[str, str]:
    """Return the environment in which another process works on the same database as `app`."""
    settings: config.Settings = app.config["SETTINGS"]
    return {
        "MODE": "development",
        "SECRET_KEY": ",".join(settings.secret_keys),
        "BASE_URL": settings.base_url,
        "INSTANCE": str(settings.instance),
        "DATABASE_URL": settings.database_url,
        **more,
    }


@dataclass(frozen=True)
class Outcome:
    """What became of an act: its answer, the code of its refusal, an error that nobody expected, or its death."""

    answer: Any = None
    refusal: str | None = None
    error: str | None = None
    died: bool = False

    @property
    def is_done(self) -> bool:
        return not (self.refusal or self.error or self.died)


class Process:
    """One process that does one act, as soon as it is told to go."""

    def __init__(self, environ: dict[str, str], act: Callable[..., Any], *args: Any) -> None:
        self._ours, theirs = _context.Pipe()
        self._process = _context.Process(target=_live, args=(environ, act, args, theirs), daemon=True)
        self._process.start()
        theirs.close()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def ready(self) -> None:
        """Wait until it stands at the start, with its application made and its connection open."""
        assert self._ours.poll(PATIENCE_S), "a process did not start"
        assert self._ours.recv() == "ready"

    def go(self) -> None:
        self._ours.send("go")

    def outcome(self) -> Outcome:
        """Wait for the end of the act."""
        try:
            if self._ours.poll(PATIENCE_S):
                outcome: Outcome = self._ours.recv()
                self._process.join(PATIENCE_S)
                return outcome
        except (EOFError, ConnectionResetError):
            self._process.join(PATIENCE_S)
            return Outcome(died=True)
        finally:
            self.end()
        raise AssertionError("a process did not answer")

    def kill(self, signal_: int = signal.SIGKILL) -> None:
        os.kill(self.pid, signal_)

    def wait(self, patience_s: float = PATIENCE_S) -> int | None:
        """Wait for its end and return its exit code; None if it has not ended."""
        self._process.join(patience_s)
        return self._process.exitcode

    def end(self) -> None:
        if self._process.is_alive():
            self._process.kill()
            self._process.join(PATIENCE_S)
        self._ours.close()


def _live(environ: dict[str, str], act: Callable[..., Any], args: tuple[Any, ...], theirs: Any) -> None:
    # A slow machine is no failed race: only who would wait for ever is told to try again.
    ground.LOCK_WAIT_MS = PATIENCE_S * 500
    app = create_app(config.read(environ))
    with app.app_context():
        db.session.execute(text("SELECT 1"))
        db.session.remove()
        theirs.send("ready")
        theirs.recv()
        theirs.send(_done(act, args))


def _done(act: Callable[..., Any], args: tuple[Any, ...]) -> Outcome:
    try:
        return Outcome(answer=act(*args))
    except Refusal as refusal:
        return Outcome(refusal=refusal.code)
    except Exception as error:
        return Outcome(error=f"{type(error).__name__}: {error}")


Act = tuple[Any, ...]  # a function and its arguments


def together(app: Flask, acts: Sequence[Act]) -> list[Outcome]:
    """Do all acts at once, each in a process of its own, and return what became of them."""
    outcome = alone(app, (_at_once, acts))
    assert outcome.is_done, outcome
    outcomes: list[Outcome] = outcome.answer
    return outcomes


def _at_once(acts: Sequence[Act]) -> list[Outcome]:
    """Fork a child for each act, let all begin at one moment, and gather what they say."""
    db.session.remove()
    db.engine.dispose()  # no connection may cross the fork
    ready, is_ready = os.pipe()
    start, not_yet = os.pipe()
    children = []
    for act, *args in acts:
        said, saying = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(not_yet)
            signal.alarm(PATIENCE_S)
            db.session.execute(text("SELECT 1"))
            db.session.remove()
            os.write(is_ready, b".")
            os.read(start, 1)
            os.write(saying, pickle.dumps(_done(act, tuple(args))))
            os._exit(0)
        os.close(saying)
        children.append((pid, said))
    for _ in children:
        os.read(ready, 1)
    os.close(not_yet)
    outcomes = []
    for pid, said in children:
        with open(said, "rb") as answer:
            pickled = answer.read()
        os.waitpid(pid, 0)
        outcomes.append(pickle.loads(pickled) if pickled else Outcome(died=True))
    for descriptor in (ready, is_ready, start):
        os.close(descriptor)
    return outcomes


def alone(app: Flask, act: Act, **environ: str) -> Outcome:
    """Do one act in a process of its own."""
    process = Process(environ_of(app, **environ), *act)
    process.ready()
    process.go()
    return process.outcome()


@contextmanager
def running(app: Flask, *act: Any, **environ: str) -> Iterator[Process]:
    """Have an act running beside the block."""
    process = Process(environ_of(app, **environ), *act)
    try:
        process.ready()
        process.go()
        yield process
    finally:
        process.end()


_LOCKS = re.compile(r" FOR (NO KEY )?UPDATE( OF \w+)?( SKIP LOCKED)?")


def switch_locks_off() -> None:
    """Let this process work without any lock: what then goes wrong is what the locks are there for."""

    @event.listens_for(db.engine, "before_cursor_execute", retval=True)
    def _without(connection: Any, cursor: Any, statement: str, parameters: Any, *rest: Any) -> tuple[str, Any]:
        return _LOCKS.sub("", statement).replace("pg_advisory_xact_lock(", "abs("), parameters

    ground._take_write_lock = lambda connection: connection.exec_driver_sql("BEGIN DEFERRED")  # type: ignore[assignment]


def eventually(claim: Callable[[], Any], patience_s: float = 20, every_s: float = 0.05) -> Any:
    """Return what `claim` returns, as soon as it is true."""
    deadline = time.monotonic() + patience_s
    while True:
        found = claim()
        if found or time.monotonic() > deadline:
            assert found, "it did not come to be"
            return found
        time.sleep(every_s)


# The server


@dataclass
class Server:
    """The production server, as `python wsgi.py` starts it."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def children(self) -> list[int]:
        """Return the processes that answer requests."""
        pid = self.process.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def ask(
        self, path: str, data: bytes | None = None, patience_s: float = 10, **headers: str
    ) -> tuple[int, bytes, dict[str, str]]:
        """Return status, body and headers of the answer. Raises OSError when the line breaks."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(self.url + path, data=data, headers=named)
        try:
            with urllib.request.urlopen(request, timeout=patience_s) as answer:
                return answer.status, answer.read(), dict(answer.headers)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read(), dict(error.headers)

    def answers(self, path: str = "/healthz") -> bool:
        try:
            return self.ask(path)[0] == 200
        except OSError:
            return False


@contextmanager
def serving(app: Flask, command: Sequence[str] = ("wsgi.py",), **environ: str) -> Iterator[Server]:
    """Run the production server on the database of `app` within the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = Path(app.config["SETTINGS"].instance) / f"server-{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env={**os.environ, **environ_of(app), "PORT": str(port), **environ},
            stdout=output,
            stderr=output,
        )
    server = Server(process, port, log)
    try:
        eventually(server.answers, PATIENCE_S)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            for child in server.children():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
            process.kill()
            process.wait()


def is_running(pid: int) -> bool:
    """Return whether the process lives; one that has ended and that nobody has asked about does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def in_threads(act: Callable[[Any], Any], items: Sequence[Any], at_once: int = 8) -> list[Any]:
    """Return `act` of each item, `at_once` of them at a time."""
    waiting, found, lock = list(enumerate(items)), {}, threading.Lock()

    def work() -> None:
        while True:
            with lock:
                if not waiting:
                    return
                number, item = waiting.pop(0)
            found[number] = act(item)

    threads = [threading.Thread(target=work) for _ in range(at_once)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [found[number] for number in range(len(items))]


# The databases' own misfortunes


@contextmanager
def held_by_another(app: Flask, class_id: int) -> Iterator[None]:
    """Let someone else hold what a booking in this class must lock: the row, or on SQLite the file."""
    url = make_url(app.config["SETTINGS"].database_url)
    if url.get_backend_name() == "sqlite":
        assert url.database
        with contextlib.closing(sqlite3.connect(url.database, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
        return
    engine = create_engine(url)
    with engine.connect() as connection:
        connection.execute(text("SELECT id FROM training_class WHERE id = :id FOR UPDATE"), {"id": class_id})
        yield
    engine.dispose()


@contextmanager
def database_gone(app: Flask) -> Iterator[None]:
    """Take the database away within the block: the PostgreSQL server stops, the SQLite file cannot be opened."""
    url = make_url(app.config["SETTINGS"].database_url)
    if url.get_backend_name() != "sqlite":
        folder = url.query["host"]
        assert isinstance(folder, str)
        databases.stop(folder)
        try:
            yield
        finally:
            databases.start(folder)
        return
    assert url.database
    file = Path(url.database)
    aside = file.with_suffix(".aside")
    with app.app_context():
        db.engine.dispose()
    file.rename(aside)
    file.mkdir()
    try:
        yield
    finally:
        file.rmdir()
        aside.rename(file)
