"""The ledger of seats, and the rules of seats in the forms: pages, files and the API, for everyone who may."""

import pytest
from flask import Flask
from sqlalchemy import select

from courses.accounts.actions import make_token
from courses.booking import actions as booking
from courses.catalogue.model import Course, FillRule, Share, ShareKind, TrainingClass
from courses.catalogue.shares import shares_of
from courses.ground.db import db
from tests import makers
from tests.conftest import Client
from tests.doors.test_pages import counted, fill
from tests.makers import actor, the_class
from tests.people import BUREAU, CHEN, COLLEAGUE, GAO, INSPECTOR, LU, NEWCOMER, OWNER, SHEN, STRANGER, Member

NAMES = [member.name for member in (LU, SHEN, COLLEAGUE, STRANGER)]


def bearer(member: Member) -> dict[str, str]:
    return {"Authorization": f"Bearer {make_token(actor(member), 'test')}"}


@pytest.fixture
def asked_for(app: Flask) -> int:
    """Return a class of two seats, one of them kept for key units, in which one sits and three wait."""
    kept = [Share(ShareKind.KEY_UNIT, 1)]
    class_id = makers.a_class(2, shares=kept, shares_until=makers.in_days(9), fill_rule=FillRule.FILL_GAPS)
    makers.book(LU, class_id)
    makers.book(OWNER, class_id, SHEN, COLLEAGUE)
    makers.book(STRANGER, class_id)
    return class_id


@pytest.mark.parametrize("member", [None, LU, OWNER, GAO, CHEN, INSPECTOR, BUREAU])
def test_everyone_reads_why_and_nobody_is_named(client: Client, asked_for: int, member: Member | None) -> None:
    page = client.as_(member).get(f"/classes/{asked_for}/seats?lang=en").text
    assert "key pollutant-discharge units" in page
    assert "Gaps are filled" in page
    assert "waits: the free seats are kept for others" in page
    main = page.partition("<main")[2].partition("</main>")[0]
    assert not [name for name in NAMES if name in main]


def test_the_ledger_leaves_as_a_file_and_by_the_api(client: Client, asked_for: int) -> None:
    file = client.get(f"/classes/{asked_for}/seats?as=csv&lang=en")
    assert file.status_code == 200
    assert len(file.text.strip().splitlines()) == 4
    seats = client.get(f"/api/v1/classes/{asked_for}/seats").json["seats"]
    assert [(one["order"], one["seats"], one["state"], one["share"], one["why"]) for one in seats] == [
        (1, 1, "booked", None, "asked"),
        (2, 2, "queued", None, "asked"),
        (3, 1, "queued", None, "asked"),
    ]
    about = client.get(f"/api/v1/classes/{asked_for}").json
    assert about["shares"] == [{"kind": "key_unit", "of": None, "seats": 1, "taken": 0}]
    assert about["fill_rule"] == "fill_gaps"


def test_the_order_by_hand_is_shown_with_its_reason_and_without_a_name(client: Client) -> None:
    class_id = makers.a_class(1)
    for member in (LU, SHEN, STRANGER):
        makers.book(member, class_id)
    booking.reorder(actor(GAO), makers.booking_id(class_id, STRANGER.id), 1, "按报名先后更正<b>")
    page = client.get(f"/classes/{class_id}/seats?lang=en").text
    assert "From place 2 to 1: 按报名先后更正&lt;b&gt;" in page
    assert "put it there by hand" in page
    assert not [name for name in NAMES if name in page]
    ledger = client.get(f"/api/v1/classes/{class_id}/seats").json
    assert [(one["order"], one["why"]) for one in ledger["seats"]] == [(1, "asked"), (2, "reordered"), (3, "asked")]
    [one] = ledger["reordered"]
    assert (one["before"], one["after"], one["reason"]) == (2, 1, "按报名先后更正<b>")
    makers.cancel(class_id, LU)
    assert "From place 2 to 1" in client.get(f"/classes/{class_id}/seats").text  # also once the seat is had


def test_a_group_that_is_put_elsewhere_is_one_line(client: Client) -> None:
    class_id = makers.a_class(1)
    makers.book(LU, class_id)
    makers.book(STRANGER, class_id)
    booking.resize(actor(GAO), class_id, 2)
    makers.book(OWNER, class_id, SHEN, COLLEAGUE)
    makers.book(NEWCOMER, class_id)
    booking.reorder(actor(GAO), makers.booking_id(class_id, SHEN.id), 2, "更正")
    assert len(client.get(f"/api/v1/classes/{class_id}/seats").json["reordered"]) == 1


