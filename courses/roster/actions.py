"""Marking who came, and counting the hours that come of it."""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlalchemy import delete, insert, literal, select

from courses.booking import actions as booking
from courses.booking.actions.cancel import count_came
from courses.booking.actions.ground import locked_class, log
from courses.booking.announce import announce
from courses.booking.model import SEATED, Booking
from courses.catalogue import queries as catalogue
from courses.catalogue.model import ClassState, Sitting
from courses.ground import clock
from courses.ground.db import db
from courses.ground.refusal import Refusal
from courses.ground.transaction import lock_all, transaction
from courses.people.model import FULL_FROM_PERCENT, MINUTES_PER_HOUR, Person
from courses.people.queries import city
from courses.people.rights import Actor, Right, require
from courses.roster import queries
from courses.roster.model import Attendance, Mark, YearlyHours
from courses.webhooks.model import Event

OPENS_BEFORE = dt.timedelta(hours=1)
AT_ONCE = 500  # people whose year is counted in one transaction


class Entry(NamedTuple):
    """One line as it is to be marked; without a mark, an earlier one is taken back. Times only if not the whole."""

    booking_id: int
    mark: Mark | None
    arrived_at: dt.datetime | None = None
    left_at: dt.datetime | None = None


def mark(
    actor: Actor,
    class_id: int,
    sitting_id: int,
    booking_ids: Collection[int],
    as_: Mark | None,
    arrived_at: dt.datetime | None = None,
    left_at: dt.datetime | None = None,
    door: str = "page",
) -> None:
    """Mark these bookings alike; see `mark_each`."""
    mark_each(actor, class_id, sitting_id, [Entry(id_, as_, arrived_at, left_at) for id_ in booking_ids], door)


def mark_each(actor: Actor, class_id: int, sitting_id: int, entries: Sequence[Entry], door: str = "page") -> None:
    """Mark each of these at one sitting, all or none. Marking twice is harmless: the last mark holds.

    Raises Refusal: not_found (class, sitting), not_allowed, called_off, not_begun, not_on_roster, minutes_wrong.
    """
    with transaction():
        at = clock.now()
        class_ = locked_class(class_id)
        lecturer_ids = [t.id for t in catalogue.lecturers_of(class_id)]
        require(actor, Right.MARK_ROSTER, squadron_id=class_.row.squadron_id, lecturer_ids=lecturer_ids)
        sitting = db.session.get(Sitting, sitting_id)
        if sitting is None or sitting.class_id != class_id:
            raise Refusal("not_found")
        if class_.row.state == ClassState.CALLED_OFF:
            raise Refusal("called_off")
        if at < sitting.starts_at - OPENS_BEFORE:
            raise Refusal("not_begun")
        bookings = {row.id: row for row in _seated(class_id, [entry.booking_id for entry in entries])}
        rows = _attendances(list(bookings))
        for entry in entries:
            _write(actor, sitting, entry, rows, at)
            what = {"mark": entry.mark or "unmarked", "sitting": sitting_id}
            log(class_id, "marked", actor, door, [entry.booking_id], **what)
        for id_, row in bookings.items():
            marks = [attendance.mark for (booking_id, _), attendance in rows.items() if booking_id == id_]
            booking.settle(row, Mark.PRESENT in marks if marks else None, set(marks) == {Mark.EXCUSED})
        said = {entry.booking_id: {"sitting": sitting_id, "mark": entry.mark or "unmarked"} for entry in entries}
        announce(Event.MARKED, class_id, said)
        people = sorted({row.person_id for row in bookings.values() if row.person_id})
        count_came(class_.row)
        lock_all(Person, people)  # another of their classes may be marked at this moment
        _count_hours(clock.local(class_.row.starts_at).year, people)


