"""The lists behind the desks: each narrows by its address and leaves as a file (courses/ground/lists.py)."""

from collections.abc import Collection, Sequence
from typing import Any

from flask import Response, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import column

from courses.booking.model import Booking
from courses.catalogue.model import Course, TrainingClass
from courses.desks.queries import classes as classes_queries
from courses.desks.queries import coverage as coverage_queries
from courses.desks.queries import managers as managers_queries
from courses.desks.queries import people as people_queries
from courses.desks.queries import posts as posts_queries
from courses.desks.web.blueprint import pages
from courses.ground import clock
from courses.ground.forms import day_argument, number_argument
from courses.ground.language import called, plain
from courses.ground.lists import TALL, Column, listed
from courses.ground.refusal import Refusal
from courses.ground.sheets import taken_away, wanted
from courses.ground.sound import by_sound
from courses.homes.model import Home
from courses.people.guard import needs, signed_in
from courses.people.looks import looked
from courses.people.model import Enterprise, Industry, Person, Role, Town
from courses.people.queries import city, colleagues, industry_names, town_names
from courses.people.rights import Right

POST_STATES = {"vacant": _l("vacant"), "short": _l("filled, hours not met"), "met": _l("filled, hours met")}
HOURS_STATES = {
    "never": _l("never taught"),
    "none": _l("no class this year"),
    "short": _l("hours not met"),
    "met": _l("hours met"),
}
MEMBER_STATES = {
    "none": _l("no hours, no class to come"),
    "short": _l("hours not met"),
    "met": _l("hours met"),
}
CLASS_STATES = {
    "coming": _l("to come"),
    "free": _l("to come, seats free"),
    "queue": _l("to come, people waiting"),
    "lot": _l("to come, lots to be drawn"),
    "over": _l("over"),
    "unmarked": _l("over, not all marked"),
    "called_off": _l("called off"),
}


def _text(name: str) -> str:
    return request.args.get(name, "").strip()[:100]


def _enterprises_asked() -> posts_queries.Asked:
    return posts_queries.Asked(
        q=_text("q"),
        town=number_argument("town"),
        industry=number_argument("industry"),
        key=request.args.get("key") == "1",
        state=_text("state"),
    )


@pages.get("/posts")
@needs(Right.READ_POSTS)
def posts() -> str | Response:
    """All that the enforcing role sees: that a post is filled, and that its hours are met."""
    asked, target = _enterprises_asked(), city().hours_target
    columns = (
        Column("name", _l("Enterprise"), lambda p: plain(p, "name"), by_sound(Enterprise.name_zh)),
        Column("code", _l("Credit code"), lambda p: p.credit_code, Enterprise.credit_code),
        Column("town", _l("Town"), lambda p: plain(p, "town"), by_sound(Town.name_zh)),
        Column("post", _l("Post"), lambda p: _("Filled") if p.managers else _("Vacant"), column("managers")),
        Column(
            "hours",
            _l("Hours of this year"),
            lambda p: {"met": _("met"), "short": _("not met"), "vacant": ""}[p.state],
            column("state"),
        ),
    )
    return listed(
        "desks/posts.html",
        _("Posts and hours"),
        posts_queries.posts(clock.this_year(), target, asked),
        lambda row: posts_queries.Filled(*row),
        columns,
        Enterprise.id,
        "post",
        total=posts_queries.posts_count(asked),
        size=TALL,
        asked=asked,
        target=target,
        states=POST_STATES,
        towns=town_names(),
    )


@pages.get("/desk/managers")
@needs(Right.READ_GAPS)
def managers() -> str | Response:
    """The managers of the towns that the actor serves or looks after, and how they stand this year."""
    asked, target, towns = _enterprises_asked(), city().hours_target, signed_in().towns
    columns = (
        Column("name", _l("Name"), called, by_sound(column("name"))),
        Column("enterprise", _l("Enterprise"), lambda m: plain(m, "enterprise"), by_sound(Enterprise.name_zh)),
        Column("town", _l("Town"), lambda m: plain(m, "town"), by_sound(Town.name_zh)),
        Column("key", _l("Key unit"), lambda m: _("yes") if m.is_key_unit else "", Enterprise.is_key_unit),
        Column("classes", _l("Classes this year"), lambda m: m.classes, column("classes"), "num"),
        Column("hours", _l("Hours this year"), lambda m: m.hours, column("half_hours"), "num"),
        Column("missing", _l("Hours missing"), lambda m: m.missing, column("missing"), "num"),
        Column("taught", _l("Ever taught"), lambda m: _("yes") if m.was_taught else _("never"), column("was_taught")),
    )
    return listed(
        "desks/managers.html",
        _("Managers and their hours"),
        managers_queries.managers(clock.this_year(), target, asked, towns),
        lambda row: managers_queries.Standing(*row),
        columns,
        column("person_id"),
        "hours",
        seen=lambda rows: _looked(rows, asked, towns),
        size=TALL,
        asked=asked,
        target=target,
        states=HOURS_STATES,
        towns=town_names(towns),
        industries=industry_names(),
    )


