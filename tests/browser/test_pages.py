"""Every page as each of those who may see it: reachable by all, within a phone's width, and silent in the console.

One combination of language and colour scheme per page in `make check`; all of them under `make proof`.
"""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count, product
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, Response, expect

from courses.demo.names import credit_code
from tests.browser.conftest import PHONE, Door
from tests.browser.test_walk import fits, follow
from tests.browser.town import Town

pytestmark = pytest.mark.browser

WIDE = {"width": 1280, "height": 800}
MIN_TARGET_PX = 44
_NUMBERS = count(1)


@dataclass(frozen=True)
class Case:
    """A page as one person sees it: `{...}` in its path is an id of IDS, `then` a step of STEPS."""

    who: str
    path: str
    status: int = 200
    then: str = ""

    def __str__(self) -> str:
        return f"{self.who or 'visitor'} {self.path}{' ' + self.then if self.then else ''}"


NOW = "strftime('%Y-%m-%d %H:%M:%f', 'now')"
_CLASS = "SELECT t.id FROM training_class t JOIN course c ON c.id = t.course_id WHERE "
_BOOKING = (
    "SELECT b.class_id FROM booking b JOIN person p ON p.id = b.person_id JOIN training_class t ON t.id = b.class_id "
    f"WHERE t.starts_at > {NOW} AND p.email = "
)
_TAUGHT = (
    "SELECT g.class_id FROM teaching g JOIN person p ON p.id = g.person_id JOIN training_class t ON t.id = g.class_id "
    "WHERE p.email = 'chen@demo.example' AND t.starts_at "
)
IDS = {
    "open": _CLASS + f"state = 'published' AND opens_at < {NOW} AND closes_at > {NOW} AND capacity > seats_taken + 5"
    " AND draw_at IS NULL"
    " ORDER BY t.id DESC",
    "full": _CLASS + f"state = 'published' AND starts_at > {NOW} AND queued > 0 AND seats_taken = capacity",
    "by lot": _CLASS + "draw_at IS NOT NULL",
    "called off": _CLASS + "state = 'called_off'",
    "closed": _CLASS + f"state = 'published' AND starts_at > {NOW} AND closes_at < {NOW}",
    "not open": _CLASS + f"state = 'published' AND opens_at > {NOW}",
    "over": _CLASS + f"ends_at < {NOW} AND sittings_count > 1",
    "booked": _BOOKING + "'shen@demo.example' AND b.state = 'booked'",
    "queued": _BOOKING + "'lu@demo.example' AND b.state = 'queued'",
    "offered": "SELECT class_id FROM booking WHERE state = 'offered'",
    "seat": _BOOKING.replace("b.class_id", "b.id", 1) + "'shen@demo.example' AND b.state = 'booked'",
    "waiting": "SELECT b.id FROM booking b JOIN training_class t ON t.id = b.class_id JOIN post o"
    " ON o.squadron_id = t.squadron_id JOIN person p ON p.id = o.person_id WHERE p.email = 'gao@demo.example'"
    f" AND b.state = 'queued' AND t.starts_at > {NOW} AND (t.draw_at IS NULL OR t.drawn_at IS NOT NULL)",
    "standby": _BOOKING + "'ye@demo.example' AND b.state = 'queued'",
    "appealed": "SELECT a.booking_id FROM appeal a JOIN booking b ON b.id = a.booking_id JOIN person p"
    " ON p.id = b.person_id WHERE p.email = 'ye@demo.example'",
    "missed": "SELECT b.id FROM booking b JOIN person p ON p.id = b.person_id LEFT JOIN appeal a ON a.booking_id = b.id"
    " WHERE p.email = 'ye@demo.example' AND NOT b.attended AND a.booking_id IS NULL",
    "of gao": "SELECT t.id FROM training_class t JOIN post o ON o.squadron_id = t.squadron_id JOIN person p"
    " ON p.id = o.person_id WHERE p.email = 'gao@demo.example' AND state = 'published' AND seats_taken > 0"
    f" AND t.starts_at > {NOW} ORDER BY t.starts_at DESC",
    "held": _TAUGHT + f"< {NOW} ORDER BY t.starts_at DESC",
    "to be held": _TAUGHT + f"> {NOW} ORDER BY t.starts_at",
    "another firm": "SELECT max(id) FROM enterprise",
    "asking": "SELECT min(id) FROM join_request",
    "firm": "SELECT o.enterprise_id FROM post o JOIN person p ON p.id = o.person_id"
    " WHERE p.email = 'owner@demo.example'",
    "vacant": "SELECT e.id FROM enterprise e JOIN town t ON t.id = e.town_id JOIN post z ON z.association_id ="
    " t.association_id JOIN person p ON p.id = z.person_id WHERE p.email = 'zhou@demo.example' AND NOT EXISTS"
    " (SELECT 1 FROM post o WHERE o.enterprise_id = e.id)",
    "shen": "SELECT id FROM person WHERE email = 'shen@demo.example'",
    "colleague": "SELECT o.person_id FROM post o JOIN person p ON p.id = o.person_id WHERE o.role = 'manager'"
    " AND p.password_hash IS NULL AND o.enterprise_id = (SELECT q.enterprise_id FROM post q JOIN person w"
    " ON w.id = q.person_id WHERE w.email = 'owner@demo.example')",
    "carbon": "SELECT id FROM course WHERE title_en = 'Carbon Trading Management'",
    "lecturer": "SELECT person_id FROM teaching",
    "chen": "SELECT id FROM person WHERE email = 'chen@demo.example'",
    "draft": _CLASS + "state = 'draft'",
    "limited": _CLASS + f"enterprise_limit IS NOT NULL AND starts_at > {NOW} AND capacity > seats_taken",
    "double": "SELECT id FROM person WHERE email = 'zhang.xiaoyu@demo.example'",
    "its double": "SELECT id FROM person WHERE email = 'zhangxiaoyu@demo.example'",
    "template": "SELECT id FROM class_template",
    "written import": "SELECT id FROM import WHERE stage = 'imported'",
    "open import": "SELECT id FROM import WHERE stage = 'checked' AND file_name = '本月新增企业.csv'",
    "webhook": "SELECT w.id FROM webhook w JOIN person p ON p.id = w.person_id WHERE p.email = 'owner@demo.example'",
    "in Chinese alone": "SELECT id FROM course WHERE title_en = ''",
}

