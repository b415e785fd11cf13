"""Webhooks: one HTTP POST each, to an address that someone gave us and that is therefore not trusted.

The name is resolved here and the connection made to the address found, so that a name cannot mean a public place when
it is checked and one of ours when it is used. Nothing is followed, nothing of the answer is read but its status, and
five seconds are all there is, however slowly the other side speaks.
"""

import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http import client
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from courses.outbox.channels import Message, Refused

TIMEOUT_S: Final = 5
GONE: Final = 410  # the other side asks to be told nothing more
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_INSIDE: Final = (".localhost", ".local", ".internal", ".lan", ".home.arpa")


@contextmanager
def http(trusts_private: bool) -> Iterator[Callable[[Message], None]]:
    """Yield a function that sends one message. A place that was silent once is not asked again in this batch, so that
    it holds nobody else up."""
    silent: dict[str, str] = {}

    def send(message: Message) -> None:
        parts = urlsplit(message.to)
        if why := silent.get(parts.netloc):
            raise Refused(why)
        try:
            status = _post(parts, message, trusts_private)
        except (OSError, client.HTTPException, ValueError) as error:
            silent[parts.netloc] = f"no answer: {str(error) or type(error).__name__}"
            raise Refused(silent[parts.netloc]) from error
        if not 200 <= status < 300:
            raise Refused(f"HTTP {status}", permanent=status == GONE)

    yield send


def may_be_public(host: str) -> bool:
    """Return whether `host` could be a place on the internet, as far as can be said without asking."""
    name = host.rstrip(".").lower()
    try:
        return _is_public(name)
    except ValueError:
        return "." in name and not f".{name}".endswith(_INSIDE)


def _is_public(address: str) -> bool:
    """Return whether an IP address is on the internet: not ours, not this machine, and not one in disguise."""
    ip: Any = ipaddress.ip_address(address.partition("%")[0])
    inner = getattr(ip, "ipv4_mapped", None) or getattr(ip, "sixtofour", None)
    if inner is not None:
        return _is_public(str(inner))
    if ip.version == 6 and (ip in _NAT64 or ip.teredo):
        return False
    return bool(ip.is_global and not ip.is_multicast and not ip.is_reserved)


def _addresses(parts: SplitResult, trusts_private: bool) -> list[tuple[Any, ...]]:
    """Return where the name leads, all of it. Raises Refused when any of it is not on the internet."""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    found = [info[4] for info in socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)]
    if not trusts_private and not all(_is_public(str(address[0])) for address in found):
        raise Refused("not sent: the name leads into a private network")
    return found


def _post(parts: SplitResult, message: Message, trusts_private: bool) -> int:
    """Send, and return the status of the answer."""
    address = _addresses(parts, trusts_private)[0]
    line = socket.create_connection(address[:2], timeout=TIMEOUT_S)
    if parts.scheme == "https":
        context = ssl.create_default_context()
        line = context.wrap_socket(line, server_hostname=parts.hostname, do_handshake_on_connect=False)
    end = threading.Timer(TIMEOUT_S, _cut, [line])
    end.start()
    try:
        if isinstance(line, ssl.SSLSocket):
            line.do_handshake()
        connection = client.HTTPConnection(parts.netloc)
        connection.sock = line
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = {"User-Agent": "course-supermarket", "Connection": "close", **message.headers}
        connection.request("POST", path, message.text.encode(), headers)
        return connection.getresponse().status
    finally:
        end.cancel()
        line.close()


def _cut(line: socket.socket) -> None:
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
