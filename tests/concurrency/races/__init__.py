"""The races for seats: what several do at once, and what must be true after it."""

import itertools
from collections import Counter
from collections.abc import Callable, Sequence

from courses.booking import actions as booking
from courses.desks.queries import faults
from tests import makers
from tests.processes import Outcome

Do = Callable[[Sequence[tuple[object, ...]]], list[Outcome]]
days = itertools.count(10)


def a_class(**plan: object) -> int:
    return makers.a_class(days=next(days), **plan)  # type: ignore[arg-type]


def seat(class_id: int, ids: Sequence[int]) -> None:
    for id_ in ids:
        booking.book(makers.actor_of_id(id_), class_id, [id_])


def booked(class_id: int, person_id: int) -> int:
    return makers.booking_id(class_id, person_id)


def complaints(class_id: int, seated: int, queued: int, outcomes: Sequence[Outcome] = ()) -> list[str]:
    """Return what is wrong: acts that got no answer, a class that does not stand as it should."""
    wrong = [str(o) for o in outcomes if not o.is_done] + faults()
    row = makers.the_class(class_id)
    if (row.seats_taken, row.queued) != (seated, queued):
        wrong.append(f"{row.seats_taken} seats and {row.queued} waiting, not {seated} and {queued}")
    states = Counter(makers.states(class_id).values())
    if (states["booked"], states["queued"]) != (seated, queued):
        wrong.append(f"bookings: {dict(states)}")
    return wrong
