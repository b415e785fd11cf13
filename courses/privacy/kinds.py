"""What is kept of people: the one table behind the page on privacy and the job that deletes.

Lengths stand here and not among the settings: what the page promises, what the job does and what a test tries are the
same lines. Legal notes name the law of the People's Republic of China; a city elsewhere has its own.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, delete, func, or_, select, update

from courses.accounts.actions.sign_in import WINDOW
from courses.accounts.actions.token import REMEMBERED
from courses.accounts.model import Identity, SignInFailure, Token
from courses.booking.model import Appeal, Booking, Enrolment, Event
from courses.bulk.model import KEPT_FOR as LISTS_KEPT_FOR
from courses.bulk.model import EnrolmentList, ListRow
from courses.catalogue.model import FirstAsked, Interest, Lecturer, Teaching
from courses.enterprise.model import JoinRequest, Merger
from courses.ground.clock import now
from courses.ground.db import Base, db
from courses.ground.idempotency import KEPT_FOR, KeptAnswer
from courses.outbox.actions import empty
from courses.outbox.model import Fate, Notice
from courses.people.looks import Look
from courses.people.model import PastPost, Person, Post
from courses.privacy.erasing import erase_person
from courses.privacy.model import Erasure
from courses.roster.model import Attendance, YearlyHours
from courses.setup.model import KEPT_FOR as SHEETS_KEPT_FOR
from courses.setup.model import Import, ImportRow
from courses.webhooks.model import Webhook

DAY = dt.timedelta(days=1)
SETTLED = (Fate.SENT, Fate.FAILED, Fate.WITHDRAWN, Fate.EXPIRED, Fate.IN_DOUBT)


class Job(NamedTuple):
    """How a kind ends: `old` selects the ids of what is over at a moment, `forget` deletes or empties these."""

    after: dt.timedelta
    old: Callable[[dt.datetime], Select[Any]]
    forget: Callable[[Sequence[Any]], None]


class Kind(NamedTuple):
    """One line of the page; `job` is None for what ends with its person, or outside the database.

    `tables`: where it is kept. A table that points to a person and stands in no kind fails a test of the house.
    """

    name: str
    tables: tuple[type[Base], ...]
    what: Any
    fields: Any
    purpose: Any
    kept: Any
    law: Any
    job: Job | None = None


def _deleting(column: Any) -> Callable[[Sequence[Any]], None]:
    def forget(ids: Sequence[Any]) -> None:
        db.session.execute(delete(column.class_).where(column.in_(ids)))

    return forget


def _unlog(ids: Sequence[Any]) -> None:
    db.session.execute(update(Event).where(Event.id.in_(ids)).values(actor_id=None))


def _forget_sheets(ids: Sequence[Any]) -> None:
    db.session.execute(delete(ImportRow).where(ImportRow.import_id.in_(ids)))
    db.session.execute(update(Import).where(Import.id.in_(ids)).values(content=None))


def _forget_lists(ids: Sequence[Any]) -> None:
    db.session.execute(delete(ListRow).where(ListRow.list_id.in_(ids)))
    db.session.execute(delete(EnrolmentList).where(EnrolmentList.id.in_(ids)))


def _erase(ids: Sequence[Any]) -> None:
    for id_ in ids:
        erase_person(id_, "retention", None)


def _left_long_ago(before: dt.datetime) -> Select[Any]:
    """Who left, or whose last post ended, before then; who has a post again is here."""
    gone, held = select(Erasure.person_id), select(Post.person_id)
    ended = select(PastPost.person_id).group_by(PastPost.person_id).having(func.max(PastPost.ended_at) < before)
    over = or_(Person.left_at < before, Person.id.in_(ended) & Person.id.not_in(held))
    return select(Person.id).where(over, Person.id.not_in(gone)).order_by(Person.id)


def _asked_long_ago(before: dt.datetime) -> Select[Any]:
    """Requests decided before then, and those that nobody has decided since long before."""
    undecided = JoinRequest.decided_at.is_(None) & (JoinRequest.asked_at < before - 275 * DAY)
    return select(JoinRequest.id).where(or_(JoinRequest.decided_at < before, undecided))


def _settled(before: dt.datetime) -> Select[Any]:
    return select(Notice.id).where(Notice.made_at < before, Notice.emptied_at.is_(None), Notice.state.in_(SETTLED))


PERSONAL_LAW = _l("Personal Information Protection Law, article 19: no longer than its purpose needs.")
LOG_LAW = _l("Cybersecurity Law: logs of a network are kept for at least six months.")

KINDS = (
    Kind(
        "person",
        (Person, Post, PastPost, Erasure),
        _l("You"),
        _l("Name, e-mail address or mobile number, language, posts and where; a password only as a hash."),
        _l("To sign in, to be told about your classes, to know for whom a seat is."),
        _l("While you hold a post and two years after you left; or until you have it erased."),
        PERSONAL_LAW,
        Job(730 * DAY, _left_long_ago, _erase),
    ),
    Kind(
        "bookings",
        (Enrolment, Booking, Attendance, YearlyHours),
        _l("Bookings and attendance"),
        _l("Classes, states with their reasons, marks per sitting, hours earned."),
        _l("To give out seats fairly and to credit your hours."),
        _l("As long as you; then they count on without your name."),
        PERSONAL_LAW,
    ),
    Kind(
        "appeals",
        (Appeal,),
        _l("Appeals"),
        _l("Why you say that staying away should not count, and the answer."),
        _l("So that an officer can decide it."),
        _l("Two years."),
        PERSONAL_LAW,
        Job(
            730 * DAY,
            lambda before: select(Appeal.booking_id).where(Appeal.made_at < before),
            _deleting(Appeal.booking_id),
        ),
    ),
    Kind(
        "teaching",
        (Lecturer, Teaching),
        _l("You as a lecturer"),
        _l("Your institution and the words about you, which everyone can read; the classes you teach."),
        _l("So that people know who teaches a class."),
        _l("As long as you; then the classes count on without your name."),
        PERSONAL_LAW,
    ),
    Kind(
        "mergers",
        (Merger,),
        _l("Two records made one"),
        _l("The name on the record that went, when, and who put the two together."),
        _l("So that a mistake can be put right."),
        _l("As long as you; then only that there were two."),
        PERSONAL_LAW,
    ),
    Kind(
        "notices",
        (Notice,),
        _l("What you were told"),
        _l("The contents of mails and of your notices page, and whether they arrived."),
        _l("So that you can read again what you were told, and nobody is told twice."),
        _l("The contents for one year; then only that there was a notice."),
        PERSONAL_LAW,
        Job(365 * DAY, _settled, empty),
    ),
    Kind(
        "events",
        (Event,),
        _l("The log of a class"),
        _l("Who booked, moved or cancelled what, when, through which door, why."),
        _l("So that you and your officer can see why each seat went where."),
        _l("Who did it for two years; then only what, why and when."),
        LOG_LAW,
        Job(
            730 * DAY,
            lambda before: select(Event.id).where(Event.at < before, Event.actor_id.is_not(None)),
            _unlog,
        ),
    ),
    Kind(
        "looks",
        (Look,),
        _l("Who looked at your data"),
        _l("Who of those who serve, teach or administer opened which list or page, or could open your account, when."),
        _l("So that you can see it, and that nobody looks without a reason."),
        _l("One year."),
        LOG_LAW,
        Job(365 * DAY, lambda before: select(Look.id).where(Look.at < before), _deleting(Look.id)),
    ),
    Kind(
        "joining",
        (JoinRequest,),
        _l("Requests to join"),
        _l("Name, address or number, enterprise and post you asked for; the answer."),
        _l("So that someone can decide, and you can read what became of it."),
        _l("Ninety days after the answer; without one, a year."),
        PERSONAL_LAW,
        Job(90 * DAY, _asked_long_ago, _deleting(JoinRequest.id)),
    ),
    Kind(
        "interests",
        (Interest, FirstAsked),
        _l("“Tell me when”"),
        _l("Of which course you want to be told, and which towns and half-days suit you."),
        _l("To tell you once there is a class. Officers plan by how many ask; they see no names."),
        _l("Until you are told, or as long as you."),
        PERSONAL_LAW,
    ),
    Kind(
        "tokens",
        (Token,),
        _l("Tokens for programs"),
        _l("Their name, last characters and end; the token itself only as a hash."),
        _l("So that a program can act in your name."),
        _l("Ninety days after their end."),
        PERSONAL_LAW,
        Job(
            REMEMBERED,
            lambda before: select(Token.id).where(or_(Token.expires_at < before, Token.ended_at < before)),
            _deleting(Token.id),
        ),
    ),
    Kind(
        "identities",
        (Identity,),
        _l("Single sign-on"),
        _l("The number under which the provider knows you; when it was linked and last used."),
        _l("So that who signs in there is signed in here."),
        _l("Until you end the link, or as long as you."),
        PERSONAL_LAW,
    ),
    Kind(
        "imports",
        (Import, ImportRow),
        _l("Imported spreadsheets"),
        _l("The sheet as an administrator sent it, row by row: names, addresses, numbers."),
        _l("So that what an import changed can be looked up and put right."),
        _l("Thirty days; then only when it was and how many rows it had."),
        PERSONAL_LAW,
        Job(
            SHEETS_KEPT_FOR,
            lambda before: select(Import.id).where(Import.made_at < before, Import.content.is_not(None)),
            _forget_sheets,
        ),
    ),
    Kind(
        "lists",
        (EnrolmentList, ListRow),
        _l("Lists of people for a class"),
        _l("The list as it was sent, row by row: names, addresses, numbers, and what each row would get."),
        _l("So that whoever sends a list sees what it would do before it does."),
        _l("One day; then only the bookings that it made."),
        PERSONAL_LAW,
        Job(
            LISTS_KEPT_FOR,
            lambda before: select(EnrolmentList.id).where(EnrolmentList.made_at < before),
            _forget_lists,
        ),
    ),
    Kind(
        "webhooks",
        (Webhook,),
        _l("Addresses of your programs"),
        _l("Where your programs are told what happens; their secret is never stored."),
        _l("To tell them, in your name, what you may see."),
        _l("Until you remove them, or as long as you."),
        PERSONAL_LAW,
    ),
    Kind(
        "tries",
        (SignInFailure,),
        _l("Wrong sign-ins"),
        _l("When; the address or number typed only as a hash."),
        _l("So that nobody can guess a password by trying."),
        _l("Fifteen minutes; the next clean-up deletes them within the hour."),
        PERSONAL_LAW,
        Job(
            WINDOW,
            lambda before: select(SignInFailure.id).where(SignInFailure.at <= before),
            _deleting(SignInFailure.id),
        ),
    ),
    Kind(
        "answers",
        (KeptAnswer,),
        _l("Answers to programs"),
        _l("What the API answered to a request that may be sent twice."),
        _l("So that a request whose answer was lost books one seat and not two."),
        _l("24 hours."),
        PERSONAL_LAW,
        Job(
            KEPT_FOR,
            lambda before: select(KeptAnswer.digest).where(KeptAnswer.made_at < before),
            _deleting(KeptAnswer.digest),
        ),
    ),
    Kind(
        "backups",
        (),
        _l("Backups"),
        _l("All of the above, as of one night."),
        _l("So that nothing is lost with a machine."),
        _l("Thirty days, as its keeper has set it up."),
        PERSONAL_LAW,
    ),
    Kind(
        "cookies",
        (),
        _l("Cookies in your browser"),
        _l("Who signed in, what the next page is to tell you, and the language. None follows you to other sites."),
        _l("So that you need not sign in for every page."),
        _l("Two weeks after the last day you came; the language for one year."),
        PERSONAL_LAW,
    ),
    Kind(
        "requests",
        (),
        _l("The server’s log"),
        _l("Which kind of page was asked for, when, how long it took; who only as a number. No search words."),
        _l("To find faults and attacks."),
        _l("At least six months, as its keeper has set it up."),
        LOG_LAW,
    ),
)


def old(kind: Kind) -> Select[Any]:
    """Return what is over of a kind now."""
    assert kind.job
    return kind.job.old(now() - kind.job.after)
