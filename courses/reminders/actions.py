"""Writing down the reminders that are due."""

from courses.catalogue import queries as catalogue
from courses.catalogue.model import TrainingClass
from courses.ground import clock
from courses.ground.transaction import locked, transaction
from courses.outbox.actions import Reader, post_all, row_of
from courses.reminders import queries
from courses.reminders.queries import Reminded, Spoken

KIND = "reminder"


def post_due() -> int:
    """Write a notice for everyone to be reminded now; return how many.

    Each class is one transaction under its lock, and its schedule is read again there, so that a class that is being
    moved or called off at this moment reminds nobody of the old time.
    """
    return sum(_post(spoken) for spoken in queries.moments_due(clock.now()))


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
