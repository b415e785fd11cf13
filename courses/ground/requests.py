"""Every request from outside: its number, its line in the log, its place among the figures."""

import logging
import random
import re
import time
from typing import Any

from flask import Flask, g, request

from courses.ground import logs, metrics

log = logging.getLogger("courses.request")
_NUMBER = re.compile(r"[A-Za-z0-9-]{8,64}")
_request_here: Any = request._get_current_object  # type: ignore[attr-defined]
_g_here: Any = g._get_current_object
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def install(app: Flask, trusts_proxy: bool) -> None:
    """Number, log and count every request; call it before all other hooks, so that theirs are measured too.

    With `trusts_proxy` a number that the proxy gave in X-Request-Id is kept, so that its log and ours can be laid side
    by side.
    """

    # Each look through `request` and `g` costs as much as a dictionary's ten: both are asked for once.
    @app.before_request
    def _begin() -> None:
        here = _g_here()
        given = request.headers.get("X-Request-Id", "") if trusts_proxy else ""
        here.request_id = given if _NUMBER.fullmatch(given) else f"{random.getrandbits(64):016x}"
        here.begun = time.perf_counter()

    @app.after_request
    def _end(response: Any) -> Any:
        asked, here = _request_here(), _g_here()
        seconds = time.perf_counter() - here.begun
        status, rule = response.status_code, asked.url_rule
        response.headers["X-Request-Id"] = here.request_id
        method = asked.method if asked.method in METHODS else "other"
        metrics.count_request(rule.endpoint if rule else "none", method, status, seconds)
        actor = here.get("actor")
        logs.say_request(
            here.request_id, method, rule.rule if rule else "", status, seconds * 1000, actor.id if actor else None
        )
        return response

    # Flask's own says the address, which may be a secret link.
    app.log_exception = _fault  # type: ignore[method-assign, assignment]


def _fault(raised: Any) -> None:
    route = request.url_rule.rule if request.url_rule else None
    log.error("fault", exc_info=raised, extra={"request_id": g.get("request_id"), "route": route})
