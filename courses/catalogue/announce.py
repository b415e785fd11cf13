"""What programs are told of a class, as it happens. A class is public, so everyone who listens is told."""

from typing import Any

from courses.webhooks import actions as webhooks
from courses.webhooks.model import Event
from courses.webhooks.queries import listeners


def announce_class(event: Event, facts: dict[str, Any], **more: Any) -> None:
    """Tell who listens what happened to the class that `facts` (see `queries.facts_of`) speak of; inside the
    transaction of the change."""
    listening = listeners(event)
    if listening:
        webhooks.tell(event, [(listening, {**_said(facts), **more})])


def _said(facts: dict[str, Any]) -> dict[str, Any]:
    def both(name: str) -> dict[str, str | None]:
        return {"zh": facts[f"{name}_zh"], "en": facts[f"{name}_en"] or None}

    return {
        "class": facts["id"],
        "title": both("title"),
        "home": both("home"),
        "room": both("room"),
        "sittings": [{"starts_at": start, "ends_at": end} for start, end in facts["sittings"]],
    }
