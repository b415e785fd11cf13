"""The shelves and their calendar: what narrows them, in which order, and what they ask of the database."""

import datetime as dt
import re
from html import unescape
from urllib.parse import parse_qsl, urlsplit

import pytest
import time_machine
from flask import Flask
from sqlalchemy import update

from courses.catalogue.model import Course, CourseIndustry, TrainingClass
from courses.catalogue.shelf import Filters, Half, Sort, shelf
from courses.ground import clock
from courses.ground.db import db
from courses.ground.kept import forget_all
from courses.ground.transaction import transaction
from tests import makers
from tests.conftest import Client
from tests.doors.test_pages import counted
from tests.makers import HOUR, in_days
from tests.people import CHEN, OTHER_LECTURER, SHEN


@pytest.fixture
def two(app: Flask) -> tuple[int, int]:
    """A full carbon class in Maqiao on the tenth day at nine; one on waste in Haichang on the twelfth at two."""
    carbon = makers.a_class(seats=1, lecturers=[CHEN.id])
    makers.book(SHEN, carbon)
    waste = makers.a_class(seats=5, course=2, room=1, days=12, hour=14, lecturers=[OTHER_LECTURER.id])
    with transaction():
        db.session.add(CourseIndustry(course_id=2, industry_id=1))
        db.session.execute(update(Course).where(Course.id == 2).values(for_key_units=True))
        published = dt.timedelta(days=-1)
        db.session.execute(
            update(TrainingClass).where(TrainingClass.id == waste).values(published_at=clock.now() + published)
        )
    forget_all()
    return carbon, waste


def on(days: int) -> str:
    return str(clock.local(in_days(days)).date())


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("", "both"),
        ("town=2", "carbon"),
        ("town=1", "waste"),
        ("home=2", "carbon"),
        ("home=1", "waste"),
        (f"lecturer={CHEN.id}", "carbon"),
        (f"lecturer={SHEN.id}", ""),
        ("industry=electronics", "waste"),
        ("industry=leather", ""),
        ("key=1", "waste"),
        ("free=1", "waste"),
        ("half=morning", "carbon"),
        ("half=afternoon", "waste"),
        ("half=midnight", "both"),
        ("topic=waste", "waste"),
        ("q=tanjiaoyi&half=morning", "carbon"),
        ("q=tanjiaoyi&half=afternoon", ""),
        ("town=1&home=2", ""),
        ("from=9999-12-31", ""),
        ("to=0001-01-01", ""),
        ("from=x&to=y&home=z&sort=best", "both"),
    ],
)
def test_each_filter_narrows_list_and_calendar(client: Client, two: tuple[int, int], query: str, wanted: str) -> None:
    carbon, waste = two
    views = ["/?" + query]
    if "9999" not in query and "0001" not in query:
        views += [f"/calendar?view=month&on={on(day)}&{query}" for day in (10, 12)]
    text = "".join(client.get(view).text for view in views)
    assert (f'href="/classes/{carbon}"' in text) is (wanted in ("both", "carbon"))
    assert (f'href="/classes/{waste}"' in text) is (wanted in ("both", "waste"))


def test_choosing_a_topic_keeps_the_other_filters(client: Client, two: tuple[int, int]) -> None:
    page = client.get("/?q=x&town=1&free=1&sort=seats&topic=carbon&page=2").text
    links = re.findall(r'<li><a href="(/[^"]*)"', page.partition('<nav class="topics"')[2].partition("</nav>")[0])
    asked = [dict(parse_qsl(urlsplit(unescape(link)).query)) for link in links]
    kept = {"q": "x", "town": "1", "free": "1", "sort": "seats"}
    assert asked == [kept, {**kept, "topic": "carbon"}, {**kept, "topic": "waste"}]


def test_choosing_a_topic_keeps_the_other_filters_of_the_calendar(client: Client, two: tuple[int, int]) -> None:
    page = client.get(f"/calendar?view=month&on={on(10)}&q=x&town=1&topic=carbon").text
    links = re.findall(r'<li><a href="(/[^"]*)"', page.partition('<nav class="topics"')[2].partition("</nav>")[0])
    asked = [dict(parse_qsl(urlsplit(unescape(link)).query)) for link in links]
    kept = {"view": "month", "on": on(10), "q": "x", "town": "1"}
    assert asked == [kept, {**kept, "topic": "carbon"}, {**kept, "topic": "waste"}]


def test_the_order_that_is_chosen_is_the_one_that_is_sent(client: Client, two: tuple[int, int]) -> None:
    form = client.get("/?sort=seats").text.partition('<form class="filters')[2].partition("</form>")[0]
    assert re.findall(r'<(\w+) [^>]*name="sort"', form) == ["select"]


