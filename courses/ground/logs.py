"""The log of a running process: one JSON object a line in production, readable in development; to stdout.

Never a person's data: no name, address, number, query or body. Who acted is a number; where is a route's pattern. What
is left to chance (the words of someone else's error) passes `_without_persons`, and of an exception only its kind and
the places it came through are said, since its words may hold a row.
"""

import logging
import re
import sys
import traceback
from contextlib import nullcontext
from typing import Any

import structlog
from structlog.typing import EventDict

from config import Settings
from courses.ground import clock

_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")
_NUMBER = re.compile(r"(?<![\w-])(\+?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\w)")
_SECRET = re.compile(r"(/(?:resets|invitations|join)/)[^\s?'\"<][^\s?'\"]*")
_QUERY = re.compile(r"(/[^\s?'\"]*)\?[^\s'\"]+")
PLACES_MAX = 30
_requests: logging.StreamHandler[Any] | None = None  # where the lines of requests go, once `install` has said so
_is_readable = False


def install(settings: Settings) -> None:
    """Let all that this process logs go to stdout in one form: for the server and the worker."""
    global _requests, _is_readable
    renderer: Any = structlog.processors.JSONRenderer(ensure_ascii=False)
    if settings.is_development:
        renderer = structlog.dev.ConsoleRenderer(colors=False)
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.stdlib.ExtraAdder(),
                _say_where,
                _without_persons,
            ],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("courses").setLevel(logging.INFO)
    _requests, _is_readable = handler, settings.is_development


def say_request(number: str, method: str, route: str, status: int, ms: float, actor: int | None) -> None:
    """Write the line of a request. It is written by hand: the way of all other lines takes a tenth of a page's time.

    Nothing in it can hold what JSON must escape: `number` and `method` were checked, `route` is a pattern of ours.
    """
    if _requests is None:
        return
    at = clock.now().isoformat(timespec="microseconds")[:26] + "Z"
    if _is_readable:
        line = f"{at} {method} {route or '-'} {status} {ms:.1f} ms actor={actor or '-'} {number}\n"
    else:
        who = "null" if actor is None else actor
        line = (
            f'{{"event": "request", "at": "{at}", "level": "info", "request_id": "{number}", "method": "{method}", '
            f'"route": "{route}", "status": {status}, "ms": {ms:.1f}, "actor": {who}}}\n'
        )
    with _requests.lock or nullcontext():
        _requests.stream.write(line)
        _requests.flush()


def _say_where(_: Any, __: str, event: EventDict) -> EventDict:
    """Put in an exception's place its kind and the lines it came through, innermost last."""
    raised = event.pop("exc_info", None)
    if isinstance(raised, tuple) and raised[1] is not None:
        frames = traceback.extract_tb(raised[2])[-PLACES_MAX:]
        event["exception"] = type(raised[1]).__name__
        event["where"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    return event


def _without_persons(_: Any, __: str, event: EventDict) -> EventDict:
    """Take out of every text what looks like an address, a mobile number, a secret link or a query."""
    return {key: redacted(value) if isinstance(value, str) else value for key, value in event.items()}


def redacted(words: str) -> str:
    words = _QUERY.sub(r"\1?…", _SECRET.sub(r"\1…", words))
    return _NUMBER.sub("[number]", _ADDRESS.sub("[address]", words))
