"""What every door of the API shares: shapes, reading what was sent, writing what is answered.

A view of the API is a function of its path's ids, `query` and `body`. `operation` reads these by the shapes that the
view's annotations name and writes the shape that it returns; from the same annotations the OpenAPI document is made,
so that it cannot say anything else. A shape says what is well formed; what may be is decided by the actions.
"""

import base64
import binascii
import datetime as dt
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Annotated, Any, ClassVar, Final, TypeVar, cast, get_type_hints
from urllib.parse import urlencode

from flask import Response, request
from flask_babel import lazy_gettext as _l
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import ErrorDetails, PydanticCustomError
from werkzeug.exceptions import BadRequest, UnsupportedMediaType
from werkzeug.routing import IntegerConverter

from courses.ground import clock
from courses.ground.forms import TOO_LONG
from courses.ground.idempotency import RequestKey
from courses.ground.refusal import Refusal

Row = TypeVar("Row")
Key = TypeVar("Key")
MAX_ID: Final = 999_999_999  # nine digits fit every database's integer; a path with more is no path of ours
KEY_MAX: Final = 255


class IdConverter(IntegerConverter):
    """`<id:name>` in a path: a row's id, written in the one way that there is."""

    regex = "[1-9][0-9]{0,8}"


_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)", re.ASCII | re.IGNORECASE)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def _moment(value: Any) -> dt.datetime:
    """Read RFC 3339, and nothing else: pydantic would take a number in a string for the seconds since 1970."""
    if isinstance(value, dt.datetime):
        return value
    try:
        if not isinstance(value, str) or not _MOMENT.fullmatch(value):
            raise ValueError
        moment = dt.datetime.fromisoformat(value.upper())
    except ValueError:
        raise PydanticCustomError("no_moment", "This must be a time with its zone, as in RFC 3339.") from None
    _require_reach(moment)
    return moment


def _day(value: Any) -> dt.date:
    if isinstance(value, dt.date):
        return value
    try:
        if not isinstance(value, str) or not _DAY.fullmatch(value):
            raise ValueError
        day = dt.date.fromisoformat(value)
    except ValueError:
        raise PydanticCustomError("no_day", "This must be a day, as in 2026-11-28.") from None
    _require_reach(day)
    return day


def _require_reach(day: dt.date) -> None:
    """Refuse years that cannot be turned into another zone, or that nobody means."""
    if not 2000 <= day.year <= 2200:
        raise PydanticCustomError("out_of_reach", "Check the year.")


def _whole(value: Any) -> Any:
    """Take 1.0 for 1: JSON knows one kind of number only."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _in_city(moment: dt.datetime) -> str:
    return clock.local(moment).isoformat(timespec="seconds")


Moment = Annotated[
    dt.datetime,
    PlainValidator(_moment),
    PlainSerializer(_in_city, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-28T09:00:00+08:00"]}),
]
"""A moment with its offset (RFC 3339); written in the city's zone."""

Day = Annotated[
    dt.date,
    PlainValidator(_day),
    PlainSerializer(dt.date.isoformat, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date", "examples": ["2026-11-28"]}),
]
WHOLE = BeforeValidator(_whole)  # stands last, or the bounds before it are left out of the document
Id = Annotated[int, Field(ge=1, le=MAX_ID, examples=[7]), WHOLE]
Line = Annotated[
    str,
    # No control or zero-width characters: PostgreSQL takes no NUL, and nobody types the others.
    StringConstraints(
        strip_whitespace=True,
        pattern=r"^[^\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]*$",
    ),
]
Text = Annotated[
    str,
    # As a line, but with line ends and tabs, and with what joins emoji.
    StringConstraints(
        strip_whitespace=True,
        pattern=r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u200b\u200c\u200e\u200f"
        r"\u202a-\u202e\u2060-\u206f\ufeff]*$",
    ),
    AfterValidator(lambda text: text.replace("\r\n", "\n")),
]


def _describe(schema: dict[str, Any], shape: Any) -> None:
    schema.pop("description", None)  # a docstring is for programmers of this house
    if shape.about:
        schema["description"] = str(shape.about)


class Shape(BaseModel):
    """What is sent or answered; `about` says it to whoever reads the API's page.

    Unknown fields are refused: a misspelt one would be silently without effect.
    """

    model_config = ConfigDict(extra="forbid", serialize_by_alias=True, json_schema_extra=_describe)
    about: ClassVar[Any] = ""


class Words(Shape):
    about = _l("A text in both languages; `en` is null where there is no English yet.")

    zh: str
    en: str | None


def words(row: Any, name: str) -> Words:
    return Words(zh=getattr(row, f"{name}_zh"), en=getattr(row, f"{name}_en") or None)


class Query(Shape):
    """What every operation takes in its address. `lang`: the language of a problem's `detail`."""

    lang: str | None = Field(None, max_length=16)


class Paged(Query):
    """The query of a list. `cursor` is opaque: take it from `next`."""

    cursor: str | None = Field(None, max_length=200)
    limit: int = Field(20, ge=1, le=100)

    def after(self, kind: TypeAdapter[Key]) -> Key | None:
        """Return the place the cursor names, or None for the beginning. Raises Malformed."""
        if self.cursor is None:
            return None
        try:
            return kind.validate_json(base64.b64decode(self.cursor, altchars=b"-_", validate=True), strict=True)
        except (binascii.Error, ValueError):
            raise Malformed([Fault(parameter="cursor", detail=str(_FAULTS["cursor"]))]) from None


class Page(Shape):
    about = _l("One page of a list. `next`: the address of what follows, or null.")

    next: str | None


class Made(Shape):
    about = _l("What was made; `url` is where it can be read.")

    url: str


class Fault(Shape):
    about = _l("What cannot be read, and where: a pointer into the body, a parameter of the address, or a header.")

    pointer: str | None = None
    parameter: str | None = None
    header: str | None = None
    detail: str


class Problem(Shape):
    about = _l("An error (RFC 9457). `code` is stable; `detail` is a sentence in the language of the request.")

    type: str
    title: str
    status: int
    code: str
    detail: str | None = None
    errors: list[Fault] | None = None


class Malformed(Refusal):
    """What was sent has not the shape it must have; `faults` say where."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("malformed")
        self.faults = list(faults)


def page_of(rows: list[Row], limit: int, place: Callable[[Row], Sequence[Any]]) -> tuple[list[Row], str | None]:
    """Return the first `limit` of `rows` and, if there are more, the address of those after `place(last)`."""
    if len(rows) <= limit:
        return rows, None
    shown = rows[:limit]
    text = json.dumps(place(shown[-1]), default=dt.datetime.isoformat, separators=(",", ":"))
    # A trailing space is no part of the JSON, and saves the "=" that would have to be quoted in the address.
    cursor = base64.urlsafe_b64encode(text.encode().ljust(-(-len(text) // 3) * 3)).decode()
    return shown, f"{request.script_root}{request.path}?{urlencode({**request.args, 'cursor': cursor})}"


@dataclass(frozen=True)
class Operation:
    """What a view takes and gives; the OpenAPI document is made from these. `refuses`: the codes of its rules."""

    summary: Any
    about: Any
    query: type[Query]
    body: type[BaseModel] | None
    answer: type[BaseModel]
    status: int
    refuses: tuple[str, ...]
    takes_key: bool


def operation(
    summary: Any, *refuses: str, about: Any = "", status: int = 200, takes_key: bool = False
) -> Callable[[Callable[..., BaseModel]], Callable[..., Response]]:
    """Declare a view of the API. `takes_key`: it keeps its answer for an Idempotency-Key."""

    def declare(view: Callable[..., BaseModel]) -> Callable[..., Response]:
        hints = get_type_hints(view)
        query, body = hints.get("query"), hints.get("body")

        @wraps(view)
        def answer(**given: Any) -> Response:
            asked = _query(query or Query)
            if query:
                given["query"] = asked
            if body:
                given["body"] = _body(body)
            return _answer(view(**given), status)

        cast(Any, answer).operation = Operation(
            summary, about, query or Query, body, hints["return"], status, refuses, takes_key
        )
        return answer

    return declare


def _query(shape: type[Query]) -> Query:
    try:
        return shape.model_validate_strings(request.args.to_dict())
    except ValidationError as error:
        raise Malformed(
            [Fault(parameter=".".join(map(str, e["loc"])), detail=_detail(e)) for e in error.errors()]
        ) from None


def _body(shape: type[BaseModel]) -> BaseModel:
    if request.mimetype != "application/json":
        raise UnsupportedMediaType
    try:
        return shape.model_validate_json(request.get_data(), strict=True)
    except ValidationError as error:
        faults = error.errors(include_url=False)
    if faults[0]["type"] == "json_invalid":
        raise BadRequest
    raise Malformed([Fault(pointer=_pointer(e["loc"]), detail=_detail(e)) for e in faults])


def _pointer(place: tuple[int | str, ...]) -> str:
    return "#" + "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in place)


_FAULTS = {
    "cursor": _l("This is not a cursor from here. Take it from `next`."),
    "key": _l("1 to 255 letters, digits and signs of ASCII."),
    "missing": _l("This is missing."),
    "enum": _l("This is not among what can be chosen."),
    "not_offered": _l("This is not among what can be chosen."),
    "twice": _l("One is named twice."),
    "extra_forbidden": _l("There is no such field."),
    "int_type": _l("This must be a whole number."),
    "int_parsing": _l("This must be a whole number."),
    "bool_parsing": _l("This must be true or false."),
    "string_type": _l("This must be a text."),
    "string_too_short": _l("Fill this in."),
    "string_too_long": TOO_LONG,
    "string_pattern_mismatch": _l("There are invisible characters here. Please type it again."),
    "greater_than_equal": _l("This number is too small."),
    "less_than_equal": _l("This number is too large."),
    "list_type": _l("This must be a list."),
    "too_short": _l("There are too few here."),
    "too_long": _l("There are too many here."),
    "model_type": _l("This must be an object."),
    "no_moment": _l("This must be a time with its zone, as in RFC 3339."),
    "no_day": _l("This must be a day, as in 2026-11-28."),
    "out_of_reach": _l("Check the year."),
}


def _detail(error: ErrorDetails) -> str:
    if (words := _FAULTS.get(error["type"])) is None:
        return error["msg"]
    return str(words) % {"max": error.get("ctx", {}).get("max_length")}


def _answer(shape: BaseModel, status: int) -> Response:
    response = Response(shape.model_dump_json(), status, mimetype="application/json")
    if isinstance(shape, Page) and shape.next:
        response.headers["Link"] = f'<{shape.next}>; rel="next"'
    if isinstance(shape, Made):
        response.headers["Location"] = shape.url
    return response


def request_key(actor_id: int) -> RequestKey | None:
    """Return the Idempotency-Key that was sent along, if any. Raises Malformed."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not 1 <= len(key) <= KEY_MAX or not key.isascii() or not key.isprintable():
        raise Malformed([Fault(header="Idempotency-Key", detail=str(_FAULTS["key"]))])
    return RequestKey(actor_id, f"{request.method} {request.path}", key, request.get_data())
