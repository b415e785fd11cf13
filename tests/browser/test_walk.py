"""The main job, walked by its six people on phones: from a class published to hours earned."""

import datetime as dt
import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Door, sign_in
from tests.browser.town import ZONE, Town, Words

pytestmark = pytest.mark.browser

COURSE = {"zh": "碳交易管理", "en": "Carbon Trading Management"}
COLLEAGUES = {"zh": ("王䶮", "李𬬭", "查文静"), "en": ("Wang Yan", "Li Lun", "Zha Wenjing")}
ADDRESSES = ("wang.yan", "li.lun", "zha.wenjing")
DAY, HOUR = dt.timedelta(days=1), dt.timedelta(hours=1)
SOON_AFTER = dt.timedelta(minutes=5)


def follow(target: Locator) -> None:
    """Click what leads to another page, and wait until that is there: what looks at once would look at neither."""
    with target.page.expect_navigation():
        target.click()


def press(page: Page, words: str) -> None:
    """Press the button or follow the link with these words in the page itself, and wait for what it leads to."""
    main = page.locator("main")
    target = main.get_by_role("button", name=words, exact=True).or_(main.get_by_role("link", name=words, exact=True))
    follow(target.first)


def told(page: Page, words: str) -> None:
    """See that the page says what was done."""
    expect(page.locator("#told")).to_contain_text(words)


def find_class(page: Page, lang: str) -> None:
    """Find the class as anyone would: words in the search of the first page, then the card."""
    page.goto("/")
    page.get_by_role("searchbox").fill(COURSE[lang])
    page.get_by_role("searchbox").press("Enter")
    page.wait_for_url("**/?q=*")
    follow(page.get_by_role("heading", name=COURSE[lang], exact=True).get_by_role("link"))


def fits(page: Page) -> None:
    """See that nothing on the page is wider than the phone."""
    too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert too_wide == 0, f"{page.url} is {too_wide} px too wide"


def starts_at(town: Town, class_id: int) -> dt.datetime:
    text = town.one("SELECT starts_at FROM training_class WHERE id = ?", class_id)
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def id_in(page: Page) -> int:
    found = re.search(r"/classes/(\d+)", urlsplit(page.url).path)
    assert found, page.url
    return int(found[1])


def hours_of(desk: Page, name: str) -> float:
    """Return the hours that an owner's desk shows for a colleague."""
    cell = desk.get_by_role("row").filter(has_text=name).locator("td").nth(1)
    return float(cell.inner_text())


