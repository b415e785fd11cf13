"""Random books, cancellations, moves and the rest, by many people in a few classes, against a model of the rules.

The model below is the rules of product and glossary in their plainest form, without a database; after each step the
records must say what it says: who sits, who waits, who was refused and why, what was logged and who was told.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import func, select

from courses.booking import actions as booking
from courses.booking.model import Booking, Enrolment, Event, State
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

GROUP = tuple(member.id for member in (SHEN, COLLEAGUE, NEWCOMER, OWNER))
ADDRESS = {member.id: member.email for member in (SHEN, COLLEAGUE, NEWCOMER, OWNER)}
PEOPLE = (*GROUP, LU.id, STRANGER.id)
SLOTS = {0: (40, 9), 1: (40, 10), 2: (41, 9)}
"""Day and hour at which a class begins; it takes two and a half hours, so that the first two overlap."""
CLASSES = 3
FIRST = (SHEN.id, LU.id)
"""Who had asked for the course before its second class was published, and books first."""
SEATED = ("booked", "offered")
FINAL = ("changed", "declined", "unanswered")


# The model


@dataclass(eq=False)
class Place:
    """One booking: whose, in which act of asking."""

    person: int
    asked: "Asked"
    state: str
    reason: str = "asked"
    was_seated: bool = False
    promotions_before: int = 0
    pool: str = "open"
    changed: int = 0


@dataclass(eq=False)
class Asked:
    least: int
    places: list[Place] = field(default_factory=list)
    standby: bool = False

    @property
    def waiting(self) -> list[Place]:
        return [place for place in self.places if place.state == "queued"]


def pools_of(person: int) -> list[str]:
    """GROUP are of a key unit."""
    return ["key", "open"] if person in GROUP else ["open"]


class No(Exception):  # noqa: N818
    """The model's refusal."""


@dataclass(eq=False)
class Class:
    id: int
    slot: int
    capacity: int
    fills_gaps: bool = False
    kept: int = 0
    offers: bool = False
    is_off: bool = False
    first: tuple[int, ...] | None = None
    """Who had asked for the course, while only they can book."""
    promotions: int = 0
    asked: list[Asked] = field(default_factory=list)
    order: list[Asked] = field(default_factory=list)
    """The same in the order of the queue, which an officer may change."""

    @property
    def places(self) -> list[Place]:
        return [place for asked in self.asked for place in asked.places]

    @property
    def free(self) -> int:
        return self.capacity - sum(place.state in SEATED for place in self.places)

    @property
    def pools(self) -> dict[str, int]:
        """The free seats: those kept for key units, and those for everyone."""
        taken = sum(place.state in SEATED and place.pool == "key" for place in self.places)
        return {"open": self.free - (self.kept - taken), "key": self.kept - taken}

    def first_that_fit(self, places: list[Place], free: dict[str, int]) -> dict[Place, str]:
        got: dict[Place, str] = {}
        for place in places:
            for pool in pools_of(place.person):
                if free.get(pool, 0) > sum(other == pool for other in got.values()):
                    got[place] = pool
                    break
        return got

    @property
    def waiting(self) -> list[Asked]:
        """The queue in its order, those on standby behind all others."""
        return sorted((asked for asked in self.order if asked.waiting), key=lambda asked: asked.standby)

    @property
    def queue(self) -> list[list[Place]]:
        return [asked.waiting for asked in self.waiting]

    def live(self, person: int) -> Place | None:
        return next((p for p in self.places if p.person == person and p.state != "cancelled"), None)

    def latest(self, person: int) -> Place | None:
        return next((p for p in reversed(self.places) if p.person == person), None)


