"""What can be a rule of the house is a test here. (Imports are import-linter's, in `make lint`.)"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from config import ROOT
from courses.ground.refusal import REFUSALS
from courses.people.model import ENFORCING, Role
from courses.people.rights import GRANTS, PUBLIC, Right
from tools import rights, settings

COURSES = ROOT / "courses"
SOURCES = sorted(COURSES.rglob("*.py"))
TRANSACTIONS = {  # beside the actions; each without an actor
    "ground/transaction.py",  # where it is made
    "ground/pulse.py",  # the workers' heartbeat
    "people/looks.py",  # who looked, written after the page was made
    "demo/load.py",  # the demo town
}


def name_of(file: Path) -> str:
    return file.relative_to(COURSES).as_posix()


def calls(file: Path) -> Iterator[ast.Call]:
    return (node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call))


def called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def test_only_actions_open_a_transaction() -> None:
    opening = {name_of(file) for file in SOURCES if any(called(call) == "transaction" for call in calls(file))}
    others = {name for name in opening if "actions" not in name} - TRANSACTIONS
    assert not others, "a door, a query or a model opens a transaction"


def test_nobody_but_the_transaction_commits() -> None:
    committing = {name_of(file) for file in SOURCES if any(called(call) == "commit" for call in calls(file))}
    assert committing == {"ground/transaction.py"}


def test_every_refusal_has_its_words_and_every_sentence_its_use() -> None:
    raised = {
        call.args[0].value
        for file in SOURCES
        for call in calls(file)
        if called(call) == "Refusal" and call.args and isinstance(call.args[0], ast.Constant)
    }
    named = {
        code
        for code in REFUSALS
        if any(f'"{code}"' in file.read_text() for file in SOURCES if file.name != "refusal.py")
    }
    assert raised <= set(REFUSALS), "raised without a sentence"
    assert set(REFUSALS) == named, "sentences that nobody says"


def test_every_route_declares_its_right(app: Flask) -> None:
    undeclared = [
        rule.endpoint for rule in app.url_map.iter_rules() if not hasattr(app.view_functions[rule.endpoint], "right")
    ]
    assert not undeclared


def test_a_route_without_a_right_is_refused(app: Flask, client) -> None:  # type: ignore[no-untyped-def]
    app._got_first_request = False  # type: ignore[attr-defined]
    if "forgotten" not in app.view_functions:
        app.add_url_rule("/forgotten", "forgotten", lambda: "open to all")
    try:
        assert client.get("/forgotten").status_code == 403
    finally:
        app.view_functions["forgotten"].right = Right.READ_CATALOGUE  # type: ignore[attr-defined]


def test_every_right_is_granted_and_used() -> None:
    assert set(GRANTS) | PUBLIC == set(Right)
    sources = "".join(file.read_text() for file in SOURCES if name_of(file) != "people/rights.py")
    sources += "".join(file.read_text() for file in (ROOT / "templates").rglob("*.html"))
    unused = [right for right in Right if f"Right.{right.name}" not in sources and right.value not in sources]
    assert not unused


def test_the_enforcing_role_holds_no_right_to_learning_detail() -> None:
    """Service and supervision come from one squadron: who enforces sees posts and hours, nothing else."""
    everyone_has = {Right.USE_ACCOUNT, Right.READ_BOOKING, Right.CANCEL}  # each only for oneself
    held = {right for right, grants in GRANTS.items() if any(roles & ENFORCING for roles, _ in grants)}
    assert held - everyone_has == {Right.READ_POSTS}
    for right in everyone_has - {Right.USE_ACCOUNT}:
        assert {scope.__name__ for roles, scope in GRANTS[right] if Role.INSPECTOR in roles} == {"oneself"}


def test_the_page_of_rights_is_the_table() -> None:
    assert rights.FILE.read_text() == rights.page(), "python -m tools.rights"


def test_the_page_of_settings_is_made_from_the_code() -> None:
    source = (ROOT / "config.py").read_text()
    asked = set(re.findall(r'environ(?:\.get\(|, (?:\w+, )?)"([A-Z][A-Z_]+)"', source))
    assert set(settings.settings()) == asked, "each field of Settings has its variable beside it: # NAME: meaning"
    assert settings.FILE.read_text() == settings.page(), "python -m tools.settings"


def test_templates_stand_in_the_room_that_shows_them() -> None:
    rooms = {p.name for p in COURSES.iterdir() if p.is_dir()} | {"_parts", "notices", "errors", "api"}
    folders = {p.name for p in (ROOT / "templates").iterdir() if p.is_dir()}
    assert folders <= rooms
    for file in SOURCES:
        shown = re.findall(r'render_template\(\s*f?"([^"{]+)', file.read_text())
        room = name_of(file).split("/")[0].removesuffix(".py")
        assert all(name.split("/")[0] in (room, "errors", "notices") for name in shown), name_of(file)


@pytest.mark.parametrize("file", SOURCES, ids=name_of)
def test_each_file_says_what_it_is_for(file: Path) -> None:
    text = file.read_text()
    assert ast.get_docstring(ast.parse(text)), "no docstring"
    assert text.count("\n") <= 500, "longer than one subject"


def test_each_room_introduces_itself() -> None:
    for init in COURSES.glob("*/__init__.py"):
        words = ast.get_docstring(ast.parse(init.read_text())) or ""
        assert 3 <= words.count("\n") + 1 <= 12, init
