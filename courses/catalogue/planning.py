"""What planning a class asks: the plan of a class that stands, drafts, who would clash, what the day is."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from courses.catalogue.model import (
    ClassPlan,
    ClassState,
    ClassTemplate,
    Course,
    CourseVersion,
    DayKind,
    FillRule,
    Holiday,
    Promotion,
    ReminderRule,
    Share,
    ShareKind,
    Sitting,
    Span,
    Teaching,
    Topic,
    TrainingClass,
)
from courses.catalogue.queries import Card, as_cards, cards, spans_of
from courses.catalogue.shares import shares_of
from courses.ground import clock
from courses.ground.db import db
from courses.ground.holidays import announced, is_weekend
from courses.ground.refusal import Refusal
from courses.ground.sound import by_sound
from courses.ground.worktime import WorkTime
from courses.homes.model import Room
from courses.people.model import Person
from courses.people.queries import city
from courses.people.rights import Actor, Right, may

WEEK = dt.timedelta(days=7)
BEFORE = {
    "closes": "closes_at",
    "cancel": "cancel_until",
    "draw": "draw_at",
    "names": "names_by",
    "shares_end": "shares_until",
    "decide": "decide_by",
}
"""The hours of a plan that a template keeps as minutes before the class begins, by what it calls them."""


def may_draft(actor: Actor | None, class_: TrainingClass) -> bool:
    """Return whether this is a draft that the actor may see, edit and publish."""
    return class_.state == ClassState.DRAFT and may(actor, Right.PUBLISH, squadron_id=class_.squadron_id)


def own_class(actor: Actor, class_id: int) -> TrainingClass:
    """Return a class of the actor's squadron, published or not. Raises Refusal("not_found")."""
    class_ = db.session.get(TrainingClass, class_id)
    if class_ is None or class_.squadron_id != actor.squadron_id:
        raise Refusal("not_found")
    return class_


def own_draft(actor: Actor, class_id: int) -> TrainingClass:
    """Return a draft of the actor's squadron. Raises Refusal("not_found")."""
    class_ = db.session.get(TrainingClass, class_id)
    if class_ is None or not may_draft(actor, class_):
        raise Refusal("not_found")
    return class_


def drafts(squadron_id: int) -> list[Card]:
    """Return the squadron's drafts, soonest first."""
    return as_cards(
        cards().where(TrainingClass.squadron_id == squadron_id, TrainingClass.state == ClassState.DRAFT).limit(50)
    )


def given_last(squadron_id: int) -> list[Course]:
    """Return the courses of which the squadron published a class, the latest first."""
    last = func.max(TrainingClass.id)
    statement = (
        select(Course)
        .join(TrainingClass, TrainingClass.course_id == Course.id)
        .where(TrainingClass.squadron_id == squadron_id, TrainingClass.state != ClassState.DRAFT)
        .group_by(Course.id)
        .order_by(last.desc())
        .limit(6)
    )
    return list(db.session.scalars(statement))


def all_topics() -> list[Topic]:
    return list(db.session.scalars(select(Topic).order_by(Topic.position, Topic.id)))


def versions(course_id: int) -> list[CourseVersion]:
    """Return the texts the course had before, the latest first."""
    statement = select(CourseVersion).where(CourseVersion.course_id == course_id)
    return list(db.session.scalars(statement.order_by(CourseVersion.number.desc())))


def text_given(class_: TrainingClass, course: Course, at: dt.datetime) -> Course | CourseVersion:
    """Return the text that stood when the class began; of one to come, the present text."""
    if course.version == 1 or not class_.has_begun(at):
        return course
    statement = select(CourseVersion).where(
        CourseVersion.course_id == course.id, CourseVersion.replaced_at > class_.starts_at
    )
    return db.session.scalar(statement.order_by(CourseVersion.number).limit(1)) or course


def taught_by(course_id: int) -> set[int]:
    """Return the lecturers who teach or taught a class of the course."""
    taught = select(Teaching.person_id).join(TrainingClass, TrainingClass.id == Teaching.class_id)
    return set(db.session.scalars(taught.where(TrainingClass.course_id == course_id)))


