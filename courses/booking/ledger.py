"""The ledger of seats: whose seats are kept, and what became of each request that stands or passed its
seat on, without names."""

import datetime as dt
from typing import NamedTuple

from sqlalchemy import and_, func, or_, select

from courses.booking.model import LIVE, SEATED, Booking, Enrolment, Event, State
from courses.catalogue.model import SeatShare, ShareKind, TrainingClass
from courses.ground.db import db
from courses.people.model import Industry, Town
from courses.people.rights import Actor


class KeptSeats(NamedTuple):
    """Seats kept for some: `of` a town or an industry, with its names; how many of them are taken."""

    id: int
    kind: ShareKind
    seats: int
    of: int | None
    name_zh: str
    name_en: str
    taken: int


def kept_seats(class_: TrainingClass) -> list[KeptSeats]:
    """Return the shares of a class, in the order in which they are filled."""
    if class_.shares_until is None:
        return []
    taken = (
        select(func.count())
        .select_from(Booking)
        .where(Booking.share_id == SeatShare.id, Booking.state.in_(SEATED))
        .correlate(SeatShare)
        .scalar_subquery()
    )
    statement = (
        select(
            SeatShare.id,
            SeatShare.kind,
            SeatShare.seats,
            func.coalesce(SeatShare.town_id, SeatShare.industry_id),
            func.coalesce(Town.name_zh, Industry.name_zh, ""),
            func.coalesce(Town.name_en, Industry.name_en, ""),
            taken,
        )
        .outerjoin(Town, Town.id == SeatShare.town_id)
        .outerjoin(Industry, Industry.id == SeatShare.industry_id)
        .where(SeatShare.class_id == class_.id)
        .order_by(SeatShare.id)
    )
    return [KeptSeats(*row) for row in db.session.execute(statement)]


PASSED_ON = ("declined", "unanswered")
"""Reasons for which an offered seat went to the next."""


class Entry(NamedTuple):
    """One line of the seat ledger: `seats` of one request that became the same, and why. It names nobody.

    `order` is the number of the request; those on `standby` wait behind all others.
    """

    order: int
    draw_no: int | None
    asked_at: dt.datetime
    seats: int
    state: str
    share_id: int | None
    reason: str
    since: dt.datetime
    standby: bool


def entries_of(class_id: int) -> list[Entry]:
    """Return every seat, every place in the queue and every offer that was passed on, in the order of the requests."""
    became = (Booking.state, Booking.share_id, Booking.reason, Booking.changed_at)
    statement = (
        select(Enrolment.order_no, Enrolment.entry_no, Enrolment.made_at, func.count(), *became, Enrolment.standby)
        .join(Enrolment, Enrolment.id == Booking.enrolment_id)
        .where(Booking.class_id == class_id)
        .where(or_(Booking.state.in_(LIVE), and_(Booking.state == State.CANCELLED, Booking.reason.in_(PASSED_ON))))
        .group_by(Enrolment.id, *became)
        .order_by(Enrolment.standby, Enrolment.order_no, func.min(Booking.id))
    )
    return [Entry(*row) for row in db.session.execute(statement)]


def orders_of(actor: Actor, class_id: int) -> set[int]:
    """Return the numbers of the requests that are an actor's own, or of the enterprise they answer for."""
    own = Booking.person_id == actor.id
    if actor.answers_for_enterprise:
        own = or_(own, Enrolment.enterprise_id == actor.enterprise_id)
    statement = select(Enrolment.order_no).join(Booking, Booking.enrolment_id == Enrolment.id)
    return set(db.session.scalars(statement.where(Booking.class_id == class_id, Booking.state.in_(LIVE), own)))


class ByHand(NamedTuple):
    """The queue put in another order by hand: from which place to which, and why. It names nobody."""

    at: dt.datetime
    before: int
    after: int
    reason: str


def by_hand(class_id: int) -> list[ByHand]:
    """Return each time that an officer changed the order of a class's queue, the latest first."""
    one_each = select(func.min(Event.id)).where(Event.class_id == class_id, Event.what == "reordered")
    of_groups = one_each.group_by(Event.at)  # a group that moves has an event for each of its bookings
    statement = select(Event.at, Event.facts).where(Event.id.in_(of_groups)).order_by(Event.id.desc())
    return [ByHand(at, facts["before"], facts["after"], facts["reason"]) for at, facts in db.session.execute(statement)]
