"""The countdown to the hour at which booking opens: the server's clock counts, whatever the phone believes."""

import datetime as dt
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import IN_CHINESE, Door
from tests.browser.test_walk import press, told
from tests.browser.town import Town, Words

pytestmark = pytest.mark.browser

HOUR = dt.timedelta(hours=1)
SUMMER_2020 = dt.datetime(2020, 7, 1, 12, tzinfo=dt.UTC)
_NOT_OPEN = "SELECT id, opens_at FROM training_class WHERE state = 'published' AND opens_at > ?"


def opening(town: Town) -> tuple[int, dt.datetime]:
    """Return the class that opens for booking in some days, and when."""
    at = dt.datetime.now(dt.UTC).strftime("%Y-%m-%d %H:%M:%S")
    ((class_id, opens_at),) = town.rows(_NOT_OPEN, at)
    return int(class_id), dt.datetime.fromisoformat(opens_at).replace(tzinfo=dt.UTC)


def hours_left(page: Page) -> int:
    days, hours = re.fullmatch(r"(\d+) d (\d+) h", page.locator("[role=timer]").inner_text()).groups()  # type: ignore[union-attr]
    return int(days) * 24 + int(hours)


def test_a_phone_that_runs_fast_opens_nothing(demo_town: Town, door: Door) -> None:
    """Its clock is years off and hurries: it still says what is left by the server's clock, and asks the server."""
    class_id, opens_at = opening(demo_town)
    page = door(demo_town, "shen", "en")
    page.clock.install(time=SUMMER_2020)
    page.goto(f"/classes/{class_id}")
    assert page.evaluate("new Date().getFullYear()") == SUMMER_2020.year
    left = (opens_at - dt.datetime.now(dt.UTC)).total_seconds() / 3600
    assert hours_left(page) == pytest.approx(left, abs=1.1)
    with page.expect_response(f"**/classes/{class_id}"):  # it believes that the hour has come
        page.clock.fast_forward(int((left + 1) * 3_600_000))
    expect(page.locator("[role=timer]")).to_be_visible()
    assert hours_left(page) == pytest.approx(left, abs=1.1)
    expect(page.get_by_role("button", name=Words("en")("Book a seat"))).to_have_count(0)


@IN_CHINESE
def test_booking_opens_by_itself_at_the_hour(own_town: Town, door: Door, lang: str, say: Words) -> None:
    """When the hour has come by the server's clock, the page that waited offers the seat, without being asked."""
    class_id, opens_at = opening(own_town)
    own_town.later(opens_at - HOUR)
    page = door(own_town, "shen", lang)
    page.clock.install(time=SUMMER_2020)
    page.goto(f"/classes/{class_id}")
    button = page.get_by_role("button", name=say("Book a seat"))
    expect(button).to_have_count(0)
    expect(page.locator("[role=timer]")).to_have_text(re.compile("^5[0-9]"))
    own_town.later(opens_at + dt.timedelta(seconds=1))
    page.clock.fast_forward("01:00:05")
    expect(button).to_be_visible()
    told(page, say("Booking is open."))
    press(page, say("Book a seat"))
    told(page, say("The seat is booked. A confirmation is on its way.", num=1))
