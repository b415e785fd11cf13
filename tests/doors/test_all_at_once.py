"""What is wrong with a class is told at each field, all of it at once: when it is published, kept or looked at."""

import datetime as dt
import re

import pytest
from flask import Flask
from sqlalchemy import func, select

from courses.catalogue.model import TrainingClass
from courses.ground import clock
from courses.ground.db import db
from tests import makers
from tests.conftest import Client
from tests.doors.conftest import Calls
from tests.doors.test_pages import fill
from tests.people import GAO


def wrong_at(page: str) -> set[str]:
    """Return the fields that say what is wrong with them."""
    return {name for name, said in re.findall(r'id="([\w-]+)-error">.*?</span>(.*?)</p>', page) if said.strip()}


def marked(page: str) -> set[str]:
    tags = re.findall(r"<(?:input|select)[^>]*>", page)
    return {found[1] for tag in tags if 'aria-invalid="true"' in tag and (found := re.search(r' id="([\w-]+)"', tag))}


def on(days: float, hour: int) -> str:
    return f"{clock.local(makers.in_days(days, hour)):%Y-%m-%dT%H:%M}"


LATE = {"opens_at": on(15, 9), "closes_at": on(16, 9), "cancel_until": on(17, 9)}
FIELDS = {"opens_at", "closes_at", "cancel_until"}


@pytest.mark.parametrize("act", ["publish", "draft", "check"])
@pytest.mark.parametrize(
    ("form", "fields"),
    [
        ({"sittings-0-day": "2026-01-05"}, {"sittings-0-day"}),
        ({"sittings-0-end": "08:00"}, {"sittings-0-end"}),
        ({"sittings-0-day": "2026-01-05", "sittings-0-end": "08:00"}, {"sittings-0-day", "sittings-0-end"}),
        (LATE, FIELDS),
        ({**LATE, "sittings-0-end": "08:00", "minimum": "99"}, {*FIELDS, "sittings-0-end", "minimum"}),
        ({"draw_at": on(20, 9), "names_by": on(20, 9)}, {"draw_at", "names_by"}),
        ({"cancel_until": on(17, 9)}, {"cancel_until"}),
        ({}, set()),
    ],
)
def test_at_the_fields_of_a_new_class(client: Client, act: str, form: dict[str, str], fields: set[str]) -> None:
    answer = client.as_(GAO).post("/courses/1/classes", data=fill(act=act, **form))
    assert answer.status_code == (422 if fields else 200 if act == "check" else 303)
    assert wrong_at(answer.text) == fields
    assert marked(answer.text) == fields
    assert re.findall(r'<li><a href="#([\w-]+)">', answer.text.partition('class="summary"')[2]) == sorted(
        fields, key=lambda name: answer.text.index(f'id="{name}"')
    )
    there = db.session.scalar(select(func.count(TrainingClass.id)))
    assert there == (0 if fields or act == "check" else 1)


@pytest.mark.parametrize("act", ["publish", "check"])
def test_also_that_the_room_is_too_small(client: Client, act: str) -> None:
    form = fill(act=act, room=2, capacity="40", **LATE)  # type: ignore[arg-type]
    answer = client.as_(GAO, "en").post("/courses/1/classes", data=form)
    assert wrong_at(answer.text) == {*FIELDS, "capacity"}
    for words in ("before the class begins", "no later than the class", "and no longer", "has 20 seats"):
        assert words in answer.text
    draft = client.post("/courses/1/classes", data=fill(act="draft", room=2, capacity="40"))  # type: ignore[arg-type]
    assert draft.status_code == 303, "a draft may still be too large"


def test_of_two_sittings_the_wrong_one_is_marked(client: Client) -> None:
    second = {"sittings-1-day": fill()["sittings-0-day"], "sittings-1-start": "11:00", "sittings-1-end": "12:00"}
    answer = client.as_(GAO).post("/courses/1/classes", data=fill(act="publish", **second))
    assert marked(answer.text) == {"sittings-1-start"}
    swapped = {"sittings-1-day": "2026-01-05", "sittings-1-start": "09:00", "sittings-1-end": "08:00"}
    answer = client.post("/courses/1/classes", data=fill(act="publish", **swapped))
    assert marked(answer.text) == {"sittings-1-day", "sittings-1-end"}


def test_at_the_fields_of_a_move(client: Client) -> None:
    class_id = makers.a_class(days=14)
    form = fill(**{"sittings-0-day": "2026-01-05", "sittings-0-end": "08:00"})  # type: ignore[arg-type]
    answer = client.as_(GAO).post(f"/classes/{class_id}/move", data={**form, "seen": "1"})
    assert answer.status_code == 422
    assert marked(answer.text) == {"sittings-0-day", "sittings-0-end"}


def test_the_part_that_is_exchanged_says_all_of_it_too(client: Client) -> None:
    part = client.as_(GAO, "en").post("/classes/foresight", data=fill(**LATE)).text
    assert part.count('class="note lost"') == 3
    assert "are free" not in part
    unread = client.post("/classes/foresight", data=fill(capacity="", **{"sittings-0-end": "08:00"})).text
    assert unread.count('class="note lost"') == 1, "of what is not typed yet nothing is said"


def test_the_api_says_the_first(app: Flask, call: Calls) -> None:
    begins = makers.in_days(14)
    times = {"starts_at": begins.isoformat(), "ends_at": (begins + dt.timedelta(hours=2)).isoformat()}
    late = {name: (begins + dt.timedelta(days=1)).isoformat() for name in ("closes_at", "cancel_until")}
    body = {"course": 1, "room": 3, "sittings": [times], "capacity": 20, **late}
    assert call("POST", "/drafts", GAO, body).json["code"] == "closes_wrong"
    del body["closes_at"]
    assert call("POST", "/drafts", GAO, body).json["code"] == "cancel_wrong"
