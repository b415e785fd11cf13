"""The ledger of seats, for programs: why each seat and each place in the queue is where it is."""

from flask_babel import lazy_gettext as _l

from courses.booking import ledger
from courses.booking.api.blueprint import resources
from courses.booking.api.seats import the_view
from courses.booking.model import State
from courses.ground.api import Moment, Shape, operation
from courses.people.guard import public


class Entry(Shape):
    about = _l(
        "Seats, a place in the queue (`state` queued), or an offer that was passed on (cancelled), and why: `order` is "
        "the number of the request, `entry` its number in the draw, `seats` how many of it became this, `share` whose "
        "seats they are: its number in the `shares` of the class, counted from 1. Those on `standby` wait behind all "
        "others. It names nobody."
    )

    order: int
    entry: int | None
    asked_at: Moment
    seats: int
    state: State
    share: int | None
    why: str
    since: Moment
    standby: bool


class Reordering(Shape):
    about = _l("The queue put in another order by hand: who waited at place `before` waits at `after`, and why.")

    at: Moment
    before: int
    after: int
    reason: str


class Ledger(Shape):
    about = _l("In the order of the requests; `reordered`: each time the queue was put in another order by hand.")

    seats: list[Entry]
    reordered: list[Reordering]


@resources.get("/classes/<id:class_id>/seats")
@public
@operation(_l("Read why each seat of a class went where it went"))
def seats(class_id: int) -> Ledger:
    row = the_view(class_id).row
    number = {share.id: n for n, share in enumerate(ledger.kept_seats(row), 1)}
    return Ledger(
        seats=[
            Entry(
                order=entry.order,
                entry=entry.draw_no,
                asked_at=entry.asked_at,
                seats=entry.seats,
                state=State(entry.state),
                share=number.get(entry.share_id or 0),
                why=entry.reason,
                since=entry.since,
                standby=entry.standby,
            )
            for entry in ledger.entries_of(class_id)
        ],
        reordered=[Reordering(**one._asdict()) for one in ledger.by_hand(class_id)],
    )
