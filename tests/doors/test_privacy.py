"""One's own data in one download, and erasure that keeps the sums."""

import io
import json
import re
import zipfile
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from config import ROOT
from courses.accounts.actions import sign_in, token_for
from courses.accounts.model import Identity, Token
from courses.booking.model import Booking, Event, State
from courses.catalogue.model import Interest
from courses.enterprise.actions import merge_people
from courses.enterprise.model import JoinRequest, Merger
from courses.ground import clock
from courses.ground.db import db
from courses.ground.transaction import transaction
from courses.outbox.model import Channel, Fate
from courses.people.model import Post, Role
from courses.people.queries import colleagues
from courses.privacy import actions
from courses.privacy.model import Erasure
from courses.privacy.words import WORDS
from courses.roster.model import Mark
from courses.roster.queries import hours_of
from courses.running.doctor import examine
from courses.running.records import contradictions
from courses.webhooks.model import Event as What
from courses.webhooks.model import Webhook
from tests import makers
from tests.conftest import Client
from tests.doors.private import DAY, a_class_all_told, a_list, a_request, an_import, attend, count, person
from tests.people import (
    ADMINISTRATOR,
    ASSOCIATION,
    BUREAU,
    CHEN,
    COLLEAGUE,
    GAO,
    INSPECTOR,
    LU,
    OWNER,
    PASSWORD,
    SHEN,
    Member,
)


@pytest.fixture
def class_id(app: Flask) -> int:
    return a_class_all_told()


