"""The API: one document that describes it, one form for all its errors, one address for its pages.

What can be asked stands in each room's `api.py`; here it is put together under /api/v1. The session cookie has no
meaning there (see `courses.app`), so a forged form can do nothing and CSRF is not asked for.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from flask import Blueprint, Flask, Response, current_app, g, jsonify, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup, escape
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from courses.accounts import api as accounts_api
from courses.booking import api as booking_api
from courses.bulk import api as bulk_api
from courses.catalogue import api as catalogue_api
from courses.desks import api as desks_api
from courses.enterprise import api as enterprise_api
from courses.ground.api import MAX_ID, Fault, IdConverter, Made, Malformed, Operation, Page, Problem
from courses.ground.language import lang
from courses.ground.refusal import REFUSALS
from courses.homes import api as homes_api
from courses.people.guard import public
from courses.people.looks import none_looked
from courses.people.rights import GRANTS, PUBLIC, Right, reached_by
from courses.roster import api as roster_api
from courses.webhooks import api as webhooks_api

ABOUT = _l(
    "Reading courses, classes and Homes is open to everyone; all else needs a token, which you make on your profile "
    "page. Every token reads; one with the scope `book` also books and cancels, one with `serve` does all else that "
    "its person may do. Times carry their zone (RFC 3339). Lists are read on by the address in `next`. Errors are "
    "problem documents (RFC 9457) with a stable `code`."
)
BASE: Final = "/api/v1"
SCHEMA: Final = "#/components/schemas/"
ROOMS = {
    "catalogue_api": _l("Courses and classes"),
    "homes_api": _l("Homes"),
    "booking_api": _l("Bookings"),
    "bulk_api": _l("Lists of people"),
    "roster_api": _l("Roster"),
    "desks_api": _l("Yourself"),
    "accounts_api": _l("People"),
    "enterprise_api": _l("Enterprises"),
    "webhooks_api": _l("Webhooks"),
}
HTTP = {
    "bad_request": (400, _l("This cannot be read. A body must be valid JSON in UTF-8.")),
    "method_not_allowed": (405, _l("This address does not take this method. The header Allow names those it takes.")),
    "request_entity_too_large": (413, _l("This is more than can be sent at once.")),
    "unsupported_media_type": (415, _l("Send JSON, with the header Content-Type: application/json.")),
    "internal_server_error": (500, _l("Something broke here. It is not your fault, and nothing was changed.")),
}
STATUS = {
    400: _l("The body is not JSON."),
    401: _l("No valid token was sent."),
    403: _l("The caller's roles, or the token's scopes, do not include this."),
    404: _l("There is nothing here, or it is not the caller's to see."),
    409: _l("It does not fit what is there now."),
    413: _l("The body is too large."),
    415: _l("The body is not declared as JSON."),
    422: _l("Something sent cannot be taken."),
    429: _l("This was asked too often. Try again after Retry-After seconds."),
    503: _l("Too many ask at this moment, or the records cannot be reached. Try again after Retry-After seconds."),
}
pages = Blueprint("api", __name__)


def install(app: Flask) -> None:
    """Put the rooms' resources under /api/v1, outside CSRF, with one kind of error and an ETag on each answer."""
    app.url_map.converters["id"] = IdConverter
    for room in (
        catalogue_api,
        homes_api,
        booking_api,
        bulk_api,
        roster_api,
        desks_api,
        accounts_api,
        enterprise_api,
        webhooks_api,
    ):
        app.register_blueprint(room.resources, url_prefix=BASE)
        app.extensions["csrf"].exempt(room.resources)
    app.register_blueprint(pages, url_prefix=BASE)

    @app.errorhandler(Malformed)
    def _malformed(malformed: Malformed) -> Response:
        none_looked()
        return problem(malformed.status, malformed.code, malformed.words, malformed.faults)

    @app.after_request
    def _conditional(response: Response) -> Response:
        if request.path.startswith(BASE) and request.method in ("GET", "HEAD") and response.status_code == 200:
            response.headers.setdefault("Cache-Control", "private, no-cache" if g.get("actor") else "no-cache")
            response.add_etag()
            response.make_conditional(request)
        return response


