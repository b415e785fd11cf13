"""The form of a webhook: is it well formed?"""

from flask_babel import lazy_gettext as _l
from wtforms import StringField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length

from courses.ground.forms import Choices, Form
from courses.webhooks.actions import URL_MAX
from courses.webhooks.model import Event

EVENTS = [
    SelectChoice(Event.BOOKED, _l("a seat was booked")),
    SelectChoice(Event.QUEUED, _l("someone joined the queue")),
    SelectChoice(Event.PROMOTED, _l("someone got a seat from the queue")),
    SelectChoice(Event.OFFERED, _l("someone in the queue was offered a seat")),
    SelectChoice(Event.CANCELLED, _l("a booking was cancelled")),
    SelectChoice(Event.RESTORED, _l("a cancellation was taken back")),
    SelectChoice(Event.PUBLISHED, _l("a class was published")),
    SelectChoice(Event.MOVED, _l("a class was moved")),
    SelectChoice(Event.CALLED_OFF, _l("a class was called off")),
    SelectChoice(Event.MARKED, _l("attendance was marked")),
]


class EventsForm(Form):
    events = Choices(_l("What to tell"), choices=EVENTS)


class WebhookForm(EventsForm):
    url = StringField(
        _l("Address"),
        [InputRequired(_l("Give the address.")), Length(max=URL_MAX)],
    )
