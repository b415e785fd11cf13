"""What someone booked is asked by a link, and what those booked said."""

from typing import NamedTuple

from sqlalchemy import func, select

from courses.booking.model import Booking
from courses.booking.queries import ClassView, class_view
from courses.catalogue.model import ClassState
from courses.ground import clock
from courses.ground.db import db
from courses.people.model import Person


class Asked(NamedTuple):
    """A booking about which its person is asked something by a link, and the class as it is now."""

    booking: Booking
    person: Person
    view: ClassView

    def is_open(self, number: int) -> bool:
        """Return whether what was asked under this number can still be answered."""
        row = self.view.row
        stands = row.state == ClassState.PUBLISHED and not row.has_begun(clock.now())
        stands = stands and not self.booking.is_overdue(clock.now())
        return stands and self.booking.asks is not None and number == row.schedule_no + self.booking.sequence


def asked_by_link(booking_id: int) -> Asked | None:
    """Return what a link asks about; None for what is no longer kept."""
    found = db.session.execute(
        select(Booking, Person)
        .join(Person, Person.id == Booking.person_id)
        .where(Booking.id == booking_id, Person.left_at.is_(None))
    ).first()
    view = class_view(found.Booking.class_id) if found else None
    return Asked(found.Booking, found.Person, view) if found and view else None


def consents(class_id: int) -> dict[str, int]:
    """Return how many said what of the time to which a class was moved; those who gave up their seat for it are among
    them."""
    statement = select(Booking.consent, func.count()).where(Booking.class_id == class_id, Booking.consent.is_not(None))
    return {str(said): count for said, count in db.session.execute(statement.group_by(Booking.consent))}
