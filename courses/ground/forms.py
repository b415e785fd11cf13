"""What every form of the house shares: fields for moments in the city's zone, and plain words for what is wrong."""

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from flask import request
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, DateTimeLocalField, SelectMultipleField
from wtforms.validators import NumberRange, StopValidation, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from courses.ground import clock
from courses.ground.refusal import Refusal

REQUIRED = _l("Fill this in.")
TOO_LONG = _l("At most %(max)d characters.")
FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"]


class _Words:
    """What WTForms says by itself, in words that help a person, and in both languages."""

    said = {
        "This field is required.": REQUIRED,
        "Not a valid integer value.": _l("Write a whole number."),
        "Not a valid float value.": _l("Write a number, such as 30.45."),
        "Number must be between %(min)s and %(max)s.": _l("Write a number from %(min)s to %(max)s."),
        "Not a valid date value.": _l("Write the day as year-month-day, such as 2026-11-28."),
        "Not a valid time value.": _l("Write hours and minutes, such as 09:00."),
        "Not a valid datetime value.": _l("Write day and time, such as 2026-11-28 09:00."),
        "Not a valid choice.": _l("Choose one of those offered."),
        "Invalid Choice: could not coerce.": _l("Choose one of those offered."),
        "'%(value)s' is not a valid choice for this field.": _l("Choose only from those offered."),
        "Invalid choice(s): one or more data inputs could not be coerced.": _l("Choose only from those offered."),
        "Field cannot be longer than %(max)d character.": TOO_LONG,
    }

    def gettext(self, text: str) -> str:
        return str(self.said.get(text, text))

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        return str(self.said.get(singular, singular if number == 1 else plural))


class DayField(DateField):
    """A day. Of one that is written as days are, but that no calendar has, it says so."""

    def process_formdata(self, valuelist: Any) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            if re.fullmatch(r"\d{4}-\d\d?-\d\d?", " ".join(valuelist).strip()):
                raise ValueError(_l("There is no such day.")) from None
            raise


class PlainSpeaking:
    """The `Meta` of a form, also of one inside another, whose fields speak as `_Words` has it."""

    def get_translations(self, form: Any) -> _Words:
        return _Words()


class Between(NumberRange):
    """A number within bounds; silent where what was typed is no number, since that was said already."""

    def __call__(self, form: Any, field: Any) -> None:
        if field.data is None:
            raise StopValidation
        super().__call__(form, field)


class MomentField(DateTimeLocalField):
    """A wall-clock time in the city's zone; `data` is the aware moment in UTC."""

    def __init__(self, label: Any = None, validators: Any = None, **more: Any) -> None:
        super().__init__(label, validators, format=FORMATS, **more)

    data: dt.datetime | None

    def process_formdata(self, valuelist: list[str]) -> None:
        super().process_formdata(valuelist)
        if self.data and not 2000 <= self.data.year <= 2200:  # beyond them zones know no time
            self.data = None
            raise ValueError(_l("Check the year."))
        if self.data:
            self.data = self.data.replace(tzinfo=clock.zone()).astimezone(clock.UTC)

    def _value(self) -> str:
        if self.raw_data:
            return " ".join(self.raw_data)
        return clock.local(self.data).strftime(FORMATS[0]) if self.data else ""


class Choices(SelectMultipleField):
    """Several choices as check boxes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class Form(FlaskForm):
    """A form whose refusals stand at its fields: `refuse` puts a rule's answer where it belongs."""

    class Meta(PlainSpeaking):
        pass

    def refuse(self, refusal: Refusal, **where: str) -> None:
        """Show `refusal`, and what else was wrong, at the field named by `where[code]`, or on top of the form."""
        for one in (refusal, *refusal.more):
            field = self.place_of(one, where)
            if field is None:
                self.form_errors.append(one.words)
            else:
                field.errors = [*field.errors, one.words]

    def place_of(self, refusal: Refusal, where: Mapping[str, str]) -> Any:
        """Return the field at which a refusal stands; None for none."""
        return self._fields.get(where.get(refusal.code, ""))


def stored_as(normalise: Callable[[str], str]) -> Callable[[Any, Any], None]:
    """Return a validator that puts the stored form in the place of what was typed; where something is needed and
    nothing is left of it, as of blanks, nothing was typed."""

    def check(form: Any, field: Any) -> None:
        try:
            field.data = normalise(field.data or "")
        except ValueError as error:
            raise ValidationError(str(error)) from None
        if field.flags.required and not field.data:
            raise StopValidation(REQUIRED)

    return check


_KEPT = "\r\n\t\u200d"  # the last one joins emoji


def no_control_characters(form: Any, field: Any) -> None:
    """Refuse invisible characters, which no person types and which hide one name behind another."""
    if field.data and any(unicodedata.category(c) in ("Cc", "Cf") and c not in _KEPT for c in field.data):
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
