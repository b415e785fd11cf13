"""The forms of booking: who, and what changes."""

from typing import NamedTuple

from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from wtforms import HiddenField, IntegerField, RadioField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from courses.catalogue.forms import TimetableForm
from courses.ground.forms import REQUIRED, Between, Choices, Form, no_control_characters
from courses.ground.refusal import Refusal


class Asked(NamedTuple):
    """Whom to book for, the schedule_no that the page showed, and with how many seats they are content."""

    people: list[int]
    seen: int | None
    least: int | None


def asked(form: MultiDict[str, str], oneself: int) -> Asked:
    """Return what a booking form asks: the people ticked, or `oneself` where there was nobody to tick.

    Raises Refusal("malformed") for what no page of ours sends.
    """
    numbers = [*form.getlist("people"), *filter(None, [*form.getlist("seen"), *form.getlist("least")])]
    if not all(text.isascii() and text.isdecimal() and len(text) < 10 for text in numbers):
        raise Refusal("malformed")
    people = [int(text) for text in form.getlist("people")] or ([] if "group" in form else [oneself])
    seen, least = (int(form[name]) if form.get(name) else None for name in ("seen", "least"))
    return Asked(people, seen, least)


class HoldForm(Form):
    seats = IntegerField(_l("How many seats"), [InputRequired(REQUIRED), Between(1, 1000)])
    seen = IntegerField(validators=[Optional()], widget=HiddenField.widget)


class ColleagueForm(Form):
    person = RadioField(_l("Who comes"), coerce=int, validators=[InputRequired(_l("Choose a person."))])


class ChangedTo(NamedTuple):
    """The class to change to, and its schedule_no that the page showed."""

    class_id: int
    seen: int | None


def changed_to(form: MultiDict[str, str]) -> ChangedTo:
    """Return which class was chosen. Raises Refusal("malformed") for what no page of ours sends."""
    chosen, seen = form.get("to", ""), form.get("seen") or None
    if not all(text.isascii() and text.isdecimal() and len(text) < 10 for text in (chosen, seen or "1")):
        raise Refusal("malformed")
    return ChangedTo(int(chosen), int(seen) if seen else None)


class MoveForm(TimetableForm):
    seen = IntegerField(validators=[Optional()], widget=HiddenField.widget)


class ResizeForm(Form):
    capacity = IntegerField(_l("Seats"), [InputRequired(REQUIRED), Between(1, 1000)])


class CallOffForm(Form):
    reason = StringField(
        _l("Reason"),
        [DataRequired(REQUIRED), Length(max=200), no_control_characters],
        description=_l("Everyone booked reads this."),
    )
    reason_en = StringField(
        _l("Reason in English"),
        [Optional(), Length(max=200), no_control_characters],
        description=_l("For those who read English. Empty: they read the other."),
    )


class PlaceForm(Form):
    place = IntegerField(_l("New place"), [InputRequired(REQUIRED), Between(1, 1000)])
    reason = StringField(
        _l("Reason"),
        [DataRequired(REQUIRED), Length(max=200), no_control_characters],
        description=_l(
            "Those concerned get it in a message, and everyone can read it in the list of seats. Name nobody."
        ),
    )
    seen = IntegerField(validators=[Optional()], widget=HiddenField.widget)


class AppealForm(Form):
    words = TextAreaField(
        _l("What happened?"),
        [DataRequired(REQUIRED), Length(max=1000), no_control_characters],
        description=_l("Only the squadron of this class reads it. A sentence or two are enough."),
    )


class DecisionForm(Form):
    upheld = RadioField(
        _l("Your decision"),
        [InputRequired(REQUIRED)],
        choices=[SelectChoice("yes", _l("It does not count")), SelectChoice("no", _l("It counts"))],
    )
    answer = TextAreaField(
        _l("Your words to the person"), [DataRequired(REQUIRED), Length(max=1000), no_control_characters]
    )


class LecturersForm(Form):
    lecturers = Choices(_l("Lecturers"), coerce=int)
