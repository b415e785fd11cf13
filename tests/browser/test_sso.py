"""Signing in at the city's app, in a browser: its button, the one confirmation, and whoever it does not know."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from wsgiref.simple_server import make_server

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Door
from tests.browser.test_pages import COMBINATIONS, check
from tests.browser.test_walk import follow, press
from tests.browser.town import PASSWORD, Town, Words
from tests.doors.test_sso import Provider, Quiet

pytestmark = pytest.mark.browser


class FrontDoor(Provider):
    """A provider that answers a browser too: whoever comes is known to it, and is sent back at once."""

    def __call__(self, environ: Any, start: Any) -> list[bytes]:
        if environ["PATH_INFO"] != "/authorize":
            return super().__call__(environ, start)
        back = self.home + self.consent(f"{self.url}/authorize?{environ['QUERY_STRING']}")
        start("303 See Other", [("Location", back)])
        return []

    home: str = ""


@pytest.fixture
def provider() -> Iterator[FrontDoor]:
    made = FrontDoor("")
    server = make_server("127.0.0.1", 0, made, handler_class=Quiet)
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def joined_town(settled: Town, provider: FrontDoor, tmp_path: Path) -> Iterator[Town]:
    """A town that lets people in by the city's app."""
    town = settled.copy(tmp_path / "town")
    town.also(
        OIDC_ISSUER=provider.url,
        OIDC_CLIENT_ID="courses",
        OIDC_CLIENT_SECRET="a-secret",
        OIDC_NAME_ZH="浙里办",
        OIDC_NAME_EN="Zheliban",
    )
    provider.home = town.url
    try:
        town.start()
        yield town
    finally:
        town.stop()


def test_who_comes_by_the_citys_app_confirms_once(joined_town: Town, provider: FrontDoor, door: Door) -> None:
    for number, (lang, scheme) in enumerate(COMBINATIONS):
        say, name = Words(lang), {"zh": "浙里办", "en": "Zheliban"}[lang]
        button = say("Sign in with %(provider)s", provider=name)

        provider.claims = {"sub": f"unknown-{number}", "email": "nobody@city.example", "email_verified": True}
        stranger = door(joined_town, "", lang, color_scheme=scheme)
        stranger.goto("/sign-in")
        check(stranger, lang)
        follow(stranger.get_by_role("link", name=button))
        expect(stranger.locator("h1")).to_have_text(say("There is no account for you yet"))
        assert "/sign-in/sso/return" in stranger.url
        check(stranger, lang)

        who = ("shen", "lu", "owner", "gao")[number]
        provider.claims = {"sub": who, "email": f"{who}@demo.example", "email_verified": True}
        page = door(joined_town, "", lang, color_scheme=scheme)
        page.goto("/sign-in?next=/notices")
        follow(page.get_by_role("link", name=button))
        expect(page.locator("h1")).to_have_text(say("Confirm that it is you"))
        check(page, lang)
        page.locator("#password").fill(PASSWORD)
        press(page, say("Link and sign in"))
        assert page.url == f"{joined_town.url}/notices"

        again = door(joined_town, "", lang, color_scheme=scheme)
        again.goto("/sign-in?next=/notices")
        follow(again.get_by_role("link", name=button))
        assert again.url == f"{joined_town.url}/notices"
    only_the_provider(door, provider)


def test_an_address_that_nobody_verified_is_confirmed_by_mail(
    joined_town: Town, provider: FrontDoor, door: Door, lang: str, say: Words
) -> None:
    provider.claims = {"sub": "chen", "email": "chen@demo.example", "email_verified": False}
    page = door(joined_town, "", lang, color_scheme="dark")
    page.goto("/sign-in/sso?next=/notices")
    page.wait_for_url("**/sign-in/sso/mail")
    check(page, lang)
    press(page, say("Mail me a link"))
    expect(page.locator("h1")).to_have_text(say("Check your mail"))
    check(page, lang)
    (mail,) = joined_town.mailed("sso", 1, "chen@")
    page.goto(next(word for word in mail.text.split() if "/sign-in/sso/links/" in word))
    check(page, lang)
    press(page, say("Link and sign in"))
    assert page.url == f"{joined_town.url}/notices"
    only_the_provider(door, provider)


def only_the_provider(door: Door, provider: FrontDoor) -> None:
    """Nothing was out of order but that the browser was sent to the one place it should be sent to."""
    assert {address.split("?")[0] for address in door.complaints} == {f"{provider.url}/authorize"}
    door.complaints.clear()