REGISTERS = ("towns", "squadrons", "associations", "industries", "homes", "rooms", "topics")
CASES = (
    Case("", "/"),
    Case("", "/?page=2"),
    Case("", "/?q=zzz&free=1"),
    Case("", "/?q=weifei&half=morning&sort=seats"),
    Case("", "/calendar"),
    Case("", "/calendar?view=month"),
    Case("", "/calendar?view=month&q=zzz"),
    Case("", "/homes"),
    Case("", "/homes/1"),
    Case("", "/lecturers"),
    Case("", "/lecturers/{lecturer}"),
    Case("", "/classes/{open}/poster"),
    Case("", "/classes/{over}/poster?size=a3"),
    Case("", "/courses"),
    Case("", "/courses?q=zzz"),
    Case("", "/courses/{carbon}"),
    Case("", "/courses/{in Chinese alone}"),
    Case("", "/classes/{open}"),
    Case("", "/classes/{full}"),
    Case("", "/classes/{called off}"),
    Case("", "/classes/{closed}"),
    Case("", "/classes/{not open}"),
    Case("", "/classes/{over}"),
    Case("", "/sign-in"),
    Case("", "/sign-in", then="empty"),
    Case("", "/resets"),
    Case("", "/resets", then="asked"),
    Case("", "/resets/dead", 404),
    Case("", "/invitations/dead", 404),
    Case("", "/answers/dead", 404),
    Case("", "/privacy"),
    Case("", "/mail"),
    Case("", "/api/v1/docs"),
    Case("", "/nowhere", 404),
    Case("shen", "/desk"),
    Case("shen", "/notices"),
    Case("shen", "/account/data"),
    Case("shen", "/account/data/all"),
    Case("shen", "/account/erasure"),
    Case("shen", "/profile"),
    Case("shen", "/profile", then="empty"),
    Case("shen", "/profile", then="token"),
    Case("shen", "/classes/{booked}"),
    Case("shen", "/bookings/{seat}/class"),
    Case("shen", "/standing"),
    Case("ye", "/standing"),
    Case("ye", "/desk"),
    Case("ye", "/classes/{standby}"),
    Case("ye", "/bookings/{missed}/appeal"),
    Case("ye", "/bookings/{missed}/appeal", then="empty"),
    Case("gao", "/appeals"),
    Case("gao", "/appeals?q=zzz"),
    Case("gao", "/appeals/{appealed}"),
    Case("gao", "/appeals/{appealed}", then="empty"),
    Case("gao", "/bookings/{waiting}/place", then="empty"),
    Case("shen", "/bookings/{seat}/story"),
    Case("gao", "/classes/{of gao}/story"),
    Case("gao", "/bookings/{waiting}/place"),
    Case("shen", "/courses/{carbon}"),
    Case("shen", "/courses/{carbon}", then="told"),
    Case("shen", "/classes/{open}"),
    Case("shen", "/posts", 403),
    Case("shen", "/desk/history"),
    Case("lu", "/desk"),
    Case("lu", "/classes/{queued}"),
    Case("jin", "/erasures?q=沈"),
    Case("jin", "/people/2/erasure"),
    Case("owner", "/desk"),
    Case("owner", "/classes/{open}"),
    Case("owner", "/classes/{full}"),
    Case("owner", "/classes/{offered}"),
    Case("owner", "/classes/{open}", then="held"),
    Case("owner", "/classes/{open}", then="naming"),
    Case("owner", "/people/new"),
    Case("owner", "/people/new", then="empty"),
    Case("", "/join"),
    Case("", "/join", then="empty"),
    Case("", "/join", then="joined"),
    Case("", "/join/dead", 404),
    Case("gao", "/join-requests"),
    Case("gao", "/join-requests?q=zzz"),
    Case("zhou", "/join-requests/{asking}"),
    Case("owner", "/doubles"),
    Case("jin", "/doubles"),
    Case("owner", "/doubles/people/{shen}/{colleague}"),
    Case("owner", "/doubles/people/{double}/{its double}"),
    Case("owner", "/classes/{limited}"),
    Case("owner", "/desk/people"),
    Case("owner", "/desk/people?q=zzz"),
    Case("owner", "/desk/bookings"),
    Case("owner", "/webhooks"),
    Case("owner", "/webhooks", then="empty"),
    Case("owner", "/webhooks/{webhook}"),
    Case("gao", "/webhooks"),
    Case("gao", "/webhooks", then="registered"),
    Case("jin", "/doubles/enterprises/{firm}/{another firm}"),
    Case("owner", "/enterprises/{firm}"),
    Case("owner", "/people/{colleague}"),
    Case("owner", "/people/{colleague}/contact"),
    Case("owner", "/people/{shen}/departure"),
    Case("owner", "/people/{shen}/departure?heir={colleague}"),
    Case("owner", "/people/{shen}/departure?heir="),
    Case("gao", "/enterprises"),
    Case("gao", "/enterprises?gap=unopened&sort=post"),
    Case("gao", "/enterprises?q=zzz"),
    Case("zhou", "/enterprises"),
    Case("zhou", "/enterprises/{firm}"),
    Case("zhou", "/enterprises/{vacant}"),
    Case("gao", "/desk"),
    Case("gao", "/courses/{carbon}"),
    Case("gao", "/courses/{carbon}/classes/new"),
    Case("gao", "/courses/{carbon}/classes/new", then="empty"),
    Case("gao", "/courses/{carbon}/classes/new", then="backwards"),
    Case("gao", "/courses/new", then="empty"),
    Case("gao", "/courses/{carbon}/text"),
    Case("gao", "/classes/new"),
    Case("gao", "/courses/{carbon}/classes/new?template={template}"),
    Case("gao", "/classes/{draft}"),
    Case("gao", "/classes/{draft}/draft"),
    Case("gao", "/desk/managers"),
    Case("gao", "/desk/managers?q=zzz"),
    Case("gao", "/desk/classes"),
    Case("gao", "/classes/{of gao}/repetition"),
    Case("gao", "/classes/{of gao}/lecturers"),
    Case("gao", "/classes/{of gao}/template", then="empty"),
    Case("gao", "/classes/{full}"),
    Case("shen", "/classes/{by lot}"),
    Case("", "/classes/{by lot}/draw"),
    Case("", "/classes/{full}/seats"),
    Case("", "/classes/{offered}/seats"),
    Case("gao", "/classes/{of gao}/move"),
    Case("gao", "/classes/{of gao}/move", then="empty"),
    Case("gao", "/classes/{of gao}/capacity", then="empty"),
    Case("gao", "/classes/{of gao}/call-off", then="empty"),
    Case("gao", "/classes/{of gao}/decision"),
    Case("gao", "/classes/{of gao}/roster"),
    Case("gao", "/people/new"),
    Case("gao", "/people/new?q=芯"),
    Case("chen", "/desk"),
    Case("chen", "/classes/{held}/roster"),
    Case("chen", "/classes/{held}/roster", then="marked"),
    Case("chen", "/classes/{to be held}/sign-in-sheet"),
    Case("chen", "/desk/classes"),
    Case("zhou", "/desk"),
    Case("zhou", "/desk/managers"),
    Case("zhou", "/desk/coverage"),
    Case("xu", "/desk"),
    Case("xu", "/desk/coverage"),
    Case("xu", "/desk/coverage?by=industry"),
    Case("xu", "/desk/coverage?by=topic"),
    Case("he", "/desk"),
    Case("he", "/posts"),
    Case("he", "/posts?q=zzz"),
    Case("he", "/posts?state=short&page=2"),
    Case("jin", "/desk"),
    Case("jin", "/installation"),
    Case("jin", "/holidays"),
    Case("jin", "/holidays", then="empty"),
    Case("jin", "/setup"),
    Case("jin", "/setup/city"),
    Case("jin", "/setup/city", then="empty"),
    *(Case("jin", f"/setup/{what}") for what in REGISTERS),
    *(Case("jin", f"/setup/{what}/1") for what in REGISTERS),
    *(Case("jin", f"/setup/{what}/new", then="empty") for what in REGISTERS),
    Case("jin", "/setup/lecturers"),
    Case("jin", "/setup/lecturers/{chen}"),
    Case("jin", "/setup/lecturers/new", then="empty"),
    Case("jin", "/setup/people"),
    Case("jin", "/setup/people/{shen}"),
    Case("jin", "/setup/people/{chen}"),
    Case("jin", "/setup/people/{chen}", then="handed"),
    Case("owner", "/lists/new"),
    Case("owner", "/classes/{open}/lists/new"),
    Case("owner", "/classes/{open}/lists/new", then="empty"),
    Case("owner", "/classes/{open}/lists/new", then="listed"),
    Case("zhou", "/classes/{open}/lists/new"),
    Case("zhou", "/classes/{open}/lists/new", then="listed"),
    Case("jin", "/setup/imports"),
    Case("jin", "/setup/imports/new"),
    Case("jin", "/setup/imports/new", then="empty"),
    Case("jin", "/setup/imports/new", then="sent"),
    Case("jin", "/setup/imports/{open import}"),
    Case("jin", "/setup/imports/{open import}?outcome=wrong"),
    Case("jin", "/setup/imports/{open import}/columns"),
    Case("jin", "/setup/imports/{written import}"),
    Case("jin", "/setup/export"),
    Case("jin", "/setup/people?q=zzz"),
    Case("jin", "/setup/people/new", then="empty"),
)
COMBINATIONS = tuple(product(("zh", "en"), ("light", "dark")))


