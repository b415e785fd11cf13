"""A city that has worked for years: the demo's towns, Homes, courses and people, and as many bookings as are asked for.

The present is the same in every size: twelve squadrons, a class of each on every working day, the same weeks ahead. What
grows is the past, twelve years of it with a million bookings, and with it those who have left; the city itself doubles.
Rows are written by the database out of two small tables, so that a million bookings take a minute and not an hour.
"""

import datetime as dt
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import Any

from sqlalchemy import Connection, create_engine, event, text

from bench.town import Town, installed
from courses.catalogue.model import ClassState, Course, Lecturer, ReminderRule, Sitting, Teaching, TrainingClass
from courses.demo.load import SEED
from courses.demo.rows import Rows
from courses.demo.town import Settled, settle, texts
from courses.ground import clock
from courses.ground.db import db
from courses.ground.transaction import transaction
from courses.homes.model import Home, Room
from courses.people.model import Enterprise, PastPost, Person, Post, Role
from courses.running.actions import take_statistics
from tools.codes import credit_code

SEATS, SEATS_OF_PAST = 30, 28
COMING = 3_600  # bookings to come in a city that works; in a smaller one, a third of all
PEOPLE_EVER = 20_000
LECTURERS, TERM = 60, 750  # who teach within a term of so many working days; then others do
DAYS_AHEAD, DAYS_BEHIND = 20, 60  # working days: how far ahead is published, and how long at least the city has worked
UNMARKED_DAYS = 2
TOLD_DAYS = 365  # for so long the contents of a notice are kept
BEGINS, ENDS = dt.time(9), dt.time(11, 30)
HALF_HOURS = 7


@dataclass
class City(Town):
    """A town to be asked, who asks, and what of."""

    bookings: int
    manager: int
    newcomer: int  # a manager without bookings in the next classes
    owner: int
    lecturer: int
    association: int
    bureau: int
    inspector: int
    administrator: int
    enterprise: int
    class_id: int  # to come, of the officer's squadron
    taught: int  # over, of the officer's squadron


@contextmanager
def a_city(kind: str, bookings: int) -> Iterator[City]:
    """Make a city with so many bookings on a scratch database of `kind`."""
    with installed(kind, lambda url: _Builder(url, bookings).build()) as (app, environ, url, known):
        yield City(app, environ, url, **known)