def test_the_main_job(own_town: Town, door: Door, lang: str, say: Words) -> None:
    town = own_town

    # The squadron's officer publishes a class in the Home on Haichang Street.
    officer = door(town, "gao", lang)
    officer.goto("/desk")
    press(officer, say("Publish a class"))
    officer.get_by_role("searchbox").fill(COURSE[lang])
    officer.get_by_role("searchbox").press("Enter")
    officer.wait_for_url("**/courses?q=*")
    press(officer, COURSE[lang])
    press(officer, say("Publish a class"))
    home = officer.locator("#room_id option:checked").inner_text()
    assert {"zh": "环保管家之家", "en": "Home for Environmental Managers"}[lang] in home
    officer.get_by_label(say("Seats"), exact=True).fill("4")
    officer.get_by_label(re.compile("陈砚|Chen Yan")).check()
    fits(officer)
    press(officer, say("Publish"))
    told(officer, say("The class is published. People can see it now."))
    class_id = id_in(officer)
    first_start = starts_at(town, class_id)

    # An environmental manager finds it in the supermarket, signs in on the way, and books.
    manager = door(town, "", lang)
    find_class(manager, lang)
    fits(manager)
    press(manager, say("Sign in to book"))
    sign_in(manager, "shen")
    assert id_in(manager) == class_id
    press(manager, say("Book a seat"))
    told(manager, say("The seat is booked. A confirmation is on its way.", num=1))
    (confirmation,) = town.mailed("booked", 1, "shen@")
    assert confirmation.method == "REQUEST"
    assert confirmation.event["DTSTART"].dt == first_start

    # The owner of an enterprise books three colleagues in one act.
    owner = door(town, "owner", lang)
    owner.goto("/desk")
    names = COLLEAGUES[lang]
    present, absent = names[1:]
    hours_before = {name: hours_of(owner, name) for name in names}
    find_class(owner, lang)
    for name in names:
        owner.get_by_label(name).check()
    fits(owner)
    press(owner, say("Book"))
    told(
        owner,
        say("The seat is booked. A confirmation is on its way.", num=3) if lang == "zh" else "3 seats are booked.",
    )
    assert town.rows("SELECT seats, count(*) FROM enrolment WHERE class_id = ? GROUP BY seats", class_id) == [
        (1, 1),
        (3, 1),
    ]
    booked = {who: town.mailed("booked", 1, f"{who}@")[0] for who in ADDRESSES}

    # The class is full: a second manager queues.
    second = door(town, "lu", lang)
    find_class(second, lang)
    expect(second.locator("main")).to_contain_text(say("Full, %(capacity)s seats", capacity=4))
    press(second, say("Join the queue"))
    told(second, say("The class is full: number %(place)s in the queue.", place=1))
    assert town.mailed("queued", 1, "lu@")[0].method is None

    # The first cancels; the second moves up and is told by mail, with an entry for the calendar.
    press(manager, say("I cannot come"))
    told(manager, say("Cancelled. The seat has gone to the next in the queue."))
    expect(manager.get_by_role("button", name=say("Take the cancellation back"))).to_have_count(0)
    (promotion,) = town.mailed("promoted", 1, "lu@")
    assert promotion.method == "REQUEST"
    assert town.mailed("cancelled", 1, "shen@")[0].method == "CANCEL"
    second.reload()
    expect(second.locator("main section.note")).to_contain_text(say("Booked"))
    booked["lu"] = promotion

    # The officer moves the class by a day.
    officer.reload()
    press(officer, say("Move"))
    day = officer.locator("input[type=date]").first
    day.fill(str(dt.date.fromisoformat(day.input_value()) + DAY))
    fits(officer)
    press(officer, say("Move and tell everyone"))
    told(officer, say("The class is moved. Everyone concerned is being told."))
    new_start = starts_at(town, class_id)
    assert new_start - first_start == DAY

    # Everyone booked is told once, and the lecturer; their entries move. Whoever cancelled hears nothing.
    moved = town.mailed("moved", 5)
    assert sorted(mail.to.split("@")[0].split("<")[-1] for mail in moved) == sorted([*booked, "chen"])
    for who, before in booked.items():
        (mail,) = town.mails("moved", f"{who}@")
        assert mail.method == "REQUEST"
        assert mail.event["UID"] == before.event["UID"]
        assert mail.event["SEQUENCE"] > before.event["SEQUENCE"]
        assert mail.event["DTSTART"].dt == new_start

    # Their reminders move along: three days before the new day, nothing a day before the old one, a day before the new.
    reminded = "SELECT count(*) FROM notice WHERE kind = 'reminder' AND class_id = ?"
    for moment, count in ((new_start - 3 * DAY, 4), (first_start - DAY, 4), (new_start - DAY, 8)):
        town.tick("reminders", moment + SOON_AFTER)
        assert town.one(reminded, class_id) == count, moment
    town.tick("deliver", new_start - DAY + SOON_AFTER)
    reminders = [mail for mail in town.mails("remind", "lu@") if mail.event["UID"] == promotion.event["UID"]]
    assert [mail.event["DTSTART"].dt for mail in reminders] == [new_start, new_start]
    assert new_start.astimezone(ZONE).strftime("%H:%M") in reminders[-1].text

    # The hour comes: the lecturer opens the roster and marks who came.
    town.later(new_start - SOON_AFTER)
    lecturer = door(town, "chen", lang)
    lecturer.goto("/desk")
    running = lecturer.locator("section").filter(has_text=COURSE[lang]).first  # the next class stands first
    follow(running.get_by_role("link", name=say("Roster")).first)
    fits(lecturer)
    sheet = lecturer.locator("ol.sheet > li")
    expect(sheet).to_have_count(4)
    sheet.filter(has_text=absent).get_by_role("button", name=say("Absent")).click()
    expect(lecturer.locator(".figures")).to_contain_text("1/4")
    press(lecturer, say("All others are present"))
    expect(lecturer.locator(".figures")).to_contain_text("4/4")
    expect(sheet.get_by_role("button", name=say("Present"), pressed=True)).to_have_count(3)

    # The hours stand on the manager's page, and on the owner's.
    second.goto("/desk")
    follow(second.get_by_role("link", name=say("All my classes and hours")))
    expect(second.get_by_role("row").filter(has_text=COURSE[lang])).to_contain_text("3.5")
    owner.goto("/desk")
    assert hours_of(owner, present) == hours_before[present] + 3.5
    assert hours_of(owner, absent) == hours_before[absent]

    # The administrator sees that the clock is alive and nothing is stuck.
    administrator = door(town, "jin", lang)
    administrator.goto("/desk")
    press(administrator, say("Look closer"))
    for words in ("The clock is running: reminders go out on time.", "No notice is stuck."):
        expect(administrator.locator("main")).to_contain_text(say(words))
    town.tick("lapse", new_start - SOON_AFTER)  # what ran out in the days that this town skipped
    press(administrator, say("Check the records"))
    expect(administrator.locator("main")).to_contain_text(say("Seats, counters, queue and log agree."))
    fits(administrator)

    # They were reminded two hours before as well, and whatever happened, nobody was told the same thing twice.
    town.tick("reminders", new_start - SOON_AFTER)
    assert town.one(reminded, class_id) == 12
    assert len(town.mails("moved")) == 5
    assert town.rows("SELECT key FROM notice GROUP BY key HAVING count(*) > 1") == []
    assert "All is well." in town.flask("doctor")


