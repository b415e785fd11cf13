"""The pages of the path: what they say, refuse and survive, in both languages."""

import datetime as dt
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import event

from courses.booking import actions
from courses.catalogue.model import Share, ShareKind
from courses.ground import clock
from courses.ground.db import db
from courses.ground.kept import forget_all
from courses.homes.model import Room
from courses.people.model import Person
from courses.webhooks.queries import anybody_listens
from tests import makers
from tests.conftest import Client
from tests.people import CHEN, COLLEAGUE, GAO, LU, NEWCOMER, OWNER, SHEN

RARE = "䶮𬬭😀<script>alert(1)</script>"


@contextmanager
def counted() -> Iterator[list[str]]:
    """Collect the statements that run within, BEGIN and PRAGMA left out."""
    seen: list[str] = []

    def note(conn, cursor, statement, *rest) -> None:  # type: ignore[no-untyped-def]
        if not statement.startswith(("BEGIN", "PRAGMA", "SELECT pg_catalog", "select current")):
            seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def fill(room: int = 3, days: int = 14, start: str = "09:00", end: str = "11:30", **more: str) -> dict[str, str]:
    """Return the publish form as an officer fills it in."""
    day = clock.local(clock.now() + dt.timedelta(days=days)).date()
    form = {
        "room_id": str(room),
        "sittings-0-day": str(day),
        "sittings-0-start": start,
        "sittings-0-end": end,
        "capacity": "20",
        "lecturers": str(CHEN.id),
        "reminders": "1440",
    }
    return {**form, **more}


def publish(client: Client, **more: str) -> object:
    return client.as_(GAO).post("/courses/1/classes", data=fill(**more))  # type: ignore[arg-type]


def test_the_shelf_asks_as_many_statements_with_one_class_as_with_forty(app: Flask, client: Client) -> None:
    counts = []
    for wanted in (1, 39):
        for n in range(wanted):
            makers.a_class(days=20 + n + wanted, lecturers=[CHEN.id])
        forget_all()
        client.get("/")
        with counted() as seen:
            assert client.get("/").status_code == 200
        counts.append(len(seen))
    assert counts == [1, 1], "city, topics and towns are kept; the cards are one statement"


@pytest.mark.parametrize("path", ["/classes/{}", "/desk", "/classes/{}/roster", "/notices", "/installation", "/posts"])
def test_lists_have_a_fixed_number_of_statements(app: Flask, client: Client, path: str) -> None:
    from tests.people import ADMINISTRATOR, INSPECTOR

    reader = {"/installation": ADMINISTRATOR, "/posts": INSPECTOR, "/notices": SHEN}.get(path, GAO)
    class_id = makers.a_class(seats=4, lecturers=[CHEN.id])
    makers.book(SHEN, class_id)
    counts = []
    for more in (0, 12):
        for person in makers.strangers(more) if more else ():
            actions.book(makers.actor_of(person), class_id, [person])  # type: ignore[arg-type]
            makers.a_class(days=30 + person)
        client.as_(reader).get(path.format(class_id))
        with counted() as seen:
            assert client.get(path.format(class_id)).status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("seats", [1, 3], ids=["in the queue", "a seat"])
def test_a_booking_is_at_most_nine_statements(app: Flask, client: Client, seats: int) -> None:
    """Eight on SQLite; the ninth on PostgreSQL locks the person, so that nobody gets two seats at one hour."""
    makers.a_rule_about_staying_away()
    class_id = makers.a_class(seats=seats)
    for member in (LU, COLLEAGUE):
        makers.book(member, class_id)
    client.as_(SHEN).get("/")
    anybody_listens()  # asked once in two seconds
    with counted() as seen:
        assert client.post(f"/classes/{class_id}/bookings", data={"seen": "1"}).status_code == 303
    assert makers.states(class_id)[SHEN.id] == ("booked" if seats == 3 else "queued")
    assert len(seen) == (8 if db.engine.dialect.name == "sqlite" else 9), seen


