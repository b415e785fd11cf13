"""What a class has to give and by which rules, read from the records for seating.py. Call all of it under its lock."""

import datetime as dt
from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, select

from courses.booking.actions.ground import Candidate, Locked, keeps_seats
from courses.booking.model import SEATED, Booking, Enrolment
from courses.booking.seating import OPEN, Group, Limit, Member, Seats, pools, seat
from courses.catalogue.model import Course, FillRule, SeatShare, ShareKind, TrainingClass
from courses.catalogue.shares import shares_of
from courses.ground import clock
from courses.ground.db import db
from courses.ground.refusal import Refusal
from courses.ground.transaction import locked
from courses.people.model import Enterprise


class Waiting(NamedTuple):
    """An enrolment with those of its bookings that wait."""

    enrolment: Enrolment
    bookings: list[Booking]


def seats_of(class_: Locked, at: dt.datetime) -> Seats:
    """Return what the class has to give."""
    row = class_.row
    return Seats(row.capacity, _pools(row, at), limits_of(class_), row.fill_rule == FillRule.FILL_GAPS)


def _pools(row: TrainingClass, at: dt.datetime) -> dict[int, int]:
    if not keeps_seats(row, at):
        return pools(row.capacity, row.seats_taken, {}, {})
    kept = {share.id: share.seats for share in shares_of(row.id)}
    return pools(row.capacity, row.seats_taken, kept, taken_of_shares(row.id))


def kept_of(row: TrainingClass, at: dt.datetime) -> int:
    """Return how many of the free seats are kept for some."""
    return sum(number for pool, number in _pools(row, at).items() if pool != OPEN)


def groups_of(
    class_: Locked, waiting: Collection[Waiting], people: dict[int, Candidate], at: dt.datetime
) -> list[Group]:
    """Return those who wait as seating.py reads them. Who has left can sit no more than who sits elsewhere; who is
    still to be named can sit."""
    fits = _fitting(class_.row.id, waiting) if keeps_seats(class_.row, at) else {}
    groups = []
    for enrolment, bookings in waiting:
        members = []
        for booking in bookings:
            person = people.get(booking.person_id or 0)
            clash = booking.person_id is not None and (person is None or person.clash is not None)
            members.append(Member(booking.id, clash, fits.get(booking.id, ())))
        least = min(enrolment.least or len(members), len(members))
        groups.append(Group(members, least, enrolment.enterprise_id))
    return groups


def pool_for(class_: Locked, one: Waiting, people: dict[int, Candidate], at: dt.datetime) -> int | None:
    """Return from which pool the one booking could have a seat, if there were no queue; None: from none."""
    verdicts = seat(seats_of(class_, at), groups_of(class_, [one], people, at))
    return verdicts[0].seated.get(one.bookings[0].id) if verdicts else None


def may_pass_on(class_: Locked, booking: Booking, person_id: int, at: dt.datetime) -> bool:
    """Return whether a seat may go to this colleague: one that is kept for those who never had a seat only goes to
    such, as long as seats are kept. What else a seat is kept for, the enterprise has in common."""
    if booking.share_id is None or not keeps_seats(class_.row, at):
        return True
    share = db.session.get_one(SeatShare, booking.share_id)
    return share.kind != ShareKind.FIRST_TIMER or not _experienced({person_id}, class_.row.id)


def limits_of(class_: Locked) -> list[Limit]:
    """Return how many seats one enterprise can have, in this class and in this course's classes of the year.

    The course is locked before its seats are counted, as another of its classes may be giving seats now; last of all
    locks, so that nobody waits for a class or a person while holding it.
    """
    row, limits = class_.row, []
    if row.enterprise_limit:
        limits.append(Limit("limit", row.enterprise_limit, seats_by_enterprise(row.id)))
    if class_.year_limit:
        locked(Course, row.course_id)
        limits.append(Limit("year_limit", class_.year_limit, _seats_of_year(row)))
    return limits


def require_within_limits(class_: Locked, enterprise_id: int | None, people: int, seated: bool) -> None:
    """Raise Refusal("enterprise_limit") or ("enterprise_year_limit") where an enterprise would have more seats than one
    can have.

    In the queue it may wait for one of its own to be given up, unless the group alone is too large.
    """
    if enterprise_id is None:
        return
    for limit in limits_of(class_):
        taken = limit.taken.get(enterprise_id, 0)
        if people > limit.seats or (seated and taken + people > limit.seats):
            raise Refusal(f"enterprise_{limit.why}", limit=limit.seats, taken=taken)


def seats_by_enterprise(class_id: int) -> dict[int, int]:
    """Return how many seats of a class each enterprise has; those whose enrolment names none are left out."""
    return _seats_by_enterprise(Booking.class_id == class_id)


def _seats_of_year(row: TrainingClass) -> dict[int, int]:
    first, following = clock.year_span(clock.local(row.starts_at).year)
    classes = select(TrainingClass.id).where(
        TrainingClass.course_id == row.course_id, TrainingClass.starts_at >= first, TrainingClass.starts_at < following
    )
    return _seats_by_enterprise(Booking.class_id.in_(classes))


def _seats_by_enterprise(where: ColumnElement[bool]) -> dict[int, int]:
    statement = (
        select(Enrolment.enterprise_id, func.count())
        .join(Booking, Booking.enrolment_id == Enrolment.id)
        .where(where, Booking.state.in_(SEATED), Enrolment.enterprise_id.is_not(None))
        .group_by(Enrolment.enterprise_id)
    )
    return {id_: seats for id_, seats in db.session.execute(statement) if id_}


def taken_of_shares(class_id: int) -> dict[int, int]:
    """Return how many seats of each share are taken."""
    statement = (
        select(Booking.share_id, func.count())
        .where(Booking.class_id == class_id, Booking.state.in_(SEATED), Booking.share_id.is_not(None))
        .group_by(Booking.share_id)
    )
    return {id_: seats for id_, seats in db.session.execute(statement) if id_}


def _fitting(class_id: int, waiting: Collection[Waiting]) -> dict[int, tuple[int, ...]]:
    """Return which shares of the class are for each booking: those for its enterprise, and those for its person."""
    shares = shares_of(class_id)
    firms = _enterprises({enrolment.enterprise_id for enrolment, _ in waiting if enrolment.enterprise_id})
    experienced = _experienced({b.person_id for _, bookings in waiting for b in bookings if b.person_id}, class_id)
    return {
        booking.id: tuple(
            share.id
            for share in shares
            if _is_for(share, firms.get(enrolment.enterprise_id or 0), booking.person_id not in {None, *experienced})
        )
        for enrolment, bookings in waiting
        for booking in bookings
    }


def _is_for(share: SeatShare, firm: Enterprise | None, is_first_timer: bool) -> bool:
    if share.kind == ShareKind.FIRST_TIMER:
        return is_first_timer
    if firm is None:
        return False
    if share.kind == ShareKind.TOWN:
        return firm.town_id == share.town_id
    if share.kind == ShareKind.INDUSTRY:
        return firm.industry_id == share.industry_id
    return firm.is_key_unit


def _enterprises(ids: Collection[int]) -> dict[int, Enterprise]:
    return {firm.id: firm for firm in db.session.scalars(select(Enterprise).where(Enterprise.id.in_(ids)))}


def _experienced(person_ids: Collection[int], class_id: int) -> set[int | None]:
    """Return who of these had or has a seat in another class, and so is no first-timer."""
    seated = (Booking.person_id.in_(person_ids), Booking.state.in_(SEATED), Booking.class_id != class_id)
    return set(db.session.scalars(select(Booking.person_id).where(*seated).distinct()))
