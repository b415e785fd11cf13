"""Many ask for few seats: alone, in groups, by lists, by lot. Each race returns what went wrong."""

import itertools
from collections import Counter
from collections.abc import Sequence

from flask import Flask
from sqlalchemy import func, select

from courses.booking import actions as booking
from courses.booking.model import Booking, Enrolment, State
from courses.bulk import actions as bulk
from courses.bulk.sheet import Row
from courses.catalogue.model import Course, Share, ShareKind
from courses.desks.queries import faults
from courses.ground import clock
from courses.ground.db import db
from courses.ground.transaction import transaction
from tests import makers
from tests.concurrency import acts
from tests.concurrency.races import Do, a_class, booked, complaints, days, seat
from tests.people import GAO

_years = itertools.count(1)


def rush(app: Flask, do: Do) -> list[str]:
    """Twelve people ask for three seats."""
    class_id, people = a_class(seats=3), makers.strangers(12)
    outcomes = do([(acts.book, id_, class_id) for id_ in people])
    wrong = complaints(class_id, 3, 9, outcomes)
    places = sorted(o.answer[1] for o in outcomes if o.is_done and o.answer[1])
    return wrong + ([] if places == list(range(1, 10)) else [f"places {places}"])


def limit(app: Flask, do: Do) -> list[str]:
    """Eight of one enterprise ask for seats in a class that gives one enterprise two."""
    class_id, people = a_class(seats=8, enterprise_limit=2), makers.strangers(8)
    do([(acts.book, id_, class_id) for id_ in people])
    return complaints(class_id, 2, 0)


def limit_of_the_year(app: Flask, do: Do) -> list[str]:
    """Eight of one enterprise ask for seats in two classes of a course that gives one enterprise two in a year."""
    with transaction():
        db.session.get_one(Course, 2).enterprise_year_limit = 2
    days = 370 * next(_years)  # each round in a year of its own
    classes = [makers.a_class(seats=8, days=days, room=room, course=2) for room in (1, 2)]
    people = makers.strangers(8, enterprise=1)
    outcomes = do([(acts.book, id_, classes[n % 2]) for n, id_ in enumerate(people)])
    wrong = [str(o) for o in outcomes if not o.is_done and o.refusal != "enterprise_year_limit"] + faults()
    seats = sum(makers.the_class(class_id).seats_taken for class_id in classes)
    return wrong if seats == 2 else [*wrong, f"{seats} seats in the year"]


def kept_seats(app: Flask, do: Do) -> list[str]:
    """Six ask for four seats, two of which are kept for others, while the class gets one more."""
    number = next(days)
    kept = {"shares": [Share(ShareKind.KEY_UNIT, 2)], "shares_until": makers.in_days(number)}
    class_id, people = makers.a_class(seats=4, days=number, **kept), makers.strangers(6)
    outcomes = do([(acts.book, id_, class_id) for id_ in people] + [(acts.resize, GAO.id, class_id, 5)])
    return complaints(class_id, 3, 3, outcomes)


def groups(app: Flask, do: Do) -> list[str]:
    """Groups of three and single people ask for five seats."""
    class_id = a_class(seats=5)
    one, two = makers.strangers(3, enterprise=1), makers.strangers(3, enterprise=2)
    singles = makers.strangers(5)
    owners = makers.owner(1), makers.owner(2)
    asked = [(acts.book, owner, class_id, *group) for owner, group in zip(owners, (one, two), strict=True)]
    outcomes = do(asked + [(acts.book, id_, class_id) for id_ in singles])
    wrong = [str(o) for o in outcomes if not o.is_done] + faults()
    row = makers.the_class(class_id)
    head = next_in_queue(class_id)
    if row.seats_taken > 5 or (head and head <= row.seats_free):
        wrong.append(f"{row.seats_taken} of 5 taken, {head} wait at the head")
    return wrong


def next_in_queue(class_id: int) -> int | None:
    """Return how many the first of the queue asks for."""
    return db.session.scalar(
        select(func.count())
        .where(Booking.class_id == class_id, Booking.state == State.QUEUED)
        .group_by(Booking.enrolment_id)
        .order_by(Booking.enrolment_id)
        .limit(1)
    )