def test_search_finds_two_characters_english_and_lecturers(app: Flask, client: Client) -> None:
    makers.a_class(lecturers=[CHEN.id])
    for words in ("碳交", "carbon", "CARBON trading", "清缴", "陈砚", "马桥"):
        assert "/classes/1" in client.get("/", query_string={"q": words}).text, words
    for words in ("土壤", "%", "_", "'", RARE):
        page = client.get("/", query_string={"q": words})
        assert page.status_code == 200
        assert "/classes/1" not in page.text, words


def test_filters_narrow_and_nonsense_is_harmless(app: Flask, client: Client) -> None:
    makers.a_class(seats=1)
    assert "/classes/1" in client.get("/?topic=carbon&town=2&free=1").text
    assert "/classes/1" not in client.get("/?topic=waste").text
    assert "/classes/1" not in client.get("/?town=1").text
    makers.book(SHEN, 1)
    assert "/classes/1" not in client.get("/?free=1").text
    day = clock.local(makers.the_class(1).starts_at).date()
    assert "/classes/1" in client.get(f"/?day={day}").text
    assert "/classes/1" not in client.get(f"/?day={day + dt.timedelta(days=1)}").text
    for nonsense in (
        "town=x",
        "day=2026-13-40",
        "day=0001-01-01",
        "page=-1",
        "page=99999",
        "town=99999999999999",
        "free=2",
    ):
        assert client.get("/?" + nonsense).status_code == 200, nonsense


def test_an_officer_publishes_and_everyone_sees_it(client: Client) -> None:
    answer = publish(client)
    assert answer.status_code == 303  # type: ignore[attr-defined]
    assert "碳交易管理" in client.as_(None).get("/").text
    assert "Carbon Trading Management" in client.get("/?lang=en").text


@pytest.mark.parametrize(
    ("more", "at"),
    [
        ({"room_id": ""}, "room_id"),
        ({"room_id": "99"}, "room_id"),
        ({"capacity": ""}, "capacity"),
        ({"capacity": "0"}, "capacity"),
        ({"capacity": "many"}, "capacity"),
        ({"capacity": "9" * 30}, "capacity"),
        ({"sittings-0-day": ""}, "sittings-0-day"),
        ({"sittings-0-day": "31.12."}, "sittings-0-day"),
        ({"sittings-0-day": "9999-12-31"}, "sittings-0-day"),
        ({"sittings-0-end": ""}, "sittings-0-day"),
        ({"lecturers": "999"}, "lecturers"),
        ({"lecturers": RARE}, "lecturers"),
        ({"reminders": "7"}, "reminders"),
        ({"opens_at": "soon"}, "opens_at"),
        ({"room": 1, "capacity": "31"}, "capacity"),
    ],
)
def test_each_wrong_value_gets_its_error_at_its_field(client: Client, more: dict[str, str], at: str) -> None:
    client.as_(GAO)
    for lang in ("zh", "en"):
        data = fill(**more) if "room" in more else {**fill(), **more}  # type: ignore[arg-type]
        page = client.post(f"/courses/1/classes?lang={lang}", data=data)
        assert page.status_code == 422
        assert re.search(rf'href="#{at}', page.text), "in the summary"
        assert re.search(rf'id="{at}[^"]*error"', page.text), "at the field"
        assert "<script>alert" not in page.text
    assert client.get("/classes/1").status_code == 404


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"sittings-0-end": "08:00"}, "end after it begins"),
        ({"sittings-0-day": "2020-01-01"}, "already over"),
        ({"closes_at": "2020-01-01T10:00"}, "before it closes"),
    ],
)
def test_rules_are_said_on_the_form(client: Client, more: dict[str, str], words: str) -> None:
    page = client.as_(GAO, lang="en").post("/courses/1/classes", data={**fill(), **more})
    assert page.status_code == 422
    assert words in page.text


def test_room_and_lecturer_clashes_name_what_is_in_the_way(client: Client) -> None:
    assert publish(client).status_code == 303  # type: ignore[attr-defined]
    client.set_cookie("lang", "en")
    room = client.as_(GAO, lang="en").post("/courses/1/classes", data=fill(start="11:00", end="12:00"))
    assert "Room of 1000 is taken by Carbon Trading Management" in room.text
    lecturer = client.post("/courses/1/classes", data=fill(room=1, start="11:00", end="12:00"))
    assert "陈砚 teaches Carbon Trading Management" in lecturer.text
    assert client.post("/courses/1/classes", data=fill(start="11:30", end="12:00")).status_code == 303, "touching"


