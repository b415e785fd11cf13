"""The demo town: whole, true in every record, right on whatever day it is loaded, and never loaded over anything."""

import datetime as dt
from collections import Counter, defaultdict
from dataclasses import replace
from itertools import combinations
from threading import Barrier, Thread
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from courses.accounts import passwords
from courses.accounts.actions import sign_in
from courses.booking import actions as booking
from courses.booking import queries as bookings
from courses.booking import standing as standings
from courses.booking.model import SEATED, Booking, Enrolment, Event, State
from courses.catalogue import planning
from courses.catalogue.actions import ClassPlan, publish
from courses.catalogue.model import (
    DEFAULT_REMINDERS,
    ClassState,
    Course,
    DayKind,
    Holiday,
    Lecturer,
    Promotion,
    Sitting,
    Teaching,
    TrainingClass,
)
from courses.demo import load
from courses.demo.town import texts
from courses.desks import queries as desks
from courses.enterprise import doubles
from courses.ground import clock
from courses.ground.db import Base, db
from courses.ground.kept import forget_all
from courses.ground.transaction import transaction
from courses.homes.model import Home, Room
from courses.outbox.model import Channel, Fate, Notice
from courses.outbox.render import render
from courses.people import identity
from courses.people.model import Association, City, Enterprise, Industry, Person, Post, Role, Squadron, Town
from courses.people.queries import actor_of, city, person_by_login
from courses.reminders import actions as reminders
from courses.roster.model import Attendance
from courses.roster.queries import hours_of
from courses.setup import actions as setup
from courses.setup import imports
from courses.setup.model import Stage
from courses.webhooks.queries import deliveries, webhooks_of

ZONE = ZoneInfo("Asia/Shanghai")
WEDNESDAY = dt.datetime(2026, 11, 25, 10, tzinfo=ZONE)
ODD_MOMENTS = (
    WEDNESDAY,
    dt.datetime(2026, 11, 25, 23, 50, tzinfo=ZONE),
    dt.datetime(2026, 11, 26, 0, 0, tzinfo=ZONE),
    dt.datetime(2026, 11, 27, 12, 45, tzinfo=ZONE),  # Friday, too late for the afternoon
    dt.datetime(2026, 11, 28, 8, 0, tzinfo=ZONE),  # Saturday
    dt.datetime(2026, 11, 29, 16, 0, tzinfo=ZONE),  # Sunday
    dt.datetime(2026, 12, 31, 22, 0, tzinfo=ZONE),
    dt.datetime(2027, 10, 1, 9, 0, 0, 123456, tzinfo=ZONE),  # a holiday
    dt.datetime(2028, 2, 29, 18, 30, tzinfo=ZONE),
)
DAY = dt.timedelta(days=1)
to_people = Notice.channel != Channel.WEBHOOK
public = TrainingClass.state != ClassState.DRAFT


@pytest.fixture
def empty(app):
    """The application on a migrated database without a row."""
    with transaction():
        for table in reversed(Base.metadata.sorted_tables):
            db.session.execute(table.delete())
    forget_all()
    return app


@pytest.fixture
def town(empty):
    """The demo town as on a Wednesday morning, with the clock standing there."""
    load.load(WEDNESDAY)
    with clock.pretending(WEDNESDAY):
        yield empty


def count(model, *conditions):
    return db.session.scalar(select(func.count()).select_from(model).where(*conditions))


def cast(local_part):
    person = person_by_login(f"{local_part}@demo.example")
    found = actor_of(person.id)
    assert found is not None
    return found


def carbon_trading():
    return db.session.scalar(select(Course.id).where(Course.title_en == "Carbon Trading Management"))


def coming(at):
    return TrainingClass.starts_at > at


def counts():
    db.session.rollback()
    return {model.class_.__name__: count(model.class_) for model in Base.registry.mappers}


