"""Language: which one is spoken, how bilingual rows and moments are put into words.

Source strings are English; Chinese is complete (a test). A visitor's language: `?lang=` (kept in a cookie),
the signed-in person's choice, Accept-Language, else Chinese. A notice uses its reader's language: `speaking`.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from babel.dates import format_skeleton
from babel.support import Translations
from flask import Flask, request
from flask_babel import Babel, force_locale, gettext
from markupsafe import Markup

from courses.ground import clock

LANGUAGES = ("zh", "en")
COOKIE = "lang"
_spoken: ContextVar[str | None] = ContextVar("spoken", default=None)

_DAYS_ZH = "周一 周二 周三 周四 周五 周六 周日".split()
_DAYS_EN = "Mon Tue Wed Thu Fri Sat Sun".split()
_MONTHS_EN = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def lang() -> str:
    """Return the language spoken now: "zh" or "en"."""
    return _spoken.get() or "zh"


def speak_as_asked(preferred: str | None) -> None:
    """Speak the language of this request from here on; `preferred` is the choice of whoever is signed in."""
    asked = request.args.get("lang") or request.cookies.get(COOKIE) or preferred
    _spoken.set(asked if asked in LANGUAGES else request.accept_languages.best_match(LANGUAGES) or "zh")


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Within, everything is said in `language`, whoever's request this is."""
    token = _spoken.set(language)
    try:
        with force_locale(language):
            yield
    finally:
        _spoken.reset(token)


def worded(row: Any, name: str) -> str:
    """Return the text `name` of a bilingual row; English falls back to Chinese, marked as such."""
    chinese: str = getattr(row, f"{name}_zh")
    if lang() == "zh":
        return chinese
    english: str = getattr(row, f"{name}_en")
    return english or Markup('<span lang="zh-CN">{}</span>').format(chinese)


def plain(row: Any, name: str) -> str:
    """Return the text `name` of a bilingual row without a mark: for mails, subjects and JSON."""
    return str((getattr(row, f"{name}_en") if lang() == "en" else "") or getattr(row, f"{name}_zh"))


def spoken(chinese: str, english: str | None = "") -> str:
    """Return what is said in the language spoken now: Chinese, or English where there is some."""
    return (english if lang() == "en" else "") or chinese


def called(row: Any, name: str = "name") -> str:
    """Return a person's name as its reader can read it: on English pages in Latin letters, where these are known."""
    latin = getattr(row, f"{name}_en") if lang() == "en" else ""
    return str(latin or getattr(row, name))


def told_apart(one: Any, people: Iterable[Any]) -> str:
    """Return what tells `one` from another of these people who has the same name: the address, or the end of the mobile
    number. Nothing where nobody else is called so."""
    if sum(other.name == one.name for other in people) < 2:
        return ""
    return str(one.email or (f"…{one.mobile[-4:]}" if one.mobile else ""))


def day(moment: dt.datetime) -> str:
    """Return the city's date of `moment`, with its year when it is another than now's."""
    t, this_year = clock.local(moment), clock.local(clock.now()).year
    if lang() == "zh":
        year = "" if t.year == this_year else f"{t.year}年"
        return f"{year}{t.month}月{t.day}日 {_DAYS_ZH[t.weekday()]}"
    year = "" if t.year == this_year else f" {t.year}"
    return f"{_DAYS_EN[t.weekday()]} {t.day} {_MONTHS_EN[t.month - 1]}{year}"


def half_day(name: str) -> str:
    """Return "wed_morning" as people say it: "周三上午" or "Wed morning"."""
    weekday, half = name.split("_")
    number = _DAYS_EN.index(weekday.capitalize())
    if lang() == "zh":
        return _DAYS_ZH[number] + ("上午" if half == "morning" else "下午")
    return f"{_DAYS_EN[number]} {half}"


def month(on: dt.date) -> str:
    """Return "2026年11月" or "November 2026"."""
    return str(format_skeleton("yMMMM", on, locale=lang()))


def clock_time(moment: dt.datetime) -> str:
    return clock.local(moment).strftime("%H:%M")


def moment(at: dt.datetime) -> str:
    return f"{day(at)} {clock_time(at)}"


def span(start: dt.datetime, end: dt.datetime) -> str:
    """Return "11月28日 周六 09:00–11:30", with both days when they differ."""
    last = clock_time(end) if clock.local(start).date() == clock.local(end).date() else moment(end)
    return f"{moment(start)}–{last}"


def shown(fact: Any) -> Any:
    """Return a fact of a refusal as people read it: moments, spans (pairs of moments), bilingual rows, people."""
    if isinstance(fact, dt.datetime):
        return moment(fact)
    for name in ("title", "name"):
        if hasattr(fact, f"{name}_zh"):
            return plain(fact, name)
    if hasattr(fact, "name_en"):
        return called(fact)
    return span(*fact) if isinstance(fact, tuple) else fact


def zone_name() -> str:
    """Return the name under which people know the city's zone, e.g. "北京时间"."""
    if clock.zone().key in ("Asia/Shanghai", "Asia/Chongqing", "PRC"):
        return str(gettext("China Standard Time"))
    return clock.zone().key.replace("_", " ")


def _install_gettext(app: Flask) -> None:
    """Give templates the catalogue of the language spoken: asking flask-babel for each string anew costs more than the
    rest of a page."""
    folder = app.config["BABEL_TRANSLATION_DIRECTORIES"]
    catalogues = {name: Translations.load(folder, [name]) for name in LANGUAGES}

    def one(string: str) -> str:
        return str(catalogues[lang()].ugettext(string))

    def many(singular: str, plural: str, n: int) -> str:
        return str(catalogues[lang()].ungettext(singular, plural, n))

    app.jinja_env.install_gettext_callables(one, many, newstyle=True)  # type: ignore[attr-defined]


def install(app: Flask) -> None:
    app.config.setdefault("BABEL_TRANSLATION_DIRECTORIES", str(app.config["ROOT"] / "translations"))
    Babel(app, locale_selector=lang, default_timezone="UTC")
    app.jinja_env.filters.update(worded=worded, called=called, told_apart=told_apart, local=clock.local, said=plain)
    app.jinja_env.filters.update(
        day=day, half_day=half_day, month=month, clock=clock_time, moment=moment, iso=dt.datetime.isoformat
    )
    app.jinja_env.globals.update(span=span, zone_name=zone_name, present=clock.now, spoken=spoken)
    app.context_processor(lambda: {"lang": lang(), "now": clock.now()})
    _install_gettext(app)

    @app.before_request
    def _forget() -> None:
        _spoken.set(None)  # a thread serves one request after another

    @app.after_request
    def _remember(response: Any) -> Any:
        asked = request.args.get("lang")
        if asked in LANGUAGES:
            response.set_cookie(COOKIE, asked, max_age=365 * 86400, samesite="Lax", httponly=True)
        return response
