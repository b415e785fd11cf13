"""`make bench`: measure, print, and write bench/latest.json. Words after it choose: rush bookings pages desks search seats reminders import start."""

import json
import os
import platform
import re
import smtplib
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from statistics import median
from typing import Any

from aiosmtpd.controller import Controller
from sqlalchemy import event, func, select, text

from bench import client, desks, intake, search, seats
from bench.serving import serving
from bench.town import PORT, Town, a_town
from config import ROOT
from courses.booking.model import Booking, State
from courses.desks.queries import faults
from courses.ground import clock
from courses.ground.db import db, insert_many
from courses.ground.transaction import transaction
from courses.outbox.model import Fate, Notice
from courses.reminders import actions as reminders
from courses.schedule import deliver

ROUNDS = 3
FIGURES: dict[str, Any] = {}


def note(name: str, **figures: Any) -> None:
    """Keep and print one line of figures."""
    FIGURES[name] = figures
    shown = "  ".join(f"{k} {v:.2f}" if isinstance(v, float) else f"{k} {v}" for k, v in figures.items())
    print(f"{name:44} {shown}", flush=True)


def medians(measure: Callable[[], client.Load]) -> dict[str, float]:
    """Return the medians of ROUNDS loads."""
    loads = [measure() for _ in range(ROUNDS)]
    bad = {s for load in loads for s in load.statuses if s >= 400}
    if bad:
        raise SystemExit(f"Answers that should not be: {sorted(bad)}")
    return {
        "per_second": median(load.rate for load in loads),
        "p50_ms": median(load.percentile_ms(50) for load in loads),
        "p95_ms": median(load.percentile_ms(95) for load in loads),
        "p99_ms": median(load.percentile_ms(99) for load in loads),
        "seconds": median(load.seconds for load in loads),
    }


def rush(kind: str, town: Town) -> None:
    """1,000 people ask for 30 seats, 50 at a time."""

    def once() -> client.Load:
        class_id = town.a_class(30, next(minutes))
        load = client.run(PORT, [town.book(class_id, p) for p in town.people(1000)], 50)
        check_rush(town, class_id, load)
        return load

    minutes = iter(range(0, 10_000, 30))
    with serving(town):
        client.run(PORT, [town.get("/")] * 50, 8)
        ours = medians(once)
    minutes = iter(range(10_000, 20_000, 30))
    with serving(town, floor_bytes=30000):
        floor = medians(once)
    note(f"rush {kind}", **ours)
    note(f"rush {kind} floor", **floor)
    note(f"rush {kind} ratio", times_floor=ours["seconds"] / floor["seconds"])


def check_rush(town: Town, class_id: int, load: client.Load) -> None:
    """Stop unless 30 are booked, 970 queued in an order without doubles, and nothing contradicts itself."""
    with town.app.app_context():
        counts = dict(
            db.session.execute(
                select(Booking.state, func.count()).where(Booking.class_id == class_id).group_by(Booking.state)
            ).all()
        )
        orders = db.session.scalar(
            text("SELECT count(DISTINCT order_no) FROM enrolment WHERE class_id = :c"), {"c": class_id}
        )
        found = [f for f in faults() if "never told" not in f]
        db.session.remove()
    if counts != {State.BOOKED: 30, State.QUEUED: 970} or orders != 1000 or found:
        raise SystemExit(f"The rush went wrong: {counts}, {orders} orders, {found}, {Counter(load.statuses)}")


def bookings(kind: str, town: Town) -> None:
    """Bookings per second with room to spare: one hot class and 100 classes, at 1, 8 and 32 at once."""
    results: dict[str, dict[str, dict[str, float]]] = {"ours": {}, "floor": {}}
    minute = 20_000
    for who, floor_bytes in (("ours", None), ("floor", 30000)):
        with serving(town, floor_bytes):
            client.run(PORT, [town.get("/")] * 50, 8)
            for classes in (1, 100):
                for at_once in (1, 8, 32):

                    def once(classes: int = classes, at_once: int = at_once) -> client.Load:
                        nonlocal minute
                        ids = []
                        for _ in range(classes):
                            minute += 30
                            ids.append(town.a_class(5000, minute))
                        people = town.people(400 if at_once > 1 else 200)
                        asked = [town.book(ids[n % classes], p) for n, p in enumerate(people)]
                        return client.run(PORT, asked, at_once)

                    results[who][f"{classes} classes, {at_once} at once"] = medians(once)
    for name, ours in results["ours"].items():
        floor = results["floor"][name]
        note(
            f"bookings {kind}, {name}",
            per_second=ours["per_second"],
            p95_ms=ours["p95_ms"],
            floor_per_second=floor["per_second"],
            times_floor=floor["per_second"] / ours["per_second"],
        )