def problem(status: int, code: str, words: str, faults: Sequence[Fault] = ()) -> Response:
    """Return an error in the API's one form (RFC 9457). `code` is stable; `words` are for a person."""
    if code == "not_signed_in":
        words = _("Send a token that is still valid: Authorization: Bearer TOKEN. You make one on your profile page.")
    base_url = current_app.config["SETTINGS"].base_url
    said = Problem(
        type=f"{base_url}{BASE}/docs#{code}",
        title=code.replace("_", " ").capitalize(),
        status=status,
        code=code,
        detail=words or str({**REFUSALS, **HTTP}.get(code, (status, ""))[1]) or None,
        errors=list(faults) or None,
    )
    response = Response(said.model_dump_json(exclude_none=True), status, mimetype="application/problem+json")
    response.headers["Cache-Control"] = "no-store"
    return response


@pages.get("/openapi.json")
@public
def openapi() -> Response:
    return jsonify(document(current_app))


@pages.get("/docs")
@public
def docs() -> str:
    described = document(current_app)
    rooms: dict[str, list[tuple[str, str, Any]]] = defaultdict(list)
    for path, methods in described["paths"].items():
        for method, about in methods.items():
            rooms[about["tags"][0]].append((method.upper(), path, about))
    codes = {code for route in _routes(current_app) for code in _codes(route)} | set(HTTP)
    refusals = [(code, *{**REFUSALS, **HTTP}[code]) for code in sorted(codes)]
    return render_template(
        "api/docs.html",
        document=described,
        rooms=rooms,
        refusals=[(code, status, re.sub(r"%\(\w+\)s", "…", str(words))) for code, status, words in refusals],
        example=lambda schema, indent: json.dumps(
            example(schema, described["components"]["schemas"]), ensure_ascii=False, indent=indent
        ),
        coded=_coded,
        base=BASE,
        base_url=current_app.config["SETTINGS"].base_url,
    )