class _Builder:
    def __init__(self, url: str, bookings: int) -> None:
        self._engine = create_engine(url)
        self._is_sqlite = url.startswith("sqlite")
        self._bookings, self._coming = bookings, min(COMING, bookings // 3)
        self._past = bookings - self._coming
        self._rows, self._town = Rows(), Settled()
        self._now = clock.now()
        if self._is_sqlite:
            event.listen(self._engine, "connect", _unsafe)

    def build(self) -> dict[str, Any]:
        """Write it all; return what a City knows beside its database."""
        self._town = settle(self._rows, Random(SEED), "x")
        terms = self._days_behind() // TERM + 1
        for _ in range(LECTURERS * terms - len(self._rows.of(Lecturer))):
            person = self._person("讲师", None)
            self._rows.add(Post, person_id=person, role=Role.LECTURER, **_nowhere())
            self._rows.add(Lecturer, person_id=person, institution_zh="研究院", institution_en="", bio_zh="", bio_en="")
        self._grow()
        known = self._publish()
        people = self._roster()
        with transaction():
            self._rows.write()
        db.session.remove()
        with self._engine.begin() as connection:
            if not self._is_sqlite:
                connection.execute(text("SET session_replication_role = replica"))  # no foreign key is asked
            self._deal(connection, people)
            for statement in FILL:
                connection.execute(text(statement), {"officer": known["officer"], "bookings": self._bookings})
            if not self._is_sqlite:
                for table in ("enrolment", "booking"):
                    connection.execute(text(f"SELECT setval('{table}_id_seq', {self._bookings})"))
        if not self._is_sqlite:  # what autovacuum does within the hour
            with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("VACUUM ANALYZE"))
        self._engine.dispose()
        take_statistics()  # what the worker does every hour
        return known

    def _person(self, name: str, left_at: dt.datetime | None) -> int:
        number = len(self._rows.of(Person)) + 1
        return self._rows.add(
            Person,
            name=f"{name}{number}",
            name_en="",
            email=f"p{number}@bench.example",
            mobile=None,
            language="zh",
            password_hash="x",
            epoch=1,
            left_at=left_at,
        )

    def _grow(self) -> None:
        """Double the enterprises and managers of a city that has had a million bookings; a small one stays as it is."""
        share = min(1.0, self._past / 1_000_000)
        first = self._rows.of(Enterprise)
        for n in range(round(len(first) * share)):
            like = first[n]
            changed = {"credit_code": credit_code(500_000 + n), "name_zh": f"{like['name_zh']}二厂"}
            enterprise = self._rows.add(Enterprise, **_like(like, **changed))
            if n % 4:
                person = self._person("管", None)
                self._rows.add(Post, person_id=person, role=Role.MANAGER, **{**_nowhere(), "enterprise_id": enterprise})

    def _roster(self) -> list[tuple[int, int]]:
        """Return who has ever come, with their enterprises: the people of the owner's first, then other managers, then
        those who have left."""
        own = self._town.firms["xinyao"].id
        posts = [(row["person_id"], row["enterprise_id"]) for row in self._rows.of(Post) if row.get("enterprise_id")]
        people = sorted(dict(posts).items(), key=lambda pair: pair[1] != own)
        self._present = min(len(people), max(7, self._bookings // 14))
        ever = min(PEOPLE_EVER, max(7, self._past // 10))
        for n in range(max(0, ever - len(people))):
            enterprise = 1 + n % len(self._rows.of(Enterprise))
            gone = self._now - dt.timedelta(days=30 + n % 700)
            person = self._person("前", gone)
            people.append((person, enterprise))
            self._rows.add(
                PastPost, person_id=person, role=Role.MANAGER, enterprise_id=enterprise, ended_at=gone, ended_by=person
            )
        self._ever = ever
        return people

    def _publish(self) -> dict[str, Any]:
        """Add the classes of all days and return the ids of a City."""
        rooms, lecturers = self._homes(), [row["person_id"] for row in self._rows.of(Lecturer)]
        chen = self._town.person("chen")
        lecturers.sort(key=lambda id_: id_ != chen)
        squadrons = list(self._town.squadrons.values())
        officers = {"squadron": self._town.squadrons["haichang"]}
        squadrons.sort(key=lambda id_: id_ != officers["squadron"])
        courses = [row["id"] for row in self._rows.of(Course)]
        today = clock.local(self._now).date()
        behind = self._days_behind()
        days = [*reversed(_working(today, -1, behind)), *_working(today, 1, DAYS_AHEAD)]
        self._dealt = []
        past_classes, coming_classes = behind * len(squadrons), DAYS_AHEAD * len(squadrons)
        dealt = [0, 0]
        for at, day in enumerate(days):
            term = max(0, behind - at) // TERM  # terms ago
            for place, squadron in enumerate(squadrons):
                is_over = at < behind
                number = at * len(squadrons) + place - (0 if is_over else past_classes)
                whole, classes = (self._past, past_classes) if is_over else (self._coming, coming_classes)
                taken = whole * (number + 1) // classes - whole * number // classes
                class_id = self._class(
                    day, squadron, rooms[squadron], courses[(at * 5 + place) % len(courses)], taken, is_over
                )
                self._rows.add(
                    Teaching,
                    class_id=class_id,
                    person_id=lecturers[(at * len(squadrons) + place) % LECTURERS + LECTURERS * term],
                )
                is_marked = is_over and at < behind - UNMARKED_DAYS
                self._dealt.append((class_id, dealt[is_over], taken, is_over, is_marked))
                dealt[is_over] += taken
        own = [one for one in self._dealt if (one[0] - 1) % len(squadrons) == 0]
        return {
            "bookings": self._bookings,
            "first": 1,
            "officer": self._town.person("gao"),
            "room": rooms[officers["squadron"]],
            "manager": self._town.person("shen"),
            "owner": self._town.person("owner"),
            "lecturer": chen,
            "association": self._town.person("zhou"),
            "bureau": self._town.person("xu"),
            "inspector": self._town.person("he"),
            "administrator": self._town.person("jin"),
            "enterprise": self._town.firms["xinyao"].id,
            "newcomer": self._town.managers[-1].id,
            "class_id": next(id_ for id_, _, taken, is_over, _ in own if taken and not is_over),
            "taught": past_classes - len(squadrons) * (UNMARKED_DAYS + 1) + 1,
        }

    def _days_behind(self) -> int:
        return max(DAYS_BEHIND, round(self._past / SEATS_OF_PAST / len(texts("town")["town"])))

    def _homes(self) -> dict[int, int]:
        """Return a room for each squadron, opening a Home in every town that has none."""
        rooms: dict[int, int] = {}
        home_of = {home["town_id"]: home["id"] for home in self._rows.of(Home)}
        for slug, town in self._town.towns.items():
            if town not in home_of:
                home_of[town] = self._rows.add(Home, **_like(self._rows.of(Home)[0], town_id=town, name_zh=slug))
            rooms[self._town.squadrons[slug]] = self._rows.add(
                Room, home_id=home_of[town], name_zh="大教室", name_en="", seats=SEATS
            )
        return rooms

    def _class(self, day: dt.date, squadron: int, room: int, course: int, taken: int, is_over: bool) -> int:
        begins, ends = clock.from_local(day, BEGINS), clock.from_local(day, ENDS)
        made = begins - dt.timedelta(days=30)
        class_id = self._rows.add(
            TrainingClass,
            course_id=course,
            squadron_id=squadron,
            room_id=room,
            capacity=SEATS,
            starts_at=begins,
            ends_at=ends,
            opens_at=made,
            closes_at=begins,
            cancel_until=begins - dt.timedelta(days=1),
            scheduled_at=made,
            published_at=made,
            state=ClassState.PUBLISHED,
            seats_taken=taken,
            last_order_no=taken,
            came=0,
        )
        self._rows.add(Sitting, class_id=class_id, starts_at=begins, ends_at=ends)
        self._rows.add(ReminderRule, class_id=class_id, minutes_before=1440, made_at=made)
        return class_id

    def _deal(self, connection: Connection, people: list[tuple[int, int]]) -> None:
        """Say who sits where: a row for each class with where its seats begin, and one for each person."""
        for statement in TABLES:
            connection.execute(text(statement))
        year_ago = len(self._dealt) - (TOLD_DAYS * 5 // 7 + DAYS_AHEAD) * 12
        connection.execute(
            text("INSERT INTO dealt VALUES (:id, :first, :taken, :of, :base, :over, :marked, :facts, :year)"),
            [
                {
                    "id": id_,
                    "first": first,
                    "taken": taken,
                    "of": self._ever if over else self._present,
                    "base": 0 if over else self._past,
                    "over": int(over),
                    "marked": int(marked),
                    "facts": self._facts(id_) if id_ > year_ago else None,
                    "year": clock.local(self._rows.of(TrainingClass)[id_ - 1]["starts_at"]).year,
                }
                for id_, first, taken, over, marked in self._dealt
            ],
        )
        roster = [{"no": no, "person": p, "firm": e} for no, (p, e) in enumerate(people)]
        connection.execute(text("INSERT INTO roster VALUES (:no, :person, :firm)"), roster)
        connection.execute(text("INSERT INTO place VALUES (:n)"), [{"n": n} for n in range(SEATS)])

    def _facts(self, class_id: int) -> str:
        """Return what notices say of a class, as long as they do."""
        row = self._rows.of(TrainingClass)[class_id - 1]
        course, room = self._rows.of(Course)[row["course_id"] - 1], self._rows.of(Room)[row["room_id"] - 1]
        home = self._rows.of(Home)[room["home_id"] - 1]
        said = {"id": class_id, "title_zh": course["title_zh"], "title_en": course["title_en"]}
        said |= {"room_zh": room["name_zh"], "room_en": room["name_en"], "phone": home["phone"]}
        said |= {f"home_{lang}": home[f"name_{lang}"] for lang in ("zh", "en")}
        said |= {f"address_{lang}": home[f"address_{lang}"] for lang in ("zh", "en")}
        said["sittings"] = [[row["starts_at"].isoformat(), row["ends_at"].isoformat()]]
        path, minutes, at = f"/classes/{class_id}", 1440, row["starts_at"].isoformat()
        return json.dumps({"class_": said, "path": path, "by": None, "sitting_at": at, "minutes_before": minutes})


def _unsafe(connection: Any, _: object) -> None:
    for pragma in ("foreign_keys=OFF", "synchronous=OFF", "journal_mode=WAL", "cache_size=-400000"):
        connection.execute(f"PRAGMA {pragma}")


def _like(row: dict[str, Any], **changed: Any) -> dict[str, Any]:
    return {**{name: value for name, value in row.items() if name != "id"}, **changed}


def _nowhere() -> dict[str, None]:
    return {"enterprise_id": None, "squadron_id": None, "association_id": None}


def _working(today: dt.date, step: int, count: int) -> list[dt.date]:
    """Return the `count` working days after (or before) today, the nearest first."""
    days, day = [], today
    while len(days) < count:
        day += dt.timedelta(days=step)
        if day.isoweekday() < 6:
            days.append(day)
    return days


TABLES = (
    "CREATE TEMP TABLE place (n INTEGER)",
    "CREATE TEMP TABLE roster (no INTEGER PRIMARY KEY, person_id INTEGER, enterprise_id INTEGER)",
    """CREATE TEMP TABLE dealt (class_id INTEGER PRIMARY KEY, first INTEGER, taken INTEGER, people INTEGER, base INTEGER,
    is_over INTEGER, is_marked INTEGER, facts JSON, year INTEGER)""",
)
FILL = (
    """CREATE TEMP TABLE seat AS SELECT d.base + d.first + p.n + 1 AS id, p.n + 1 AS order_no, d.class_id, r.person_id,
    r.enterprise_id, d.is_over, d.is_marked, d.facts, d.year, c.opens_at, c.starts_at, c.ends_at
    FROM dealt d JOIN place p ON p.n < d.taken JOIN roster r ON r.no = (d.first + p.n) % d.people
    JOIN training_class c ON c.id = d.class_id ORDER BY 1""",
    """INSERT INTO enrolment (id, class_id, order_no, seats, made_by, made_at, enterprise_id)
    SELECT id, class_id, order_no, 1, person_id, opens_at, enterprise_id FROM seat ORDER BY id""",
    """INSERT INTO booking (id, enrolment_id, class_id, person_id, state, reason, changed_at, sequence, attended)
    SELECT id, id, class_id, person_id, 'booked', 'asked', opens_at, 0, CASE WHEN is_marked = 1 THEN id % 10 <> 0 END
    FROM seat ORDER BY id""",
    """INSERT INTO attendance (booking_id, sitting_id, mark, half_hours, marked_by, marked_at)
    SELECT id, class_id, CASE WHEN id % 10 <> 0 THEN 'present' ELSE 'absent' END,
    CASE WHEN id % 10 <> 0 THEN 7 ELSE 0 END, :officer, ends_at FROM seat WHERE is_marked = 1 ORDER BY id""",
    """INSERT INTO yearly_hours (person_id, year, half_hours, classes)
    SELECT person_id, year, 7 * count(*), count(*) FROM seat WHERE is_marked = 1 AND id % 10 <> 0 GROUP BY person_id, year""",
    """UPDATE training_class SET came = (SELECT count(*) FROM booking b WHERE b.class_id = training_class.id AND b.attended)""",
    """INSERT INTO event (class_id, at, what, door, actor_id, booking_id, facts)
    SELECT class_id, opens_at, 'booked', 'page', CASE WHEN facts IS NOT NULL THEN person_id END, id, '{}' FROM seat ORDER BY id""",
    """INSERT INTO event (class_id, at, what, door, actor_id, booking_id, facts)
    SELECT class_id, ends_at, 'marked', 'page', NULL, id, '{}' FROM seat WHERE is_marked = 1 ORDER BY id""",
    """INSERT INTO notice (key, kind, person_id, channel, facts, made_at, due_at, state, class_id, booking_id, tries, done_at,
    emptied_at) SELECT 'booked-' || id || '-1-' || person_id, 'booked', person_id, 'mail', coalesce(facts, '{}'),
    opens_at, opens_at, 'sent', class_id, id, 1, opens_at, CASE WHEN facts IS NULL THEN ends_at END FROM seat ORDER BY id""",
    """INSERT INTO notice (key, kind, person_id, channel, facts, made_at, due_at, state, class_id, booking_id, tries, done_at,
    emptied_at) SELECT 'remind-1-' || class_id || '-' || id || '-' || person_id, 'reminder',
    person_id, 'mail', coalesce(facts, '{}'), opens_at, opens_at, 'sent', class_id, id, 1, opens_at,
    CASE WHEN facts IS NULL THEN ends_at END FROM seat WHERE is_over = 1 ORDER BY id""",
    "UPDATE notice SET state = 'failed', error = '550 5.1.1' WHERE booking_id > :bookings - 5",
    """INSERT INTO look (at, actor_id, door, page, class_id)
    SELECT ends_at, :officer, 'page', 'roster', class_id FROM seat WHERE facts IS NOT NULL AND order_no < 10 ORDER BY id""",
)
"""What the seats dealt out become: the rows that the house would have written, in the order in which it would have."""
