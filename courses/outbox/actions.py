"""Posting, withdrawing, claiming and delivering notices."""

import datetime as dt
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol

from sqlalchemy import insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from courses.ground import clock, pulse
from courses.ground.db import db
from courses.ground.refusal import Refusal
from courses.ground.transaction import locked, transaction
from courses.outbox.channels import Message, Refused, Uncertain
from courses.outbox.model import Channel, Fate, Notice
from courses.people.model import Person
from courses.people.rights import Actor, Right, require

PAUSES = tuple(dt.timedelta(minutes=m) for m in (1, 5, 15, 60, 180, 360, 720))
BATCH = 50


class Reader(NamedTuple):
    """Whom a notice is for, and whether mail can reach them."""

    id: int
    email: str | None


def post(
    kind: str,
    reader: Reader,
    key: str,
    facts: dict[str, Any],
    class_id: int | None = None,
    booking_id: int | None = None,
    expires_at: dt.datetime | None = None,
) -> None:
    """Write down that `reader` is to be told; call it inside the transaction of the cause.

    `key` is unique for ever: telling the same thing twice is an IntegrityError, not a second mail.
    """
    row = row_of(kind, reader, key, facts, class_id, booking_id, expires_at)
    db.session.execute(insert(Notice), row)


def row_of(
    kind: str,
    reader: Reader,
    key: str,
    facts: dict[str, Any],
    class_id: int | None = None,
    booking_id: int | None = None,
    expires_at: dt.datetime | None = None,
) -> dict[str, Any]:
    """Return the notice as a plain row for `post_all`; one that only the page can carry is sent at once."""
    at = clock.now()
    by_mail = reader.email is not None
    return {
        "key": f"{key}:{Channel.MAIL if by_mail else Channel.PAGE}",
        "kind": kind,
        "person_id": reader.id,
        "channel": Channel.MAIL if by_mail else Channel.PAGE,
        "facts": facts,
        "made_at": at,
        "due_at": at,
        "state": Fate.WAITING if by_mail else Fate.SENT,
        "class_id": class_id,
        "booking_id": booking_id,
        "expires_at": expires_at,
        "tries": 0,
        "done_at": None if by_mail else at,
    }


def post_all(rows: Sequence[dict[str, Any]]) -> None:
    """Write many notices in one statement; a key that stands already is passed over."""
    if not rows:
        return
    dialect = postgresql if db.session.get_bind().dialect.name == "postgresql" else sqlite
    db.session.execute(dialect.insert(Notice.__table__).on_conflict_do_nothing(index_elements=["key"]), rows)


def withdraw(booking_ids: Iterable[int], kind: str | None = None) -> None:
    """Take back what still waits about these bookings (only notices of `kind`, if given)."""
    statement = update(Notice).where(Notice.booking_id.in_(list(booking_ids)), Notice.state == Fate.WAITING)
    if kind:
        statement = statement.where(Notice.kind == kind)
    db.session.execute(statement.values(state=Fate.WITHDRAWN, done_at=clock.now()))


class Send(Protocol):
    """A way to send rendered messages over one opened connection."""

    def __call__(self, message: Message) -> None: ...


class Render(Protocol):
    def __call__(self, notice: Notice, person: Person) -> Message: ...


def deliver_due(worker: str, open_channel: Any, render: Render) -> int:
    """Claim up to BATCH due notices and send them; return how many were claimed.

    `open_channel()` is a context manager that yields a `Send`. A channel that cannot be opened counts as one
    refused try for each claimed notice.
    """
    claimed = _claim(worker)
    if not claimed:
        return 0
    try:
        with _opened(open_channel) as send:
            for notice, person in claimed:
                _deliver(notice, person, worker, send, render)
    except Refused as refused:
        for notice, _ in claimed:
            _settle(notice, worker, refused=refused)
    return len(claimed)


def _opened(open_channel: Any) -> AbstractContextManager[Send]:
    channel: AbstractContextManager[Send] = open_channel()
    return channel