def test_the_town_has_the_figures_of_the_real_one(town):
    community = ("pan-semiconductor", "aerospace", "life-and-health", "electronic-information")
    inside = select(Industry.id).where(Industry.slug.in_(community))
    haichang = db.session.scalar(select(Town.id).where(Town.name_zh == "海昌街道"))

    assert (count(Town), count(Association), count(Squadron), count(Industry)) == (12, 10, 12, 15)
    assert count(Town, Town.squadron_id.is_(None)) == 0
    assert count(Enterprise) == 907
    assert count(Enterprise, Enterprise.town_id == haichang, Enterprise.industry_id.in_(inside)) == 607
    assert count(Enterprise, Enterprise.town_id != haichang, Enterprise.industry_id.not_in(inside)) == 300
    assert len(set(db.session.scalars(select(Enterprise.town_id)))) == 12
    assert 0.07 < count(Enterprise, Enterprise.is_key_unit) / 907 < 0.13
    assert (count(Home), count(Room), count(Course), count(Lecturer)) == (3, 5, 42, 10)


def test_each_of_the_723_managers_has_an_employer_and_some_enterprises_have_none(town):
    employed = Counter(db.session.scalars(select(Post.enterprise_id).where(Post.role == Role.MANAGER)))

    assert employed.total() == 723
    assert None not in employed
    assert len(employed) < 907
    assert count(Post, Post.role == Role.OWNER) == 41


def test_every_credit_code_number_and_address_is_in_the_form_that_is_stored(town):
    for code in db.session.scalars(select(Enterprise.credit_code)):
        assert identity.credit_code(code) == code
    for name, email, mobile in db.session.execute(select(Person.name, Person.email, Person.mobile)):
        assert identity.name(name) == name
        assert identity.email(email) == email
        assert email.endswith("@demo.example")
        assert mobile is None or identity.mobile(mobile) == mobile


def test_the_town_says_that_it_is_a_demo(town):
    assert city().is_demo
    assert city().name_zh == "海宁"


def test_the_cast_can_sign_in_and_nobody_else(town):
    written = {entry["email"]: entry["role"] for entry in texts("town")["cast"]}
    able = db.session.scalars(select(Person).where(Person.password_hash.is_not(None))).all()

    passwords.require_good(load.PASSWORD, *written)
    assert {person.email for person in able} == set(written)
    assert {role.value for role in Role} == set(written.values())
    for login, role in written.items():
        assert sign_in(login, load.PASSWORD).roles == {role}


def test_a_lecturer_of_the_cast_is_one_person(town):
    chen = cast("chen")

    assert chen.roles == {Role.LECTURER}
    assert db.session.get(Lecturer, chen.id) is not None
    assert count(Person, Person.name == "陈砚") == 1


def test_every_course_speaks_chinese_and_english_or_falls_back_whole(town):
    for course in db.session.scalars(select(Course)):
        assert course.title_zh
        assert course.summary_zh
        assert course.syllabus_zh
        english = [bool(text) for text in (course.title_en, course.summary_en, course.syllabus_en)]
        assert all(english) or not any(english), course.title_zh
    assert count(Course, Course.title_en == "") == 3


@pytest.mark.parametrize("at", ODD_MOMENTS, ids=lambda at: f"{at:%a-%d-%b-%H%M}")
def test_whatever_the_moment_the_records_are_true(empty, at):
    load.load(at)

    with clock.pretending(at):
        assert desks.faults() == []
        _check_classes(at)
        _check_places(at)
        _check_bookings(at)
        _check_rosters(at)
        _check_stories(at)
        assert reminders.post_due() == 0
        assert count(Notice, to_people, Notice.state != Fate.SENT) == 0
        _walk(at)
        _check_offices(at)


def _check_classes(at):
    homes = {room["slug"]: home for home in texts("town")["home"] for room in home["room"]}
    days = {home["name_zh"]: set(home["days"]) for home in homes.values()}
    statement = select(TrainingClass, Room, Home).join(Room, Room.id == TrainingClass.room_id)
    for class_, room, home in db.session.execute(statement.join(Home, Home.id == Room.home_id)):
        sittings = class_.sittings
        assert class_.sittings_count == len(sittings)
        assert (class_.starts_at, class_.ends_at) == (sittings[0].starts_at, sittings[-1].ends_at)
        assert class_.capacity <= room.seats
        assert class_.opens_at < class_.closes_at <= class_.starts_at
        assert class_.scheduled_at < at
        for sitting in sittings:
            begins = sitting.starts_at.astimezone(ZONE)
            assert (sitting.ends_at - sitting.starts_at).seconds in (150 * 60, 180 * 60)
            assert (begins.hour, begins.minute) in ((9, 0), (13, 30))
            assert begins.isoweekday() in days[home.name_zh]
        assert not class_.starts_at <= at <= class_.ends_at


