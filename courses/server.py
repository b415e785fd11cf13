"""The web server: gunicorn, embedded, so that `python wsgi.py` is the production server on any machine."""

import gc
import os
import signal
import subprocess
import sys
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from config import ROOT, Settings
from courses.ground import logs, metrics, pinyin
from courses.ground.db import db


class Server(BaseApplication):
    """gunicorn with its options given here; it reads no file and no command line."""

    def __init__(self, app: Flask, options: dict[str, Any]) -> None:
        self._app, self._options = app, options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        return self._app


def options(host: str, port: int, processes: int, threads: int) -> dict[str, Any]:
    """Return how gunicorn runs here, for the service and for whatever is measured beside it."""
    return {
        "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
        "workers": processes,
        "threads": threads,
        "worker_class": "gthread",
        "preload_app": True,
        "control_socket_disable": True,
        "graceful_timeout": 10,
        "keepalive": 15,
        "loglevel": "warning",
    }


def serve(app: Flask, with_worker: bool = False) -> None:
    """Serve `app` until it is told to stop; with `with_worker`, run one worker beside it and end both together."""
    settings: Settings = app.config["SETTINGS"]
    logs.install(settings)
    metrics.share(settings.metrics_folder)
    with app.app_context():
        db.engine.dispose()  # no connection may cross the fork
    worker = _start_worker() if with_worker else None
    chosen = options(settings.host, settings.port, settings.web_processes, settings.web_threads)
    chosen["child_exit"] = lambda server, child: metrics.forget_process(child.pid)
    if settings.trusted_proxies:
        chosen["forwarded_allow_ips"] = "*"
    pinyin.syllables("环保")  # reads the dictionary once, for all processes
    gc.collect()
    gc.freeze()  # what was made before the fork lives as long as the process: nobody need look through it again
    try:
        Server(app, chosen).run()
    finally:
        if worker:
            worker.send_signal(signal.SIGTERM)
            worker.wait(timeout=15)


def _start_worker() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "worker"]
    return subprocess.Popen(command, cwd=ROOT, start_new_session=True, env=os.environ.copy())  # noqa: TID251
