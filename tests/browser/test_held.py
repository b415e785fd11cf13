"""Seats that wait for somebody, walked on phones: held and named, approved, asked again after a move; lots; numbers."""

import datetime as dt

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import IN_CHINESE, IN_ENGLISH, Door
from tests.browser.test_offers import answers_in
from tests.browser.test_walk import COLLEAGUES, DAY, fits, follow, id_in, press, told
from tests.browser.town import ZONE, Town, Words

pytestmark = pytest.mark.browser

STATE = """SELECT b.state, b.reason FROM booking b JOIN person p ON p.id = b.person_id
           WHERE b.class_id = ? AND p.email = ? ORDER BY b.id DESC"""


def publish(officer: Page, say: Words, seats: int, **rules: str) -> int:
    """Publish a class of so many seats with these seat rules, by the names of their inputs; return its id."""
    officer.goto("/courses/1/classes/new")
    officer.get_by_label(say("Seats"), exact=True).fill(str(seats))
    if rules:
        officer.locator("summary", has_text=say("Seat rules")).click()
    for name, value in rules.items():
        officer.locator(f"#{name}").fill(value)
    fits(officer)
    press(officer, say("Publish"))
    told(officer, say("The class is published. People can see it now."))
    return id_in(officer)


@IN_CHINESE
def test_an_enterprise_has_its_say_holds_and_names(own_town: Town, door: Door, lang: str, say: Words) -> None:
    town, (first, second, _third) = own_town, COLLEAGUES[lang]
    officer = door(town, "gao", lang)
    class_id = publish(officer, say, 5)
    page_of_class = f"/classes/{class_id}"

    # The owner wants to be asked; the manager's seat is reserved meanwhile.
    owner = door(town, "owner", lang)
    firm = town.one("SELECT enterprise_id FROM post o JOIN person p ON p.id = o.person_id WHERE email LIKE 'owner@%'")
    owner.goto(f"/enterprises/{firm}")
    fits(owner)
    press(owner, say("Ask me to approve bookings"))
    told(owner, say("From now on you approve what your people book."))
    manager = door(town, "shen", lang)
    manager.goto(page_of_class)
    press(manager, say("Book a seat"))
    told(manager, say("The seat is reserved for you until your enterprise approves it."))
    fits(manager)
    owner.goto("/desk")
    expect(owner.locator("ol.todo")).to_contain_text(say("Approve or refuse"))
    owner.goto(page_of_class)
    fits(owner)
    press(owner, say("Approve"))
    told(owner, say("Approved. The seat is booked, and the person is being told."))
    town.mailed("booked", 1, "shen@")

    # Two seats are held, and say later who comes; the one who was named gives way to another.
    owner.locator("#hold summary").click()
    owner.locator("#hold-seats").fill("2")
    follow(owner.locator("#hold .button"))
    told(owner, say("%(num)s seat is held. Now say who comes.", num=2) if lang == "zh" else "2 seats are held.")
    fits(owner)
    follow(owner.locator("#held").get_by_role("link", name=say("Say who comes")).first)
    owner.get_by_label(first).check()
    fits(owner)
    press(owner, say("Name this person"))
    told(owner, say("%(name)s is named, and is being told.", name=first))
    owner.goto(page_of_class)
    named = owner.locator("section.note").filter(has_text=first)
    follow(named.get_by_role("link", name=say("Send a colleague instead")))
    owner.get_by_label(second).check()
    fits(owner)
    press(owner, say("Send this colleague"))
    told(owner, say("%(name)s is named, and is being told.", name=second))
    assert town.one("SELECT seats_taken FROM training_class WHERE id = ?", class_id) == 3

    # The class moves; who cannot come then says so from the mail, and a machine that reads mails says nothing.
    officer.goto(page_of_class)
    press(officer, say("Move"))
    day = officer.locator("input[type=date]").first
    day.fill(str(dt.date.fromisoformat(day.input_value()) + DAY))
    press(officer, say("Move and tell everyone"))
    told(officer, say("The class is moved. Everyone concerned is being told."))
    [mail] = town.mailed("moved", 1, "shen@")
    _yes, no = answers_in(mail)
    scanner = door(town, "", lang, java_script_enabled=False)
    scanner.goto(no)
    fits(scanner)
    assert town.rows(STATE, class_id, "shen@demo.example")[0][0] == "booked"
    reader = door(town, "", lang)
    reader.goto(no)
    expect(reader.locator("main")).to_contain_text(
        say("You said that the new time does not suit you. The seat is given up; this does not count as late.")
    )
    fits(reader)
    assert town.rows(STATE, class_id, "shen@demo.example")[0] == ("cancelled", "new_time")
    officer.goto(page_of_class)
    expect(officer.locator("main")).to_contain_text(
        say(
            "Does the new time suit? %(yes)s said yes, %(no)s gave up their seat, %(silent)s have not answered and"
            " keep theirs.",
            yes=0,
            no=1,
            silent=1,
        )
    )
    fits(officer)
    assert "All is well." in town.flask("doctor")


@IN_ENGLISH
def test_lots_are_drawn_and_can_be_drawn_again(own_town: Town, door: Door, lang: str, say: Words) -> None:
    town, officer = own_town, door(own_town, "gao", lang)
    hour = dt.datetime.now(ZONE) + DAY
    class_id = publish(officer, say, 1, draw_at=hour.strftime("%Y-%m-%dT%H:%M"))
    for who in ("shen", "lu"):
        manager = door(town, who, lang)
        manager.goto(f"/classes/{class_id}")
        press(manager, say("Enter the draw"))
        fits(manager)
    anyone = door(town, "", lang)
    anyone.goto(f"/classes/{class_id}/draw")
    seal = anyone.locator("code.long").first.inner_text()
    fits(anyone)
    anyone.goto(f"/classes/{class_id}/seats")
    expect(anyone.locator("main")).to_contain_text(say("waits for the draw"))
    assert town.tick("draw", hour + dt.timedelta(minutes=1)) >= 1  # the demo has draws of its own
    anyone.goto(f"/classes/{class_id}/draw")
    expect(anyone.locator("code.long").first).to_have_text(seal)
    expect(anyone.locator("main")).to_contain_text(say("The lots, the first drawn first"))
    fits(anyone)
    anyone.goto(f"/classes/{class_id}/seats")
    expect(anyone.locator("main")).to_contain_text(say("by lot"))


@IN_CHINESE
def test_a_class_takes_place_once_enough_are_booked(own_town: Town, door: Door, lang: str, say: Words) -> None:
    town, officer = own_town, door(own_town, "gao", lang)
    class_id = publish(officer, say, 5, minimum="2")
    expect(officer.locator("main")).to_contain_text(say("Tentative"))
    for who in ("shen", "lu"):
        manager = door(town, who, lang)
        manager.goto(f"/classes/{class_id}")
        fits(manager)
        press(manager, say("Book a seat"))
    town.mailed("confirmed", 1, "shen@")
    manager.reload()
    expect(manager.locator("main")).to_contain_text(say("For certain."))
    officer.reload()
    expect(officer.locator("main")).not_to_contain_text(say("Tentative"))
    fits(officer)
