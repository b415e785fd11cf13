"""Writing down the reminders that are due."""

import datetime as dt

from courses.catalogue import queries as catalogue
from courses.catalogue.model import TrainingClass
from courses.ground import clock
from courses.ground.transaction import locked, transaction
from courses.outbox.actions import Reader, post_all, row_of
from courses.reminders import queries
from courses.reminders.queries import Holding, Reminded, Spoken

KIND = "reminder"


def post_due() -> int:
    """Write a notice for everyone to be reminded now; return how many.

    Each class is one transaction under its lock, and its schedule is read again there, so that a class that is being
    moved or called off at this moment reminds nobody of the old time.
    """
    return sum(_post(spoken) for spoken in queries.moments_due(clock.now()))


NAGS = (dt.timedelta(days=1), dt.timedelta(days=3))
"""How long before the end of the time to name held seats their holder is reminded, the nearest first."""


def nag_due() -> int:
    """Remind who holds seats that nobody was named for yet; return how many were reminded."""
    at = clock.now()
    return sum(_nag(class_id, at) for class_id in queries.classes_to_name(at, max(NAGS)))


def _nag(class_id: int, at: dt.datetime) -> int:
    """Remind the holders of one class, once for each of `NAGS`, of several only the one nearest the deadline; a moment
    before the seats were held is silent: holding them was the telling."""
    with transaction():
        class_ = locked(TrainingClass, class_id)
        said = queries.said_of(class_id)
        rows = []
        for holding in queries.holdings(class_id):
            come = [nag for nag in NAGS if holding.since <= holding.due_at - nag <= at]
            if come and at < holding.due_at:
                rows.append(_nagging(class_, said, holding, come[0]))
        post_all(rows)
        return len(rows)


def _nagging(class_: TrainingClass, said: catalogue.Said, holding: Holding, before: dt.timedelta) -> dict[str, object]:
    facts = {
        "class_": catalogue.facts_of(class_, said, catalogue.spans_of(class_)),
        "path": f"/classes/{class_.id}",
        "seats": holding.seats,
        "due_at": holding.due_at.isoformat(),
    }
    key = f"unnamed:{holding.first_id}:{holding.due_at.isoformat()}:{before.days}:{holding.reader.id}"
    return row_of("unnamed", holding.reader, key, facts, class_.id, holding.first_id, expires_at=holding.due_at)


def _post(spoken: Spoken) -> int:
    if not queries.not_yet_told(spoken):
        return 0
    with transaction():
        class_ = locked(TrainingClass, spoken.class_.id)
        if class_.schedule_no != spoken.schedule_no:
            return 0
        people = queries.not_yet_told(spoken)
        post_all([_row(spoken, person) for person in people])
        return len(people)


def _row(spoken: Spoken, person: Reminded) -> dict[str, object]:
    class_ = spoken.class_
    facts = {
        "class_": catalogue.facts_of(class_, spoken.said, catalogue.spans_of(class_)),
        "path": f"/classes/{class_.id}",
        "sitting_at": spoken.sitting_at.isoformat(),
        "minutes_before": spoken.minutes_before,
        "calendar": {
            "uid": f"booking-{person.booking_id}",
            "sequence": person.sequence + spoken.schedule_no,
            "method": "REQUEST",
        },
    }
    key = f"{queries.key_stem(spoken)}{person.booking_id}:{person.person_id}"
    reader = Reader(person.person_id, person.email)
    return row_of(KIND, reader, key, facts, class_.id, person.booking_id, expires_at=spoken.sitting_at)
