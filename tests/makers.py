"""Plain functions that make what a test needs, through the same actions as everyone."""

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import func, select

from courses.accounts import passwords
from courses.booking import actions as booking
from courses.booking.model import Booking, Event
from courses.catalogue.actions import ClassPlan, publish
from courses.catalogue.model import Course, Lecturer, Sitting, Topic, TrainingClass
from courses.ground import clock
from courses.ground.db import db, insert_many
from courses.ground.kept import forget_all
from courses.ground.refusal import Refusal
from courses.ground.transaction import transaction
from courses.homes.model import Home, Room
from courses.outbox.model import Notice
from courses.people.model import Association, City, Enterprise, Industry, Person, Post, Role, Squadron, Town
from courses.people.queries import actor_of
from courses.people.rights import Actor
from courses.roster import actions as roster
from courses.roster.model import Mark
from tests import people

HOUR = dt.timedelta(hours=1)
CODES = ("91330481DMKNQXNW2U", "91330481DM0EXLU30K", "91330481DME7GH06XH")


def a_town() -> None:
    """Two towns with a squadron each, three enterprises, two rooms of the first Home and one elsewhere, the cast."""
    hashed = passwords.hashed(people.PASSWORD)
    with transaction():
        db.session.add(City(name_zh="海宁", name_en="Haining", operator_zh="海宁测试", operator_en="Haining test"))
        for number, (zh, en) in enumerate((("海昌", "Haichang"), ("马桥", "Maqiao")), 1):
            db.session.add_all([Squadron(name_zh=f"{zh}中队", name_en=f"{en} Squadron")])
            db.session.add(Association(name_zh=f"{zh}环保协会", name_en=f"{en} Association"))
            db.session.flush()
            db.session.add(Town(name_zh=f"{zh}街道", name_en=en, squadron_id=number, association_id=number))
            db.session.flush()
        db.session.add(Industry(slug="electronics", name_zh="电子信息", name_en="Electronics"))
        db.session.flush()
        for number, code in enumerate(CODES, 1):
            town = 2 if number == 3 else 1
            name = "甲乙丙"[number - 1] + "科技有限公司"
            db.session.add(Enterprise(credit_code=code, name_zh=name, town_id=town, industry_id=1))
            db.session.flush()
        for town, home in ((1, "智慧港"), (2, "马桥")):
            db.session.add(Home(town_id=town, name_zh=f"{home}环保管家之家", name_en="Home", phone="0573-00000001"))
            db.session.flush()
        for home, seats in ((1, 30), (1, 20), (2, 1000)):
            db.session.add(Room(home_id=home, name_zh=f"{seats}座教室", name_en=f"Room of {seats}", seats=seats))
            db.session.flush()
        db.session.add(Topic(slug="carbon", name_zh="双碳", name_en="Carbon"))
        db.session.add(Topic(slug="waste", name_zh="固废", name_en="Waste", position=1))
        db.session.flush()
        db.session.add(
            Course(
                topic_id=1,
                title_zh="碳交易管理",
                title_en="Carbon Trading Management",
                summary_zh="配额与履约",
                summary_en="Allowances and compliance",
                syllabus_zh="- **配额。**清缴",
                syllabus_en="- **Allowances.** Surrender",
            )
        )
        db.session.add(Course(topic_id=2, title_zh="危险废物规范化管理", syllabus_zh="- 台账"))
        db.session.flush()
        for member in people.CAST:
            db.session.add(Person(name=member.name, email=member.email, language=member.language, password_hash=hashed))
            db.session.flush()
        for member in people.CAST:
            db.session.add(
                Post(
                    person_id=member.id,
                    role=Role(member.role),
                    enterprise_id=member.enterprise,
                    squadron_id=member.squadron,
                    association_id=member.association,
                )
            )
        db.session.add(Lecturer(person_id=people.CHEN.id, institution_zh="钱江环境研究院", institution_en="Qianjiang"))
        db.session.add(Lecturer(person_id=people.OTHER_LECTURER.id, institution_zh="海大", institution_en="Haida"))


