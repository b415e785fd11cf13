"""Who asked for a seat in which class, what became of it and who came, as if the town had worked for months."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Collection
from random import Random
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from courses.booking.model import STANDBY_BEFORE, Appeal, Booking, Enrolment, Event, State
from courses.booking.offer import open_until
from courses.catalogue.model import ClassState, Sitting
from courses.demo.classes import Published, Span
from courses.demo.rows import Rows
from courses.demo.town import Manager, Settled, texts
from courses.ground.holidays import announced, is_weekend
from courses.ground.worktime import WorkTime
from courses.roster.actions import earned_half_hours
from courses.roster.model import Attendance, Mark, YearlyHours

DOOR: Final = "demo"
UNTOLD: Final = "demo"  # the reason of a booking about which nothing was sent: the town must not flood the mail
GROUP_MAX: Final = 3
GROUP_SHARE: Final = 0.6
AWAKE: Final = range(8, 21)
MARKS: Final = {Mark.PRESENT: 86, Mark.EXCUSED: 7, Mark.ABSENT: 7}
CAME_LATE_SHARE: Final = 0.06
CAME_LATE: Final = dt.timedelta(minutes=20)  # full hours all the same
WORK_TIME: Final = WorkTime(lambda day: not is_weekend(day) and day not in announced(day.year))
APPEAL_SHARE: Final = 0.2
NOT_DECIDED: Final[dict[str, Any]] = {"answer": "", "upheld": None, "decided_at": None, "decided_by": None}
DECIDED_AFTER: Final = dt.timedelta(days=3)
DECISIONS: Final = {
    "情况属实，这次不计入。下次请尽早在页面上取消，名额可以给别人。": True,
    "当天上午仍可在页面上取消。这次计入，请理解。": False,
}
APPEALS: Final = ("当天厂里设备故障，走不开。", "临时接到检查通知，来不及取消。", "家中老人住院，已向中队电话说明。")
LEFT_EARLY_SHARE: Final = 0.03
LEFT_EARLY: Final = dt.timedelta(minutes=60)  # no hours


class Act(NamedTuple):
    """One act of asking: for whom, by whom, and what came of it."""

    people: list[Manager]
    made_by: int
    state: State
    standby: bool = False


class Telling(NamedTuple):
    """What one of the cast was told of a class to come."""

    kind: str
    class_id: int
    booking_id: int
    at: dt.datetime
    method: str | None
    facts: dict[str, Any]


class Registry:
    """Takes bookings and keeps the counters, the log and the rosters true."""

    def __init__(self, rows: Rows, town: Settled, at: dt.datetime, zone: ZoneInfo, rng: Random) -> None:
        self._rows, self._town, self._at, self._zone, self._rng = rows, town, at, zone, rng
        self._employed = {manager.id: manager for manager in town.managers}
        self._written = self._employed.keys() - {manager.id for manager in town.crowd}
        self._busy: dict[int, list[Span]] = defaultdict(list)
        self._missed: dict[int, list[dt.datetime]] = defaultdict(list)
        self._events: list[dict[str, Any]] = []
        self._earned: dict[tuple[int, int], Counter[int]] = defaultdict(Counter)  # of a person's year: by class
        self.tellings: list[Telling] = []

    def fill_all(self, classes: Collection[Published]) -> None:
        for class_ in classes:
            self._fill(class_)
        for event in sorted(self._events, key=lambda event: event["at"]):
            self._rows.add(Event, **event)
        for (person, year), earned in self._earned.items():
            self._rows.add(
                YearlyHours, person_id=person, year=year, half_hours=sum(earned.values()), classes=len(earned)
            )

    def _fill(self, class_: Published) -> None:
        acts = self._acts(class_)
        row = class_.row
        until = min(self._at, row["closes_at"], row["scheduled_at"] if row["call_off_reason"] else self._at)
        moments = self._moments(len(acts), row["opens_at"], until)
        first = len(self._rows.of(Booking))
        for act, moment, following in zip(acts, moments, [*moments[1:], until], strict=False):
            self._enrol(class_, act, moment, moment + (following - moment) / 2)
        bookings = self._rows.of(Booking)[first:]
        if row["state"] == ClassState.CALLED_OFF:
            self._call_off(class_, bookings)
        elif class_.is_over and not class_.entry.get("unmarked"):
            self._mark(class_, [booking for booking in bookings if booking["state"] == State.BOOKED])

    def _acts(self, class_: Published) -> list[Act]:
        """Return the acts of asking in their order. Those who gave their seat up did so early, before the class was
        full; those who wait came last."""
        entry = class_.entry
        crowd = self._crowd(class_)
        waiting = [self._waiting(crowd, who) for who in entry.get("queue", ())]
        waiting += [self._waiting(crowd, who)._replace(standby=True) for who in entry.get("standby", ())]
        offered = [self._waiting(crowd, who)._replace(state=State.OFFERED) for who in entry.get("offered", ())]
        leaving = [self._act([crowd.pop(0)], State.CANCELLED) for _ in range(entry.get("left", 0))]
        seated = [
            self._act([self._employed[self._town.person(name)] for name in group], State.BOOKED)
            for group in entry.get("people", ())
        ]
        free = entry["taken"] - sum(len(act.people) for act in seated + offered)
        limit = entry.get("limit", free)
        while free:
            people = self._party(crowd, min(free, limit))
            seated.append(self._act(people, State.BOOKED))
            free -= len(people)
            if limit < GROUP_MAX:  # an enterprise asks once, and then it has had its share
                crowd = [manager for manager in crowd if manager.firm is not people[0].firm]
        self._rng.shuffle(seated)
        for act in leaving:
            seated.insert(self._rng.randrange(len(seated) // 2), act)
        return seated + offered + waiting

    def _crowd(self, class_: Published) -> list[Manager]:
        """Return who could come, the likeliest first: of the industries it is for, from nearby, key units."""
        near = set(texts("classes")["near"][class_.home["slug"]])
        industries = set(class_.course["industries"])

        def likelihood(manager: Manager) -> float:
            firm = manager.firm
            fits = not industries or firm.industry in industries
            wanted = firm.is_key_unit and class_.course["key_units"]
            return self._rng.random() + fits + 0.8 * (firm.town in near) + 0.3 * wanted

        ranked = [(likelihood(manager), manager.id) for manager in self._town.crowd]
        free = [id_ for _, id_ in sorted(ranked, reverse=True) if self._is_free(id_, class_)]
        return [self._employed[id_] for id_ in free]

    def _is_free(self, person: int, class_: Published) -> bool:
        spans = class_.sittings.values()
        return not any(a < d and c < b for a, b in self._busy[person] for c, d in spans)

    def _waiting(self, crowd: list[Manager], who: str | int) -> Act:
        if isinstance(who, str):
            return self._act([self._employed[self._town.person(who)]], State.QUEUED)
        if who == 1:
            return self._act([crowd.pop(0)], State.QUEUED)
        staff: dict[int, list[Manager]] = defaultdict(list)
        for manager in crowd:
            staff[manager.firm.id].append(manager)
        group = next(s for firm, s in staff.items() if firm in self._town.owners and len(s) >= who)[:who]
        return self._act(self._taken(crowd, group), State.QUEUED)

    def _party(self, crowd: list[Manager], at_most: int) -> list[Manager]:
        """Take the likeliest of the crowd, and sometimes colleagues whom their owner books together with them."""
        first = crowd[0]
        together = first.firm.id in self._town.owners and self._rng.random() < GROUP_SHARE
        party = [manager for manager in crowd if manager.firm is first.firm] if together else [first]
        return self._taken(crowd, party[: min(GROUP_MAX, at_most)])

    def _taken(self, crowd: list[Manager], people: list[Manager]) -> list[Manager]:
        for manager in people:
            crowd.remove(manager)
        return people

    def _act(self, people: list[Manager], state: State) -> Act:
        """One person asks for themselves; several are asked for by the owner of their enterprise."""
        made_by = people[0].id if len(people) == 1 else self._town.owners[people[0].firm.id]
        return Act(people, made_by, state)

    def _moments(self, count: int, begin: dt.datetime, end: dt.datetime) -> list[dt.datetime]:
        """Return `count` moments in order, no two alike, by day as long as there are enough of them."""
        seconds = range(1, max(int((end - begin).total_seconds()), 1))
        drawn = [begin + dt.timedelta(seconds=s) for s in self._rng.sample(seconds, min(6 * count, len(seconds)))]
        by_day = sorted(drawn, key=lambda moment: moment.astimezone(self._zone).hour not in AWAKE)
        return sorted(by_day[:count])

    def _enrol(self, class_: Published, act: Act, made_at: dt.datetime, left_at: dt.datetime) -> None:
        class_.row["last_order_no"] += 1
        enrolment = self._rows.add(
            Enrolment,
            class_id=class_.id,
            order_no=class_.row["last_order_no"],
            seats=len(act.people),
            made_by=act.made_by,
            made_at=made_at,
            enterprise_id=act.people[0].firm.id,
            standby=act.standby,
        )
        class_.row["seats_taken"] += len(act.people) if act.state in (State.BOOKED, State.OFFERED) else 0
        class_.row["queued"] += act.state == State.QUEUED
        for manager in act.people:
            self._book(class_, act, manager.id, enrolment, made_at, left_at)

    def _book(
        self, class_: Published, act: Act, person: int, enrolment: int, made_at: dt.datetime, left_at: dt.datetime
    ) -> None:
        has_left, due_at = act.state == State.CANCELLED, None
        if act.state == State.OFFERED:
            due_at = open_until(WORK_TIME, self._at, class_.row["starts_at"], class_.row["offer_hours"])
            due_at = due_at or class_.row["starts_at"]  # the nearest to an offer that a class at this hour can have
        is_told = person in self._town.cast and not class_.is_over and not class_.row["call_off_reason"]
        booking = self._rows.add(
            Booking,
            enrolment_id=enrolment,
            class_id=class_.id,
            person_id=person,
            state=act.state,
            reason=UNTOLD if act.state == State.BOOKED and not is_told else "offered" if due_at else "asked",
            due_at=due_at,
            changed_at=left_at if has_left else self._at if due_at else made_at,
            sequence=1 if has_left else 0,
            attended=None,
            excused=False,
        )
        draw_at = class_.row["draw_at"]
        what = "booked" if act.state not in (State.QUEUED, State.OFFERED) else "entered" if draw_at else "queued"
        self._log(class_, made_at, what, act.made_by, booking, **{"standby": True} if act.standby else {})
        if has_left:
            self._log(class_, left_at, "cancelled", person, booking, seated=True)
            return
        if due_at:
            self._log(class_, self._at, "offered", None, booking, due_at=due_at.isoformat())
        self._busy[person] += class_.sittings.values()
        if is_told:
            method = "REQUEST" if act.state == State.BOOKED else None
            by = None if act.made_by == person else self._town.cast[act.made_by]
            facts = {"entry": class_.row["last_order_no"], "draw_at": draw_at.isoformat()} if draw_at else {}
            if act.standby:
                facts = self._standby(class_, person)
            self.tellings.append(Telling(what, class_.id, booking, made_at, method, {"by": by, **facts}))

    def _standby(self, class_: Published, person: int) -> dict[str, Any]:
        """Return until when someone is on standby, and from when free seats of the class are theirs too."""
        until = max(self._missed[person]) + dt.timedelta(days=texts("town")["city"]["standby_days"])
        begins = min(class_.row["closes_at"], class_.row["starts_at"] - STANDBY_BEFORE)
        return {"standby_until": until.isoformat(), "standby_from": begins.isoformat()}

    def _call_off(self, class_: Published, bookings: list[dict[str, Any]]) -> None:
        """Free everyone; what was kept for the class is no longer in anybody's way."""
        at, reason = class_.row["scheduled_at"], class_.row["call_off_reason"]
        self._log(class_, at, "called_off", self._town.officer, reason=reason)
        for booking in bookings:
            if booking["state"] == State.CANCELLED:
                continue
            if booking["person_id"] in self._town.cast:
                self.tellings.append(Telling("called_off", class_.id, booking["id"], at, "CANCEL", {"reason": reason}))
            booking.update(state=State.CANCELLED, reason="called_off", changed_at=at)
        class_.row.update(seats_taken=0, queued=0)

    def _mark(self, class_: Published, bookings: list[dict[str, Any]]) -> None:
        """Mark who came, as officers and lecturers do; of those who were written, all but the absent were there."""
        absent = {self._town.person(who) for who in class_.entry.get("absent", ())}
        for booking in bookings:
            mark = self._rng.choices(list(MARKS), list(MARKS.values()))[0]
            if booking["person_id"] in self._written:
                mark = Mark.ABSENT if booking["person_id"] in absent else Mark.PRESENT
            for sitting, (begins, ends) in class_.sittings.items():
                self._mark_sitting(class_, booking, sitting, begins, ends, mark)
            booking["attended"], booking["excused"] = mark == Mark.PRESENT, mark == Mark.EXCUSED
            if mark == Mark.ABSENT:
                self._missed[booking["person_id"]].append(class_.row["ends_at"])
                self._appeal(class_, booking)
        class_.row["came"] = sum(bool(booking["attended"]) for booking in bookings)

    def _appeal(self, class_: Published, booking: dict[str, Any]) -> None:
        """Let some who stayed away say why it should not count: those whose words were written, and now and then one of
        the others. What was written waits to be decided."""
        made_at = class_.row["ends_at"] + dt.timedelta(days=1)
        written = {self._town.person(who): words for who, words in class_.entry.get("appeals", {}).items()}
        words = written.get(booking["person_id"]) or self._rng.choice(APPEALS)
        is_written = booking["person_id"] in self._written
        appeals = booking["person_id"] in written if is_written else self._rng.random() < APPEAL_SHARE
        if appeals and class_.row["squadron_id"] == self._town.served and made_at < self._at:
            decision = self._decision(class_, booking["id"], made_at) if not is_written else NOT_DECIDED
            self._rows.add(Appeal, booking_id=booking["id"], words=words, made_at=made_at, **decision)
            self._log(class_, made_at, "appealed", booking["person_id"], booking["id"])

    def _decision(self, class_: Published, booking: int, made_at: dt.datetime) -> dict[str, Any]:
        """Let the officer of the cast have answered within days."""
        at = made_at + DECIDED_AFTER
        if at > self._at:
            return NOT_DECIDED
        answer, upheld = self._rng.choice(list(DECISIONS.items()))
        self._log(class_, at, "appeal_upheld" if upheld else "appeal_declined", self._town.officer, booking)
        return {"answer": answer, "upheld": upheld, "decided_at": at, "decided_by": self._town.officer}

    def _mark_sitting(
        self,
        class_: Published,
        booking: dict[str, Any],
        sitting: int,
        begins: dt.datetime,
        ends: dt.datetime,
        mark: Mark,
    ) -> None:
        fickle = mark == Mark.PRESENT and booking["person_id"] not in self._written
        chance = self._rng.random()
        arrived_at = begins + CAME_LATE if fickle and chance < CAME_LATE_SHARE else None
        left_at = ends - LEFT_EARLY if fickle and chance > 1 - LEFT_EARLY_SHARE else None
        marked_at = ends + dt.timedelta(minutes=10)
        half_hours = earned_half_hours(
            Sitting(class_id=class_.id, starts_at=begins, ends_at=ends), mark, arrived_at, left_at
        )
        if mark == Mark.PRESENT:
            year = class_.row["starts_at"].astimezone(self._zone).year
            self._earned[booking["person_id"], year][class_.id] += half_hours
        self._rows.add(
            Attendance,
            booking_id=booking["id"],
            sitting_id=sitting,
            mark=mark,
            half_hours=half_hours,
            marked_by=class_.lecturer,
            marked_at=marked_at,
            arrived_at=arrived_at,
            left_at=left_at,
        )
        self._log(class_, marked_at, "marked", class_.lecturer, booking["id"], mark=mark, sitting=sitting)

    def _log(
        self,
        class_: Published,
        at: dt.datetime,
        what: str,
        actor: int | None,
        booking: int | None = None,
        **facts: Any,
    ) -> None:
        self._events.append(
            {
                "class_id": class_.id,
                "at": at,
                "what": what,
                "door": DOOR,
                "actor_id": actor,
                "booking_id": booking,
                "facts": facts,
            }
        )