def test_a_page_seen_before_the_move_is_shown_the_change_first(app: Flask, client: Client) -> None:
    class_id = makers.a_class()
    spans = [(makers.in_days(12), makers.in_days(12, 11))]
    actions.move(makers.actor(GAO), class_id, spans, makers.the_class(class_id).room_id)
    page = client.as_(SHEN, lang="en").post(f"/classes/{class_id}/bookings", data={"seen": "1"})
    assert page.status_code == 409
    assert "changed this class meanwhile" in page.text
    assert makers.states(class_id) == {}
    again = client.post(f"/classes/{class_id}/bookings", data={"seen": "2"})
    assert again.status_code == 303


def test_a_double_submit_books_once_and_says_so(app: Flask, client: Client) -> None:
    class_id = makers.a_class()
    assert client.as_(SHEN, lang="en").post(f"/classes/{class_id}/bookings", data={"seen": "1"}).status_code == 303
    again = client.post(f"/classes/{class_id}/bookings", data={"seen": "1"})
    assert again.status_code == 409
    assert "already has a place" in again.text
    assert makers.the_class(class_id).seats_taken == 1


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("zh", ("沈月已预约本班次", "沈月在同一时段")),
        ("en", ("Shen Yue already has a place", "Shen Yue has a seat in")),
    ],
)
def test_a_refusal_calls_people_as_its_reader_reads_names(
    app: Flask, client: Client, lang: str, said: tuple[str, str]
) -> None:
    db.session.get_one(Person, SHEN.id).name_en = "Shen Yue"
    db.session.commit()
    class_id = makers.a_class()
    same_hour = makers.a_class(room=2)
    makers.book(SHEN, class_id)
    client.as_(SHEN, lang=lang)
    for id_, words in zip((class_id, same_hour), said, strict=True):
        refused = client.post(f"/classes/{id_}/bookings", data={"seen": "1"})
        assert refused.status_code == 409
        assert words in refused.text


def test_a_seat_gone_between_page_and_click_becomes_a_place_in_the_queue(app: Flask, client: Client) -> None:
    class_id = makers.a_class(seats=1)
    page = client.as_(LU).get(f"/classes/{class_id}")
    assert "Book a seat" in page.text
    makers.book(SHEN, class_id)
    assert client.post(f"/classes/{class_id}/bookings", data={"seen": "1"}).status_code == 303
    assert "number 1 in the queue" in client.get(f"/classes/{class_id}").text


def test_who_waits_beside_a_free_seat_is_not_told_that_the_class_is_full(client: Client) -> None:
    kept = {"shares": [Share(ShareKind.KEY_UNIT, 1)], "shares_until": makers.in_days(9)}
    class_id = makers.a_class(seats=2, **kept)
    makers.book(SHEN, class_id)
    assert client.as_(LU).post(f"/classes/{class_id}/bookings", data={"seen": "1"}).status_code == 303
    page = client.get(f"/classes/{class_id}").text
    assert "There is no free seat for you now: number 1 in the queue." in page
    assert "The class is full" not in page


def test_an_owner_books_several_in_one_act(app: Flask, client: Client) -> None:
    class_id = makers.a_class(seats=3)
    people = [SHEN.id, COLLEAGUE.id, NEWCOMER.id]
    page = client.as_(OWNER).get(f"/classes/{class_id}")
    assert all(f'value="{id_}"' in page.text for id_ in people)
    answer = client.post(f"/classes/{class_id}/bookings", data={"seen": "1", "group": "1", "people": people})
    assert answer.status_code == 303
    assert makers.states(class_id) == dict.fromkeys(people, "booked")
    assert {n.person_id for n in makers.told("booked")} == set(people)


def test_an_owner_who_ticks_nobody_is_asked_to(app: Flask, client: Client) -> None:
    class_id = makers.a_class()
    page = client.as_(OWNER, lang="en").post(f"/classes/{class_id}/bookings", data={"seen": "1", "group": "1"})
    assert page.status_code == 422
    assert "at least one person" in page.text