@pytest.mark.parametrize(
    ("first", "last", "wanted"),
    [
        (10, 12, {1, 2}),
        (10, 10, {1}),
        (11, 12, {2}),
        (11, None, {2}),
        (None, 11, {1}),
        (11, 11, set()),
        (12, 10, set()),
    ],
)
def test_days_count_from_the_first_to_the_last(
    app: Flask, client: Client, two: tuple[int, int], first: int | None, last: int | None, wanted: set[int]
) -> None:
    query = {"from": on(first) if first else "", "to": on(last) if last else ""}
    text = client.get("/", query_string=query).text
    assert {id_ for id_ in two if f'href="/classes/{id_}"' in text} == wanted


def test_a_class_of_two_days_is_found_by_either(app: Flask, client: Client) -> None:
    spans = [(in_days(day, hour), in_days(day, hour) + HOUR) for day, hour in ((10, 9), (13, 14))]
    makers.a_class(sittings=spans)
    for query in (f"day={on(10)}", f"day={on(13)}", f"from={on(13)}&half=afternoon", f"to={on(11)}&half=morning"):
        assert 'href="/classes/1"' in client.get("/?" + query).text, query
    for query in (f"day={on(13)}&half=morning", f"day={on(11)}"):
        assert 'href="/classes/1"' not in client.get("/?" + query).text, query


def test_half_a_day_is_the_citys(app: Flask) -> None:
    """Eleven in the city is three in UTC; in Ürümqi's zone the same moment is nine."""
    makers.a_class(hour=13)
    with_half = [[card.id for card in shelf(Filters(half=half), clock.now())] for half in Half]
    assert with_half == [[], [1]]
    clock.use_zone("Asia/Urumqi")
    with_half = [[card.id for card in shelf(Filters(half=half), clock.now())] for half in Half]
    assert with_half == [[1], []], "eleven o'clock there"


def test_orders(app: Flask, two: tuple[int, int]) -> None:
    carbon, waste = two
    orders = {sort: [card.id for card in shelf(Filters(sort=sort), clock.now())] for sort in Sort}
    assert orders == {Sort.SOONEST: [carbon, waste], Sort.SEATS: [waste, carbon], Sort.NEW: [carbon, waste]}
    third = makers.a_class(course=2, seats=3, days=30)
    assert [card.id for card in shelf(Filters(sort=Sort.NEW), clock.now())] == [third, carbon, waste]
    assert [card.id for card in shelf(Filters(sort=Sort.SEATS), clock.now())] == [waste, third, carbon]


def test_filters_stay_from_page_to_page_and_from_list_to_calendar(app: Flask, client: Client) -> None:
    for day in range(21):
        makers.a_class(days=10 + day)
    page = client.get("/?q=碳交易&town=2&sort=new&half=morning&free=1").text
    assert "<p>第1页</p>" in page  # nobody counted how many there are
    following = page.partition('rel="next" href="')[2].partition('"')[0]
    for kept in ("town=2", "sort=new", "half=morning", "free=1", "page=2", "q=%E7%A2%B3"):
        assert kept in following
    week = page.partition('href="/calendar?view=week')[2].partition('"')[0]
    assert "town=2" in week
    assert "sort" not in week
    assert client.get(following.replace("&amp;", "&")).text.count('class="card"') == 1


@pytest.mark.parametrize(
    "path", ["/?q=tanjiaoyi", "/?half=morning&lecturer=9&free=1", "/calendar?view=month", "/calendar"]
)
def test_a_narrowed_shelf_is_one_statement_however_long(app: Flask, client: Client, path: str) -> None:
    counts = []
    for more in (1, 12):
        for n in range(more):
            makers.a_class(days=1 + n + more, lecturers=[CHEN.id])
        forget_all()
        client.get(path)
        with counted() as seen:
            assert client.get(path).status_code == 200
        counts.append(len(seen))
    assert counts == [1, 1], "what can be chosen and searched is kept; the classes are one statement"


def test_the_calendar_shows_a_week_from_monday_and_a_month(app: Flask, client: Client) -> None:
    spans = [(in_days(10, hour), in_days(10, hour) + HOUR) for hour in (9, 14)]
    makers.a_class(sittings=spans)
    week = client.get(f"/calendar?on={on(10)}&lang=en").text
    assert week.count('<li class="day') == 7
    assert week.count('href="/classes/1"') == 2, "each sitting stands on its day"
    assert "09:00–10:00" in week
    assert "3 seats free" in week
    assert "No class" not in week
    assert "No class in this week" in client.get(f"/calendar?on={on(40)}&lang=en").text
    month = client.get(f"/calendar?view=month&on={on(10)}&lang=en").text
    assert month.count('<li class="day') in (28, 35, 42)
    assert 'href="/classes/1"' in month


