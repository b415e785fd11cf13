"""How many people are booked for in one act: as many by the page as by the API."""

from flask import Flask

from courses.people.rights import Reach
from tests import makers
from tests.conftest import Client
from tests.doors.test_standing import call
from tests.makers import states
from tests.people import OWNER, SHEN


def test_more_than_a_thousand_are_refused_before_anybody_is_locked(client: Client, app: Flask) -> None:
    class_id, many = makers.a_class(), [SHEN.id] * 1001
    page = client.as_(OWNER).post(f"/classes/{class_id}/bookings", data={"people": list(map(str, many)), "group": "1"})
    answer = call(client, "POST", f"/classes/{class_id}/bookings", OWNER, {"people": many}, Reach.BOOK)
    assert (page.status_code, answer.status_code, answer.json["code"]) == (422, 422, "malformed")
    assert states(class_id) == {}
