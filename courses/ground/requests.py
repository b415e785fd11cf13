"""Every request from outside: its number, its line in the log, its place among the figures."""

import logging
import re
import secrets
import time
from typing import Any

from flask import Flask, g, request

from courses.ground import metrics

log = logging.getLogger("courses.request")
_NUMBER = re.compile(r"[A-Za-z0-9-]{8,64}")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def install(app: Flask, trusts_proxy: bool) -> None:
    """Number, log and count every request; call it before all other hooks, so that theirs are measured too.

    With `trusts_proxy` a number that the proxy gave in X-Request-Id is kept, so that its log and ours can be laid side
    by side.
    """

    @app.before_request
    def _begin() -> None:
        given = request.headers.get("X-Request-Id", "") if trusts_proxy else ""
        g.request_id = given if _NUMBER.fullmatch(given) else secrets.token_hex(8)
        g.begun = time.perf_counter()

    @app.after_request
    def _end(response: Any) -> Any:
        seconds = time.perf_counter() - g.begun
        response.headers["X-Request-Id"] = g.request_id
        method = request.method if request.method in METHODS else "other"
        metrics.count_request(request.endpoint or "none", method, response.status_code, seconds)
        if log.isEnabledFor(logging.INFO):
            log.info("request", extra=_line(method, response.status_code, seconds))
        return response

    # Flask's own says the address, which may be a secret link.
    app.log_exception = _fault  # type: ignore[method-assign, assignment]


def _line(method: str, status: int, seconds: float) -> dict[str, Any]:
    """Return what is said of a request: nothing that its sender typed."""
    actor = g.get("actor")
    return {
        "request_id": g.request_id,
        "method": method,
        "route": request.url_rule.rule if request.url_rule else None,
        "status": status,
        "ms": round(seconds * 1000, 1),
        "actor": actor.id if actor else None,
    }


def _fault(raised: Any) -> None:
    route = request.url_rule.rule if request.url_rule else None
    log.error("fault", exc_info=raised, extra={"request_id": g.get("request_id"), "route": route})
