"""The checklist of a city's first day, and the page of the city itself."""

from typing import Any, NamedTuple

from flask import flash, g, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from courses.ground.language import plain
from courses.people.guard import needs, signed_in
from courses.people.model import Town
from courses.people.rights import Right
from courses.setup import actions, queries
from courses.setup.forms import CityForm
from courses.setup.registers import REGISTERS
from courses.setup.web.blueprint import pages


class Step(NamedTuple):
    """One line of the checklist. `there`: how many there are, `counted`: the same in words where it is more than one;
    `needed`: without it no class can be held; `unserved`: the towns that are still without."""

    title: str
    why: str
    url: str
    there: int
    is_done: bool
    counted: str
    needed: bool = True
    unserved: tuple[str, ...] = ()


@pages.get("/setup")
@needs(Right.ADMINISTER)
def checklist() -> str:
    """Show what a city needs, what is there, and the next step."""
    steps = _steps(queries.progress(), queries.unserved_towns())
    following = next((step for step in steps if not step.is_done and step.needed), None)
    return render_template("setup/checklist.html", steps=steps, following=following)


def _steps(so_far: queries.Progress, unserved: list[Town]) -> list[Step]:
    def register(name: str, needed: bool = True) -> Step:
        count = getattr(so_far, name)
        words = REGISTERS[name]
        url, counted = url_for(".entries", name=name), _("%(count)s in all", count=count)
        return Step(str(words.title), str(words.lead), url, count, count > 0, counted, needed)

    without = {
        name: tuple(plain(town, "name") for town in unserved if getattr(town, name) is None)
        for name in ("squadron_id", "association_id")
    }

    return [
        Step(
            _("The city"),
            _("Its name, zone, operator, what it calls the post, and its rules of hours."),
            url_for(".city"),
            so_far.city,
            so_far.city > 0,
            "",
        ),
        register("towns"),
        register("squadrons")._replace(
            is_done=so_far.squadrons > 0 and not so_far.unserved, unserved=without["squadron_id"]
        ),
        register("associations", needed=False)._replace(unserved=without["association_id"]),
        register("homes"),
        register("rooms"),
        register("topics"),
        register("industries", needed=False),
        register("lecturers", needed=False)._replace(
            counted=ngettext("%(num)s lecturer in all", "%(num)s lecturers in all", so_far.lecturers)
        ),
        Step(
            _("People with roles"),
            _("Officers publish classes; associations, the bureau and inspectors see what is theirs."),
            url_for(".people", role="officer"),
            so_far.officers,
            so_far.officers > 0,
            ngettext("%(num)s officer in all", "%(num)s officers in all", so_far.officers),
        ),
        Step(
            _("Enterprises and managers"),
            _("From a spreadsheet; you see what each row would do before anything is written."),
            url_for(".import_list"),
            so_far.enterprises,
            so_far.managers > 0,
            ngettext("%(num)s enterprise in all", "%(num)s enterprises in all", so_far.enterprises),
        ),
        Step(
            _("Courses"),
            _("What is taught, whether or not it has a date."),
            url_for("catalogue.courses") if so_far.courses else url_for("catalogue.new_course"),
            so_far.courses,
            so_far.courses > 0,
            ngettext("%(num)s course in all", "%(num)s courses in all", so_far.courses),
        ),
        Step(
            _("Classes"),
            _("An officer publishes the first one from a course's page."),
            url_for("catalogue.shelves"),
            so_far.classes,
            so_far.classes > 0,
            ngettext("%(num)s class in all", "%(num)s classes in all", so_far.classes),
        ),
    ]


@pages.get("/setup/city")
@needs(Right.ADMINISTER)
def city() -> str:
    form = CityForm(formdata=None, obj=g.city)
    if not queries.is_founded():
        form.name_zh.data = form.name_en.data = ""
    return render_template("setup/city.html", form=form)


@pages.post("/setup/city")
@needs(Right.ADMINISTER)
def change_city() -> Any:
    form = CityForm()
    if not form.validate():
        return render_template("setup/city.html", form=form), 422
    actions.change_city(signed_in(), form.values())
    flash(_("The city is saved."), "done")
    return redirect(url_for(".checklist"), 303)
