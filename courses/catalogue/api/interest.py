"""Wanting to be told of a course's next class, and what the officer sees of all who do."""

from typing import Annotated

from flask_babel import lazy_gettext as _l
from pydantic import AfterValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from courses.catalogue import actions, demand, queries
from courses.catalogue.api.blueprint import resources
from courses.catalogue.model import HALF_DAYS
from courses.catalogue.model import Interest as Row
from courses.ground.api import Id, Moment, Shape, Words, operation, words
from courses.people.guard import needs, signed_in
from courses.people.rights import Right


def _known(half_day: str) -> str:
    if half_day not in HALF_DAYS:
        raise PydanticCustomError("not_offered", "This is not among what can be chosen.")
    return half_day


HalfDayOfWeek = Annotated[str, AfterValidator(_known), WithJsonSchema({"type": "string", "enum": list(HALF_DAYS)})]


class Wish(Shape):
    about = _l("Which towns and half-days suit you; none named means that all do.")

    towns: list[Id] = Field([], max_length=100)
    half_days: list[HalfDayOfWeek] = Field([], max_length=len(HALF_DAYS))


class Interest(Shape):
    about = _l("A course of whose next class the caller is told; the telling ends it.")

    course: Id
    title: Words
    towns: list[Id]
    half_days: list[HalfDayOfWeek]
    asked_at: Moment


class Interests(Shape):
    interests: list[Interest]


class SuitingTown(Shape):
    town: Id
    name: Words
    people: int


class SuitingHalfDay(Shape):
    half_day: HalfDayOfWeek
    people: int


class Demand(Shape):
    about = _l(
        "How many wait for a class of the course, and how many each town and half-day suits; those who named none are "
        "suited by all. What nobody named is not listed."
    )

    people: int
    towns: list[SuitingTown]
    half_days: list[SuitingHalfDay]


@resources.get("/me/interests")
@needs(Right.ASK_TO_BE_TOLD)
@operation(_l("List the courses of whose next class you are told"))
def interests() -> Interests:
    return _mine()


@resources.put("/courses/<id:course_id>/interest")
@needs(Right.ASK_TO_BE_TOLD)
@operation(
    _l("Ask to be told of a course's next class"),
    about=_l("Asking again changes which towns and half-days suit you."),
)
def ask_to_be_told(course_id: int, body: Wish) -> Interest:
    actor = signed_in()
    actions.ask_to_be_told(actor, course_id, body.towns, body.half_days)
    wish = demand.wish_of(course_id, actor.id)
    assert wish is not None  # asked for just now
    return _interest(wish, queries.the_course(course_id))


@resources.delete("/courses/<id:course_id>/interest")
@needs(Right.ASK_TO_BE_TOLD)
@operation(_l("Ask no longer to be told of a course"))
def take_back_asking(course_id: int) -> Interests:
    actions.take_back_asking(signed_in(), queries.the_course(course_id).id)
    return _mine()


@resources.get("/courses/<id:course_id>/demand")
@needs(Right.PUBLISH)
@operation(_l("Read how many wait for a class of a course, and what suits them"), about=_l("In numbers alone."))
def course_demand(course_id: int) -> Demand:
    found = demand.demand(queries.the_course(course_id).id)
    return Demand(
        people=found.people,
        towns=[SuitingTown(town=town.id, name=words(town, "name"), people=town.people) for town in found.towns],
        half_days=[SuitingHalfDay(half_day=half, people=people) for half, people in found.half_days.items()],
    )


def _mine() -> Interests:
    return Interests(interests=[_interest(wish, course) for wish, course in demand.wishes_of(signed_in().id)])


def _interest(wish: Row, course: object) -> Interest:
    return Interest(
        course=wish.course_id,
        title=words(course, "title"),
        towns=wish.towns,
        half_days=wish.half_days,
        asked_at=wish.made_at,
    )