def pages(kind: str, town: Town) -> None:
    """The supermarket and a class's page, signed out and in, beside the floor's page of the same size."""
    with town.app.app_context():
        class_id = town.a_class(30, 200_000)
        actor = town.people(1)[0]
    asked = {
        "supermarket signed out": town.get("/"),
        "supermarket signed in": town.get("/", actor),
        "class page signed out": town.get(f"/classes/{class_id}"),
        "class page signed in": town.get(f"/classes/{class_id}", actor),
    }
    ours, sizes = {}, {}
    with serving(town):
        for name, one in asked.items():
            sizes[name] = client.run(PORT, [one], 1).bytes_of_first
            client.run(PORT, [one] * 100, 8)
            ours[name] = medians(lambda one=one: client.run(PORT, [one] * 600, 16))
    for name in ("supermarket signed out", "class page signed out"):
        with serving(town, floor_bytes=sizes[name]):
            client.run(PORT, [town.get("/")] * 100, 8)
            floor = medians(lambda: client.run(PORT, [town.get("/")] * 600, 16))
        stem = name.removesuffix(" signed out")
        for which in (f"{stem} signed out", f"{stem} signed in"):
            note(
                f"{which}, {kind}",
                per_second=ours[which]["per_second"],
                p95_ms=ours[which]["p95_ms"],
                bytes=sizes[which],
                floor_per_second=floor["per_second"],
                of_floor=ours[which]["per_second"] / floor["per_second"],
            )


def statements(kind: str, town: Town) -> None:
    """Statements per page and per booking, BEGIN and COMMIT left out."""
    seen: list[str] = []
    with town.app.app_context():
        class_id, person = town.a_class(30, 200_030), town.people(1)[0]
        event.listen(db.engine, "before_cursor_execute", lambda *a: seen.append(a[2]))
    browser = town.app.test_client()
    with browser.session_transaction() as session:
        session["_user_id"] = f"{person}:1"
    town.app.config["WTF_CSRF_ENABLED"] = False
    browser.get("/healthz")
    figures = {}
    for name, ask in {
        "supermarket": lambda: browser.get("/"),
        "course": lambda: browser.get("/courses/1"),
        "class page": lambda: browser.get(f"/classes/{class_id}"),
        "desk": lambda: browser.get("/desk"),
        "booking": lambda: browser.post(f"/classes/{class_id}/bookings", data={"seen": 1}),
    }.items():
        ask() if name != "booking" else None
        seen.clear()
        ask()
        figures[name.replace(" ", "_")] = len([s for s in seen if not s.startswith(("BEGIN", "PRAGMA"))])
    note(f"statements, {kind}", **figures)


class Sink:
    """A mail server that takes everything."""

    count = 0

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.count += 1
        return "250 OK"


