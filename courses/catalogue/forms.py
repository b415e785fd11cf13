"""The form of a class: is it well formed? What it may say is decided by the actions."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    FieldList,
    FormField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms import Form as PlainForm
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError

from courses.catalogue.actions import CourseText
from courses.catalogue.model import (
    CANCEL_BEFORE,
    DEFAULT_REMINDERS,
    MOST_OFFER_HOURS,
    OFFER_HOURS,
    ClassPlan,
    DayKind,
    FillRule,
    Promotion,
    Share,
    ShareKind,
    Span,
)
from courses.catalogue.planning import usual_decision
from courses.catalogue.shares import whom
from courses.ground import clock
from courses.ground.forms import (
    REQUIRED,
    Between,
    Choices,
    DayField,
    Form,
    MomentField,
    PlainSpeaking,
    no_control_characters,
)
from courses.ground.language import plain
from courses.ground.refusal import Refusal

REMINDERS = [
    SelectChoice(7 * 1440, _l("7 days before")),
    SelectChoice(3 * 1440, _l("3 days before")),
    SelectChoice(1440, _l("1 day before")),
    SelectChoice(120, _l("2 hours before")),
    SelectChoice(60, _l("1 hour before")),
]
MAX_SITTINGS = 4
MAX_SHARES = 4
MAX_TEMPLATE = 40
LONGEST = {
    "title_zh": 100,
    "title_en": 150,
    "summary_zh": 500,
    "summary_en": 800,
    "syllabus_zh": 20_000,
    "syllabus_en": 30_000,
}
MAX_AHEAD = dt.timedelta(days=730)


class SittingForm(PlainForm):
    """One half-day. An empty row means none."""

    class Meta(PlainSpeaking):
        pass

    day = DayField(_l("Day"), [Optional()])
    start = TimeField(_l("From"), [Optional()])
    end = TimeField(_l("To"), [Optional()])

    def validate_day(self, field: Any) -> None:
        given = [self.day.data, self.start.data, self.end.data]
        if any(given) and not all(given):
            raise ValidationError(_l("Give the day, the beginning and the end."))
        if field.data and field.data > (clock.now() + MAX_AHEAD).date():
            raise ValidationError(_l("That is more than two years ahead. Check the year."))

    def span(self) -> Span | None:
        if not (self.day.data and self.start.data and self.end.data) or self.day.data.year < 2000:
            return None
        return (
            clock.from_local(self.day.data, self.start.data),
            clock.from_local(self.day.data, self.end.data),
        )


AT_SITTING = {"in_the_past": "day", "sittings_overlap": "start", "ends_before_start": "end"}


class TimetableForm(Form):
    """Where and when: what publishing and moving share."""

    room_id = SelectField(_l("Room"), coerce=int, validators=[InputRequired(REQUIRED)])
    sittings = FieldList(FormField(SittingForm), _l("Sittings"), min_entries=1, max_entries=MAX_SITTINGS)

    def spans(self) -> list[Span]:
        return [span for row in self.sittings if (span := row.form.span())]

    def validate_sittings(self, field: Any) -> None:
        if not any(row.form.day.errors or row.form.span() for row in field):
            field[0].form.day.errors = [REQUIRED]
            raise ValidationError("")

    def place_of(self, refusal: Refusal, where: Mapping[str, str]) -> Any:
        """Return the field of the sitting that a refusal is about, else as every form does."""
        name = AT_SITTING.get(refusal.code)
        rows = [row.form for row in self.sittings if name and row.form.span() == refusal.facts.get("span")]
        if not rows:
            return super().place_of(refusal, where)
        self.sittings.errors = [*self.sittings.errors, ""]  # a list does not learn by itself what its rows have
        return rows[-1][name]

    def show(self, spans: Sequence[Span]) -> None:
        """Fill the rows with these sittings."""
        while len(self.sittings):
            self.sittings.pop_entry()
        for start, end in spans:
            first, last = clock.local(start), clock.local(end)
            self.sittings.append_entry({"day": first.date(), "start": first.time(), "end": last.time()})

    def pad(self) -> None:
        """Offer empty rows up to MAX_SITTINGS, since the page must work without JavaScript."""
        while len(self.sittings) < MAX_SITTINGS:
            self.sittings.append_entry()


def _whom() -> list[SelectChoice]:
    """Return for whom seats can be kept; a town or an industry by its id."""
    offered = whom()
    return [
        SelectChoice("", ""),
        SelectChoice(ShareKind.KEY_UNIT, _("Key pollutant-discharge units")),
        SelectChoice(ShareKind.FIRST_TIMER, _("People who never had a seat in a class")),
        *(SelectChoice(f"{ShareKind.TOWN}:{one.id}", plain(one, "name")) for one in offered.towns),
        *(SelectChoice(f"{ShareKind.INDUSTRY}:{one.id}", plain(one, "name")) for one in offered.industries),
    ]


class ShareForm(PlainForm):
    """Seats kept for some. An empty row means none."""

    class Meta(PlainSpeaking):
        pass

    whom = SelectField(_l("Kept for"), choices=_whom, default="")
    seats = IntegerField(_l("How many"), [Optional(), Between(1, 1000)])

    def share(self) -> Share | None:
        kind, _colon, of = (self.whom.data or "").partition(":")
        return Share(ShareKind(kind), self.seats.data, int(of) if of else None) if kind and self.seats.data else None


class ClassForm(TimetableForm):
    """Everything a class needs to be published."""

    capacity = IntegerField(_l("Seats"), [InputRequired(REQUIRED), Between(1, 1000)])
    lecturers = Choices(_l("Lecturers"), coerce=int)
    opens_at = MomentField(_l("Booking opens"), [Optional()], description=_l("Empty: at once."))
    closes_at = MomentField(_l("Booking closes"), [Optional()], description=_l("Empty: when the class begins."))
    cancel_until = MomentField(
        _l("Cancelling is free until"), [Optional()], description=_l("Empty: 24 hours before the class begins.")
    )
    enterprise_limit = IntegerField(
        _l("Seats per enterprise, at most"),
        [Optional(), Between(1, 1000)],
        description=_l("Empty: no limit but the seats of the class."),
    )
    first_until = MomentField(
        _l("Those who asked first, alone until"),
        [Optional()],
        description=_l(
            "Empty: everyone from the start. Else only those who had asked to be told of this course can book until "
            "this moment; they are told so. Where nobody asked, it is for everyone at once."
        ),
    )
    minimum = IntegerField(
        _l("Takes place from"),
        [Optional(), Between(1, 1000)],
        description=_l("So many people have to be booked. Empty: it takes place with any number."),
    )
    decide_by = MomentField(
        _l("Decided by"),
        [Optional()],
        description=_l("Empty: two working days before the class begins."),
    )
    draw_at = MomentField(
        _l("Draw"),
        [Optional()],
        description=_l(
            "Empty: seats go in the order of asking. Else people enter until this moment, then lots are drawn."
        ),
    )
    names_by = MomentField(
        _l("Held seats get their names until"),
        [Optional()],
        description=_l(
            "An enterprise may hold seats and say later who comes. Empty: as long as cancelling is free. Seats without "
            "a name then go to the queue."
        ),
    )
    fill_rule = RadioField(
        _l("When a group does not fit"),
        choices=[
            SelectChoice(FillRule.STRICT, _l("Strict: nobody behind it takes a seat that it could use")),
            SelectChoice(FillRule.FILL_GAPS, _l("Fill gaps: those behind it who fit go first, and it keeps its place")),
        ],
        default=FillRule.STRICT,
    )
    promotion = RadioField(
        _l("When a seat comes free"),
        choices=[
            SelectChoice(Promotion.DIRECT, _l("The next in the queue has it at once")),
            SelectChoice(Promotion.OFFER, _l("It is offered to the next, who says yes or no in time")),
        ],
        default=Promotion.DIRECT,
    )
    offer_hours = IntegerField(
        _l("Hours to answer an offer"),
        [Optional(), Between(1, MOST_OFFER_HOURS)],
        default=OFFER_HOURS,
        description=_l(
            "Only working hours count, so that no offer ends at night or on a day off. Shortly before the class there "
            "is less time, and at the very last the next has the seat at once."
        ),
    )
    shares = FieldList(FormField(ShareForm), _l("Kept seats"), min_entries=1, max_entries=MAX_SHARES)
    shares_until = MomentField(
        _l("Free for all from"), [Optional()], description=_l("Empty: from when cancelling is no longer free.")
    )
    reminders = Choices(_l("Reminders"), coerce=int, choices=REMINDERS, default=DEFAULT_REMINDERS)

    def fill(self, plan: ClassPlan) -> None:
        """Show what was planned. What is as if left empty stays empty, so that a moved day takes it along."""
        begins = min(plan.sittings)[0]
        self.room_id.data, self.capacity.data = plan.room_id, plan.capacity
        self.show(plan.sittings)
        self.lecturers.data, self.reminders.data = list(plan.lecturer_ids), list(plan.reminders)
        self.enterprise_limit.data = plan.enterprise_limit
        self.opens_at.data = plan.opens_at if plan.opens_at > clock.now() else None
        self.closes_at.data = plan.closes_at if plan.closes_at != begins else None
        self.first_until.data, self.draw_at.data = plan.first_until, plan.draw_at
        self.names_by.data = plan.names_by
        self.fill_rule.data = plan.fill_rule
        self.promotion.data, self.offer_hours.data = plan.promotion, plan.offer_hours
        self.shares_until.data = plan.shares_until if plan.shares_until != plan.cancel_until else None
        while plan.shares and len(self.shares):
            self.shares.pop_entry()
        for kind, seats, of in plan.shares:
            self.shares.append_entry({"whom": f"{kind}:{of}" if of else kind, "seats": seats})
        self.minimum.data = plan.minimum
        self.decide_by.data = plan.decide_by if plan.decide_by != usual_decision(begins) else None
        self.cancel_until.data = plan.cancel_until if plan.cancel_until != begins - CANCEL_BEFORE else None

    def pad(self) -> None:
        super().pad()
        while len(self.shares) < MAX_SHARES:
            self.shares.append_entry()

    def validate_shares(self, field: Any) -> None:
        for row in field:
            if row.form.whom.data and row.form.seats.data is None and not row.form.seats.errors:
                row.form.seats.errors = [REQUIRED]
                raise ValidationError("")
            if row.form.seats.data and not row.form.whom.data:
                row.form.whom.errors = [REQUIRED]
                raise ValidationError("")

    def plan(self, course_id: int) -> ClassPlan:
        """Return the plan this form describes; call it only on a valid form."""
        spans = sorted(self.spans())
        begins = spans[0][0]
        cancel_until = self.cancel_until.data or begins - CANCEL_BEFORE
        shares = [share for row in self.shares if (share := row.form.share())]
        return ClassPlan(
            course_id=course_id,
            room_id=self.room_id.data,
            sittings=spans,
            capacity=self.capacity.data,
            opens_at=self.opens_at.data or min(clock.now(), begins - dt.timedelta(minutes=1)),
            closes_at=self.closes_at.data or begins,
            cancel_until=cancel_until,
            first_until=self.first_until.data,
            draw_at=self.draw_at.data,
            names_by=self.names_by.data,
            fill_rule=FillRule(self.fill_rule.data),
            promotion=Promotion(self.promotion.data),
            offer_hours=self.offer_hours.data or OFFER_HOURS,
            shares=shares,
            shares_until=(self.shares_until.data or cancel_until) if shares else None,
            lecturer_ids=self.lecturers.data or (),
            reminders=self.reminders.data or (),
            enterprise_limit=self.enterprise_limit.data,
            minimum=self.minimum.data,
            decide_by=(self.decide_by.data or usual_decision(begins)) if self.minimum.data else None,
        )


class WishForm(Form):
    """Which towns and half-days suit someone who wants to be told of a course's next class."""

    towns = Choices(_l("Towns that suit"), [Optional()], coerce=int)
    half_days = Choices(_l("Half-days that suit"), [Optional()])


