"""The desk: for each role what to do first, then the overview."""

from typing import Any

from flask import redirect, render_template, url_for

from courses.booking import queries as booking
from courses.desks import queries
from courses.desks.web.blueprint import pages
from courses.desks.web.installation import state
from courses.enterprise.model import Answer
from courses.enterprise.queries import joinings
from courses.ground import clock
from courses.people.guard import needs, signed_in
from courses.people.looks import looked
from courses.people.model import Role
from courses.people.rights import Right, may
from courses.roster.queries import hours_of
from courses.setup.queries import is_founded


@pages.get("/desk")
@needs(Right.USE_ACCOUNT)
def desk() -> Any:
    """Show one section for each role the actor holds, the things to do first; before the city has a name, its
    administrator is led to the checklist."""
    actor, now = signed_in(), clock.now()
    if actor.has(Role.ADMINISTRATOR) and not is_founded():
        return redirect(url_for("setup.checklist"), 303)
    shown: dict[str, Any] = {}
    if actor.has(Role.MANAGER, Role.OWNER) or not actor.roles:  # whose post has ended reads on
        shown["mine"] = booking.coming(actor.id, now)
        shown["hours"] = hours_of(actor.id)
    if actor.enterprise_id and may(actor, Right.READ_PEOPLE, enterprise_id=actor.enterprise_id):
        shown["members"] = queries.members(actor.enterprise_id, now)
        shown["of_enterprise"] = booking.coming_of_enterprise(actor.enterprise_id, now)
    if actor.has(Role.OFFICER) and actor.squadron_id:
        shown["unmarked"] = queries.unmarked_classes(actor.squadron_id, None, now)
        shown["classes"] = queries.classes_of_squadron(actor.squadron_id, now)
        shown["untold"] = queries.untold(actor.squadron_id, now)
        looked(actor, "notices", person_ids=[one.person_id for one in shown["untold"]])
    if actor.has(Role.LECTURER):
        shown["to_mark"] = queries.unmarked_classes(None, actor.id, now)
        shown["taught"] = queries.classes_taught(actor.id, now)
    if may(actor, Right.READ_COVERAGE):
        shown["coverage"] = queries.coverage(None if actor.has(Role.BUREAU) else actor.towns)
    if may(actor, Right.DECIDE_JOINING):
        where = None if actor.has(Role.ADMINISTRATOR) else actor.towns
        shown["joining"] = joinings(where, "", Answer.WAITING, 0, 5)
    if actor.has(Role.ADMINISTRATOR):
        shown["state"] = state()
    return render_template("desks/desk.html", **shown)
