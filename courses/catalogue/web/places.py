"""The pages of the Homes and of those who teach there."""

import datetime as dt
from typing import Any

from flask import render_template, url_for

from courses.catalogue import queries
from courses.catalogue.shelf import Filters
from courses.catalogue.web.blueprint import pages
from courses.catalogue.web.calendar import leaf
from courses.catalogue.web.public import place_data, teacher_data
from courses.ground import clock
from courses.ground.refusal import Refusal
from courses.homes.queries import home_view, homes_after
from courses.people.guard import public

MAX_HOMES = 500


@pages.get("/homes")
@public
def homes() -> str:
    return render_template(
        "catalogue/homes.html",
        views=homes_after(0, MAX_HOMES),
        coming=queries.coming_by_home(clock.now()),
    )


@pages.get("/homes/<int:home_id>")
@public
def home(home_id: int) -> str:
    view = home_view(home_id)
    if view is None:
        raise Refusal("not_found")

    def link(on: dt.date | None) -> str:
        return url_for("catalogue.home", home_id=home_id, on=on)

    linked: dict[str, Any] = {"@context": "https://schema.org", **place_data(view.home, view.town)}
    return render_template(
        "catalogue/home.html",
        view=view,
        leaf=leaf("month", Filters(home=home_id)),
        link=link,
        linked=linked,
    )


@pages.get("/lecturers")
@public
def lecturers() -> str:
    return render_template("catalogue/lecturers.html", teachers=queries.lecturers_and_their_classes(clock.now()))


@pages.get("/lecturers/<int:person_id>")
@public
def lecturer(person_id: int) -> str:
    found = queries.lecturer(person_id)
    if found is None:
        raise Refusal("not_found")
    cards, held = queries.taught_by(person_id, clock.now())
    linked = teacher_data(found)
    return render_template("catalogue/lecturer.html", teacher=found, cards=cards, held=held, linked=linked)
