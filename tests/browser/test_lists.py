"""A list for a class, walked on phones: an owner's own people, and an officer's town."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import IN_CHINESE, IN_ENGLISH, Door
from tests.browser.test_walk import fits, follow, id_in, press, told
from tests.browser.town import Town, Words

pytestmark = pytest.mark.browser
CLASS = "/courses/1/classes/new"


def a_class(own_town: Town, door: Door, lang: str, say: Words, seats: int) -> int:
    officer = door(own_town, "gao", lang)
    officer.goto(CLASS)
    officer.get_by_label(say("Seats"), exact=True).fill(str(seats))
    press(officer, say("Publish"))
    told(officer, say("The class is published. People can see it now."))
    return id_in(officer)


@IN_ENGLISH
def test_an_owner_enrols_a_list(own_town: Town, door: Door, lang: str, say: Words) -> None:
    class_id = a_class(own_town, door, lang, say, 2)
    owner = door(own_town, "owner", lang)
    owner.goto(f"/classes/{class_id}")
    press(owner, say("Enrol a list"))
    fits(owner)
    with owner.expect_download() as taken:
        owner.get_by_role("link", name=say("Template, XLSX")).click()
    sheet = taken.value.path()
    owner.locator("#sheet").set_input_files({"name": "名单.xlsx", "mimeType": "", "buffer": sheet.read_bytes()})
    press(owner, say("Look at it"))
    fits(owner)
    main = owner.locator("main")
    expect(main).to_contain_text(say("Nobody is enrolled yet. This is what each row would get now."))
    expect(main).to_contain_text(say("Will wait in the queue, place %(place)s", place=1))
    follow(owner.locator("main form .button.main"))
    expect(owner.locator("main")).to_contain_text(say("Waits in the queue, place %(place)s", place=1))
    fits(owner)


@IN_CHINESE
def test_an_officer_enrols_those_of_a_list_who_can(own_town: Town, door: Door, lang: str, say: Words) -> None:
    class_id = a_class(own_town, door, lang, say, 5)
    code = own_town.one(
        "SELECT e.credit_code FROM enterprise e JOIN post o ON o.enterprise_id = e.id JOIN person p"
        " ON p.id = o.person_id WHERE p.email = 'shen@demo.example'"
    )
    officer = door(own_town, "gao", lang)
    officer.goto(f"/classes/{class_id}")
    press(officer, say("Enrol a list"))
    fits(officer)
    rows = (f"{code}\t\t\tshen@demo.example", f"{code}\t张三\t12345", f"{code}\t钱晨\t\tqian@demo.example")
    officer.locator("#rows").fill("\n".join(rows))
    press(officer, say("Look at it"))
    fits(officer)
    main = officer.locator("main")
    expect(main).to_contain_text(say("Some rows cannot be enrolled"))
    expect(main).to_contain_text(say("new here: will be invited"))
    press(officer, say("Correct the list"))
    assert "12345" in officer.locator("#rows").input_value()
    officer.go_back()
    follow(officer.locator("main form .button"))
    expect(officer.locator("main")).to_contain_text(say("new here: is invited"))
    fits(officer)
