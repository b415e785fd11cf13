"""A small HTTP/1.1 client for load: prepared requests, connections kept for some of them, one latency per answer."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import quantiles

# People come and go. One connection kept for a whole measurement would stay with the process that accepted it, and
# by chance all of them with one of two.
REQUESTS_PER_CONNECTION = 10


@dataclass
class Load:
    """What came back: seconds for all, and per answer its status and latency."""

    seconds: float = 0.0
    statuses: list[int] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    bytes_of_first: int = 0

    @property
    def rate(self) -> float:
        return len(self.statuses) / self.seconds

    def percentile_ms(self, percent: int) -> float:
        if len(self.latencies) < 2:
            return self.latencies[0] * 1000
        return quantiles(self.latencies, n=100, method="inclusive")[percent - 1] * 1000


def request(method: str, path: str, headers: dict[str, str], body: str = "") -> bytes:
    """Return a request ready to be sent."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *(f"{k}: {v}" for k, v in headers.items())]
    if method == "POST":
        lines.append(f"Content-Length: {len(body.encode())}")
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def run(port: int, requests: Sequence[bytes], at_once: int) -> Load:
    """Send all requests over `at_once` connections, each taking the next as soon as it has its answer."""
    return asyncio.run(_run(port, requests, at_once))


async def _run(port: int, requests: Sequence[bytes], at_once: int) -> Load:
    load, waiting = Load(), iter(requests)
    began = time.perf_counter()
    await asyncio.gather(*(_connection(port, waiting, load) for _ in range(min(at_once, len(requests)))))
    load.seconds = time.perf_counter() - began
    return load


async def _connection(port: int, waiting, load: Load) -> None:
    reader = writer = None
    for n, asked in enumerate(waiting):
        if writer is not None and n % REQUESTS_PER_CONNECTION == 0:
            writer.close()
        began = time.perf_counter()
        if writer is None or writer.is_closing():
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(asked)
        head = await reader.readuntil(b"\r\n\r\n")
        fields = head.lower()
        size = 0
        if b"transfer-encoding: chunked" in fields:
            while chunk := int(await reader.readline(), 16):
                await reader.readexactly(chunk + 2)
                size += chunk
            await reader.readline()
        elif (at := fields.find(b"content-length:")) >= 0:
            size = int(fields[at + 15 : fields.index(b"\r\n", at)])
            await reader.readexactly(size)
        load.latencies.append(time.perf_counter() - began)
        load.statuses.append(int(head[9:12]))
        load.bytes_of_first = load.bytes_of_first or size
        if b"connection: close" in fields:
            writer.close()
    if writer is not None:
        writer.close()
