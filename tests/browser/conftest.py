"""A real Chromium before a real server: the demo town, its worker, and people with phones."""

import datetime as dt
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from tests.browser.town import PASSWORD, Town, Words

PATIENCE_MS = 15_000  # a machine that runs two tests at once can be slow
expect.set_options(timeout=PATIENCE_MS)
PHONE = {"width": 360, "height": 640}
LOCALES = {"zh": "zh-CN", "en": "en-GB"}
# The walks after the first one go in one language each time, and in the other as a long proof.
IN_CHINESE = pytest.mark.parametrize("lang", ["zh", pytest.param("en", marks=pytest.mark.proof)], indirect=True)
IN_ENGLISH = pytest.mark.parametrize("lang", ["en", pytest.param("zh", marks=pytest.mark.proof)], indirect=True)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Drive the machine's own Chromium, also as root, and let it call nobody."""
    return {
        **browser_type_launch_args,
        "executable_path": os.environ["CHROMIUM"],
        "args": [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ],
    }


@pytest.fixture(scope="session")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """A demo town that does not run, to be copied."""
    town = Town(tmp_path_factory.mktemp("settled"))
    town.settle()
    return town


@pytest.fixture(scope="session")
def demo_town(settled: Town, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """The town of all tests that leave it as it was, or change only what no other test looks at."""
    town = settled.copy(tmp_path_factory.mktemp("shared"))
    try:
        town.start()
        yield town
    finally:
        town.stop()


@pytest.fixture
def own_town(settled: Town, tmp_path: Path) -> Iterator[Town]:
    """A town for one test alone."""
    town = settled.copy(tmp_path / "town")
    try:
        town.start()
        yield town
    finally:
        town.stop()


class Door:
    """Opens windows on a town: one per person, signed in or not, each with its own cookies."""

    def __init__(self, browser: Browser, kept: dict[tuple[str, str], Any]) -> None:
        self._browser, self._kept = browser, kept
        self._open: list[BrowserContext] = []
        self.complaints: list[str] = []

    def __call__(self, town: Town, who: str = "", lang: str = "zh", **more: Any) -> Page:
        """Return a phone's page in `lang`; `who` is the local part of a demo address, "" for a visitor."""
        state = self._signed_in(town, who) if who else None
        context = self._browser.new_context(
            **{
                "viewport": PHONE,
                "locale": LOCALES[lang],
                "timezone_id": "Asia/Shanghai",
                "base_url": town.url,
                "storage_state": state,
                **more,
            }
        )
        context.add_cookies([{"name": "lang", "value": lang, "url": town.url}])
        context.set_default_timeout(PATIENCE_MS)
        self._open.append(context)
        page = context.new_page()
        page.on("console", lambda line: _is_fault(line) and self.complaints.append(f"{page.url}: {line.text}"))
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on("request", lambda r: r.url.startswith((town.url, "data:")) or self.complaints.append(r.url))
        return page

    def _signed_in(self, town: Town, who: str) -> Any:
        """Return the cookies of someone who signed in by the form, once per town."""
        if (town.url, who) not in self._kept:
            context = self._browser.new_context(viewport=PHONE, base_url=town.url)
            page = context.new_page()
            sign_in(page, who)
            self._kept[town.url, who] = context.storage_state()
            context.close()
        return self._kept[town.url, who]

    def close(self) -> None:
        for context in self._open:
            context.close()


def _is_fault(line: ConsoleMessage) -> bool:
    """Return whether a line of the console tells of a fault; that a page answered 4xx is for the test to judge."""
    is_page = line.text.startswith("Failed to load resource") and "/static/" not in line.location["url"]
    return line.type == "error" and not is_page


def sign_in(page: Page, who: str) -> None:
    """Fill in the form of the sign-in page, wherever one was on the way to."""
    if "/sign-in" not in page.url:
        page.goto("/sign-in")
    page.locator("#login").fill(f"{who}@demo.example")
    page.locator("#password").fill(PASSWORD)
    page.locator("main button").click()
    page.wait_for_url(lambda url: "/sign-in" not in url)


@pytest.fixture(scope="session")
def kept_cookies() -> dict[tuple[str, str], Any]:
    return {}


@pytest.fixture
def door(browser: Browser, kept_cookies: dict[tuple[str, str], Any]) -> Iterator[Door]:
    """Windows on a town. When they close, none of them may have had anything to complain about."""
    door = Door(browser, kept_cookies)
    yield door
    door.close()
    assert door.complaints == []


@pytest.fixture(params=["zh", "en"])
def lang(request: pytest.FixtureRequest) -> str:
    chosen: str = request.param
    return chosen


@pytest.fixture
def say(lang: str) -> Words:
    return Words(lang)


@pytest.fixture
def coming(demo_town: Town) -> Callable[[int], int]:
    """Return the id of the nth class with many seats free, in which nobody of the cast has a place."""

    def find(number: int) -> int:
        at = dt.datetime.now(dt.UTC).strftime("%Y-%m-%d %H:%M:%S")
        found = demo_town.rows(
            """SELECT id FROM training_class WHERE state = 'published' AND opens_at < ? AND closes_at > ?
               AND capacity - seats_taken >= 9 AND draw_at IS NULL ORDER BY starts_at DESC, id""",
            at,
            at,
        )
        return int(found[number][0])

    return find