def _claim(worker: str) -> list[tuple[Notice, Person]]:
    at = clock.now()
    with transaction():
        due = (
            select(Notice, Person)
            .join(Person, Person.id == Notice.person_id)
            .where(Notice.state == Fate.WAITING, Notice.due_at <= at)
            .order_by(Notice.due_at, Notice.id)
            .limit(BATCH)
            .with_for_update(of=Notice, skip_locked=True)
        )
        found = [(notice, person) for notice, person in db.session.execute(due)]
        late = [n.id for n, _ in found if n.expires_at and n.expires_at <= at]
        live = [(n, p) for n, p in found if n.id not in late]
        _mark(late, state=Fate.EXPIRED, done_at=at)
        _mark([n.id for n, _ in live], state=Fate.SENDING, claimed_at=at, claimed_by=worker)
        db.session.flush()
        for notice, person in live:  # read for good now: after the commit nothing is read again
            db.session.expunge(notice)
            if person in db.session:
                db.session.expunge(person)
    return live


def _mark(ids: list[int], **values: Any) -> None:
    if ids:
        statement = update(Notice).where(Notice.id.in_(ids)).values(**values)
        db.session.execute(statement, execution_options={"synchronize_session": False})


def _deliver(notice: Notice, person: Person, worker: str, send: Send, render: Render) -> None:
    try:
        send(render(notice, person))
    except Refused as refused:
        _settle(notice, worker, refused=refused)
    except Uncertain as uncertain:
        _settle(notice, worker, state=Fate.IN_DOUBT, error=str(uncertain))
    else:
        _settle(notice, worker, state=Fate.SENT)


def _settle(
    notice: Notice, worker: str, state: Fate = Fate.SENT, error: str | None = None, refused: Refused | None = None
) -> None:
    """Write the fate of a claimed notice, if the claim is still ours (num_updated == 1 or nothing)."""
    at = clock.now()
    values: dict[str, Any] = {"state": state, "error": error, "done_at": at, "tries": notice.tries + 1}
    if refused:
        final = refused.permanent or notice.tries >= len(PAUSES)
        values |= {"state": Fate.FAILED if final else Fate.WAITING, "error": str(refused)}
        if not final:
            values |= {"due_at": at + PAUSES[notice.tries], "done_at": None, "claimed_by": None, "claimed_at": None}
    with transaction():
        mine = (Notice.id == notice.id, Notice.state == Fate.SENDING, Notice.claimed_by == worker)
        db.session.execute(update(Notice).where(*mine).values(**values))


def doubt_abandoned() -> int:
    """Put notices claimed by a worker that is dead in doubt; return how many."""
    at = clock.now()
    alive = select(pulse.Worker.name).where(pulse.Worker.beat_at >= at - pulse.DEAD_AFTER)
    with transaction():
        abandoned = update(Notice).where(
            Notice.state == Fate.SENDING,
            Notice.claimed_at < at - pulse.DEAD_AFTER,
            Notice.claimed_by.not_in(alive),
        )
        result: Any = db.session.execute(
            abandoned.values(state=Fate.IN_DOUBT, error="worker stopped while sending", done_at=at),
            execution_options={"synchronize_session": False},
        )
        return int(result.rowcount)


def decide(actor: Actor, notice_id: int, send_again: bool) -> None:
    """Decide a notice in doubt or failed: send it again, or let it rest as sent/withdrawn.

    Raises Refusal("not_in_doubt") when someone decided before.
    """
    with transaction():
        require(actor, Right.ADMINISTER)
        notice = locked(Notice, notice_id)
        if notice.state not in (Fate.IN_DOUBT, Fate.FAILED):
            raise Refusal("not_in_doubt")
        at = clock.now()
        if send_again:
            notice.state, notice.due_at, notice.tries, notice.claimed_by = Fate.WAITING, at, 0, None
        else:
            notice.state = Fate.SENT if notice.state == Fate.IN_DOUBT else Fate.WITHDRAWN
            notice.done_at = at