def _every() -> list[Any]:
    """Return each page in its turn of the combinations, and in all others as a long proof."""
    params = []
    for number, case in enumerate(CASES):
        for turn, (lang, scheme) in enumerate(COMBINATIONS):
            marks = [] if turn == number % len(COMBINATIONS) else [pytest.mark.proof]
            params.append(pytest.param(case, lang, scheme, marks=marks, id=f"{case} {lang} {scheme}"))
    return params


def _form(page: Page) -> Locator:
    return page.locator("main form[method=post]:not(.one)").last


def _empty(page: Page) -> None:
    """Send the page's last form with nothing in it."""
    typed = "input:not([type=hidden], [type=radio], [type=checkbox])"
    for field in _form(page).locator(typed).all():
        field.evaluate("field => { field.value = '' }")
    follow(_form(page).locator(".button:visible").last)
    expect(page.locator(".summary")).to_be_focused()


def _backwards(page: Page) -> None:
    page.locator("#sittings-0-end").fill("08:00")
    follow(_form(page).locator(".button:visible").last)
    expect(page.locator("#sittings-0-end-error")).to_be_visible()
    expect(page.locator(".summary a")).to_have_attribute("href", "#sittings-0-end")


def _asked(page: Page) -> None:
    page.locator("#login").fill("nobody@demo.example")
    follow(_form(page).locator(".button"))


