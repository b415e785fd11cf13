"""The courses, and each one's page."""

from typing import Any

from flask import render_template, request
from wtforms.fields.choices import SelectChoice

from courses.catalogue import demand, queries
from courses.catalogue.forms import WishForm
from courses.catalogue.model import HALF_DAYS
from courses.catalogue.queries import the_course
from courses.catalogue.search import courses_found
from courses.catalogue.web.blueprint import MAX_WORDS, pages
from courses.catalogue.web.public import course_data
from courses.ground import clock
from courses.ground.language import half_day, plain
from courses.ground.markdown import as_html
from courses.people.guard import actor, public
from courses.people.queries import town_names
from courses.people.rights import Right, may


@pages.get("/courses")
@public
def courses() -> str:
    """Show every course, or those that all words searched for mean."""
    q = request.args.get("q", "").strip()[:MAX_WORDS]
    wanted = courses_found(q)
    found = [course for course in queries.all_courses() if wanted is None or course.id in wanted]
    return render_template("catalogue/courses.html", courses=found, q=q)


@pages.get("/courses/<int:course_id>")
@public
def course(course_id: int) -> str:
    return course_page(course_id)


def course_page(course_id: int, form: WishForm | None = None) -> str:
    """Show the course; `form`: what was sent of wishes, with what is wrong with it."""
    found, now, who = the_course(course_id), clock.now(), actor()
    wish = demand.wish_of(course_id, who.id) if who else None
    cards = queries.classes_of(course_id, now)
    return render_template(
        "catalogue/course.html",
        course=found,
        syllabus=as_html(plain(found, "syllabus")),
        cards=cards,
        industries=queries.made_for(course_id),
        held=queries.held_of(course_id, now),
        wish=wish,
        form=form or (wish_form(wish) if may(who, Right.ASK_TO_BE_TOLD) else None),
        demand=demand.demand(course_id) if may(who, Right.PUBLISH) else None,
        linked=course_data(found, cards),
    )


def wish_form(wish: Any = None) -> WishForm:
    """Return the form of what suits someone, filled with what they said before."""
    form = WishForm(obj=wish)
    form.towns.choices = [SelectChoice(town.id, plain(town, "name")) for town in town_names()]
    form.half_days.choices = [SelectChoice(half, half_day(half)) for half in HALF_DAYS]
    return form
