"""The roster, for programs: who sits in a class, and who came."""

from enum import StrEnum
from typing import Annotated

from flask import Blueprint
from flask_babel import lazy_gettext as _l
from pydantic import AfterValidator, Field, RootModel
from pydantic_core import PydanticCustomError

from courses.booking.api import Sitting
from courses.booking.model import State
from courses.booking.queries import class_view
from courses.catalogue import model
from courses.catalogue.queries import lecturers_of
from courses.ground.api import Id, Moment, Query, Shape, Words, operation
from courses.ground.refusal import Refusal
from courses.people.guard import needs, signed_in
from courses.people.looks import looked
from courses.people.rights import Right, may
from courses.roster import actions, queries
from courses.roster.model import Mark

resources = Blueprint("roster_api", __name__)


class Marked(StrEnum):
    PRESENT = Mark.PRESENT.value
    ABSENT = Mark.ABSENT.value
    EXCUSED = Mark.EXCUSED.value
    UNMARKED = "unmarked"


class RosterQuery(Query):
    sitting: Id | None = None


class Line(Shape):
    about = _l(
        "One seat. `arrived` and `left` only if not the whole sitting; `hours` earned at it, in units of 45 minutes."
    )

    booking: Id
    person: Id
    name: str
    enterprise: Words | None
    state: State
    mark: Marked
    arrived: Moment | None
    left: Moment | None
    hours: float


class Roster(Shape):
    class_: Id = Field(serialization_alias="class")
    sitting: Sitting
    sittings: list[Sitting]
    lines: list[Line]


class Attendance(Shape):
    about = _l("What is marked of one booking; `unmarked` takes a mark back.")

    booking: Id
    mark: Marked
    arrived: Moment | None = None
    left: Moment | None = None


def _each_once(marks: list[Attendance]) -> list[Attendance]:
    if len({mark.booking for mark in marks}) < len(marks):
        raise PydanticCustomError("twice", "One is named twice.")
    return marks


class Marks(RootModel[Annotated[list[Attendance], Field(max_length=1000), AfterValidator(_each_once)]]):
    pass


@resources.get("/classes/<id:class_id>/roster")
@needs(Right.READ_ROSTER)
@operation(
    _l("Read the roster of a sitting"),
    about=_l("For those who serve or teach the class. Without `sitting`, of its first."),
)
def roster(class_id: int, query: RosterQuery) -> Roster:
    _require_served(class_id)
    looked(signed_in(), "roster", class_id=class_id)
    return _roster(class_id, query.sitting)


@resources.put("/classes/<id:class_id>/sittings/<id:sitting_id>/attendance")
@needs(Right.MARK_ROSTER)
@operation(
    _l("Mark who came to a sitting"),
    "called_off",
    "not_begun",
    "not_on_roster",
    "minutes_wrong",
    about=_l(
        "From one hour before it begins. Those who are not named stay as they are. Marking twice is harmless: the last "
        "mark holds."
    ),
)
def mark(class_id: int, sitting_id: int, body: Marks) -> Roster:
    _require_served(class_id)
    entries = [
        actions.Entry(
            entry.booking,
            None if entry.mark == Marked.UNMARKED else Mark(entry.mark.value),
            entry.arrived,
            entry.left,
        )
        for entry in body.root
    ]
    actions.mark_each(signed_in(), class_id, sitting_id, entries, "api")
    return _roster(class_id, sitting_id)


def _require_served(class_id: int) -> None:
    """Let those pass who teach or serve the class; for all others there is nothing here."""
    view = class_view(class_id)
    if view is None or not may(
        signed_in(),
        Right.READ_ROSTER,
        squadron_id=view.row.squadron_id,
        lecturer_ids=[lecturer.id for lecturer in lecturers_of(class_id)],
    ):
        raise Refusal("not_found")


def _roster(class_id: int, sitting_id: int | None) -> Roster:
    sittings = queries.sittings_of(class_id)
    sitting = next((s for s in sittings if sitting_id in (None, s.id)), None)
    if sitting is None:
        raise Refusal("not_found")
    return Roster(
        class_=class_id,
        sitting=_sitting(sitting),
        sittings=[_sitting(s) for s in sittings],
        lines=[_line(line) for line in queries.lines(class_id, sitting.id)],
    )


def _sitting(row: model.Sitting) -> Sitting:
    return Sitting(id=row.id, starts_at=row.starts_at, ends_at=row.ends_at)


def _line(line: queries.Line) -> Line:
    seated, known = line.seated, line.attendance
    enterprise = Words(zh=seated.enterprise_zh, en=seated.enterprise_en or None) if seated.enterprise_zh else None
    return Line(
        booking=seated.id,
        person=seated.person_id,
        name=seated.name,
        enterprise=enterprise,
        state=State(seated.state),
        mark=Marked(line.mark),
        arrived=known.arrived_at if known else None,
        left=known.left_at if known else None,
        hours=known.half_hours / 2 if known else 0,
    )
