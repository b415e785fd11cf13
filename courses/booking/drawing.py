"""A draw that was made, as its page shows it."""

from typing import NamedTuple

from sqlalchemy import select

from courses.booking.model import Booking, Draw, Enrolment, Event
from courses.catalogue.model import TrainingClass
from courses.ground.db import db
from courses.ground.lots import lots, sha256


class Lot(NamedTuple):
    """One entry of a draw: `number` in the order of entering. `seated`: it got its seats in the draw."""

    place: int
    number: int
    seats: int
    lot: str
    seated: bool


class Drawn(NamedTuple):
    """A draw that was made: the closed list as it was hashed, and the lots in their order."""

    entries: str
    digest: str
    lots: list[Lot]


def drawn(class_: TrainingClass) -> Drawn | None:
    """Return the draw of a class, None before it was made. The lots are drawn again here: the page proves itself."""
    if class_.drawn_at is None:
        return None
    entries = db.session.scalars(select(Draw.entries).where(Draw.class_id == class_.id)).one()
    seats = {int(number): int(count) for number, count, _ in (line.split(",") for line in entries.splitlines())}
    in_draw = (
        select(Enrolment.entry_no)
        .join(Booking, Booking.enrolment_id == Enrolment.id)
        .join(Event, Event.booking_id == Booking.id)
        .where(Event.class_id == class_.id, Event.what == "drawn")
    )
    seated = set(db.session.scalars(in_draw))
    order = lots(class_.draw_seed, entries)
    shown = [Lot(place, no, seats[no], lot, no in seated) for place, (no, lot) in enumerate(order.items(), 1)]
    return Drawn(entries, sha256(entries), shown)
