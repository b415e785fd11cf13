"""The list of enterprises, and each one's page."""

from typing import Any

from flask import current_app, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import column

from courses.enterprise import queries
from courses.enterprise.queries import GAPS, Filters, Listed, Member, Profile
from courses.enterprise.web.blueprint import pages
from courses.ground import clock, sheets
from courses.ground.forms import number_argument
from courses.ground.language import called, plain
from courses.ground.lists import TALL, Column, listed
from courses.ground.refusal import Refusal
from courses.ground.sound import by_sound
from courses.people.guard import needs, signed_in
from courses.people.looks import looked
from courses.people.model import Enterprise, Industry, Role, Town
from courses.people.queries import city, industry_names, town_names
from courses.people.rights import Right, may, towns_of


@pages.get("/enterprise")
@needs(Right.READ_ENTERPRISE)
def own() -> Any:
    """Lead an owner to the own enterprise, everyone else to the list."""
    actor = signed_in()
    if actor.enterprise_id is None:
        return redirect(url_for(".enterprises"), 303)
    return redirect(url_for(".enterprise", enterprise_id=actor.enterprise_id), 303)


@pages.get("/enterprises")
@needs(Right.READ_ENTERPRISE)
def enterprises() -> Any:
    actor = signed_in()
    if not actor.has(Role.OFFICER, Role.ASSOCIATION, Role.ADMINISTRATOR):
        return own()
    where, filters = towns_of(actor), _filters()
    columns = (
        Column("name", _l("Enterprise"), lambda e: plain(e, "name"), by_sound(Enterprise.name_zh)),
        Column("code", _l("Credit code"), lambda e: e.credit_code, Enterprise.credit_code),
        Column("town", _l("Town"), lambda e: plain(e, "town"), by_sound(Town.name_zh)),
        Column("industry", _l("Industry"), lambda e: plain(e, "industry"), by_sound(Industry.name_zh)),
        Column("key", _l("Key unit"), lambda e: _("yes") if e.is_key_unit else "", filed=True),
        Column("managers", _l("Managers"), lambda e: e.managers, column("managers"), "num"),
        Column("owners", _l("Persons in charge"), lambda e: e.owners, filed=True),
        Column("unopened", _l("Without an account"), lambda e: e.unopened, filed=True),
        Column("hours", _l("Hours this year"), lambda e: e.hours, column("half_hours"), "num"),
        Column("post", _l("Post"), _state, (column("state"), column("unopened"))),
    )
    return listed(
        "enterprise/enterprises.html",
        _("List of enterprises"),
        queries.listed(where, filters, clock.this_year()),
        lambda row: Listed(*row),
        columns,
        Enterprise.id,
        "name",
        size=TALL,
        filters=filters,
        towns=town_names(where),
        industries=industry_names(),
    )


def _state(line: Listed) -> str:
    """Return in a word how the post of an enterprise is filled."""
    if not line.managers:
        return str(_("Vacant"))
    if line.unopened:
        return str(_("Filled · %(count)s without an account", count=line.unopened))
    return str(_("Filled"))


def _filters() -> Filters:
    gap = request.args.get("gap", "")
    return Filters(
        q=request.args.get("q", "").strip()[:100],
        town=number_argument("town"),
        industry=number_argument("industry"),
        key=request.args.get("key") == "1",
        gap=gap if gap in GAPS else "",
    )


@pages.get("/enterprises/<int:enterprise_id>")
@needs(Right.READ_ENTERPRISE)
def enterprise(enterprise_id: int) -> Any:
    place = the_enterprise(enterprise_id)
    people, kind = queries.members(place.id, clock.now()), sheets.wanted()
    looked(signed_in(), "export" if kind else "people", enterprise_id=place.id)
    if kind:
        return sheets.taken_away(kind, plain(place, "name"), _people_head(), map(_people_row, people))
    return render_template(
        "enterprise/enterprise.html",
        place=place,
        people=people,
        formers=queries.formers(place.id),
        is_vacant=not any(Role.MANAGER in member.roles for member in people),
        join_url=current_app.config["SETTINGS"].base_url + url_for(".join", credit_code=place.credit_code),
        may_change=may(signed_in(), Right.CHANGE_PEOPLE, enterprise_id=place.id, town_id=place.town_id),
    )


def the_enterprise(enterprise_id: int) -> Profile:
    """Return the enterprise, if the actor may read of it. A stranger does not learn that it is there."""
    place = queries.profile(enterprise_id)
    if place is None or not may(signed_in(), Right.READ_ENTERPRISE, enterprise_id=place.id, town_id=place.town_id):
        raise Refusal("not_found")
    return place


def _people_head() -> list[str]:
    return [_("Name"), _("Post"), _("Hours this year"), _("Hours in all"), _("Classes ahead"), _("Account")]


def _people_row(member: Member) -> list[Any]:
    names = {Role.MANAGER: plain(city(), "post_name"), Role.OWNER: _("person in charge")}
    return [
        called(member),
        " · ".join(names[role] for role in member.roles),
        member.hours,
        member.hours_in_all,
        member.coming,
        _("has one") if member.has_account else _("not yet"),
    ]
