"""What the API's shapes let in."""

from collections.abc import Iterator
from typing import Any

from flask import Flask

from courses.ground.api import Paged

BOUND = ("pattern", "enum", "const", "format")  # a text with one of these was said to be more than any signs


def sent(app: Flask) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the schemas of what is sent, body and query, each with its operation."""
    for endpoint, view in app.view_functions.items():
        if operation := getattr(view, "operation", None):
            yield from ((endpoint, shape.model_json_schema()) for shape in (operation.body, operation.query) if shape)


def texts(schema: Any, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every text in a schema, with where it stands."""
    if isinstance(schema, dict):
        if schema.get("type") == "string":
            yield place, schema
        for name, inner in schema.items():
            yield from texts(inner, f"{place}/{name}")
    elif isinstance(schema, list):
        for inner in schema:
            yield from texts(inner, place)


def test_no_text_is_taken_with_signs_that_nobody_types(app: Flask) -> None:
    """PostgreSQL takes no NUL, and a name hides behind the others: a text that is sent is a Line or a Text."""
    read_here = [f"/properties/{name}/anyOf" for name in Paged.model_fields]  # and nowhere kept
    normalised = ["/properties/email/anyOf", "/properties/mobile/anyOf"]  # by people/identity.py
    shapes = list(sent(app))
    plain = {
        (endpoint, place)
        for endpoint, schema in shapes
        for place, text in texts(schema)
        if not any(bound in text for bound in BOUND) and not place.endswith((*read_here, *normalised))
    }
    assert shapes
    assert plain == set()