def _looked(rows: Sequence[managers_queries.Standing], asked: posts_queries.Asked, towns: Collection[int]) -> None:
    """Write down whom a list of managers showed: a file of all of them says so by their towns, else it was these."""
    if wanted() and asked == posts_queries.Asked():
        looked(signed_in(), "export", town_ids=towns)
    else:
        looked(signed_in(), "export" if wanted() else "people", person_ids=[row.person_id for row in rows])


@pages.get("/desk/classes")
@needs(Right.READ_ROSTER)
def classes() -> str | Response:
    """The classes of an officer's squadron, or those a lecturer teaches; past and to come."""
    served = classes_queries.served_by(signed_in())
    asked = classes_queries.Asked(
        q=_text("q"),
        state=_text("state"),
        course=number_argument("course"),
        since=day_argument("since"),
        until=day_argument("until"),
    )
    now = clock.now()
    columns = (
        Column("title", _l("Class"), lambda c: plain(c, "title"), by_sound(Course.title_zh)),
        Column("day", _l("Begins"), lambda c: c.starts_at, TrainingClass.starts_at),
        Column("ends", _l("Ends"), lambda c: c.ends_at, filed=True),
        Column("home", _l("Home"), lambda c: plain(c, "home"), by_sound(Home.name_zh)),
        Column("lecturers", _l("Lecturers"), lambda c: c.teachers, filed=True),
        Column("taken", _l("Seats taken"), lambda c: c.seats_taken, TrainingClass.seats_taken, "num"),
        Column("seats", _l("Seats"), lambda c: c.capacity, TrainingClass.capacity, "num"),
        Column("queue", _l("Queue"), lambda c: c.queued, TrainingClass.queued, "num"),
        Column("came", _l("Came"), lambda c: c.came, TrainingClass.came, "num"),
        Column("state", _l("State"), lambda c: _state(c, now), TrainingClass.state),
    )
    return listed(
        "desks/classes.html",
        _("Classes"),
        classes_queries.classes(served, asked, now),
        lambda row: classes_queries.Listed(*row),
        columns,
        TrainingClass.id,
        "-day",
        size=TALL,
        keys=classes_queries.class_ids(served, asked, now),
        opens=classes_queries.nearest(now),
        fault=_fault_of_days(asked),
        asked=asked,
        states=CLASS_STATES,
        courses=classes_queries.courses_of(served),
    )


def _fault_of_days(asked: classes_queries.Asked) -> str:
    """Return what is wrong with the days by which a list is narrowed, in words; nothing if they can be."""
    for name, day in (("since", asked.since), ("until", asked.until)):
        if _text(name) and not day:
            return str(_("“%(text)s” is no day. Write it like %(example)s.", text=_text(name), example="2026-11-28"))
    if asked.since and asked.until and asked.since > asked.until:
        return str(_("The first day is after the last."))
    return ""


def _state(card: classes_queries.Listed, now: Any) -> str:
    if card.state == "called_off":
        return str(_("Called off"))
    if card.awaits_draw and card.state == "published" and card.starts_at > now:
        return str(_("Lots to be drawn"))
    return str(_("Over") if card.ends_at <= now else _("To come"))


@pages.get("/desk/people")
@needs(Right.READ_PEOPLE)
def people() -> str | Response:
    """The people of the owner's enterprise, with their hours."""
    target, state = city().hours_target, _text("state")
    columns = (
        Column("name", _l("Name"), lambda m: called(m), by_sound(Person.name)),
        Column("hours", _l("Hours this year"), lambda m: m.hours, column("half_hours"), "num"),
        Column("missing", _l("Hours missing"), lambda m: m.missing if m.is_manager else None, column("missing"), "num"),
        Column("all", _l("Hours in all"), lambda m: m.hours_in_all, column("half_hours_in_all"), "num"),
        Column("coming", _l("Classes ahead"), lambda m: m.coming, column("coming"), "num"),
        Column(
            "account", _l("Account"), lambda m: _("has one") if m.has_account else _("not yet"), column("has_account")
        ),
    )
    return listed(
        "desks/people.html",
        _("People of the enterprise"),
        people_queries.members(_own_enterprise(), clock.this_year(), clock.now(), target, state),
        lambda row: people_queries.Member(*row),
        columns,
        Person.id,
        "-missing",
        target=target,
        state=state,
        states=MEMBER_STATES,
    )


@pages.get("/desk/bookings")
@needs(Right.READ_PEOPLE)
def bookings() -> str | Response:
    """What was booked for the owner's enterprise, past and to come."""
    own = _own_enterprise()
    return _booked("desks/bookings.html", people_queries.of_enterprise(own), _("Bookings"), staff=colleagues(own))


