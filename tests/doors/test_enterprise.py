"""The pages of enterprises: who sees which, what they say, and what is refused on them."""

import re

import pytest
from flask import Flask
from sqlalchemy import delete, select, update

from courses.ground import clock
from courses.ground.db import db
from courses.ground.transaction import transaction
from courses.people.model import Enterprise, Person, Post, Role
from courses.roster.model import YearlyHours
from tests import makers
from tests.conftest import Client
from tests.doors.test_pages import counted as statements
from tests.people import (
    ADMINISTRATOR,
    ASSOCIATION,
    BUREAU,
    CHEN,
    COLLEAGUE,
    GAO,
    INSPECTOR,
    LU,
    OTHER_OFFICER,
    OWNER,
    SHEN,
    STRANGER,
    Member,
)


def unopened(enterprise: int = 1) -> int:
    """Return someone of an enterprise who has not opened the account."""
    [id_] = makers.strangers(1, enterprise)
    return id_


@pytest.mark.parametrize("member", [OWNER, GAO, ASSOCIATION, ADMINISTRATOR])
def test_an_enterprise_is_shown_to_those_it_concerns(client: Client, member: Member) -> None:
    page = client.as_(member, "en").get("/enterprises/1")
    assert page.status_code == 200
    assert SHEN.name in page.text
    assert makers.CODES[0] in page.text


@pytest.mark.parametrize("member", [OTHER_OFFICER, SHEN, STRANGER, CHEN, BUREAU, INSPECTOR])
def test_to_nobody_else(client: Client, member: Member) -> None:
    page = client.as_(member).get("/enterprises/1")
    assert page.status_code in (403, 404)
    assert COLLEAGUE.name not in page.text


def test_an_owner_is_led_home(client: Client) -> None:
    for path in ("/enterprise", "/enterprises"):
        assert client.as_(OWNER).get(path).location == "/enterprises/1"
    assert client.as_(GAO).get("/enterprise").location == "/enterprises"
    assert client.as_(OWNER).get("/enterprises/2").status_code == 404


def test_the_list_holds_the_own_towns_alone(client: Client) -> None:
    seen = client.as_(GAO).get("/enterprises").text
    assert makers.CODES[0] in seen
    assert makers.CODES[2] not in seen
    assert makers.CODES[2] not in client.as_(GAO).get("/enterprises?town=2").text
    assert makers.CODES[2] in client.as_(ADMINISTRATOR).get("/enterprises").text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=甲科技", {0}),
        (f"q={makers.CODES[1]}", {1}),
        ("town=2", {2}),
        ("industry=1", {0, 1, 2}),
        ("key=1", set()),
        ("gap=ownerless", {1, 2}),
        ("gap=unopened", {1}),
        ("gap=vacant", set()),
        ("gap=nonsense&sort=nonsense&page=x&town=x", {0, 1, 2}),
        ("sort=managers", {0, 1, 2}),
        ("sort=town", {0, 1, 2}),
        ("sort=-hours", {0, 1, 2}),
        ("sort=post&page=9", {0, 1, 2}),
    ],
)
def test_the_list_is_narrowed_by_its_address(client: Client, query: str, found: set[int]) -> None:
    unopened(2)
    seen = client.as_(ADMINISTRATOR).get(f"/enterprises?{query}").text
    assert {n for n, code in enumerate(makers.CODES) if code in seen} == found