def recount() -> int:
    """Count anew what does not agree with the rosters: who came to a class, the hours of a year. Return how many.

    Marking counts both already. This is for what comes otherwise: a seat given up after it was marked.
    """
    classes = list(db.session.scalars(queries.miscounted_classes()))
    for class_id in classes:
        with transaction():
            count_came(locked_class(class_id).row)
    wrong = queries.miscounted_years()
    for year, people in wrong.items():
        for first in range(0, len(people), AT_ONCE):
            with transaction():
                lock_all(Person, people[first : first + AT_ONCE])
                _count_hours(year, people[first : first + AT_ONCE])
    return len(classes) + sum(map(len, wrong.values()))


def recount_person(person_id: int) -> None:
    """Count anew what a person, who is locked, earned in each year; call it in the transaction of what changed it."""
    kept = select(YearlyHours.year).where(YearlyHours.person_id == person_id)
    for year in db.session.scalars(kept).all():
        _count_hours(year, [person_id])


def _count_hours(year: int, people: Collection[int]) -> None:
    """Count what these people, who are locked, earned in a year of the city."""
    db.session.flush()
    gone = delete(YearlyHours).where(YearlyHours.year == year, YearlyHours.person_id.in_(people))
    db.session.execute(gone, execution_options={"synchronize_session": False})
    earned = queries.earned_in(year).where(Booking.person_id.in_(people))
    columns = ["person_id", "half_hours", "classes", "year"]
    rows = earned.add_columns(literal(year))
    db.session.execute(insert(YearlyHours).from_select(columns, rows, include_defaults=False))


def _write(
    actor: Actor, sitting: Sitting, entry: Entry, rows: dict[tuple[int, int], Attendance], at: dt.datetime
) -> None:
    """Write one line's mark into `rows` and the database."""
    rules = city()
    earned = earned_half_hours(
        sitting, entry.mark, entry.arrived_at, entry.left_at, rules.minutes_per_hour, rules.full_from_percent
    )
    place = (entry.booking_id, sitting.id)
    if entry.mark is None:
        if known := rows.pop(place, None):
            db.session.delete(known)
        return
    if place not in rows:
        rows[place] = Attendance(
            booking_id=entry.booking_id,
            sitting_id=sitting.id,
            mark=entry.mark,
            half_hours=earned,
            marked_by=actor.id,
            marked_at=at,
        )
        db.session.add(rows[place])
    row = rows[place]
    row.mark, row.half_hours, row.marked_by, row.marked_at = entry.mark, earned, actor.id, at
    row.arrived_at, row.left_at = entry.arrived_at, entry.left_at


def earned_half_hours(
    sitting: Sitting,
    as_: Mark | None,
    arrived_at: dt.datetime | None,
    left_at: dt.datetime | None,
    minutes_per_hour: int = MINUTES_PER_HOUR,
    full_from_percent: int = FULL_FROM_PERCENT,
) -> int:
    """Return the half 学时 earned: those of the whole sitting from the city's share of its minutes, none below.

    Raises Refusal("minutes_wrong") when arrival and leaving are not within the sitting, in this order.
    """
    begin, end = arrived_at or sitting.starts_at, left_at or sitting.ends_at
    if not sitting.starts_at <= begin < end <= sitting.ends_at:
        raise Refusal("minutes_wrong")
    if as_ != Mark.PRESENT:
        return 0
    share = (end - begin) * 100 >= (sitting.ends_at - sitting.starts_at) * full_from_percent
    return sitting.half_hours(minutes_per_hour) if share else 0


def _seated(class_id: int, booking_ids: Collection[int]) -> list[Booking]:
    statement = select(Booking).where(
        Booking.class_id == class_id, Booking.id.in_(booking_ids), Booking.state.in_(SEATED)
    )
    found = list(db.session.scalars(statement.order_by(Booking.id)))
    if not found or len(found) < len(set(booking_ids)):
        raise Refusal("not_on_roster")
    return found


def _attendances(booking_ids: list[int]) -> dict[tuple[int, int], Attendance]:
    statement = select(Attendance).where(Attendance.booking_id.in_(booking_ids))
    return {(row.booking_id, row.sitting_id): row for row in db.session.scalars(statement)}
