"""A person's own data, who looked at it, and whom an administrator may mean."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import aliased

from courses.accounts.model import Identity, Token
from courses.booking.model import SEATED, Appeal, Booking, Enrolment, Event
from courses.bulk.model import EnrolmentList, ListRow
from courses.catalogue.model import Course, FirstAsked, Interest, Lecturer, Sitting, Teaching, TrainingClass
from courses.enterprise.model import JoinRequest, Merger
from courses.enterprise.model import Kind as Merged
from courses.ground import clock
from courses.ground.db import db
from courses.ground.language import called, half_day, plain
from courses.ground.sound import by_sound
from courses.outbox.model import Fate, Notice
from courses.outbox.render import render
from courses.people.looks import Look
from courses.people.model import Enterprise, PastPost, Person, Post, Town
from courses.people.queries import city, town_names
from courses.privacy.erasing import contacts
from courses.privacy.model import Erasure
from courses.roster.model import Attendance, YearlyHours
from courses.setup.model import Import, ImportRow
from courses.webhooks.model import Webhook

FOUND_MAX = 20


class LookedAt(NamedTuple):
    """One person's looks of one day at one thing. `at` is the latest of them."""

    at: dt.datetime
    times: int
    actor: str
    actor_en: str
    page: str
    door: str
    title_zh: str | None
    title_en: str | None


def looks_at(person_id: int, limit: int = 50) -> list[LookedAt]:
    """Return who looked at data of a person, newest first: at them alone or at a list they stood in then."""
    about = or_(Look.person_id == person_id, _in_class(person_id), _in_enterprise(person_id), _in_town(person_id))
    statement = (
        select(Look, Person.name, Person.name_en, Course.title_zh, Course.title_en)
        .join(Person, Person.id == Look.actor_id)
        .outerjoin(TrainingClass, TrainingClass.id == Look.class_id)
        .outerjoin(Course, Course.id == TrainingClass.course_id)
        .where(about, Look.actor_id != person_id)
        .order_by(Look.id.desc())
        .limit(limit * 10)
    )
    days: dict[tuple[Any, ...], LookedAt] = {}
    for look, name, name_en, zh, en in db.session.execute(statement):
        same = (look.actor_id, look.page, look.door, look.class_id, clock.local(look.at).date())
        first = days.get(same)
        newest = first or LookedAt(look.at, 0, name, name_en, look.page, look.door, zh, en)
        days[same] = newest._replace(times=newest.times + 1)
    return list(days.values())[:limit]


def _in_class(person_id: int) -> ColumnElement[bool]:
    """Return the condition for a look at a class in which the person stood at that moment: on the sheets only who had a
    seat, elsewhere, as in the log, whoever had asked for one."""
    on_sheet = Look.page.in_(("roster", "sign_in_sheet", "export"))
    without_seat = Booking.state.not_in(SEATED) & (Booking.changed_at <= Look.at)
    stood = (
        select(Booking.id)
        .join(Enrolment, Enrolment.id == Booking.enrolment_id)
        .where(Booking.person_id == person_id, Booking.class_id == Look.class_id, Enrolment.made_at <= Look.at)
        .where(~(on_sheet & without_seat))
    )
    classes = select(Booking.class_id).where(Booking.person_id == person_id)
    return Look.class_id.in_(classes) & stood.correlate(Look).exists()


def _in_enterprise(person_id: int) -> ColumnElement[bool]:
    """Return the condition for a look at an enterprise at which the person had a post at that moment."""
    enterprises = select(Post.enterprise_id).where(Post.person_id == person_id)
    return Look.enterprise_id.in_(enterprises) & _had_begun(person_id)


def _in_town(person_id: int) -> ColumnElement[bool]:
    """Return the condition for a look at everyone of the town of the person's enterprise."""
    towns = (
        select(Enterprise.town_id).join(Post, Post.enterprise_id == Enterprise.id).where(Post.person_id == person_id)
    )
    return Look.town_id.in_(towns) & (Look.page == "export") & _had_begun(person_id)