def plan_of(class_: TrainingClass) -> ClassPlan:
    """Return what the class was planned as."""
    lecturers = select(Teaching.person_id).where(Teaching.class_id == class_.id).order_by(Teaching.person_id)
    reminders = select(ReminderRule.minutes_before).where(
        ReminderRule.class_id == class_.id, ReminderRule.replaced_at.is_(None)
    )
    return ClassPlan(
        course_id=class_.course_id,
        room_id=class_.room_id,
        sittings=spans_of(class_),
        capacity=class_.capacity,
        opens_at=class_.opens_at,
        closes_at=class_.closes_at,
        cancel_until=class_.cancel_until,
        first_until=class_.first_until,
        draw_at=class_.draw_at,
        lecturer_ids=list(db.session.scalars(lecturers)),
        reminders=list(db.session.scalars(reminders)),
        enterprise_limit=class_.enterprise_limit,
        names_by=class_.names_by,
        fill_rule=class_.fill_rule,
        shares=[Share(share.kind, share.seats, share.town_id or share.industry_id) for share in shares_of(class_.id)],
        shares_until=class_.shares_until,
        minimum=class_.minimum,
        decide_by=class_.decide_by,
        promotion=class_.promotion,
        offer_hours=class_.offer_hours,
    )


def later(plan: ClassPlan, weeks: int, at: dt.datetime) -> ClassPlan:
    """Return the plan `weeks` later by the city's clock. Where booking is open at `at`, it opens at once there too."""

    def on(moment: dt.datetime) -> dt.datetime:
        local = clock.local(moment)
        return clock.from_local(local.date() + weeks * WEEK, local.time())

    moments: dict[str, Any] = {name: on(moment) for name in BEFORE.values() if (moment := getattr(plan, name))}
    return replace(
        plan,
        sittings=[(on(start), on(end)) for start, end in plan.sittings],
        opens_at=plan.opens_at if plan.opens_at <= at else on(plan.opens_at),
        first_until=on(plan.first_until) if plan.first_until else None,
        **moments,
    )


