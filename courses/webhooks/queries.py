"""What is asked of webhooks: who listens to an event, one's own, what became of what was sent."""

from typing import Any, NamedTuple

from sqlalchemy import select

from courses.ground.db import db, run, table
from courses.ground.kept import kept
from courses.outbox.model import Channel, Notice
from courses.people.model import Person, Post, Role
from courses.people.rights import Actor
from courses.webhooks.model import Webhook


class Listener(NamedTuple):
    """A webhook that wants an event, and who it speaks for: what that person may not read is not told."""

    id: int
    actor: Actor


# Built once: every change of a booking asks it.
_LISTENING = (
    select(
        Webhook.id.label("webhook_id"),
        Webhook.events,
        Webhook.person_id,
        Person.name,
        Post.role,
        Post.enterprise_id,
        Post.squadron_id,
    )
    .join(Person, Person.id == Webhook.person_id)
    .join(Post, Post.person_id == Person.id)
    .where(Webhook.paused_at.is_(None), Person.left_at.is_(None))
    .order_by(Webhook.id)
)


@kept(2)
def anybody_listens() -> bool:
    """Return whether there is any webhook at all: a new one hears what happens from two seconds on."""
    return run(select(table(Webhook).c.id).where(table(Webhook).c.paused_at.is_(None)).limit(1)).first() is not None


def listeners(event: str) -> list[Listener]:
    """Return who is to be told an event, in one statement; in none while nobody listens to anything."""
    if not anybody_listens():
        return []
    posts: dict[int, list[Any]] = {}
    for row in run(_LISTENING):
        if event in row.events.split():
            posts.setdefault(row.webhook_id, []).append(row)
    return [Listener(id_, _speaker(rows)) for id_, rows in posts.items()]


def _speaker(posts: list[Any]) -> Actor:
    """Return the actor that a person with these posts is."""
    return Actor(
        id=posts[0].person_id,
        name=posts[0].name,
        roles=frozenset(Role(post.role) for post in posts),
        enterprise_id=next((post.enterprise_id for post in posts if post.enterprise_id), None),
        squadron_id=next((post.squadron_id for post in posts if post.squadron_id), None),
    )


def webhooks_of(person_id: int) -> list[Webhook]:
    return list(db.session.scalars(select(Webhook).where(Webhook.person_id == person_id).order_by(Webhook.id)))


def webhook_of(person_id: int, webhook_id: int) -> Webhook | None:
    """Return one of a person's own webhooks."""
    return db.session.scalar(select(Webhook).where(Webhook.id == webhook_id, Webhook.person_id == person_id))


def deliveries(webhook_id: int, limit: int = 50) -> list[Notice]:
    """Return the latest deliveries to a webhook, newest first."""
    statement = select(Notice).where(Notice.webhook_id == webhook_id, Notice.channel == Channel.WEBHOOK)
    return list(db.session.scalars(statement.order_by(Notice.id.desc()).limit(limit)))
