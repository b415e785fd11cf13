"""The form by which a list is sent: a file, or rows pasted from a sheet."""

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import TextAreaField
from wtforms.validators import Length, Optional

from courses.ground.forms import Form


class ListForm(Form):
    sheet = FileField(_l("Spreadsheet"), [Optional()])
    rows = TextAreaField(_l("Rows pasted from a sheet"), [Optional(), Length(max=500_000)])
