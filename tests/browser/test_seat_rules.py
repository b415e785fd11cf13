"""The rules of seats, walked on phones: an officer keeps seats, an owner is content with fewer, anyone reads why."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import IN_ENGLISH, Door
from tests.browser.test_walk import COLLEAGUES, fits, id_in, press, told
from tests.browser.town import Town, Words

pytestmark = pytest.mark.browser


@IN_ENGLISH
def test_seats_are_kept_given_in_part_and_explained(own_town: Town, door: Door, lang: str, say: Words) -> None:
    officer = door(own_town, "gao", lang)
    officer.goto("/courses/1/classes/new")
    officer.get_by_label(say("Seats"), exact=True).fill("3")
    officer.locator("summary", has_text=say("Seat rules")).click()
    officer.get_by_label(say("Fill gaps: those behind it who fit go first, and it keeps its place")).check()
    officer.get_by_label(say("Kept for"), exact=True).first.select_option("key_unit")
    officer.get_by_label(say("How many"), exact=True).first.fill("1")
    fits(officer)
    press(officer, say("Publish"))
    told(officer, say("The class is published. People can see it now."))
    class_id = id_in(officer)

    owner = door(own_town, "owner", lang)
    owner.goto(f"/classes/{class_id}")
    people = owner.locator("#group input[name=people]")
    for number in range(4):
        people.nth(number).check()
    owner.locator("#least").fill("2")
    fits(owner)
    press(owner, say("Book"))
    told(owner, say("The class is full: number %(place)s in the queue.", place=1))

    anyone = door(own_town, "", lang)
    anyone.goto(f"/classes/{class_id}")
    press(anyone, say("Seat by seat"))
    fits(anyone)
    main = anyone.locator("main")
    expect(main).to_contain_text(say("key pollutant-discharge units"))
    expect(main).to_contain_text(say("waits for its turn"))
    for name in COLLEAGUES[lang]:
        expect(main).not_to_contain_text(name)
