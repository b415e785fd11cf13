"""Every word a person reads can be said in both languages, and is.

The catalogue is complete, no template or line of code speaks past it, and the pages of every role are read in Chinese
to see that nothing English is left on them.
"""

import ast
import re
from collections.abc import Callable, Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from itsdangerous import URLSafeTimedSerializer
from jinja2 import Environment, nodes

import config
from courses.booking import actions as booking
from courses.bulk import actions as bulk
from courses.bulk.sheet import Row
from courses.catalogue.actions import save_draft
from courses.enterprise.actions import ask_to_join
from courses.enterprise.actions.join import Asking
from courses.ground import clock
from courses.ground.language import speaking
from courses.ground.refusal import REFUSALS
from courses.outbox.answers import Asked, sign
from courses.people import links
from courses.people.model import Role
from courses.roster import actions as roster
from courses.roster.model import Mark
from courses.roster.queries import sittings_of
from courses.setup import actions as setup
from courses.webhooks import actions as webhooks
from courses.webhooks.model import Event as What
from tests import makers
from tests.conftest import Client
from tests.people import ADMINISTRATOR, CAST, CHEN, COLLEAGUE, GAO, LU, NEWCOMER, OWNER, SHEN, STRANGER
from tools import translations

ROOT = config.ROOT
TEMPLATES = sorted(file for file in (ROOT / "templates").rglob("*") if file.is_file())
SOURCES = sorted((ROOT / "courses").rglob("*.py"))
CHINESE = re.compile(r"[㐀-鿿豈-﫿、。《》「」『』【】！（），：；？]")
LETTERS = re.compile(r"[^\W\d_]")
SPOKEN = {"_", "gettext", "ngettext", "_l", "lazy_gettext"}

# What is not to be translated, each with its reason.
AS_IT_IS = {
    "API": "the same word in both languages",
    "XLSX": "the same word in both languages",
    "CSV": "the same word in both languages",
    "English": "a language is offered in its own name",
    "中文": "a language is offered in its own name",
    "narrow": "the width of a page, a class of the stylesheet",
    "page": "the width of a page, a class of the stylesheet",
    "wide": "the width of a page, a class of the stylesheet",
}
COMMAND = re.compile(r"curl( -|$)|(\\ )?-[XHd]( |$)")  # what is typed into a terminal
BOTH_AT_ONCE = {
    # Shown when nothing else can be relied on, translations included.
    "errors/_plain.html",
    "errors/500.html",
    "errors/503.html",
}


def name_of(file: Path) -> str:
    return str(file.relative_to(ROOT / "templates"))


class Texts(HTMLParser):
    """Collects what a person reads or hears of a page: texts, and the attributes that are said."""

    SAID = {
        "alt",
        "aria-label",
        "aria-roledescription",
        "placeholder",
        "title",
        "data-label",
        "data-copied",
        "data-offline",
    }
    MUTE = {"script", "style", "svg", "code", "pre", "textarea"}  # the last holds what someone typed

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._mute = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self._mute += tag in self.MUTE
        for name, value in attributes:
            if name in self.SAID and value:
                self._add(value)

    def handle_endtag(self, tag: str) -> None:
        self._mute -= tag in self.MUTE

    def handle_data(self, text: str) -> None:
        if not self._mute:
            self._add(text)

    def _add(self, text: str) -> None:
        if words := " ".join(text.split()):
            self.found.append(words)


# The catalogue


@pytest.fixture(scope="module")
def chinese() -> Any:
    return translations.catalogue()


def test_every_string_is_said_in_chinese() -> None:
    assert translations.faults(translations.wanted(), translations.catalogue()) == []


def test_the_check_finds_what_is_wrong() -> None:
    """Without this the test above could pass by seeing nothing."""
    wanted, known = translations.wanted(), translations.catalogue()
    assert len([message for message in wanted if message.id]) > 400
    known.delete("Roster")
    known["%(who)s cancelled."].string = "已取消。%(whom)s"
    known["Queue"].flags.add("fuzzy")
    known.add("Said no more", "不再说")
    found = "\n".join(translations.faults(wanted, known))
    for fault in (
        "not translated: 'Roster'",
        "placeholders differ",
        "only guessed (fuzzy): 'Queue'",
        "no longer said anywhere: 'Said no more'",
    ):
        assert fault in found


def strings(message: Any) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string)


