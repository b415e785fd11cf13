"""What a class that is planned will meet: clashes, the room's seats, holidays; told before it is saved."""

import datetime as dt

import pytest
from flask import Flask

from courses.catalogue import planning
from courses.catalogue.actions import forget_day, save_draft, set_day
from courses.catalogue.model import DayKind
from courses.catalogue.planning import day_notes, foresee
from courses.ground import clock
from courses.ground.holidays import announced
from tests import makers
from tests.makers import a_plan, actor, in_days, refused
from tests.people import ADMINISTRATOR, CHEN, GAO, OTHER_LECTURER


def test_room_and_lecturer_are_told_who_holds_them(app: Flask) -> None:
    class_id = makers.a_class(lecturers=[CHEN.id])
    same = [(in_days(10, 10), in_days(10, 12))]
    seen = foresee(3, [CHEN.id, OTHER_LECTURER.id], same)
    assert [(clash.class_id, clash.lecturer) for clash in seen.clashes] == [(class_id, ""), (class_id, CHEN.name)]
    assert foresee(3, [CHEN.id], same, but=class_id).clashes == []
    assert foresee(2, [OTHER_LECTURER.id], same).clashes == []
    after = [(makers.the_class(class_id).ends_at, in_days(10, 14))]
    assert foresee(3, [CHEN.id], after).clashes == []


def test_only_the_own_squadrons_drafts_are_told(app: Flask) -> None:
    draft = save_draft(actor(GAO), a_plan())
    spans = a_plan().sittings
    assert [clash.class_id for clash in foresee(3, [], spans, squadron_id=GAO.squadron).clashes] == [draft]
    assert foresee(3, [], spans, squadron_id=2).clashes == []
    assert foresee(3, [], spans).clashes == []


@pytest.mark.parametrize(("seats", "too_large"), [(20, False), (21, True), (None, False)])
def test_the_seats_of_the_room_are_told(app: Flask, seats: int | None, too_large: bool) -> None:
    seen = foresee(2, [], [], seats)
    assert seen.room is not None
    assert (seen.room.seats, seen.is_too_large) == (20, too_large)


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        ((2026, 10, 1), "off"),  # National Day, a Thursday
        ((2026, 10, 10), "working"),  # a Saturday that makes up for the 7th
        ((2026, 10, 7), "off"),
        ((2026, 11, 28), "weekend"),
        ((2026, 11, 27), None),
    ],
)
def test_a_day_is_what_was_announced(app: Flask, day: tuple[int, int, int], kind: str | None) -> None:
    assert [note.kind for note in day_notes([dt.date(*day)])] == ([kind] if kind else [])


def test_the_announced_days_have_names_in_both_languages(app: Flask) -> None:
    days = announced(2026)
    assert days[dt.date(2026, 10, 1)][2:] == ("国庆节", "National Day")
    assert days[dt.date(2026, 10, 7)][2:] == ("休息日", "Day off")
    assert sum(not day.is_off for day in days.values()) == 6


def test_the_administrator_corrects_a_day(app: Flask) -> None:
    admin, saturday, feast, plain = actor(ADMINISTRATOR), *(dt.date(2026, *d) for d in ((11, 28), (10, 1), (11, 27)))
    set_day(admin, saturday, DayKind.WORKING, "调休上班")
    set_day(admin, feast, DayKind.WORKING)
    set_day(admin, plain, DayKind.OFF, "观潮节", "Tide Day")
    set_day(admin, plain, DayKind.OFF, "观潮节", "Tidal Bore Day")  # again, corrected
    assert [(n.day, n.kind, n.name_en) for n in day_notes([saturday, feast, plain])] == [
        (plain, "off", "Tidal Bore Day"),
        (saturday, "working", ""),
    ]
    forget_day(admin, feast)
    assert [n.kind for n in day_notes([feast])] == ["off"]
    with refused("not_found"):
        forget_day(admin, feast)
    assert [note.day for note in planning.own_days([2026])] == [plain, saturday]


def test_a_holiday_is_told_from_day_to_day() -> None:
    year = {one.first.day: one for one in planning.announced_stretches([2026])}
    autumn = year[dt.date(2026, 10, 1)]
    assert autumn.last.day == dt.date(2026, 10, 7)
    assert [note.name_zh for note in autumn.named] == ["国庆节"]  # its exchanged days have no name of their own
    spring = year[dt.date(2026, 2, 16)]
    assert spring.last.day == dt.date(2026, 2, 23)  # over the weekend between
    assert [note.name_zh for note in spring.named] == ["农历除夕", "春节"]
    saturday = year[dt.date(2026, 10, 10)]
    assert (saturday.first, saturday.last.kind) == (saturday.last, "working")


def test_a_deadline_passes_over_what_is_off_and_runs_on_days_made_up_for(app: Flask) -> None:
    time, hours = planning.work_time(), dt.timedelta(hours=1)
    eve = clock.from_local(dt.date(2026, 9, 30), dt.time(16, 30))  # National Day follows, a week off
    assert time.after(eve, 2 * hours) == clock.from_local(dt.date(2026, 10, 8), dt.time(9, 30))
    friday = clock.from_local(dt.date(2026, 10, 9), dt.time(17))
    assert time.after(friday, hours) == clock.from_local(dt.date(2026, 10, 10), dt.time(9))  # a make-up Saturday
    monday = clock.from_local(dt.date(2026, 10, 12), dt.time(9))
    assert time.between(friday, monday) == dt.timedelta(hours=10)
    assert time.before(monday, 2 * hours) == clock.from_local(dt.date(2026, 10, 10), dt.time(16))


def test_a_deadline_runs_as_the_city_corrected_its_days(app: Flask) -> None:
    friday = clock.from_local(dt.date(2026, 11, 27), dt.time(9))
    set_day(actor(ADMINISTRATOR), dt.date(2026, 11, 27), DayKind.OFF)
    set_day(actor(ADMINISTRATOR), dt.date(2026, 11, 28), DayKind.WORKING)
    assert planning.work_time().after(friday, dt.timedelta()) == clock.from_local(dt.date(2026, 11, 28), dt.time(8, 30))


def test_only_the_administrator_corrects_days(app: Flask) -> None:
    with refused("not_allowed"):
        set_day(actor(GAO), dt.date(2026, 11, 27), DayKind.OFF)
    with refused("not_allowed"):
        forget_day(actor(GAO), dt.date(2026, 11, 27))


def test_a_class_is_copied_to_the_same_weekday_after_today(app: Flask) -> None:
    plan = a_plan(days=3)
    assert planning.next_time(plan, clock.now()).sittings == a_plan(days=10).sittings
    with makers.at(in_days(17, 12)):
        assert planning.next_time(plan, clock.now()).sittings[0][0] == plan.sittings[0][0] + dt.timedelta(days=21)


@pytest.mark.parametrize(
    ("earliest", "day"),
    [((2026, 11, 27), (2026, 11, 27)), ((2026, 11, 28), (2026, 11, 30)), ((2026, 10, 1), (2026, 10, 8))],
)
def test_a_new_class_is_offered_on_a_working_day(
    app: Flask, earliest: tuple[int, int, int], day: tuple[int, int, int]
) -> None:
    assert planning.working_day(dt.date(*earliest)) == dt.date(*day)
