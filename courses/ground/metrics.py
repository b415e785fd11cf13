"""What a process counts while it answers: requests, how long they took, and what became of the seats asked for.

Several processes share their counts through small files in one folder (`share`), so that whichever of them is asked
answers for all. Without `share`, as in a test or a command, they stay in memory.
"""

import os
import shutil
from functools import lru_cache
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Histogram, values
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

_OWN = CollectorRegistry()
_REQUESTS = Counter("courses_requests", "Requests answered.", ("endpoint", "method", "status"), registry=_OWN)
_SECONDS = Histogram(
    "courses_request_seconds",
    "How long answering took.",
    ("endpoint",),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
    registry=_OWN,
)
_SEATS = Counter("courses_seats", "Seats asked for: booked, queued or refused.", ("outcome",), registry=_OWN)
_folder: Path | None = None


def share(folder: Path) -> None:
    """Share counts with the processes that are forked from this one; they begin at nought."""
    global _folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    # The library reads both when it makes its first number, which no process has done before its first request.
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)  # noqa: TID251 - the library's own setting
    values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call]
    _folder = folder


def forget_process(pid: int) -> None:
    """Say that a process of `share` has ended; what it counted stays counted."""
    if _folder:
        mark_process_dead(pid, str(_folder))  # type: ignore[no-untyped-call]


def registry() -> CollectorRegistry:
    """Return what answers for all processes that share, or for this one."""
    if _folder is None:
        return _OWN
    shared = CollectorRegistry()
    MultiProcessCollector(shared, str(_folder))  # type: ignore[no-untyped-call]
    return shared


@lru_cache(maxsize=1000)
def _request(endpoint: str, method: str, status: str) -> tuple[Counter, Histogram]:
    return _REQUESTS.labels(endpoint, method, status), _SECONDS.labels(endpoint)


def count_request(endpoint: str, method: str, status: int, seconds: float) -> None:
    """Count one answer, under the class of its status: 2xx, 4xx ..."""
    count, took = _request(endpoint, method, f"{status // 100}xx")
    count.inc()
    took.observe(seconds)


def count_seats(outcome: str, seats: int = 1) -> None:
    _SEATS.labels(outcome).inc(seats)