def _token(page: Page) -> None:
    page.locator("#tokens #label").fill("培训记录 training records")
    follow(page.locator("#tokens .button").last)


def _marked(page: Page) -> None:
    page.locator("ol.sheet > li").first.locator("button.present").click()
    expect(page.locator("ol.sheet > li").first.locator("button.present")).to_have_attribute("aria-pressed", "true")
    page.locator("ol.sheet > li").first.locator("summary").click()


def _told(page: Page) -> None:
    """Ask to be told, unless another walk over this page has asked already."""
    if not page.locator("form[action$='/interest/withdrawal']").count():
        follow(page.locator("form[action$='/interest'] .button"))
    expect(page.locator("form[action$='/interest/withdrawal'] .button")).to_be_visible()


def _joined(page: Page) -> None:
    """Ask to join as somebody new, and read what became of it behind the address that only they know."""
    body = f"DQ{next(_NUMBERS):06d}"
    page.locator("#credit_code").fill(credit_code(body))
    page.locator("#enterprise_name").fill("海宁青桐包装有限公司")
    page.locator("#town_id").select_option(index=1)
    page.locator("#name").fill("顾青")
    page.locator("#email").fill(f"{body.lower()}@demo.example")
    follow(_form(page).locator(".button:visible").last)
    page.wait_for_url(re.compile("/join/.{20,}"))


