"""Notices and their fates, and what contradicts itself in the records."""

import datetime as dt

from sqlalchemy import func, select, union_all

from courses.ground.db import db
from courses.outbox.model import UNSETTLED, WAITING, Channel, Fate, Notice
from courses.people.model import Person
from courses.running.records import contradictions

LATELY = dt.timedelta(days=1)


def fates(at: dt.datetime) -> dict[str, int]:
    """Return how many notices wait, are being sent, failed or are in doubt, and how many of the last day were settled.
    What a person's own program is told is shown to that person."""
    to_people = select(Notice.state, func.count()).where(Notice.channel != Channel.WEBHOOK).group_by(Notice.state)
    lately = (Notice.emptied_at.is_(None), Notice.made_at > at - LATELY)
    settled = to_people.where(*lately, Notice.state.in_((Fate.SENT, Fate.WITHDRAWN, Fate.EXPIRED)))
    counts = db.session.execute(union_all(to_people.where(WAITING), to_people.where(UNSETTLED), settled))
    return {str(state): count for state, count in counts}


def stuck(at: dt.datetime) -> list[tuple[Notice, Person]]:
    """Return the notices a person must look at, with their readers: failed, in doubt, or waiting for more than ten
    minutes."""
    with_contents = select(Notice.id).where(Notice.emptied_at.is_(None))
    late = with_contents.where(WAITING, Notice.due_at < at - dt.timedelta(minutes=10))
    at_rest = with_contents.where(UNSETTLED, Notice.state.in_((Fate.FAILED, Fate.IN_DOUBT)))
    statement = (
        select(Notice, Person)
        .join(Person, Person.id == Notice.person_id)
        .where(Notice.id.in_(union_all(late, at_rest)), Notice.channel != Channel.WEBHOOK)
        .order_by(Notice.id.desc())
        .limit(100)
    )
    return [(notice, person) for notice, person in db.session.execute(statement)]


def notices_of(person_id: int, limit: int = 50) -> list[Notice]:
    """Return a person's notices, newest first; those taken back before they were sent are not theirs to read."""
    statement = (
        select(Notice)
        .where(Notice.person_id == person_id, Notice.state.not_in((Fate.WITHDRAWN, Fate.EXPIRED)))
        .where(Notice.emptied_at.is_(None), Notice.channel != Channel.WEBHOOK)
        .order_by(Notice.id.desc())
        .limit(limit)
    )
    return list(db.session.scalars(statement))


def faults(language: str = "en") -> list[str]:
    """Return in words what contradicts itself in the records; nothing, if all is well."""
    return [fault.words for fault in contradictions(language)]
