"""Is it well formed? Addresses, numbers and names come out of these forms as they are stored."""

from collections.abc import Collection
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, PasswordField, RadioField, SelectField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, EqualTo, InputRequired, Length, Optional

from courses.accounts.actions.token import LABEL_MAX
from courses.accounts.passwords import MAX
from courses.ground.forms import Choices, Form
from courses.ground.forms import stored_as as _as
from courses.people import identity
from courses.people.rights import Reach

LANGUAGES = [SelectChoice("zh", "中文"), SelectChoice("en", "English")]
DAYS = [
    SelectChoice("30", _l("30 days")),
    SelectChoice("90", _l("90 days")),
    SelectChoice("365", _l("one year")),
]


SCOPES = [
    SelectChoice(Reach.READ, _l("read what I may read (always)")),
    SelectChoice(Reach.BOOK, _l("book and cancel for me and my enterprise")),
    SelectChoice(Reach.SERVE, _l("do all else that I may do: publish, change classes, mark who came")),
]


def _password(label: Any, missing: Any) -> PasswordField:
    return PasswordField(label, [InputRequired(missing), Length(max=MAX)])


def _new_password() -> PasswordField:
    return _password(_l("New password"), _l("Choose a password."))


def _again(field: str) -> PasswordField:
    return PasswordField(
        _l("The same password again"),
        [EqualTo(field, _l("The two passwords are not the same. Type both again."))],
    )


class LoginForm(Form):
    login = StringField(
        _l("E-mail address or mobile number"),
        [InputRequired(_l("Type your e-mail address or mobile number.")), _as(identity.login)],
    )


class SignInForm(LoginForm):
    password = _password(_l("Password"), _l("Type your password."))
    next = HiddenField()


class LinkForm(Form):
    password = _password(_l("Password"), _l("Type your password."))


class NewPasswordForm(Form):
    password = _new_password()
    again = _again("password")


class InvitationForm(NewPasswordForm):
    language = RadioField(_l("Language"), choices=LANGUAGES)


class PasswordForm(Form):
    present = _password(_l("Present password"), _l("Type your present password."))
    new = _new_password()
    again = _again("new")


class _NamedForm(Form):
    """The name: a class of its own, since WTForms names faults in the order in which fields were written down."""

    name = StringField(_l("Name"), [_as(identity.name)])


class _ContactForm(Form):
    name_en = StringField(
        _l("Name in Latin letters"),
        [Optional(), Length(max=identity.NAME_MAX), _as(identity.one_line)],
    )
    email = StringField(_l("E-mail address"), [Optional(), _as(identity.email)])
    mobile = StringField(_l("Mobile number"), [Optional(), _as(identity.mobile)])

    def validate(self, extra_validators: Any = None) -> bool:
        is_well_formed = bool(super().validate(extra_validators))
        if is_well_formed and not self.email.data and not self.mobile.data:
            self.email.errors = [_("Give an e-mail address or a mobile number.")]
            return False
        return is_well_formed


class ProfileForm(_ContactForm):
    language = RadioField(_l("Language"), choices=LANGUAGES)
    password = PasswordField(_l("Present password"), [Length(max=MAX)])


class InviteForm(_NamedForm, _ContactForm):
    role = RadioField(_l("Post"))
    language = RadioField(_l("Language of the invitation"), choices=LANGUAGES, default="zh")


class CorrectionForm(_NamedForm, _ContactForm):
    """Name and contact of someone who has not opened the account yet."""


class TokenForm(Form):
    label = StringField(
        _l("What it is for"),
        [
            DataRequired(_l("Say what the token is for.")),
            Length(max=LABEL_MAX),
            _as(identity.one_line),
        ],
    )
    scopes = Choices(_l("What it may do"), default=[Reach.READ])
    days = SelectField(
        _l("Valid for"),
        choices=DAYS,
        default="365",
    )

    def offer(self, reach: Collection[Reach]) -> None:
        self.scopes.choices = [choice for choice in SCOPES if choice.value in reach]
