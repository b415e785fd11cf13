"""The rules of seats and queue in their plainest form, without a database: the model that test_seats.py plays against.

It is read beside product and glossary, not beside the code. Its names are short: `Asked` is an enrolment, `Place` a
booking, `No` a refusal.
"""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, field

from courses.roster.model import Mark
from tests.people import COLLEAGUE, NEWCOMER, OWNER, SHEN

GROUP = tuple(member.id for member in (SHEN, COLLEAGUE, NEWCOMER, OWNER))
SLOTS = {0: (40, 9), 1: (40, 10), 2: (41, 9)}
"""Day and hour at which a class begins; it takes two and a half hours, so that the first two overlap."""
SEATED = ("booked", "offered")
FINAL = ("changed", "declined", "unanswered")


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

    @property
    def needed(self) -> int:
        """How many of those who wait must get a seat if any does."""
        return min(self.least, len(self.waiting))


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
    is_closed: bool = False
    """Nobody can book any more, and free seats are for those on standby too."""
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
    def in_turn(self) -> list[Asked]:
        """Those of the queue who may have free seats: before booking closes, nobody on standby."""
        return [asked for asked in self.waiting if self.is_closed or not asked.standby]

    @property
    def somebody_is_on_standby(self) -> bool:
        return any(asked not in self.in_turn for asked in self.waiting)

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

    def open(self, class_: Class) -> None:
        self.standing(class_)
        if class_.is_closed:
            raise No("closed")

    def tell(self, kind: str, class_: Class, place: Place) -> None:
        self.told[kind, class_.id, place.person] += 1

    def note(self, what: str, class_: Class, place: Place | None = None) -> None:
        self.logged[what, class_.id, place.person if place else None] += 1

    def book(self, class_: Class, people: list[int], least: int | None = None, beside: Sequence[Asked] = ()) -> Asked:
        """`beside`: what the same act asked for before."""
        self.open(class_)
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
        self.open(class_)
        mine: list[Asked] = []
        for person in people:
            with suppress(No):
                mine.append(self.book(class_, [person], beside=mine))
        if not mine:
            raise No("list_nobody")
        self.told["list_enrolled", class_.id, OWNER.id] += 1

    def able(self, class_: Class, asked: Asked) -> list[Place]:
        return [place for place in asked.waiting if not self.clashes(class_, place.person)]

    def promote(self, class_: Class, newest: Sequence[Asked] = ()) -> None:
        """Move the queue up; of the `newest`, whoever asked is told in one what became of it."""
        closed: set[str] = set()
        waiting: list[tuple[Asked, str]] = []
        for asked in class_.in_turn:
            free = {pool: seats for pool, seats in class_.pools.items() if pool not in closed}
            if not any(free.values()):
                return
            able, needed = self.able(class_, asked), asked.needed
            if needed > class_.capacity or len(able) < needed:
                self.pass_over(class_, asked, "too_large" if needed > class_.capacity else "clash", newest)
                continue
            got = class_.first_that_fit(able, free)
            if len(got) < needed:
                if len(class_.first_that_fit(able, class_.pools)) < needed:  # else only the order is in their way
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

    def close(self, class_: Class) -> None:
        """Whoever is on standby may have a free seat from now on; whose hour has not come need not wait for it."""
        class_.is_closed, class_.first = True, None
        self.promote_waiting()

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
        self.open(to)
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