def _had_begun(person_id: int) -> ColumnElement[bool]:
    begun = or_(Post.began_at.is_(None), Post.began_at <= Look.at)
    return select(Post.id).where(Post.person_id == person_id, begun).correlate(Look).exists()


class Section(NamedTuple):
    """One part of a person's own data: `name` in the JSON, `title` on the page; rows of plain values."""

    name: str
    title: str
    heads: dict[str, str]
    rows: list[dict[str, Any]]


def own_data(person_id: int) -> list[Section]:
    """Return all that is kept of a person, but secrets: a password and a token are kept as a hash."""
    return [
        _person(person_id),
        _posts(person_id),
        _past_posts(person_id),
        _requests(person_id),
        _interests(person_id),
        _asked_first(person_id),
        _bookings(person_id),
        _appeals(person_id),
        _attendance(person_id),
        _hours(person_id),
        _lecturer(person_id),
        _teaching(person_id),
        _notices(person_id),
        _tokens(person_id),
        _identities(person_id),
        _webhooks(person_id),
        _sheets(person_id),
        _lists(person_id),
        _mergers(person_id),
        _events(person_id),
        _looks(person_id),
    ]


def _section(name: str, title: str, heads: dict[str, str], rows: Sequence[Any]) -> Section:
    return Section(name, title, heads, [dict(zip(heads, row, strict=True)) for row in rows])


def _person(person_id: int) -> Section:
    p = db.session.get_one(Person, person_id)
    heads = {
        "name": _("Name"),
        "name_en": _("Name in Latin letters"),
        "email": _("E-mail"),
        "mobile": _("Mobile number"),
        "language": _("Language"),
        "has_password": _("Has a password"),
        "left_at": _("Left"),
    }
    row = (p.name, p.name_en, p.email, p.mobile, p.language, p.has_account, p.left_at)
    return _section("person", _("You"), heads, [row])


def _posts(person_id: int) -> Section:
    statement = (
        select(Post.role, Enterprise.name_zh, Enterprise.credit_code, Town.name_zh)
        .outerjoin(Enterprise, Enterprise.id == Post.enterprise_id)
        .outerjoin(Town, Town.id == Enterprise.town_id)
        .where(Post.person_id == person_id)
    )
    heads = {"role": _("Post"), "enterprise": _("Enterprise"), "credit_code": _("Credit code"), "town": _("Town")}
    return _section("posts", _("Posts"), heads, db.session.execute(statement).all())


def _past_posts(person_id: int) -> Section:
    statement = (
        select(PastPost.role, Enterprise.name_zh, PastPost.began_at, PastPost.ended_at)
        .join(Enterprise, Enterprise.id == PastPost.enterprise_id)
        .where(PastPost.person_id == person_id)
        .order_by(PastPost.id)
    )
    heads = {"role": _("Post"), "enterprise": _("Enterprise"), "began_at": _("Begins"), "ended_at": _("Ended")}
    return _section("past_posts", _("Posts that ended"), heads, db.session.execute(statement).all())


def _requests(person_id: int) -> Section:
    """Requests to join under the same address or number: they were made before there was an account."""
    same = [column == value for column, value in contacts(db.session.get_one(Person, person_id)) if value]
    columns = (
        JoinRequest.asked_at,
        JoinRequest.name,
        JoinRequest.enterprise_name,
        JoinRequest.state,
        JoinRequest.reason,
    )
    rows = db.session.execute(select(*columns).where(or_(*same)).order_by(JoinRequest.id)).all() if same else []
    heads = {
        "asked_at": _("When"),
        "name": _("Name"),
        "enterprise": _("Enterprise"),
        "state": _("State"),
        "reason": _("Why"),
    }
    return _section("join_requests", _("Requests to join"), heads, rows)


def _interests(person_id: int) -> Section:
    statement = (
        select(Course.title_zh, Interest.made_at, Interest.towns, Interest.half_days)
        .join(Course, Course.id == Interest.course_id)
        .where(Interest.person_id == person_id)
        .order_by(Interest.made_at)
    )
    heads = {"course": _("Course"), "made_at": _("Made"), "towns": _("Towns"), "half_days": _("Half-days")}
    names = {town.id: town.name_zh for town in town_names()}
    rows = [
        (title, made_at, "、".join(names[id_] for id_ in where if id_ in names), "、".join(map(half_day, halves)))
        for title, made_at, where, halves in db.session.execute(statement)
    ]
    return _section("interests", _("“Tell me when”"), heads, rows)