def book_and_cancel(app: Flask, do: Do) -> list[str]:
    """Three give up their seats, six wait, three more ask."""
    class_id = a_class(seats=3)
    seated, waiting, late = makers.strangers(3), makers.strangers(3), makers.strangers(3)
    seat(class_id, [*seated, *waiting])
    outcomes = do(
        [(acts.cancel, id_, booked(class_id, id_)) for id_ in seated]
        + [(acts.book, id_, class_id) for id_ in late]
        + [(acts.cancel, waiting[1], booked(class_id, waiting[1]))]
    )
    wrong = complaints(class_id, 3, 2, outcomes)
    states = makers.states(class_id)
    if states[waiting[0]] != "booked" or states[waiting[2]] != "booked":
        wrong.append("overtaken in the queue")
    promoted = Counter(n.person_id for n in makers.told("promoted") if n.class_id == class_id)
    return wrong + [f"told {n} times" for n in promoted.values() if n > 1]


def two_classes_at_one_hour(app: Flask, do: Do) -> list[str]:
    """Six people ask for seats in two classes of the same hour, each for both."""
    number = next(days)
    classes = [makers.a_class(seats=20, days=number, room=room) for room in (1, 2)]
    people = makers.strangers(6)
    asked = [(id_, class_id) for id_ in people for class_id in classes]
    outcomes = do([(acts.book, id_, class_id) for id_, class_id in asked])
    wrong = [str(o) for o in outcomes if not o.is_done and o.refusal != "person_clash"] + faults()
    seats = Counter(id_ for (id_, _), o in zip(asked, outcomes, strict=True) if o.is_done)
    return wrong + [f"person {id_}: {seats[id_]} seats" for id_ in people if seats[id_] != 1]


def promoted_at_one_hour(app: Flask, do: Do) -> list[str]:
    """People wait in two classes of the same hour; both get free seats at once."""
    number = next(days)
    classes = [makers.a_class(seats=1, days=number, room=room) for room in (1, 2)]
    sitting, waiting = makers.strangers(2), makers.strangers(3)
    for class_id, id_ in zip(classes, sitting, strict=True):
        seat(class_id, [id_, *waiting])
    outcomes = do([(acts.cancel, id_, booked(c, id_)) for c, id_ in zip(classes, sitting, strict=True)])
    wrong = [str(o) for o in outcomes if not o.is_done] + faults()
    seats = [[id_ for id_, state in makers.states(c).items() if state == "booked"] for c in classes]
    return wrong if sorted(map(len, seats)) == [1, 1] and seats[0] != seats[1] else [*wrong, f"seats {seats}"]


def one_key(app: Flask, do: Do) -> list[str]:
    """A client whose line broke sends the same request again, at once, with the same Idempotency-Key."""
    class_id, [id_] = a_class(seats=3), makers.strangers(1)
    outcomes = do([(acts.book_with_key, id_, class_id, f"key-{class_id}")] * 4)
    wrong = complaints(class_id, 1, 0, outcomes)
    answers = {o.answer for o in outcomes}
    return wrong if answers == {("booked", None)} else [*wrong, str(answers)]


def crossing_queues(app: Flask, do: Do) -> list[str]:
    """Two classes have a free seat that those who wait cannot take; those who wait in one ask for the other as well.

    Whoever joins lets the queue move, which locks the people in it: all must be locked in one order, or two would
    wait for each other until the database breaks one off.
    """
    number = next(days)
    hour = makers.a_class(seats=40, days=number)
    classes = [makers.a_class(seats=1, days=number, room=room) for room in (1, 2)]
    queues, sitting = (makers.strangers(5), makers.strangers(5)), makers.strangers(2)
    for class_id, id_, queue in zip(classes, sitting, queues, strict=True):
        seat(class_id, [id_, *queue])
        seat(hour, queue)
        booking.cancel(makers.actor_of_id(id_), booked(class_id, id_))
    crossed = zip(queues[0], reversed(queues[1]), strict=True)
    outcomes = do(
        [(acts.book, id_, class_id) for pair in crossed for id_, class_id in zip(pair, classes[::-1], strict=True)]
    )
    wrong = complaints(classes[0], 0, 10, outcomes) + complaints(classes[1], 0, 10)
    places = [sorted(o.answer[1] for o in outcomes[n::2] if o.is_done) for n in (0, 1)]
    return wrong if places == [list(range(6, 11))] * 2 else [*wrong, f"places {places}"]


