"""What the pages of enterprises show; each function is a fixed number of statements, however much there is."""

import datetime as dt
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, func, or_, select
from sqlalchemy.orm import aliased

from courses.booking.model import LIVE, SEATED, Booking, State
from courses.booking.queries import Titled
from courses.catalogue.model import ClassState, Course, Sitting, TrainingClass
from courses.catalogue.queries import first_going
from courses.enterprise.model import Answer, JoinRequest
from courses.ground import clock
from courses.ground.db import db
from courses.ground.sound import sound_of
from courses.people.model import Enterprise, Industry, PastPost, Person, Post, Role, Town
from courses.roster.model import YearlyHours

GAPS = ("vacant", "unopened", "ownerless")


class Profile(NamedTuple):
    """An enterprise with the names of its town and industry."""

    id: int
    name_zh: str
    name_en: str
    credit_code: str
    town_id: int
    town_zh: str
    town_en: str
    industry_zh: str
    industry_en: str
    is_key_unit: bool
    booking_rule: str


def profile(enterprise_id: int) -> Profile | None:
    statement = _profiles().add_columns(Enterprise.booking_rule).where(Enterprise.id == enterprise_id)
    found = db.session.execute(statement).first()
    return Profile(*found) if found else None


def _profiles() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Enterprise.id,
            Enterprise.name_zh,
            Enterprise.name_en,
            Enterprise.credit_code,
            Enterprise.town_id,
            Town.name_zh,
            Town.name_en,
            func.coalesce(Industry.name_zh, ""),
            func.coalesce(Industry.name_en, ""),
            Enterprise.is_key_unit,
        )
        .join(Town, Town.id == Enterprise.town_id)
        .outerjoin(Industry, Industry.id == Enterprise.industry_id)
    )


class Member(NamedTuple):
    """One person of an enterprise. `hours`: in this calendar year of the city; `hours_in_all`, in 学时."""

    id: int
    name: str
    name_en: str
    email: str | None
    mobile: str | None
    has_account: bool
    roles: tuple[Role, ...]
    since: dt.datetime | None
    hours: float
    hours_in_all: float
    coming: int
    is_deputy: bool = False


def members(enterprise_id: int, at: dt.datetime) -> list[Member]:
    """Return the people of an enterprise in the order of their names, one row each, whatever posts they hold."""
    whose = select(Post.person_id).where(Post.enterprise_id == enterprise_id)
    of_year = func.sum(YearlyHours.half_hours).filter(YearlyHours.year == clock.local(at).year)
    earned = (
        select(YearlyHours.person_id, of_year.label("year"), func.sum(YearlyHours.half_hours).label("in_all"))
        .where(YearlyHours.person_id.in_(whose))
        .group_by(YearlyHours.person_id)
        .subquery()
    )
    coming = (
        select(Booking.person_id, func.count().label("classes"))
        .join(TrainingClass, TrainingClass.id == Booking.class_id)
        .where(Booking.state.in_(LIVE), TrainingClass.ends_at > at, Booking.person_id.in_(whose))
        .where(Booking.class_id >= first_going(at))
        .group_by(Booking.person_id)
        .subquery()
    )
    statement = (
        select(Person, Post.role, Post.began_at, Post.is_deputy, earned.c.year, earned.c.in_all, coming.c.classes)
        .join(Post, Post.person_id == Person.id)
        .outerjoin(earned, earned.c.person_id == Person.id)
        .outerjoin(coming, coming.c.person_id == Person.id)
        .where(Post.enterprise_id == enterprise_id, Person.left_at.is_(None))
        .order_by(Person.id, Post.role)
    )
    people: dict[int, Member] = {}
    for person, role, since, is_deputy, year, in_all, classes in db.session.execute(statement):
        so_far = people.get(person.id)
        people[person.id] = Member(
            id=person.id,
            name=person.name,
            name_en=person.name_en,
            email=person.email,
            mobile=person.mobile,
            has_account=person.has_account,
            roles=(*so_far.roles, role) if so_far else (role,),
            since=min(filter(None, (since, so_far.since if so_far else None)), default=None),
            hours=(year or 0) / 2,
            hours_in_all=(in_all or 0) / 2,
            coming=classes or 0,
            is_deputy=is_deputy or bool(so_far and so_far.is_deputy),
        )
    return sorted(people.values(), key=lambda one: sound_of(one.name))


