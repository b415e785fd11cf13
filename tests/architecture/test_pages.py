"""Every page is looked at in a browser: a route that answers with a page, and of which tests/browser has no case, fails
here before anyone has seen it."""

import re
from collections.abc import Iterable

import pytest
from flask import Flask
from werkzeug.exceptions import HTTPException

from config import ROOT
from tests.browser.test_pages import CASES, Case
from tests.conftest import Client
from tests.people import ADMINISTRATOR, OWNER

# What is no page of its own, with who asks and what the answer is.
NO_PAGE = {
    "/account/data.zip": (ADMINISTRATOR, "application/zip"),
    "/enterprise": (OWNER, "303"),
    "/feed.atom": (None, "application/atom+xml"),
    "/healthz": (None, "application/json"),
    "/readyz": (None, "application/json"),
    "/robots.txt": (None, "text/plain"),
    "/setup/export.zip": (ADMINISTRATOR, "application/zip"),
    "/setup/imports/template": (
        ADMINISTRATOR,
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    "/sitemap.xml": (None, "application/xml"),
}
# What takes more than a case, and where it has it: a provider of single sign-on, a token, a draw, a step before.
ELSEWHERE = {
    "/bookings/<int:booking_id>/person": "tests/browser/test_pages.py",
    "/classes/<int:class_id>/draw/entries.txt": "tests/unit/test_draw.py",
    "/classes/<int:class_id>/lists/template": "tests/doors/test_lists.py",
    "/lists/<int:list_id>": "tests/browser/test_lists.py",
    "/metrics": "tests/doors/test_figures.py",
    "/sign-in/sso": "tests/browser/test_sso.py",
    "/sign-in/sso/link": "tests/browser/test_sso.py",
    "/sign-in/sso/links/<token>": "tests/browser/test_sso.py",
    "/sign-in/sso/mail": "tests/browser/test_sso.py",
    "/sign-in/sso/return": "tests/browser/test_sso.py",
}


def pages(app: Flask) -> set[str]:
    """Return the addresses that answer a browser with a page, as the routes write them."""
    asked = {rule.rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    of_programs = {rule for rule in asked if rule.startswith("/api/v1/")} - {"/api/v1/docs"}
    return asked - of_programs - NO_PAGE.keys()


def looked_at(app: Flask, cases: Iterable[Case]) -> set[str]:
    """Return the addresses that these cases look at, as the routes write them."""
    routes, found = app.url_map.bind("localhost"), set(ELSEWHERE)
    for case in cases:
        path = re.sub(r"{.+?}", "1", case.path).partition("?")[0]
        try:
            found.add(routes.match(path, method="GET", return_rule=True)[0].rule)
        except HTTPException:  # the case of an address that is not there
            continue
    return found


def test_every_page_has_a_case_in_the_browser(app: Flask) -> None:
    assert sorted(pages(app) - looked_at(app, CASES)) == []


def test_a_page_without_a_case_is_found(app: Flask) -> None:
    """Without this the test above could pass by seeing nothing."""
    all_but_one = [case for case in CASES if not case.path.startswith("/holidays")]
    assert pages(app) - looked_at(app, all_but_one) == {"/holidays"}
    assert len(pages(app)) > 80


@pytest.mark.parametrize("rule", NO_PAGE)
def test_what_needs_no_case_is_no_page(app: Flask, client: Client, rule: str) -> None:
    who, answers = NO_PAGE[rule]
    answer = client.as_(who).get(rule)
    assert answers in (str(answer.status_code), answer.mimetype)


@pytest.mark.parametrize(("rule", "file"), ELSEWHERE.items())
def test_what_is_looked_at_elsewhere_is_there(app: Flask, rule: str, file: str) -> None:
    assert rule in pages(app)
    assert rule.partition("<token>")[0].rpartition(">")[2] in (ROOT / file).read_text("utf-8")