def _coded(text: str) -> Markup:
    """Return a description with its `names` as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


class Route(NamedTuple):
    """One operation and where it is."""

    path: str
    method: str
    room: str
    name: str
    right: Right
    operation: Operation

    @property
    def is_public(self) -> bool:
        return self.right in PUBLIC


def _routes(app: Flask) -> Iterator[Route]:
    for rule in app.url_map.iter_rules():
        view: Any = app.view_functions[rule.endpoint]
        if not hasattr(view, "operation"):
            continue
        room, _dot, name = rule.endpoint.partition(".")
        path = re.sub(r"<[^:>]+:(\w+)>", r"{\1}", rule.rule)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            yield Route(path, method, room, name, view.right, view.operation)


def document(app: Flask) -> dict[str, Any]:
    """Return the OpenAPI document in the language of the request, made once for each."""
    made: dict[str, dict[str, Any]] = app.extensions.setdefault("openapi", {})
    if lang() not in made:
        made[lang()] = _document(app)
    return made[lang()]


def _document(app: Flask) -> dict[str, Any]:
    routes = sorted(_routes(app), key=lambda route: list(ROOMS).index(route.room))
    paths: dict[str, dict[str, Any]] = defaultdict(dict)
    for route in routes:
        paths[route.path][route.method.lower()] = _operation(route)
    shapes: set[tuple[type[BaseModel], JsonSchemaMode]] = {(Problem, "serialization")}
    for route in routes:
        shapes.add((route.operation.answer, "serialization"))
        if route.operation.body:
            shapes.add((route.operation.body, "validation"))
    _names, schemas = models_json_schema(sorted(shapes, key=str), ref_template=SCHEMA + "{model}")
    return {
        "openapi": "3.1.0",
        "info": {"title": str(_("Course supermarket")), "version": "1", "description": str(ABOUT)},
        "servers": [{"url": app.config["SETTINGS"].base_url}],
        "tags": [{"name": str(words)} for words in ROOMS.values()],
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(route: Route) -> dict[str, Any]:
    what = route.operation
    described: dict[str, Any] = {
        "operationId": f"{route.room.removesuffix('_api')}.{route.name.strip('_')}",
        "tags": [str(ROOMS[route.room])],
        "summary": str(what.summary),
        "parameters": list(_parameters(route)),
        "responses": _responses(route),
        "security": [] if route.is_public else [{"token": []}],
    }
    if what.about:
        described["description"] = str(what.about)
    if not route.is_public:
        described["x-roles"] = sorted({role for roles, _scope in GRANTS[route.right] for role in roles})
        described["x-scopes"] = list(reached_by(route.right, only_reads=route.method == "GET"))
    if what.body:
        described["requestBody"] = {"required": True, "content": {"application/json": {"schema": _ref(what.body)}}}
    return described


def _parameters(route: Route) -> Iterator[dict[str, Any]]:
    whole = {"type": "integer", "minimum": 1, "maximum": MAX_ID, "examples": [7]}
    for name in re.findall(r"{(\w+)}", route.path):
        yield {"name": name, "in": "path", "required": True, "schema": whole}
    for name, schema in route.operation.query.model_json_schema()["properties"].items():
        # What can be left out of an address cannot be null in it.
        kind = next((kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}), schema)
        shown = {key: value for key, value in kind.items() if key != "title" and (key, value) != ("default", None)}
        yield {"name": name, "in": "query", "required": False, "schema": shown}
    if route.method == "GET":
        yield {"name": "If-None-Match", "in": "header", "required": False, "schema": {"type": "string"}}
    if route.operation.takes_key:
        key = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]*$"}
        yield {"name": "Idempotency-Key", "in": "header", "required": False, "schema": key}


def _codes(route: Route) -> Iterator[str]:
    """Yield the code of each error that the operation can answer with."""
    yield from route.operation.refuses
    yield from ("malformed", "unavailable")
    if not route.is_public:
        yield from ("not_signed_in", "token_expired", "token_ended", "not_allowed")
        if route.method != "GET":
            yield "beyond_token"
    if "{" in route.path:
        yield "not_found"
    if route.method != "GET":
        yield "busy"
    if route.operation.body:
        yield from ("bad_request", "unsupported_media_type", "request_entity_too_large")
    if route.operation.takes_key:
        yield "key_reused"


def _responses(route: Route) -> dict[str, Any]:
    what = route.operation
    headers: dict[str, Any] = {}
    if route.method == "GET":
        headers["ETag"] = {"schema": {"type": "string"}}
    if issubclass(what.answer, Page):
        headers["Link"] = {"schema": {"type": "string"}}
    if issubclass(what.answer, Made):
        headers["Location"] = {"required": True, "schema": {"type": "string"}}
    answer = {
        "description": str(_("Done.")),
        "headers": headers,
        "content": {"application/json": {"schema": _ref(what.answer)}},
    }
    responses: dict[str, Any] = {str(what.status): answer}
    if route.method == "GET":
        responses["304"] = {"description": str(_("Nothing has changed since the ETag that was sent."))}
    by_status: dict[int, set[str]] = defaultdict(set)
    for code in _codes(route):
        by_status[{**REFUSALS, **HTTP}[code][0]].add(code)
    for status, codes in sorted(by_status.items()):
        responses[str(status)] = _problem_of(status, sorted(codes))
    return responses


def _problem_of(status: int, codes: list[str]) -> dict[str, Any]:
    schema = {"allOf": [{"$ref": SCHEMA + Problem.__name__}, {"properties": {"code": {"enum": codes}}}]}
    described: dict[str, Any] = {
        "description": str(STATUS[status]),
        "content": {"application/problem+json": {"schema": schema}},
    }
    header = {401: "WWW-Authenticate", 429: "Retry-After", 503: "Retry-After"}.get(status)
    if header:
        described["headers"] = {header: {"required": True, "schema": {"type": "string"}}}
    return described


def _ref(shape: type[BaseModel]) -> dict[str, str]:
    return {"$ref": SCHEMA + shape.__name__}


def example(schema: dict[str, Any], schemas: dict[str, Any]) -> Any:
    """Return a value of the shape `schema`: its own example, or one put together from its parts."""
    if "$ref" in schema:
        return example(schemas[schema["$ref"].removeprefix(SCHEMA)], schemas)
    for key in ("examples", "enum", "anyOf", "allOf"):
        if key in schema:
            first = schema[key][0]
            return first if key in ("examples", "enum") else example(first, schemas)
    if "default" in schema:
        return schema["default"]
    if schema["type"] == "object":
        said = {name: part for name, part in schema["properties"].items() if part.get("default", part) is not None}
        return {name: example(part, schemas) for name, part in said.items()}
    if schema["type"] == "array":
        return [example(schema["items"], schemas)]
    return {"string": "…", "integer": 1, "number": 1.0, "boolean": True}[schema["type"]]