def reminder(kind: str) -> None:
    """10,000 reminders due at once: seconds to derive and to send, beside bare smtplib."""
    with a_town(kind) as town:
        ids = [town.a_class(100, 14 * n) for n in range(100)]  # all within a day, their reminders due a day before
        with town.app.app_context():
            with transaction():
                at = clock.now()
                people = town.people(4000)
                from courses.booking.model import Enrolment

                first = (db.session.scalar(select(func.max(Enrolment.id))) or 0) + 1
                rows = [
                    {"id": first + n, "class_id": ids[n // 100], "order_no": n % 100 + 1, "seats": 1,
                     "made_by": people[n % 4000], "made_at": at, "enterprise_id": 1}
                    for n in range(10_000)
                ]  # fmt: skip
                insert_many(Enrolment, rows)
                insert_many(
                    Booking,
                    [
                        {"enrolment_id": r["id"], "class_id": r["class_id"], "person_id": r["made_by"],
                         "state": State.BOOKED, "reason": "asked", "changed_at": at, "sequence": 0}
                        for r in rows
                    ],
                )  # fmt: skip
                db.session.execute(
                    text(
                        "UPDATE training_class SET seats_taken = 100 WHERE id IN (SELECT class_id FROM booking WHERE enrolment_id >= :f)"
                    ),
                    {"f": first},
                )
            from datetime import timedelta

            with clock.pretending(clock.now() + timedelta(days=100, minutes=-20)):
                began = time.perf_counter()
                count = reminders.post_due()
                derive_s = time.perf_counter() - began
            began = time.perf_counter()
            with clock.pretending(clock.now() + timedelta(days=100, minutes=-15)):
                again = reminders.post_due()
            again_s = time.perf_counter() - began
            sink = Sink()
            controller = Controller(sink, hostname="127.0.0.1", port=PORT + 1)
            controller.start()
            try:
                from dataclasses import replace

                settings = town.app.config["SETTINGS"]
                town.app.config["SETTINGS"] = replace(settings, smtp_url=f"smtp://127.0.0.1:{PORT + 1}")
                with clock.pretending(clock.now() + timedelta(days=100, minutes=-10)):
                    began = time.perf_counter()
                    deliver("bench")
                    send_s = time.perf_counter() - began
                sent = db.session.scalar(
                    select(func.count()).where(Notice.kind == "reminder", Notice.state == Fate.SENT)
                )
                arrived = sink.count
                began = time.perf_counter()
                bare = smtplib.SMTP("127.0.0.1", PORT + 1)
                mail = "Subject: Reminder\r\n\r\n" + ("x" * 74 + "\r\n") * 80
                for _ in range(2000):
                    bare.sendmail("a@bench.example", ["b@bench.example"], mail)
                bare.quit()
                bare_s = (time.perf_counter() - began) * count / 2000
            finally:
                controller.stop()
    note(
        f"reminders {kind}",
        due=count,
        again=again,
        derive_s=derive_s,
        again_s=again_s,
        send_s=send_s,
        sent=sent,
        arrived=arrived,
        bare_smtplib_s=bare_s,
        times_floor=send_s / bare_s,
    )


def start(town: Town) -> None:
    """Start to first answer, memory of each process, bytes of the first visit."""
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        with serving(town) as process:
            times.append(time.perf_counter() - began)
            client.run(PORT, [town.get("/")] * 200, 16)
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            memory = {pid: _memory_mb(pid) for pid in (str(process.pid), *children)}
            first = _first_visit(town)
    worker = subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "wsgi", "worker"], cwd=ROOT, env={**os.environ, **town.environ}
    )
    time.sleep(6)
    worker_mb = _memory_mb(str(worker.pid))
    worker.terminate()
    worker.wait(20)
    main, *webs = memory.values()
    note("start to first answer", seconds=median(times))
    note("memory, MB, shared pages divided", server=main, web=max(webs), worker=worker_mb)
    note("first visit, bytes over the wire", **first)


def _memory_mb(pid: str) -> float:
    """Return a process's proportional set size: a page that two processes share counts half for each."""
    found = re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


def _first_visit(town: Town) -> dict[str, int]:
    """Return the bytes of the supermarket and everything it names, compressed as a browser asks for it."""
    from http.client import HTTPConnection

    import brotli

    connection = HTTPConnection("127.0.0.1", PORT)

    def fetch(path: str) -> tuple[bytes, int]:
        connection.request("GET", path, headers={"Accept-Encoding": "br, gzip"})
        answer = connection.getresponse()
        body = answer.read()
        return (brotli.decompress(body) if answer.headers.get("Content-Encoding") == "br" else body), len(body)

    page, size = fetch("/")
    named = dict.fromkeys(re.findall(r'(?:src|href)="(/static/[^"]+)"', page.decode()))
    sizes = {path: fetch(path)[1] for path in named}
    script = sum(n for path, n in sizes.items() if path.endswith(".js"))
    return {"page": size, "script": script, "all": size + sum(sizes.values())}


def main() -> None:
    chosen = sys.argv[1:] or ["rush", "bookings", "pages", "desks", "search", "seats", "reminders", "import", "start"]
    FIGURES["machine"] = {"python": platform.python_version(), "cores": os.cpu_count()}
    for kind in os.environ.get("DATABASES", "sqlite,postgres").split(","):
        with a_town(kind) if {"rush", "bookings", "pages", "import", "start"} & set(chosen) else nullcontext() as town:
            if "rush" in chosen:
                rush(kind, town)
            if "bookings" in chosen:
                bookings(kind, town)
            if "pages" in chosen:
                pages(kind, town)
                statements(kind, town)
            if "seats" in chosen:
                for name, figures in seats.measure(town).items():
                    note(f"{name}, {kind}", **figures)
            if "import" in chosen:
                note(f"import {kind}, {intake.ROWS} rows", **intake.measure(town))
            if "start" in chosen and kind == "sqlite":
                start(town)
        if "desks" in chosen:
            desks.measure(kind, note)
        if "search" in chosen:
            search.measure(kind, note)
        if "reminders" in chosen:
            reminder(kind)
    file = ROOT / "bench" / "latest.json"
    kept = json.loads(file.read_text()) if sys.argv[1:] and file.is_file() else {}
    file.write_text(json.dumps({**kept, **FIGURES}, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