def _check_places(at):
    """Nobody and no room is in two places."""
    statement = select(Sitting, TrainingClass.room_id, Teaching.person_id)
    statement = statement.join(TrainingClass, TrainingClass.id == Sitting.class_id)
    statement = statement.join(Teaching, Teaching.class_id == TrainingClass.id)
    held = [(s, {f"room {room}", f"person {who}"}) for s, room, who in db.session.execute(statement)]
    seated = select(Booking.person_id, Booking.class_id).where(Booking.state.in_(SEATED))
    for who, class_id in db.session.execute(seated):
        next(names for sitting, names in held if sitting.class_id == class_id).add(f"person {who}")
    for (one, there), (other, elsewhere) in combinations(held, 2):
        if one.starts_at < other.ends_at and other.starts_at < one.ends_at:
            assert not there & elsewhere, (one.starts_at, there & elsewhere)


def _check_bookings(at):
    orders = defaultdict(list)
    statement = select(Booking, Enrolment, TrainingClass).join(Enrolment, Enrolment.id == Booking.enrolment_id)
    statement = statement.join(TrainingClass, TrainingClass.id == Booking.class_id).order_by(Booking.id)
    employers = dict(db.session.execute(select(Post.person_id, Post.enterprise_id)).all())
    people = Counter()
    for row, enrolment, class_ in db.session.execute(statement):
        assert class_.opens_at <= enrolment.made_at < class_.closes_at
        assert enrolment.made_at <= row.changed_at <= at
        assert employers[row.person_id] == employers[enrolment.made_by] == enrolment.enterprise_id
        assert row.person_id == enrolment.made_by or enrolment.seats > 1
        people[enrolment.id] += 1
        orders[class_.id].append((enrolment.order_no, enrolment.made_at))
    for class_ in db.session.scalars(select(TrainingClass)):
        in_order = sorted(set(orders[class_.id]))
        assert [number for number, _ in in_order] == list(range(1, class_.last_order_no + 1))
        assert [moment for _, moment in in_order] == sorted(moment for _, moment in in_order)
    for enrolment in db.session.scalars(select(Enrolment)):
        assert people[enrolment.id] == enrolment.seats
    told = Counter(db.session.scalars(select(Event.what).where(Event.booking_id.is_not(None))))
    assert told["booked"] + told["queued"] + told["entered"] == count(Booking)
    assert db.session.scalars(select(Event.at).order_by(Event.id)).all() == sorted(db.session.scalars(select(Event.at)))


def _check_rosters(at):
    """Past classes are marked but two, which were on the last day a Home was open."""
    unmarked = select(Booking.id).where(
        Booking.class_id == TrainingClass.id, Booking.state.in_(SEATED), Booking.attended.is_(None)
    )
    over = select(TrainingClass).where(TrainingClass.ends_at < at)
    open_ = db.session.scalars(over.where(unmarked.exists())).all()
    last_end = db.session.scalar(select(func.max(TrainingClass.ends_at)).where(TrainingClass.ends_at < at))
    assert len(open_) == 2
    assert all(class_.ends_at.astimezone(ZONE).date() == last_end.astimezone(ZONE).date() for class_ in open_)
    assert not db.session.scalar(select(func.count(Attendance.id)).where(Attendance.marked_at > at))
    assert count(TrainingClass, TrainingClass.ends_at < at) == 30
    marked = select(Attendance.booking_id, func.max(Attendance.half_hours)).group_by(Attendance.booking_id)
    assert any(earned == 0 for _, earned in db.session.execute(marked))
    assert {str(mark) for mark in db.session.scalars(select(Attendance.mark))} == {"present", "absent", "excused"}