def draw_and_late_entry(app: Flask, do: Do) -> list[str]:
    """Two workers draw the lots at once, while three come too late for the draw and one leaves it."""
    closing = clock.now() + makers.HOUR
    class_id, entered, late = a_class(seats=3, draw_at=closing), makers.strangers(7), makers.strangers(3)
    seat(class_id, entered)
    moment = closing + makers.HOUR
    outcomes = do(
        [(acts.draw, class_id, moment)] * 2
        + [(acts.book_at, id_, class_id, moment) for id_ in late]
        + [(acts.cancel_at, entered[0], booked(class_id, entered[0]), moment)]
    )
    wrong = complaints(class_id, 3, 6, outcomes)
    states = makers.states(class_id)
    wrong += [f"{id_} came too late and sits" for id_ in late if states.get(id_) == "booked"]
    told = Counter(n.person_id for kind in ("drawn", "not_drawn") for n in makers.told(kind) if n.class_id == class_id)
    wrong += [f"{id_} was told {n} times" for id_, n in told.items() if n > 1]
    behind = db.session.scalars(
        select(Booking.person_id)
        .join(Enrolment, Enrolment.id == Booking.enrolment_id)
        .where(Booking.class_id == class_id, Booking.state == State.QUEUED)
        .order_by(Enrolment.order_no)
    ).all()
    return wrong if set(behind[-3:]) == set(late) else [*wrong, f"{late} do not wait behind: {behind}"]


def a_list(owner: int, class_id: int, people: Sequence[int]) -> int:
    """Let an owner have looked at a list of these people; return its id."""
    rows = [Row(number, {"email": f"p{id_}@test.example"}) for number, id_ in enumerate(people, 2)]
    return bulk.look(makers.actor_of_id(owner), class_id, rows)


def list_and_single_bookings(app: Flask, do: Do) -> list[str]:
    """A list of three for three seats, while four others ask for one each: all of the list sit, or nobody of it."""
    class_id, people, singles = a_class(seats=3), makers.strangers(3, enterprise=1), makers.strangers(4)
    owner = makers.owner(1)
    asked = (acts.enrol_list, owner, a_list(owner, class_id, people))
    first, *others = do([asked] + [(acts.book, id_, class_id) for id_ in singles])
    if not first.is_done and first.refusal != "list_changed":
        return [str(first)]
    wrong = complaints(class_id, 3, 4 if first.is_done else 1, others)
    sit = [id_ for id_ in people if makers.states(class_id).get(id_) == "booked"]
    return wrong if len(sit) == (3 if first.is_done else 0) else [*wrong, f"{sit} of the list sit: {first}"]


def one_list_twice(app: Flask, do: Do) -> list[str]:
    """The same list is enrolled four times at once: each person has one place, and the sender one report."""
    class_id, people, owner = a_class(seats=2), makers.strangers(3, enterprise=1), makers.owner(1)
    outcomes = do([(acts.enrol_list, owner, a_list(owner, class_id, people))] * 4)
    wrong = complaints(class_id, 2, 1, outcomes)
    reports = [notice for notice in makers.told("list_enrolled") if notice.class_id == class_id]
    return wrong if len(reports) == 1 else [*wrong, f"{len(reports)} reports"]


RACES = (
    rush,
    list_and_single_bookings,
    one_list_twice,
    limit,
    limit_of_the_year,
    kept_seats,
    groups,
    book_and_cancel,
    two_classes_at_one_hour,
    promoted_at_one_hour,
    one_key,
    crossing_queues,
    draw_and_late_entry,
)
