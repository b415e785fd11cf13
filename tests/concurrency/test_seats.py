"""Many at once for few seats: never one seat twice, never a place lost, in every order the machine may choose.

Each race is run twice: as the product does it, and with every lock switched off, where it must go wrong: a race that
cannot be seen without the locks would prove nothing with them.
"""

import datetime as dt
import itertools
from collections import Counter
from collections.abc import Callable, Sequence

import pytest
from flask import Flask
from sqlalchemy import func, select

from courses.booking import actions as booking
from courses.booking.model import Appeal, Booking, Enrolment, State
from courses.bulk import actions as bulk
from courses.bulk.sheet import Row
from courses.catalogue import queries as catalogue
from courses.catalogue.model import Course, Promotion, Share, ShareKind, Sitting
from courses.desks.queries import faults
from courses.ground import clock
from courses.ground.db import db
from courses.ground.transaction import transaction
from courses.roster.model import Attendance
from tests import makers
from tests.concurrency import acts
from tests.people import CHEN, GAO, OTHER_OFFICER
from tests.processes import Outcome, together

pytestmark = pytest.mark.concurrency

ROUNDS = 10
"""In how many a race must be seen that nothing prevents. Most are seen in the first."""
Do = Callable[[Sequence[tuple[object, ...]]], list[Outcome]]
_days = itertools.count(10)
_years = itertools.count(1)
_offer_days = itertools.count(60)  # so far ahead that there is working time to answer, whatever the holidays


def a_class(**plan: object) -> int:
    return makers.a_class(days=next(_days), **plan)  # type: ignore[arg-type]


def seat(class_id: int, ids: Sequence[int]) -> None:
    for id_ in ids:
        booking.book(makers.actor_of_id(id_), class_id, [id_])


def booked(class_id: int, person_id: int) -> int:
    return makers.booking_id(class_id, person_id)


def complaints(class_id: int, seated: int, queued: int, outcomes: Sequence[Outcome] = ()) -> list[str]:
    """Return what is wrong: acts that got no answer, a class that does not stand as it should."""
    wrong = [str(o) for o in outcomes if not o.is_done] + faults()
    row = makers.the_class(class_id)
    if (row.seats_taken, row.queued) != (seated, queued):
        wrong.append(f"{row.seats_taken} seats and {row.queued} waiting, not {seated} and {queued}")
    states = Counter(makers.states(class_id).values())
    if (states["booked"], states["queued"]) != (seated, queued):
        wrong.append(f"bookings: {dict(states)}")
    return wrong


# The races. Each returns what went wrong.


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
    number = next(_days)
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


def promote_and_resize(app: Flask, do: Do) -> list[str]:
    """The class gets three more seats while two of three are given up and the clock looks as well."""
    class_id, people = a_class(seats=3), makers.strangers(9)
    seat(class_id, people)
    outcomes = do(
        [
            (acts.resize, GAO.id, class_id, 6),
            *((acts.cancel, id_, booked(class_id, id_)) for id_ in people[:2]),
            (acts.promote,),
            (acts.promote,),
        ]
    )
    wrong = complaints(class_id, 6, 1, outcomes)
    return wrong if makers.states(class_id)[people[-1]] == "queued" else [*wrong, "the last was not the last"]


def shrink_and_book(app: Flask, do: Do) -> list[str]:
    """The class is made smaller while the seats it would lose are asked for."""
    class_id, people = a_class(seats=4), makers.strangers(6)
    seat(class_id, people[:2])
    *bookings, shrunk = do([(acts.book, id_, class_id) for id_ in people[2:]] + [(acts.resize, GAO.id, class_id, 2)])
    wrong = [str(o) for o in bookings if not o.is_done] + faults()
    row = makers.the_class(class_id)
    fits = (2, 2) if shrunk.is_done else (4, 4)
    if (row.capacity, row.seats_taken) != fits or shrunk.refusal not in (None, "below_taken"):
        wrong.append(f"{row.seats_taken} of {row.capacity}; {shrunk}")
    return wrong


def two_classes_at_one_hour(app: Flask, do: Do) -> list[str]:
    """Six people ask for seats in two classes of the same hour, each for both."""
    number = next(_days)
    classes = [makers.a_class(seats=20, days=number, room=room) for room in (1, 2)]
    people = makers.strangers(6)
    asked = [(id_, class_id) for id_ in people for class_id in classes]
    outcomes = do([(acts.book, id_, class_id) for id_, class_id in asked])
    wrong = [str(o) for o in outcomes if not o.is_done and o.refusal != "person_clash"] + faults()
    seats = Counter(id_ for (id_, _), o in zip(asked, outcomes, strict=True) if o.is_done)
    return wrong + [f"person {id_}: {seats[id_]} seats" for id_ in people if seats[id_] != 1]