def actor(member: people.Member) -> Actor:
    found = actor_of(member.id)
    assert found is not None
    return found


def in_days(days: float, hour: int = 9) -> dt.datetime:
    """Return the UTC moment of `hour` o'clock in the city, `days` from today."""
    day = clock.local(clock.now() + dt.timedelta(days=days)).date()
    return clock.from_local(day, dt.time(hour))


def a_plan(
    seats: int = 3,
    days: float = 10,
    hour: int = 9,
    room: int = 3,
    sittings: Sequence[tuple[dt.datetime, dt.datetime]] | None = None,
    lecturers: Sequence[int] = (),
    reminders: Sequence[int] = (3 * 1440, 1440, 120),
    course: int = 1,
    opens_at: dt.datetime | None = None,
    closes_at: dt.datetime | None = None,
    cancel_until: dt.datetime | None = None,
    enterprise_limit: int | None = None,
    draw_at: dt.datetime | None = None,
    names_by: dt.datetime | None = None,
    minimum: int | None = None,
    decide_by: dt.datetime | None = None,
    **rules: Any,
) -> ClassPlan:
    spans = sittings or [(in_days(days, hour), in_days(days, hour) + 2.5 * HOUR)]
    begins = min(spans)[0]
    return ClassPlan(
        course_id=course,
        room_id=room,
        sittings=spans,
        capacity=seats,
        opens_at=opens_at or clock.now() - HOUR,
        closes_at=closes_at or begins,
        cancel_until=cancel_until or begins - 24 * HOUR,
        draw_at=draw_at,
        names_by=names_by,
        lecturer_ids=lecturers,
        reminders=reminders,
        enterprise_limit=enterprise_limit,
        minimum=minimum,
        decide_by=(decide_by or begins - 48 * HOUR) if minimum else None,
        **rules,
    )


def a_rule_about_staying_away(limit: int = 2, days: int = 90, standby: int = 30, late: bool = True) -> None:
    """Let the city have a rule about who stays away too often."""
    with transaction():
        city = db.session.get_one(City, 1)
        city.noshow_limit, city.noshow_days, city.standby_days, city.late_counts = limit, days, standby, late
    forget_all()


def stayed_away(member: people.Member, *days_ago: float, room: int = 3) -> list[int]:
    """Let a member have booked classes that were held so many days ago and not come; return the bookings' ids."""
    classes = []
    for days in days_ago:
        with at(in_days(-days - 5)):
            classes.append(a_class(days=5, room=room))
            book(member, classes[-1])
    for class_id in classes:
        mark(class_id, member, Mark.ABSENT)
    return [booking_of(class_id, member).id for class_id in classes]


def mark(class_id: int, member: people.Member, as_: Mark | None) -> None:
    """Let the officer mark a member at the only sitting of a class, an hour after it began."""
    row = the_class(class_id)
    sitting = db.session.scalars(select(Sitting.id).where(Sitting.class_id == class_id)).one()
    number = booking_of(class_id, member).id
    with at(row.starts_at + HOUR):
        roster.mark(actor(people.GAO), class_id, sitting, [number], as_)


def a_class(seats: int = 3, by: people.Member = people.GAO, **plan: object) -> int:
    """Publish a class of `seats` in the large room, ten days from now; return its id."""
    return publish(actor(by), a_plan(seats, **plan))  # type: ignore[arg-type]


def book(member: people.Member, class_id: int, *others: people.Member) -> list[booking.Outcome]:
    """Book for `member`, and for `others` (then only for all of them together, `member` being who asks)."""
    ids = [m.id for m in others] or [member.id]
    return booking.book(actor(member), class_id, ids)


