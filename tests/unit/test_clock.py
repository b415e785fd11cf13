"""The clock, the city's zone, the pulse, and when answers to request keys are forgotten."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select, text

from courses.ground import clock, idempotency, pulse
from courses.ground.db import UTCDateTime, db
from courses.ground.language import day, moment, span, speaking
from courses.ground.transaction import transaction
from courses.outbox.model import Notice
from courses.people.model import City
from courses.schedule import JOBS
from tests import makers
from tests.makers import at

UTC = dt.UTC
NEW_YEAR = dt.datetime(2026, 12, 31, 16, 0, tzinfo=UTC)  # midnight in the city


@pytest.fixture
def another_zone() -> object:
    clock.use_zone("America/New_York")
    yield
    clock.use_zone("Asia/Shanghai")


def test_now_is_aware_and_in_utc() -> None:
    assert clock.now().tzinfo is UTC
    with time_machine.travel(NEW_YEAR, tick=False):
        assert clock.now() == NEW_YEAR


def test_pretending_ends_with_its_block() -> None:
    with clock.pretending(NEW_YEAR.astimezone(ZoneInfo("Asia/Tokyo"))):
        assert clock.now() == NEW_YEAR
        assert clock.now().tzinfo is UTC
    assert clock.now() != NEW_YEAR


def test_typed_times_belong_to_the_city() -> None:
    assert clock.from_local(dt.date(2027, 1, 1), dt.time(0)) == NEW_YEAR
    assert clock.local(NEW_YEAR).date() == dt.date(2027, 1, 1)


def test_a_zone_with_summer_time(another_zone: None) -> None:
    assert clock.from_local(dt.date(2026, 7, 1), dt.time(9)).hour == 13
    assert clock.from_local(dt.date(2026, 12, 1), dt.time(9)).hour == 14


def test_the_year_is_named_when_it_is_another(app: Flask) -> None:
    before, after = NEW_YEAR - dt.timedelta(minutes=1), NEW_YEAR
    with at(before):
        with speaking("zh"):
            assert (day(before), day(after)) == ("12月31日 周四", "2027年1月1日 周五")
        with speaking("en"):
            assert (day(before), day(after)) == ("Thu 31 Dec", "Fri 1 Jan 2027")
    with at(after), speaking("zh"):
        assert (day(before), day(after)) == ("2026年12月31日 周四", "1月1日 周五")


def test_a_sitting_over_midnight_shows_both_days(app: Flask) -> None:
    with at(NEW_YEAR), speaking("zh"):
        hour = dt.timedelta(hours=1)
        assert span(NEW_YEAR, NEW_YEAR + hour) == "1月1日 周五 00:00–01:00"
        assert span(NEW_YEAR - hour, NEW_YEAR + hour) == "2026年12月31日 周四 23:00–1月1日 周五 01:00"
        assert moment(NEW_YEAR) == "1月1日 周五 00:00"


def test_moments_come_back_from_the_database_as_they_were_written(app: Flask) -> None:
    class_id = makers.a_class(sittings=[(NEW_YEAR, NEW_YEAR + makers.HOUR)])
    row = makers.the_class(class_id)
    assert row.starts_at == NEW_YEAR
    assert row.starts_at.tzinfo is UTC


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        UTCDateTime().process_bind_param(dt.datetime(2026, 1, 1), None)  # type: ignore[arg-type]  # noqa: DTZ001


# The pulse


def test_only_a_beating_leader_keeps_the_clock_alive(app: Flask) -> None:
    now = clock.now()
    assert not pulse.clock_is_alive()
    pulse.beat("follower", leads=False)
    assert not pulse.clock_is_alive()
    pulse.beat("leader", leads=True)
    assert pulse.clock_is_alive()
    with at(now + pulse.DEAD_AFTER - dt.timedelta(seconds=1)):
        assert pulse.clock_is_alive()
    with at(now + pulse.DEAD_AFTER + dt.timedelta(seconds=5)):
        assert not pulse.clock_is_alive()
        pulse.beat("leader", leads=True)
        assert pulse.clock_is_alive()


def test_a_worker_that_ends_leaves_no_row_and_a_dead_one_leaves_it_for_a_day(app: Flask) -> None:
    now = clock.now()
    for name in ("a", "b"):
        pulse.beat(name, leads=False)
    pulse.stop("a")
    assert [w.name for w in pulse.workers()] == ["b"]
    with at(now + dt.timedelta(days=1, seconds=5)):
        pulse.beat("c", leads=True)
    assert [w.name for w in pulse.workers()] == ["c"]


# The jobs


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_every_job_is_a_command_and_harmless_when_there_is_nothing_to_do(app: Flask, job: object) -> None:
    result = app.test_cli_runner().invoke(args=["tick", job.name])  # type: ignore[attr-defined]
    counts = [line.partition(": ")[2] for line in result.output.splitlines()]  # retention has a line for each kind
    assert result.exit_code == 0
    assert counts
    always = job.name == "statistics" and db.engine.dialect.name == "sqlite"  # type: ignore[attr-defined]
    assert set(counts) == {"1" if always else "0"}


def test_a_job_can_be_tried_before_its_day_in_the_zone_of_the_city(app: Flask) -> None:
    with transaction():
        db.session.execute(text("UPDATE city SET zone = 'Asia/Urumqi'"))
    with time_machine.travel(dt.datetime(2026, 6, 1, tzinfo=UTC), tick=False):
        # Nine o'clock in Urumqi, two hours behind the clocks of the rest of the country.
        nine = dt.datetime(2026, 6, 10, 3, 0, tzinfo=UTC)
        class_id = makers.a_class(sittings=[(nine, nine + makers.HOUR)], reminders=[60])
        makers.book(makers.people.SHEN, class_id)
        runner = app.test_cli_runner()
        try:
            for time, count in (("07:59", 0), ("08:00", 1)):
                result = runner.invoke(args=["tick", "reminders", "--at", f"2026-06-10T{time}:00"])
                assert result.output == f"reminders: {count}\n"
        finally:
            clock.use_zone("Asia/Shanghai")
    assert db.session.scalar(select(func.count(Notice.id)).where(Notice.kind == "reminder")) == 1
    assert db.session.scalar(select(City.zone)) == "Asia/Urumqi"


def test_old_answers_are_forgotten(app: Flask) -> None:
    key = idempotency.RequestKey(1, "r", "k", b"")
    with transaction(key) as kept:
        kept.answer({"a": 1})
    forget = next(job for job in JOBS if job.name == "retention")
    assert forget.run("test") == 0
    with at(clock.now() + idempotency.KEPT_FOR + dt.timedelta(minutes=1)):
        assert forget.run("test") == 1
    with transaction(key) as kept:
        assert kept.earlier_answer is None