class Rules:
    """All classes, and what should have been logged and told."""

    def __init__(self) -> None:
        self.classes: dict[int, Class] = {}
        self.step = 0
        self.told: Counter[tuple[str, int | None, int]] = Counter()
        self.logged: Counter[tuple[str, int, int | None]] = Counter()
        self.held = 0
        self.away: set[int] = set()
        self.appeals: dict[int, bool | None] = {}

    @property
    def on_standby(self) -> set[int]:
        """Those who stayed away from the class that was held, unless an officer said that it does not count."""
        return {person for person in self.away if not self.appeals.get(person)}

    def clashes(self, class_: Class, person: int) -> bool:
        def same_hour(other: Class) -> bool:
            return other.slot == class_.slot or {other.slot, class_.slot} == {0, 1}

        seats = [c for c in self.classes.values() if c is not class_ and not c.is_off and same_hour(c)]
        return any((place := c.live(person)) and place.state in SEATED for c in seats)

    def standing(self, class_: Class) -> None:
        if class_.is_off:
            raise No("called_off")

    def tell(self, kind: str, class_: Class, place: Place) -> None:
        self.told[kind, class_.id, place.person] += 1

    def note(self, what: str, class_: Class, place: Place | None = None) -> None:
        self.logged[what, class_.id, place.person if place else None] += 1

    def book(self, class_: Class, people: list[int], least: int | None = None, beside: Sequence[Asked] = ()) -> Asked:
        """`beside`: what the same act asked for before."""
        self.standing(class_)
        if any(class_.live(person) for person in people):
            raise No("already_booked")
        asked, free, is_first = Asked(min(least or len(people), len(people))), class_.free, not class_.queue
        if asked.least > class_.capacity:
            raise No("group_too_large")
        if class_.first is not None and not set(people) <= set(class_.first):
            raise No("asked_first")
        asked.standby = not self.on_standby.isdisjoint(people)
        at_once = is_first and asked.least == len(people) <= free and not class_.kept and not asked.standby
        if at_once and any(self.clashes(class_, person) for person in people):
            raise No("person_clash")
        asked.places = [Place(person, asked, "queued") for person in people]
        class_.asked.append(asked)
        class_.order.append(asked)
        self.promote(class_, [*beside, asked])
        if is_first and asked.least <= free and asked.waiting == asked.places and asked.places[0].reason == "clash":
            class_.asked.remove(asked)
            class_.order.remove(asked)
            raise No("person_clash")
        for place in asked.places:
            self.note(place.state, class_, place)
            self.tell(place.state, class_, place)
        return asked

    def enrol_list(self, class_: Class, people: list[int]) -> None:
        """Each asks alone, in the order of the list; who cannot is left out."""
        self.standing(class_)
        mine: list[Asked] = []
        for person in people:
            with suppress(No):
                mine.append(self.book(class_, [person], beside=mine))
        if not mine:
            raise No("list_nobody")
        self.told["list_enrolled", class_.id, OWNER.id] += 1

    def promote(self, class_: Class, newest: Sequence[Asked] = ()) -> None:
        """Move the queue up; of the `newest`, whoever asked is told in one what became of it."""
        closed: set[str] = set()
        waiting: list[tuple[Asked, str]] = []
        for asked in [asked for asked in class_.waiting if not asked.standby]:
            free = {pool: seats for pool, seats in class_.pools.items() if pool not in closed}
            if not any(free.values()):
                return
            able = [place for place in asked.waiting if not self.clashes(class_, place.person)]
            needed = min(asked.least, len(asked.waiting))
            if needed > class_.capacity or len(able) < needed:
                self.pass_over(class_, asked, "too_large" if needed > class_.capacity else "clash", newest)
                continue
            got = class_.first_that_fit(able, free)
            if len(got) < needed:
                waiting.append((asked, "kept" if class_.free >= needed else "no_room"))
                got = {}
            if not class_.fills_gaps:
                closed |= {pool for place in able if place not in got for pool in pools_of(place.person)}
            for place, pool in got.items():
                self.sit(class_, place, pool, asked in newest)
            if got and asked.waiting:
                asked.least = 1
                if not set(asked.waiting) & set(able):
                    self.pass_over(class_, asked, "clash", newest)
            if got:  # a seat went past those who wait
                for overtaken, why in waiting:
                    self.pass_over(class_, overtaken, why, newest)
                waiting = []

    def sit(self, class_: Class, place: Place, pool: str, is_newest: bool) -> None:
        is_offer = class_.offers and not is_newest
        place.state, place.pool, place.changed = "offered" if is_offer else "booked", pool, self.step
        if not is_newest:
            place.reason = "offered" if is_offer else "promoted"
            class_.promotions += 1
            self.note(place.reason, class_, place)
            self.tell(place.reason, class_, place)

    def pass_over(self, class_: Class, asked: Asked, why: str, newest: Sequence[Asked]) -> None:
        for place in asked.waiting:
            if place.reason != why and asked not in newest:
                self.note("passed_over", class_, place)
            place.reason = why

    def promote_waiting(self) -> None:
        for class_ in sorted(self.classes.values(), key=lambda c: (SLOTS[c.slot], c.id)):
            if not class_.is_off:
                self.promote(class_)

    def cancel(self, class_: Class, place: Place, by_another: bool) -> None:
        self.standing(class_)
        if place.state == "cancelled":
            raise No("not_cancellable")
        place.was_seated, place.promotions_before = place.state in SEATED, class_.promotions
        declines = place.state == "offered"
        place.state, place.reason, place.changed = "cancelled", "declined" if declines else "asked", self.step
        self.note("declined" if declines else "cancelled", class_, place)
        if place.was_seated or by_another:
            self.tell("cancelled", class_, place)
        self.promote(class_)

    def undo(self, class_: Class, place: Place, by_another: bool) -> None:
        self.standing(class_)
        if place.state != "cancelled":
            raise No("not_cancellable")
        if place.reason in FINAL:
            raise No("not_cancellable")
        if place.was_seated:
            if not class_.free or class_.promotions > place.promotions_before:
                raise No("cannot_undo")
            if self.clashes(class_, place.person):
                raise No("person_clash")
            free = class_.first_that_fit([place], class_.pools)
            if not free:
                raise No("cannot_undo")
            place.pool = free[place]
        elif any(other.state in SEATED and other.changed >= place.changed for other in place.asked.places):
            raise No("cannot_undo")
        place.changed = self.step
        place.state, place.reason = "booked" if place.was_seated else "queued", "undone"
        self.note("cancellation_undone", class_, place)
        if place.was_seated or by_another:
            self.tell(place.state, class_, place)
        if not place.was_seated:
            self.promote(class_)

    def change(self, left: Class, to: Class, place: Place) -> None:
        self.standing(left)
        if place.state not in ("booked", "queued"):
            raise No("not_changeable")
        self.standing(to)
        saved = deepcopy((self.classes, self.told, self.logged))
        try:
            self.give_up(left, place)
            self.book(to, [place.person])
            if to.latest(place.person).state == "queued":  # type: ignore[union-attr]
                raise No("no_seat_there")
        except No:
            self.classes, self.told, self.logged = saved
            raise

    def give_up(self, left: Class, place: Place) -> None:
        seated = place.state == "booked"
        place.state, place.reason = "cancelled", "changed"
        self.note("cancelled", left, place)
        if seated:
            self.tell("cancelled", left, place)
        self.promote(left)

    def answer(self, class_: Class, place: Place, yes: bool, by_another: bool) -> None:
        self.standing(class_)
        if place.state != "offered":
            raise No("not_asked")
        if not yes:
            self.cancel(class_, place, by_another)
            return
        place.state, place.reason, place.changed = "booked", "accepted", self.step
        self.note("accepted", class_, place)
        self.tell("booked", class_, place)

    def let_lapse(self) -> None:
        """Nobody answers any more, until all that is offered now has gone to the next."""
        open_ = {c.id: [place for place in c.places if place.state == "offered"] for c in self.classes.values()}
        for class_ in sorted(self.classes.values(), key=lambda c: c.id):
            for place in open_[class_.id]:
                place.state, place.reason, place.changed = "cancelled", "unanswered", self.step
                self.note("lapsed", class_, place)
                self.tell("lapsed", class_, place)
            if open_[class_.id]:
                self.promote(class_)

    def reorder(self, class_: Class, place: Place, to: int) -> None:
        self.standing(class_)
        waiting = class_.waiting
        if place.asked not in waiting:
            raise No("not_waiting")
        if to > len(waiting):
            raise No("no_such_place")
        if waiting.index(place.asked) == to - 1:
            raise No("nothing_changed")
        waiting.remove(place.asked)
        waiting.insert(to - 1, place.asked)
        if waiting != sorted(waiting, key=lambda asked: asked.standby):
            raise No("standby_last")
        places = iter(waiting)
        class_.order = [next(places) if asked.waiting else asked for asked in class_.order]
        for one in place.asked.waiting:
            one.reason = "reordered"
            self.note("reordered", class_, one)
            self.tell("reordered", class_, one)
        self.promote(class_)

    def move(self, class_: Class, slot: int) -> None:
        self.standing(class_)
        if slot == class_.slot:
            raise No("nothing_changed")
        class_.slot = slot
        self.note("moved", class_)
        for place in class_.places:
            if place.state != "cancelled":
                self.tell("moved", class_, place)
        self.promote(class_)

    def resize(self, class_: Class, capacity: int) -> None:
        self.standing(class_)
        if capacity < class_.capacity - class_.free:
            raise No("below_taken")
        if capacity < class_.capacity - class_.free + class_.pools["key"]:
            raise No("below_kept")
        if capacity == class_.capacity:
            raise No("nothing_changed")
        class_.capacity = capacity
        self.note("resized", class_)
        self.promote(class_)

    def call_off(self, class_: Class) -> None:
        self.standing(class_)
        class_.is_off = True
        self.note("called_off", class_)
        for place in class_.places:
            if place.state != "cancelled":
                self.tell("called_off", class_, place)
                place.state, place.reason = "cancelled", "called_off"

    def mark_held(self, person: int, mark: Mark) -> None:
        self.away = self.away | {person} if mark == Mark.ABSENT else self.away - {person}
        self.logged["marked", self.held, person] += 1

    def appeal(self, person: int) -> None:
        if person not in self.away:
            raise No("nothing_to_appeal")
        if person in self.appeals:
            raise No("already_appealed")
        self.appeals[person] = None
        self.logged["appealed", self.held, person] += 1

    def decide(self, person: int, upheld: bool) -> None:
        if person not in self.appeals:
            raise No("not_found")
        if self.appeals[person] is not None:
            raise No("already_decided")
        self.appeals[person] = upheld
        self.logged["appeal_upheld" if upheld else "appeal_declined", self.held, person] += 1
        self.told["appeal_decided", self.held, person] += 1

    def tell_standby(self) -> None:
        for person in self.on_standby:
            self.told["standby", None, person] = 1

    def end_standby(self) -> None:
        for class_ in sorted(self.classes.values(), key=lambda c: c.id):
            over = [a for a in class_.waiting if a.standby and self.on_standby.isdisjoint(p.person for p in a.waiting)]
            for asked in [] if class_.is_off else over:
                asked.standby = False
                for place in asked.waiting:
                    self.note("standby_ended", class_, place)
            if over and not class_.is_off:
                self.promote(class_)

    def mark(self, class_: Class, person: int) -> None:
        place = class_.live(person)
        self.standing(class_)
        if place is None or place.state not in SEATED:
            raise No("not_on_roster")
        self.note("marked", class_, place)


