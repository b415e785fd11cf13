"""A program that listens: an HTTP server of one test, which answers as it is told, hangs, drips or dies."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Heard:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Sink:
    """`status`: what it answers; 0 hangs, -1 drips, both for long before a good answer; -2 dies in the middle.

    `heard`: all that came.
    """

    port: int
    status: int = 204
    location: str | None = None
    heard: list[Heard] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/courses?of=haining"


@contextmanager
def listening() -> Iterator[Sink]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            sink.heard.append(Heard(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            if sink.status == -2:
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            if sink.status == 0:
                if not sink.ended.wait(20):
                    self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
                return
            if sink.status == -1:
                self._drip()
                return
            self.send_response(sink.status)
            if sink.location:
                self.send_header("Location", sink.location)
            self.end_headers()

        def _drip(self) -> None:
            with contextlib.suppress(OSError):
                for sign in b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 40 + b"\r\n":
                    self.wfile.write(bytes([sign]))
                    if sink.ended.wait(0.05):
                        return

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    sink = Sink(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield sink
    finally:
        sink.ended.set()
        server.shutdown()
        thread.join()
        server.server_close()
