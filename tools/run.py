"""What `make run` starts: the database brought up to date, the demo town, then web and worker together.

One process for all of it: each start of Python with everything imported takes about two seconds, and a second
`make run` must answer within five.
"""

import errno
import os
import socket
import sys

from flask_migrate import upgrade

from config import Settings
from courses.demo import load
from courses.ground import clock
from courses.server import serve
from wsgi import app


def main() -> None:
    settings: Settings = app.config["SETTINGS"]
    _refuse_taken_port(settings)
    with app.app_context():
        upgrade()
        if load.is_empty():
            print("Inventing a town ...", flush=True)
            load.load(clock.now())
        for line in load.cast_lines():
            print(line)
    print(f"\nOpen {settings.base_url} - ctrl-C ends it.", flush=True)
    serve(app, with_worker=True)


def _refuse_taken_port(settings: Settings) -> None:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((settings.host, settings.port))
        except OSError as error:
            why = "already in use" if error.errno == errno.EADDRINUSE else os.strerror(error.errno or 0)
            sys.exit(f"{settings.host}:{settings.port} is {why}; try another: make run PORT={settings.port + 1}")


if __name__ == "__main__":
    main()
