"""The forms of booking: who, and what changes."""

from typing import Final, NamedTuple

from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from wtforms import HiddenField, IntegerField, RadioField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from courses.accounts.forms import CorrectionForm
from courses.catalogue.forms import TimetableForm
from courses.ground.forms import REQUIRED, Between, Choices, Form, no_control_characters
from courses.ground.refusal import Refusal

PEOPLE_MAX: Final = 1000  # in one act, by either door: each is locked before their rights are asked


class Asked(NamedTuple):
    """Whom to book for, the schedule_no that the page showed, and with how many seats they are content."""

    people: list[int]
    seen: int | None
    least: int | None


def asked(form: MultiDict[str, str], oneself: int) -> Asked:
    """Return what a booking form asks: the people ticked, or `oneself` where there was nobody to tick.

    Raises Refusal("malformed") for what no page of ours sends, and "least_wrong".
    """
    ticked = form.getlist("people")
    if len(ticked) > PEOPLE_MAX or not all(map(_is_number, [*ticked, *filter(None, form.getlist("seen"))])):
        raise Refusal("malformed")
    people = [int(text) for text in ticked] or ([] if "group" in form else [oneself])
    seen = int(form["seen"]) if form.get("seen") else None
    least = form.get("least", "").strip()
    if least and people and not (_is_number(least) and 1 <= int(least) <= len(set(people))):
        raise Refusal("least_wrong", people=len(set(people)))
    return Asked(people, seen, int(least) if least and people else None)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 10


class SeenField(IntegerField):
    """What the page showed. A page that comes back shows what stands now, so that the next answer is to that."""

    widget = HiddenField.widget

    def show(self, now: int | None) -> None:
        self.data, self.raw_data = now, None


class HoldForm(Form):
    seats = IntegerField(_l("How many seats"), [InputRequired(REQUIRED), Between(1, 1000)])
    seen = IntegerField(validators=[Optional()], widget=HiddenField.widget)


class ColleagueForm(Form):
    person = RadioField(_l("Who comes"), coerce=int, validators=[InputRequired(_l("Choose a person."))])
    seen = SeenField(validators=[Optional()])


class NewColleagueForm(CorrectionForm):
    seen = SeenField(validators=[Optional()])


class ChangedTo(NamedTuple):
    """The class to change to, and its schedule_no that the page showed."""

    class_id: int
    seen: int | None


def changed_to(form: MultiDict[str, str]) -> ChangedTo:
    """Return which class was chosen. Raises Refusal("malformed") for what no page of ours sends."""
    chosen, seen = form.get("to", ""), form.get("seen") or None
    if not (_is_number(chosen) and _is_number(seen or "1")):
        raise Refusal("malformed")
    return ChangedTo(int(chosen), int(seen) if seen else None)


def number_in(form: MultiDict[str, str], name: str) -> int | None:
    """Return the number that was chosen, None where there was none. Raises Refusal("malformed")."""
    text = form.get(name) or ""
    if text and not _is_number(text):
        raise Refusal("malformed")
    return int(text) if text else None


class MoveForm(TimetableForm):
    seen = SeenField(validators=[Optional()])


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
    seen = SeenField(validators=[Optional()])


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