def _check_stories(at):
    """What the walk through the town needs is there, and what it makes is not."""
    today = at.astimezone(ZONE).date()
    assert (count(TrainingClass, coming(at), public), count(TrainingClass, coming(at))) == (28, 30)
    first = db.session.scalar(select(func.min(TrainingClass.starts_at)).where(coming(at))).astimezone(ZONE)
    is_early = at.astimezone(ZONE).hour < 12 and today.isoweekday() < 7 and (today.month, today.day) != (10, 1)
    assert first.date() == today if is_early else first.date() > today
    queued = db.session.scalars(
        select(TrainingClass).where(coming(at), TrainingClass.queued > 0, TrainingClass.draw_at.is_(None))
    ).all()
    assert sorted((class_.is_full, class_.queued) for class_ in queued) == [(False, 1), (True, 3), (True, 4)]
    waiting = select(Enrolment.seats).join(Booking, Booking.enrolment_id == Enrolment.id)
    (offered,) = db.session.scalars(select(Booking).where(Booking.state == State.OFFERED))
    assert (offered.reason, offered.changed_at) == ("offered", at)
    assert at < offered.due_at <= offered.training_class.starts_at
    assert offered.training_class.promotion == Promotion.OFFER
    (tentative,) = db.session.scalars(select(TrainingClass).where(TrainingClass.minimum.is_not(None)))
    assert tentative.is_tentative
    assert at < tentative.decide_by
    assert 3 in db.session.scalars(waiting.where(Booking.state == State.QUEUED)).all()
    (called_off,) = db.session.scalars(select(TrainingClass).where(TrainingClass.state == ClassState.CALLED_OFF))
    assert called_off.call_off_reason
    (unopened,) = db.session.scalars(select(TrainingClass).where(TrainingClass.opens_at > at))
    assert unopened.opens_at.astimezone(ZONE).date() == today + 3 * DAY
    assert count(TrainingClass, coming(at), TrainingClass.closes_at < at) == 1
    assert count(TrainingClass, coming(at + 30 * DAY), TrainingClass.seats_taken == 0) >= 3
    assert count(TrainingClass, TrainingClass.course_id == carbon_trading(), coming(at)) == 0
    assert count(TrainingClass, TrainingClass.course_id == carbon_trading()) == 1
    _check_cast(at)


def _check_offices(at):
    """What officers, owners and the administrator find beside their classes stands by the rules of the house."""
    gao, owner, jin = (cast(name) for name in ("gao", "owner", "jin"))
    assert len(planning.drafts(gao.squadron_id)) == 2
    limited = db.session.scalars(select(TrainingClass).where(TrainingClass.enterprise_limit.is_not(None), coming(at)))
    seats = select(func.count()).select_from(Booking).join(Enrolment, Enrolment.id == Booking.enrolment_id)
    held = seats.where(Booking.class_id == limited.one().id, Booking.state.in_(SEATED)).group_by(
        Enrolment.enterprise_id
    )
    assert max(db.session.scalars(held)) <= 2
    for template, course in planning.templates(gao.squadron_id):
        plan = planning.plan_from(course.id, template.settings, at)
        assert publish(gao, replace(plan, sittings=_next_year(plan), opens_at=at, closes_at=_next_year(plan)[0][0]))
    (day_off,) = db.session.scalars(select(Holiday.day).where(Holiday.kind == DayKind.OFF))
    dates = {clock.local(start).date() for start in db.session.scalars(select(Sitting.starts_at))}
    assert day_off not in dates
    assert [pair.why for pair in doubles.double_people(owner.enterprise_id)] == ["name"]
    assert len(doubles.double_people(None)) == len(doubles.double_enterprises()) == 1
    (webhook,) = webhooks_of(owner.id)
    fates = Counter(notice.state for notice in deliveries(webhook.id))
    assert fates[Fate.FAILED] == fates[Fate.WITHDRAWN] == 1
    assert fates[Fate.SENT] > 10
    waiting, written = imports.listed(0, 10)
    shown = (waiting.new, waiting.updated, waiting.unchanged, waiting.wrong)
    assert (written.stage, waiting.stage, len(set(shown))) == (Stage.IMPORTED, Stage.CHECKED, 3)
    row = setup.adopt(jin, waiting.id)
    assert (row.new, row.updated, row.unchanged, row.wrong) == shown


def _next_year(plan):
    return [(start + 364 * DAY, end + 364 * DAY) for start, end in plan.sittings]


