"""The pages of people with roles, and of lecturers."""

from collections.abc import Sequence
from typing import Any

from flask import Response, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms.fields import SelectChoice

from courses.catalogue.model import Lecturer
from courses.ground import sheets
from courses.ground.language import called, plain
from courses.ground.lists import TALL, Column, listed
from courses.ground.refusal import Refusal
from courses.ground.sound import by_sound
from courses.people import links
from courses.people.guard import needs, signed_in
from courses.people.looks import looked
from courses.people.model import Association, Person, Role, Squadron
from courses.people.rights import Right
from courses.setup import actions, queries
from courses.setup.actions.people import STAFF
from courses.setup.forms import ROLES, LecturerForm, PersonForm
from courses.setup.web.blueprint import pages

REFUSED_AT = {
    "email_taken": "email",
    "mobile_taken": "mobile",
    "no_contact": "email",
    "no_role": "roles",
    "two_sides": "roles",
    "last_administrator": "roles",
    "post_held": "roles",
}
ACCOUNTS = {"yes": _l("has one"), "no": _l("not opened yet")}


@pages.app_template_global("role_name")
def role_name(role: Role) -> str:
    """Return what a role is called in a list; the manager's post by the city's own word."""
    if role == Role.MANAGER:
        return plain(g.city, "post_name")
    return str(
        {
            Role.OWNER: _("person in charge"),
            Role.OFFICER: _("squadron officer"),
            Role.INSPECTOR: _("inspector"),
            Role.LECTURER: _("lecturer"),
            Role.ASSOCIATION: _("association"),
            Role.BUREAU: _("bureau"),
            Role.ADMINISTRATOR: _("administrator"),
        }[role]
    )


@pages.get("/setup/people")
@needs(Right.ADMINISTER)
def people() -> str | Response:
    wanted = _wanted()
    columns = (
        Column("name", _l("Name"), lambda one: one.name, by_sound(Person.name)),
        Column("name_en", _l("Name in Latin letters"), lambda one: one.name_en, filed=True),
        Column("roles", _l("Roles"), _roles),
        Column("email", _l("E-mail address"), lambda one: one.email, Person.email),
        Column("mobile", _l("Mobile number"), lambda one: one.mobile, Person.mobile),
        Column("account", _l("Account"), _account, queries.HAS_ACCOUNT),
    )
    return listed(
        "setup/people.html",
        _("People"),
        queries.people(wanted),
        lambda row: queries.Listed(*row),
        columns,
        Person.id,
        "name",
        seen=_seen,
        size=TALL,
        wanted=wanted,
        role_names={role: role_name(role) for role in Role},
        accounts=ACCOUNTS,
    )


def _seen(found: Sequence[queries.Listed]) -> None:
    looked(signed_in(), "export" if sheets.wanted() else "people")
    queries.fill_in_posts(found)


def _wanted() -> queries.PeopleFilter:
    role, account = request.args.get("role", ""), request.args.get("account", "")
    return queries.PeopleFilter(
        q=request.args.get("q", "").strip()[:100],
        role=role if role in list(Role) else "",
        account=account if account in ACCOUNTS else "",
    )


def _roles(one: queries.Listed) -> str:
    return " · ".join(f"{role_name(post.role)} {plain(post, 'name')}".strip() for post in one.posts)


def _account(one: queries.Listed) -> str:
    return str(ACCOUNTS["yes" if one.has_account else "no"])


@pages.get("/setup/people/new")
@needs(Right.ADMINISTER)
def new_person() -> str:
    role = request.args.get("role", "")
    return _person_page(_person_form(formdata=None, roles=[role] if role in STAFF else []), None)


@pages.post("/setup/people")
@needs(Right.ADMINISTER)
def add_person() -> Any:
    return _save_person(None)


@pages.get("/setup/people/<int:person_id>")
@needs(Right.ADMINISTER)
def person(person_id: int) -> str:
    found = _the_person(person_id)
    looked(signed_in(), "people", person_ids=[person_id])
    held = {post.role: post for post in queries.posts(person_id) if post.role in STAFF}
    form = _person_form(formdata=None, obj=found, roles=list(held))
    if officer := held.get(Role.OFFICER):
        form.squadron_id.data = officer.squadron_id
    if member := held.get(Role.ASSOCIATION):
        form.association_id.data = member.association_id
    return _person_page(form, found)


@pages.post("/setup/people/<int:person_id>")
@needs(Right.ADMINISTER)
def change_person(person_id: int) -> Any:
    return _save_person(person_id)


def _the_person(person_id: int) -> Any:
    found = queries.person(person_id)
    if found is None:
        raise Refusal("not_found")
    return found


