"""A demo town that runs: the production server and a worker as processes of their own, and what they leave behind.

`Town.later` ends both and starts them again at another hour, so that a class a week ahead can be held in a test.
"""

import datetime as dt
import email
import email.policy
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from babel.messages.pofile import read_po
from icalendar import Calendar

ROOT = Path(__file__).resolve().parents[2]
ZONE = ZoneInfo("Asia/Shanghai")
PASSWORD = "haining-demo-2026"
PATIENCE_S = 40
Found = TypeVar("Found")


class Words:
    """What the pages say, in one language: the source string in English, its translation in Chinese."""

    def __init__(self, lang: str) -> None:
        self.lang = lang
        with (ROOT / "translations/zh/LC_MESSAGES/messages.po").open("rb") as file:
            self._chinese = {m.id if isinstance(m.id, str) else m.id[0]: m.string for m in read_po(file) if m.id}

    def __call__(self, english: str, **facts: object) -> str:
        words = self._chinese[english]  # a string that no page says any more fails the test here
        if self.lang == "en":
            words = english
        elif not isinstance(words, str):
            words = words[0]
        return words % facts if facts else words.replace("%%", "%")


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port: int = trial.getsockname()[1]
        return port


def eventually(claim: Callable[[], Found], what: str, patience_s: float = PATIENCE_S) -> Found:
    """Return what `claim` returns as soon as it is true."""
    deadline = time.monotonic() + patience_s
    while not (found := claim()):
        assert time.monotonic() < deadline, f"waited {patience_s} s in vain for {what}"
        time.sleep(0.1)
    return found


class Town:
    """The processes and the folder of one demo town."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._environ = {
            **{name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "PYTHONNODEBUGRANGES")},
            "MODE": "development",
            "INSTANCE": str(folder),
            "PORT": str(self.port),
            "PYTHONPATH": str(ROOT),
        }
        self._processes: list[subprocess.Popen[bytes]] = []

    # Its life

    def settle(self) -> None:
        """Make the database and invent the people."""
        self.flask("db", "upgrade")
        self.flask("demo")

    def copy(self, folder: Path) -> "Town":
        """Return a town of its own that begins where this one stands. This one must not run."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        return Town(folder)

    def also(self, **settings: str) -> None:
        """Give it more settings, from its next start on."""
        self._environ |= settings

    def start(self) -> None:
        self._run(["wsgi.py"], ["-m", "flask", "--app", "wsgi", "worker"])

    def later(self, moment: dt.datetime) -> None:
        """End web and worker and start them as they will run at `moment`."""
        self.stop()
        seconds = str((moment - dt.datetime.now(dt.UTC)).total_seconds())
        self._run(*(["-m", "tests.browser.later", seconds, what] for what in ("web", "worker")))

    def _run(self, *commands: list[str]) -> None:
        for number, command in enumerate(commands):
            with (self.folder / f"log-{number}.txt").open("ab") as log:
                self._processes.append(
                    subprocess.Popen([sys.executable, *command], cwd=ROOT, env=self._environ, stdout=log, stderr=log)
                )
        eventually(self._is_ready, "web and worker")

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def stop(self) -> None:
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.wait(20)
        self._processes.clear()

    # What a person at its keyboard asks

    def flask(self, *words: str) -> str:
        """Run `flask --app wsgi WORDS` and return what it prints."""
        done = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "wsgi", *words],
            cwd=ROOT,
            env=self._environ,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def tick(self, job: str, at: dt.datetime) -> int:
        """Run one job as if it were `at`; return how much it did."""
        typed = at.astimezone(ZONE).strftime("%Y-%m-%dT%H:%M:%S")
        return int(self.flask("tick", job, "--at", typed).rsplit(": ", 1)[1])

    def rows(self, statement: str, *values: object) -> list[Any]:
        """Ask the database directly, for the ids that a test needs to open a page."""
        connection = sqlite3.connect(f"file:{self.folder}/courses.sqlite?mode=ro", uri=True)
        try:
            return connection.execute(statement, values).fetchall()
        finally:
            connection.close()

    def one(self, statement: str, *values: object) -> Any:
        return self.rows(statement, *values)[0][0]

    # Its mail

    def mails(self, about: str, to: str = "") -> list["Mail"]:
        """Return the mails of a kind of notice (and to one address), in the order in which they were sent."""
        found = [Mail(file) for file in sorted((self.folder / "mail").glob("[!.]*.eml")) if f"-{about}-" in file.name]
        return [mail for mail in found if to in mail.to]

    def mailed(self, about: str, count: int, to: str = "") -> list["Mail"]:
        """Wait until so many mails of a kind are there; never more."""
        eventually(lambda: len(self.mails(about, to)) >= count, f"{count} mails '{about}' to '{to or 'anyone'}'")
        found = self.mails(about, to)
        assert len(found) == count, [mail.file.name for mail in found]
        return found


class Mail:
    """One mail as a mail program reads it."""

    def __init__(self, file: Path) -> None:
        message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.file, self.subject, self.to = file, str(message["Subject"]), str(message["To"])
        body = message.get_body(("plain",))
        assert body is not None
        self.text: str = body.get_content()
        entries = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
        self.method = entries[0].get_param("method") if entries else None
        self.calendar = Calendar.from_ical(entries[0].get_content()) if entries else None

    @property
    def event(self) -> Any:
        """Return the one event of its calendar part."""
        assert self.calendar is not None, self.text
        (found,) = self.calendar.walk("VEVENT")
        return found
