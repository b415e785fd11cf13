"""Webhooks, for programs: a program that starts can register itself."""

from typing import Annotated

from flask import Blueprint, current_app, url_for
from flask_babel import lazy_gettext as _l
from pydantic import Field

from config import Settings
from courses.ground.api import Id, Line, Made, Moment, Shape, operation, request_key
from courses.ground.refusal import Refusal
from courses.outbox.model import Fate
from courses.people.guard import needs, signed_in
from courses.people.rights import Right
from courses.webhooks import actions, queries, signing
from courses.webhooks.model import Event
from courses.webhooks.model import Webhook as Row

resources = Blueprint("webhooks_api", __name__)
Events = Annotated[list[Event], Field(max_length=len(Event), examples=[[Event.BOOKED, Event.CANCELLED]])]


class Webhook(Shape):
    about = _l(
        "An address that is told events. `state`: live, or why it is paused: asked, failing (20 in a row failed) or "
        "gone (it answered 410)."
    )

    id: Id
    url: str
    events: list[Event]
    state: str
    failures: int
    answered_at: Moment | None
    made_at: Moment


class Webhooks(Shape):
    webhooks: list[Webhook]


class Registration(Shape):
    about = _l(
        "An https address, and what it is to be told. Each event is a POST with a JSON body: `id`, `type`, `timestamp` "
        "and `data`; the headers webhook-id, webhook-timestamp and webhook-signature are those of the Standard "
        "Webhooks specification. Answer 2xx within 5 seconds; else it is tried again, seven times within a day. The "
        "same id may come twice."
    )

    url: Line = Field(min_length=1, max_length=actions.URL_MAX, examples=["https://records.example.com/courses"])
    events: Events


class Choice(Shape):
    events: Events


class Registered(Made):
    about = _l("`secret` is shown this once. With it you verify each signature.")

    id: Id
    secret: str


class Delivery(Shape):
    about = _l("What became of one event: `error` of the last try, `tries` so far, `due_at` the next if it waits.")

    event: str
    type: str
    state: Fate
    tries: int
    error: str | None
    made_at: Moment
    due_at: Moment
    done_at: Moment | None


class Deliveries(Shape):
    about = _l("The newest 50, newest first.")

    deliveries: list[Delivery]


@resources.get("/webhooks")
@needs(Right.SUBSCRIBE)
@operation(_l("List your webhooks"))
def webhooks() -> Webhooks:
    return _left()


@resources.post("/webhooks")
@needs(Right.SUBSCRIBE)
@operation(
    _l("Register a webhook"),
    "webhook_address",
    "no_event",
    "too_many_webhooks",
    about=_l("It is told what you may read: all classes, and the bookings of your enterprise or squadron."),
    status=201,
    takes_key=True,
)
def register(body: Registration) -> Registered:
    actor = signed_in()
    development = _settings().is_development
    made = actions.register(actor, body.url, body.events, development, request_key(actor.id))
    return _registered(_own(made))


@resources.get("/webhooks/<id:webhook_id>")
@needs(Right.SUBSCRIBE)
@operation(_l("Read one webhook"))
def webhook(webhook_id: int) -> Webhook:
    return _webhook(_own(webhook_id))


@resources.put("/webhooks/<id:webhook_id>/events")
@needs(Right.SUBSCRIBE)
@operation(_l("Choose what a webhook is told"), "no_event")
def change(webhook_id: int, body: Choice) -> Webhook:
    actions.change_events(signed_in(), webhook_id, body.events)
    return _webhook(_own(webhook_id))


@resources.post("/webhooks/<id:webhook_id>/secret")
@needs(Right.SUBSCRIBE)
@operation(
    _l("Get another secret"),
    about=_l("For a day each event is signed with both, so that you can change over."),
    status=201,
)
def renew_secret(webhook_id: int) -> Registered:
    actions.renew_secret(signed_in(), webhook_id)
    return _registered(_own(webhook_id))


@resources.post("/webhooks/<id:webhook_id>/test")
@needs(Right.SUBSCRIBE)
@operation(_l("Send a test event"), "webhook_paused")
def send_test(webhook_id: int) -> Webhook:
    actions.send_test(signed_in(), webhook_id)
    return _webhook(_own(webhook_id))


@resources.put("/webhooks/<id:webhook_id>/pause")
@needs(Right.SUBSCRIBE)
@operation(_l("Pause a webhook"), about=_l("It is told nothing until it is resumed."))
def pause(webhook_id: int) -> Webhook:
    actions.pause(signed_in(), webhook_id)
    return _webhook(_own(webhook_id))


@resources.delete("/webhooks/<id:webhook_id>/pause")
@needs(Right.SUBSCRIBE)
@operation(_l("Resume a webhook"), about=_l("It is told what happens from now on; what it missed is not told."))
def resume(webhook_id: int) -> Webhook:
    actions.resume(signed_in(), webhook_id)
    return _webhook(_own(webhook_id))


@resources.delete("/webhooks/<id:webhook_id>")
@needs(Right.SUBSCRIBE)
@operation(_l("End a webhook"))
def end(webhook_id: int) -> Webhooks:
    actions.end(signed_in(), webhook_id)
    return _left()


@resources.get("/webhooks/<id:webhook_id>/deliveries")
@needs(Right.SUBSCRIBE)
@operation(_l("Read what became of what was sent"))
def deliveries(webhook_id: int) -> Deliveries:
    found = queries.deliveries(_own(webhook_id).id)
    return Deliveries(
        deliveries=[
            Delivery(
                event=notice.facts.get("id", ""),
                type=notice.kind,
                state=Fate(notice.state),
                tries=notice.tries,
                error=notice.error,
                made_at=notice.made_at,
                due_at=notice.due_at,
                done_at=notice.done_at,
            )
            for notice in found
        ]
    )


def _left() -> Webhooks:
    return Webhooks(webhooks=[_webhook(row) for row in queries.webhooks_of(signed_in().id)])


def _own(webhook_id: int) -> Row:
    own = queries.webhook_of(signed_in().id, webhook_id)
    if own is None:
        raise Refusal("not_found")
    return own


def _webhook(row: Row) -> Webhook:
    return Webhook(
        id=row.id,
        url=row.url,
        events=row.chosen,
        state=row.state,
        failures=row.failures,
        answered_at=row.answered_at,
        made_at=row.made_at,
    )


def _registered(row: Row) -> Registered:
    secret = signing.secret(_settings().secret_keys, row.salt)
    return Registered(id=row.id, secret=secret, url=url_for(".webhook", webhook_id=row.id))


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings
