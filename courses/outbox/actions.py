"""Posting, withdrawing, claiming and delivering notices."""

import datetime as dt
import logging
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Update, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from courses.ground import clock, pulse
from courses.ground.db import db, run, table
from courses.ground.refusal import Refusal
from courses.ground.transaction import locked, transaction
from courses.outbox.channels import Message, Refused, Uncertain
from courses.outbox.model import UNSETTLED, Channel, Fate, Notice
from courses.people.model import Person
from courses.people.rights import Actor, Right, require

PAUSES = tuple(dt.timedelta(minutes=m) for m in (1, 5, 15, 60, 180, 360, 720))
BATCH = 50
RESERVED_FOR = pulse.DEAD_AFTER
RECORD_AGAIN_S = (0.2, 1, 3, 10)
log = logging.getLogger("courses.outbox")


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


def webhook_row(kind: str, person_id: int, webhook_id: int, key: str, facts: dict[str, Any]) -> dict[str, Any]:
    """Return what a program of a person is told as a plain row for `post_all`; `facts` are the body as it is sent.

    It names no booking: that a booking was cancelled takes back what its person waits to hear, not what happened.
    """
    at = clock.now()
    return {
        "key": f"{key}:{Channel.WEBHOOK}",
        "kind": kind,
        "person_id": person_id,
        "channel": Channel.WEBHOOK,
        "facts": facts,
        "made_at": at,
        "due_at": at,
        "state": Fate.WAITING,
        "tries": 0,
        "webhook_id": webhook_id,
    }


_POST = {
    name: dialect.insert(table(Notice)).on_conflict_do_nothing(index_elements=["key"])
    for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
}


def post_all(rows: Sequence[dict[str, Any]]) -> None:
    """Write many notices in one statement; a key that stands already is passed over."""
    if not rows:
        return
    run(_POST[db.session.get_bind().dialect.name], rows)


def withdraw(booking_ids: Iterable[int], kind: str | None = None) -> None:
    """Take back what still waits about these bookings (only notices of `kind`, if given)."""
    statement = update(Notice).where(Notice.booking_id.in_(list(booking_ids)), Notice.state == Fate.WAITING)
    if kind:
        statement = statement.where(Notice.kind == kind)
    db.session.execute(statement.values(state=Fate.WITHDRAWN, done_at=clock.now()))


def withdraw_about(class_id: int, kind: str, person_ids: Collection[int]) -> set[int]:
    """Take back what of `kind` still waits about a class for these people; return whom it has not reached so."""
    if not person_ids:
        return set()
    waiting = update(Notice).where(Notice.class_id == class_id, Notice.kind == kind, Notice.state == Fate.WAITING)
    mine = waiting.where(Notice.person_id.in_(person_ids)).values(state=Fate.WITHDRAWN, done_at=clock.now())
    return set(db.session.scalars(mine.returning(Notice.person_id)))


def withdraw_of_class(class_id: int, kind: str) -> None:
    """Take back the notices of a kind about a class that still wait."""
    waiting = (Notice.class_id == class_id, Notice.kind == kind, Notice.state == Fate.WAITING)
    db.session.execute(update(Notice).where(*waiting).values(state=Fate.WITHDRAWN, done_at=clock.now()))


class Send(Protocol):
    """A way to send rendered messages over one opened connection."""

    def __call__(self, message: Message) -> None: ...


class Render(Protocol):
    def __call__(self, notice: Notice, person: Person) -> Message: ...


def deliver_due(
    worker: str,
    open_channel: Any,
    render: Render,
    ends: Callable[[], bool] = lambda: False,
    channel: Channel = Channel.MAIL,
) -> int:
    """Take up at most BATCH due notices of a channel and send them, one after another; return how many were taken up.

    `open_channel()` is a context manager that yields a `Send`. A channel that cannot be opened counts as one
    refused try for each notice taken up. When `ends()`, those not begun go back for others to take.
    """
    taken, reserved = _reserve(worker, channel)
    if not reserved:
        return taken
    try:
        with _opened(open_channel) as send:
            _deliver(reserved, worker, send, render, ends)
    except Refused as refused:
        for notice, _ in reserved:
            _record(worker, _refused(notice, refused))
    return taken


def _opened(open_channel: Any) -> AbstractContextManager[Send]:
    channel: AbstractContextManager[Send] = open_channel()
    return channel


def _reserve(worker: str, channel: Channel) -> tuple[int, list[tuple[Notice, Person]]]:
    """Reserve due notices for `worker`: they still wait, and can be withdrawn, until their turn comes.

    A reservation lapses by itself, so those of a dead worker are lost to nobody. A notice this worker had begun to
    send before, and whose fate it could not record, is in doubt.
    """
    at = clock.now()
    nobodys = or_(Notice.claimed_by.is_(None), Notice.claimed_by == worker, Notice.claimed_at < at - RESERVED_FOR)
    with transaction():
        left_behind = update(Notice).where(UNSETTLED, Notice.state == Fate.SENDING, Notice.claimed_by == worker)
        _leave(left_behind.where(Notice.channel == channel), channel, "its fate could not be recorded", at)
        due = (
            select(Notice, Person)
            .join(Person, Person.id == Notice.person_id)
            .where(Notice.state == Fate.WAITING, Notice.channel == channel, Notice.due_at <= at, nobodys)
            .order_by(Notice.due_at, Notice.id)
            .limit(BATCH)
            .with_for_update(of=Notice, skip_locked=True)
        )
        found = [(notice, person) for notice, person in db.session.execute(due)]
        late = [n.id for n, _ in found if n.expires_at and n.expires_at <= at]
        live = [(n, p) for n, p in found if n.id not in late]
        _mark(late, state=Fate.EXPIRED, done_at=at)
        _mark([n.id for n, _ in live], claimed_at=at, claimed_by=worker)
        for notice, person in live:  # read for good now: after the commit nothing is read again
            db.session.expunge(notice)
            if person in db.session:
                db.session.expunge(person)
    return len(found), live


def _leave(what: Update, channel: Channel, why: str, at: dt.datetime) -> int:
    """Settle what was begun and may have been sent: in doubt, for a person to decide. A program knows an event again by
    its id, so it is simply told once more."""
    if channel == Channel.WEBHOOK:
        return _write(what.values(state=Fate.WAITING, error=why, claimed_by=None, claimed_at=None))
    return _write(what.values(state=Fate.IN_DOUBT, error=why, done_at=at))


def _mark(ids: list[int], **values: Any) -> None:
    if ids:
        _write(update(Notice).where(Notice.id.in_(ids)).values(**values))


def _write(statement: Update) -> int:
    """Run an update past the session, which keeps no notice; return how many rows it changed."""
    result: Any = db.session.execute(statement, execution_options={"synchronize_session": False})
    return int(result.rowcount)


def _deliver(
    reserved: list[tuple[Notice, Person]], worker: str, send: Send, render: Render, ends: Callable[[], bool]
) -> None:
    """Send one after another. At any moment at most one is being sent, so a crash leaves a doubt about one only."""
    fate: Update | None = None
    for notice, person in reserved:
        if ends():
            break
        begun = _record(worker, fate, notice)
        fate = _attempt(notice, person, send, render) if begun else None
    _record(worker, fate)
    if ends():
        with transaction():
            mine = update(Notice).where(Notice.state == Fate.WAITING, Notice.claimed_by == worker)
            mine = mine.where(Notice.channel == reserved[0][0].channel)
            _write(mine.values(claimed_by=None, claimed_at=None))


def _attempt(notice: Notice, person: Person, send: Send, render: Render) -> Update:
    """Send one notice and return its fate. A fault of ours in one must not hold up the others."""
    try:
        message = render(notice, person)
    except Exception as error:
        log.exception("notice %s cannot be put into words", notice.id)
        return _fate(notice, Fate.FAILED, f"cannot be put into words: {error!r}")
    try:
        send(message)
    except Refused as refused:
        return _refused(notice, refused)
    except Uncertain as uncertain:
        return _fate(notice, Fate.IN_DOUBT, str(uncertain))
    except Exception as error:
        log.exception("notice %s: the channel broke", notice.id)
        return _fate(notice, Fate.IN_DOUBT, f"the channel broke: {error!r}")
    return _fate(notice, Fate.SENT)


def _refused(notice: Notice, refused: Refused) -> Update:
    """Return the fate of a refused try: another one after a growing pause, or rest in view."""
    if refused.permanent or notice.tries >= len(PAUSES):
        return _fate(notice, Fate.FAILED, str(refused))
    again = _fate(notice, Fate.WAITING, str(refused))
    due_at = clock.now() + PAUSES[notice.tries]
    return again.values(due_at=due_at, done_at=None, claimed_by=None, claimed_at=None)


def _fate(notice: Notice, state: Fate, error: str | None = None) -> Update:
    if state != Fate.SENT:  # the error itself stays in the row: it may hold an address
        log.warning(
            "notice", extra={"notice": notice.id, "kind": notice.kind, "fate": str(state), "try": notice.tries + 1}
        )
    values = {"state": state, "error": error, "done_at": clock.now(), "tries": notice.tries + 1}
    return update(Notice).where(Notice.id == notice.id, Notice.state.in_((Fate.WAITING, Fate.SENDING))).values(values)


def _record(worker: str, fate: Update | None, next_: Notice | None = None) -> bool:
    """Write down a fate, and begin with the next notice, if `worker` still has them; return whether it begins.

    What was sent cannot be taken back: a database that is busy or gone is asked again for a while, since each fate
    that is not recorded ends as a doubt for a person to decide.
    """
    for pause_s in (*RECORD_AGAIN_S, None):
        try:
            with transaction():
                if fate is not None:
                    _write(fate.where(Notice.claimed_by == worker))
                if next_ is None:
                    return False
                mine = (Notice.id == next_.id, Notice.state == Fate.WAITING, Notice.claimed_by == worker)
                turn = update(Notice).where(*mine).values(state=Fate.SENDING, claimed_at=clock.now())
                return _write(turn) == 1
        except Refusal:
            if pause_s is None:
                raise
            time.sleep(pause_s)
    raise AssertionError("unreachable")


def doubt_abandoned() -> int:
    """Put notices claimed by a worker that is dead in doubt; return how many."""
    at = clock.now()
    alive = select(pulse.Worker.name).where(pulse.Worker.beat_at >= at - pulse.DEAD_AFTER)
    with transaction():
        abandoned = update(Notice).where(
            UNSETTLED,
            Notice.state == Fate.SENDING,
            Notice.claimed_at < at - pulse.DEAD_AFTER,
            Notice.claimed_by.not_in(alive),
        )
        why = "worker stopped while sending"
        to_persons = abandoned.where(Notice.channel != Channel.WEBHOOK)
        to_programs = abandoned.where(Notice.channel == Channel.WEBHOOK)
        return _leave(to_persons, Channel.MAIL, why, at) + _leave(to_programs, Channel.WEBHOOK, why, at)


def withdraw_all_of(person_id: int) -> None:
    """Take back whatever still waits for this person; in the transaction of the cause."""
    waiting = update(Notice).where(Notice.person_id == person_id, Notice.state == Fate.WAITING)
    _write(waiting.values(state=Fate.WITHDRAWN, done_at=clock.now()))


def empty(ids: Sequence[int]) -> None:
    """Take the contents out of these notices: what stays is that there was one, so that none is written again."""
    _write(update(Notice).where(Notice.id.in_(ids)).values(facts={}, error=None, emptied_at=clock.now()))


def doubt_after_restore(why: str) -> int:
    """Put all that waits or was being sent in doubt, since it may have gone out after the backup; return how many."""
    with transaction():
        unsettled = update(Notice).where(Notice.state.in_((Fate.WAITING, Fate.SENDING)))
        return _write(unsettled.values(state=Fate.IN_DOUBT, error=why, done_at=clock.now()))


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
            notice.state, notice.due_at, notice.tries = Fate.WAITING, at, 0
            notice.claimed_by = notice.claimed_at = None
        else:
            notice.state = Fate.SENT if notice.state == Fate.IN_DOUBT else Fate.WITHDRAWN
            notice.done_at = at
