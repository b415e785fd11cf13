"""An offer, walked on phones: an officer publishes, a queue forms, someone cancels, and the mail is answered."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import IN_CHINESE, IN_ENGLISH, Door
from tests.browser.test_walk import fits, follow, id_in, press, told
from tests.browser.town import Mail, Town, Words

pytestmark = pytest.mark.browser


def answers_in(mail: Mail) -> tuple[str, str]:
    """Return the paths of yes and no in a mail."""
    yes, no = re.findall(r"https?://[^/\s]+(/answers/\S+?\?say=(?:yes|no))", mail.text)[:2]
    return yes, no


@IN_ENGLISH
def test_a_seat_is_offered_and_answered_from_the_mail(own_town: Town, door: Door, lang: str, say: Words) -> None:
    officer = door(own_town, "gao", lang)
    officer.goto("/courses/1/classes/new")
    officer.get_by_label(say("Seats"), exact=True).fill("1")
    officer.locator("summary", has_text=say("Seat rules")).click()
    officer.get_by_label(say("It is offered to the next, who says yes or no in time")).check()
    officer.get_by_label(say("Hours to answer an offer")).fill("4")
    fits(officer)
    press(officer, say("Publish"))
    told(officer, say("The class is published. People can see it now."))
    class_id = id_in(officer)

    first, second, owner = (door(own_town, who, lang) for who in ("lu", "shen", "owner"))
    for page in (first, second, owner):
        page.goto(f"/classes/{class_id}")
        expect(page.locator("main")).to_contain_text(
            say(
                "A seat that comes free is offered to the next in the queue, who has %(num)s working hour to answer, "
                "less shortly before the class.",
                num=4,
            )
            if lang == "zh"
            else "who has 4 working hours to answer"
        )
    press(first, say("Book a seat"))
    second.reload()
    press(second, say("Join the queue"))
    expect(second.locator("main")).to_contain_text(
        say("If a seat comes free it is offered to you in your turn, with a message that says by when to answer.")
    )
    fits(second)
    first.reload()
    press(first, say("I cannot come"))

    [mail] = own_town.mailed("offered", 1, "shen@")
    assert mail.calendar is None
    yes, _no = answers_in(mail)
    second.goto("/desk")
    expect(second.locator("main")).to_contain_text(say("Answer an offer"))
    fits(second)
    second.goto(f"/classes/{class_id}")
    expect(second.locator("main")).to_contain_text(say("Without an answer by then it goes to the next in the queue."))
    fits(second)

    scanner = door(own_town, "", lang, java_script_enabled=False)
    scanner.goto(yes)
    fits(scanner)
    assert own_town.one("SELECT count(*) FROM booking WHERE class_id = ? AND state = 'offered'", class_id) == 1

    reader = door(own_town, "", lang)
    reader.goto(yes)
    expect(reader.locator("main")).to_contain_text(say("You have accepted the seat"))
    fits(reader)
    [confirmation] = own_town.mailed("booked", 1, "shen@")[-1:]
    assert confirmation.method == "REQUEST"
    second.reload()
    expect(second.locator("main")).to_contain_text(say("Booked"))

    anyone = door(own_town, "", lang)
    anyone.goto(f"/classes/{class_id}/seats")
    expect(anyone.locator("main")).to_contain_text(say("accepted the offer, next in order"))
    fits(anyone)


@IN_CHINESE
def test_a_seat_that_is_declined_goes_to_the_next(own_town: Town, door: Door, lang: str, say: Words) -> None:
    officer = door(own_town, "gao", lang)
    officer.goto("/courses/1/classes/new")
    officer.get_by_label(say("Seats"), exact=True).fill("1")
    officer.locator("summary", has_text=say("Seat rules")).click()
    officer.get_by_label(say("It is offered to the next, who says yes or no in time")).check()
    press(officer, say("Publish"))
    class_id = id_in(officer)
    first, second, third = (door(own_town, who, lang) for who in ("lu", "shen", "owner"))
    for page, words in ((first, "Book a seat"), (second, "Join the queue")):
        page.goto(f"/classes/{class_id}")
        press(page, say(words))
    third.goto(f"/classes/{class_id}")
    third.locator("#group input[name=people]").nth(0).check()
    press(third, say("Join the queue"))
    first.goto(f"/classes/{class_id}")
    press(first, say("I cannot come"))

    second.goto(f"/classes/{class_id}")
    press(second, say("No, offer it to the next"))
    told(second, say("The seat is declined. It goes to the next in the queue."))
    fits(second)
    third.goto("/desk")
    expect(third.locator("main")).to_contain_text(say("Answer an offer"))
    third.goto(f"/classes/{class_id}")
    expect(third.locator("main")).to_contain_text(say("Seat offered"))
    fits(third)
    follow(third.get_by_role("button", name=say("Yes, I take the seat"), exact=True))
    told(third, say("The seat is accepted."))
    anyone = door(own_town, "", lang)
    anyone.goto(f"/classes/{class_id}/seats")
    expect(anyone.locator("main")).to_contain_text(say("declined the offer"))
    fits(anyone)
