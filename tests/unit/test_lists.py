"""Lists of people for a class: whom a row means, what it would get, and one act that enrols all of them or nobody."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from courses.booking import actions as booking
from courses.booking.model import Enrolment
from courses.bulk import actions, queries
from courses.bulk.model import ListRow, Outcome
from courses.bulk.sheet import Row
from courses.bulk.words import WHY, said_before, said_of
from courses.catalogue.model import Course, FillRule, Share, ShareKind
from courses.desks.queries import faults
from courses.ground import clock
from courses.ground.db import db
from courses.ground.transaction import transaction
from courses.outbox.model import Notice
from courses.people.model import BookingRule, Enterprise, Person, Post, Role
from tests import makers
from tests.doors.test_pages import counted
from tests.makers import CODES, actor, booking_of, refused, states, told
from tests.people import (
    ADMINISTRATOR,
    ASSOCIATION,
    COLLEAGUE,
    GAO,
    LU,
    NEWCOMER,
    OTHER_OFFICER,
    OWNER,
    SHEN,
    STRANGER,
    Member,
)

OWN = (SHEN, COLLEAGUE, NEWCOMER)


def named(*members: Member) -> list[dict[str, str]]:
    return [{"name": member.name} for member in members]


def rows_of(cells: Sequence[Mapping[str, str]]) -> list[Row]:
    return [Row(number, each) for number, each in enumerate(cells, 2)]


def look(class_id: int, *cells: Mapping[str, str], by: Member = OWNER) -> int:
    return actions.look(actor(by), class_id, rows_of(cells), "名单.xlsx")


def outcomes(list_id: int) -> list[tuple[str, Any]]:
    """Return (outcome, what is in the way or the place) of each row."""
    db.session.rollback()
    return [(str(row.outcome), row.why or row.place) for row in queries.rows(list_id)]


def enrol(list_id: int, by: Member = OWNER, **how: bool) -> None:
    actions.enrol(actor(by), list_id, **how)


class TestWhomARowMeans:
    def outcome(self, class_id: int, by: Member = OWNER, **cells: str) -> tuple[str, Any]:
        [found] = outcomes(look(class_id, cells, by=by))
        return found

    @pytest.fixture
    def class_id(self, app: Flask) -> int:
        return makers.a_class(seats=5)

    @pytest.mark.parametrize(
        "cells",
        [
            {"name": SHEN.name},
            {"email": SHEN.email},
            {"name": SHEN.name, "email": f" {SHEN.email.upper()}"},
            {"name": SHEN.name, "mobile": "13800138000"},  # none is known of them
            {"enterprise": "甲科技有限公司", "name": SHEN.name},
            {"enterprise": CODES[0].lower(), "name": SHEN.name},
        ],
    )
    def test_someone_known(self, class_id: int, cells: dict[str, str]) -> None:
        list_id = look(class_id, cells)
        assert outcomes(list_id) == [("booked", None)]
        assert queries.rows(list_id)[0].person_id == SHEN.id

    @pytest.mark.parametrize(
        ("cells", "why"),
        [
            ({"enterprise": "甲科技有限公司"}, "nobody_named"),
            ({"name": "长" * 61}, "name_wrong"),
            ({"name": SHEN.name, "mobile": "12345"}, "mobile_wrong"),
            ({"name": SHEN.name, "email": "shen"}, "email_wrong"),
            ({"enterprise": "乙科技有限公司", "name": LU.name}, "not_own"),
            ({"enterprise": "无此公司", "name": LU.name}, "not_own"),
            ({"name": LU.name, "email": LU.email}, "elsewhere"),
            ({"name": "钱晨", "email": GAO.email}, "elsewhere"),
            ({"name": "钱晨", "email": SHEN.email}, "other_name"),
            ({"name": SHEN.name, "email": "another@test.example"}, "other_contact"),
            ({"name": "钱晨"}, "unknown_unreached"),
            ({"mobile": "13800138000"}, "name_needed"),
        ],
    )
    def test_what_an_owner_gets_wrong(self, class_id: int, cells: dict[str, str], why: str) -> None:
        assert self.outcome(class_id, **cells) == ("wrong", why)

    @pytest.mark.parametrize(
        ("cells", "why"),
        [
            ({"name": SHEN.name}, "firm_needed"),
            ({"enterprise": "无此公司", "name": SHEN.name}, "firm_unknown"),
            ({"enterprise": CODES[2], "name": STRANGER.name}, "not_of_town"),
            ({"email": STRANGER.email}, "not_of_town"),
            ({"email": GAO.email}, "firm_needed"),
        ],
    )
    def test_what_an_officer_gets_wrong(self, class_id: int, cells: dict[str, str], why: str) -> None:
        assert self.outcome(class_id, by=GAO, **cells) == ("wrong", why)

    def test_an_officer_names_the_enterprise_or_leaves_it_to_the_number(self, class_id: int) -> None:
        list_id = look(
            class_id,
            {"enterprise": CODES[0], "name": SHEN.name},
            {"enterprise": "乙科技 有限公司", "name": LU.name},
            {"email": COLLEAGUE.email},
            by=GAO,
        )
        assert outcomes(list_id) == [("booked", None)] * 3

    def test_enterprises_of_one_name_are_told_apart_by_code(self, class_id: int) -> None:
        with transaction():
            db.session.get_one(Enterprise, 2).name_zh = "甲科技有限公司"
        list_id = look(
            class_id,
            {"enterprise": "甲科技有限公司", "name": SHEN.name},
            {"enterprise": CODES[0], "name": SHEN.name},
            by=GAO,
        )
        assert outcomes(list_id) == [("wrong", "firms_alike"), ("booked", None)]

    def test_several_of_one_name_are_told_apart_by_number_or_address(self, class_id: int) -> None:
        with transaction():
            db.session.get_one(Person, COLLEAGUE.id).name = SHEN.name
        list_id = look(class_id, {"name": SHEN.name}, {"name": SHEN.name, "email": COLLEAGUE.email})
        assert outcomes(list_id) == [("wrong", "several"), ("booked", None)]

    def test_a_number_and_an_address_of_two_people(self, class_id: int) -> None:
        with transaction():
            db.session.get_one(Person, COLLEAGUE.id).mobile = "+8613800138000"
        assert self.outcome(class_id, mobile="13800138000", email=SHEN.email) == ("wrong", "two_people")

    def test_who_has_left_is_not_enrolled(self, class_id: int) -> None:
        makers.leave(SHEN)
        assert self.outcome(class_id, email=SHEN.email) == ("wrong", "has_left")
        assert self.outcome(class_id, name=SHEN.name) == ("wrong", "unknown_unreached")

    def test_the_same_person_twice(self, class_id: int) -> None:
        list_id = look(
            class_id,
            {"name": SHEN.name},
            {"email": SHEN.email},
            {"name": "钱晨", "mobile": "13800138000"},
            {"name": "钱晨", "mobile": "+86 138 0013 8000"},
        )
        assert outcomes(list_id) == [("booked", None), ("wrong", "double"), ("booked", None), ("wrong", "double")]
        assert [row.is_new for row in queries.rows(list_id)] == [False, False, True, False]

    @pytest.mark.parametrize("by", [OWNER, GAO])
    def test_someone_new_is_invited_by_who_may(self, class_id: int, by: Member) -> None:
        cells = {"enterprise": CODES[0], "name": "钱晨", "email": "qian@test.example"}
        assert self.outcome(class_id, by=by, **cells) == ("booked", None)

    def test_the_association_invites_nobody(self, class_id: int) -> None:
        cells = {"enterprise": CODES[0], "name": "钱晨", "email": "qian@test.example"}
        assert self.outcome(class_id, by=ASSOCIATION, **cells) == ("wrong", "unknown")

    def test_each_reason_can_be_said(self) -> None:
        facts = {"said": "甲", "name": "乙", "count": 2, "row": 3, "limit": 1, "title": "丙", "span": "", "until": ""}
        assert all(str(words) % facts for words in WHY.values())


class TestWhatARowWouldGet:
    def test_seats_then_the_queue_in_the_order_of_the_list(self, app: Flask) -> None:
        class_id = makers.a_class(seats=2)
        makers.book(LU, class_id)
        list_id = look(class_id, *named(NEWCOMER, SHEN, COLLEAGUE))
        assert outcomes(list_id) == [("booked", None), ("queued", 1), ("queued", 2)]
        enrol(list_id)
        assert [booking_of(class_id, m).state for m in (NEWCOMER, SHEN, COLLEAGUE)] == ["booked", "queued", "queued"]
        assert outcomes(list_id) == [("booked", None), ("queued", 1), ("queued", 2)]

    def test_behind_those_who_wait(self, app: Flask) -> None:
        class_id = makers.a_class(seats=1)
        makers.book(LU, class_id)
        makers.book(STRANGER, class_id)
        assert outcomes(look(class_id, *named(SHEN))) == [("queued", 2)]

    def test_who_is_in_already_and_who_sits_elsewhere(self, app: Flask) -> None:
        class_id, elsewhere = makers.a_class(seats=3), makers.a_class(room=2)
        makers.book(SHEN, class_id)
        makers.book(COLLEAGUE, elsewhere)
        list_id = look(class_id, *named(SHEN, COLLEAGUE, NEWCOMER))
        assert outcomes(list_id) == [("already", "already"), ("wrong", "clash"), ("booked", None)]
        assert "碳交易管理" in said_of(queries.rows(list_id)[1])

    def test_in_a_full_class_one_waits_in_spite_of_a_seat_elsewhere(self, app: Flask) -> None:
        class_id, elsewhere = makers.a_class(seats=1), makers.a_class(room=2)
        makers.book(LU, class_id)
        makers.book(SHEN, elsewhere)
        assert outcomes(look(class_id, *named(SHEN))) == [("queued", 1)]

    def test_the_limit_of_an_enterprise(self, app: Flask) -> None:
        class_id = makers.a_class(seats=5, enterprise_limit=2)
        makers.book(SHEN, class_id)
        list_id = look(class_id, *named(COLLEAGUE, NEWCOMER))
        assert outcomes(list_id) == [("booked", None), ("wrong", "limit")]

    def test_the_limit_of_the_year(self, app: Flask) -> None:
        with transaction():
            db.session.get_one(Course, 1).enterprise_year_limit = 1
        list_id = look(makers.a_class(seats=5), *named(SHEN, COLLEAGUE))
        assert outcomes(list_id) == [("booked", None), ("wrong", "year_limit")]

    def test_kept_seats(self, app: Flask) -> None:
        with transaction():
            db.session.get_one(Enterprise, 2).is_key_unit = True
        shares = {"shares": [Share(ShareKind.KEY_UNIT, 1)], "shares_until": makers.in_days(10)}
        class_id = makers.a_class(seats=2, **shares)
        cells = [{"enterprise": CODES[0], "name": m.name} for m in (SHEN, COLLEAGUE)]
        list_id = look(class_id, *cells, {"enterprise": CODES[1], "name": LU.name}, by=GAO)
        assert outcomes(list_id) == [("booked", None), ("queued", 1), ("booked", None)]
        enrol(list_id, by=GAO)
        assert outcomes(list_id) == [("booked", None), ("queued", 1), ("booked", None)]

    def test_a_group_that_waits_is_overtaken_only_where_the_class_says_so(self, app: Flask) -> None:
        found = []
        for day, rule in enumerate((FillRule.STRICT, FillRule.FILL_GAPS), 10):
            class_id = makers.a_class(seats=2, days=day, fill_rule=rule)
            makers.book(LU, class_id)
            makers.book(OWNER, class_id, OWNER, COLLEAGUE)
            list_id = look(class_id, *named(SHEN))
            enrol(list_id)
            found.append((outcomes(list_id)[0], str(booking_of(class_id, SHEN).state)))
        assert found == [(("queued", 2), "queued"), (("booked", None), "booked")]

    def test_entries_of_a_draw(self, app: Flask) -> None:
        class_id = makers.a_class(seats=1, draw_at=clock.now() + makers.HOUR)
        makers.book(LU, class_id)
        list_id = look(class_id, *named(SHEN, COLLEAGUE))
        assert outcomes(list_id) == [("entered", 2), ("entered", 3)]
        enrol(list_id)
        assert outcomes(list_id) == [("entered", 2), ("entered", 3)]
        assert [notice.facts["entry"] for notice in told("entered")] == [1, 2, 3]

    def test_an_enterprise_that_wants_to_be_asked(self, app: Flask) -> None:
        booking.change_booking_rule(actor(OWNER), 1, BookingRule.APPROVAL)
        class_id = makers.a_class(seats=2)
        by_officer = look(class_id, {"enterprise": CODES[0], "name": SHEN.name}, by=GAO)
        assert outcomes(by_officer) == [("requested", None)]
        enrol(by_officer, by=GAO)
        assert booking_of(class_id, SHEN).state == "requested"
        assert [notice.person_id for notice in told("to_approve")] == [OWNER.id]
        assert outcomes(look(class_id, *named(COLLEAGUE))) == [("booked", None)], "an owner need not ask"

    def test_those_on_standby_wait_behind_all_others(self, app: Flask) -> None:
        makers.a_rule_about_staying_away()
        makers.stayed_away(SHEN, 20, 10)
        class_id = makers.a_class(seats=1)
        list_id = look(class_id, *named(SHEN, COLLEAGUE, NEWCOMER))
        assert outcomes(list_id) == [("queued", "standby"), ("booked", None), ("queued", 1)]
        assert [row.place for row in queries.rows(list_id)] == [2, None, 1]
        enrol(list_id)
        assert [row.place for row in queries.rows(list_id)] == [2, None, 1]
        assert [booking_of(class_id, m).state for m in OWN] == ["queued", "booked", "queued"]
        [behind] = [notice for notice in told("queued") if notice.person_id == SHEN.id]
        assert "standby_until" in behind.facts

    def test_what_is_foreseen_is_what_single_bookings_get(self, app: Flask) -> None:
        """The same people one after another, in two classes alike: by a list in one, each alone in the other."""
        found = []
        for day in (10, 12):
            class_id = makers.a_class(seats=3, days=day, enterprise_limit=3, fill_rule=FillRule.FILL_GAPS)
            makers.book(OWNER, class_id, OWNER, COLLEAGUE)
            makers.book(LU, class_id)
            booking.resize(actor(GAO), class_id, 5)
            found.append(class_id)
        for member in (STRANGER, SHEN, NEWCOMER):
            booking.book(actor(member), found[0], [member.id])
        by_town = look(found[1], {"enterprise": CODES[2], "name": STRANGER.name}, by=OTHER_OFFICER)
        enrol(by_town, by=OTHER_OFFICER)
        enrol(look(found[1], *named(SHEN, NEWCOMER)))
        assert states(found[0]) == states(found[1])
        assert states(found[0])[NEWCOMER.id] == "queued"


class TestTheAct:
    @pytest.fixture
    def class_id(self, app: Flask) -> int:
        return makers.a_class(seats=2)

    def test_each_is_told_on_their_own_and_the_sender_once(self, class_id: int) -> None:
        list_id = look(class_id, *named(*OWN))
        assert told() == []
        enrol(list_id)
        assert {(n.kind, n.person_id) for n in told()} == {
            ("booked", SHEN.id),
            ("booked", COLLEAGUE.id),
            ("queued", NEWCOMER.id),
            ("list_enrolled", OWNER.id),
        }
        [report] = told("list_enrolled")
        assert (report.facts["seats"], report.facts["waiting"], report.facts["rows"]) == (2, 1, 3)
        assert [event.what for event in makers.events(class_id)][-3:] == ["booked", "booked", "queued"]
        assert all(event.actor_id == OWNER.id for event in makers.events(class_id)[-3:])
        assert faults() == []

    def test_sent_twice_it_books_once(self, class_id: int) -> None:
        list_id = look(class_id, *named(*OWN))
        enrol(list_id)
        before = len(told())
        enrol(list_id)
        enrol(list_id, those_who_can=True)
        assert len(told()) == before
        assert db.session.scalar(select(func.count()).select_from(Enrolment)) == 3

    def test_one_wrong_row_and_nobody_is_enrolled(self, class_id: int) -> None:
        list_id = look(class_id, *named(SHEN), {"name": "钱晨"})
        with refused("list_wrong", count=1):
            enrol(list_id)
        assert (states(class_id), told()) == ({}, [])

    def test_those_who_can_only_where_that_is_chosen(self, class_id: int) -> None:
        list_id = look(class_id, *named(SHEN), {"name": "钱晨"})
        enrol(list_id, those_who_can=True)
        assert states(class_id) == {SHEN.id: "booked"}
        assert outcomes(list_id) == [("booked", None), ("wrong", "unknown_unreached")]
        [report] = told("list_enrolled")
        assert (report.facts["seats"], report.facts["wrong"]) == (1, 1)

    def test_what_changed_since_is_said_per_row_and_nobody_is_enrolled(self, class_id: int) -> None:
        list_id = look(class_id, *named(SHEN, COLLEAGUE))
        makers.book(LU, class_id)
        with refused("list_changed", count=1):
            enrol(list_id)
        assert states(class_id) == {LU.id: "booked"}
        first, second = queries.rows(list_id)
        assert (first.has_changed, second.has_changed) == (False, True)
        assert outcomes(list_id) == [("booked", None), ("queued", 1)]
        assert "将获得名额" in said_before(second)
        enrol(list_id)  # now it is what was shown
        assert states(class_id) == {LU.id: "booked", SHEN.id: "booked", COLLEAGUE.id: "queued"}

    def test_a_better_place_is_no_reason_to_ask_again(self, class_id: int) -> None:
        for member in (LU, STRANGER, OWNER):
            makers.book(member, class_id)
        list_id = look(class_id, *named(SHEN))
        assert outcomes(list_id) == [("queued", 2)]
        makers.cancel(class_id, OWNER)
        enrol(list_id)
        assert outcomes(list_id) == [("queued", 1)]

    def test_a_worse_place_is_one(self, class_id: int) -> None:
        makers.book(LU, class_id)
        makers.book(STRANGER, class_id)
        list_id = look(class_id, *named(SHEN))
        makers.book(NEWCOMER, class_id)
        with refused("list_changed", count=1):
            enrol(list_id)
        assert outcomes(list_id) == [("queued", 2)]

    def test_a_class_that_moved_since_is_looked_at_again(self, class_id: int) -> None:
        list_id = look(class_id, *named(SHEN))
        start = makers.in_days(20)
        booking.move(actor(GAO), class_id, [(start, start + makers.HOUR)], 3)
        with refused("class_changed"):
            enrol(list_id)
        assert states(class_id) == {}
        enrol(list_id)
        assert states(class_id) == {SHEN.id: "booked"}

    def test_nobody_can(self, class_id: int) -> None:
        makers.book(SHEN, class_id)
        for cells in ({"name": "钱晨"}, {"name": SHEN.name}):
            with refused("list_nobody"):
                enrol(look(class_id, cells), those_who_can=True)

    def test_someone_new_is_invited_and_booked_in_one(self, class_id: int) -> None:
        list_id = look(
            class_id, {"name": "钱晨", "email": "qian@test.example"}, {"name": "孙远", "mobile": "13800138000"}
        )
        assert db.session.scalar(select(Person.id).where(Person.name == "钱晨")) is None, "a look invites nobody"
        db.session.rollback()
        enrol(list_id)
        qian, sun = db.session.scalars(select(Person).where(Person.id > 14).order_by(Person.id))
        assert (qian.email, sun.mobile, qian.language) == ("qian@test.example", "+8613800138000", "zh")
        posts = db.session.execute(select(Post.role, Post.enterprise_id).where(Post.person_id.in_([qian.id, sun.id])))
        assert set(posts) == {(Role.MANAGER, 1)}
        assert states(class_id) == {qian.id: "booked", sun.id: "booked"}
        assert [n.kind for n in told(person=qian.id)] == ["invitation", "booked"]
        assert [row.person_id for row in queries.rows(list_id)] == [qian.id, sun.id]

    def test_a_number_taken_meanwhile_is_another_row(self, class_id: int) -> None:
        list_id = look(class_id, {"name": "钱晨", "email": "qian@test.example"})
        with transaction():
            db.session.add(Person(name="别人", email="qian@test.example"))
        with refused("list_nobody"):
            enrol(list_id)
        assert outcomes(list_id) == [("wrong", "elsewhere")]

    def test_once_booking_is_over_nothing_is_done(self, class_id: int) -> None:
        list_id = look(class_id, *named(SHEN))
        booking.call_off(actor(GAO), class_id, "台风")
        with refused("called_off"):
            enrol(list_id)
        with refused("called_off"):
            look(class_id, *named(SHEN))

    def test_a_class_that_is_not_open_yet_takes_no_list(self, app: Flask) -> None:
        class_id = makers.a_class(opens_at=clock.now() + makers.HOUR)
        with refused("not_open_yet"):
            look(class_id, *named(SHEN))

    @pytest.mark.parametrize("by", [GAO, ASSOCIATION, SHEN, LU, ADMINISTRATOR])
    def test_nobody_but_the_sender_enrols_it(self, class_id: int, by: Member) -> None:
        list_id = look(class_id, *named(SHEN))
        with refused("not_found"):
            enrol(list_id, by=by)
        assert states(class_id) == {}

    def test_who_is_deputy_no_more_enrols_nobody(self, class_id: int) -> None:
        booking.set_deputy(actor(OWNER), COLLEAGUE.id, True)
        list_id = look(class_id, *named(SHEN), by=COLLEAGUE)
        booking.set_deputy(actor(OWNER), COLLEAGUE.id, False)
        with refused("not_allowed"):
            enrol(list_id, by=COLLEAGUE)

    @pytest.mark.parametrize("by", [SHEN, STRANGER, ADMINISTRATOR])
    def test_a_manager_sends_none(self, class_id: int, by: Member) -> None:
        with refused("not_allowed"):
            look(class_id, *named(SHEN), by=by)


class TestStatements:
    def statements(self, class_id: int, count: int) -> tuple[int, int, int]:
        """Return how many statements a look and an act take for so many, all new but one."""
        cells = [{"name": f"新{count}-{n}", "email": f"n{count}-{n}@test.example"} for n in range(count - 1)]
        cells.append({"name": (SHEN if count == 10 else COLLEAGUE).name})
        with counted() as looking:
            list_id = look(class_id, *cells)
        with counted() as acting:
            enrol(list_id)
        return len(looking), len(acting), len(outcomes(list_id))

    def test_fifty_take_as_many_as_ten(self, app: Flask) -> None:
        found = []
        look(makers.a_class(days=8), *named(SHEN))  # what hardly changes is read once
        for day, count in ((10, 10), (12, 50)):
            class_id = makers.a_class(seats=count // 2, days=day)
            found.append(self.statements(class_id, count))
        (looks, acts, _), (more_looks, more_acts, rows) = found
        assert rows == 50
        assert (more_looks, more_acts) == (looks, acts)
        assert looks < 20
        assert acts < 40

    def test_fifty_to_be_approved_take_as_many_as_ten(self, app: Flask) -> None:
        booking.change_booking_rule(actor(OWNER), 1, BookingRule.APPROVAL)
        found = []
        for day, count in ((10, 10), (12, 50)):
            people = makers.strangers(count, enterprise=1)
            class_id = makers.a_class(seats=100, days=day)
            list_id = look(class_id, *({"email": f"p{id_}@test.example"} for id_ in people), by=GAO)
            with counted() as acting:
                enrol(list_id, by=GAO)
            found.append(len(acting))
        assert found[0] == found[1]
        assert len(told("to_approve")) == 60


def test_a_kept_list_is_in_nobodys_way(app: Flask) -> None:
    """A class of which nobody was told can be taken back and deleted, though somebody looked at a list for it."""
    class_id = makers.a_class()
    look(class_id, {"name": "钱晨"})
    booking.take_back(actor(GAO), class_id)
    booking.discard(actor(GAO), class_id)
    assert db.session.scalar(select(func.count()).select_from(ListRow)) == 0


def test_the_words_of_an_outcome_are_whole(app: Flask) -> None:
    class_id = makers.a_class(seats=1)
    list_id = look(class_id, {"name": "钱晨", "email": "qian@test.example"}, *named(SHEN))
    first, second = queries.rows(list_id)
    with app.test_request_context("/?lang=zh"):
        assert said_of(first) == "将获得名额 · 新人员，将邀请"
        assert said_of(second, is_done=True) == "正在候补，第1位"
    assert second.outcome == Outcome.QUEUED
    assert db.session.scalar(select(func.count()).select_from(Notice)) == 0
