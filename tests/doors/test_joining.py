"""The pages on which someone asks to join, and on which it is decided."""

import re

import pytest
from flask import Flask
from sqlalchemy import func, select

from courses.enterprise.model import JoinRequest
from courses.ground.db import db
from tests import makers
from tests.conftest import Client
from tests.doors.test_pages import counted
from tests.people import ADMINISTRATOR, ASSOCIATION, GAO, INSPECTOR, OTHER_OFFICER, OWNER, SHEN

FORM = {
    "credit_code": makers.CODES[1],
    "enterprise_name": "乙科技有限公司",
    "town_id": "1",
    "role": "manager",
    "name": "田野",
    "email": "tian@test.example",
}


def ask(client: Client, lang: str = "en", **more: str) -> str:
    """Ask as a stranger, and return the address behind which the outcome is read."""
    answer = client.as_(None, lang).post("/join", data={**FORM, **more})
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def test_a_stranger_asks_and_reads_the_outcome(client: Client) -> None:
    assert client.as_(None, "en").get("/join").status_code == 200
    address = ask(client)
    page = client.get(address)
    assert "will decide" in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    done = client.as_(GAO, "en").post("/join-requests/1/refusal", data={"reason": "Please call us first."})
    assert done.status_code == 303
    assert "Please call us first." in client.as_(None, "en").get(address).text


def test_what_it_answers_is_the_same_whether_or_not_there_is_an_account(client: Client) -> None:
    addresses = [ask(client), ask(client, email=SHEN.email), ask(client, credit_code="91330481DN0000017T")]
    pages = [client.get(address).text for address in addresses]
    assert len({re.search(r"<main.*</main>", page, re.DOTALL)[0] for page in pages}) == 1  # type: ignore[index]


@pytest.mark.parametrize(
    ("lang", "by_mail", "by_hand"),
    [("en", "an invitation comes", "they hand you a link"), ("zh", "邀请邮件", "直接交给您")],
)
def test_who_gave_no_address_reads_how_they_will_hear(client: Client, lang: str, by_mail: str, by_hand: str) -> None:
    mailed, handed = ask(client, lang), ask(client, lang, email="", mobile="13800138000")
    for address, there, not_there in ((mailed, by_mail, by_hand), (handed, by_hand, by_mail)):
        page = client.get(address).text
        assert there in page
        assert not_there not in page
    client.as_(GAO).post("/join-requests/1/confirmation")
    client.post("/join-requests/2/confirmation")
    client.as_(None, lang)
    assert ("14 days" if lang == "en" else "14天") in client.get(mailed).text
    assert ("14 days" if lang == "en" else "14天") not in client.get(handed).text


def test_nothing_of_a_registered_enterprise_is_told_to_who_knows_its_code(client: Client) -> None:
    """The name that was typed is shown back, and not the registered one, nor the town that counts instead."""
    page = client.get(ask(client, enterprise_name="随便一家公司", town_id="2")).text.partition("<main")[2]
    assert "随便一家公司" in page
    assert "乙科技" not in page
    assert "Haichang" not in page
    assert "register of enterprises" in page


def test_another_address_reads_nothing(client: Client) -> None:
    address = ask(client)
    assert client.get(address + "x").status_code == 404
    assert client.get("/join/nonsense").status_code == 404


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"credit_code": "91330481DMKNQXNW2A"}, "does not fit"),
        ({"credit_code": ""}, "Fill this in"),
        ({"enterprise_name": ""}, "Fill this in"),
        ({"enterprise_name": "  "}, "Fill this in"),
        ({"name": ""}, "Give a name"),
        ({"email": "nonsense"}, "not an e-mail address"),
        ({"email": ""}, "Give an e-mail address or a mobile number"),
        ({"town_id": "99"}, "Choose one of those offered"),
        ({"role": "officer"}, "Choose one of those offered"),
    ],
)
def test_a_wrong_form_is_told_at_its_field(client: Client, said: dict[str, str], words: str) -> None:
    page = client.as_(None, "en").post("/join", data={**FORM, **said})
    assert page.status_code == 422
    assert words in page.text
    assert db.session.scalar(select(func.count()).select_from(JoinRequest)) == 0


def test_too_many_requests_wait(client: Client) -> None:
    for number in range(5):
        ask(client, email=f"tian{number}@test.example")
    page = client.post("/join", data=FORM)
    assert page.status_code == 429
    assert int(page.headers["Retry-After"]) > 0


def test_it_stands_on_the_desk_of_who_decides(client: Client) -> None:
    ask(client)
    for member in (GAO, ASSOCIATION, ADMINISTRATOR):
        assert "田野" in client.as_(member).get("/desk").text
        assert "田野" in client.get("/join-requests").text
        assert "tian@test.example" in client.get("/join-requests/1").text
    assert "田野" not in client.as_(OTHER_OFFICER).get("/join-requests").text
    for member in (OTHER_OFFICER, OWNER, INSPECTOR):
        assert client.as_(member).get("/join-requests/1").status_code in (403, 404)
        for act in ("confirmation", "refusal"):
            assert client.post(f"/join-requests/1/{act}", data={"reason": "x"}).status_code in (403, 404)


def test_confirming_leads_back_to_the_list(client: Client) -> None:
    ask(client)
    assert client.as_(ASSOCIATION, "en").post("/join-requests/1/confirmation").location == "/join-requests"
    assert "confirmed" in client.get("/join-requests").text
    assert client.post("/join-requests/1/confirmation").status_code == 409


def test_without_an_address_the_link_is_handed_over(client: Client) -> None:
    ask(client, email="", mobile="13800138000")
    page = client.as_(ASSOCIATION, "en").post("/join-requests/1/confirmation")
    assert page.status_code == 201
    assert "/invitations/" in page.text
    assert "/people/new" not in page.text  # an association invites nobody


def test_a_refusal_needs_a_reason(client: Client) -> None:
    ask(client)
    assert client.as_(GAO).post("/join-requests/1/refusal", data={"reason": " "}).status_code == 422


def test_a_taken_address_is_told_to_the_officer(client: Client) -> None:
    ask(client, email=SHEN.email)
    page = client.as_(GAO, "en").post("/join-requests/1/confirmation")
    assert page.status_code == 409
    assert "belongs to an account" in page.text


def test_the_list_is_narrowed_and_leaves_as_a_file(client: Client) -> None:
    ask(client)
    ask(client, name="石磊", email="shi@test.example")
    client.as_(GAO, "en").post("/join-requests/1/confirmation")
    assert "石磊" not in client.get("/join-requests?state=confirmed").text
    assert "田野" not in client.get("/join-requests?q=石").text
    assert client.get("/join-requests?state=nonsense").status_code == 200
    rows = client.get("/join-requests?as=csv").get_data().decode("utf-8-sig").split("\r\n")
    assert [row.split(",")[0] for row in rows[1:3]] == ["石磊", "田野"]  # who waits comes first


def test_the_list_asks_a_fixed_number_of_statements(app: Flask, client: Client) -> None:
    counts = []
    for number in range(3):
        ask(client, email=f"t{number}@test.example")
        client.as_(GAO).get("/join-requests")
        with counted() as seen:
            client.get("/join-requests")
        counts.append(len(seen))
    assert counts[0] == counts[2]
