"""The enterprise's own say in pages: approve or refuse a booking, the rule that asks for it, and the deputies."""

from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _

from courses.booking import actions
from courses.booking.web.blueprint import pages
from courses.booking.web.classes import on_booking
from courses.ground.refusal import Refusal
from courses.people.guard import needs, signed_in
from courses.people.model import BookingRule
from courses.people.rights import Right


@pages.post("/bookings/<int:booking_id>/approval")
@needs(Right.APPROVE)
def approve(booking_id: int) -> Any:
    def act() -> str:
        actions.approve(signed_in(), booking_id)
        return str(_("Approved. The seat is booked, and the person is being told."))

    return on_booking(booking_id, act)


@pages.post("/bookings/<int:booking_id>/disapproval")
@needs(Right.APPROVE)
def disapprove(booking_id: int) -> Any:
    def act() -> str:
        actions.disapprove(signed_in(), booking_id)
        return str(_("Not approved. The seat goes to the next in the queue, and the person is being told."))

    return on_booking(booking_id, act)


@pages.post("/enterprises/<int:enterprise_id>/booking-rule")
@needs(Right.DELEGATE)
def booking_rule(enterprise_id: int) -> Any:
    rule = request.form.get("rule", "")
    if rule not in list(BookingRule):
        raise Refusal("malformed")
    actions.change_booking_rule(signed_in(), enterprise_id, BookingRule(rule))
    asks = rule == BookingRule.APPROVAL
    flash(_("From now on you approve what your people book.") if asks else _("Your people book freely now."), "done")
    return redirect(url_for("enterprise.enterprise", enterprise_id=enterprise_id), 303)


@pages.post("/people/<int:person_id>/deputy")
@needs(Right.DELEGATE)
def deputy(person_id: int) -> Any:
    """Name a deputy, or with `end=1` take that back."""
    ends = request.form.get("end") == "1"
    actions.set_deputy(signed_in(), person_id, not ends)
    flash(_("No longer your deputy.") if ends else _("Your deputy now: books, approves and names like you."), "done")
    return redirect(url_for("enterprise.person", person_id=person_id), 303)
