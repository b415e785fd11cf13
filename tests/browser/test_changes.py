"""What changes after booking, walked on phones: who asked books first, another class, a queue by hand, staying away."""

import datetime as dt

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import IN_CHINESE, IN_ENGLISH, Door
from tests.browser.test_walk import COLLEAGUES, COURSE, DAY, fits, follow, id_in, press, told
from tests.browser.town import ZONE, Town, Words

pytestmark = pytest.mark.browser

WANG, LI, _ = range(3)
REASON = "按报名先后更正 corrected"


def publish(officer: Page, course: int, days: int, seats: int, say: Words, first_until: str = "") -> int:
    """Publish a class so many days after the one that the form proposes; return its id."""
    officer.goto(f"/courses/{course}/classes/new")
    day = officer.locator("input[type=date]").first
    day.fill(str(dt.date.fromisoformat(day.input_value()) + days * DAY))
    officer.get_by_label(say("Seats"), exact=True).fill(str(seats))
    if first_until:
        officer.locator("summary", has_text=say("Seat rules")).click()
        officer.locator("#first_until").fill(first_until)
        fits(officer)
    press(officer, say("Publish"))
    told(officer, say("The class is published. People can see it now."))
    return id_in(officer)


def seat_of(town: Town, who: str) -> list[tuple[int, str]]:
    """Return the live bookings of someone in classes of the course, in the order of the classes."""
    return town.rows(
        """SELECT b.class_id, b.state FROM booking b JOIN person p ON p.id = b.person_id
           JOIN training_class t ON t.id = b.class_id JOIN course c ON c.id = t.course_id
           WHERE p.email = ? AND c.title_en = ? AND b.state <> 'cancelled' AND t.ends_at > datetime('now')
           ORDER BY b.class_id""",
        f"{who}@demo.example",
        COURSE["en"],
    )


@IN_ENGLISH
def test_first_another_class_and_a_queue_by_hand(own_town: Town, door: Door, lang: str, say: Words) -> None:
    town, names = own_town, COLLEAGUES[lang]
    course = town.one("SELECT id FROM course WHERE title_en = ?", COURSE["en"])

    # A manager asks to be told; the class that then comes is for those who asked until tomorrow evening.
    manager = door(town, "shen", lang)
    manager.goto(f"/courses/{course}")
    follow(manager.locator("form[action$='/interest'] .button"))
    expect(manager.locator("form[action$='/interest/withdrawal'] .button")).to_be_visible()
    officer = door(town, "gao", lang)
    tomorrow = (dt.datetime.now(ZONE) + DAY).strftime("%Y-%m-%dT20:00")
    first = publish(officer, course, 0, 2, say, first_until=tomorrow)
    assert "可以优先预约" in town.mailed("interest", 1, "shen@")[0].text  # she reads Chinese

    other = door(town, "lu", lang)
    other.goto(f"/classes/{first}")
    expect(other.locator("main")).to_contain_text(
        {"zh": "优先预约；此后面向所有人", "en": "From then on everyone can."}[lang]
    )
    expect(other.get_by_role("button", name=say("Book a seat"))).to_have_count(0)
    fits(other)

    manager.goto(f"/classes/{first}")
    expect(manager.locator("main")).to_contain_text({"zh": "优先", "en": "you can book before others"}[lang])
    press(manager, say("Book a seat"))
    told(manager, say("The seat is booked. A confirmation is on its way.", num=1))
    town.mailed("booked", 1, "shen@")  # else the change would take it back
    fits(manager)

    # Another day suits better: the seat there and the one given up are one step.
    second = publish(officer, course, 1, 1, say)
    manager.goto(f"/classes/{first}")
    press(manager, say("Change to another class"))
    fits(manager)
    press(manager, say("Change to this class"))
    told(manager, say("The seat is now in this class. The other one is given up; a confirmation is on its way."))
    assert id_in(manager) == second
    assert seat_of(town, "shen") == [(second, "booked")]
    assert town.mailed("cancelled", 1, "shen@")[0].method == "CANCEL"
    assert town.mailed("booked", 2, "shen@")[-1].method == "REQUEST"

    # The owner has two wait for the full class.
    owner = door(town, "owner", lang)
    for name in names[:2]:
        owner.goto(f"/classes/{second}")
        owner.locator("#group").get_by_label(name).check()
        press(owner, say("Join the queue"))
        told(owner, say("The class is full: number %(place)s in the queue.", place=names.index(name) + 1))

    # The officer puts the second first, and has to say why.
    officer.goto(f"/classes/{second}")
    follow(officer.locator("ol.desk li").filter(has_text=names[LI]).get_by_role("link", name=say("Another place")))
    officer.locator("#place").fill("1")
    fits(officer)
    press(officer, say("Change the order"))
    expect(officer.locator(".summary")).to_be_focused()  # nothing without a reason
    officer.locator("#reason").fill(REASON)
    press(officer, say("Change the order"))
    told(officer, say("The queue has its new order. Those concerned are being told."))
    expect(officer.locator("ol.desk")).to_contain_text(f"1. {names[LI]}")
    assert REASON in town.mailed("reordered", 1, "li.lun@")[0].text

    # Everyone reads it seat by seat, without a name; the officer reads the whole story.
    anyone = door(town, "", lang)
    anyone.goto(f"/classes/{second}/seats")
    expect(anyone.locator("main")).to_contain_text(
        say("From place %(before)s to %(after)s: %(reason)s", before=2, after=1, reason=REASON)
    )
    for name in names:
        expect(anyone.locator("main")).not_to_contain_text(name)
    fits(anyone)
    officer.goto(f"/classes/{second}/story")
    expect(officer.locator("main")).to_contain_text(REASON)
    expect(officer.locator("main")).to_contain_text(names[LI])
    fits(officer)

    # The owner finds the other a seat in a third class; a seat comes free, and who was put first has it.
    third = publish(officer, course, 2, 3, say)
    owner.goto(f"/classes/{second}")
    waiting = owner.locator("section.note").filter(has_text=names[WANG])
    follow(waiting.get_by_role("link", name=say("Change to another class")))
    there = owner.locator("ol.desk li").filter(has=owner.locator(f"a[href='/classes/{third}']"))
    follow(there.get_by_role("button", name=say("Change to this class")))
    told(owner, say("The seat is now in this class. The other one is given up; a confirmation is on its way."))
    assert seat_of(town, "wang.yan") == [(third, "booked")]
    manager.goto(f"/classes/{second}")
    press(manager, say("I cannot come"))
    told(manager, say("Cancelled. The seat has gone to the next in the queue."))
    town.mailed("promoted", 1, "li.lun@")

    # The owner's story of it is that of their own people.
    owner.goto(f"/classes/{second}/story")
    story = owner.locator("main")
    for words in (REASON, names[WANG], names[LI]):
        expect(story).to_contain_text(words)
    expect(story).to_contain_text(say("%(who)s moved up from the queue to a seat: next in order.", who=names[LI]))
    fits(owner)
    assert "All is well." in town.flask("doctor")