# The machine


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

    def hold(self) -> None:
        """Let everyone have been booked into a class that is over; nobody has said yet who came."""
        makers.a_rule_about_staying_away(limit=1)
        with makers.at(makers.in_days(-15)):
            self.rules.held = makers.a_class(seats=len(PEOPLE), days=5, room=3)
            for person in PEOPLE:
                booking.book(self.actors[person], self.rules.held, [person])
                self.rules.logged["booked", self.rules.held, person] += 1
                self.rules.told["booked", self.rules.held, person] += 1

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

    def both(self, ours: Callable[[], Any], theirs: Callable[[], None]) -> None:
        """Do the same in the product and in the model; they must agree, also about a refusal."""
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
            )

    @rule(person=people, mark=st.sampled_from((Mark.ABSENT, Mark.ABSENT, Mark.PRESENT, Mark.EXCUSED)))
    def mark_held(self, person: int, mark: Mark) -> None:
        """Say of the class that was held who came: from the first absence one is on standby."""
        number, held = makers.booking_id(self.rules.held, person), self.rules.held
        sitting = db.session.scalar(select(Sitting.id).where(Sitting.class_id == held)) or 0
        self.both(
            lambda: roster.mark(self.actors[GAO.id], held, sitting, [number], mark),
            lambda: self.rules.mark_held(person, mark),
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
        """Except for whose clash ended elsewhere, until the clock looks."""
        for class_ in self.rules.classes.values():
            able = [
                asked.waiting
                for asked in class_.waiting
                if not asked.standby and asked.waiting[0].reason not in ("clash", "too_large")
            ]
            for group in [] if class_.is_off else able if class_.fills_gaps else able[:1]:
                needed = min(group[0].asked.least, len(group))
                assert len(class_.first_that_fit(group, class_.pools)) < needed

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
