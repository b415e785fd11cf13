"""A token made to book serves nobody else: what an officer does for others asks one that was made to serve."""

import pytest
from flask import Flask

from courses.people.rights import Reach
from tests import makers
from tests.conftest import Client
from tests.doors.test_standing import call
from tests.makers import CODES, booking_of, states
from tests.people import ASSOCIATION, COLLEAGUE, GAO, OWNER, SHEN, Member

PERSON = {"name": "钱晨", "email": "qian@test.example", "role": "manager"}


@pytest.fixture
def class_id(app: Flask) -> int:
    class_id = makers.a_class(seats=5)
    makers.book(SHEN, class_id)
    return class_id


@pytest.mark.parametrize(
    ("member", "reach", "status"),
    [
        (GAO, Reach.BOOK, 403),
        (GAO, Reach.SERVE, 201),
        (ASSOCIATION, Reach.BOOK, 403),
        (ASSOCIATION, Reach.SERVE, 201),
        (OWNER, Reach.BOOK, 201),
    ],
)
def test_a_list(client: Client, class_id: int, member: Member, reach: Reach, status: int) -> None:
    rows = {"rows": [{"enterprise": CODES[0], "name": COLLEAGUE.name}]}
    answer = call(client, "POST", f"/classes/{class_id}/lists", member, rows, reach)
    assert answer.status_code == status
    assert status == 201 or answer.json["code"] == "beyond_token"


@pytest.mark.parametrize(
    ("member", "reach", "status"), [(GAO, Reach.BOOK, 403), (GAO, Reach.SERVE, 201), (OWNER, Reach.BOOK, 201)]
)
def test_an_invitation(client: Client, class_id: int, member: Member, reach: Reach, status: int) -> None:
    answer = call(client, "POST", "/enterprises/1/people", member, PERSON, reach)
    assert answer.status_code == status
    assert status == 201 or answer.json["code"] == "beyond_token"


@pytest.mark.parametrize(("member", "reach"), [(GAO, Reach.SERVE), (OWNER, Reach.BOOK), (SHEN, Reach.BOOK)])
def test_a_cancellation(client: Client, class_id: int, member: Member, reach: Reach) -> None:
    path = f"/bookings/{booking_of(class_id, SHEN).id}/cancellation"
    refused = call(client, "POST", path, GAO, {}, Reach.BOOK)
    assert (refused.status_code, states(class_id)) == (403, {SHEN.id: "booked"})
    assert call(client, "POST", path, member, {}, reach).status_code in (200, 201)
    assert states(class_id) == {SHEN.id: "cancelled"}


@pytest.mark.parametrize("reach", list(Reach))
def test_each_reads_what_its_person_may_read(client: Client, class_id: int, reach: Reach) -> None:
    number = booking_of(class_id, SHEN).id
    for path in (f"/bookings/{number}", f"/people/{SHEN.id}", "/enterprises/1/people", f"/classes/{class_id}/log"):
        assert call(client, "GET", path, GAO, reach=reach).status_code == 200, path