def next_time(plan: ClassPlan, at: dt.datetime) -> ClassPlan:
    """Return the plan at least a week later, on the same weekday, wholly after `at`."""
    behind = max(dt.timedelta(0), at - min(plan.sittings)[0])
    return later(plan, behind // WEEK + 1, at)


class Repetition(NamedTuple):
    """The class again, `week` weeks later, and what it would meet."""

    week: int
    spans: list[Span]
    clashes: "list[Clash]"
    days: "list[DayNote]"

    @property
    def is_wanted(self) -> bool:
        """Whether nothing speaks against it: no clash, and a day on which people are at work."""
        return not self.clashes and not any(note.is_free for note in self.days)


def repetitions(class_: TrainingClass, times: int, at: dt.datetime) -> list[Repetition]:
    """Return the class's next `times` weeks after `at`, each with its clashes and holidays; a fixed number of
    statements."""
    plan = plan_of(class_)
    first = max(dt.timedelta(0), at - class_.starts_at) // WEEK + 1
    planned = [(week, list(later(plan, week, at).sittings)) for week in range(first, first + times)]
    spans = [span for _, sittings in planned for span in sittings]
    met = clashes(class_.room_id, plan.lecturer_ids, spans, squadron_id=class_.squadron_id)
    notes = {note.day: note for note in day_notes([clock.local(start).date() for start, _ in spans])}
    if is_weekend(clock.local(class_.starts_at).date()):  # meant so: it is no reason against the next weekend
        notes = {day: note for day, note in notes.items() if note.kind != "weekend"}
    found = []
    for week, sittings in planned:
        hit = [clash for clash in met if any(clash.meets(span) for span in sittings)]
        days = sorted({clock.local(start).date() for start, _ in sittings} & set(notes))
        found.append(Repetition(week, sittings, hit, [notes[day] for day in days]))
    return found


def settings_of(plan: ClassPlan, at: dt.datetime) -> dict[str, Any]:
    """Return a plan without its date, as plain JSON: sittings as days after the first with hours by the city's clock,
    the first one's weekday (Monday is 0), and booking's times as minutes before. `opens`: None for at once;
    `first`: how many minutes of booking are for those who had asked."""
    begins = min(plan.sittings)[0]
    first = clock.local(begins).date()
    return {
        "room": plan.room_id,
        "seats": plan.capacity,
        "limit": plan.enterprise_limit,
        "lecturers": list(plan.lecturer_ids),
        "reminders": sorted(plan.reminders),
        "weekday": first.weekday(),
        "sittings": [
            [(clock.local(start).date() - first).days, *(clock.local(end).strftime("%H:%M") for end in (start, end))]
            for start, end in plan.sittings
        ],
        "opens": _minutes(begins - plan.opens_at) if plan.opens_at > at else None,
        "first": _minutes(plan.first_until - max(plan.opens_at, at)) if plan.first_until else None,
        **{key: _minutes(begins - moment) for key, name in BEFORE.items() if (moment := getattr(plan, name))},
        "fill_rule": plan.fill_rule,
        "shares": [list(share) for share in plan.shares],
        "minimum": plan.minimum,
        "promotion": plan.promotion,
        "offer_hours": plan.offer_hours,
    }


def _minutes(span: dt.timedelta) -> int:
    return int(span.total_seconds() // 60)


def plan_from(course_id: int, settings: dict[str, Any], at: dt.datetime) -> ClassPlan:
    """Return the plan of a template on the first such weekday that is a week or more after `at`."""
    earliest = clock.local(at + WEEK).date()
    first = earliest + dt.timedelta(days=(settings["weekday"] - earliest.weekday()) % 7)
    sittings = []
    for after, *hours in settings["sittings"]:
        day = first + dt.timedelta(days=after)
        start, end = (clock.from_local(day, dt.time.fromisoformat(hour)) for hour in hours)
        sittings.append((start, end))
    begins = min(sittings)[0]
    opens_at = at if settings["opens"] is None else begins - dt.timedelta(minutes=settings["opens"])
    moments = {name: begins - dt.timedelta(minutes=settings[key]) for key, name in BEFORE.items() if key in settings}
    ahead = settings["first"] or 0  # below zero where it was over when the template was made
    return ClassPlan(
        course_id=course_id,
        room_id=settings["room"],
        sittings=sittings,
        capacity=settings["seats"],
        enterprise_limit=settings["limit"],
        opens_at=opens_at,
        first_until=min(opens_at + dt.timedelta(minutes=ahead), moments["closes_at"]) if ahead > 0 else None,
        **moments,
        fill_rule=FillRule(settings["fill_rule"]),
        shares=[Share(ShareKind(kind), seats, of) for kind, seats, of in settings["shares"]],
        minimum=settings["minimum"],
        promotion=Promotion(settings["promotion"]),
        offer_hours=settings["offer_hours"],
        lecturer_ids=settings["lecturers"],
        reminders=settings["reminders"],
    )


def templates(squadron_id: int) -> list[tuple[ClassTemplate, Course]]:
    """Return the squadron's templates with their courses, by name."""
    statement = select(ClassTemplate, Course).join(Course, Course.id == ClassTemplate.course_id)
    of_squadron = statement.where(ClassTemplate.squadron_id == squadron_id).order_by(by_sound(ClassTemplate.name))
    return [(template, course) for template, course in db.session.execute(of_squadron)]


def own_template(actor: Actor, template_id: int) -> ClassTemplate:
    """Return a template of the actor's squadron. Raises Refusal("not_found")."""
    template = db.session.get(ClassTemplate, template_id)
    if template is None or not may(actor, Right.PUBLISH, squadron_id=template.squadron_id):
        raise Refusal("not_found")
    return template


class Clash(NamedTuple):
    """A sitting of another class at an hour that was asked for: in the same room, or with the same `lecturer`."""

    class_id: int
    state: str
    title_zh: str
    title_en: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    lecturer: str = ""
    lecturer_en: str = ""

    @property
    def span(self) -> Span:
        return self.starts_at, self.ends_at

    def meets(self, span: Span) -> bool:
        return self.starts_at < span[1] and self.ends_at > span[0]


def clashes(
    room_id: int | None,
    lecturer_ids: Collection[int],
    spans: Sequence[Span],
    but: int | None = None,
    squadron_id: int | None = None,
) -> list[Clash]:
    """Return the published classes that hold the room or a lecturer at one of `spans`, the room's first.

    `but`: a class that does not count, since it is the one being planned. `squadron_id`: its drafts count too.
    """
    if not spans:
        return []
    standing = TrainingClass.state == ClassState.PUBLISHED
    if squadron_id:
        drafted = and_(TrainingClass.state == ClassState.DRAFT, TrainingClass.squadron_id == squadron_id)
        standing = or_(standing, drafted)
    at_that_hour = _meetings().where(standing, TrainingClass.id != (but or 0), overlaps(spans))
    found: list[Any] = []
    if room_id:
        found += db.session.execute(at_that_hour.where(TrainingClass.room_id == room_id)).all()
    if lecturer_ids:
        teaching = at_that_hour.add_columns(Person.name, Person.name_en)
        teaching = teaching.join(Teaching, Teaching.class_id == TrainingClass.id)
        teaching = teaching.join(Person, Person.id == Teaching.person_id)
        found += db.session.execute(teaching.where(Teaching.person_id.in_(lecturer_ids))).all()
    return [Clash(*row) for row in found]


def _meetings() -> Select[*tuple[Any, ...]]:
    return (
        select(
            TrainingClass.id,
            TrainingClass.state,
            Course.title_zh,
            Course.title_en,
            Sitting.starts_at,
            Sitting.ends_at,
        )
        .select_from(Sitting)
        .join(TrainingClass, TrainingClass.id == Sitting.class_id)
        .join(Course, Course.id == TrainingClass.course_id)
        .order_by(Sitting.starts_at, Sitting.id)
        .limit(100)
    )


def overlaps(spans: Sequence[Span]) -> ColumnElement[bool]:
    """Return the condition that a Sitting is at the same hour as one of `spans`; touching ends do not clash."""
    return or_(*(and_(Sitting.starts_at < end, Sitting.ends_at > start) for start, end in spans))


class DayNote(NamedTuple):
    """What there is to say of a day: `kind` is off, working (made up for) or weekend."""

    day: dt.date
    kind: str
    name_zh: str = ""
    name_en: str = ""

    @property
    def noon(self) -> dt.datetime:
        """A moment of that day, by which pages name it."""
        return clock.from_local(self.day, dt.time(12))

    @property
    def is_free(self) -> bool:
        """Whether people are not at work on it."""
        return self.kind != DayKind.WORKING


def day_notes(days: Collection[dt.date]) -> list[DayNote]:
    """Return what is special about these days, in order; the city's own word stands before the state's."""
    corrected = {row.day: row for row in db.session.scalars(select(Holiday).where(Holiday.day.in_(days)))}
    notes = (_note(day, corrected.get(day)) for day in sorted(set(days)))
    return [note for note in notes if note]


def working_day(earliest: dt.date) -> dt.date:
    """Return the first day from `earliest` on on which people are at work; `earliest` itself if there is none soon."""
    days = [earliest + dt.timedelta(days=number) for number in range(15)]
    free = {note.day for note in day_notes(days) if note.is_free}
    return next((day for day in days if day not in free), earliest)


def work_time() -> WorkTime:
    """Return the city's working time: its hours, on the days on which people are at work. One statement."""
    corrected = {row.day: row for row in db.session.scalars(select(Holiday))}

    def is_working(day: dt.date) -> bool:
        note = _note(day, corrected.get(day))
        return note is None or not note.is_free

    return WorkTime(is_working, city().work_from, city().work_until)


DECIDE_BEFORE = 2
"""Working days before a class by which it is decided whether it takes place, unless the officer says otherwise."""


def usual_decision(begins: dt.datetime) -> dt.datetime:
    """Return by when it is usually decided whether a class that begins then takes place."""
    time = work_time()
    return time.before(begins, DECIDE_BEFORE * time.day)


def _note(day: dt.date, own: Holiday | None) -> DayNote | None:
    if own and (own.kind == DayKind.OFF or is_weekend(day)):
        return DayNote(day, own.kind, own.name_zh, own.name_en)
    if own:  # an ordinary working day, whatever was announced
        return None
    if told := announced(day.year).get(day):
        return DayNote(day, DayKind.OFF if told.is_off else DayKind.WORKING, told.name_zh, told.name_en)
    return DayNote(day, "weekend") if is_weekend(day) else None


@dataclass(frozen=True, kw_only=True)
class Foresight:
    """What a class that is being planned will meet, told before it is saved. `faults`: why it cannot be like
    this, in words; `is_dated`: it has times that can be looked at; `booked`: how many seats of it are taken already."""

    room: Room | None
    capacity: int | None
    clashes: list[Clash]
    days: list[DayNote]
    faults: Sequence[str] = ()
    is_dated: bool = True
    booked: int = 0

    @property
    def is_too_large(self) -> bool:
        return bool(self.room and self.capacity and self.capacity > self.room.seats)


def foresee(
    room_id: int | None,
    lecturer_ids: Collection[int],
    spans: Sequence[Span],
    capacity: int | None = None,
    but: int | None = None,
    squadron_id: int | None = None,
) -> Foresight:
    """Return what stands in the way, as far as the plan is known; five statements at most."""
    return Foresight(
        room=db.session.get(Room, room_id) if room_id else None,
        capacity=capacity,
        clashes=clashes(room_id, lecturer_ids, spans, but, squadron_id),
        days=day_notes([clock.local(start).date() for start, _ in spans]),
    )


class Stretch(NamedTuple):
    """Days that follow each other as one holiday, a weekend between them included; `named` are those with a name."""

    first: DayNote
    last: DayNote
    named: list[DayNote]


def announced_stretches(years: Collection[int]) -> list[Stretch]:
    """Return the public holidays and make-up days of these years as they are announced: from day to day."""
    stretches: list[Stretch] = []
    for told in (told for year in sorted(years) for _, told in sorted(announced(year).items())):
        note = DayNote(told.day, DayKind.OFF if told.is_off else DayKind.WORKING, told.name_zh, told.name_en)
        if stretches and _goes_on(stretches[-1], note):
            before = stretches.pop()
            is_new = not told.is_exchanged and note.name_zh not in {one.name_zh for one in before.named}
            stretches.append(before._replace(last=note, named=[*before.named, *([note] if is_new else [])]))
        else:
            stretches.append(Stretch(note, note, [note]))
    return stretches


def _goes_on(stretch: Stretch, note: DayNote) -> bool:
    last = stretch.last
    between = (last.day + dt.timedelta(n) for n in range(1, (note.day - last.day).days))
    return last.kind == note.kind == DayKind.OFF and all(is_weekend(day) for day in between)


def own_days(years: Collection[int]) -> list[DayNote]:
    """Return the days of these years of which the city said itself what they are, in order."""
    first, last = dt.date(min(years), 1, 1), dt.date(max(years), 12, 31)
    own = db.session.scalars(select(Holiday).where(Holiday.day.between(first, last)).order_by(Holiday.day))
    return [_note(row.day, row) or DayNote(row.day, "ordinary", row.name_zh, row.name_en) for row in own]


def feasts_alone(years: Collection[int]) -> list[int]:
    """Return those of the years of which no make-up working day is known: they have their feasts, and which days around
    these are free is still to be announced, or to be taken in."""
    return [year for year in years if all(told.is_off for told in announced(year).values())]
