"""Registering a webhook, telling it what happens, delivering, and pausing one that does not answer."""

import datetime as dt
import json
import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final
from urllib.parse import urlsplit

from sqlalchemy import func, select, update

from courses.ground import clock
from courses.ground.db import db
from courses.ground.idempotency import RequestKey
from courses.ground.kept import forget_all
from courses.ground.refusal import Refusal
from courses.ground.transaction import locked, transaction
from courses.outbox import actions as outbox
from courses.outbox.channels import Message, Refused, webhook
from courses.outbox.model import Channel, Fate, Notice
from courses.people.model import Person
from courses.people.rights import Actor, Right, require
from courses.webhooks import queries, signing
from courses.webhooks.model import TEST, Event, Webhook

MOST: Final = 10
URL_MAX: Final = 500
PAUSE_AFTER: Final = 20  # deliveries in a row that did not succeed

Send = Callable[[Message], None]
Facts = Mapping[str, Any]


def register(
    actor: Actor,
    url: str,
    events: Collection[Event],
    trusts_private: bool = False,
    request_key: RequestKey | None = None,
) -> int:
    """Let `url` be told `events` in the actor's name; return the webhook's id.

    `trusts_private`: plain http and our own network will do, for development. Raises Refusal: not_allowed, no_event,
    webhook_address, too_many_webhooks.
    """
    check_address(url, trusts_private)
    with transaction(request_key) as kept:
        if kept.earlier_answer:
            return int(kept.earlier_answer)
        require(actor, Right.SUBSCRIBE)
        if not events:
            raise Refusal("no_event")
        locked(Person, actor.id)
        count = db.session.scalar(select(func.count()).where(Webhook.person_id == actor.id)) or 0
        if count >= MOST:
            raise Refusal("too_many_webhooks", count=count)
        made = Webhook(
            person_id=actor.id, url=url, events=_names(events), salt=secrets.token_urlsafe(18), made_at=clock.now()
        )
        db.session.add(made)
        db.session.flush()
        kept.answer(made.id)
    forget_all()
    return made.id


def check_address(url: str, trusts_private: bool) -> None:
    """Raise Refusal("webhook_address") for what is no https address, or names a place inside a network at once."""
    try:
        parts = urlsplit(url)
        is_address = bool(parts.hostname) and not parts.username and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address or not url.isascii() or not url.isprintable() or " " in url or len(url) > URL_MAX:
        raise Refusal("webhook_address")
    schemes = ("https", "http") if trusts_private else ("https",)
    if parts.scheme not in schemes or not (trusts_private or webhook.may_be_public(str(parts.hostname))):
        raise Refusal("webhook_address")


def change_events(actor: Actor, webhook_id: int, events: Collection[Event]) -> None:
    """Choose other events. Raises Refusal: not_found, no_event."""
    with transaction():
        own = _own(actor, webhook_id)
        if not events:
            raise Refusal("no_event")
        own.events = _names(events)


def _names(events: Collection[Event]) -> str:
    return " ".join(event for event in Event if event in events)


def renew_secret(actor: Actor, webhook_id: int) -> None:
    """Give the webhook another secret; the present one signs too for a day. Raises Refusal("not_found")."""
    with transaction():
        own = _own(actor, webhook_id)
        own.former_salt, own.salt, own.salted_at = own.salt, secrets.token_urlsafe(18), clock.now()


def pause(actor: Actor, webhook_id: int) -> None:
    """Tell the webhook nothing more; what waits is taken back. Raises Refusal("not_found")."""
    with transaction():
        own = _own(actor, webhook_id)
        if own.paused_at is None:
            _pause(own, "asked")


def resume(actor: Actor, webhook_id: int) -> None:
    """Tell the webhook what happens from now on; what it missed is not told. Raises Refusal("not_found")."""
    with transaction():
        own = _own(actor, webhook_id)
        own.paused_at, own.paused_because, own.failures = None, None, 0
    forget_all()


def end(actor: Actor, webhook_id: int) -> None:
    """Forget the webhook; what waits is taken back. Raises Refusal("not_found")."""
    with transaction():
        own = _own(actor, webhook_id)
        _withdraw(own.id)
        db.session.delete(own)


def send_test(actor: Actor, webhook_id: int) -> None:
    """Send a test event, so that its owner can see whether it arrives. Raises Refusal: not_found, webhook_paused."""
    with transaction():
        own = _own(actor, webhook_id)
        if own.paused_at:
            raise Refusal("webhook_paused")
        tell(TEST, [([queries.Listener(own.id, actor)], {})])