def _registered(page: Page) -> None:
    """Register a webhook: its secret is shown once. Nobody in this town does what it is told of."""
    page.locator("#url").fill("https://records.demo.example/hook")
    page.locator("#events input[value='class.called_off']").check()
    follow(_form(page).locator(".button:visible").last)
    expect(page.locator("#secret")).to_have_value(re.compile("^whsec_"))


def _sent(page: Page) -> None:
    """Send a sheet whose heads nobody knows, and be asked which column is which."""
    sheet = {"name": "名单.csv", "mimeType": "text/csv", "buffer": "甲,乙,丙\n1,2,3\n".encode()}
    page.locator("input[type=file]").set_input_files(sheet)  # type: ignore[arg-type]
    follow(_form(page).locator(".button:visible").last)
    page.wait_for_url("**/columns")


def _handed(page: Page) -> None:
    """Make a link for a new password, to hand over."""
    follow(page.locator("form[action$='/links'] .button"))
    expect(page.locator("#link")).to_have_value(re.compile("/resets/.{20,}"))


def _listed(page: Page) -> None:
    """Paste rows, one of which is wrong, and see what each of them would get."""
    page.locator("#rows").fill("沈月\t13800138000\n张三\t12345")
    follow(_form(page).locator(".button:visible").last)
    page.wait_for_url("**/lists/*")


def _held(page: Page) -> None:
    """Hold a seat for somebody who is named later, unless another walk over this page holds one already."""
    if not page.locator("#held").count():
        page.locator("#hold summary").click()
        page.locator("#hold-seats").fill("1")
        follow(page.locator("#hold .button"))
    expect(page.locator("#held")).to_be_visible()


def _naming(page: Page) -> None:
    """Go on to say who comes."""
    _held(page)
    follow(page.locator("#held a.button").first)
    page.wait_for_url("**/bookings/*/person")


STEPS: dict[str, Callable[[Page], None]] = {
    "empty": _empty,
    "backwards": _backwards,
    "asked": _asked,
    "token": _token,
    "marked": _marked,
    "told": _told,
    "held": _held,
    "naming": _naming,
    "joined": _joined,
    "registered": _registered,
    "sent": _sent,
    "handed": _handed,
    "listed": _listed,
}

SMALL_TARGETS = """minimum => [...document.querySelectorAll(
    'a[href], button, input:not([type=hidden]), select, textarea, summary')].filter(node => {
  if (!node.checkVisibility({visibilityProperty: true}) || node.closest('.unseen, .skip, [inert]')) return false;
  // A link in running text is as high as its line (WCAG 2.5.8 leaves those out).
  if (node.matches('a') && ['P', 'DD', 'LI', 'SPAN', 'CODE'].includes(node.parentElement.tagName)
      && node.parentElement.textContent.trim() !== node.textContent.trim()
      && getComputedStyle(node).display === 'inline') return false;
  // The label around a box, the whole card around a link and the mark around a radio are the target.
  const target = node.closest('label') || node;
  const covers = [target, ...['::after', '::before'].filter(part => {
    const style = getComputedStyle(node, part);
    return style.position === 'absolute' && style.inset === '0px';
  }).map(() => node.closest('.card') || node)];
  return Math.max(...covers.map(box => box.getBoundingClientRect().height)) < minimum - 0.5;
}).map(node => `${node.outerHTML.slice(0, 120)} is ${node.getBoundingClientRect().height.toFixed(1)} px high`)"""