def _stripped(text: str | None) -> str:
    return (text or "").replace("\r\n", "\n").strip()


class HolidayForm(Form):
    """One day on which the city differs from what was announced."""

    day = DayField(_l("Day"), [InputRequired(REQUIRED)])
    kind = RadioField(
        _l("On this day"),
        [InputRequired(_l("Choose whether people work or not."))],
        choices=[SelectChoice(DayKind.OFF, _l("nobody works")), SelectChoice(DayKind.WORKING, _l("people work"))],
    )
    name_zh = StringField(
        _l("Name in Chinese"), [Optional(), Length(max=40), no_control_characters], filters=[_stripped]
    )
    name_en = StringField(
        _l("Name in English"), [Optional(), Length(max=40), no_control_characters], filters=[_stripped]
    )

    def validate_day(self, field: Any) -> None:
        if field.data and not 2000 <= field.data.year <= 2100:
            raise ValidationError(_l("Check the year."))


class CourseForm(Form):
    """A course's topic and texts; each English one may be left empty."""

    topic_id = SelectField(_l("Topic"), coerce=int, validators=[InputRequired(REQUIRED)])
    title_zh = StringField(
        _l("Title in Chinese"),
        [DataRequired(REQUIRED), Length(max=LONGEST["title_zh"]), no_control_characters],
        filters=[_stripped],
    )
    title_en = StringField(
        _l("Title in English"),
        [Optional(), Length(max=LONGEST["title_en"]), no_control_characters],
        filters=[_stripped],
    )
    summary_zh = TextAreaField(
        _l("Summary in Chinese"),
        [Optional(), Length(max=LONGEST["summary_zh"]), no_control_characters],
        filters=[_stripped],
    )
    summary_en = TextAreaField(
        _l("Summary in English"),
        [Optional(), Length(max=LONGEST["summary_en"]), no_control_characters],
        filters=[_stripped],
    )
    syllabus_zh = TextAreaField(
        _l("Syllabus in Chinese"),
        [Optional(), Length(max=LONGEST["syllabus_zh"]), no_control_characters],
        filters=[_stripped],
        description=_l("Begin a line with - for a list, put ** around what is bold."),
    )
    syllabus_en = TextAreaField(
        _l("Syllabus in English"),
        [Optional(), Length(max=LONGEST["syllabus_en"]), no_control_characters],
        filters=[_stripped],
    )
    industries = Choices(_l("Made for these industries"), coerce=int, description=_l("None chosen: for all of them."))
    for_key_units = BooleanField(_l("For key pollutant-discharge units"))
    enterprise_year_limit = IntegerField(
        _l("Seats per enterprise and calendar year, at most"),
        [Optional(), Between(1, 1000)],
        description=_l("In all classes of this course together. Empty: no limit."),
    )

    def text(self) -> CourseText:
        return CourseText(**{name: self[name].data for name in CourseText.__dataclass_fields__})


class TemplateForm(Form):
    name = StringField(
        _l("Name of the template"),
        [DataRequired(REQUIRED), Length(max=MAX_TEMPLATE), no_control_characters],
        filters=[_stripped],
        description=_l("A template of this name is replaced."),
    )


REFUSED_AT = {
    "no_sitting": "sittings",
    "too_many_seats": "capacity",
    "room_clash": "room_id",
    "no_lecturer": "lecturers",
    "lecturer_clash": "lecturers",
    "window_wrong": "opens_at",
    "closes_wrong": "closes_at",
    "cancel_wrong": "cancel_until",
    "first_wrong": "first_until",
    "draw_wrong": "draw_at",
    "names_by_wrong": "names_by",
    "shares_too_many": "shares",
    "shares_twice": "shares",
    "shares_wrong": "shares_until",
    "minimum_wrong": "minimum",
    "decide_by_wrong": "decide_by",
    "offer_hours_wrong": "offer_hours",
}
