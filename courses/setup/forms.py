"""The forms of setting up: is it well formed?"""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import (
    BooleanField,
    FloatField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from courses.ground.forms import REQUIRED, Between, Choices, Form, no_control_characters, stored_as
from courses.ground.worktime import FROM, UNTIL
from courses.people import identity
from courses.people.model import Role
from courses.setup.sheet import COLUMNS, LINE_MAX

TEXT_MAX = 4000
LANGUAGES = [SelectChoice("zh", "中文"), SelectChoice("en", "English")]
ROLES = [
    SelectChoice(Role.OFFICER, _l("officer of a squadron")),
    SelectChoice(Role.ASSOCIATION, _l("of an association")),
    SelectChoice(Role.BUREAU, _l("of the bureau")),
    SelectChoice(Role.INSPECTOR, _l("inspector")),
    SelectChoice(Role.ADMINISTRATOR, _l("administrator")),
]


def _line(label: Any, needed: bool = False, **more: Any) -> StringField:
    """Return a field of one line, stored without hidden characters."""
    first = InputRequired(REQUIRED) if needed else Optional()
    too_long = Length(max=LINE_MAX)
    return StringField(label, [first, stored_as(identity.one_line), too_long], **more)


def _text(label: Any) -> TextAreaField:
    too_long = Length(max=TEXT_MAX)
    return TextAreaField(label, [Optional(), too_long, no_control_characters])


def _zone(form: Any, field: Any) -> None:
    try:
        ZoneInfo(field.data or "")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValidationError(_("There is no such zone. In all of China it is Asia/Shanghai.")) from None


class CityForm(Form):
    """The city's own row."""

    name_zh = _line(_l("Name in Chinese"), needed=True)
    name_en = _line(_l("Name in English"))
    zone = StringField(_l("Time zone"), [InputRequired(REQUIRED), _zone], default="Asia/Shanghai")
    post_name_zh = _line(_l("Name of the post in Chinese"), needed=True)
    post_name_en = _line(_l("Name of the post in English"))
    operator_zh = _line(_l("Operator in Chinese"))
    operator_en = _line(_l("Operator in English"))
    record_number = _line(_l("Record number"))
    minutes_per_hour = IntegerField(_l("Minutes of an hour"), [InputRequired(REQUIRED), Between(1, 120)])
    full_from_percent = IntegerField(_l("Share that counts, in percent"), [InputRequired(REQUIRED), Between(1, 100)])
    hours_target = IntegerField(_l("Hours a year"), [InputRequired(REQUIRED), Between(1, 200)])
    noshow_limit = IntegerField(_l("How often"), [InputRequired(REQUIRED), Between(0, 20)], default=0)
    noshow_days = IntegerField(_l("Within how many days"), [InputRequired(REQUIRED), Between(1, 366)], default=90)
    standby_days = IntegerField(
        _l("Then behind all others for, in days"), [InputRequired(REQUIRED), Between(1, 366)], default=30
    )
    late_counts = BooleanField(_l("Cancelling late counts as well"), default=True)
    work_from = TimeField(_l("Work begins"), [InputRequired(REQUIRED)], default=FROM)
    work_until = TimeField(_l("Work ends"), [InputRequired(REQUIRED)], default=UNTIL)

    def validate_work_until(self, field: Any) -> None:
        if field.data and self.work_from.data and field.data <= self.work_from.data:
            raise ValidationError(_("Work must end after it begins, on the same day."))

    def values(self) -> dict[str, Any]:
        return {name: "" if value is None else value for name, value in self.data.items() if name != "csrf_token"}


class EntryForm(Form):
    """One entry of a register; `values` are the columns it fills in."""

    name_zh = _line(_l("Name in Chinese"), needed=True)
    name_en = _line(_l("Name in English"))

    def values(self) -> dict[str, Any]:
        return {name: "" if value is None else value for name, value in self.data.items() if name != "csrf_token"}


class ServingForm(EntryForm):
    """A squadron or an association with its towns."""

    towns = Choices(_l("Serves these towns"), coerce=int)


class HomeForm(EntryForm):
    town_id = SelectField(_l("Town"), coerce=int, validators=[InputRequired(REQUIRED)])
    address_zh = _line(_l("Address in Chinese"))
    address_en = _line(_l("Address in English"))
    phone = _line(_l("Telephone"))
    opening_zh = _line(_l("Opening hours in Chinese"))
    opening_en = _line(_l("Opening hours in English"))
    latitude = FloatField(_l("Latitude"), [Optional(), Between(-90, 90)])
    longitude = FloatField(_l("Longitude"), [Optional(), Between(-180, 180)])

    def values(self) -> dict[str, Any]:
        return {**super().values(), "latitude": self.latitude.data, "longitude": self.longitude.data}


class RoomForm(EntryForm):
    home_id = SelectField(_l("Home"), coerce=int, validators=[InputRequired(REQUIRED)])
    seats = IntegerField(_l("Number of seats"), [InputRequired(REQUIRED), Between(1, 10_000)])


class TopicForm(EntryForm):
    position = IntegerField(_l("Place on the page"), [InputRequired(REQUIRED), Between(0, 999)], default=0)


class _NamedForm(Form):
    """The name: a class of its own, since WTForms names faults in the order in which fields were written down."""

    name = StringField(_l("Name"), [InputRequired(REQUIRED), stored_as(identity.name)])
    name_en = _line(_l("Name in Latin letters"))


class _ReachedForm(_NamedForm):
    """Who somebody is and how they are reached."""

    email = StringField(_l("E-mail address"), [Optional(), stored_as(identity.email)])
    mobile = StringField(_l("Mobile number"), [Optional(), stored_as(identity.mobile)])
    language = RadioField(_l("Language"), choices=LANGUAGES, default="zh")

    def validate(self, extra_validators: Any = None) -> bool:
        is_well_formed = bool(super().validate(extra_validators))
        if is_well_formed and not self.email.data and not self.mobile.data:
            self.email.errors = [_("Give an e-mail address or a mobile number.")]
            return False
        return is_well_formed


class LecturerForm(_ReachedForm):
    institution_zh = _line(_l("Institution in Chinese"), needed=True)
    institution_en = _line(_l("Institution in English"))
    bio_zh = _text(_l("About the lecturer in Chinese"))
    bio_en = _text(_l("About the lecturer in English"))


class PersonForm(_ReachedForm):
    roles = Choices(_l("Roles"), choices=ROLES)
    squadron_id = SelectField(_l("Squadron"), coerce=int, validators=[Optional()])
    association_id = SelectField(_l("Association"), coerce=int, validators=[Optional()])

    def validate(self, extra_validators: Any = None) -> bool:
        is_well_formed = super().validate(extra_validators)
        chosen = self.roles.data or ()
        for role, field in ((Role.OFFICER, self.squadron_id), (Role.ASSOCIATION, self.association_id)):
            if role in chosen and not field.data:
                field.errors = [_("Choose where.")]
                is_well_formed = False
        return is_well_formed


class SheetForm(Form):
    """A spreadsheet to be taken in."""

    sheet = FileField(_l("Spreadsheet"), [FileRequired(_l("Choose a file."))])


def _head(heads: Sequence[str], number: int) -> str:
    """Return what a column of a sheet is called; with its number where another has the same head, or it has none."""
    head, place = heads[number - 1], str(_("column %(number)s", number=number))
    if not head:
        return place
    return head if heads.count(head) == 1 else f"{head} · {place}"


class ColumnsForm(Form):
    """Which head of the sheet stands for which column; 0 for none. Fields are made of COLUMNS, in their order."""

    def offer(self, heads: Sequence[str]) -> None:
        none = SelectChoice(0, _("not in the sheet"))
        choices = [SelectChoice(n, _head(heads, n)) for n in range(1, len(heads) + 1)]
        for column in COLUMNS:
            self[column.name].choices = [none, *choices]

    def validate(self, extra_validators: Any = None) -> bool:
        """Say at its field what is missing, and at both fields where one column was chosen for two."""
        is_well_formed = bool(super().validate(extra_validators))
        chosen: dict[int, Any] = {}
        for column in COLUMNS:
            field = self[column.name]
            if not field.data and column.needed:
                field.errors = [_("Choose its column; without it no row can be read.")]
            elif field.data and (other := chosen.setdefault(field.data, field)) is not field:
                other.errors = [_("The same column was chosen for “%(other)s”.", other=field.label.text)]
                field.errors = [_("The same column was chosen for “%(other)s”.", other=other.label.text)]
            is_well_formed = is_well_formed and not field.errors
        return is_well_formed

    def matching(self) -> dict[str, int]:
        return {column.name: self[column.name].data - 1 for column in COLUMNS if self[column.name].data}


for _column in COLUMNS:
    setattr(ColumnsForm, _column.name, SelectField(_column.head, coerce=int, default=0))
