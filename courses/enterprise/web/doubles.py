"""Doubles: which there may be, compared side by side, and merged."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from courses.enterprise import actions, doubles, queries
from courses.enterprise.actions.merge import mergeable
from courses.enterprise.web.blueprint import pages
from courses.ground import clock
from courses.ground.refusal import Refusal
from courses.people.guard import needs, signed_in
from courses.people.looks import looked
from courses.people.model import Role
from courses.people.rights import Right

REFUSED = ("both_booked", "person_clash", "post_held", "not_mergeable")


@pages.get("/doubles")
@needs(Right.MERGE_PEOPLE)
def list_doubles() -> Any:
    actor = signed_in()
    everywhere = actor.has(Role.ADMINISTRATOR)
    people = doubles.double_people(None if everywhere else actor.enterprise_id)
    looked(actor, "doubles", person_ids=[id_ for pair in people for id_ in (pair.first_id, pair.second_id)])
    return render_template(
        "enterprise/doubles.html",
        people=people,
        enterprises=doubles.double_enterprises() if everywhere else [],
        mergers=doubles.mergers() if everywhere else [],
    )


@pages.get("/doubles/people/<int:first_id>/<int:second_id>")
@needs(Right.MERGE_PEOPLE)
def two_people(first_id: int, second_id: int) -> Any:
    return _two_people(first_id, second_id)


def _two_people(first_id: int, second_id: int, refusal: Refusal | None = None) -> Any:
    try:
        pair = mergeable(signed_in(), first_id, second_id)
    except Refusal as refused:
        if refused.code not in REFUSED:
            raise
        flash(refused.words, "lost")
        return redirect(url_for(".list_doubles"), 303)
    looked(signed_in(), "doubles", person_ids=[first_id, second_id])
    page = render_template(
        "enterprise/two_people.html",
        pair=pair,
        sums=doubles.sums_of_people([first_id, second_id]),
        coming={one.id: queries.places_ahead(one.id, clock.now()) for one in pair},
        refusal=refusal,
    )
    return page, refusal.status if refusal else 200


@pages.post("/doubles/people/<int:first_id>/<int:second_id>")
@needs(Right.MERGE_PEOPLE)
def merge_people(first_id: int, second_id: int) -> Any:
    kept, gone = _chosen(first_id, second_id)
    try:
        actions.merge_people(signed_in(), kept, gone)
    except Refusal as refusal:
        if refusal.code not in REFUSED:
            raise
        return _two_people(first_id, second_id, refusal)
    flash(_("Merged. Everything stands under one name now."), "done")
    return redirect(url_for(".list_doubles"), 303)


def _chosen(first_id: int, second_id: int) -> tuple[int, int]:
    """Return which stays and which goes. Raises Refusal("malformed") where neither was chosen."""
    kept = request.form.get("kept", "")
    if kept not in (str(first_id), str(second_id)):
        raise Refusal("malformed")
    return (first_id, second_id) if kept == str(first_id) else (second_id, first_id)


@pages.get("/doubles/enterprises/<int:first_id>/<int:second_id>")
@needs(Right.ADMINISTER)
def two_enterprises(first_id: int, second_id: int) -> Any:
    pair = [queries.profile(id_) for id_ in (first_id, second_id)]
    if None in pair or first_id == second_id:
        raise Refusal("not_found")
    sums = doubles.sums_of_enterprises([first_id, second_id])
    return render_template("enterprise/two_enterprises.html", pair=pair, sums=sums)


@pages.post("/doubles/enterprises/<int:first_id>/<int:second_id>")
@needs(Right.ADMINISTER)
def merge_enterprises(first_id: int, second_id: int) -> Any:
    actions.merge_enterprises(signed_in(), *_chosen(first_id, second_id))
    flash(_("Merged. Everything stands under one name now."), "done")
    return redirect(url_for(".list_doubles"), 303)
