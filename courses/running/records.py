"""What in the records would contradict a promise of the house. Each check selects the rows that do."""

import datetime as dt
from typing import Any, NamedTuple

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import aliased

from courses.accounts.model import Token
from courses.booking.model import LAPSES, LIVE, SEATED, Appeal, Booking, Enrolment, Event, State
from courses.catalogue.model import FirstAsked, SeatShare, Sitting, TrainingClass
from courses.ground import clock
from courses.ground.db import db
from courses.ground.language import speaking
from courses.outbox.model import Notice
from courses.people.model import Post, Role
from courses.roster.queries import miscounted_classes, miscounted_sums

SHOWN_OF_EACH = 20
LAPSED_AT_MOST = dt.timedelta(days=1)  # the clock looks three times a minute; a worker may be down for a while
EXPIRED_AT_MOST = dt.timedelta(days=120)  # they are deleted after ninety days
RECOUNT = "Stop the web, back up, count the class anew by its bookings; then find out who wrote past the rules."


class Check(NamedTuple):
    """`words` name a row by its `id`; `advice` says what to do, to the machine's keeper."""

    words: Any
    advice: str
    wrong: Select[Any]


class Fault(NamedTuple):
    """One thing that is wrong, and what to do about it."""

    words: str
    advice: str


def _miscounted() -> Select[Any]:
    seated = (
        select(Booking.class_id, func.count().label("n"))
        .where(Booking.state.in_(SEATED))
        .group_by(Booking.class_id)
        .subquery()
    )
    waiting = (
        select(Booking.class_id, func.count(Booking.enrolment_id.distinct()).label("n"))
        .where(Booking.state == State.QUEUED)
        .group_by(Booking.class_id)
        .subquery()
    )
    return (
        select(TrainingClass.id)
        .outerjoin(seated, seated.c.class_id == TrainingClass.id)
        .outerjoin(waiting, waiting.c.class_id == TrainingClass.id)
        .where(
            (TrainingClass.seats_taken != func.coalesce(seated.c.n, 0))
            | (TrainingClass.queued != func.coalesce(waiting.c.n, 0))
        )
    )


def _untold() -> Select[Any]:
    return select(Booking.id).where(
        Booking.state == State.BOOKED,
        Booking.reason != "demo",
        ~select(Notice.id).where(Notice.booking_id == Booking.id).exists(),
    )


def _split() -> Select[Any]:
    return (
        select(Booking.enrolment_id)
        .join(Enrolment, Enrolment.id == Booking.enrolment_id)
        .where(Booking.state.in_((State.BOOKED, State.QUEUED)), Enrolment.least.is_(None))
        .group_by(Booking.enrolment_id)
        .having(func.count(Booking.state.distinct()) > 1)
    )


def _two_sides() -> Select[Any]:
    serves = select(Post.person_id).where(Post.role != Role.INSPECTOR)
    return select(Post.person_id).where(Post.role == Role.INSPECTOR, Post.person_id.in_(serves))


def _twice() -> Select[Any]:
    return (
        select(func.max(Booking.id))
        .where(Booking.state != State.CANCELLED, Booking.person_id.is_not(None))
        .group_by(Booking.class_id, Booking.person_id)
        .having(func.count() > 1)
    )


def _beyond_share() -> Select[Any]:
    return (
        select(SeatShare.id)
        .join(Booking, Booking.share_id == SeatShare.id)
        .where(Booking.state.in_(SEATED))
        .group_by(SeatShare.id, SeatShare.seats)
        .having(func.count() > SeatShare.seats)
    )


def _same_number() -> Select[Any]:
    return select(func.max(Enrolment.id)).group_by(Enrolment.class_id, Enrolment.order_no).having(func.count() > 1)


def _left_over(at: dt.datetime) -> Select[Any]:
    """Seats that wait for somebody without a deadline, or long after it."""
    endless = and_(Booking.due_at.is_(None), Booking.state.in_((State.HELD, State.REQUESTED, State.OFFERED)))
    late = and_(Booking.due_at < at - LAPSED_AT_MOST, Booking.state.in_(LAPSES))
    return select(Booking.id).where(or_(endless, late))


def _offered_wrongly() -> Select[Any]:
    """Seats offered to nobody, or to be answered when the class has begun."""
    offers = select(Booking.id).join(TrainingClass, TrainingClass.id == Booking.class_id)
    wrong = or_(Booking.person_id.is_(None), Booking.due_at > TrainingClass.starts_at)
    return offers.where(Booking.state == State.OFFERED, wrong)


def _other_hours() -> Select[Any]:
    """Classes whose row says other hours than their sittings; those that no sitting gives an hour are among them."""
    sittings = (
        select(
            Sitting.class_id,
            func.min(Sitting.starts_at).label("first"),
            func.max(Sitting.ends_at).label("last"),
            func.count().label("n"),
        )
        .group_by(Sitting.class_id)
        .subquery()
    )
    return (
        select(TrainingClass.id)
        .outerjoin(sittings, sittings.c.class_id == TrainingClass.id)
        .where(
            or_(
                sittings.c.n.is_(None),
                TrainingClass.starts_at != sittings.c.first,
                TrainingClass.ends_at != sittings.c.last,
                TrainingClass.sittings_count != sittings.c.n,
            )
        )
    )