@pytest.mark.parametrize(
    "form",
    [{"people": RARE}, {"people": "-1"}, {"people": "9" * 40}, {"seen": "x"}, {"people": "999999"}, {"people": "٣"}],
)
def test_nonsense_books_nobody(app: Flask, client: Client, form: dict[str, str]) -> None:
    class_id = makers.a_class()
    assert client.as_(OWNER).post(f"/classes/{class_id}/bookings", data=form).status_code == 422
    assert makers.states(class_id) == {}


NOWHERE = ["/classes/999", "/courses/999", "/classes/2147483648", "/classes/" + "9" * 30, "/nothing", "/classes/x"]


@pytest.mark.parametrize("path", NOWHERE)
def test_what_is_not_there_is_a_page_not_a_fault(client: Client, path: str) -> None:
    for lang, words in (("zh", "课程超市"), ("en", "Course supermarket")):
        page = client.get(path + "?lang=" + lang)
        assert page.status_code == 404
        assert words in page.text


def test_a_called_off_class_says_why_and_takes_nobody(app: Flask, client: Client) -> None:
    class_id = makers.a_class()
    makers.book(SHEN, class_id)
    answer = client.as_(GAO).post(f"/classes/{class_id}/call-off", data={"reason": RARE})
    assert answer.status_code == 303
    page = client.as_(LU).get(f"/classes/{class_id}")
    assert "䶮𬬭😀&lt;script&gt;" in page.text
    assert client.post(f"/classes/{class_id}/bookings", data={"seen": "2"}).status_code == 409
    for reason in ("", "x" * 201, "a\u200bb"):
        other = makers.a_class(days=40 + len(reason))
        assert client.as_(GAO).post(f"/classes/{other}/call-off", data={"reason": reason}).status_code == 422


def test_past_and_closed_classes_take_nobody(app: Flask, client: Client) -> None:
    class_id = makers.a_class(closes_at=makers.in_days(5))
    with clock.pretending(makers.in_days(6)), pytest.raises(Exception, match="closed"):
        actions.book(makers.actor(SHEN), class_id, [SHEN.id])
    with clock.pretending(makers.in_days(11)), pytest.raises(Exception, match="begun"):
        actions.book(makers.actor(SHEN), class_id, [SHEN.id])


def test_a_resize_below_the_seats_taken_is_refused_with_the_number(app: Flask, client: Client) -> None:
    class_id = makers.a_class(seats=3)
    makers.book(OWNER, class_id, SHEN, COLLEAGUE)
    page = client.as_(GAO, lang="en").post(f"/classes/{class_id}/capacity", data={"capacity": "1"})
    assert page.status_code == 422
    assert "2 seats are taken" in page.text
    assert db.session.get(Room, 3) is not None


def test_the_language_is_the_visitors_then_the_persons(app: Flask, client: Client) -> None:
    assert "课程超市" in client.get("/").text
    assert "Course supermarket" in client.get("/", headers={"Accept-Language": "en-GB,en"}).text
    assert "Course supermarket" in client.as_(LU).get("/", headers={"Accept-Language": "zh"}).text
    assert "课程超市" in client.get("/?lang=zh").text
    assert "课程超市" in client.get("/").text, "kept in the cookie"


@pytest.mark.parametrize(
    ("came_from", "leads_to"),
    [
        ("http://localhost/classes/{}", "/classes/{}"),
        ("http://elsewhere.example/classes/{}", "/"),
        ("http://localhost//elsewhere.example", "/"),
        ("http://localhost/classes/{}/bookings", "/"),  # refused there a moment ago
        ("http://localhost", "/"),
        (None, "/"),
    ],
)
def test_a_refused_act_is_read_in_the_other_language_where_it_was_done(
    client: Client, came_from: str | None, leads_to: str
) -> None:
    class_id = makers.a_class()
    makers.book(SHEN, class_id)
    headers = {"Referer": came_from.format(class_id)} if came_from else {}
    page = client.as_(SHEN).post(f"/classes/{class_id}/bookings", data={"seen": "1"}, headers=headers)
    assert page.status_code == 409
    assert f'class="switch" href="{leads_to.format(class_id)}?lang=en"' in page.text


