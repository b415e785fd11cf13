"""The forms of an enterprise."""

from typing import Any, NamedTuple

from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from wtforms import RadioField, SelectField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError

from courses.accounts.forms import CorrectionForm
from courses.ground.forms import REQUIRED, Form, no_control_characters
from courses.ground.refusal import Refusal
from courses.people import identity


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


def _credit_code(form: Any, field: Any) -> None:
    """Put the stored form of a credit code in the place of what was typed."""
    try:
        field.data = identity.credit_code(field.data or "")
    except ValueError as error:
        raise ValidationError(str(error)) from None


class JoinForm(CorrectionForm):
    """Who asks to join which enterprise."""

    credit_code = StringField(_l("Credit code"), [InputRequired(REQUIRED), _credit_code])
    enterprise_name = StringField(
        _l("Name of the enterprise"), [DataRequired(REQUIRED), Length(max=100), no_control_characters]
    )
    town_id = SelectField(_l("Town"), coerce=int)
    role = RadioField(_l("Post"))


class RefusalForm(Form):
    reason = StringField(
        _l("Reason"),
        [DataRequired(REQUIRED), Length(max=200), no_control_characters],
        description=_l("Who asked reads this."),
    )