def test_the_calendar_says_of_a_class_what_the_list_says(app: Flask, client: Client) -> None:
    class_id = makers.a_class()
    for change, words in (({"closes_at": clock.now()}, "Booking closed"), ({"opens_at": in_days(5)}, "Booking opens")):
        with transaction():
            db.session.execute(update(TrainingClass).where(TrainingClass.id == class_id).values(**change))
        for page in (f"/calendar?on={on(10)}&lang=en", f"/homes/2?on={on(10)}&lang=en"):
            text = client.get(page).text
            assert words in text
            assert "seats free" not in text
        with transaction():
            values = {"closes_at": in_days(9), "opens_at": clock.now() - HOUR}
            db.session.execute(update(TrainingClass).where(TrainingClass.id == class_id).values(**values))


@pytest.mark.parametrize(
    "query", ["on=2026-02-31", "on=0001-01-01", "on=9999-12-31", "view=year", "on=", "town=x&on=x"]
)
def test_a_calendar_asked_for_nonsense_shows_this_week(app: Flask, client: Client, query: str) -> None:
    page = client.get("/calendar?" + query)
    assert page.status_code == 200
    assert page.text.count('aria-current="date"') == 1


def test_the_calendar_turns_at_the_ends_of_months(app: Flask, client: Client) -> None:
    page = client.get("/calendar?view=month&on=2027-01-31&lang=en").text
    assert "January 2027" in page
    assert "on=2026-12-31" in page
    assert "on=2027-02-01" in page
    assert "2027年1月" in client.get("/calendar?view=month&on=2027-01-31&lang=zh").text


def test_programs_find_by_the_same_filters(client: Client, two: tuple[int, int]) -> None:
    def found(**query: object) -> list[int]:
        answer = client.get("/api/v1/classes", query_string=query)  # type: ignore[arg-type]
        assert answer.status_code == 200, answer.text
        return [row["id"] for row in answer.json["classes"]]

    carbon, waste = two
    assert found(q="tjy") == found(home=2) == found(lecturer=CHEN.id) == found(half="morning") == [carbon]
    assert found(industry="electronics") == found(key_units="true") == found(since=on(11)) == [waste]
    assert found(until=on(10)) == found(day=on(10)) == [carbon]
    for nonsense in ("day=0001-01-01", "half=noon", "home=x"):
        assert client.get("/api/v1/classes?" + nonsense).status_code == 422, nonsense


def test_numbers_of_topics_stand_only_beside_all_of_them(client: Client, two: tuple[int, int]) -> None:
    def numbers(query: str) -> list[str]:
        text = client.get("/?" + query).text.partition('<nav class="topics"')[2].partition("</nav>")[0]
        return re.findall(r'<span class="quiet">(\d+)</span>', text)

    assert numbers("") == numbers("topic=carbon") == ["1", "1"]
    for query in ("q=碳", "q=x&topic=carbon", "town=1", "free=1"):
        assert numbers(query) == [], query


SUNDAY = dt.datetime(2027, 3, 14, 12, 0, tzinfo=dt.UTC)  # eight in the evening


@pytest.fixture
def two_weeks(app: Flask) -> tuple[int, int]:
    """A class that ends at three on a Sunday, and one on the Thursday after."""
    with makers.at(SUNDAY - dt.timedelta(days=9)):
        spans = [(start, start + 2 * HOUR) for start in (SUNDAY - 7 * HOUR, SUNDAY + dt.timedelta(days=4))]
        over, coming = (makers.a_class(room=room, sittings=[span]) for room, span in zip((1, 2), spans, strict=True))
    return over, coming


def test_the_week_begins_with_the_coming_one_once_this_one_is_taught(
    client: Client, two_weeks: tuple[int, int]
) -> None:
    over, coming = two_weeks

    def shown(query: str = "", at: dt.datetime = SUNDAY) -> list[int]:
        with time_machine.travel(at, tick=False):
            text = client.get("/calendar?lang=zh" + query).text
        return [one for one in two_weeks if f'href="/classes/{one}"' in text]

    assert shown(at=SUNDAY - 6 * HOUR) == [over], "which is going on"
    assert shown() == [coming]
    assert shown("&on=2027-03-14") == [over], "whoever asks for a day sees its week"
    assert shown("&half=morning") == []
    assert shown("&view=month") == list(two_weeks)
    with time_machine.travel(SUNDAY, tick=False):
        text = client.get("/calendar?lang=zh").text
        assert "3月15日 周一–3月21日 周日" in text
        today = re.search(r'href="([^"]+)">今天<', text)
        assert today
        assert "3月8日 周一–3月14日 周日" in client.get(unescape(today[1])).text


def test_an_empty_week_stays_when_the_coming_one_is_empty_too(client: Client, two_weeks: tuple[int, int]) -> None:
    with time_machine.travel(SUNDAY + dt.timedelta(days=12), tick=False):
        assert client.get("/calendar").text.count('aria-current="date"') == 1