def _walk(at):
    """The first walk finds its room, its lecturer and its people free."""
    shen, lu, owner, chen, gao = (cast(name) for name in ("shen", "lu", "owner", "chen", "gao"))
    names = ("王䶮", "李𬬭", "查文静")
    colleagues = db.session.scalars(select(Person.id).where(Person.name.in_(names))).all()
    week_on = clock.from_local((at + 7 * DAY).astimezone(ZONE).date(), dt.time(9))
    length = dt.timedelta(minutes=150)
    class_id = publish(
        gao,
        ClassPlan(
            course_id=carbon_trading(),
            room_id=1,
            sittings=[(week_on, week_on + length)],
            capacity=4,
            opens_at=at,
            closes_at=week_on,
            cancel_until=week_on - DAY,
            lecturer_ids=[chen.id],
            reminders=DEFAULT_REMINDERS,
        ),
    )
    assert [o.state for o in booking.book(shen, class_id, [shen.id])] == [State.BOOKED]
    assert [o.state for o in booking.book(owner, class_id, colleagues)] == [State.BOOKED] * 3
    assert [o.place for o in booking.book(lu, class_id, [lu.id])] == [1]
    (own,) = bookings.own_places(shen, class_id)
    booking.cancel(shen, own.id)
    (moved_up,) = bookings.own_places(lu, class_id)
    assert moved_up.state == State.BOOKED
    booking.move(gao, class_id, [(week_on + DAY, week_on + DAY + length)], room_id=1)
    assert desks.faults() == []


def _check_cast(at):
    shen, lu, owner, chen, gao = (cast(name) for name in ("shen", "lu", "owner", "chen", "gao"))
    (ahead,) = bookings.coming(shen.id, at)
    assert ahead.state == State.BOOKED
    assert len(hours_of(shen.id)) == 3
    assert all(earned.half_hours >= 6 for earned in hours_of(shen.id))
    (waiting,) = bookings.coming(lu.id, at)
    assert (waiting.state, waiting.place) == (State.QUEUED, 2)
    assert len(hours_of(lu.id)) == 1
    assert len(bookings.coming_of_enterprise(owner.enterprise_id, at)) >= 5
    _check_standby(at)
    (other,) = bookings.classes_to_change_to(*_course_and_class(ahead.class_id))
    assert other.seats_taken < other.capacity
    assert len(desks.unmarked_classes(gao.squadron_id, None, at)) == 2
    assert len(desks.unmarked_classes(None, chen.id, at)) == 1
    assert len(desks.classes_taught(chen.id, at)) == 1
    served = count(TrainingClass, TrainingClass.squadron_id == gao.squadron_id)
    assert served > count(TrainingClass) / 2


def _course_and_class(class_id):
    return db.session.get(TrainingClass, class_id).course_id, class_id


def _check_standby(at):
    """Who stayed away twice waits behind all others though seats are free, and has appealed against one of the two."""
    ye, gao = cast("ye"), cast("gao")
    (waiting,) = bookings.coming(ye.id, at)
    assert waiting.state == State.QUEUED
    enrolment = db.session.scalar(select(Enrolment).where(Enrolment.made_by == ye.id, Enrolment.standby))
    assert enrolment.class_id == waiting.class_id
    assert standings.on_standby([ye.id], enrolment.made_at) == standings.on_standby([ye.id], at) != {}
    assert booking.promote_waiting() == booking.end_standby() == booking.tell_standby() == 0
    assert sorted(missed.appealed_at is None for missed in standings.missed([ye.id])) == [False, True]
    assert standings.appeals_waiting(gao.squadron_id) >= 1


def test_the_first_room_offered_to_the_officer_is_the_one_kept_free(town):
    room, home = db.session.execute(select(Room, Home).join(Home, Home.id == Room.home_id).where(Room.id == 1)).one()

    assert (home.name_en, room.name_en, room.seats) == ("Home for Environmental Managers, Smart Port", "Room 1", 30)


def test_what_the_cast_was_told_reads_as_if_it_had_been_sent(town):
    settings = town.config["SETTINGS"]
    told = {(person.name, notice.kind): (notice, person) for notice, person in _notices()}
    of_cast = {("沈月", "booked"), ("沈月", "called_off"), ("陆鸣", "queued"), ("叶青", "queued"), ("叶青", "standby")}

    assert of_cast <= set(told)
    assert {kind for _, kind in set(told) - of_cast} <= {"standby"}
    for notice, person in told.values():
        message = render(notice, person, city(), settings)
        assert message.subject
        assert notice.done_at == notice.made_at <= WEDNESDAY
        if notice.kind == "standby":
            continue
        title = notice.facts["class_"]["title_zh" if person.language == "zh" else "title_en"]
        assert title in message.subject


