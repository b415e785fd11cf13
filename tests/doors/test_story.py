"""The story of a class and of a seat, its files, and the queue put in another order."""

from typing import Any

import pytest
from flask import Flask

from courses import api
from courses.accounts.actions.token import make_token
from courses.booking import actions as booking
from courses.ground import sheets
from tests import makers
from tests.conftest import Client
from tests.doors.test_pages import counted
from tests.makers import actor, booking_of
from tests.people import CHEN, COLLEAGUE, GAO, INSPECTOR, LU, OTHER_OFFICER, OWNER, SHEN, STRANGER, Member


@pytest.fixture
def full(app: Flask) -> int:
    """A class in which LU sits, and SHEN and STRANGER wait."""
    class_id = makers.a_class(seats=1, lecturers=[CHEN.id])
    for member in (LU, SHEN, STRANGER):
        makers.book(member, class_id)
    return class_id


def call(client: Client, method: str, path: str, by: Member, body: Any = None) -> Any:
    headers = {"Authorization": f"Bearer {make_token(actor(by), 'test')}"}
    return client.open(api.BASE + path, method=method, json=body, headers=headers)


def test_those_who_serve_read_all_of_it_and_others_their_own(client: Client, full: int) -> None:
    for member, names in ((GAO, {LU, SHEN, STRANGER}), (CHEN, {LU, SHEN, STRANGER}), (SHEN, {SHEN}), (OWNER, {SHEN})):
        page = client.as_(member, lang="zh").get(f"/classes/{full}/story").text
        main = page[page.index("<main") : page.index("</main>")]
        assert {m for m in (LU, SHEN, STRANGER) if m.name in main} == names, member
    for member, status in ((COLLEAGUE, 404), (OTHER_OFFICER, 404), (INSPECTOR, 404), (None, 302)):
        assert client.as_(member).get(f"/classes/{full}/story").status_code == status


def test_a_seat_has_its_own(client: Client, full: int) -> None:
    makers.cancel(full, LU)
    path = f"/bookings/{booking_of(full, SHEN).id}/story"
    for member in (SHEN, OWNER, GAO, CHEN):
        page = client.as_(member, lang="en").get(path).text
        assert "moved up from the queue to a seat" in page
        assert LU.name not in page
    for member, status in ((STRANGER, 404), (OTHER_OFFICER, 404), (INSPECTOR, 404), (None, 302)):
        assert client.as_(member).get(path).status_code == status


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_it_is_taken_away_as_a_file(client: Client, full: int, kind: str) -> None:
    booking.reorder(actor(GAO), booking_of(full, STRANGER).id, 1, "=1+1", None)
    answer = client.as_(GAO, lang="zh").get(f"/classes/{full}/story?as={kind}")
    head, *rows = sheets.read(answer.data)
    assert head == ["时间", "发生了什么、为什么", "谁的预约", "操作人", "途径"]
    assert [row[2] for row in rows] == [STRANGER.name, STRANGER.name, SHEN.name, LU.name]
    assert "=1+1" in rows[0][1]
    assert rows[0][3:] == [GAO.name, "网页"]
    assert len(sheets.read(client.as_(SHEN).get(f"/classes/{full}/story?as={kind}").data)) == 2


def test_it_is_searched_by_name_and_asks_a_fixed_number_of_statements(client: Client, full: int) -> None:
    path = f"/classes/{full}/story"
    page = client.as_(GAO, lang="en").get(f"{path}?q={LU.name}").text
    assert STRANGER.name not in page
    assert "Nothing of this name" in client.get(f"{path}?q=zzz").text
    with counted() as few:
        client.get(path)
    for id_ in makers.strangers(20):
        booking.book(makers.actor_of_id(id_), full, [id_])
    with counted() as many:
        client.get(path)
    assert len(few) == len(many)


def test_the_page_of_the_class_shows_the_newest_and_the_way_to_all(client: Client, full: int) -> None:
    for id_ in makers.strangers(20):
        booking.book(makers.actor_of_id(id_), full, [id_])
    page = client.as_(GAO, lang="en").get(f"/classes/{full}").text
    assert page.count("joined the queue") == 20
    assert "The whole story" in page


def test_programs_read_it_page_by_page(client: Client, full: int) -> None:
    first = call(client, "GET", f"/classes/{full}/log?limit=2", GAO).json
    assert [row["person"] for row in first["log"]] == [STRANGER.name, SHEN.name]
    rest = client.get(first["next"], headers={"Authorization": f"Bearer {make_token(actor(GAO), 't')}"}).json
    assert ([row["person"] for row in rest["log"]], rest["next"]) == ([LU.name], None)
    [own] = call(client, "GET", f"/bookings/{booking_of(full, SHEN).id}/log", SHEN).json["log"]
    assert (own["what"], own["booking"], own["door"]) == ("queued", booking_of(full, SHEN).id, "page")
    assert SHEN.name in own["words"]
    assert call(client, "GET", f"/bookings/{booking_of(full, SHEN).id}/log", STRANGER).status_code == 404


def test_the_officer_gives_another_place_with_a_reason(client: Client, full: int) -> None:
    path = f"/bookings/{booking_of(full, STRANGER).id}/place"
    assert path in client.as_(GAO).get(f"/classes/{full}").text
    page = client.as_(GAO, lang="en").get(path).text
    assert "number 2 of 2" in page
    empty = client.post(path, data={"place": "1", "reason": " "})
    assert empty.status_code == 422
    wrong = client.post(path, data={"place": "3", "reason": "x"})
    assert (wrong.status_code, "The queue has 2 places" in wrong.text) == (422, True)
    assert client.post(path, data={"place": "1", "reason": "因停电报名失败", "seen": "2"}).status_code == 303
    assert "因停电报名失败" in client.as_(STRANGER).get(f"/classes/{full}").text
    raced = client.as_(GAO, lang="en").post(path, data={"place": "2", "reason": "x", "seen": "2"})
    assert "The queue moved meanwhile" in raced.text
    assert 'name="seen" type="hidden" value="1"' in raced.text  # what the page says now: once more, and it is done
    seated = client.get(f"/bookings/{booking_of(full, LU).id}/place")
    assert (seated.status_code, seated.location) == (303, f"/classes/{full}")
    assert "waits no more" in client.get(seated.location).text


@pytest.mark.parametrize(
    ("member", "status"), [(None, 302), (STRANGER, 403), (OWNER, 403), (CHEN, 403), (OTHER_OFFICER, 403)]
)
def test_nobody_else_gives_a_place(client: Client, full: int, member: Member | None, status: int) -> None:
    path = f"/bookings/{booking_of(full, STRANGER).id}/place"
    assert client.as_(member).get(path).status_code == status
    assert client.post(path, data={"place": "1", "reason": "x"}).status_code == status


def test_a_program_gives_it_too(client: Client, full: int) -> None:
    path = f"/bookings/{booking_of(full, STRANGER).id}/place"
    assert call(client, "PUT", path, STRANGER, {"place": 1, "reason": "x"}).status_code == 403
    assert call(client, "PUT", path, OTHER_OFFICER, {"place": 1, "reason": "x"}).status_code == 403
    assert call(client, "PUT", path, GAO, {"place": 1}).status_code == 422
    assert call(client, "PUT", path, GAO, {"place": 9, "reason": "x"}).json["code"] == "no_such_place"
    assert call(client, "PUT", path, GAO, {"place": 1, "reason": "x", "seen": 2}).json["place"] == 1
