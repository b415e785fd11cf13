"""Booking first on the pages: the form, the class, the notice's hour, and the API."""

import datetime as dt

from flask import Flask

from courses.catalogue.actions import ask_to_be_told
from courses.ground import clock
from tests import makers
from tests.conftest import Client
from tests.doors.test_pages import fill
from tests.makers import actor
from tests.people import GAO, LU, SHEN


def test_the_page_says_whose_turn_it_is(app: Flask, client: Client) -> None:
    ask_to_be_told(actor(SHEN), 1)
    class_id = makers.a_class(first_until=makers.in_days(2))
    mine = client.as_(SHEN, lang="en").get(f"/classes/{class_id}").text
    assert "you can book before others" in mine
    assert "Book a seat" in mine
    page = client.as_(LU, lang="en").get(f"/classes/{class_id}").text
    assert "From then on everyone can." in page
    assert "Book a seat" not in page
    refused = client.post(f"/classes/{class_id}/bookings", data={"seen": "1"})
    assert (refused.status_code, "Come back then." in refused.text) == (409, True)
    said = client.get(f"/api/v1/classes/{class_id}").json["first_until"]
    assert dt.datetime.fromisoformat(said) == makers.the_class(class_id).first_until


def test_the_officer_sets_it_on_the_form(app: Flask, client: Client) -> None:
    ask_to_be_told(actor(SHEN), 1)
    until = clock.local(makers.in_days(2)).strftime("%Y-%m-%dT%H:%M")
    answer = client.as_(GAO).post("/courses/1/classes", data=fill(first_until=until))
    assert answer.status_code == 303
    assert makers.the_class(1).first_until == makers.in_days(2)


def test_a_wrong_hour_is_said_at_its_field(app: Flask, client: Client) -> None:
    late = clock.local(makers.in_days(30)).strftime("%Y-%m-%dT%H:%M")
    page = client.as_(GAO, lang="en").post("/courses/1/classes", data=fill(first_until=late))
    assert page.status_code == 422
    assert 'id="first_until-error"' in page.text
