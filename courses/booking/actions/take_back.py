"""Taking back what nobody was told yet: a publication, a move, a new number of seats."""

import datetime as dt

from sqlalchemy import select

from courses.booking import queries
from courses.booking.actions.ground import Locked, locked_class, log, require_standing
from courses.catalogue.actions import check_place, set_sittings, tell_lecturers
from courses.catalogue.model import ClassState, Teaching, TrainingClass
from courses.ground import clock
from courses.ground.db import db
from courses.ground.refusal import Refusal
from courses.ground.transaction import transaction
from courses.people.rights import Actor, Right, require


def take_back(actor: Actor, class_id: int, door: str = "page") -> None:
    """Make a published class a draft again, while nobody ever asked for a seat and none but its lecturers was told of
    it; they are told that it is not to be.

    Raises Refusal: not_found, not_allowed, called_off, begun, already_told.
    """
    with transaction():
        class_ = _untold(actor, class_id)
        log(class_id, "taken_back", actor, door)
        class_.row.state, class_.row.published_at = ClassState.DRAFT, None
        db.session.flush()
        lecturers = db.session.scalars(select(Teaching.person_id).where(Teaching.class_id == class_id)).all()
        tell_lecturers(class_.facts(), class_.row.ends_at, removed=lecturers, taken_back=True)


def undo_change(actor: Actor, class_id: int, door: str = "page") -> None:
    """Undo the move or the new number of seats that was the last thing to happen to a class nobody was told of.

    Raises Refusal: not_found, not_allowed, called_off, begun, already_told, nothing_to_undo, and those of
    `check_place`, since another class may have taken the old place.
    """
    with transaction():
        class_ = _untold(actor, class_id)
        last = queries.undoable_change(class_id)
        if last is None:
            raise Refusal("nothing_to_undo")
        if last.what == "resized":
            _put_back(class_.row, class_.row.room_id, last.facts["before"], class_.spans())
        else:
            spans = [(_moment(start), _moment(end)) for start, end in last.facts["before"]]
            undoing = dict(last.facts["undoing"])
            _put_back(class_.row, undoing.pop("room_id"), class_.row.capacity, spans, undoing)
        class_.row.schedule_no += 1
        class_.row.scheduled_at = clock.now()
        log(class_id, "change_undone", actor, door)
        db.session.flush()


def _put_back(
    row: TrainingClass,
    room_id: int,
    capacity: int,
    spans: list[tuple[dt.datetime, dt.datetime]],
    times: dict[str, str] | None = None,
) -> None:
    if spans[0][0] <= clock.now():
        raise Refusal("in_the_past")
    lecturers = db.session.scalars(select(Teaching.person_id).where(Teaching.class_id == row.id)).all()
    check_place(room_id, lecturers, spans, capacity, but=row.id)
    with db.session.no_autoflush:  # all at once: written in part, booking would close after the class begins
        row.room_id, row.capacity = room_id, capacity
        for name, text in (times or {}).items():
            setattr(row, name, _moment(text))
        set_sittings(row, spans)


def _moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def _untold(actor: Actor, class_id: int) -> Locked:
    class_ = locked_class(class_id)
    require(actor, Right.CHANGE_CLASS, squadron_id=class_.row.squadron_id)
    require_standing(class_.row, clock.now())
    if not queries.is_untold(class_.row):
        raise Refusal("already_told")
    return class_