def promoted_at_one_hour(app: Flask, do: Do) -> list[str]:
    """People wait in two classes of the same hour; both get free seats at once."""
    number = next(_days)
    classes = [makers.a_class(seats=1, days=number, room=room) for room in (1, 2)]
    sitting, waiting = makers.strangers(2), makers.strangers(3)
    for class_id, id_ in zip(classes, sitting, strict=True):
        seat(class_id, [id_, *waiting])
    outcomes = do([(acts.cancel, id_, booked(c, id_)) for c, id_ in zip(classes, sitting, strict=True)])
    wrong = [str(o) for o in outcomes if not o.is_done] + faults()
    seats = [[id_ for id_, state in makers.states(c).items() if state == "booked"] for c in classes]
    return wrong if sorted(map(len, seats)) == [1, 1] and seats[0] != seats[1] else [*wrong, f"seats {seats}"]


def move_and_book(app: Flask, do: Do) -> list[str]:
    """A class moves to the hour of another, for which those who sit in it are asking."""
    first, second = a_class(seats=20), a_class(seats=20, room=1)
    people = makers.strangers(5)
    seat(first, people)
    spans = catalogue.spans_of(makers.the_class(second))
    moved, *asked = do([(acts.move, GAO.id, first, spans, 3)] + [(acts.book, id_, second) for id_ in people])
    wrong = [str(o) for o in asked if not o.is_done and o.refusal != "person_clash"] + faults()
    if not moved.is_done:
        return [*wrong, str(moved)]
    warned = {n.person_id: "clash" in n.facts for n in makers.told("moved") if n.class_id == first}
    return wrong + [
        f"person {id_}: has both seats: {o.is_done}, was told so: {warned.get(id_)}"
        for id_, o in zip(people, asked, strict=True)
        if warned.get(id_) is not o.is_done
    ]


def move_and_join(app: Flask, do: Do) -> list[str]:
    """A class moves while people book it: each knows the hour at which it is now."""
    class_id, people = a_class(seats=20), makers.strangers(6)
    there = next(_days)
    spans = [(makers.in_days(there), makers.in_days(there, 11))]
    outcomes = do([(acts.move, GAO.id, class_id, spans, 3)] + [(acts.book, id_, class_id) for id_ in people])
    wrong = complaints(class_id, 6, 0, outcomes)
    now = catalogue.iso(spans)
    for id_ in people:
        heard = [n for n in makers.told(person=id_) if n.class_id == class_id]
        if not heard or heard[-1].facts["class_"]["sittings"] != now:
            wrong.append(f"person {id_} does not know of the move")
        if [n.facts["calendar"]["sequence"] for n in heard] not in ([1, 2], [2]):
            wrong.append(f"person {id_}: the entry does not move")
    return wrong


def call_off_and_book(app: Flask, do: Do) -> list[str]:
    """A class is called off while people book it: nobody is left in it, and who was in it is told."""
    class_id, people = a_class(seats=3), makers.strangers(7)
    off, *asked = do([(acts.call_off, GAO.id, class_id)] + [(acts.book, id_, class_id) for id_ in people])
    wrong = [str(o) for o in asked if not o.is_done and o.refusal != "called_off"]
    wrong += complaints(class_id, 0, 0, [off])
    got_in = {id_ for id_, o in zip(people, asked, strict=True) if o.is_done}
    told = {n.person_id for n in makers.told("called_off") if n.class_id == class_id}
    return wrong if told == got_in else [*wrong, f"{got_in} were in it, {told} were told"]


def cancel_twice(app: Flask, do: Do) -> list[str]:
    """One seat is given up three times at once."""
    class_id, people = a_class(seats=2), makers.strangers(4)
    seat(class_id, people)
    outcomes = do([(acts.cancel, people[0], booked(class_id, people[0]))] * 3)
    wrong = complaints(class_id, 2, 1)
    answers = sorted(o.refusal or o.error or "" for o in outcomes)
    return wrong if answers == ["", "not_cancellable", "not_cancellable"] else [*wrong, str(answers)]