def _nowhere() -> Select[Any]:
    """Seats given up for another class of the course in which their person then had no place."""
    theirs, there = aliased(Booking), aliased(TrainingClass)
    got = (
        select(theirs.id)
        .join(there, there.id == theirs.class_id)
        .where(
            theirs.person_id == Booking.person_id, theirs.id > Booking.id, there.course_id == TrainingClass.course_id
        )
        .where(there.id != TrainingClass.id)
        .correlate(Booking, TrainingClass)
    )
    changed = select(Booking.id).join(TrainingClass, TrainingClass.id == Booking.class_id)
    return changed.where(Booking.reason.in_(("changed", "changed_late")), ~got.exists())


def _too_early(at: dt.datetime) -> Select[Any]:
    """Places asked for before their hour, in classes that are still for those who had asked for the course."""
    asked = select(FirstAsked.class_id).where(
        FirstAsked.class_id == Booking.class_id, FirstAsked.person_id == Booking.person_id
    )
    live = select(Booking.id).join(TrainingClass, TrainingClass.id == Booking.class_id)
    return live.where(TrainingClass.first_until > at, Booking.state.in_(LIVE), ~asked.exists())


def _expired(at: dt.datetime) -> Select[Any]:
    return select(Token.id).where(Token.expires_at < at - EXPIRED_AT_MOST)


def checks() -> tuple[Check, ...]:
    at = clock.now()
    return (
        Check(_l("class %(id)s: its counters differ from its bookings"), RECOUNT, _miscounted()),
        Check(
            _l("class %(id)s: more seats taken than there are"),
            "Move people by hand or take a larger room; the database should have refused this: check its constraints.",
            select(TrainingClass.id).where(TrainingClass.seats_taken > TrainingClass.capacity),
        ),
        Check(
            _l("booking %(id)s: nothing in the log"),
            "Someone wrote past the actions. Find out who has access to the database.",
            select(Booking.id).where(~select(Event.id).where(Event.booking_id == Booking.id).exists()),
        ),
        Check(
            _l("booking %(id)s: its person was never told"),
            "Tell the person by telephone; the number is on the roster of the class.",
            _untold(),
        ),
        Check(
            _l("enrolment %(id)s: part of it has seats and part waits"),
            "Groups are seated whole. Let the officer cancel one part and book it anew.",
            _split(),
        ),
        Check(
            _l("person %(id)s: both serves and enforces"),
            "Take one of the two posts away; the inspector needs an account of their own.",
            _two_sides(),
        ),
        Check(
            _l("booking %(id)s: its person holds two places in one class"),
            "Let the officer cancel one; the index uq_booking_live is missing: restore it by running the migrations.",
            _twice(),
        ),
        Check(
            _l("share %(id)s: more of its kept seats are taken than there are"),
            "Someone wrote past the rules: find out who; the seats stand, and the ledger of the class shows them.",
            _beyond_share(),
        ),
        Check(
            _l("enrolment %(id)s: another has the same number in the queue"),
            "The index uq_enrolment_order is missing: restore it, then give the later one the next free number.",
            _same_number(),
        ),
        Check(
            _l("booking %(id)s: the time to name, approve or answer it is over, and it still takes a seat"),
            "The clock has stopped. Is a worker running? By hand: flask --app wsgi tick lapse",
            _left_over(at),
        ),
        Check(
            _l("booking %(id)s: its seat is offered to nobody, or until after the class begins"),
            "Let the officer cancel it; the seat then goes to the next in the queue.",
            _offered_wrongly(),
        ),
        Check(
            _l("class %(id)s: its hours differ from those of its sittings"),
            "Move the class to the hours of its sittings, once; the page writes both.",
            _other_hours(),
        ),
        Check(
            _l("class %(id)s: it is not counted right who came"),
            "Count it anew: flask --app wsgi tick recount-hours",
            miscounted_classes(),
        ),
        Check(
            _l("person %(id)s: the hours of the years are not counted right"),
            "Count them anew: flask --app wsgi tick recount-hours",
            miscounted_sums(),
        ),
        Check(
            _l("booking %(id)s: given up for another class of the course, and no place there"),
            "Someone wrote past the rules. Let the officer book the person into the class they changed to.",
            _nowhere(),
        ),
        Check(
            _l("booking %(id)s: made while only those could book who had asked for the course"),
            "Someone wrote past the rules. Let the officer cancel it; the person can book once the hour has come.",
            _too_early(at),
        ),
        Check(
            _l("booking %(id)s: the appeal is half decided"),
            "Someone wrote past the actions. Clear its answer in the table appeal, and let an officer decide again.",
            select(Appeal.booking_id).where(Appeal.decided_at.is_(None) != Appeal.upheld.is_(None)),
        ),
        Check(
            _l("token %(id)s: expired long ago and still kept"),
            "The clean-up has not run. Is a worker running? By hand: flask --app wsgi tick retention",
            _expired(at),
        ),
    )


def contradictions(language: str = "en") -> list[Fault]:
    """Return what contradicts itself in the records, at most twenty of each kind.

    In English unless a page asks for its reader's `language`: a terminal may have no other letters.
    """
    found = [(check, id_) for check in checks() for id_ in db.session.scalars(check.wrong.limit(SHOWN_OF_EACH))]
    with speaking(language):
        return [Fault(str(check.words) % {"id": id_}, check.advice) for check, id_ in found]
