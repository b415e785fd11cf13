"""The pages of the catalogue: shelves, courses, and the form that publishes a class."""

import datetime as dt
from collections.abc import Sequence
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from markupsafe import Markup
from wtforms.fields.choices import SelectChoice

from courses.catalogue import actions, queries
from courses.catalogue.forms import REFUSED_AT, ClassForm, TimetableForm
from courses.catalogue.model import Course
from courses.catalogue.queries import PAGE_SIZE, Filters
from courses.ground import clock
from courses.ground.db import db
from courses.ground.forms import day_argument, number_argument, page_number
from courses.ground.language import called, lang, plain
from courses.ground.markdown import as_html
from courses.ground.nonce import blank, fill_in
from courses.ground.refusal import Refusal
from courses.homes.queries import places
from courses.people.guard import actor, needs, public, signed_in
from courses.people.queries import city
from courses.people.rights import Right

pages = Blueprint("catalogue", __name__)
MAX_WORDS = 100


@pages.app_template_global("card")
def card(row: queries.Card) -> Markup:
    """Return a class's card. It says the same as long as its row does, so it is made once, not for each visitor."""
    return _card(row, lang(), *_present([row]))


def _present(rows: Sequence[queries.Card]) -> tuple[int | bool, ...]:
    """Return what cards say of the present: which year needs no mention, and where booking opened or closed."""
    now = clock.now()
    return clock.local(now).year, *(at > now for row in rows for at in (row.opens_at, row.closes_at))


@lru_cache(maxsize=2000)
def _card(row: queries.Card, *_depends_on: object) -> Markup:
    return Markup(render_template("catalogue/_card.html", row=row))


@pages.get("/")
@public
def shelves() -> str:
    filters = Filters(
        q=request.args.get("q", "").strip()[:MAX_WORDS],
        topic=request.args.get("topic", "")[:64],
        town=number_argument("town"),
        day=day_argument("day"),
        free=request.args.get("free") == "1",
        page=page_number(),
    )
    found = tuple(queries.shelf(filters, clock.now(), _span_of(filters.day)))
    names = (tuple(queries.topics()), tuple(queries.towns_with_homes()), city())
    asked = tuple((name, value) for name, value in request.args.items() if name not in ("page", "lang"))
    made = _shelf(found, filters, asked, *names, lang(), _present(found))
    if actor() or session:
        return render_template("catalogue/shelves.html", shelf=made)
    return fill_in(_page_of_strangers(made, request.url, lang(), city()))


@lru_cache(maxsize=300)
def _page_of_strangers(shelf: Markup, *_depends_on: object) -> str:
    """Return the page as every stranger sees it at this address."""
    return blank(lambda: render_template("catalogue/shelves.html", shelf=shelf))


@lru_cache(maxsize=300)
def _shelf(
    found: tuple[queries.Card, ...],
    filters: Filters,
    asked: tuple[tuple[str, str], ...],
    topics: tuple[queries.Shelf, ...],
    towns: tuple[queries.TownName, ...],
    *_depends_on: object,
) -> Markup:
    made = render_template(
        "catalogue/_shelf.html",
        cards=found[:PAGE_SIZE],
        filters=filters,
        topics=topics,
        towns=towns,
        pager=_pager(dict(asked), filters.page, len(found) > PAGE_SIZE),
    )
    return Markup(made)


def _span_of(day: dt.date | None) -> tuple[dt.datetime, dt.datetime] | None:
    if day is None or not 2000 <= day.year <= 2200:
        return None
    begins = clock.from_local(day, dt.time.min)
    return begins, begins + dt.timedelta(days=1)


def _pager(asked: dict[str, Any], number: int, more: bool) -> Any:
    def url(n: int) -> str:
        return url_for("catalogue.shelves", **asked, page=n)

    return SimpleNamespace(number=number, pages=number + more, url=url)


@pages.get("/courses")
@public
def courses() -> str:
    """Show every course, or those in whose title or summary all words searched for stand."""
    q = request.args.get("q", "").strip()[:MAX_WORDS]
    found = [course for course in queries.all_courses() if _mentions(course, q.casefold().split())]
    return render_template("catalogue/courses.html", courses=found, q=q)


def _mentions(course: Course, words: list[str]) -> bool:
    texts = (course.title_zh, course.title_en, course.summary_zh, course.summary_en)
    said = "\n".join(texts).casefold()
    return all(word in said for word in words)


@pages.get("/courses/<int:course_id>")
@public
def course(course_id: int) -> str:
    found = _course(course_id)
    return render_template(
        "catalogue/course.html",
        course=found,
        syllabus=as_html(plain(found, "syllabus")),
        cards=queries.classes_of(course_id, clock.now()),
    )


@pages.get("/courses/<int:course_id>/classes/new")
@needs(Right.PUBLISH)
def new_class(course_id: int) -> str:
    form = ClassForm()
    offer_places(form)
    week_on = clock.local(clock.now() + dt.timedelta(days=7)).date()
    first = form.sittings[0].form
    first.day.data, first.start.data, first.end.data = week_on, dt.time(9), dt.time(11, 30)
    form.capacity.data = 30
    return _class_form(form, _course(course_id))


@pages.post("/courses/<int:course_id>/classes")
@needs(Right.PUBLISH)
def publish(course_id: int) -> Any:
    found = _course(course_id)
    form = ClassForm()
    offer_places(form)
    form.lecturers.choices = _lecturer_choices()
    if form.validate_on_submit():
        try:
            class_id = actions.publish(signed_in(), form.plan(course_id))
        except Refusal as refusal:
            if refusal.status >= 500:
                raise
            form.refuse(refusal, **REFUSED_AT)
        else:
            flash(_("The class is published. People can see it now."), "done")
            return redirect(url_for("booking.class_page", class_id=class_id), 303)
    return _class_form(form, _course(found.id)), 422


def _class_form(form: ClassForm, found: Course) -> str:
    form.lecturers.choices = _lecturer_choices()
    form.pad()
    return render_template("catalogue/class_form.html", form=form, course=found)


def _lecturer_choices() -> list[SelectChoice]:
    return [SelectChoice(t.id, f"{called(t)} · {plain(t, 'institution')}") for t in queries.lecturers()]


def offer_places(form: TimetableForm) -> None:
    """Offer every room, the squadron's own towns first."""
    offered = places(signed_in().towns)
    form.room_id.choices = [
        SelectChoice(
            p.room_id,
            _(
                "%(home)s · %(room)s (%(seats)s seats)",
                home=plain(p, "home"),
                room=plain(p, "room"),
                seats=p.seats,
            ),
        )
        for p in offered
    ]


def _course(course_id: int) -> Course:
    found = db.session.get(Course, course_id)
    if found is None:
        raise Refusal("not_found")
    return found