@pages.get("/desk/history")
@needs(Right.USE_ACCOUNT)
def history() -> str | Response:
    """One's own classes and what they earned."""
    return _booked("desks/history.html", people_queries.of_person(signed_in().id), _("My classes and hours"))


def _booked(template: str, whose: Any, name: str, **facts: Any) -> str | Response:
    when, now = _text("when"), clock.now()
    columns: tuple[Column, ...] = (
        Column("title", _l("Class"), lambda b: plain(b, "title"), by_sound(Course.title_zh)),
        Column("name", _l("Name"), lambda b: called(b, "person"), by_sound(Person.name)),
        Column("day", _l("Day"), lambda b: b.starts_at, TrainingClass.starts_at),
        Column("home", _l("Home"), lambda b: plain(b, "home"), by_sound(Home.name_zh)),
        Column("state", _l("State"), lambda b: _outcome(b, now), Booking.state),
        Column("hours", _l("Hours"), lambda b: b.hours, column("half_hours"), "num"),
    )
    if template == "desks/history.html":
        columns = tuple(c for c in columns if c.name != "name")
    return listed(
        template,
        name,
        people_queries.booked(whose, when, now),
        lambda row: people_queries.Booked(*row),
        columns,
        Booking.id,
        "-day",
        total=people_queries.booked_count(whose, when, now),
        keys=people_queries.booked_ids(whose, when, now),
        when=when,
        hours=people_queries.hours(signed_in().id, clock.this_year()),
        target=city().hours_target,
        **facts,
    )


def _outcome(booked: people_queries.Booked, now: Any) -> str:
    """Return what became of a booking, in a word."""
    if booked.state == "cancelled":
        return str(_("Cancelled"))
    if booked.state == "queued":
        return str(_("In the queue") if booked.ends_at > now else _("No seat"))
    if booked.ends_at > now:
        return str(_("Booked"))
    return str({True: _("Present"), False: _("Did not come"), None: _("Not marked")}[booked.attended])


def _own_enterprise() -> int:
    """Return the enterprise of which the actor is in charge. Raises Refusal("not_allowed")."""
    actor = signed_in()
    if actor.enterprise_id is None or not actor.has(Role.OWNER):
        raise Refusal("not_allowed")
    return actor.enterprise_id


@pages.get("/desk/coverage")
@needs(Right.READ_COVERAGE)
def coverage() -> str | Response:
    """How far the managers are, by town or industry; for an association those of its own towns. The bureau may also ask
    by topic and month."""
    actor = signed_in()
    towns = None if actor.has(Role.BUREAU) else actor.towns
    by = _text("by") or "town"
    if by in ("topic", "month") and towns is None:
        return _held(by)
    if by not in ("town", "industry"):
        raise Refusal("not_found")
    target = city().hours_target
    statement = coverage_queries.by_town if by == "town" else coverage_queries.by_industry
    count = coverage_queries.count_of_towns if by == "town" else coverage_queries.count_of_industries
    columns = (
        Column(
            "name",
            _l("Town") if by == "town" else _l("Industry"),
            lambda t: plain(t, "name"),
            by_sound(Town.name_zh if by == "town" else Industry.name_zh),
        ),
        Column("enterprises", _l("Enterprises"), lambda t: t.enterprises, column("enterprises"), "num"),
        Column("vacant", _l("Post vacant"), lambda t: t.vacant, column("vacant"), "num"),
        Column("managers", _l("Managers"), lambda t: t.managers, column("managers"), "num"),
        Column("taught", _l("Taught this year"), lambda t: t.taught, column("taught"), "num"),
        Column("share", _l("Share, %"), lambda t: t.percent, column("share"), "num"),
        Column("met", _l("Hours met"), lambda t: t.met, column("met"), "num"),
    )
    return listed(
        "desks/coverage.html",
        _("Coverage by town") if by == "town" else _("Coverage by industry"),
        statement(clock.this_year(), target, towns),
        lambda row: coverage_queries.Coverage(*row),
        columns,
        Town.id if by == "town" else Industry.id,
        "name",
        total=count(towns),
        kind=by,
        whole=coverage_queries.whole(coverage_queries.towns(clock.this_year(), target, towns)),
        city_wide=towns is None,
    )


def _held(by: str) -> str | Response:
    """Answer with what was held, by topic this year or in the last twelve months."""
    now = clock.now()
    rows: list[Any]
    if by == "topic":
        rows = [(plain(row, "name"), row) for row in coverage_queries.topics(clock.this_year(), now)]
    else:
        rows = [(f"{row.first:%Y-%m}", row) for row in coverage_queries.by_month(now)]
    head = [_("Topic") if by == "topic" else _("Month"), _("Classes"), _("Seats"), _("Seats taken"), _("Attendances")]
    lines = [(name, row.classes, row.seats, row.taken, row.came) for name, row in rows]
    if kind := wanted():
        return taken_away(kind, _("Classes by topic") if by == "topic" else _("Classes by month"), head, lines)
    return render_template("desks/held.html", kind=by, head=head, lines=lines)
