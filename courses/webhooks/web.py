"""The pages of webhooks: registering one, seeing what became of what was sent, pausing and ending it."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask_babel import gettext as _

from config import Settings
from courses.ground.refusal import Refusal
from courses.people.guard import needs, signed_in
from courses.people.rights import Right
from courses.webhooks import actions, queries, signing
from courses.webhooks.forms import EVENTS, EventsForm, WebhookForm
from courses.webhooks.model import Event, Webhook

pages = Blueprint("webhooks", __name__)
REFUSED_AT = {"webhook_address": "url", "no_event": "events"}


@pages.get("/webhooks")
@needs(Right.SUBSCRIBE)
def webhooks() -> Any:
    return _list(WebhookForm(formdata=None))


def _list(form: WebhookForm, status: int = 200) -> Any:
    own = queries.webhooks_of(signed_in().id)
    return render_template("webhooks/webhooks.html", form=form, webhooks=own, events=_events()), status


def _events() -> dict[str, Any]:
    return {choice.value: choice.label for choice in EVENTS}


@pages.post("/webhooks")
@needs(Right.SUBSCRIBE)
def register() -> Any:
    form = WebhookForm()
    if not form.validate():
        return _list(form, 422)
    url, events = str(form.url.data).strip(), [Event(name) for name in form.events.data or ()]
    try:
        webhook_id = actions.register(signed_in(), url, events, _settings().is_development)
    except Refusal as refusal:
        if refusal.status not in (409, 422):
            raise
        form.refuse(refusal, **REFUSED_AT)
        return _list(form, refusal.status)
    return _secret(_own(webhook_id)), 201


@pages.get("/webhooks/<int:webhook_id>")
@needs(Right.SUBSCRIBE)
def webhook(webhook_id: int) -> Any:
    own = _own(webhook_id)
    return _page(own, EventsForm(formdata=None, events=own.chosen))


def _page(own: Webhook, form: EventsForm, status: int = 200) -> Any:
    sent = queries.deliveries(own.id)
    return render_template("webhooks/webhook.html", webhook=own, form=form, sent=sent, events=_events()), status


@pages.post("/webhooks/<int:webhook_id>")
@needs(Right.SUBSCRIBE)
def change(webhook_id: int) -> Any:
    own, form = _own(webhook_id), EventsForm()
    if not form.validate():
        return _page(own, form, 422)
    try:
        actions.change_events(signed_in(), webhook_id, [Event(name) for name in form.events.data or ()])
    except Refusal as refusal:
        if refusal.code != "no_event":
            raise
        form.refuse(refusal, **REFUSED_AT)
        return _page(_own(webhook_id), form, refusal.status)
    flash(_("Saved."), "done")
    return _back(webhook_id)


@pages.post("/webhooks/<int:webhook_id>/secret")
@needs(Right.SUBSCRIBE)
def renew_secret(webhook_id: int) -> Any:
    actions.renew_secret(signed_in(), webhook_id)
    return _secret(_own(webhook_id)), 201


def _secret(own: Webhook) -> str:
    """Show the secret, this once."""
    return render_template(
        "webhooks/secret.html", webhook=own, secret=signing.secret(_settings().secret_keys, own.salt)
    )


@pages.post("/webhooks/<int:webhook_id>/test")
@needs(Right.SUBSCRIBE)
def send_test(webhook_id: int) -> Any:
    return _on(webhook_id, actions.send_test, _("A test event is on its way. Reload to see what became of it."))


@pages.post("/webhooks/<int:webhook_id>/pause")
@needs(Right.SUBSCRIBE)
def pause(webhook_id: int) -> Any:
    return _on(webhook_id, actions.pause, _("Paused. It is told nothing until you resume it."))


@pages.post("/webhooks/<int:webhook_id>/resumption")
@needs(Right.SUBSCRIBE)
def resume(webhook_id: int) -> Any:
    return _on(webhook_id, actions.resume, _("Resumed. It is told what happens from now on."))


def _on(webhook_id: int, act: Callable[[Any, int], None], done: str) -> Any:
    try:
        act(signed_in(), webhook_id)
    except Refusal as refusal:
        if refusal.status != 409:
            raise
        flash(refusal.words, "lost")
    else:
        flash(done, "done")
    return _back(webhook_id)


@pages.post("/webhooks/<int:webhook_id>/end")
@needs(Right.SUBSCRIBE)
def end(webhook_id: int) -> Any:
    actions.end(signed_in(), webhook_id)
    flash(_("The webhook is ended."), "done")
    return redirect(url_for(".webhooks"), 303)


def _back(webhook_id: int) -> Any:
    return redirect(url_for(".webhook", webhook_id=webhook_id), 303)


def _own(webhook_id: int) -> Webhook:
    own = queries.webhook_of(signed_in().id, webhook_id)
    if own is None:
        raise Refusal("not_found")
    return own


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings
