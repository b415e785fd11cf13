"""What every form of the house shares: fields for moments in the city's zone, and one word for "empty"."""

import datetime as dt
from typing import Any

from flask import request
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateTimeLocalField
from wtforms.validators import ValidationError

from courses.ground import clock
from courses.ground.refusal import Refusal

REQUIRED = _l("Fill this in.")
FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"]


class MomentField(DateTimeLocalField):
    """A wall-clock time in the city's zone; `data` is the aware moment in UTC."""

    def __init__(self, label: Any = None, validators: Any = None, **more: Any) -> None:
        super().__init__(label, validators, format=FORMATS, **more)

    data: dt.datetime | None

    def process_formdata(self, valuelist: list[str]) -> None:
        super().process_formdata(valuelist)
        if self.data:
            self.data = self.data.replace(tzinfo=clock.zone()).astimezone(clock.UTC)

    def _value(self) -> str:
        if self.raw_data:
            return " ".join(self.raw_data)
        return clock.local(self.data).strftime(FORMATS[0]) if self.data else ""


class Form(FlaskForm):
    """A form whose refusals stand at its fields: `refuse` puts a rule's answer where it belongs."""

    def refuse(self, refusal: Refusal, **where: str) -> None:
        """Show `refusal` at the field named by `where[code]`, or on top of the form."""
        field = self._fields.get(where.get(refusal.code, ""))
        if field is None:
            self.form_errors.append(refusal.words)
        else:
            field.errors = [*field.errors, refusal.words]


def no_control_characters(form: Any, field: Any) -> None:
    """Refuse invisible characters, which no person types and which hide one name behind another."""
    if field.data and any(not c.isprintable() and c not in "\r\n\t" for c in field.data):
        raise ValidationError(_l("There are invisible characters here. Please type it again."))


def page_number() -> int:
    """Return ?page= as a number from 1."""
    text = request.args.get("page", "1")
    return max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) < 6 else 1


def day_argument(name: str) -> dt.date | None:
    """Return ?name=YYYY-MM-DD as a date, or None when absent or no date."""
    try:
        return dt.date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None


def number_argument(name: str) -> int | None:
    """Return ?name= as a row's id, or None when absent or no number."""
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None
