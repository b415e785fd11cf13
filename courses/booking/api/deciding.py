"""A tentative class, for programs: it takes place, or is joined with another one."""

from flask_babel import lazy_gettext as _l

from courses.booking import actions
from courses.booking.api.blueprint import resources
from courses.booking.api.seats import Class, class_of, the_view
from courses.ground import clock
from courses.ground.api import Id, Shape, operation
from courses.people.guard import needs, signed_in
from courses.people.rights import Right


class Merger(Shape):
    about = _l("The class of the same course into which everyone moves.")

    into: Id


@resources.post("/classes/<id:class_id>/confirmation")
@needs(Right.CHANGE_CLASS)
@operation(
    _l("Decide that a tentative class takes place"),
    "called_off",
    "begun",
    "not_tentative",
    about=_l("It is confirmed by itself once enough people are booked. Those booked are told."),
)
def confirm(class_id: int) -> Class:
    actions.confirm(signed_in(), class_id, "api")
    return class_of(the_view(class_id), clock.now())


@resources.post("/classes/<id:class_id>/merger")
@needs(Right.CHANGE_CLASS)
@operation(
    _l("Move everyone to another class of the course"),
    "called_off",
    "begun",
    "merge_wrong",
    "merge_too_large",
    "merge_kept",
    "merge_clash",
    "merge_limit",
    "merge_year_limit",
    about=_l("All move, or nobody; the first class is called off. Each is told once. The answer is the other class."),
)
def merge(class_id: int, body: Merger) -> Class:
    actions.merge(signed_in(), class_id, body.into, "api")
    return class_of(the_view(body.into), clock.now())
