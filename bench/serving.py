"""The town in production form, for as long as it is measured."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from bench import client
from bench.town import PORT, Town
from config import ROOT


@contextmanager
def serving(town: Town, floor_bytes: int | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """Serve the town in production form with two processes; with `floor_bytes`, serve the floor instead."""
    command = (
        [sys.executable, "wsgi.py"]
        if floor_bytes is None
        else [sys.executable, "-m", "bench.floor", str(PORT), str(floor_bytes)]
    )
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **town.environ}, stdout=subprocess.DEVNULL)
    try:
        _await(town, "/healthz" if floor_bytes is None else "/")
        yield process
    finally:
        process.terminate()
        process.wait(20)


def _await(town: Town, path: str) -> None:
    for _ in range(200):
        try:
            if client.run(PORT, [town.get(path)], 1).statuses[0] < 500:
                return
        except OSError:
            time.sleep(0.05)
    raise SystemExit("The server did not start.")
