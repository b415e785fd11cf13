"""The door for the machine's keeper: the figures, for whoever has their key."""

import hmac
from typing import Any

from flask import Blueprint, current_app, request
from prometheus_client import CONTENT_TYPE_LATEST

from config import Settings
from courses.ground.refusal import Refusal
from courses.people.guard import public
from courses.running.figures import exposition

pages = Blueprint("running", __name__)


@pages.get("/metrics")
@public
def figures() -> Any:
    """Show the figures to who sends METRICS_TOKEN; without that setting there is nothing here."""
    settings: Settings = current_app.config["SETTINGS"]
    if settings.metrics_token is None:
        raise Refusal("not_found")
    sent = request.headers.get("Authorization", "").encode()
    if not hmac.compare_digest(sent, f"Bearer {settings.metrics_token}".encode()):
        return "This needs METRICS_TOKEN as a Bearer token.\n", 401, {"WWW-Authenticate": "Bearer"}
    return exposition(), 200, {"Content-Type": CONTENT_TYPE_LATEST, "Cache-Control": "no-store"}
