"""Is it well formed? What an erasure asks for."""

from flask_babel import lazy_gettext as _l
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length, Optional

from courses.accounts.passwords import MAX
from courses.ground.forms import Form


class ErasureForm(Form):
    """`password` is asked of who erases themselves."""

    name = StringField(_l("The name, to show that it is meant"), [InputRequired(_l("Type the name.")), Length(max=100)])
    password = PasswordField(_l("Present password"), [Optional(), Length(max=MAX)])