def swap_and_cancel(app: Flask, do: Do) -> list[str]:
    """An owner sends a colleague instead of someone who gives the seat up: the colleague has it, or the next one."""
    class_id, [giver, heir], [waiting] = a_class(seats=1), makers.strangers(2, enterprise=1), makers.strangers(1)
    seat(class_id, [giver, waiting])
    number = booked(class_id, giver)
    swapped, cancelled = do([(acts.name, makers.owner(1), number, heir), (acts.cancel, giver, number)])
    wrong = complaints(class_id, 1, 1 if swapped.is_done else 0)
    late = ("not_nameable", "not_cancellable")
    wrong += [str(o) for o in (swapped, cancelled) if not o.is_done and o.refusal not in late]
    states, comes = makers.states(class_id), heir if swapped.is_done else waiting
    if swapped.is_done == cancelled.is_done or states[comes] != "booked":
        wrong.append(f"{states}; {swapped}, {cancelled}")
    return wrong


def merge_and_book(app: Flask, do: Do) -> list[str]:
    """Two move to a class with two seats free, for which two others ask: both of the two sit there, or none moves."""
    course = {"course": 2}
    class_id, into, moving = a_class(seats=2, **course), a_class(seats=3, **course), makers.strangers(2)
    there, late = makers.strangers(1), makers.strangers(2)
    seat(class_id, moving)
    seat(into, there)
    merged, *others = do([(acts.merge, GAO.id, class_id, into)] + [(acts.book, id_, into) for id_ in late])
    if merged.is_done:
        wrong = complaints(into, 3, 2, others) + complaints(class_id, 0, 0)
    else:
        wrong = complaints(into, 3, 0, others) + complaints(class_id, 2, 0)
        wrong += [] if merged.refusal == "merge_too_large" else [str(merged)]
    sit = [id_ for id_ in moving if makers.states(into).get(id_) == "booked"]
    return wrong if len(sit) == (2 if merged.is_done else 0) else [*wrong, f"{sit} of the two sit there: {merged}"]


def change_both_ways(app: Flask, do: Do) -> list[str]:
    """Four sit in each of two classes with one free seat each; all eight change to the other class at once.

    Seats are never free for all: who finds none stays where they are, and nobody sits twice or nowhere.
    """
    classes = a_class(seats=5), a_class(seats=5)
    sides = makers.strangers(4), makers.strangers(4)
    for class_id, people in zip(classes, sides, strict=True):
        seat(class_id, people)
    asked = [
        (acts.change_class, id_, booked(left, id_), to)
        for pair in zip(*sides, strict=True)
        for id_, left, to in zip(pair, classes, classes[::-1], strict=True)
    ]
    outcomes = do(asked)
    wrong = [str(o) for o in outcomes if not o.is_done and o.refusal != "no_seat_there"] + faults()
    states = [makers.states(class_id) for class_id in classes]
    for (_, id_, _, to), outcome in zip(asked, outcomes, strict=True):
        seats = [c for c, found in zip(classes, states, strict=True) if found.get(id_) == "booked"]
        left = classes[0] if to == classes[1] else classes[1]
        if seats != [to if outcome.is_done else left]:
            wrong.append(f"person {id_} sits in {seats}; {outcome}")
    taken = [makers.the_class(class_id).seats_taken for class_id in classes]
    return wrong if sum(taken) == 8 else [*wrong, f"{taken} seats"]


def change_one_seat_twice(app: Flask, do: Do) -> list[str]:
    """One person changes, on two phones, to two other classes at once: they end with one seat."""
    left, *others = a_class(), a_class(), a_class()
    [id_] = makers.strangers(1)
    seat(left, [id_])
    outcomes = do([(acts.change_class, id_, booked(left, id_), to) for to in others])
    wrong = complaints(left, 0, 0)
    answers = sorted(o.refusal or o.error or "" for o in outcomes)
    seats = sum(makers.states(class_id).get(id_) == "booked" for class_id in others)
    return wrong if (answers, seats) == (["", "not_changeable"], 1) else [*wrong, f"{answers}, {seats} seats"]


