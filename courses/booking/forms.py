"""The forms of booking: who, and what changes."""

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, IntegerField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from courses.catalogue.forms import Choices, TimetableForm
from courses.ground.forms import REQUIRED, Form, no_control_characters


class BookForm(Form):
    """Whom to book for; without `people`, oneself. `seen` is the schedule that the page showed."""

    people = Choices(_l("People"), coerce=int, validate_choice=False)
    seen = IntegerField(validators=[Optional()], widget=HiddenField.widget)


class MoveForm(TimetableForm):
    seen = IntegerField(validators=[Optional()], widget=HiddenField.widget)


class ResizeForm(Form):
    capacity = IntegerField(_l("Seats"), [InputRequired(REQUIRED), NumberRange(1, 1000)])


class CallOffForm(Form):
    reason = StringField(
        _l("Reason"),
        [InputRequired(REQUIRED), Length(max=200), no_control_characters],
        description=_l("Everyone booked reads this."),
    )