def test_standby_stands_last_and_is_explained(client: Client) -> None:
    makers.a_rule_about_staying_away()
    makers.stayed_away(SHEN, 20, 10)
    class_id = makers.a_class(1)
    for member in (SHEN, LU, STRANGER):
        makers.book(member, class_id)
    page = client.get(f"/classes/{class_id}/seats?lang=en").text
    assert "on standby: waits behind all others" in page
    assert "Who stayed away too often is on standby" in page
    seats = client.get(f"/api/v1/classes/{class_id}/seats").json["seats"]
    assert [(one["order"], one["state"], one["standby"]) for one in seats] == [
        (2, "booked", False),
        (3, "queued", False),
        (1, "queued", True),
    ]


def test_there_is_no_ledger_of_what_is_not_there(client: Client) -> None:
    for path in ("/classes/999/seats", "/api/v1/classes/999/seats"):
        assert client.get(path).status_code == 404


def test_the_ledger_asks_as_many_statements_with_one_as_with_thirty(client: Client) -> None:
    class_id, counts = makers.a_class(3), []
    for more in (1, 30):
        for id_ in makers.strangers(more):
            booking.book(makers.actor_of_id(id_), class_id, [id_])
        client.get(f"/classes/{class_id}/seats")
        with counted() as seen:
            client.get(f"/classes/{class_id}/seats")
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_a_group_says_in_the_page_that_fewer_seats_will_do(client: Client) -> None:
    class_id = makers.a_class(2)
    people = [str(member.id) for member in (SHEN, COLLEAGUE, NEWCOMER)]
    form = {"people": people, "group": "1", "least": "2"}
    assert client.as_(OWNER, "en").post(f"/classes/{class_id}/bookings", data=form).status_code == 303
    assert (the_class(class_id).seats_taken, the_class(class_id).queued) == (2, 1)
    page = client.get(f"/classes/{class_id}?lang=en").text
    assert "2 seats are booked." in page
    assert "number 1 in the queue" in page


def test_a_group_says_by_the_api_that_fewer_seats_will_do(client: Client) -> None:
    class_id = makers.a_class(2)
    people = [SHEN.id, COLLEAGUE.id, NEWCOMER.id]
    asked = {"people": people, "least": 2}
    answer = client.post(f"/api/v1/classes/{class_id}/bookings", json=asked, headers=bearer(OWNER))
    assert sorted(one["state"] for one in answer.json["bookings"]) == ["booked", "booked", "queued"]


@pytest.mark.parametrize("least", ["0x", "-1", "0", "1" * 12, "3"])
def test_how_many_will_do_is_a_number_of_those_chosen(client: Client, least: str) -> None:
    form = {"people": [str(SHEN.id), str(COLLEAGUE.id)], "group": "1", "least": least}
    answer = client.as_(OWNER, "en").post(f"/classes/{makers.a_class()}/bookings", data=form)
    assert answer.status_code == 422
    assert 'id="least-error"' in answer.text
    assert "Give a number from 1 to 2" in answer.text
    assert f'value="{least}"' in answer.text  # nothing typed or ticked is lost
    assert answer.text.count(" checked") == 2


def test_what_is_refused_to_a_group_is_said_where_the_group_is_chosen(client: Client) -> None:
    class_id = makers.a_class(seats=5, enterprise_limit=1)
    client.as_(OWNER, "en")
    nobody = client.post(f"/classes/{class_id}/bookings", data={"group": "1"})
    assert (nobody.status_code, 'id="people-error"' in nobody.text) == (422, True)
    people = [str(SHEN.id), str(COLLEAGUE.id)]
    too_many = client.post(f"/classes/{class_id}/bookings", data={"group": "1", "people": people})
    assert (too_many.status_code, 'id="people-error"' in too_many.text) == (409, True)
    assert too_many.text.count(" checked") == 2
    held = client.post(f"/classes/{class_id}/holds", data={"seats": "many"})
    assert (held.status_code, 'id="hold-seats-error"' in held.text) == (422, True)
    assert "from 1 to 5" in held.text


