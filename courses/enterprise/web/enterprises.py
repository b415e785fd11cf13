"""The list of enterprises, and each one's page."""

from types import SimpleNamespace
from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _

from courses.enterprise import queries
from courses.enterprise.queries import GAPS, SORTS, Filters, Listed, Member, Profile
from courses.enterprise.web.blueprint import pages
from courses.ground import clock, sheets
from courses.ground.forms import number_argument, page_number
from courses.ground.language import called, plain
from courses.ground.refusal import Refusal
from courses.people.guard import needs, signed_in
from courses.people.looks import looked
from courses.people.model import Role
from courses.people.queries import city
from courses.people.rights import Actor, Right, may

PAGE_SIZE = 20


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
    filters, kind, now = _filters(), sheets.wanted(), clock.now()
    where = towns_of(actor)
    if kind:
        rows = queries.listed(where, filters, now, 0, sheets.MAX_ROWS)
        return sheets.taken_away(kind, _("List of enterprises"), _list_head(), map(_list_row, rows))
    number = page_number()
    found = queries.listed(where, filters, now, (number - 1) * PAGE_SIZE, PAGE_SIZE + 1)
    pager = SimpleNamespace(
        number=number,
        pages=number + (len(found) > PAGE_SIZE),
        url=lambda n: url_for(".enterprises", **{**request.args.to_dict(), "page": n}),
    )
    return render_template(
        "enterprise/enterprises.html",
        found=found[:PAGE_SIZE],
        filters=filters,
        pager=pager,
        towns=queries.towns(where),
        industries=queries.industries(),
    )


def towns_of(actor: Actor) -> frozenset[int] | None:
    """Return the towns whose enterprises the actor sees; None for all."""
    return None if actor.has(Role.ADMINISTRATOR) else actor.towns


def _filters() -> Filters:
    def one_of(name: str, known: tuple[str, ...]) -> str:
        return said if (said := request.args.get(name, "")) in known else ""

    return Filters(
        q=request.args.get("q", "").strip()[:100],
        town=number_argument("town"),
        industry=number_argument("industry"),
        key=request.args.get("key") == "1",
        gap=one_of("gap", GAPS),
        sort=one_of("sort", SORTS) or "name",
    )


def _list_head() -> list[str]:
    return [
        _("Enterprise"),
        _("Credit code"),
        _("Town"),
        _("Industry"),
        _("Key unit"),
        _("Managers"),
        _("Persons in charge"),
        _("Without an account"),
        _("Hours this year"),
    ]


def _list_row(row: Listed) -> list[Any]:
    return [
        plain(row, "name"),
        row.credit_code,
        plain(row, "town"),
        plain(row, "industry"),
        _("yes") if row.is_key_unit else "",
        row.managers,
        row.owners,
        row.unopened,
        row.hours,
    ]


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
        may_change=may(signed_in(), Right.CHANGE_PEOPLE, enterprise_id=place.id, town_id=place.town_id),
    )


def the_enterprise(enterprise_id: int) -> Profile:
    """Return the enterprise, if the actor may read of it. A stranger does not learn that it is there."""
    place = queries.profile(enterprise_id)
    if place is None or not may(signed_in(), Right.READ_ENTERPRISE, enterprise_id=place.id, town_id=place.town_id):
        raise Refusal("not_found")
    return place


def _people_head() -> list[str]:
    return [_("Name"), _("Post"), _("Hours this year"), _("Hours in all"), _("Classes to come"), _("Account")]


def _people_row(member: Member) -> list[Any]:
    names = {Role.MANAGER: plain(city(), "post_name"), Role.OWNER: _("person in charge")}
    return [
        called(member),
        " · ".join(names[role] for role in member.roles),
        member.hours,
        member.hours_in_all,
        member.coming,
        _("yes") if member.has_account else _("not yet"),
    ]