Coming = Callable[[int], int]


def test_booking_by_keyboard_alone(demo_town: Town, door: Door, coming: Coming, lang: str, say: Words) -> None:
    page = door(demo_town, "lu", lang)
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name=say("Skip to the content"))).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("searchbox")).to_be_focused()

    page.goto(f"/classes/{coming(0)}")
    button = page.get_by_role("button", name=say("Book a seat"))
    tab_to(page, button)
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid", "the focus is not seen"
    page.keyboard.press("Enter")
    told(page, say("The seat is booked. A confirmation is on its way.", num=1))
    tab_to(page, page.get_by_role("button", name=say("I cannot come")))
    page.keyboard.press("Space")
    told(page, say("Cancelled. You can take this back until the seat goes to someone else."))


def tab_to(page: Page, target: object) -> None:
    for _ in range(40):
        page.keyboard.press("Tab")
        if target.evaluate("node => node === document.activeElement"):  # type: ignore[attr-defined]
            return
    raise AssertionError("forty presses of Tab do not reach it")


def test_booking_without_javascript(demo_town: Town, door: Door, coming: Coming, lang: str, say: Words) -> None:
    page = door(demo_town, "", lang, java_script_enabled=False)
    class_id = coming(1)
    page.goto("/")
    page.get_by_role("searchbox").fill(
        demo_town.one(
            f"SELECT title_{lang} FROM course JOIN training_class t ON t.course_id = course.id WHERE t.id = ?", class_id
        )
    )
    press(page, say("Search"))
    follow(page.locator(f"a[href='/classes/{class_id}']"))
    press(page, say("Sign in to book"))
    sign_in(page, "shen")
    press(page, say("Book a seat"))
    told(page, say("The seat is booked. A confirmation is on its way.", num=1))
    press(page, say("I cannot come"))
    told(page, say("Cancelled. You can take this back until the seat goes to someone else."))


def test_an_owner_books_a_group_without_javascript(demo_town: Town, door: Door, coming: Coming) -> None:
    page = door(demo_town, "owner", "en", java_script_enabled=False)
    page.goto(f"/classes/{coming(1)}")
    press(page, "Book")
    expect(page.locator(".note.lost").first).to_contain_text("Choose at least one person.")
    for name in ("Wang Yan", "Li Lun"):
        page.get_by_label(name).check()
    press(page, "Book")
    told(page, "2 seats are booked. Each person is being told.")


def test_a_cancellation_is_taken_back(demo_town: Town, door: Door, coming: Coming, lang: str, say: Words) -> None:
    page = door(demo_town, "shen", lang)
    page.goto(f"/classes/{coming(2)}")
    press(page, say("Book a seat"))
    press(page, say("I cannot come"))
    press(page, say("Take the cancellation back"))
    told(page, say("The cancellation is taken back. Your place is as it was."))
    press(page, say("I cannot come"))