def change_between_full_classes(app: Flask, do: Do) -> list[str]:
    """Two full classes; one person of each wants the seat of the other, twice, while the others give theirs up.

    Each of the two gets a seat that came free, or stays where they are: never in both, never in none.
    """
    classes = a_class(seats=2), a_class(seats=2)
    sides = makers.strangers(2), makers.strangers(2)
    for class_id, people in zip(classes, sides, strict=True):
        seat(class_id, people)
    crossing = [(id_, left, to) for (id_, _), left, to in zip(sides, classes, classes[::-1], strict=True)]
    *changed, one, other = do(
        [(acts.change_class, id_, booked(left, id_), to) for id_, left, to in crossing] * 2
        + [(acts.cancel, id_, booked(class_id, id_)) for (_, id_), class_id in zip(sides, classes, strict=True)]
    )
    usual = ("no_seat_there", "not_changeable", "not_cancellable")
    wrong = [str(o) for o in (*changed, one, other) if not o.is_done and o.refusal not in usual] + faults()
    states = [makers.states(class_id) for class_id in classes]
    for number, (id_, left, to) in enumerate(crossing):
        has = [c for c, found in zip(classes, states, strict=True) if found.get(id_) == "booked"]
        times = sum(outcome.is_done for outcome in changed[number::2])
        if (has, times) not in (([to], 1), ([left], 0)):
            wrong.append(f"person {id_} changed {times} times and sits in {has}")
    taken = [makers.the_class(class_id).seats_taken for class_id in classes]
    return wrong if sum(taken) == 2 else [*wrong, f"{taken} seats"]


def reorder_and_promote(app: Flask, do: Do) -> list[str]:
    """An officer puts the last of a queue first, and another the second, while two seats are given up and the clock
    looks as well: the queue keeps each of its numbers once, and nobody is passed over in it."""
    class_id, people = a_class(seats=3), makers.strangers(8)
    seat(class_id, people)
    outcomes = do(
        [
            (acts.reorder, GAO.id, booked(class_id, people[7]), 1),
            (acts.reorder, GAO.id, booked(class_id, people[4]), 1),
            *((acts.cancel, id_, booked(class_id, id_)) for id_ in people[:2]),
            (acts.promote,),
        ]
    )
    gone = ("not_waiting", "nothing_changed")
    wrong = complaints(class_id, 3, 3, [o for o in outcomes if o.refusal not in gone])
    statement = (
        select(Enrolment.order_no, Booking.state)
        .join(Booking, Booking.enrolment_id == Enrolment.id)
        .where(Enrolment.class_id == class_id)
        .order_by(Enrolment.order_no)
    )
    rows = db.session.execute(statement).all()
    numbers = [number for number, _ in rows]
    if numbers != list(range(1, 9)):
        wrong.append(f"numbers {numbers}")
    states = [str(state) for _, state in rows if state != State.CANCELLED]
    if states != sorted(states):  # booked before queued
        wrong.append(f"overtaken: {states}")
    moved = Counter(n.booking_id for n in makers.told("reordered") if n.class_id == class_id)
    return wrong + [f"booking {id_} was told {n} times" for id_, n in moved.items() if n > 1]


def reorder_by_two(app: Flask, do: Do) -> list[str]:
    """Three officers saw the same queue and put the same person elsewhere: one does, the others look again."""
    class_id, people = a_class(seats=1), makers.strangers(6)
    seat(class_id, people)
    last = booked(class_id, people[5])
    outcomes = do([(acts.reorder, GAO.id, last, place, 5) for place in (1, 2, 3)])
    wrong = complaints(class_id, 1, 5)
    answers = sorted(o.refusal or o.error or "" for o in outcomes)
    logged = len(makers.events(class_id, "reordered"))
    good = (answers, logged) == (["", "queue_changed", "queue_changed"], 1)
    return wrong if good else [*wrong, f"{answers}, {logged} times in the log"]


def decided_by_two(app: Flask, do: Do) -> list[str]:
    """Two officers answer one appeal, differently: the first answer stands, and is the only one that was told."""
    class_id, [id_] = a_class(), makers.strangers(1)
    seat(class_id, [id_])
    number = booked(class_id, id_)
    with transaction():
        db.session.get_one(Booking, number).attended = False
        db.session.add(Appeal(booking_id=number, words="住院", made_at=clock.now()))
    outcomes = do([(acts.decide, GAO.id, number, upheld) for upheld in (True, False, True)])
    db.session.rollback()
    upheld = db.session.get_one(Appeal, number).upheld
    told = [n.facts["upheld"] for n in makers.told("appeal_decided", id_)]
    logged = [e.what for e in makers.events(class_id) if e.what.startswith("appeal_")]
    answers = sorted(o.refusal or o.error or "" for o in outcomes)
    wrong = [] if answers == ["", "already_decided", "already_decided"] else [str(answers)]
    stands = (told, logged) == ([upheld], ["appeal_upheld" if upheld else "appeal_declined"])
    return wrong if stands else [*wrong, f"{upheld}, told {told}, logged {logged}"]


