"""Notices and their fates, and what contradicts itself in the records."""

import datetime as dt

from sqlalchemy import func, select

from courses.ground.db import db
from courses.outbox.model import Channel, Fate, Notice
from courses.people.model import Person
from courses.running.records import contradictions


def fates() -> dict[str, int]:
    """Return how many notices are in each state. What a person's own program is told is shown to that person."""
    to_people = select(Notice.state, func.count()).where(Notice.channel != Channel.WEBHOOK)
    counts = db.session.execute(to_people.group_by(Notice.state))
    return {str(state): count for state, count in counts}


def stuck(at: dt.datetime) -> list[tuple[Notice, Person]]:
    """Return the notices a person must look at, with their readers: failed, in doubt, or waiting for more than ten
    minutes."""
    late = (Notice.state == Fate.WAITING) & (Notice.due_at < at - dt.timedelta(minutes=10))
    statement = (
        select(Notice, Person)
        .join(Person, Person.id == Notice.person_id)
        .where(Notice.state.in_((Fate.FAILED, Fate.IN_DOUBT)) | late, Notice.emptied_at.is_(None))
        .where(Notice.channel != Channel.WEBHOOK)
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
