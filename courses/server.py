"""The web server: gunicorn, embedded, so that `python wsgi.py` is the production server on any machine."""

import gc
import os
import signal
import subprocess
import sys
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.workers.gthread import ThreadWorker

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


class Worker(ThreadWorker):
    """Answers people in the order in which they came, whichever process is free first; gunicorn's own takes in all who
    come, so that of two processes one had twice as many to answer (ADR 35)."""

    asking = 0

    def enqueue_req(self, conn: Any) -> None:
        self.asking += 1
        super().enqueue_req(conn)

    def finish_request(self, conn: Any, fs: Any) -> None:
        self.asking -= 1
        super().finish_request(conn, fs)

    def wait_for_and_dispatch_events(self, timeout: float | None) -> None:
        """While each thread has someone and one more waits for it, leave who comes to the socket that all share."""
        if self.asking >= 2 * self.cfg.threads:
            self.set_accept_enabled(False)  # `run` takes it back before each turn
        super().wait_for_and_dispatch_events(timeout)

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Let go of the connection if someone waits meanwhile: kept, it would ask again ahead of them."""
        if self.asking > self.cfg.threads:
            req.force_close()
        return super().handle_request(req, conn)


def options(host: str, port: int, processes: int, threads: int) -> dict[str, Any]:
    """Return how gunicorn runs here, for the service and for whatever is measured beside it."""
    return {
        "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
        "workers": processes,
        "threads": threads,
        "worker_class": Worker,
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