class Former(NamedTuple):
    """Someone who held a post before, and who took it over."""

    name: str
    name_en: str
    role: Role
    began_at: dt.datetime | None
    ended_at: dt.datetime
    heir: str | None
    heir_en: str | None


def formers(enterprise_id: int, limit: int = 30) -> list[Former]:
    heir = aliased(Person)
    statement = (
        select(
            Person.name, Person.name_en, PastPost.role, PastPost.began_at, PastPost.ended_at, heir.name, heir.name_en
        )
        .join(Person, Person.id == PastPost.person_id)
        .outerjoin(heir, heir.id == PastPost.successor_id)
        .where(PastPost.enterprise_id == enterprise_id)
        .order_by(PastPost.ended_at.desc(), PastPost.id.desc())
        .limit(limit)
    )
    return [Former(*row) for row in db.session.execute(statement)]


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What the list of enterprises is narrowed by; all in the URL."""

    q: str = ""
    town: int | None = None
    industry: int | None = None
    key: bool = False
    gap: str = ""


class Listed(NamedTuple):
    """One line of the list of enterprises. `half_hours` earned this year by all its people together; `state_no`: 0
    where nobody is in the post, 1 where someone has not opened the account, else 2."""

    id: int
    name_zh: str
    name_en: str
    credit_code: str
    town_id: int
    town_zh: str
    town_en: str
    industry_zh: str
    industry_en: str
    is_key_unit: bool
    managers: int
    owners: int
    unopened: int
    half_hours: int
    state_no: int

    @property
    def hours(self) -> float:
        return self.half_hours / 2


def listed(towns: Collection[int] | None, filters: Filters, year: int) -> Select[*tuple[Any, ...]]:
    """Return the statement that yields `Listed`, of these towns or all; the last columns are `managers`, `owners`,
    `unopened`, `half_hours` and `state`."""
    posts, earned = _posts(towns), _earned_in(year, towns)
    managers, owners, unopened = (func.coalesce(posts.c[name], 0) for name in ("managers", "owners", "unopened"))
    statement = (
        _profiles()
        .add_columns(managers.label("managers"), owners.label("owners"), unopened.label("unopened"))
        .add_columns(func.coalesce(earned.c.half_hours, 0).label("half_hours"))
        .add_columns(case((managers == 0, 0), (unopened > 0, 1), else_=2).label("state"))
        .outerjoin(posts, posts.c.enterprise_id == Enterprise.id)
        .outerjoin(earned, earned.c.enterprise_id == Enterprise.id)
        .where(*_narrowed(towns, filters))
    )
    gaps = {"vacant": managers == 0, "unopened": unopened > 0, "ownerless": owners == 0}
    return statement.where(gaps[filters.gap]) if filters.gap in gaps else statement


def _held(towns: Collection[int] | None) -> ColumnElement[bool]:
    """Return the condition that a post is at an enterprise, of these towns or any."""
    if towns is None:
        return Post.enterprise_id.is_not(None)
    return Post.enterprise_id.in_(select(Enterprise.id).where(Enterprise.town_id.in_(towns)))


def _posts(towns: Collection[int] | None) -> Subquery:
    """Return how many hold which post of an enterprise, and how many of them have not opened the account."""
    return (
        select(
            Post.enterprise_id,
            func.count().filter(Post.role == Role.MANAGER).label("managers"),
            func.count().filter(Post.role == Role.OWNER).label("owners"),
            func.count(case((Person.password_hash.is_(None), Person.id)).distinct()).label("unopened"),
        )
        .join(Person, Person.id == Post.person_id)
        .where(_held(towns), Person.left_at.is_(None))
        .group_by(Post.enterprise_id)
        .subquery("posts")
    )


def _earned_in(year: int, towns: Collection[int] | None) -> Subquery:
    """Return the half-hours that the people of each enterprise earned in a year, those of two posts once."""
    whose = select(Post.enterprise_id, Post.person_id).where(_held(towns)).distinct().subquery()
    return (
        select(whose.c.enterprise_id, func.sum(YearlyHours.half_hours).label("half_hours"))
        .join(YearlyHours, (YearlyHours.person_id == whose.c.person_id) & (YearlyHours.year == year))
        .group_by(whose.c.enterprise_id)
        .subquery("earned")
    )


def _narrowed(towns: Collection[int] | None, filters: Filters) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if towns is not None:
        wanted.append(Enterprise.town_id.in_(towns))
    if filters.q:
        named = [column.icontains(filters.q, autoescape=True) for column in (Enterprise.name_zh, Enterprise.name_en)]
        wanted.append(or_(*named, Enterprise.credit_code.icontains(filters.q, autoescape=True)))
    if filters.town:
        wanted.append(Enterprise.town_id == filters.town)
    if filters.industry:
        wanted.append(Enterprise.industry_id == filters.industry)
    if filters.key:
        wanted.append(Enterprise.is_key_unit.is_(True))
    return wanted


class Place(NamedTuple):
    """A seat, or a place in a queue, that someone has in a class still to begin."""

    booking_id: int
    class_id: int
    state: State
    title_zh: str
    title_en: str
    starts_at: dt.datetime
    ends_at: dt.datetime

    @property
    def is_seat(self) -> bool:
        return self.state in SEATED


def places_ahead(person_id: int, at: dt.datetime) -> list[Place]:
    """Return what someone has in classes that have not begun, in the order of the classes' ids."""
    statement = (
        select(
            Booking.id,
            Booking.class_id,
            Booking.state,
            Course.title_zh,
            Course.title_en,
            TrainingClass.starts_at,
            TrainingClass.ends_at,
        )
        .join(TrainingClass, TrainingClass.id == Booking.class_id)
        .join(Course, Course.id == TrainingClass.course_id)
        .where(
            Booking.person_id == person_id,
            Booking.state.in_(LIVE),
            TrainingClass.state == ClassState.PUBLISHED,
            TrainingClass.starts_at > at,
        )
        .order_by(Booking.class_id)
    )
    return [Place(*row) for row in db.session.execute(statement)]


