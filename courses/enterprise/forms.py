"""The forms of an enterprise."""

from typing import NamedTuple

from werkzeug.datastructures import MultiDict

from courses.ground.refusal import Refusal


class Asked(NamedTuple):
    """Who shall succeed (None: nobody), and which bookings the page showed as passing."""

    heir_id: int | None
    seen: list[int]


def departure(form: MultiDict[str, str]) -> Asked:
    """Return what the form of a departure asks. Raises Refusal("malformed") for what no page of ours sends."""
    numbers = [*filter(None, form.getlist("heir")), *form.getlist("passing")]
    if not all(text.isascii() and text.isdecimal() and len(text) < 10 for text in numbers):
        raise Refusal("malformed")
    return Asked(int(form["heir"]) if form.get("heir") else None, [int(text) for text in form.getlist("passing")])