def undo_and_book(app: Flask, do: Do) -> list[str]:
    """A seat was given up; its person wants it back while two others ask for it."""
    class_id, people = a_class(seats=1), makers.strangers(3)
    seat(class_id, people[:1])
    number = booked(class_id, people[0])
    booking.cancel(makers.actor_of_id(people[0]), number)
    undone, *asked = do([(acts.undo, people[0], number)] + [(acts.book, id_, class_id) for id_ in people[1:]])
    wrong = complaints(class_id, 1, 2 if undone.is_done else 1, asked)
    return wrong if undone.refusal in (None, "cannot_undo") and not undone.error else [*wrong, str(undone)]


def one_room(app: Flask, do: Do) -> list[str]:
    """Two officers publish in one room, and one lecturer is asked to two rooms, at one hour."""
    number = next(_days)
    plans = [
        (GAO.id, makers.a_plan(days=number, room=1)),
        (OTHER_OFFICER.id, makers.a_plan(days=number, room=1)),
        (GAO.id, makers.a_plan(days=number, room=2, lecturers=[CHEN.id])),
        (OTHER_OFFICER.id, makers.a_plan(days=number, room=3, lecturers=[CHEN.id])),
    ]
    outcomes = do([(acts.publish_plan, *plan) for plan in plans])
    answers = [o.refusal or o.error or "" for o in outcomes]
    if (sorted(answers[:2]), sorted(answers[2:])) == (["", "room_clash"], ["", "lecturer_clash"]):
        return []
    return [str(answers)]


def marked_by_two(app: Flask, do: Do) -> list[str]:
    """Officer and lecturer mark the same people, differently."""
    class_id, people = a_class(seats=4, lecturers=[CHEN.id]), makers.strangers(4)
    seat(class_id, people)
    sitting = db.session.scalar(select(Sitting.id).where(Sitting.class_id == class_id))
    numbers = [booked(class_id, id_) for id_ in people]
    moment = makers.before_start(class_id, -10)
    who = [(GAO.id, "present"), (CHEN.id, "absent")] * 2
    outcomes = do([(acts.mark, id_, class_id, sitting, numbers, mark, moment) for id_, mark in who])
    wrong = [str(o) for o in outcomes if not o.is_done]
    db.session.rollback()
    rows = db.session.execute(
        select(Attendance.mark, Booking.attended).join(Booking, Booking.id == Attendance.booking_id)
    )
    marks = Counter((str(mark), attended) for mark, attended in rows)
    good = ({("present", True): 4}, {("absent", False): 4})
    last = [e.facts["mark"] for e in makers.events(class_id, "marked")][-1:]
    if marks not in good or [next(iter(marks))[0]] != last:
        wrong.append(f"{dict(marks)}, last {last}")
    for row in db.session.scalars(select(Attendance)).all():
        db.session.delete(row)
    db.session.commit()
    return wrong


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
    number = next(_days)
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


def offered(seats: int, waiting: int) -> tuple[int, list[int]]:
    """A class of so many seats, all of which came free and are offered to the first of those who wait."""
    class_id = makers.a_class(seats=seats, days=next(_offer_days), promotion=Promotion.OFFER)
    leaving, people = makers.strangers(seats), makers.strangers(waiting)
    seat(class_id, [*leaving, *people])
    for id_ in leaving:
        booking.cancel(makers.actor_of_id(id_), booked(class_id, id_))
    return class_id, people


def offers_of(class_id: int) -> dict[int, int]:
    """Return how often each person was told of an offer in a class, and not of a withdrawn one."""
    return Counter(n.person_id for n in makers.told("offered") if n.class_id == class_id)


def accept_and_expire(app: Flask, do: Do) -> list[str]:
    """An offer is accepted at the moment at which the clock takes it back: it is theirs, or the next one's.

    The clock comes a little later than the answer may: whichever is first decides, and never both.
    """
    class_id, people = offered(1, 2)
    number = booked(class_id, people[0])
    due_at = db.session.get_one(Booking, number).due_at
    assert due_at
    accepted, lapsed = do(
        [(acts.answer, people[0], number, True, due_at - dt.timedelta(seconds=1)), (acts.lapse, due_at)]
    )
    wrong = [str(lapsed)] if not lapsed.is_done else []
    wrong += [str(accepted)] if accepted.refusal not in (None, "not_asked") or accepted.error else []
    states, row = makers.states(class_id), makers.the_class(class_id)
    stands = ("booked", "queued", 1) if accepted.is_done else ("cancelled", "offered", 0)
    if (states[people[0]], states[people[1]], row.queued) != stands or row.seats_taken != 1:
        wrong.append(f"{states}, {row.queued} wait, {row.seats_taken} taken; {accepted}, {lapsed}")
    if accepted.is_done == (lapsed.answer == 1):
        wrong.append(f"both or neither: {accepted}, {lapsed}")
    return wrong + faults()