class Hindrance(NamedTuple):
    """Why someone cannot take over a place: already in that class, or with a seat elsewhere at that hour."""

    is_in: bool
    course: Titled | None = None
    span: tuple[dt.datetime, dt.datetime] | None = None


def hindrances(class_ids: Collection[int], heir_id: int) -> dict[int, Hindrance]:
    """Return what is in the heir's way, by class, in one statement."""
    ours, theirs = aliased(Sitting), aliased(Sitting)
    statement = (
        select(
            ours.class_id,
            Booking.class_id,
            Course.title_zh,
            Course.title_en,
            TrainingClass.starts_at,
            TrainingClass.ends_at,
        )
        .select_from(ours)
        .join(theirs, and_(ours.starts_at < theirs.ends_at, ours.ends_at > theirs.starts_at))
        .join(Booking, Booking.class_id == theirs.class_id)
        .join(TrainingClass, TrainingClass.id == Booking.class_id)
        .join(Course, Course.id == TrainingClass.course_id)
        .where(
            ours.class_id.in_(class_ids),
            Booking.person_id == heir_id,
            or_(
                Booking.state.in_(SEATED),
                and_(Booking.class_id == ours.class_id, Booking.state == State.QUEUED),
            ),
        )
    )
    found: dict[int, Hindrance] = {}
    for class_id, other, zh, en, start, end in db.session.execute(statement):
        if other == class_id:
            found[class_id] = Hindrance(True)
        elif class_id not in found:
            found[class_id] = Hindrance(False, Titled(zh, en), (start, end))
    return found


def in_already(class_ids: Collection[int], people: Collection[int]) -> Counter[int]:
    """Return in how many of these classes each of these people has a place of their own, which rules out another's."""
    statement = select(Booking.person_id).where(
        Booking.class_id.in_(class_ids), Booking.person_id.in_(people), Booking.state.in_(LIVE)
    )
    return Counter(db.session.scalars(statement))


class Passing(NamedTuple):
    """What becomes of one place when its person leaves. It passes to the successor, unless there is a hindrance."""

    place: Place
    passes: bool
    hindrance: Hindrance | None = None