def _save_person(person_id: int | None) -> Any:
    found = _the_person(person_id) if person_id else None
    form = _person_form()
    if not form.validate():
        return _person_page(form, found), 422
    roles = [Role(role) for role in form.roles.data or ()]
    try:
        saved = actions.save_person(
            signed_in(), person_id, _who(form), roles, form.squadron_id.data or None, form.association_id.data or None
        )
    except Refusal as refusal:
        if refusal.code not in REFUSED_AT:
            raise
        form.refuse(refusal, **REFUSED_AT)
        return _person_page(form, found), refusal.status
    if person_id:
        flash(_("Saved."), "done")
        return redirect(url_for(".people"), 303)
    return _sent(saved)


def _who(form: PersonForm | LecturerForm) -> actions.Staff:
    return actions.Staff(
        str(form.name.data),
        form.name_en.data or "",
        form.email.data or None,
        form.mobile.data or None,
        form.language.data or "zh",
    )


def _person_form(**more: Any) -> PersonForm:
    form = PersonForm(**more)
    form.roles.choices = ROLES
    none = SelectChoice(0, "–")
    form.squadron_id.choices = [none, *(SelectChoice(row.id, plain(row, "name")) for row in queries.named(Squadron))]
    form.association_id.choices = [
        none,
        *(SelectChoice(row.id, plain(row, "name")) for row in queries.named(Association)),
    ]
    return form


def _person_page(form: PersonForm, found: Any) -> str:
    return render_template("setup/person.html", form=form, person=found)


@pages.post("/setup/people/<int:person_id>/links")
@needs(Right.ADMINISTER)
def send_link(person_id: int) -> Any:
    """Invite somebody again, or show a link for a new password."""
    try:
        handed = actions.send_link(signed_in(), person_id)
    except Refusal as refusal:
        if refusal.code != "own_link":
            raise
        flash(refusal.words, "lost")
        return redirect(url_for(".person", person_id=person_id), 303)
    return _sent(handed)


@pages.post("/setup/people/<int:person_id>/removal")
@needs(Right.ADMINISTER)
def remove_person(person_id: int) -> Any:
    try:
        actions.remove_person(signed_in(), person_id)
    except Refusal as refusal:
        if refusal.status != 409:
            raise
        flash(refusal.words, "lost")
        return redirect(url_for(".person", person_id=person_id), 303)
    flash(_("Removed."), "done")
    return redirect(url_for(".people"), 303)


def _sent(handed: actions.Handed) -> Any:
    """Say that the mail is on its way, or show the link to hand over, this once."""
    if handed.email:
        flash(_("A mail to %(name)s is on its way to %(email)s.", name=called(handed), email=handed.email), "done")
        return redirect(url_for(".people"), 303)
    settings = current_app.config["SETTINGS"]
    token = links.sign(settings.secret_keys, handed.purpose, handed.id, handed.epoch)
    endpoint = "accounts.invitation" if handed.purpose == "invitation" else "accounts.reset"
    link = settings.base_url + url_for(endpoint, token=token)
    return render_template("setup/hand_over.html", handed=handed, link=link), 201


@pages.get("/setup/lecturers/new")
@needs(Right.ADMINISTER)
def new_lecturer() -> str:
    return _lecturer_page(LecturerForm(formdata=None), None)


@pages.post("/setup/lecturers")
@needs(Right.ADMINISTER)
def add_lecturer() -> Any:
    return _save_lecturer(None)


@pages.get("/setup/lecturers/<int:person_id>")
@needs(Right.ADMINISTER)
def lecturer(person_id: int) -> str:
    row = _the_lecturer(person_id)
    looked(signed_in(), "people", person_ids=[person_id])
    texts = {name: getattr(row, name) for name in ("institution_zh", "institution_en", "bio_zh", "bio_en")}
    return _lecturer_page(LecturerForm(formdata=None, obj=row.person, data=texts), row)


@pages.post("/setup/lecturers/<int:person_id>")
@needs(Right.ADMINISTER)
def change_lecturer(person_id: int) -> Any:
    return _save_lecturer(person_id)


def _the_lecturer(person_id: int) -> Lecturer:
    row = queries.row_of(Lecturer, person_id)
    if not isinstance(row, Lecturer):
        raise Refusal("not_found")
    return row


def _save_lecturer(person_id: int | None) -> Any:
    row, form = _the_lecturer(person_id) if person_id else None, LecturerForm()
    if not form.validate():
        return _lecturer_page(form, row), 422
    texts = {name: form[name].data or "" for name in ("institution_zh", "institution_en", "bio_zh", "bio_en")}
    try:
        saved = actions.save_lecturer(signed_in(), person_id, _who(form), texts)
    except Refusal as refusal:
        if refusal.code not in REFUSED_AT:
            raise
        form.refuse(refusal, **REFUSED_AT)
        return _lecturer_page(form, row), refusal.status
    if person_id:
        flash(_("Saved."), "done")
        return redirect(url_for(".entries", name="lecturers"), 303)
    return _sent(saved)


def _lecturer_page(form: LecturerForm, row: Lecturer | None) -> str:
    return render_template("setup/lecturer.html", form=form, row=row)