def test_the_list_is_sorted_by_its_heads(client: Client) -> None:
    unopened(2)
    with transaction():
        db.session.execute(update(Enterprise).where(Enterprise.id == 1).values(name_zh="中环"))
        db.session.execute(update(Enterprise).where(Enterprise.id == 2).values(name_zh="阿里"))
        db.session.execute(update(Enterprise).where(Enterprise.id == 3).values(name_zh="海宁"))
        db.session.add(YearlyHours(person_id=LU.id, year=clock.this_year(), half_hours=9, classes=1))
        db.session.add(YearlyHours(person_id=SHEN.id, year=clock.this_year() - 1, half_hours=99, classes=1))
        db.session.add(Post(person_id=LU.id, role="owner", enterprise_id=2))
    orders = {"": [2, 3, 1], "sort=name": [2, 3, 1], "sort=-name": [1, 3, 2], "sort=-hours": [2, 1, 3]}
    for query, order in {**orders, "sort=post": [2, 1, 3]}.items():
        page = client.as_(ADMINISTRATOR, "en").get(f"/enterprises?{query}").text
        body = page.partition("<tbody>")[2]
        assert [int(n) for n in re.findall(r'href="/enterprises/(\d)"', body)] == order, query
    assert ">4.5<" in page, "of two posts once, and of this year"


def test_the_list_leaves_as_a_file(client: Client) -> None:
    sheet = client.as_(GAO, "en").get("/enterprises?as=csv&q=甲")
    assert sheet.mimetype == "text/csv"
    head, row = sheet.get_data().decode("utf-8-sig").split("\r\n")[:2]
    assert head.startswith("Enterprise,Credit code,Town")
    assert row.split(",")[:2] == ["甲科技有限公司", makers.CODES[0]]
    people = client.as_(OWNER, "en").get("/enterprises/1?as=csv").get_data().decode("utf-8-sig")
    assert SHEN.name in people
    assert client.get("/enterprises/1?as=xlsx").data[:2] == b"PK"


def test_lists_ask_a_fixed_number_of_statements(app: Flask, client: Client) -> None:
    counts = {}
    for path, member in (("/enterprises", GAO), ("/enterprises/2", GAO)):
        client.as_(member).get(path)
        with statements() as few:
            client.get(path)
        makers.strangers(30, 2)
        with statements() as many:
            client.get(path)
        counts[path] = (len(few), len(many))
    assert all(few == many for few, many in counts.values()), counts


def test_one_of_two_posts_is_one_line(client: Client) -> None:
    with transaction():
        db.session.add(Post(person_id=OWNER.id, role="manager", enterprise_id=1))
    page = client.as_(ADMINISTRATOR, "en").get("/enterprises/1").text
    assert page.count(f"{OWNER.name}</td>") == 1


def test_a_person_is_shown_with_what_can_be_done(client: Client) -> None:
    makers.book(SHEN, makers.a_class())
    page = client.as_(OWNER, "en").get(f"/people/{SHEN.id}")
    assert f"/people/{SHEN.id}/departure" in page.text
    assert f"/people/{SHEN.id}/contact" not in page.text
    assert "Carbon Trading Management" in page.text
    assert f"/people/{(someone := unopened())}/contact" in client.get(f"/people/{someone}").text
    for member in (SHEN, STRANGER, ASSOCIATION):
        assert client.as_(member).get(f"/people/{COLLEAGUE.id}").status_code in (403, 404)


def test_a_contact_is_corrected_before_the_first_sign_in(client: Client) -> None:
    someone = unopened()
    client.as_(OWNER, "en")
    assert client.get(f"/people/{someone}/contact").status_code == 200
    said = {"name": "管新", "name_en": "Guan Xin", "email": "new@test.example", "mobile": ""}
    assert client.post(f"/people/{someone}/contact", data=said).location == "/enterprises/1"
    person = db.session.scalars(select(Person).where(Person.id == someone)).one()
    assert (person.name, person.email, person.epoch) == ("管新", "new@test.example", 2)  # the old link is dead
    assert [n.kind for n in makers.told(person=someone)] == ["invitation"]
    again = {**said, "email": "newer@test.example"}
    client.post(f"/people/{someone}/contact", data=again)
    assert len(makers.told("invitation", someone)) == 2  # at once: the first went elsewhere


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"name": ""}, "Give a name"),
        ({"email": "nonsense"}, "not an e-mail address"),
        ({"email": ""}, "Give an e-mail address or a mobile number"),
        ({"email": "shen@test.example"}, "belongs to an account"),
    ],
)
def test_a_wrong_correction_is_told_at_its_field(client: Client, said: dict[str, str], words: str) -> None:
    someone = unopened()
    form = {"name": "管", "email": "p@test.example", **said}
    page = client.as_(OWNER, "en").post(f"/people/{someone}/contact", data=form)
    assert page.status_code in (409, 422)
    assert words in page.text


