"""Doubles: which there may be, and making one of two."""

from flask_babel import lazy_gettext as _l

from courses.enterprise import actions, doubles
from courses.enterprise.api.blueprint import resources
from courses.enterprise.doubles import Double
from courses.ground.api import Id, Shape, Words, operation
from courses.people.guard import needs, signed_in
from courses.people.looks import looked
from courses.people.model import Role
from courses.people.rights import Right


class Record(Shape):
    id: Id
    name: Words


class PossibleDouble(Shape):
    about = _l("Two records that may be one. `why`: the same name, or nearly the same address or number.")

    first: Record
    second: Record
    why: str


class PossibleDoubles(Shape):
    about = _l("An owner is shown the people of the own enterprise alone; at most 100 of each.")

    people: list[PossibleDouble]
    enterprises: list[PossibleDouble]


class Merging(Shape):
    about = _l("Which record stays, and which goes.")

    kept: Id
    gone: Id


class Merged(Shape):
    kept: Id


@resources.get("/doubles")
@needs(Right.MERGE_PEOPLE)
@operation(_l("Find records that may be two of one"))
def list_doubles() -> PossibleDoubles:
    actor = signed_in()
    everywhere = actor.has(Role.ADMINISTRATOR)
    people = doubles.double_people(None if everywhere else actor.enterprise_id)
    looked(actor, "doubles", person_ids=[id_ for pair in people for id_ in (pair.first_id, pair.second_id)])
    return PossibleDoubles(
        people=[_double(pair) for pair in people],
        enterprises=[_double(pair) for pair in doubles.double_enterprises()] if everywhere else [],
    )


@resources.post("/doubles/people")
@needs(Right.MERGE_PEOPLE)
@operation(
    _l("Let one person stay for two"),
    "not_found",
    "not_mergeable",
    "post_held",
    "both_booked",
    "person_clash",
    about=_l("Bookings, hours, posts and history pass to the one who stays. It cannot be undone."),
)
def merge_people(body: Merging) -> Merged:
    actions.merge_people(signed_in(), body.kept, body.gone)
    return Merged(kept=body.kept)


@resources.post("/doubles/enterprises")
@needs(Right.ADMINISTER)
@operation(
    _l("Let one enterprise stay for two"),
    "not_found",
    about=_l("Its people, bookings and history pass to the one that stays. It cannot be undone."),
)
def merge_enterprises(body: Merging) -> Merged:
    actions.merge_enterprises(signed_in(), body.kept, body.gone)
    return Merged(kept=body.kept)


def _double(pair: Double) -> PossibleDouble:
    first, second = Words(zh=pair.first, en=pair.first_en or None), Words(zh=pair.second, en=pair.second_en or None)
    return PossibleDouble(
        first=Record(id=pair.first_id, name=first), second=Record(id=pair.second_id, name=second), why=pair.why
    )