def test_chinese_is_typeset_as_chinese(chinese: Any) -> None:
    """Full-width punctuation without spaces beside it, one courteous form of address, nothing left in English."""
    wrong = {
        r"[㐀-鿿][,;:!?()]|[,;!?()][㐀-鿿]": "half-width punctuation",
        r"[㐀-鿿]\.(?!\w)": "half-width full stop",
        r"[，。；：！？、（）“”] | [，。；：！？、（）]": "space beside a full-width sign",
        r"[㐀-鿿] \d|\d [㐀-鿿]": "space between Chinese and a number",
        "你": "the courteous form is 您",
        r"\.\.\.": "the sign is ……",
        r"[Cc]arbon|[Cc]ourse|[Cc]lass(?!\w)": "an English word left over",
    }
    found = [
        f"{why}: {string}"
        for message in chinese
        if message.id
        for string in strings(message)
        for pattern, why in wrong.items()
        if re.search(pattern, PLACEHOLDER.sub("x", string))
    ]
    assert found == []


PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}")


def test_a_sentence_ends_as_its_source_does(chinese: Any) -> None:
    """A full stop marks a sentence in both, none a label."""
    found = [
        message.id
        for message in chinese
        if isinstance(message.id, str) and len(message.id) > 12 and strings(message)[0]
        if message.id.endswith(".") != strings(message)[0].endswith("。") and not message.id.endswith(("?", "!"))
    ]
    assert found == []


# Code


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: str(file.relative_to(ROOT)))
def test_code_speaks_only_through_the_catalogue(file: Path) -> None:
    assert list(past_the_catalogue(ast.parse(file.read_text("utf-8")))) == []