def test_who_has_an_account_keeps_it_alone(client: Client) -> None:
    said = {"name": "假", "email": "mine@test.example"}
    assert client.as_(OWNER).get(f"/people/{SHEN.id}/contact").location == "/enterprises/1"
    assert client.post(f"/people/{SHEN.id}/contact", data=said).location == "/enterprises/1"
    assert makers.told(person=SHEN.id) == []
    assert client.post(f"/people/{LU.id}/contact", data=said).status_code == 404


def test_leaving_shows_the_outcome_before_it_happens(client: Client) -> None:
    passes, clashes, meanwhile = makers.a_class(days=12), makers.a_class(), makers.a_class(room=1)
    for class_id in (passes, clashes):
        makers.book(SHEN, class_id)
    makers.book(COLLEAGUE, meanwhile)
    client.as_(OWNER, "en")
    assert COLLEAGUE.name in client.get(f"/people/{SHEN.id}/departure").text
    page = client.get(f"/people/{SHEN.id}/departure?heir={COLLEAGUE.id}").text
    booking = makers.booking_id(passes, SHEN.id)
    assert f'name="passing" value="{booking}"' in page
    assert "does not pass" in page
    done = client.post(f"/people/{SHEN.id}/departure", data={"heir": COLLEAGUE.id, "passing": [booking]})
    assert done.location == "/enterprises/1"
    assert makers.states(passes)[COLLEAGUE.id] == "booked"
    assert makers.states(clashes) == {SHEN.id: "cancelled"}
    after = client.get("/enterprises/1").text
    assert "Held a post before" in after


def test_a_stale_confirmation_is_shown_anew(client: Client) -> None:
    class_id = makers.a_class()
    makers.book(SHEN, class_id)
    page = client.as_(OWNER, "en").post(f"/people/{SHEN.id}/departure", data={"heir": COLLEAGUE.id})
    assert page.status_code == 409
    assert "Something changed meanwhile" in page.text
    assert makers.states(class_id) == {SHEN.id: "booked"}


@pytest.mark.parametrize("data", [{"heir": "x"}, {"passing": "-1"}, {"heir": "9" * 12}])
def test_what_no_page_sends_is_refused(client: Client, data: dict[str, str]) -> None:
    assert client.as_(OWNER).post(f"/people/{SHEN.id}/departure", data=data).status_code == 422


@pytest.mark.parametrize("member", [SHEN, STRANGER, OTHER_OFFICER, ASSOCIATION, INSPECTOR])
def test_departures_and_contacts_are_not_there_for_others(client: Client, member: Member) -> None:
    someone = unopened()
    for path in (f"/people/{someone}/contact", f"/people/{COLLEAGUE.id}/departure"):
        assert client.as_(member).get(path).status_code in (403, 404)
        assert client.as_(member).post(path, data={"name": "x", "email": "x@test.example"}).status_code in (403, 404)


def test_who_left_signs_in_to_their_own_history(client: Client) -> None:
    client.as_(OWNER).post(f"/people/{SHEN.id}/departure", data={"heir": ""})
    client.as_(SHEN, "en")
    desk = client.get("/desk")
    assert desk.status_code == 200
    assert "My hours" in desk.text
    assert client.get("/notices").status_code == 200
    assert client.get("/enterprises/1").status_code == 403
    assert client.post("/classes/1/bookings").status_code == 403