@IN_CHINESE
def test_standby_the_appeal_and_its_end(own_town: Town, door: Door, lang: str, say: Words) -> None:
    town = own_town
    ye = {"zh": "叶青", "en": "Ye Qing"}[lang]
    seat = "SELECT b.state, b.class_id FROM booking b JOIN person p ON p.id = b.person_id JOIN enrolment e"
    seat += " ON e.id = b.enrolment_id WHERE p.email = 'ye@demo.example' AND e.made_by = p.id ORDER BY b.id DESC"
    assert town.rows(seat)[0][0] == "queued"

    # Who stayed away twice reads on the desk why they wait behind others, and says what happened.
    manager = door(town, "ye", lang)
    manager.goto("/desk")
    follow(manager.locator("ol.todo a[href='/standing']"))
    main = manager.locator("main")
    expect(main.locator(".note")).to_contain_text({"zh": "您列候补末位", "en": "You are on standby until"}[lang])
    fits(manager)
    press(manager, say("Appeal"))
    fits(manager)
    manager.locator("#words").fill("当天住院 in hospital that day")
    press(manager, say("Send"))
    told(manager, say("The squadron reads it and answers you by message."))
    expect(main.get_by_role("link", name=say("Appeal"), exact=True)).to_have_count(0)

    # The officer finds it on the desk, reads the words, and answers in words.
    officer = door(town, "gao", lang)
    officer.goto("/desk")
    follow(officer.locator("ol.todo a[href='/appeals']"))
    fits(officer)
    follow(officer.get_by_role("row").filter(has_text=ye).get_by_role("link").first)
    fits(officer)
    officer.get_by_label(say("It does not count"), exact=True).check()
    officer.locator("#answer").fill("情况属实 agreed")
    press(officer, say("Decide"))
    told(officer, say("Decided. The person is being told, in your words."))

    # They are told; nothing keeps them behind others any more, and the clock finds them the free seat.
    assert "情况属实 agreed" in town.mailed("appeal-decided", 1, "ye@")[0].text
    manager.goto("/standing")
    expect(main.locator(".note")).to_have_count(0)
    expect(main).to_contain_text("情况属实 agreed")
    town.tick("standby", dt.datetime.now(dt.UTC))
    assert town.rows(seat)[0][0] == "booked"
    town.mailed("promoted", 1, "ye@")
    manager.goto(f"/classes/{town.rows(seat)[0][1]}")
    expect(manager.locator("main section.note")).to_contain_text(say("Booked"))
    fits(manager)
    assert "All is well." in town.flask("doctor")
