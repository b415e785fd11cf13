"""Holidays and make-up working days, for the administrator."""

import datetime as dt
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _

from courses.catalogue import actions, planning
from courses.catalogue.forms import HolidayForm
from courses.catalogue.model import DayKind
from courses.catalogue.web.blueprint import pages
from courses.ground import clock
from courses.ground.refusal import Refusal
from courses.people.guard import needs, signed_in
from courses.people.rights import Right


@pages.get("/holidays")
@needs(Right.ADMINISTER)
def holidays() -> str:
    return _page(HolidayForm())


@pages.post("/holidays")
@needs(Right.ADMINISTER)
def set_holiday() -> Any:
    form = HolidayForm()
    if not form.validate_on_submit():
        return _page(form), 422
    kind = DayKind(form.kind.data)
    actions.set_day(signed_in(), form.day.data, kind, form.name_zh.data, form.name_en.data)
    flash(_("Saved. Officers are told when they plan a class on that day."), "done")
    return redirect(url_for(".holidays"), 303)


@pages.post("/holidays/<day>/deletion")
@needs(Right.ADMINISTER)
def forget_holiday(day: str) -> Any:
    try:
        actions.forget_day(signed_in(), dt.date.fromisoformat(day))
    except ValueError:
        raise Refusal("not_found") from None
    flash(_("Taken away. What was announced for that day holds again."), "done")
    return redirect(url_for(".holidays"), 303)


def _page(form: HolidayForm) -> str:
    this_year = clock.local(clock.now()).year
    years = (this_year, this_year + 1)
    return render_template(
        "catalogue/holidays.html",
        form=form,
        own=planning.own_days(years),
        unsettled=planning.feasts_alone(years),
        stretches=planning.announced_stretches(years),
    )