def test_who_leaves_is_told_at_once_which_heir_sits_there_already(client: Client) -> None:
    both, own = makers.a_class(), makers.a_class(days=12)
    for member, class_id in ((SHEN, both), (COLLEAGUE, both), (SHEN, own)):
        makers.book(member, class_id)
    text = client.as_(OWNER, "zh").get(f"/people/{SHEN.id}/departure").text
    [line] = [line for line in text.split("<label")[1:] if COLLEAGUE.name in line]
    assert "已在其中1个班，该名额不能移交" in line
    assert text.count("不能移交") == 1


def test_two_of_one_name_are_told_apart(client: Client) -> None:
    class_id = makers.a_class()
    makers.book(SHEN, class_id)
    makers.book(COLLEAGUE, makers.a_class(days=20))
    paths = (
        f"/people/{SHEN.id}/departure",
        f"/classes/{class_id}",
        f"/bookings/{makers.booking_of(class_id, SHEN).id}/person",
        "/enterprises/1",
        "/desk",
        "/desk/people",
        "/desk/bookings",
    )
    for path in paths:
        assert COLLEAGUE.email not in client.as_(OWNER, "zh").get(path).text, path
    with transaction():
        db.session.execute(update(Person).where(Person.id == OWNER.id).values(name=COLLEAGUE.name))
    for path in paths:
        text = client.get(path).text
        assert COLLEAGUE.email in text, path
        assert SHEN.email not in text, path


def test_of_two_of_one_name_the_one_who_sits_there_is_told_from_the_one_to_be_booked(client: Client) -> None:
    class_id = makers.a_class()
    makers.book(COLLEAGUE, class_id)
    with transaction():
        namesake = {"name": COLLEAGUE.name, "email": None, "mobile": "+8613800001234"}
        db.session.execute(update(Person).where(Person.id == SHEN.id).values(**namesake))
    text = client.as_(OWNER, "zh").get(f"/classes/{class_id}").text
    seat, _, choice = text.partition('id="people"')
    assert COLLEAGUE.email in seat
    assert "…1234" not in seat
    assert "…1234" in choice


@pytest.mark.parametrize("member", [ASSOCIATION, ADMINISTRATOR])
def test_who_does_not_reach_people_reads_no_address_of_namesakes(client: Client, member: Member) -> None:
    with transaction():
        db.session.execute(update(Person).where(Person.id == OWNER.id).values(name=COLLEAGUE.name))
    assert COLLEAGUE.email not in client.as_(member).get("/enterprises/1").text
    assert COLLEAGUE.email in client.as_(GAO).get("/enterprises/1").text


@pytest.mark.parametrize("member", [ASSOCIATION, ADMINISTRATOR])
def test_who_cannot_invite_is_told_who_fills_a_vacant_post(app: Flask, client: Client, member: Member) -> None:
    client.as_(member)
    assert "/join" not in client.get("/enterprises/1").text
    with transaction():
        db.session.execute(delete(Post).where(Post.enterprise_id == 1, Post.role == Role.MANAGER))
    page = client.get("/enterprises/1").text
    link = f"{app.config['SETTINGS'].base_url}/join?credit_code={makers.CODES[0]}"
    assert f'data-copy="{link}"' in page
    assert "请联系该企业" in page
    assert "企业负责人也可以邀请" in page  # whose post is still filled
    with transaction():
        db.session.execute(delete(Post).where(Post.enterprise_id == 1))
    page = client.get("/enterprises/1").text
    assert f'data-copy="{link}"' in page
    assert "企业负责人也可以邀请" not in page
    assert f'value="{makers.CODES[0]}"' in client.as_(None).get(link).text
    assert "&#34;&gt;&lt;b&gt;" in client.get('/join?credit_code="><b>').text


def test_who_can_invite_is_offered_that(client: Client) -> None:
    with transaction():
        db.session.execute(delete(Post).where(Post.enterprise_id == 1))
    page = client.as_(GAO).get("/enterprises/1").text
    assert "data-copy" not in page
    assert page.count("enterprise=1") > 1  # above, and where the list is empty