def test_who_asked_finds_the_own_row(client: Client) -> None:
    class_id = makers.a_class(seats=1)
    for member in (SHEN, NEWCOMER):
        makers.book(member, class_id)
    rows = client.as_(SHEN, "en").get(f"/classes/{class_id}/seats").text.split("<tr>")
    assert ["yours" in row for row in rows[-2:]] == [True, False]
    assert "yours" not in client.as_(None, "en").get(f"/classes/{class_id}/seats").text


class TestForms:
    RULES = {
        "fill_rule": "fill_gaps",
        "shares-0-whom": "key_unit",
        "shares-0-seats": "3",
        "shares-1-whom": "town:1",
        "shares-1-seats": "2",
    }

    def test_a_class_is_published_with_its_rules_and_given_again_with_them(self, client: Client) -> None:
        answer = client.as_(GAO).post("/courses/1/classes", data=fill(**self.RULES))
        assert answer.status_code == 303
        [row] = db.session.scalars(select(TrainingClass)).all()
        assert row.fill_rule == FillRule.FILL_GAPS
        assert row.shares_until == row.cancel_until
        assert [(s.kind, s.seats, s.town_id) for s in shares_of(row.id)] == [("key_unit", 3, None), ("town", 2, 1)]
        again = client.get(f"/courses/1/classes/new?like={row.id}").text
        assert 'value="town:1"' in again
        page = client.as_(None).get(f"{answer.location}?lang=en").text
        assert "3 kept for key pollutant-discharge units, 0 taken" in page

    @pytest.mark.parametrize(
        ("wrong", "words"),
        [
            ({"shares-0-seats": "30"}, "Keep fewer, or offer more."),
            ({"shares-1-whom": "key_unit"}, "Make them one."),
            ({"shares-0-seats": ""}, "Fill this in."),
            ({"shares-0-whom": ""}, "Fill this in."),
            ({"shares-0-whom": "town:99"}, "Choose one of those offered."),
            ({"shares_until": "2099-01-01T09:00"}, "no later than the class begins"),
        ],
    )
    def test_what_is_wrong_stands_at_its_field(self, client: Client, wrong: dict[str, str], words: str) -> None:
        answer = client.as_(GAO).post("/courses/1/classes?lang=en", data=fill(**{**self.RULES, **wrong}))
        assert answer.status_code == 422
        assert words in answer.text

    def test_a_template_keeps_the_rules(self, client: Client) -> None:
        client.as_(GAO).post("/courses/1/classes", data=fill(**self.RULES))
        [row] = db.session.scalars(select(TrainingClass)).all()
        client.post(f"/classes/{row.id}/template", data={"name": "Kept"})
        again = client.get("/courses/1/classes/new?template=1").text
        assert 'value="town:1"' in again

    def test_programs_publish_with_the_same_rules(self, client: Client) -> None:
        begins = makers.in_days(20)
        plan = {
            "course": 1,
            "room": 3,
            "capacity": 5,
            "sittings": [{"starts_at": begins.isoformat(), "ends_at": (begins + makers.HOUR).isoformat()}],
            "shares": [{"kind": "town", "of": 1, "seats": 2}],
            "fill_rule": "fill_gaps",
        }
        assert client.post("/api/v1/classes", json=plan, headers=bearer(GAO)).status_code == 201
        plan["shares"] = [{"kind": "town", "of": 1, "seats": 9}]
        refused = client.post("/api/v1/classes", json=plan, headers=bearer(GAO))
        assert (refused.status_code, refused.json["code"]) == (422, "shares_too_many")

    def test_a_course_gets_a_limit_of_the_year(self, client: Client) -> None:
        form = {"topic_id": "1", "title_zh": "碳交易管理", "enterprise_year_limit": "4"}
        assert client.as_(GAO).post("/courses/1/text", data=form).status_code == 303
        assert db.session.get_one(Course, 1).enterprise_year_limit == 4
        class_id = makers.a_class()
        page = client.get(f"/classes/{class_id}?lang=en").text
        assert "At most 4 per enterprise and year in all classes of this course." in page


def test_shrinking_into_kept_seats_says_how_many_there_are(client: Client, asked_for: int) -> None:
    booking.resize(actor(GAO), asked_for, 3)
    answer = client.as_(GAO).post(f"/classes/{asked_for}/capacity?lang=en", data={"capacity": "2"})
    assert answer.status_code == 422
    assert "are still kept for others" in answer.text