def _notices():
    of_people = select(Notice, Person).join(Person, Person.id == Notice.person_id).where(to_people)
    return db.session.execute(of_people).all()


def test_reminders_of_what_is_still_ahead_are_sent(town):
    first = db.session.scalar(
        select(TrainingClass).where(TrainingClass.starts_at > WEDNESDAY + DAY).order_by(TrainingClass.starts_at)
    )
    with clock.pretending(first.starts_at - dt.timedelta(hours=2)):
        assert reminders.post_due() >= first.seats_taken


def test_a_manager_promoted_from_the_demo_queue_is_told(town):
    """The rows that were loaded carry the acts of the house on."""
    lu, gao = cast("lu"), cast("gao")
    (waiting,) = bookings.coming(lu.id, WEDNESDAY)
    seated = bookings.people_of(waiting.class_id)
    for leaving in seated[:2]:
        booking.cancel(gao, leaving.id)

    (own,) = bookings.own_places(lu, waiting.class_id)
    assert own.state == State.BOOKED
    assert count(Notice, Notice.person_id == lu.id, Notice.kind == "promoted") == 1
    assert desks.faults() == []


def test_loading_twice_is_harmless(town):
    before = counts()

    load.load(WEDNESDAY + 30 * DAY)

    assert counts() == before


def test_two_who_load_at_once_load_it_once(empty):
    start, failed = Barrier(2), []

    def run():
        with empty.app_context():
            try:
                start.wait(timeout=30)
                load.load(WEDNESDAY)
            except Exception as error:
                failed.append(error)
            finally:
                db.session.remove()

    threads = [Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    assert (count(City), count(Enterprise), count(TrainingClass)) == (1, 907, 60)
    assert desks.faults() == []


def test_a_load_that_breaks_leaves_nothing_behind(empty, monkeypatch):
    def broken(*args, **facts):
        raise RuntimeError("the power went")

    monkeypatch.setattr(load, "tell", broken)
    with pytest.raises(RuntimeError, match="the power went"):
        load.load(WEDNESDAY)

    assert sum(counts().values()) == 0
    assert load.is_empty()


def test_a_filled_database_is_left_alone_and_gives_no_passwords_away(app):
    before = counts()

    assert not load.is_empty()
    load.load(WEDNESDAY)

    assert counts() == before
    assert load.PASSWORD not in "\n".join(load.cast_lines())
    assert "no demo town" in "\n".join(load.cast_lines())


def test_a_database_with_only_an_administrator_is_not_empty(empty):
    with transaction():
        db.session.add(Person(name="管理员", email="admin@example.org"))

    assert not load.is_empty()


def test_the_lines_to_print_say_who_can_sign_in_as_what(town):
    lines = load.cast_lines()
    text = "\n".join(lines)

    assert text.count(load.PASSWORD) == 1
    for person in texts("town")["cast"]:
        (line,) = [line for line in lines if person["email"] in line]
        assert line.startswith(load.ROLES[person["role"]])
        assert person["name"] in line
        assert person["name_en"] in line
        assert person["about_zh"] in text
        assert person["about_en"] in text


def test_the_lines_are_aligned_where_chinese_takes_two_columns(town):
    def column(line):
        before = line[: line.index("@")].rsplit(" ", 1)[0] + " "
        return sum(1 if sign.isascii() else 2 for sign in before)

    assert len({column(line) for line in load.cast_lines() if "@" in line}) == 1


def test_what_is_added_after_the_load_gets_an_id_of_its_own(town):
    with transaction():
        person = Person(name="新人", email="new@example.org")
        db.session.add(person)
        db.session.flush()
        assert person.id == count(Person)


def test_the_demo_command_fills_an_empty_database_and_names_the_cast(empty):
    first = empty.test_cli_runner().invoke(args=["demo"])
    second = empty.test_cli_runner().invoke(args=["demo"])
    db.session.remove()

    assert first.exit_code == second.exit_code == 0
    assert load.PASSWORD in first.output
    assert second.output == first.output
    assert count(Enterprise) == 907