def taken(client: Client, member: Member, lang: str = "en") -> tuple[dict[str, Any], str]:
    answer = client.as_(member, lang).get("/account/data.zip")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert "attachment" in answer.headers["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.data)) as file:
        assert file.namelist() == ["data.json", "data.html"]
        return json.loads(file.read("data.json")), file.read("data.html").decode()


def test_all_of_ones_data_is_in_one_file(app: Flask, client: Client, class_id: int) -> None:
    token = token_for(SHEN.email)
    client.as_(GAO).get(f"/classes/{class_id}/roster")
    data, page = taken(client, SHEN)
    assert data["person"][0]["email"] == SHEN.email
    assert data["posts"][0]["role"] == "manager"
    assert [(b["course"], b["state"]) for b in data["bookings"]] == [("碳交易管理", "booked")]
    assert [n["kind"] for n in data["notices"]] == ["booked"]
    assert "Carbon" in data["notices"][0]["text"] or "碳交易" in data["notices"][0]["text"]
    assert data["tokens"][0]["tail"] == token[-4:]
    assert data["log"][0]["what"] == "booked"
    assert [(x["who"], x["page"]) for x in data["looks"]] == [(GAO.name, "roster")]
    for words in (SHEN.name, SHEN.email, "碳交易管理"):
        assert words in page
    everything = page + json.dumps(data)
    for secret in (token, person(SHEN).password_hash or "-", LU.name, LU.email):
        assert secret not in everything


def test_the_page_and_the_file_say_the_same(app: Flask, client: Client, class_id: int) -> None:
    page = client.as_(SHEN, "zh").get("/account/data/all").text
    _, file = taken(client, SHEN, "zh")
    body = page[page.index("<section") : page.rindex("</section>")]
    assert body == file[file.index("<section") : file.rindex("</section>")]


@pytest.mark.parametrize("path", ["/account/data", "/account/data/all", "/account/data.zip", "/account/erasure"])
def test_ones_data_is_for_oneself(client: Client, class_id: int, path: str) -> None:
    assert client.as_(None).get(path).status_code == 302
    for member in (LU, OWNER, GAO, ADMINISTRATOR, INSPECTOR, BUREAU, ASSOCIATION, CHEN):
        answer = client.as_(member).get(path)
        assert answer.status_code == 200
        assert SHEN.email not in answer.text if path != "/account/data.zip" else True


def test_an_attended_class_is_in_it_with_its_hours(app: Flask, client: Client, class_id: int) -> None:
    attend(class_id)
    data, _ = taken(client, SHEN)
    assert data["attendance"][0]["mark"] == "present"
    assert data["attendance"][0]["hours"] > 0


def test_every_code_of_the_records_has_its_words() -> None:
    """What a machine calls it is not what its person reads."""
    assert {str(code) for code in (*Role, *State, *Mark, *Fate, *Channel)} <= set(WORDS)
    sources = "".join(file.read_text() for file in (ROOT / "courses").rglob("*.py"))
    pages = set(re.findall(r'looked\(\s*[\w().]+, "(\w+)"', sources))
    assert len(pages) > 5
    assert pages <= set(WORDS)


def test_what_one_asked_for_before_there_was_an_account_is_in_it_and_goes(app: Flask, client: Client) -> None:
    a_request(SHEN.email, state="confirmed", decided_at=clock.now())
    a_request(LU.email)
    with transaction():
        db.session.add(Interest(course_id=1, person_id=SHEN.id, made_at=clock.now()))
    data, _ = taken(client, SHEN)
    assert [row["state"] for row in data["join_requests"]] == ["confirmed"]
    assert [row["course"] for row in data["interests"]] == ["碳交易管理"]
    actions.erase(makers.actor(ADMINISTRATOR), SHEN.id, SHEN.name)
    assert (count(JoinRequest), count(Interest)) == (1, 0)


def test_what_later_rooms_keep_is_in_it(app: Flask, client: Client, class_id: int) -> None:
    attend(class_id)
    an_import()
    a_list(class_id)
    an_identity(SHEN)
    a_webhook(SHEN)
    merge_people(makers.actor(OWNER), SHEN.id, COLLEAGUE.id)
    data, page = taken(client, SHEN)
    assert [(row["issuer"], row["subject"]) for row in data["identities"]] == [("https://id.example", "u-1")]
    assert [row["url"] for row in data["webhooks"]] == ["https://records.example.com/told"]
    assert [row["hours"] for row in data["hours"]] == [data["attendance"][0]["hours"]]
    assert [(row["file"], row["number"], row["cells"]) for row in data["imports"]] == [("a.csv", 2, SHEN.email)]
    assert [(row["cells"], row["by"]) for row in data["lists"]] == [(SHEN.email, OWNER.name)]
    assert [(row["name"], row["by"]) for row in data["mergers"]] == [(COLLEAGUE.name, OWNER.name)]
    assert "https://id.example" in page
    data, _ = taken(client, CHEN)
    assert [row["institution_zh"] for row in data["lecturer"]] == ["钱江环境研究院"]


def an_identity(member: Member) -> None:
    with transaction():
        at = clock.now()
        known = Identity(person_id=member.id, issuer="https://id.example", subject="u-1", made_at=at, used_at=at)
        db.session.add(known)


def a_webhook(member: Member) -> None:
    """Let a member have one from when they held a post that may."""
    url = "https://records.example.com/told"
    with transaction():
        db.session.add(
            Webhook(person_id=member.id, url=url, events=What.BOOKED, salt="s", made_at=clock.now()),
        )


def test_an_erasure_ends_it_too(app: Flask) -> None:
    an_identity(SHEN)
    a_webhook(SHEN)
    merge_people(makers.actor(OWNER), SHEN.id, COLLEAGUE.id)
    assert count(Merger, Merger.facts["name"].as_string() == COLLEAGUE.name) == 1
    actions.erase(makers.actor(ADMINISTRATOR), SHEN.id, SHEN.name)
    assert (count(Identity), count(Webhook)) == (0, 0)
    assert db.session.scalars(select(Merger.facts)).all() == [{}]


# Erasure


def test_a_person_erases_themselves_and_the_sums_stay(app: Flask, client: Client, class_id: int) -> None:
    attend(class_id)
    ended = makers.the_class(class_id).ends_at
    token_for(SHEN.email)
    client.as_(GAO).get(f"/classes/{class_id}/roster")
    before = (count(Booking), count(Event), makers.the_class(class_id).seats_taken, hours_of(SHEN.id))
    with makers.at(ended + DAY):
        actions.erase_oneself(makers.actor(SHEN), SHEN.name, PASSWORD)
    assert (count(Booking), count(Event), makers.the_class(class_id).seats_taken, hours_of(SHEN.id)) == before
    gone = person(SHEN)
    assert (gone.email, gone.mobile, gone.password_hash) == (None, None, None)
    assert SHEN.name not in (gone.name, gone.name_en)
    assert gone.left_at
    assert count(Post, Post.person_id == SHEN.id) == count(Token, Token.person_id == SHEN.id) == 0
    assert all(notice.facts == {} for notice in makers.told(person=SHEN.id))
    with makers.refused("wrong_sign_in"):
        sign_in(SHEN.email, PASSWORD)
    assert client.as_(SHEN).get("/account/data").status_code == 302, "no session goes on"
    page = client.as_(GAO, "zh").get(f"/classes/{class_id}/roster").text
    assert SHEN.name not in page
    assert "（已注销）" in page
    assert SHEN.name not in client.get(f"/classes/{class_id}").text
    erased = db.session.get_one(Erasure, SHEN.id)
    assert (erased.how, erased.by_id) == ("oneself", SHEN.id)
    assert contradictions() == []
    assert SHEN.name not in [colleague.name for colleague in colleagues(1)]


def test_no_one_is_erased_while_others_count_on_them(app: Flask, client: Client, class_id: int) -> None:
    form = {"name": SHEN.name, "password": PASSWORD}
    answer = client.as_(SHEN, "zh").post("/account/erasure", data=form)
    assert answer.status_code == 409
    assert "碳交易管理" in answer.text
    with makers.refused("still_teaching"):
        actions.erase(makers.actor(ADMINISTRATOR), CHEN.id, CHEN.name)
    with makers.refused("last_administrator"):
        actions.erase_oneself(makers.actor(ADMINISTRATOR), ADMINISTRATOR.name, PASSWORD)
    assert count(Erasure) == 0
    makers.cancel(class_id, SHEN)
    assert client.as_(SHEN, "zh").post("/account/erasure", data=form).status_code == 303


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"name": "", "password": PASSWORD}, 422),
        ({"name": LU.name, "password": PASSWORD}, 422),
        ({"name": COLLEAGUE.name, "password": ""}, 422),
        ({"name": COLLEAGUE.name, "password": "not the password"}, 422),
    ],
)
def test_a_slip_erases_nothing(client: Client, class_id: int, form: dict[str, str], code: int) -> None:
    answer = client.as_(COLLEAGUE).post("/account/erasure", data=form)
    assert answer.status_code == code
    assert 'class="error"' in answer.text
    assert person(COLLEAGUE).name == COLLEAGUE.name