def test_english_falls_back_to_chinese_with_a_mark(app: Flask, client: Client) -> None:
    assert '<span lang="zh-CN">危险废物规范化管理</span>' in client.get("/courses/2?lang=en").text


def test_a_forged_form_is_refused(app: Flask, client: Client) -> None:
    class_id = makers.a_class()
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        assert client.as_(SHEN).post(f"/classes/{class_id}/bookings", data={"seen": "1"}).status_code == 400
    finally:
        app.config["WTF_CSRF_ENABLED"] = False
    assert makers.states(class_id) == {}


def test_headers_shut_the_page_in(client: Client) -> None:
    page = client.get("/")
    policy = page.headers["Content-Security-Policy"]
    nonce = re.search(r"'nonce-([^']+)'", policy)
    assert nonce
    assert page.text.count(f'nonce="{nonce[1]}"') == page.text.count("<script")
    assert "frame-ancestors 'none'" in policy
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert client.get("/").headers["Content-Security-Policy"] != policy


def test_probes(app: Flask, client: Client) -> None:
    from courses.ground import pulse

    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 503, "no worker leads"
    pulse.beat("w1", leads=True)
    assert client.get("/readyz").status_code == 200
    with clock.pretending(clock.now() - dt.timedelta(minutes=5)):
        pulse.beat("w1", leads=True)
    assert client.get("/readyz").status_code == 503, "a frozen leader"


def test_a_cancellation_says_whether_it_can_be_taken_back(app: Flask, client: Client) -> None:
    class_id = makers.a_class(seats=1)
    makers.book(SHEN, class_id)
    client.as_(SHEN, lang="en").post("/bookings/1/cancellation")
    page = client.get(f"/classes/{class_id}").text
    assert "You can take this back" in page
    assert "/bookings/1/cancellation/undo" in page
    client.post("/bookings/1/cancellation/undo")
    makers.book(LU, class_id)
    client.post("/bookings/1/cancellation")
    page = client.get(f"/classes/{class_id}").text
    assert "has gone to the next in the queue" in page
    assert "/bookings/1/cancellation/undo" not in page
    assert [notice.facts["final"] for notice in makers.told("cancelled")] == [False, True]


def test_another_room_at_the_same_time_is_told_as_such(app: Flask, client: Client) -> None:
    class_id = makers.a_class(room=2)
    makers.book(SHEN, class_id)
    spans = [(makers.the_class(class_id).starts_at, makers.the_class(class_id).ends_at)]
    actions.move(makers.actor(GAO), class_id, spans, 1)
    assert makers.told("moved")[0].facts["room_only"] is True
    assert makers.told("moved")[0].facts["class_"]["room_zh"] == "30座教室"


@pytest.mark.parametrize("path", ["/?q=%00", "/?topic=%00", "/posts?q=a%00b"])
def test_a_nul_is_nothing_to_search_for(client: Client, path: str) -> None:
    from tests.people import INSPECTOR

    assert client.as_(INSPECTOR).get(path).status_code == 422


def test_a_reason_of_blanks_is_no_reason_and_emoji_are_letters(app: Flask, client: Client) -> None:
    client.as_(GAO)
    for number, (reason, status) in enumerate((("  ", 422), ("\u3000", 422), ("a\0b", 422), ("👩‍🏫\u3000改期", 303))):
        class_id = makers.a_class(days=40 + number)
        assert client.post(f"/classes/{class_id}/call-off", data={"reason": reason}).status_code == status, reason


def test_a_mail_that_is_still_being_written_is_not_read(app: Flask, client: Client) -> None:
    folder = app.config["SETTINGS"].mail_folder
    folder.mkdir(exist_ok=True)
    half = folder / ".20261123T010750-moved-1-2-mail.eml"
    half.symlink_to(folder / "gone")  # as it is when it was renamed between the look and the reading
    try:
        assert client.get("/mail").status_code == 200
    finally:
        half.unlink()
