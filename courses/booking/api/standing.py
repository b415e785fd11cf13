"""What counts against whom stayed away, and appeals against it, for programs."""

from flask_babel import lazy_gettext as _l
from pydantic import Field, TypeAdapter

from courses.booking import actions
from courses.booking import standing as standings
from courses.booking.api.blueprint import resources
from courses.booking.model import Booking as BookingRow
from courses.catalogue.model import TrainingClass
from courses.ground import clock
from courses.ground.api import Id, Moment, Page, Paged, Shape, Text, operation, page_of
from courses.ground.db import db
from courses.people.guard import needs, signed_in
from courses.people.looks import looked
from courses.people.rights import Right

_PLACE = TypeAdapter(tuple[Id])


class Missed(Shape):
    about = _l(
        "A time that counts against a person by the city's rule. `upheld`: what was said to the appeal, null while "
        "there is none or it waits."
    )

    booking: Id
    class_: Id = Field(serialization_alias="class")
    is_late: bool
    at: Moment
    appealed_at: Moment | None
    upheld: bool | None
    answer: str | None


class Standing(Shape):
    about = _l("What counts against the caller; until `standby_until` they wait behind all others.")

    standby_until: Moment | None
    missed: list[Missed]


class AppealWords(Shape):
    words: Text = Field(min_length=1, max_length=1000, examples=["当天住院，附证明"])


class Appeal(Shape):
    about = _l("An appeal: `person` says in `words` why it should not count.")

    booking: Id
    class_: Id = Field(serialization_alias="class")
    person: Id
    name: str
    is_late: bool
    words: str
    made_at: Moment
    upheld: bool | None
    answer: str


class Appeals(Page):
    appeals: list[Appeal]


class Decision(Shape):
    about = _l("`upheld`: it does not count. The person reads the answer.")

    upheld: bool
    answer: Text = Field(min_length=1, max_length=1000, examples=["情况属实，不计入"])


@resources.get("/me/standing")
@needs(Right.USE_ACCOUNT)
@operation(_l("Read what counts against you for staying away"))
def standing() -> Standing:
    return _standing(signed_in().id)


@resources.post("/bookings/<id:booking_id>/appeal")
@needs(Right.APPEAL)
@operation(
    _l("Appeal against what counts"),
    "nothing_to_appeal",
    "already_appealed",
    about=_l("An officer of the squadron decides, and answers by message."),
)
def appeal(booking_id: int, body: AppealWords) -> Standing:
    actions.appeal(signed_in(), booking_id, body.words, "api")
    return _standing(signed_in().id)


@resources.get("/appeals")
@needs(Right.DECIDE_APPEAL)
@operation(_l("List the appeals to your squadron"), about=_l("In the order of the bookings they are about."))
def appeals(query: Paged) -> Appeals:
    actor, after = signed_in(), query.after(_PLACE)
    statement = standings.appeals().where(TrainingClass.squadron_id == actor.squadron_id)
    statement = statement.where(BookingRow.id > (after[0] if after else 0)).order_by(BookingRow.id)
    found = [standings.Appealed(*row) for row in db.session.execute(statement.limit(query.limit + 1))]
    shown, following = page_of(found, query.limit, lambda appealed: [appealed.booking_id])
    looked(actor, "appeals", person_ids=[appealed.person_id for appealed in shown])
    return Appeals(appeals=[_appeal(appealed) for appealed in shown], next=following)


@resources.put("/appeals/<id:booking_id>/decision")
@needs(Right.DECIDE_APPEAL)
@operation(_l("Decide an appeal"), "already_decided", about=_l("The person is told, in your words."))
def decide(booking_id: int, body: Decision) -> Appeal:
    actions.decide(signed_in(), booking_id, body.upheld, body.answer, "api")
    found = standings.appeal_of(booking_id)
    assert found is not None  # it was just decided
    return _appeal(found)


def _appeal(found: standings.Appealed) -> Appeal:
    return Appeal(
        booking=found.booking_id,
        class_=found.class_id,
        person=found.person_id,
        name=found.person,
        is_late=found.is_late,
        words=found.words,
        made_at=found.made_at,
        upheld=found.upheld,
        answer=found.answer,
    )


def _standing(person_id: int) -> Standing:
    until = standings.on_standby([person_id], clock.now()).get(person_id)
    missed = [
        Missed(
            booking=row.booking_id,
            class_=row.class_id,
            is_late=row.is_late,
            at=row.at,
            appealed_at=row.appealed_at,
            upheld=row.upheld,
            answer=row.answer,
        )
        for row in standings.missed([person_id])
    ]
    return Standing(standby_until=until, missed=missed)