def test_a_page_from_before_the_class_moved(own_town: Town, door: Door) -> None:
    say, course = Words("zh"), own_town.one("SELECT id FROM course WHERE title_zh = ?", COURSE["zh"])
    officer = door(own_town, "gao")
    officer.goto(f"/courses/{course}/classes/new")
    press(officer, say("Publish"))
    class_id = id_in(officer)
    manager = door(own_town, "shen")
    manager.goto(f"/classes/{class_id}")
    before = manager.locator(".facts time").inner_text()

    press(officer, say("Move"))
    day = officer.locator("input[type=date]").first
    day.fill(str(dt.date.fromisoformat(day.input_value()) + DAY))
    press(officer, say("Move and tell everyone"))
    after = officer.locator(".facts time").inner_text()
    assert after != before

    press(manager, say("Book a seat"))
    expect(manager.locator(".note.lost")).to_contain_text(
        say("Someone changed this class meanwhile. Look at it as it is now, then decide again.")
    )
    expect(manager.locator(".facts time")).to_have_text(after)
    assert own_town.rows("SELECT * FROM booking WHERE class_id = ?", class_id) == []
    press(manager, say("Book a seat"))
    told(manager, say("The seat is booked. A confirmation is on its way.", num=1))


def test_the_back_button_and_a_second_booking(demo_town: Town, door: Door, coming: Coming) -> None:
    class_id, page = coming(3), door(demo_town, "lu", "en")
    page.goto("/")
    page.goto(f"/classes/{class_id}")
    press(page, "Book a seat")
    told(page, "The seat is booked.")
    page.go_back()
    again = page.get_by_role("button", name="Book a seat")
    if again.count():
        follow(again)
        expect(page.locator(".note.lost")).to_contain_text("already has a place in this class.")
    assert demo_town.rows(
        "SELECT state FROM booking WHERE class_id = ? AND person_id = ?", class_id, lu(demo_town)
    ) == [("booked",)]
    page.goto(f"/classes/{class_id}")
    press(page, "I cannot come")


def test_a_double_click_books_once(demo_town: Town, door: Door, coming: Coming) -> None:
    class_id, page = coming(4), door(demo_town, "lu", "en")
    page.goto(f"/classes/{class_id}")
    posts = []
    page.on("request", lambda request: request.method == "POST" and posts.append(request.url))
    page.get_by_role("button", name="Book a seat").dblclick()
    told(page, "The seat is booked.")
    assert len(posts) == 1
    press(page, "I cannot come")


def lu(town: Town) -> int:
    found: int = town.one("SELECT id FROM person WHERE email = 'lu@demo.example'")
    return found


def test_text_at_twice_its_size(demo_town: Town, door: Door, coming: Coming, lang: str, say: Words) -> None:
    page = door(demo_town, "lu", lang)
    for path in ("/", f"/classes/{coming(5)}", "/desk", "/profile"):
        page.goto(path)
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        fits(page)
    page.goto(f"/classes/{coming(5)}")
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    press(page, say("Book a seat"))
    told(page, say("The seat is booked. A confirmation is on its way.", num=1))
    press(page, say("I cannot come"))


def test_a_mark_without_a_network(demo_town: Town, door: Door, lang: str, say: Words) -> None:
    page = door(demo_town, "gao", lang)
    page.goto("/desk")
    follow(page.locator("ol.desk > li.wait").last.get_by_role("link", name=say("Roster")))
    excused = page.get_by_role("button", name=say("Excused")).last
    page.context.set_offline(True)
    excused.click()
    told(page, say("No connection: nothing was sent. Please try again when you are back online."))
    door.complaints.clear()  # the browser names the lost line in its console as well
    page.context.set_offline(False)
    excused.click()
    expect(excused).to_have_attribute("aria-pressed", "true")


def test_a_session_that_ended_elsewhere(demo_town: Town, door: Door, coming: Coming, lang: str, say: Words) -> None:
    class_id, page = coming(6), door(demo_town, "", lang)
    page.goto(f"/sign-in?next=/classes/{class_id}")
    sign_in(page, "lu")
    page.wait_for_url(f"**/classes/{class_id}")
    other = page.context.new_page()
    other.goto("/desk")
    follow(other.get_by_role("button", name=say("Sign out")))
    press(page, say("Book a seat"))
    sign_in(page, "lu")
    press(page, say("Book a seat"))
    told(page, say("The seat is booked. A confirmation is on its way.", num=1))
    press(page, say("I cannot come"))


def test_a_form_that_was_not_given_out(demo_town: Town, door: Door, coming: Coming, lang: str, say: Words) -> None:
    page = door(demo_town, "lu", lang)
    page.goto(f"/classes/{coming(6)}")
    page.locator("main input[name=csrf_token]").last.evaluate("field => field.remove()")
    press(page, say("Book a seat"))
    expect(page.locator("h1")).to_have_text(say("This step was not completed"))
    expect(page.locator("main")).to_contain_text(
        say("This form is too old. Go back, reload the page and send it again.")
    )