def test_an_administrator_erases_who_asked(app: Flask, client: Client, class_id: int) -> None:
    client.as_(ADMINISTRATOR, "en")
    assert COLLEAGUE.email in client.get(f"/erasures?q={COLLEAGUE.name}").text
    assert COLLEAGUE.email in client.get(f"/erasures?q={COLLEAGUE.email.upper()}").text
    assert "Nobody is called that" in client.get("/erasures?q=nobody").text
    address = f"/people/{COLLEAGUE.id}/erasure"
    assert COLLEAGUE.name in client.get(address).text
    assert client.post(address, data={"name": "someone"}).status_code == 422
    assert client.post(address, data={"name": COLLEAGUE.name}).status_code == 303
    assert person(COLLEAGUE).email is None
    assert ADMINISTRATOR.name in client.get("/erasures").text
    assert client.get(address).status_code == 404
    assert client.post(address, data={"name": "（已注销）"}).status_code == 404
    assert client.get("/people/999/erasure").status_code == 404
    assert COLLEAGUE.email not in client.get("/erasures?q=已注销").text


@pytest.mark.parametrize("member", [None, SHEN, OWNER, GAO, CHEN, INSPECTOR, ASSOCIATION, BUREAU])
def test_nobody_else_erases_others(client: Client, class_id: int, member: Member | None) -> None:
    client.as_(member)
    status = 302 if member is None else 403
    for path in ("/erasures", f"/people/{COLLEAGUE.id}/erasure"):
        assert client.get(path).status_code == status
    assert client.post(f"/people/{COLLEAGUE.id}/erasure", data={"name": COLLEAGUE.name}).status_code == status
    assert person(COLLEAGUE).name == COLLEAGUE.name


def test_the_doctor_is_content_after_an_erasure(app: Flask, class_id: int) -> None:
    makers.cancel(class_id, SHEN)
    actions.erase(makers.actor(ADMINISTRATOR), SHEN.id, SHEN.name)
    assert examine(only_records=True) == []
