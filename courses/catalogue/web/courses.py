"""The courses, and each one's page."""

from flask import render_template, request

from courses.catalogue import queries
from courses.catalogue.queries import the_course
from courses.catalogue.search import courses_found
from courses.catalogue.web.blueprint import MAX_WORDS, pages
from courses.catalogue.web.public import course_data
from courses.ground import clock
from courses.ground.language import plain
from courses.ground.markdown import as_html
from courses.people.guard import actor, public
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
    found, now, who = the_course(course_id), clock.now(), actor()
    cards = queries.classes_of(course_id, now)
    return render_template(
        "catalogue/course.html",
        course=found,
        syllabus=as_html(plain(found, "syllabus")),
        cards=cards,
        industries=queries.made_for(course_id),
        held=queries.held_of(course_id, now),
        wants_to_be_told=who is not None and queries.wants_to_be_told(course_id, who.id),
        waiting=queries.waiting_for(course_id) if may(who, Right.PUBLISH) else 0,
        linked=course_data(found, cards),
    )