def past_the_catalogue(tree: ast.AST) -> Iterator[str]:
    """Yield what the extraction cannot see, and what is shown without having been asked for a translation."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            for inner in ast.walk(node):
                if isinstance(inner, ast.Call) and called(inner) in SPOKEN:
                    yield f"line {inner.lineno}: a sentence inside an f-string is not extracted"
        if not isinstance(node, ast.Call):
            continue
        name, first = called(node), node.args[0] if node.args else None
        if name in SPOKEN and not isinstance(first, ast.Constant):
            yield f"line {node.lineno}: only a literal is extracted"
        shown = name in ("flash", "ValidationError", "StopValidation") or name.endswith("Field")
        plain = first.value if isinstance(first, ast.Constant) else None
        if shown and isinstance(plain, str) and LETTERS.search(plain):
            yield f"line {node.lineno}: {plain!r} is shown untranslated"


def called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


@pytest.mark.parametrize(
    "code",
    [
        "flash(f\"{words} {_('On its way.')}\")",
        "_(words)",
        "flash('Done.')",
        "StringField('Reason')",
        "raise ValidationError('Too long')",
    ],
)
def test_code_that_speaks_past_it_is_found(code: str) -> None:
    assert list(past_the_catalogue(ast.parse(code)))


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_refusal_brings_the_facts_of_its_sentence(file: Path) -> None:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Call) and called(node) == "Refusal" and isinstance(node.args[0], ast.Constant):
            given = {keyword.arg for keyword in node.keywords}
            assert facts(str(REFUSALS[str(node.args[0].value)][1])) <= given, f"line {node.lineno}"


def facts(words: str) -> set[str]:
    return set(re.findall(r"%\((\w+)\)", words))


# Templates


@pytest.mark.parametrize("file", TEMPLATES, ids=name_of)
def test_templates_speak_only_through_the_catalogue(file: Path) -> None:
    found = list(literal_words(file.read_text("utf-8"), file.suffix))
    if name_of(file) in BOTH_AT_ONCE:
        assert any(CHINESE.search(words) for words in found)
        assert any(re.search("[a-z]", words) for words in found)
    else:
        assert found == []


def literal_words(source: str, suffix: str) -> Iterator[str]:
    """Yield the words that stand in a template itself: in its text, its said attributes and the strings it shows."""
    for words in literal_text(source, suffix):
        if LETTERS.search(words) and words not in AS_IT_IS and not COMMAND.match(words):
            yield words
    for words in shown_strings(ENVIRONMENT.parse(source)):
        if (CHINESE.search(words) or re.search(r"^[A-Z][a-z]|[a-z] [a-z]", words)) and words not in AS_IT_IS:
            yield words


ENVIRONMENT = Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do"])


def literal_text(source: str, suffix: str) -> list[str]:
    """Return what is left of a template without its expressions, cut where one stood."""
    tokens = ENVIRONMENT.lex(source)
    text = "".join(CUT if kind.endswith("_begin") else value for _, kind, value in tokens if kind in LEFT)
    found = Texts(text).found if suffix in (".html", ".xml") else text.split("\n")
    return [part.strip() for words in found for part in words.split(CUT)]


CUT = "\ue000"
LEFT = ("data", "block_begin", "variable_begin")


def shown_strings(node: nodes.Node) -> Iterator[str]:
    """Yield the string constants of expressions, but for those that are asked of the catalogue."""
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in SPOKEN:
        return
    if isinstance(node, (nodes.Compare, nodes.Test)):
        return  # what something is compared with is not shown
    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        yield node.value
    is_choice = isinstance(node, nodes.Filter) and node.name in ("selectattr", "rejectattr", "map", "groupby")
    for child in node.iter_child_nodes(exclude=("args", "kwargs") if is_choice else None):
        yield from shown_strings(child)


@pytest.mark.parametrize(
    "source",
    [
        "<p>Seats</p>",
        "<p>{{ count }} seats</p>",
        '<a aria-label="Next" href="/">{{ icon() }}</a>',
        "{{ '名额' }}",
        "{{ note('done', 'No notice is stuck.') }}",
        "{{ cell('Seats', 3) }}",
        "{% set words = names|join('、') %}",
    ],
)
def test_a_template_that_speaks_past_it_is_found(source: str) -> None:
    assert list(literal_words(source, ".html"))


def test_each_kind_of_notice_has_a_name_for_the_administrator() -> None:
    page = (ROOT / "templates" / "desks" / "installation.html").read_text("utf-8")
    for folder in (ROOT / "templates" / "notices").iterdir():
        if folder.is_dir():
            assert f"'{folder.name}': _(" in page


# Pages


LIST = [Row(2, {"name": NEWCOMER.name}), Row(3, {"name": SHEN.name}), Row(4, {"name": "钱晨", "mobile": "1"})]
SHEET = "统一社会信用代码,企业,镇街\n1,甲,乙\n"


@pytest.fixture
def addresses(app: Flask) -> list[str]:
    """The addresses of every page, on a town with a class to come and its queue, one marked and one called off."""
    coming = makers.a_class(seats=2, lecturers=[CHEN.id])
    makers.book(OWNER, coming, SHEN, COLLEAGUE)
    makers.book(LU, coming)
    makers.book(STRANGER, coming)
    off = makers.a_class(seats=3, days=20)
    makers.book(SHEN, off)
    booking.call_off(makers.actor(GAO), off, "台风")
    over = makers.a_class(seats=5, days=3, lecturers=[CHEN.id])
    ids = [outcome.id for member in (SHEN, NEWCOMER) for outcome in makers.book(member, over)]
    with clock.pretending(makers.in_days(3, 10)):
        roster.mark(makers.actor(GAO), over, sittings_of(over)[0].id, ids[:1], Mark.PRESENT)
    [invited] = makers.strangers(1, enterprise=1)
    asking = Asking(
        credit_code=makers.CODES[1],
        enterprise_name="乙科技",
        town_id=1,
        role=Role.MANAGER,
        name="田野",
        mobile="+8613800138000",
    )
    request_id = str(ask_to_join(asking))
    by_lot = [makers.a_class(days=days, draw_at=clock.now() + makers.HOUR) for days in (30, 40)]
    makers.book(SHEN, by_lot[1])
    with clock.pretending(clock.now() + 2 * makers.HOUR):
        booking.draw(by_lot[1])
    held = booking.hold(makers.actor(OWNER), coming, 1)[0].id
    later = makers.a_class(days=25, minimum=3)
    moved = makers.book(SHEN, later)[0].id
    start = makers.in_days(26)
    booking.move(makers.actor(GAO), later, [(start, start + makers.HOUR)], 3)
    keys = app.config["SETTINGS"].secret_keys
    request_link = URLSafeTimedSerializer(list(reversed(keys)), salt="join").dumps(int(request_id))
    invitation, reset = links.sign(keys, "invitation", NEWCOMER.id, 1), links.sign(keys, "reset", SHEN.id, 1)
    webhook = webhooks.register(makers.actor(OWNER), "https://records.example.org/", [What.MOVED])
    draft = save_draft(makers.actor(GAO), makers.a_plan(days=12))
    makers.a_rule_about_staying_away()
    missed, appealed = makers.stayed_away(SHEN, 20, 10)
    booking.appeal(makers.actor(SHEN), appealed, "住院")
    filled = {
        "/bookings/<int:booking_id>/class": [f"/bookings/{makers.booking_id(coming, SHEN.id)}/class"],
        "/bookings/<int:booking_id>/appeal": [f"/bookings/{missed}/appeal"],
        "/appeals/<int:booking_id>": [f"/appeals/{appealed}"],
        "/bookings/<int:booking_id>/place": [f"/bookings/{makers.booking_id(coming, STRANGER.id)}/place"],
        "/setup/people/<int:person_id>": [f"/setup/people/{GAO.id}", f"/setup/people/{SHEN.id}"],
        "/setup/lecturers/<int:person_id>": [f"/setup/lecturers/{CHEN.id}"],
        "<int:row_id>": ["1"],
        "<int:import_id>": [str(setup.take_in(makers.actor(ADMINISTRATOR), "a.csv", SHEET.encode()))],
        "<int:class_id>/draft": [f"{draft}/draft"],
        "<int:list_id>": [str(bulk.look(makers.actor(OWNER), coming, LIST))],
        "<int:booking_id>": [str(makers.booking_id(coming, SHEN.id)), str(held)],
        "/classes/<int:class_id>/draw": [f"/classes/{class_id}/draw" for class_id in by_lot],
        "<int:class_id>": [str(coming), str(over), str(off), "9999"],
        "<int:course_id>": ["1", "2"],
        "<int:home_id>": ["1"],
        "/lecturers/<int:person_id>": [f"/lecturers/{CHEN.id}"],
        "<int:enterprise_id>": ["1"],
        "<int:request_id>": [request_id],
        "/doubles/people/<int:first_id>/<int:second_id>": [f"/doubles/people/{SHEN.id}/{COLLEAGUE.id}"],
        "/doubles/enterprises/<int:first_id>/<int:second_id>": ["/doubles/enterprises/1/2"],
        "/join/<token>": [f"/join/{request_link}"],
        "<int:person_id>": [str(invited)],
        "<int:webhook_id>": [str(webhook)],
        "/invitations/<token>": [
            "/invitations/stale",
            f"/invitations/{invitation}",
        ],
        "/resets/<token>": ["/resets/stale", f"/resets/{reset}"],
        "/answers/<token>": [f"/answers/{sign(keys, Asked('new_time', id_, 2))}" for id_ in (moved, ids[0])],
    }
    found = ["/nowhere", "/?q=nothing-like-this", "/posts?q=nothing-like-this", "/people/new?q=x"]
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and not rule.rule.startswith("/api/"):  # whose names are no words
            hole = next((hole for hole in filled if hole in rule.rule), None)
            found += [rule.rule.replace(hole, value) for value in filled[hole]] if hole else [rule.rule]
    return found


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_no_page_is_partly_english(app: Flask, client: Client, addresses: list[str], chinese: Any) -> None:
    """Every page, as everyone of the cast meets it; each must have opened for someone."""
    english = sentences(chinese)
    opened, left_over = set(), set()
    for member in (None, *(member for member in CAST if member.language == "zh")):  # a notice speaks its reader's
        client.as_(member, "zh")
        for address in addresses:
            response = client.get(address)
            if response.mimetype == "text/html" and response.status_code not in (302, 303):
                assert response.status_code in (200, 403, 404), address
                if response.status_code == 200:
                    opened.add(address)
                left_over |= {(address, text) for text in Texts(response.text).found if english(text)}
    assert left_over == set()
    never = {
        "/nowhere",
        "/setup/imports/template",
        "/setup/export.zip",
        "/enterprise",
        "/healthz",
        "/readyz",
        "/metrics",
        "/account/data.zip",
        "/resets/stale",
        "/invitations/stale",
        "/sign-in/sso",  # there is no provider here
        "/sign-in/sso/return",
        "/sign-in/sso/link",
        "/sign-in/sso/mail",
        "/sign-in/sso/links/<token>",
    }
    assert {
        at for at in addresses if "9999" not in at and not at.endswith((".txt", ".atom", ".xml", "/lists/template"))
    } - opened - never == set()


def sentences(catalogue: Any) -> Callable[[str], bool]:
    """Return whether a text is English where Chinese was asked for."""
    ids = [m.id if isinstance(m.id, str) else m.id[0] for m in catalogue if m.id and m.string != m.id]
    patterns = [HOLE.sub(".*", re.escape(text)) for text in ids if LETTERS.search(text)]
    known = re.compile("|".join(patterns))
    two_words = re.compile(r"[A-Za-z]{2,} [A-Za-z]{2,}")

    @cache  # most of what a page says, others say too
    def english(text: str) -> bool:
        text = text.replace("flask --app wsgi worker", "")  # what is typed into a terminal
        return text not in AS_IT_IS and bool(known.fullmatch(text) or two_words.search(text))

    return english


HOLE = re.compile(r"%\\\(\w+\\\)[sd]|\\{\w+\\}")


def test_english_left_over_is_found(chinese: Any) -> None:
    english = sentences(chinese)
    for text in ("Seats", "The class now has 30 seats.", "3 of 20 seats free", "花名册 is empty now"):
        assert english(text)
    for text in ("名额", "API", "沈月", "请启动：flask --app wsgi worker", "shen@test.example"):
        assert not english(text)


BAD_FORMS = {
    "/courses/1/classes": (
        GAO,
        {"room_id": "99", "sittings-0-day": "29.11.", "sittings-0-start": "nine", "capacity": "many", "reminders": "5"},
    ),
    "/sign-in": (None, {"login": "x"}),
    "/profile": (SHEN, {"email": "x", "mobile": "1", "language": "fr", "name_en": "x" * 99}),
    "/profile/password": (SHEN, {"new": "short", "again": "other"}),
    "/profile/tokens": (SHEN, {"label": "x" * 99}),
    "/people/new": (OWNER, {"role": "bureau"}),
    "/holidays": (ADMINISTRATOR, {"day": "2026-13-01", "kind": "sad"}),
    "/courses/new": (GAO, {"topic_id": "99", "title_en": "x" * 151}),
    "/classes/1/template": (GAO, {"name": ""}),
    "/setup/imports": (ADMINISTRATOR, {}),
    "/setup/city": (ADMINISTRATOR, {"zone": "x", "minutes_per_hour": "x", "full_from_percent": "0"}),
    "/setup/homes": (ADMINISTRATOR, {"town_id": "9", "latitude": "x", "longitude": "999"}),
    "/setup/people": (ADMINISTRATOR, {"roles": ["manager"], "email": "x", "mobile": "1"}),
    "/setup/lecturers": (ADMINISTRATOR, {"email": "x", "bio_zh": "x" * 4001}),
    "/classes/1/move": (GAO, {}),
    "/classes/1/capacity": (GAO, {"capacity": "31"}),
    "/classes/1/call-off": (GAO, {"reason": "x" * 201}),
}


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("address", BAD_FORMS)
def test_what_is_wrong_with_a_form_is_said(app: Flask, client: Client, address: str, lang: str, chinese: Any) -> None:
    """At the field and on top, in words of the reader's language."""
    makers.a_class(room=1)
    member, form = BAD_FORMS[address]
    response = client.as_(member, lang).post(address, data=form)
    assert 400 <= response.status_code < 500
    on_top, at_fields = SUMMARY.findall(response.text), ERROR.findall(response.text)
    assert len(on_top) == 1
    said = [words for html in on_top + at_fields for words in Texts(html).found if not words.endswith((":", "："))]
    assert len(said) > 2
    assert [words for words in said if bool(CHINESE.search(words)) != (lang == "zh")] == []
    if lang == "zh":
        assert not any(map(sentences(chinese), said))


SUMMARY = re.compile(r'<div class="summary".*?</div>', re.S)
ERROR = re.compile(r'<p class="error".*?</p>', re.S)


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
@pytest.mark.parametrize("code", REFUSALS)
def test_each_refusal_has_its_sentence_in_both_languages(app: Flask, code: str) -> None:
    words = REFUSALS[code][1]
    with speaking("en"):
        english = str(words)
    with speaking("zh"):
        said = str(words)
    assert not CHINESE.search(english)
    assert CHINESE.search(said)
    assert facts(said) == facts(english)
    assert english.endswith(".")
    assert said.endswith("。")


NOTHING_TO_DO = {
    "already_booked": "the person has what was asked for",
    "begun": "it is over, whatever one does",
    "nothing_to_appeal": "there is no harm to mend",
}


@pytest.mark.parametrize("code", sorted(set(REFUSALS) - set(NOTHING_TO_DO)))
def test_each_refusal_says_what_to_do_next(code: str) -> None:
    with speaking("en"):
        *why, last = re.split(r"[.?;:] ", str(REFUSALS[code][1]))
    assert why or last.startswith(("Choose ", "Give ", "Please ", "Say ")), "it says what happened, and no more"