def _asked_first(person_id: int) -> Section:
    statement = (
        select(Course.title_zh, TrainingClass.starts_at)
        .select_from(FirstAsked)
        .join(TrainingClass, TrainingClass.id == FirstAsked.class_id)
        .join(Course, Course.id == TrainingClass.course_id)
        .where(FirstAsked.person_id == person_id)
        .order_by(TrainingClass.starts_at)
    )
    heads = {"course": _("Course"), "starts_at": _("Begins")}
    return _section(
        "asked_first", _("Classes you could book before others"), heads, db.session.execute(statement).all()
    )


def _of_bookings(person_id: int, *columns: Any) -> Select[Any]:
    """Ask for columns of each of a person's bookings, after the title of its course."""
    return (
        select(Course.title_zh, *columns)
        .select_from(Booking)
        .join(TrainingClass, TrainingClass.id == Booking.class_id)
        .join(Course, Course.id == TrainingClass.course_id)
        .where(Booking.person_id == person_id)
    )


def _bookings(person_id: int) -> Section:
    columns = (Booking.state, Booking.reason, Booking.changed_at, Booking.attended, Booking.consent)
    statement = _of_bookings(person_id, TrainingClass.starts_at, *columns).order_by(Booking.id)
    heads = {
        "course": _("Course"),
        "starts_at": _("Begins"),
        "state": _("State"),
        "reason": _("Why"),
        "changed_at": _("Since"),
        "attended": _("Came"),
        "consent": _("The new time"),
    }
    return _section("bookings", _("Bookings"), heads, db.session.execute(statement).all())


def _appeals(person_id: int) -> Section:
    columns = (TrainingClass.starts_at, Appeal.made_at, Appeal.words, Appeal.upheld, Appeal.answer)
    statement = _of_bookings(person_id, *columns).join(Appeal, Appeal.booking_id == Booking.id).order_by(Booking.id)
    heads = {
        "course": _("Course"),
        "starts_at": _("Begins"),
        "made_at": _("Appealed"),
        "words": _("In their words"),
        "upheld": _("Does not count"),
        "answer": _("Answer"),
    }
    return _section("appeals", _("Appeals"), heads, db.session.execute(statement).all())


def _attendance(person_id: int) -> Section:
    columns = (Sitting.starts_at, Attendance.mark, Attendance.half_hours, Attendance.marked_at)
    statement = (
        _of_bookings(person_id, *columns)
        .join(Attendance, Attendance.booking_id == Booking.id)
        .join(Sitting, Sitting.id == Attendance.sitting_id)
        .order_by(Sitting.starts_at)
    )
    heads = {
        "course": _("Course"),
        "sitting": _("Sitting"),
        "mark": _("Attendance"),
        "hours": _("Hours"),
        "marked_at": _("Marked"),
    }
    rows = [(title, at, mark, half / 2, marked) for title, at, mark, half, marked in db.session.execute(statement)]
    return _section("attendance", _("Attendance"), heads, rows)


def _hours(person_id: int) -> Section:
    columns = (YearlyHours.year, YearlyHours.half_hours, YearlyHours.classes)
    found = db.session.execute(select(*columns).where(YearlyHours.person_id == person_id).order_by(YearlyHours.year))
    heads = {"year": _("Year"), "hours": _("Hours"), "classes": _("Classes")}
    return _section("hours", _("Hours of a year"), heads, [(year, half / 2, count) for year, half, count in found])


def _lecturer(person_id: int) -> Section:
    columns = (Lecturer.institution_zh, Lecturer.institution_en, Lecturer.bio_zh, Lecturer.bio_en)
    heads = {
        "institution_zh": _("Institution in Chinese"),
        "institution_en": _("Institution in English"),
        "bio_zh": _("About the lecturer in Chinese"),
        "bio_en": _("About the lecturer in English"),
    }
    found = db.session.execute(select(*columns).where(Lecturer.person_id == person_id)).all()
    return _section("lecturer", _("You as a lecturer"), heads, found)


