"""Lists, for programs: look at a list, and enrol its people in one act."""

from typing import Annotated

from flask import Blueprint, url_for
from flask_babel import lazy_gettext as _l
from pydantic import Field

from courses.bulk import actions, queries
from courses.bulk.model import ROWS_MAX, EnrolmentList, Outcome
from courses.bulk.sheet import CELL_MAX
from courses.bulk.sheet import Row as Sent
from courses.bulk.words import said_before, said_of
from courses.ground.api import Id, Line, Made, Moment, Shape, operation, request_key
from courses.ground.refusal import Refusal
from courses.people.guard import needs, signed_in
from courses.people.looks import looked
from courses.people.rights import Right

resources = Blueprint("bulk_api", __name__)
Cell = Annotated[Line, Field(max_length=CELL_MAX)]
OPEN = ("called_off", "begun", "not_open_yet", "closed")


class PersonOfList(Shape):
    about = _l(
        "One person: known by `mobile` or `email`, else by `name` within the enterprise. `enterprise`: its name or "
        "credit code; an owner's own needs none."
    )

    enterprise: Cell = ""
    name: Cell = ""
    mobile: Cell = ""
    email: Cell = ""


class PeopleOfList(Shape):
    about = _l("The people of a list, in its order.")

    rows: list[PersonOfList] = Field(min_length=1, max_length=ROWS_MAX)


class RowOfList(Shape):
    about = _l(
        "What a row would get, or got: `place` in the queue, or number in the draw; `why` it cannot be enrolled, as a "
        "code, and `said` in words. `before`: what was said when it was looked at before, if that has changed."
    )

    number: int
    outcome: Outcome
    place: int | None
    why: str
    said: str
    before: str
    is_new: bool
    person: Id | None


class RowCounts(Shape):
    about = _l("How many rows have which outcome.")

    booked: int
    requested: int
    queued: int
    entered: int
    already: int
    wrong: int


class ListOfPeople(Made):
    about = _l(
        "A list as it was looked at last. It is kept for a day, for whoever sent it. `enrolled_at`: null until then."
    )

    id: Id
    class_: Id = Field(serialization_alias="class")
    enrolled_at: Moment | None
    counts: RowCounts
    rows: list[RowOfList]


class Whom(Shape):
    about = _l("`those_who_can`: enrol whoever can be enrolled; else all of the list, or nobody.")

    those_who_can: bool = False


@resources.post("/classes/<id:class_id>/lists")
@needs(Right.ENROL_LIST)
@operation(
    _l("Look at a list of people for a class"),
    *OPEN,
    about=_l("Nobody is enrolled: the answer says of each row what it would get."),
    status=201,
    takes_key=True,
)
def send(class_id: int, body: PeopleOfList) -> ListOfPeople:
    actor = signed_in()
    cells = [{name: value for name, value in row.model_dump().items() if value} for row in body.rows]
    sent = [Sent(number, each) for number, each in enumerate(cells, 1)]
    return _shown(actions.look(actor, class_id, sent, request_key=request_key(actor.id)))


@resources.get("/lists/<id:list_id>")
@needs(Right.ENROL_LIST)
@operation(_l("Read a list"))
def read_list(list_id: int) -> ListOfPeople:
    return _shown(list_id)


@resources.post("/lists/<id:list_id>/enrolment")
@needs(Right.ENROL_LIST)
@operation(
    _l("Enrol the people of a list"),
    *OPEN,
    "class_changed",
    "list_wrong",
    "list_changed",
    "list_nobody",
    "list_raced",
    about=_l(
        "In one act, in the order of the list: all of them get what was shown, or nobody is enrolled and the list says "
        "what has changed. The same act sent twice enrols once."
    ),
)
def enrol(list_id: int, body: Whom) -> ListOfPeople:
    actions.enrol(signed_in(), list_id, body.those_who_can, "api")
    return _shown(list_id)


def _shown(list_id: int) -> ListOfPeople:
    found = _the_list(list_id)
    rows, is_done, of = queries.rows(list_id), bool(found.done_at), queries.counts(list_id).of
    if not found.enterprise_id:
        looked(signed_in(), "enrolment_list", person_ids=[row.person_id for row in rows if row.person_id])
    return ListOfPeople(
        id=found.id,
        class_=found.class_id,
        enrolled_at=found.done_at,
        counts=RowCounts(**{str(outcome): of.get(outcome, 0) for outcome in Outcome}),
        url=url_for(".read_list", list_id=list_id),
        rows=[
            RowOfList(
                number=row.number,
                outcome=Outcome(row.outcome),
                place=row.place,
                why=row.why,
                said=said_of(row, is_done),
                before=said_before(row),
                is_new=row.is_new,
                person=row.person_id,
            )
            for row in rows
        ],
    )


def _the_list(list_id: int) -> EnrolmentList:
    found = queries.one_of(list_id, signed_in().id)
    if found is None:
        raise Refusal("not_found")
    return found
