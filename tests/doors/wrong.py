"""Wrong input, once for both doors: what is sent to the page and what to the API, and the rule that both must name.

Paths and bodies speak of a world of classes in every state (`a_world`) by the names of its ids.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from courses.booking import actions as booking
from courses.bulk import actions as bulk
from courses.bulk.sheet import Row
from courses.ground import clock
from courses.roster.queries import sittings_of
from tests import makers
from tests.makers import in_days
from tests.people import (
    CHEN,
    COLLEAGUE,
    GAO,
    INSPECTOR,
    LU,
    NEWCOMER,
    OTHER_LECTURER,
    OTHER_OFFICER,
    OWNER,
    SHEN,
    STRANGER,
    Member,
)

NOBODY_KNOWS = 999_999
NO_ROW_HAS = 10**20  # no database holds such an id


def a_world() -> dict[str, int]:
    """Make classes in every state; return their ids, and those of bookings and sittings, by name."""
    now = clock.now()
    world = {
        "unknown": NOBODY_KNOWS,
        "endless": NO_ROW_HAS,
        "open": makers.a_class(3, days=10, lecturers=[CHEN.id]),
        "same_hour": makers.a_class(3, days=10, hour=10, room=1),
        "single": makers.a_class(1, days=11),
        "moved": makers.a_class(3, days=12),
        "called_off": makers.a_class(3, days=13),
        "not_open": makers.a_class(3, days=14, opens_at=now + dt.timedelta(days=1)),
        "promoted": makers.a_class(1, days=15),
        "small_room": makers.a_class(25, days=16, room=1),
        "full": makers.a_class(2, days=18),
        "by_chen": makers.a_class(3, days=19, room=1, lecturers=[CHEN.id]),
        "of_others": makers.a_class(3, by=OTHER_OFFICER, days=17, lecturers=[OTHER_LECTURER.id]),
    }
    with makers.at(now - dt.timedelta(days=3)):
        world["begun"] = makers.a_class(5, days=1, lecturers=[CHEN.id])
        world["in_begun"] = makers.book(SHEN, world["begun"])[0].id
        world["closed"] = makers.a_class(5, days=9, hour=14, closes_at=now - dt.timedelta(hours=1))
    booking.move(makers.actor(GAO), world["moved"], [_span(12, 14)], 3)
    booking.call_off(makers.actor(GAO), world["called_off"], "台风")
    world["in_open"] = makers.book(SHEN, world["open"])[0].id
    makers.book(OWNER, world["full"], COLLEAGUE, NEWCOMER)
    world["given_up"] = makers.book(NEWCOMER, world["promoted"])[0].id
    makers.book(COLLEAGUE, world["promoted"])
    booking.cancel(makers.actor(NEWCOMER), world["given_up"])
    for name in ("open", "begun", "of_others"):
        world[f"sitting_{name}"] = sittings_of(world[name])[0].id
    world["list"] = bulk.look(makers.actor(GAO), world["open"], [Row(1, {"email": LU.email})])
    return world


def _span(days: int, hour: int, hours: float = 2) -> tuple[dt.datetime, dt.datetime]:
    begins = in_days(days, hour)
    return begins, begins + dt.timedelta(hours=hours)


@dataclass(frozen=True)
class Wrong:
    """`code`: what the API names; the page shows that rule's sentence, or marks a field if the code is "malformed".

    `page`: a path and a form to POST; `api`: method, path and body.
    """

    name: str
    by: Member
    code: str
    page: tuple[str, Mapping[str, Any]]
    api: tuple[str, str, Any]

    def __str__(self) -> str:
        return self.name


def _book(name: str, by: Member, code: str, where: str, form: Any = None, body: Any = None) -> Wrong:
    path = f"/classes/{{{where}}}/bookings"
    return Wrong(f"book: {name}", by, code, (path, form or {}), ("POST", path, body or {}))


def _group(name: str, code: str, where: str, *people: Any) -> Wrong:
    ids = [member.id if isinstance(member, Member) else member for member in people]
    return _book(name, OWNER, code, where, {"group": "1", "people": ids}, {"people": ids})


def _cancel(name: str, by: Member, code: str, where: str) -> Wrong:
    path = f"/bookings/{{{where}}}/cancellation"
    return Wrong(f"cancel: {name}", by, code, (path, {}), ("POST", path, None))


def _undo(name: str, by: Member, code: str, where: str) -> Wrong:
    path = f"/bookings/{{{where}}}/cancellation"
    return Wrong(f"undo: {name}", by, code, (f"{path}/undo", {}), ("DELETE", path, None))


def form_of(spans: list[tuple[dt.datetime, dt.datetime]], room: Any, **more: Any) -> dict[str, Any]:
    form: dict[str, Any] = {"room_id": room, **more}
    for number, (start, end) in enumerate(spans):
        first, last = clock.local(start), clock.local(end)
        form[f"sittings-{number}-day"] = first.date().isoformat()
        form[f"sittings-{number}-start"] = first.strftime("%H:%M")
        form[f"sittings-{number}-end"] = last.strftime("%H:%M")
    return form


def body_of(spans: list[tuple[dt.datetime, dt.datetime]], room: Any, **more: Any) -> dict[str, Any]:
    sittings = [{"starts_at": start.isoformat(), "ends_at": end.isoformat()} for start, end in spans]
    return {"room": room, "sittings": sittings, **more}


def _move(
    name: str,
    code: str,
    where: str,
    *spans: tuple[dt.datetime, dt.datetime],
    by: Member = GAO,
    room: int = 3,
    **seen: int,
) -> Wrong:
    path = f"/classes/{{{where}}}/move"
    page = form_of(list(spans), room, **seen)
    return Wrong(f"move: {name}", by, code, (path, page), ("POST", path, body_of(list(spans), room, **seen)))


def _resize(name: str, code: str, where: str, capacity: Any, by: Member = GAO) -> Wrong:
    path = f"/classes/{{{where}}}/capacity"
    return Wrong(f"resize: {name}", by, code, (path, {"capacity": capacity}), ("PUT", path, {"capacity": capacity}))


def _call_off(name: str, code: str, where: str, reason: str, by: Member = GAO) -> Wrong:
    path = f"/classes/{{{where}}}/call-off"
    return Wrong(f"call off: {name}", by, code, (path, {"reason": reason}), ("POST", path, {"reason": reason}))


def _publish(
    name: str,
    code: str,
    *spans: tuple[dt.datetime, dt.datetime],
    by: Member = GAO,
    course: int = 1,
    room: Any = 3,
    capacity: Any = 3,
    lecturers: tuple[int, ...] = (),
    closes_at: dt.datetime | None = None,
) -> Wrong:
    form = form_of(list(spans), room, capacity=capacity, lecturers=list(lecturers))
    body = body_of(list(spans), room, course=course, capacity=capacity, lecturers=list(lecturers))
    if closes_at:
        form["closes_at"] = clock.local(closes_at).strftime("%Y-%m-%dT%H:%M")
        body["closes_at"] = closes_at.isoformat()
    return Wrong(f"publish: {name}", by, code, (f"/courses/{course}/classes", form), ("POST", "/classes", body))


def _mark(
    name: str, code: str, where: str, booked: str, by: Member = CHEN, mark: str = "present", **times: str
) -> Wrong:
    """`times`: arrived and left, as clock times of the day of the class that has begun."""
    path = f"/classes/{{{where}}}/sittings/{{sitting_{where}}}/attendance"
    day = clock.local(in_days(-2)).date()
    moments = {
        key: clock.from_local(day, dt.time.fromisoformat(time)).isoformat() if len(time) == 5 else time
        for key, time in times.items()
    }
    form = {"booking": f"{{{booked}}}", "mark": mark, **times}
    return Wrong(
        f"mark: {name}", by, code, (path, form), ("PUT", path, [{"booking": f"{{{booked}}}", "mark": mark, **moments}])
    )


def wrong_inputs() -> list[Wrong]:
    """Return the table; made when asked for, since its days are counted from today."""
    free = _span(30, 9)
    return [
        _book("twice the same class", SHEN, "already_booked", "open"),
        _book("an unknown class", SHEN, "not_found", "unknown"),
        _book("a class of an endless number", SHEN, "not_found", "endless"),
        _book("a class called off", SHEN, "called_off", "called_off"),
        _book("a class that has begun", LU, "begun", "begun"),
        _book("after booking closed", SHEN, "closed", "closed"),
        _book("before booking opens", SHEN, "not_open_yet", "not_open"),
        _book("two classes at one hour", SHEN, "person_clash", "same_hour"),
        _book("a schedule that changed", SHEN, "class_changed", "moved", {"seen": 1}, {"seen": 1}),
        _book("words for the schedule", SHEN, "malformed", "moved", {"seen": "abc"}, {"seen": "abc"}),
        _book("someone else, as a manager", LU, "not_allowed", "open", {"people": [6]}, {"people": [6]}),
        _book("as an officer", GAO, "not_allowed", "open"),
        _group("nobody", "nobody", "open"),
        _group("a person nobody knows", "unknown_person", "open", NOBODY_KNOWS),
        _group("another enterprise's person", "not_allowed", "open", COLLEAGUE, STRANGER),
        _group("one who is in already", "already_booked", "open", COLLEAGUE, SHEN),
        _group("more than there are seats at all", "group_too_large", "single", COLLEAGUE, NEWCOMER),
        _group("words for a person", "malformed", "open", "<script>alert(1)</script>"),
        _group("a sign for a person", "malformed", "open", "䶮"),
        _cancel("a stranger's booking", STRANGER, "not_found", "in_open"),
        _cancel("an unknown booking", SHEN, "not_found", "unknown"),
        _cancel("a booking of an endless number", SHEN, "not_found", "endless"),
        _cancel("as an inspector", INSPECTOR, "not_found", "in_open"),
        _cancel("once more", NEWCOMER, "not_cancellable", "given_up"),
        _cancel("after the class began", SHEN, "begun", "in_begun"),
        _undo("of what is not cancelled", SHEN, "not_cancellable", "in_open"),
        _undo("when the seat went to another", NEWCOMER, "cannot_undo", "given_up"),
        _undo("of a stranger's", STRANGER, "not_found", "given_up"),
        _move("to where it is", "nothing_changed", "open", _span(10, 9, 2.5)),
        _move("a schedule that changed", "class_changed", "moved", free, seen=1),
        _move("another squadron's class", "not_allowed", "open", free, by=OTHER_OFFICER),
        _move("into the past", "in_the_past", "open", _span(-2, 9)),
        _move("to an end before the beginning", "ends_before_start", "open", free[::-1]),
        _move("two sittings at one time", "sittings_overlap", "open", free, _span(30, 10)),
        _move("into a taken room", "room_clash", "open", _span(11, 10)),
        _move("a lecturer who teaches then", "lecturer_clash", "by_chen", _span(10, 9), room=2),
        _move("into a room too small", "too_many_seats", "small_room", free, room=2),
        _move("a class called off", "called_off", "called_off", free),
        _move("a class that has begun", "begun", "begun", free),
        _move("an unknown class", "not_found", "unknown", free),
        _move("five years ahead", "malformed", "open", _span(1826, 9)),
        _resize("below the seats taken", "below_taken", "full", 1),
        _resize("to more than the room has", "too_many_seats", "small_room", 31),
        _resize("to what it is", "nothing_changed", "open", 3),
        _resize("to none", "malformed", "open", 0),
        _resize("to less than none", "malformed", "open", -1),
        _resize("to more than any room has", "malformed", "open", 1001),
        _resize("to words", "malformed", "open", "三"),
        _resize("to nothing", "malformed", "open", ""),
        _resize("another squadron's class", "not_allowed", "open", 5, by=OTHER_OFFICER),
        _resize("a class of an endless number", "not_found", "endless", 5),
        _resize("as a manager", "not_allowed", "open", 5, by=SHEN),
        _call_off("without a reason", "malformed", "open", ""),
        _call_off("with a reason too long", "malformed", "open", "长" * 201),
        _call_off("with a NUL in the reason", "malformed", "open", "台\0风"),
        _call_off("with a sign nobody sees", "malformed", "open", "台\u200b风"),
        _call_off("twice", "called_off", "called_off", "台风"),
        _call_off("after it began", "begun", "begun", "台风"),
        _call_off("another squadron's class", "not_allowed", "open", "台风", by=OTHER_OFFICER),
        _publish("as a manager", "not_allowed", free, by=SHEN),
        _publish("of an unknown course", "not_found", free, course=NOBODY_KNOWS),
        _publish("ending before it begins", "ends_before_start", free[::-1]),
        _publish("in the past", "in_the_past", _span(-1, 9)),
        _publish("two sittings at one time", "sittings_overlap", free, _span(30, 10)),
        _publish("for more than the room has", "too_many_seats", free, room=2, capacity=21),
        _publish("closing after the beginning", "closes_wrong", free, closes_at=free[1]),
        _publish("in a taken room", "room_clash", _span(10, 10)),
        _publish("with a lecturer who teaches then", "lecturer_clash", _span(10, 9), room=2, lecturers=(CHEN.id,)),
        _publish("for nobody", "malformed", free, capacity=0),
        _publish("for words", "malformed", free, capacity="many"),
        _publish("in words for a room", "malformed", free, room="<script>"),
        _publish("five years ahead", "malformed", _span(1826, 9)),
        _mark("before the hour", "not_begun", "open", "in_open"),
        _mark("one of another class", "not_on_roster", "begun", "in_open"),
        _mark("with a leaving before the coming", "minutes_wrong", "begun", "in_begun", arrived="10:00", left="09:30"),
        _mark("with words for a mark", "malformed", "begun", "in_begun", mark="here"),
        _mark("another's class", "not_found", "begun", "in_begun", by=OTHER_LECTURER),
        _mark("as a manager", "not_allowed", "begun", "in_begun", by=SHEN),
    ]


def filled(value: Any, world: Mapping[str, int]) -> Any:
    """Return `value` with the names of the world's ids replaced; a body's names become numbers."""
    if isinstance(value, Mapping):
        return {key: filled(part, world) for key, part in value.items()}
    if isinstance(value, list):
        return [filled(part, world) for part in value]
    if isinstance(value, str) and value.startswith("{") and value.endswith("}"):
        return world[value[1:-1]]
    return value