def strangers(count: int, enterprise: int = 3) -> list[int]:
    """Make `count` more managers of an enterprise; return their ids."""
    with transaction():
        first = (db.session.scalar(select(func.max(Person.id))) or 0) + 1
        ids = list(range(first, first + count))
        insert_many(
            Person,
            [
                {"id": i, "name": f"管{i}", "name_en": "", "email": f"p{i}@test.example", "language": "zh", "epoch": 1}
                for i in ids
            ],
        )
        insert_many(Post, [{"person_id": i, "role": Role.MANAGER, "enterprise_id": enterprise} for i in ids])
    return ids


def the_class(class_id: int) -> TrainingClass:
    """Return the class as it is now in the database."""
    db.session.rollback()
    found = db.session.get(TrainingClass, class_id, populate_existing=True)
    assert found is not None
    return found


def states(class_id: int) -> dict[int, str]:
    """Return the state of each person's latest booking in a class."""
    db.session.rollback()
    rows = db.session.execute(
        select(Booking.person_id, Booking.state).where(Booking.class_id == class_id).order_by(Booking.id)
    )
    return {person_id or 0: str(state) for person_id, state in rows}


def told(kind: str | None = None, person: int | None = None) -> list[Notice]:
    """Return the notices written so far, oldest first."""
    db.session.rollback()
    statement = select(Notice).order_by(Notice.id)
    if kind:
        statement = statement.where(Notice.kind == kind)
    if person:
        statement = statement.where(Notice.person_id == person)
    return list(db.session.scalars(statement))


@contextmanager
def refused(code: str, **facts: Any) -> Iterator[None]:
    """Expect a Refusal of this code, with at least these facts, that can be put into words."""
    with pytest.raises(Refusal) as raised:
        yield
    assert raised.value.code == code
    assert facts.items() <= raised.value.facts.items()
    assert raised.value.words


@contextmanager
def at(moment: dt.datetime) -> Iterator[None]:
    """Within, it is `moment`."""
    with clock.pretending(moment):
        yield


def before_start(class_id: int, minutes: float) -> dt.datetime:
    """Return the moment `minutes` before the class begins (less than 0: after)."""
    return the_class(class_id).starts_at - dt.timedelta(minutes=minutes)


def booking_of(class_id: int, member: people.Member) -> Booking:
    """Return a member's latest booking in a class, as it is now in the database."""
    db.session.rollback()
    found = db.session.scalars(
        select(Booking)
        .where(Booking.class_id == class_id, Booking.person_id == member.id)
        .order_by(Booking.id.desc())
        .limit(1),
        execution_options={"populate_existing": True},
    ).first()
    assert found is not None
    return found


def cancel(class_id: int, member: people.Member, by: people.Member | None = None) -> None:
    booking.cancel(actor(by or member), booking_of(class_id, member).id)


def undo(class_id: int, member: people.Member, by: people.Member | None = None) -> None:
    booking.undo_cancel(actor(by or member), booking_of(class_id, member).id)


def events(class_id: int, what: str | None = None) -> list[Event]:
    """Return what the log of a class says, oldest first."""
    db.session.rollback()
    rows = db.session.scalars(select(Event).where(Event.class_id == class_id).order_by(Event.id))
    return [event for event in rows if what in (None, event.what)]


def booking_id(class_id: int, person_id: int) -> int:
    """Return the id of a person's latest booking in a class."""
    found = db.session.scalar(
        select(func.max(Booking.id)).where(Booking.class_id == class_id, Booking.person_id == person_id)
    )
    assert found is not None
    return found


def actor_of_id(person_id: int) -> Actor:
    found = actor_of(person_id)
    assert found is not None
    return found


def leave(member: people.Member) -> None:
    """Let a member of the cast leave: no sign-in, no seat any more."""
    with transaction():
        person = db.session.get(Person, member.id)
        assert person is not None
        person.left_at = clock.now()


def owner(enterprise: int) -> int:
    """Make one more owner of an enterprise; return their id."""
    [id_] = strangers(1, enterprise)
    with transaction():
        db.session.add(Post(person_id=id_, role=Role.OWNER, enterprise_id=enterprise))
    return id_