def accept_and_decline(app: Flask, do: Do) -> list[str]:
    """On one phone an offer is accepted, on another it is declined: one answer counts."""
    class_id, people = offered(1, 2)
    number = booked(class_id, people[0])
    yes, no = do([(acts.answer, people[0], number, answer) for answer in (True, False)])
    wrong = [str(o) for o in (yes, no) if o.error or o.refusal not in (None, "not_asked")]
    states, row = makers.states(class_id), makers.the_class(class_id)
    stands = ("booked", "queued") if yes.is_done else ("cancelled", "offered")
    if yes.is_done == no.is_done or (states[people[0]], states[people[1]]) != stands or row.seats_taken != 1:
        wrong.append(f"{states}, {row.seats_taken} taken; {yes}, {no}")
    return wrong + faults()


def offer_and_resize(app: Flask, do: Do) -> list[str]:
    """Three offers are declined while the class gets two more seats: each of the next is offered one seat, in order."""
    class_id, people = offered(3, 9)
    outcomes = do(
        [(acts.answer, id_, booked(class_id, id_), False) for id_ in people[:3]] + [(acts.resize, GAO.id, class_id, 5)]
    )
    wrong = [str(o) for o in outcomes if not o.is_done] + faults()
    states, row = makers.states(class_id), makers.the_class(class_id)
    stands = [states[id_] for id_ in people]
    if stands != ["cancelled"] * 3 + ["offered"] * 5 + ["queued"] or (row.seats_taken, row.queued) != (5, 1):
        wrong.append(f"{stands}; {row.seats_taken} taken, {row.queued} wait")
    told = offers_of(class_id)
    return wrong if told == dict.fromkeys(people[:8], 1) else [*wrong, f"told {told}"]


RACES = (
    rush,
    list_and_single_bookings,
    one_list_twice,
    limit,
    limit_of_the_year,
    kept_seats,
    groups,
    book_and_cancel,
    promote_and_resize,
    shrink_and_book,
    two_classes_at_one_hour,
    promoted_at_one_hour,
    move_and_book,
    move_and_join,
    call_off_and_book,
    cancel_twice,
    swap_and_cancel,
    merge_and_book,
    change_both_ways,
    change_one_seat_twice,
    change_between_full_classes,
    reorder_and_promote,
    reorder_by_two,
    decided_by_two,
    undo_and_book,
    one_room,
    marked_by_two,
    one_key,
    crossing_queues,
    draw_and_late_entry,
    accept_and_expire,
    accept_and_decline,
    offer_and_resize,
)


@pytest.mark.parametrize("race", RACES, ids=lambda race: race.__name__)
def test_the_race_is_kept(app: Flask, race: Callable[[Flask, Do], list[str]]) -> None:
    assert race(app, lambda asked: together(app, [(acts.slowly, *act) for act in asked])) == []


@pytest.mark.proof
@pytest.mark.parametrize("race", RACES, ids=lambda race: race.__name__)
def test_the_race_is_kept_again_and_again(app: Flask, race: Callable[[Flask, Do], list[str]]) -> None:
    for number in range(2 * ROUNDS):  # as fast as they can, and slowly
        how = (acts.slowly,) if number % 2 else ()
        assert race(app, lambda asked, how=how: together(app, [(*how, *act) for act in asked])) == []


@pytest.mark.parametrize("race", RACES, ids=lambda race: race.__name__)
def test_without_locks_the_race_goes_wrong(app: Flask, race: Callable[[Flask, Do], list[str]]) -> None:
    def unlocked(asked: Sequence[tuple[object, ...]]) -> list[Outcome]:
        return together(app, [(acts.unlocked, *act) for act in asked])

    for _ in range(ROUNDS):
        if race(app, unlocked):
            return
        # A race that nothing prevents does not happen each time.
    pytest.fail("the locks are not what keeps the promise")