def plan(person_id: int, heir_id: int | None, at: dt.datetime) -> list[Passing]:
    """Return what would become of each place: the same rule for the page that asks and the action that does it.

    A seat does not pass to who has one elsewhere at that hour; a place in the queue does, as everyone may wait for
    two classes.
    """
    ahead = places_ahead(person_id, at)
    if heir_id is None:
        return [Passing(place, False) for place in ahead]
    known = hindrances([place.class_id for place in ahead], heir_id)
    found = []
    for place in ahead:
        hindrance = known.get(place.class_id)
        stands = hindrance is not None and (hindrance.is_in or place.is_seat)
        found.append(Passing(place, not stands, hindrance if stands else None))
    return found


class Joining(NamedTuple):
    """A request to join, with what is known of its enterprise: whether it is registered, and has an owner already."""

    id: int
    name: str
    name_en: str
    email: str | None
    mobile: str | None
    role: Role
    credit_code: str
    enterprise_name: str
    town_zh: str
    town_en: str
    town_id: int
    asked_at: dt.datetime
    state: Answer
    reason: str
    decided_at: dt.datetime | None
    decider: str | None
    decider_en: str | None
    enterprise_id: int | None
    enterprise_zh: str | None
    enterprise_en: str | None
    owners: int


def _joinings() -> Select[*tuple[Any, ...]]:
    decider = aliased(Person)
    owners = (
        select(func.count())
        .select_from(Post)
        .where(Post.enterprise_id == Enterprise.id, Post.role == Role.OWNER)
        .correlate(Enterprise)
        .scalar_subquery()
    )
    ask = JoinRequest
    return (
        select(
            *(ask.id, ask.name, ask.name_en, ask.email, ask.mobile, ask.role, ask.credit_code, ask.enterprise_name),
            *(Town.name_zh, Town.name_en, Town.id, ask.asked_at, ask.state, ask.reason, ask.decided_at),
            *(decider.name, decider.name_en, Enterprise.id, Enterprise.name_zh, Enterprise.name_en, owners),
        )
        .join(Town, Town.id == ask.town_id)
        .outerjoin(decider, decider.id == ask.decided_by)
        .outerjoin(Enterprise, Enterprise.credit_code == ask.credit_code)
    )


def joining(request_id: int) -> Joining | None:
    found = db.session.execute(_joinings().where(JoinRequest.id == request_id)).first()
    return Joining(*found) if found else None


def people_asking(requests: Sequence[Joining]) -> list[int]:
    """Return the people whose address or number stands in these requests: those whom we know among who asked."""
    statement = select(Person.id).where(
        or_(
            Person.email.in_({ask.email for ask in requests if ask.email}),
            Person.mobile.in_({ask.mobile for ask in requests if ask.mobile}),
        )
    )
    return list(db.session.scalars(statement)) if requests else []


def joinings(
    towns: Collection[int] | None,
    q: str,
    state: str,
    offset: int,
    limit: int,
    after: tuple[bool, int] | None = None,
) -> list[Joining]:
    """Return requests of these towns (None: of all), those that wait first, the oldest of them on top.

    `after`: only those that follow one, of which is known whether it waited, and its id.
    """
    waits = JoinRequest.state == Answer.WAITING
    statement = _joinings().order_by(case((waits, 0), else_=1), case((waits, JoinRequest.id), else_=-JoinRequest.id))
    if towns is not None:
        statement = statement.where(JoinRequest.town_id.in_(towns))
    if after:
        waited, id_ = after
        decided = and_(~waits, JoinRequest.id < id_) if not waited else ~waits
        statement = statement.where(or_(and_(waits, JoinRequest.id > id_), decided) if waited else decided)
    if state in tuple(Answer):
        statement = statement.where(JoinRequest.state == state)
    if q:
        texts = (JoinRequest.name, JoinRequest.enterprise_name, JoinRequest.credit_code, Enterprise.name_zh)
        statement = statement.where(or_(*(text.icontains(q, autoescape=True) for text in texts)))
    return [Joining(*row) for row in db.session.execute(statement.offset(offset).limit(limit))]