def _listen(page: Page) -> None:
    page.add_init_script(
        "document.addEventListener('securitypolicyviolation', e => console.error('CSP: ' + e.violatedDirective))"
    )


def is_whole_proof() -> bool:
    return os.environ.get("PROOF") == "whole"


def _axe(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    told = [f"{v['id']}: {node['target']} {node['html'][:200]}" for v in found for node in v["nodes"]]
    assert told == [], f"at {page.viewport_size}"


def check(page: Page, lang: str) -> None:
    """See that the page is in its reader's language, fits a phone and a screen, and shuts nobody out."""
    assert page.locator("html").get_attribute("lang") == {"zh": "zh-CN", "en": "en"}[lang]
    expect(page.locator("h1")).to_have_count(1)
    fits(page)
    assert page.evaluate(SMALL_TARGETS, MIN_TARGET_PX) == []
    _axe(page)
    page.set_viewport_size(WIDE)
    fits(page)
    if is_whole_proof():
        _axe(page)


class Windows:
    """A window for each reader, kept from page to page: what their browser has read once it need not read again."""

    def __init__(self, door: Door) -> None:
        self.door = door
        self._open: dict[tuple[str, str], tuple[Page, Any]] = {}
        self._used: Page | None = None

    def __call__(self, town: Town, who: str, lang: str, scheme: Any) -> Page:
        """Return the reader's window as it was when it was opened: a phone's, on no page yet."""
        if (who, lang) not in self._open:
            page = self.door(town, who, lang)
            _listen(page)
            self._open[who, lang] = page, page.context.cookies()
        page, cookies = self._open[who, lang]
        self._used = page
        page.context.clear_cookies()
        page.context.add_cookies(cookies)
        page.set_viewport_size(PHONE)
        page.emulate_media(color_scheme=scheme)
        return page

    def leave(self) -> list[str]:
        """Leave the page that was looked at, so that nothing goes on there; return what it had to complain about."""
        if self._used:
            self._used.goto("about:blank")
        found, self.door.complaints = self.door.complaints, []
        return found


@pytest.fixture(scope="session")
def all_windows(browser: Browser, kept_cookies: dict[tuple[str, str], Any]) -> Iterator[Windows]:
    door = Door(browser, kept_cookies)
    yield Windows(door)
    door.close()


@pytest.fixture
def windows(all_windows: Windows) -> Iterator[Windows]:
    yield all_windows
    assert all_windows.leave() == []


@pytest.mark.looks
@pytest.mark.parametrize(("case", "lang", "scheme"), _every())
def test_page(demo_town: Town, windows: Windows, case: Case, lang: str, scheme: str) -> None:
    path = re.sub(r"{(.+?)}", lambda named: str(demo_town.one(IDS[named[1]])), case.path)
    page = windows(demo_town, case.who, lang, scheme)
    answer = page.goto(path)
    assert answer is not None
    assert answer.status == case.status
    if case.then:
        STEPS[case.then](page)
    check(page, lang)


def test_a_mail_is_read_on_a_phone(demo_town: Town, door: Door) -> None:
    page = door(demo_town)
    page.goto("/resets")
    page.locator("#login").fill("zhou@demo.example")
    follow(page.locator("main .button"))
    demo_town.mailed("reset", 1, "zhou@")
    page.goto("/mail")
    page.locator("summary").first.click()
    expect(page.locator("main a[href*='/resets/']").first).to_be_visible()
    fits(page)
    _axe(page)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_bytes_of_a_first_visit(demo_town: Town, door: Door, lang: str) -> None:
    page = door(demo_town, "", lang)
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto("/", wait_until="networkidle")
    sizes = {answer.url: answer.request.sizes() for answer in answers}
    sent = {url: size["responseBodySize"] + size["responseHeadersSize"] for url, size in sizes.items()}
    scripts = sum(size for url, size in sent.items() if url.endswith(".js"))
    assert len(sent) >= 3
    assert sum(sent.values()) <= 100 * 1024, sent
    assert scripts <= 30 * 1024, sent


def test_no_english_is_left_on_chinese_pages(demo_town: Town, door: Door) -> None:
    """What a reader of Chinese meets on the way to a seat holds no English sentence."""
    page = door(demo_town, "shen", "zh")
    for path in ("/", f"/classes/{demo_town.one(IDS['open'])}", "/desk", "/profile", "/notices"):
        page.goto(path)
        text = page.locator("body").inner_text().replace("English", "")
        assert not re.findall(r"[A-Za-z]+ [a-z]+ [a-z]+", text), path
