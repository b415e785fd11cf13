"""Bookings and classes change while others act on them. Each race returns what went wrong."""

import datetime as dt
import itertools
from collections import Counter

from flask import Flask
from sqlalchemy import select

from courses.booking import actions as booking
from courses.booking.model import Appeal, Booking, Enrolment, State
from courses.catalogue import queries as catalogue
from courses.catalogue.model import Promotion, Sitting
from courses.desks.queries import faults
from courses.ground import clock
from courses.ground.db import db
from courses.ground.transaction import transaction
from courses.roster.model import Attendance
from tests import makers
from tests.concurrency import acts
from tests.concurrency.races import Do, a_class, booked, complaints, days, seat
from tests.people import CHEN, GAO, OTHER_OFFICER

_offer_days = itertools.count(60)  # so far ahead that there is working time to answer, whatever the holidays


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
    there = next(days)
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
    number = next(days)
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
    promote_and_resize,
    shrink_and_book,
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
    accept_and_expire,
    accept_and_decline,
    offer_and_resize,
)
