"""Random books, cancellations, moves and the rest, by many people in a few classes, against a model of the rules.

The model is seat_rules.py. After each step the records must say what it says: who sits, who waits, who was refused and
why, what was logged and who was told.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import func, select

from courses.booking import actions as booking
from courses.booking.model import SEATED, Booking, Enrolment, Event, State
from courses.booking.queries import people_of
from courses.bulk import actions as bulk
from courses.bulk.sheet import Row
from courses.catalogue.actions import ask_to_be_told
from courses.catalogue.model import FillRule, Promotion, Share, ShareKind, Sitting, TrainingClass
from courses.catalogue.planning import work_time
from courses.desks.queries import faults
from courses.ground import clock
from courses.ground.db import db
from courses.ground.refusal import Refusal
from courses.ground.transaction import transaction
from courses.outbox.model import Notice
from courses.people.model import Enterprise
from courses.roster import actions as roster
from courses.roster.model import Mark
from tests import makers
from tests.people import COLLEAGUE, GAO, LU, NEWCOMER, OWNER, SHEN, STRANGER
from tests.property.playing import play
from tests.property.seat_rules import GROUP, SLOTS, Class, No, Rules

ADDRESS = {member.id: member.email for member in (SHEN, COLLEAGUE, NEWCOMER, OWNER)}
PEOPLE = (*GROUP, LU.id, STRANGER.id)
CLASSES = 3
FIRST = (SHEN.id, LU.id)
"""Who had asked for the course before its second class was published, and books first."""
CLOSED_FOR = 72 * makers.HOUR
"""Longer than a class can be moved here, so that booking does not open again with a move."""


class Town(RuleBasedStateMachine):
    fresh: Callable[[], None]

    def __init__(self) -> None:
        super().__init__()
        type(self).fresh()
        self.rules = Rules()
        with transaction():
            db.session.get_one(Enterprise, OWNER.enterprise).is_key_unit = True
        self.actors = {id_: makers.actor_of_id(id_) for id_ in (*PEOPLE, GAO.id)}
        self.hold()
        for room in range(CLASSES):
            self.publish(room, slot=room % 2, seats=room + 1, first=FIRST if room == 1 else ())
        self.book(room=2, person=STRANGER.id)  # on standby, from the beginning

    def hold(self) -> None:
        """Let everyone have been booked into a class that is over; one is known to have stayed away, of the others
        nobody has said yet whether they came."""
        makers.a_rule_about_staying_away(limit=1)
        with makers.at(makers.in_days(-15)):
            self.rules.held = makers.a_class(seats=len(PEOPLE), days=5, room=3)
            for person in PEOPLE:
                booking.book(self.actors[person], self.rules.held, [person])
                self.rules.logged["booked", self.rules.held, person] += 1
                self.rules.told["booked", self.rules.held, person] += 1
        self.mark_held(person=STRANGER.id, mark=Mark.ABSENT)

    def publish(self, room: int, slot: int, seats: int, first: tuple[int, ...] = ()) -> None:
        day, hour = SLOTS[slot]
        fills_gaps, kept, offers = room == 1, int(room == 2), room > 0
        rules: dict[str, Any] = {"fill_rule": FillRule.FILL_GAPS} if fills_gaps else {}
        if kept:
            rules |= {"shares": [Share(ShareKind.KEY_UNIT, kept)], "shares_until": makers.in_days(day, hour)}
        for person in first:
            ask_to_be_told(self.actors[person], 1)
        rules |= {"first_until": makers.in_days(5)} if first else {}
        if offers:
            rules |= {"promotion": Promotion.OFFER, "offer_hours": 1}
        id_ = makers.a_class(seats=seats, days=day, hour=hour, room=room + 1, **rules)
        self.rules.classes[room] = Class(id_, slot, seats, fills_gaps, kept, offers, first=first or None)
        self.rules.told.update({("interest", id_, person): 1 for person in first})

    def both(self, ours: Callable[[], Any], theirs: Callable[[], None], marks: bool = False) -> None:
        """Do the same in the product and in the model; they must agree, also about a refusal.

        Marking counts who came by itself; of a seat given up after it was marked the clock counts anew.
        """
        said = expected = None
        self.rules.step += 1
        try:
            theirs()
        except No as no:
            expected = str(no)
        try:
            ours()
        except Refusal as refusal:
            said = refusal.code
        assert said == expected
        if not marks:
            roster.recount()

    rooms = st.integers(0, CLASSES - 1)
    people = st.sampled_from(PEOPLE)
    booking_by = st.sampled_from(("oneself", "owner", "officer"))

    @rule(room=rooms, person=people)
    def book(self, room: int, person: int) -> None:
        class_ = self.rules.classes[room]
        self.both(
            lambda: booking.book(self.actors[person], class_.id, [person]),
            lambda: self.rules.book(class_, [person]),
        )

    @rule(
        room=rooms, group=st.sets(st.sampled_from(GROUP), min_size=2, max_size=3), least=st.sampled_from((None, 1, 2))
    )
    def book_group(self, room: int, group: set[int], least: int | None) -> None:
        class_, ids = self.rules.classes[room], sorted(group)
        self.both(
            lambda: booking.book(self.actors[OWNER.id], class_.id, ids, least=least),
            lambda: self.rules.book(class_, ids, least),
        )

    @rule(room=rooms, people=st.lists(st.sampled_from(GROUP), min_size=1, max_size=4, unique=True))
    def enrol_list(self, room: int, people: list[int]) -> None:
        """Whoever can of a list that the owner sends; those who have a place already are no more asked for."""
        class_, owner = self.rules.classes[room], self.actors[OWNER.id]
        rows = [Row(number, {"email": ADDRESS[person]}) for number, person in enumerate(people, 2)]
        self.both(
            lambda: bulk.enrol(owner, bulk.look(owner, class_.id, rows), those_who_can=True),
            lambda: self.rules.enrol_list(class_, people),
        )

    def by(self, who: str, person: int) -> Any:
        if who == "owner" and person in GROUP:
            return self.actors[OWNER.id]
        return self.actors[GAO.id if who == "officer" else person]

    @rule(room=rooms, person=people, who=booking_by)
    def cancel(self, room: int, person: int, who: str) -> None:
        class_, actor = self.rules.classes[room], self.by(who, person)
        place = class_.latest(person)
        if place:
            self.both(
                lambda: booking.cancel(actor, makers.booking_id(class_.id, person)),
                lambda: self.rules.cancel(class_, place, actor.id != person),
            )

    @rule(room=rooms, person=people, who=booking_by)
    def undo(self, room: int, person: int, who: str) -> None:
        class_, actor = self.rules.classes[room], self.by(who, person)
        place = class_.latest(person)
        if place:
            self.both(
                lambda: booking.undo_cancel(actor, makers.booking_id(class_.id, person)),
                lambda: self.rules.undo(class_, place, actor.id != person),
            )

    @rule(room=rooms, person=people, yes=st.booleans(), who=booking_by)
    def answer(self, room: int, person: int, yes: bool, who: str) -> None:
        class_, actor = self.rules.classes[room], self.by(who, person)
        place = class_.latest(person)
        if place and place.state != "booked":  # who is booked may be asked about a new time
            self.both(
                lambda: booking.answer(actor, makers.booking_id(class_.id, person), yes),
                lambda: self.rules.answer(class_, place, yes, actor.id != person),
            )

    @rule()
    def let_lapse(self) -> None:
        last = db.session.scalar(select(func.max(Booking.due_at)).where(Booking.state == State.OFFERED))
        if last:
            with makers.at(last):
                self.both(booking.lapse_due, self.rules.let_lapse)

    @rule(room=rooms, to=rooms, person=people)
    def change(self, room: int, to: int, person: int) -> None:
        left, other = self.rules.classes[room], self.rules.classes[to]
        place = left.latest(person)
        if place and room != to:
            self.both(
                lambda: booking.change_class(self.actors[person], makers.booking_id(left.id, person), other.id),
                lambda: self.rules.change(left, other, place),
            )

    @rule(room=rooms, slot=st.sampled_from(sorted(SLOTS)))
    def move(self, room: int, slot: int) -> None:
        class_, (day, hour) = self.rules.classes[room], SLOTS[slot]
        start = makers.in_days(day, hour)
        self.both(
            lambda: booking.move(self.actors[GAO.id], class_.id, [(start, start + 2.5 * makers.HOUR)], room + 1),
            lambda: self.rules.move(class_, slot),
        )

    @rule(room=rooms, person=people, to=st.integers(1, 4))
    def reorder(self, room: int, person: int, to: int) -> None:
        class_ = self.rules.classes[room]
        place = class_.latest(person)
        if place:
            self.both(
                lambda: booking.reorder(self.actors[GAO.id], makers.booking_id(class_.id, person), to, "更正"),
                lambda: self.rules.reorder(class_, place, to),
            )

    @rule(room=rooms, capacity=st.integers(1, 5))
    def resize(self, room: int, capacity: int) -> None:
        class_ = self.rules.classes[room]
        self.both(
            lambda: booking.resize(self.actors[GAO.id], class_.id, capacity),
            lambda: self.rules.resize(class_, capacity),
        )

    @rule(room=rooms, really=st.integers(0, 3))
    def call_off(self, room: int, really: int) -> None:
        class_ = self.rules.classes[room]
        if really == 0 or class_.is_off:
            self.both(
                lambda: booking.call_off(self.actors[GAO.id], class_.id, "台风"),
                lambda: self.rules.call_off(class_),
            )

    @precondition(lambda self: any(class_.is_off for class_ in self.rules.classes.values()))
    @rule(slot=st.sampled_from(sorted(SLOTS)), seats=st.integers(1, 4))
    def publish_again(self, slot: int, seats: int) -> None:
        room = next(room for room, class_ in self.rules.classes.items() if class_.is_off)
        self.publish(room, slot, seats)

    @rule(room=rooms, person=people, mark=st.sampled_from(Mark))
    def mark(self, room: int, person: int, mark: Mark) -> None:
        class_ = self.rules.classes[room]
        if not class_.latest(person):
            return
        number = makers.booking_id(class_.id, person)
        sitting = db.session.scalar(select(Sitting.id).where(Sitting.class_id == class_.id)) or 0
        with makers.at(makers.before_start(class_.id, 30)):
            self.both(
                lambda: roster.mark(self.actors[GAO.id], class_.id, sitting, [number], mark),
                lambda: self.rules.mark(class_, person),
                marks=True,
            )

    @rule(person=people, mark=st.sampled_from((Mark.ABSENT, Mark.ABSENT, Mark.PRESENT, Mark.EXCUSED)))
    def mark_held(self, person: int, mark: Mark) -> None:
        """Say of the class that was held who came: from the first absence one is on standby."""
        number, held = makers.booking_id(self.rules.held, person), self.rules.held
        sitting = db.session.scalar(select(Sitting.id).where(Sitting.class_id == held)) or 0
        self.both(
            lambda: roster.mark(self.actors[GAO.id], held, sitting, [number], mark),
            lambda: self.rules.mark_held(person, mark),
            marks=True,
        )

    @rule(person=people)
    def appeal(self, person: int) -> None:
        number = makers.booking_id(self.rules.held, person)
        self.both(lambda: booking.appeal(self.actors[person], number, "住院"), lambda: self.rules.appeal(person))

    @rule(person=people, upheld=st.booleans())
    def decide(self, person: int, upheld: bool) -> None:
        number = makers.booking_id(self.rules.held, person)
        self.both(
            lambda: booking.decide(self.actors[GAO.id], number, upheld, "x"), lambda: self.rules.decide(person, upheld)
        )

    @precondition(lambda self: any(class_.first for class_ in self.rules.classes.values()))
    @rule()
    def let_the_hour_come_from_which_everyone_can_book(self) -> None:
        for class_ in self.rules.classes.values():
            if class_.first:
                class_.first = None
                with transaction():
                    db.session.get_one(TrainingClass, class_.id).first_until = clock.now()

    @precondition(lambda self: any(class_.somebody_is_on_standby for class_ in self.rules.classes.values()))
    @rule(room=rooms)
    def let_booking_close(self, room: int) -> None:
        """The hour comes from which nobody books any more, and the clock gives free seats to those on standby too."""
        waited_for = [class_ for class_ in self.rules.classes.values() if class_.somebody_is_on_standby]
        class_ = waited_for[room % len(waited_for)]
        with transaction():
            row = db.session.get_one(TrainingClass, class_.id)
            row.closes_at = clock.now() - CLOSED_FOR
            row.opens_at = row.closes_at - makers.HOUR
            row.first_until = row.first_until and row.closes_at
        self.both(booking.promote_waiting, lambda: self.rules.close(class_))

    @rule()
    def let_the_clock_promote(self) -> None:
        self.both(booking.promote_waiting, self.rules.promote_waiting)

    @rule()
    def let_the_clock_look_at_standby(self) -> None:
        self.both(booking.tell_standby, self.rules.tell_standby)
        self.both(booking.end_standby, self.rules.end_standby)

    @invariant()
    def the_records_say_what_the_rules_say(self) -> None:
        db.session.rollback()
        for class_ in self.rules.classes.values():
            row = makers.the_class(class_.id)
            assert (row.capacity, row.seats_free, row.queued) == (class_.capacity, class_.free, len(class_.queue))
            assert 0 <= row.seats_taken <= row.capacity
            kept = db.session.execute(
                select(Booking.person_id, Booking.state, Booking.reason)
                .where(Booking.class_id == class_.id)
                .order_by(Booking.enrolment_id, Booking.id)
            )
            assert [tuple(one) for one in kept] == [(p.person, p.state, p.reason) for p in class_.places]
        assert faults() == []

    @invariant()
    def nobody_waits_for_a_seat_that_they_could_have(self) -> None:
        """Until the clock looks, but for whose clash began or ended elsewhere and, in a strict order, those behind."""
        for class_ in self.rules.classes.values():
            for asked in [] if class_.is_off else class_.in_turn:
                able = self.rules.able(class_, asked)
                can_sit = len(able) >= asked.needed <= class_.capacity
                is_as_it_was = can_sit != (asked.waiting[0].reason in ("clash", "too_large"))
                if can_sit and is_as_it_was:
                    assert len(class_.first_that_fit(able, class_.pools)) < asked.needed
                if (can_sit or not is_as_it_was) and not class_.fills_gaps:
                    break

    @invariant()
    def nobody_on_standby_sits_before_booking_closed(self) -> None:
        for class_ in self.rules.classes.values():
            seated = select(Booking.id).join(Enrolment, Enrolment.id == Booking.enrolment_id)
            seated = seated.where(Booking.class_id == class_.id, Booking.state.in_(SEATED), Enrolment.standby.is_(True))
            assert class_.is_closed or db.session.scalars(seated).all() == []

    @invariant()
    def nobody_is_put_before_another_but_by_hand(self) -> None:
        """Among those who wait, all on standby are behind all others; and where a class was never put in another order,
        the numbers are in the order of asking."""
        for class_ in self.rules.classes.values():
            statement = (
                select(Enrolment.standby, Enrolment.order_no, Enrolment.id)
                .join(Booking, Booking.enrolment_id == Enrolment.id)
                .where(Booking.class_id == class_.id)
                .order_by(Enrolment.standby, Enrolment.order_no)
            )
            waiting = db.session.execute(statement.where(Booking.state == "queued").distinct()).all()
            people = [row.person_id for row in people_of(class_.id, (State.QUEUED,))]
            assert people == [place.person for group in class_.queue for place in group]
            assert [row.standby for row in waiting] == [asked.standby for asked in class_.waiting]
            events = select(Event.facts).where(Event.class_id == class_.id, Event.what == "reordered")
            by_hand = db.session.scalars(events).all()
            assert all(facts["reason"] for facts in by_hand)
            numbers = db.session.execute(statement.distinct().order_by(None).order_by(Enrolment.id)).all()
            if not by_hand:
                assert [row.order_no for row in numbers] == sorted(row.order_no for row in numbers)

    @invariant()
    def every_offer_has_its_end_in_working_hours_and_before_the_class(self) -> None:
        work = work_time()
        for class_ in self.rules.classes.values():
            begins = makers.the_class(class_.id).starts_at
            offers = select(Booking.due_at).where(Booking.class_id == class_.id, Booking.state == State.OFFERED)
            for due_at in db.session.scalars(offers):
                assert due_at
                local = clock.local(due_at)
                assert work.is_working(local.date())
                assert work.begins <= local.time() <= work.ends
                assert due_at < begins
        ended = select(Booking.id).where(Booking.state == State.BOOKED, Booking.due_at.is_not(None))
        assert db.session.scalars(ended).all() == []

    @invariant()
    def everyone_concerned_was_told_once_and_all_is_logged(self) -> None:
        rows = db.session.execute(select(Notice.kind, Notice.class_id, Notice.person_id, Notice.key)).all()
        assert len({row.key for row in rows}) == len(rows)
        assert Counter((row.kind, row.class_id, row.person_id) for row in rows) == self.rules.told
        events = db.session.execute(
            select(Event.what, Event.class_id, Booking.person_id).outerjoin(Booking, Booking.id == Event.booking_id)
        )
        assert Counter(tuple(event) for event in events) == self.rules.logged


def test_seats_and_queue_keep_the_rules(app: Flask, made: dict[str, Any]) -> None:
    kind = db.engine.dialect.name.removesuffix("ql")
    play(Town, made, kind, examples=12 if kind == "sqlite" else 3, steps=40)


@pytest.mark.proof
def test_seats_and_queue_keep_the_rules_for_long(app: Flask, made: dict[str, Any]) -> None:
    kind = db.engine.dialect.name.removesuffix("ql")
    play(Town, made, kind, examples=400 if kind == "sqlite" else 100, steps=80)