def _own(actor: Actor, webhook_id: int) -> Webhook:
    require(actor, Right.SUBSCRIBE)
    own = locked(Webhook, webhook_id)
    if own.person_id != actor.id:
        raise Refusal("not_found")
    return own


def _pause(own: Webhook, why: str) -> None:
    own.paused_at, own.paused_because = clock.now(), why
    _withdraw(own.id)


def _withdraw(webhook_id: int) -> None:
    waiting = update(Notice).where(Notice.webhook_id == webhook_id, Notice.state == Fate.WAITING)
    db.session.execute(waiting.values(state=Fate.WITHDRAWN, done_at=clock.now()))


def tell(event: str, told: Iterable[tuple[Sequence[queries.Listener], Facts]]) -> None:
    """Write down that these listeners are to be told, each with what is said; inside the transaction of the cause."""
    at = clock.now().isoformat(timespec="milliseconds")
    rows = []
    for listeners, said in told:
        id_ = f"evt_{secrets.token_hex(12)}"
        body = {"id": id_, "type": event, "timestamp": at, "data": dict(said)}
        rows += [outbox.webhook_row(event, one.actor.id, one.id, f"{id_}:{one.id}", body) for one in listeners]
    outbox.post_all(rows)


def deliver(worker: str, keys: Sequence[str], trusts_private: bool, ends: Callable[[], bool]) -> int:
    """Deliver what is due, as `outbox.deliver_due` does, and pause what fails for good; return how many."""
    known = {row.id: row for row in db.session.scalars(select(Webhook))}
    for row in known.values():
        db.session.expunge(row)
    outcomes: list[tuple[int, str | None]] = []
    now_at = 0

    def render(notice: Notice, person: Person) -> Message:
        nonlocal now_at
        now_at = notice.webhook_id or 0
        return _message(notice, known[now_at], keys)

    @contextmanager
    def channel() -> Iterator[Send]:
        with webhook.http(trusts_private) as send:

            def noted(message: Message) -> None:
                try:
                    send(message)
                except Refused as refused:
                    outcomes.append((now_at, "gone" if refused.permanent else "failing"))
                    raise
                outcomes.append((now_at, None))

            yield noted

    open_channel: Callable[[], AbstractContextManager[Send]] = channel
    taken = outbox.deliver_due(worker, open_channel, render, ends, Channel.WEBHOOK)
    if outcomes:
        _settle(outcomes)
    return taken


def _message(notice: Notice, to: Webhook, keys: Sequence[str]) -> Message:
    body = json.dumps(notice.facts, ensure_ascii=False, separators=(",", ":"))
    id_, at = notice.facts["id"], clock.now()
    headers = {
        "Content-Type": "application/json",
        "webhook-id": id_,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signing.signatures(keys, to, id_, body, at),
    }
    return Message(to=to.url, to_name="", subject=notice.kind, text=body, html="", key=notice.key, headers=headers)


def _settle(outcomes: Sequence[tuple[int, str | None]]) -> None:
    """Count what failed in a row, and pause what fails for good: its owner is told."""
    at = clock.now()
    with transaction():
        of = {id_: [why for one, why in outcomes if one == id_] for id_ in sorted({id_ for id_, _ in outcomes})}
        rows = db.session.scalars(
            select(Webhook).where(Webhook.id.in_(of)).order_by(Webhook.id).with_for_update(key_share=True),
            execution_options={"populate_existing": True},
        )
        for row in rows.all():
            for why in of[row.id]:
                row.failures = row.failures + 1 if why else 0
                row.answered_at = row.answered_at if why else at
            if row.paused_at is None and (row.failures >= PAUSE_AFTER or "gone" in of[row.id]):
                _pause(row, "gone" if "gone" in of[row.id] else "failing")
                _tell_owner(row, at)


def _tell_owner(row: Webhook, at: dt.datetime) -> None:
    person = db.session.get_one(Person, row.person_id)
    facts = {
        "path": f"/webhooks/{row.id}",
        "host": urlsplit(row.url).hostname,
        "why": row.paused_because,
        "failures": row.failures,
    }
    reader = outbox.Reader(person.id, person.email)
    outbox.post("webhook_paused", reader, f"webhook_paused:{row.id}:{at.isoformat()}", facts)