def _teaching(person_id: int) -> Section:
    statement = (
        select(Course.title_zh, TrainingClass.starts_at)
        .join(Teaching, Teaching.class_id == TrainingClass.id)
        .join(Course, Course.id == TrainingClass.course_id)
        .where(Teaching.person_id == person_id)
        .order_by(TrainingClass.starts_at)
    )
    heads = {"course": _("Course"), "starts_at": _("Begins")}
    return _section("teaching", _("Classes taught"), heads, db.session.execute(statement).all())


def _notices(person_id: int) -> Section:
    person, settings, words = db.session.get_one(Person, person_id), current_app.config["SETTINGS"], city()
    statement = select(Notice).where(Notice.person_id == person_id).order_by(Notice.id)
    rows = []
    for notice in db.session.scalars(statement):
        said = None if notice.emptied_at else render(notice, person, words, settings, redacted=True)
        told = (said.subject, said.text) if said and notice.state != Fate.WITHDRAWN else (None, None)
        rows.append((notice.made_at, notice.kind, notice.channel, notice.state, notice.done_at, *told))
    heads = {
        "made_at": _("Made"),
        "kind": _("Kind"),
        "channel": _("Way"),
        "state": _("State"),
        "done_at": _("Settled"),
        "subject": _("Subject"),
        "text": _("Text"),
    }
    return _section("notices", _("What you were told"), heads, rows)


def _tokens(person_id: int) -> Section:
    statement = select(Token.label, Token.tail, Token.made_at, Token.expires_at).where(Token.person_id == person_id)
    heads = {"label": _("What it is for"), "tail": _("Ends in"), "made_at": _("Made"), "expires_at": _("Valid until")}
    return _section("tokens", _("Tokens for programs"), heads, db.session.execute(statement).all())


def _identities(person_id: int) -> Section:
    columns = (Identity.issuer, Identity.subject, Identity.made_at, Identity.used_at)
    heads = {
        "issuer": _("Provider"),
        "subject": _("Your number there"),
        "made_at": _("Linked"),
        "used_at": _("Last used"),
    }
    found = db.session.execute(select(*columns).where(Identity.person_id == person_id).order_by(Identity.id)).all()
    return _section("identities", _("Single sign-on"), heads, found)


def _webhooks(person_id: int) -> Section:
    statement = select(Webhook.url, Webhook.events, Webhook.made_at).where(Webhook.person_id == person_id)
    heads = {"url": _("Address"), "events": _("What"), "made_at": _("Made")}
    return _section("webhooks", _("Addresses of your programs"), heads, db.session.execute(statement).all())


def _sheets(person_id: int) -> Section:
    """The rows of imported spreadsheets that became this person."""
    statement = (
        select(Import.file_name, Import.made_at, ImportRow.number, ImportRow.cells)
        .join(Import, Import.id == ImportRow.import_id)
        .where(ImportRow.person_id == person_id)
        .order_by(ImportRow.id)
    )
    found = db.session.execute(statement)
    rows = [(name, at, number, "; ".join(str(cell) for cell in cells.values())) for name, at, number, cells in found]
    heads = {"file": _("File"), "made_at": _("When"), "number": _("Row"), "cells": _("In it")}
    return _section("imports", _("Imported spreadsheets"), heads, rows)


def _lists(person_id: int) -> Section:
    statement = (
        select(Course.title_zh, EnrolmentList.made_at, Person.name, ListRow.cells, ListRow.outcome)
        .join(EnrolmentList, EnrolmentList.id == ListRow.list_id)
        .join(Person, Person.id == EnrolmentList.made_by)
        .join(TrainingClass, TrainingClass.id == EnrolmentList.class_id)
        .join(Course, Course.id == TrainingClass.course_id)
        .where(ListRow.person_id == person_id)
        .order_by(ListRow.id)
    )
    rows = [(*told, "; ".join(map(str, cells.values())), said) for *told, cells, said in db.session.execute(statement)]
    heads = {"course": _("Course"), "made_at": _("When"), "by": _("By"), "cells": _("In it"), "outcome": _("Outcome")}
    return _section("lists", _("Lists of people for a class"), heads, rows)


def _mergers(person_id: int) -> Section:
    """Records that were made one with this person's."""
    statement = (
        select(Merger.at, Merger.facts, Person.name)
        .join(Person, Person.id == Merger.by_id)
        .where(Merger.kind == Merged.PERSON, Merger.kept_id == person_id)
        .order_by(Merger.id)
    )
    rows = [(at, facts.get("name"), by) for at, facts, by in db.session.execute(statement)]
    heads = {"at": _("When"), "name": _("Name"), "by": _("By whom")}
    return _section("mergers", _("Two records made one"), heads, rows)


def _events(person_id: int) -> Section:
    """What the person did, and what was done with their bookings."""
    own = select(Booking.id).where(Booking.person_id == person_id)
    who = aliased(Person)
    statement = (
        select(Event.at, Event.what, Event.door, who.name, Course.title_zh)
        .outerjoin(who, who.id == Event.actor_id)
        .join(TrainingClass, TrainingClass.id == Event.class_id)
        .join(Course, Course.id == TrainingClass.course_id)
        .where(or_(Event.actor_id == person_id, Event.booking_id.in_(own)))
        .order_by(Event.id)
    )
    heads = {"at": _("When"), "what": _("What"), "door": _("Door"), "by": _("By whom"), "course": _("Course")}
    return _section("log", _("The log of your classes"), heads, db.session.execute(statement).all())


def _looks(person_id: int) -> Section:
    heads = {
        "at": _("When"),
        "times": _("Times"),
        "who": _("Who"),
        "page": _("What they opened"),
        "course": _("Course"),
    }
    rows = [
        (look.at, look.times, called(look, "actor"), look.page, plain(look, "title") if look.title_zh else None)
        for look in looks_at(person_id, 1000)
    ]
    return _section("looks", _("Who looked at your data"), heads, rows)


class Found(NamedTuple):
    """Someone an administrator may mean."""

    id: int
    name: str
    name_en: str
    email: str | None
    mobile: str | None
    enterprise: str | None


def people_found(words: str) -> list[Found]:
    """Return the people whose name holds `words` or whose address or number they are; at most twenty."""
    if not words:
        return []
    number = "+86" + words if words.isdecimal() and len(words) == 11 else words
    statement = (
        select(Person.id, Person.name, Person.name_en, Person.email, Person.mobile, Enterprise.name_zh)
        .outerjoin(Post, (Post.person_id == Person.id) & Post.enterprise_id.is_not(None))
        .outerjoin(Enterprise, Enterprise.id == Post.enterprise_id)
        .where(
            Person.id.not_in(select(Erasure.person_id)),
            or_(
                Person.name.contains(words, autoescape=True),
                Person.name_en.icontains(words, autoescape=True),
                Person.email == words.lower(),
                Person.mobile == number,
            ),
        )
        .order_by(by_sound(Person.name), Person.id)
        .limit(FOUND_MAX)
    )
    people = {row.id: Found(*row) for row in db.session.execute(statement)}  # two posts at one enterprise: one person
    return list(people.values())


class Erased(NamedTuple):
    person_id: int
    at: dt.datetime
    how: str
    by: str | None
    by_en: str | None


def erasures(limit: int = 30) -> list[Erased]:
    """Return the latest erasures, newest first."""
    statement = (
        select(Erasure.person_id, Erasure.at, Erasure.how, Person.name, Person.name_en)
        .outerjoin(Person, Person.id == Erasure.by_id)
        .order_by(Erasure.at.desc())
        .limit(limit)
    )
    return [Erased(*row) for row in db.session.execute(statement)]


def person_to_erase(person_id: int) -> Person | None:
    """Return the person, unless there is none or nothing is left of them."""
    return None if db.session.get(Erasure, person_id) else db.session.get(Person, person_id)
