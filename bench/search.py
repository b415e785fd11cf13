"""The supermarket's search beside a plain LIKE over the same texts: milliseconds, and how many classes each finds.

Ours reads the texts into memory every ten seconds (`index_again_ms`; the first time it also finds the pinyin) and asks the database only for the ids found; LIKE reads
them in the database each time, and knows neither pinyin nor the beginnings of words.
"""

import datetime as dt
import time
from collections.abc import Callable
from itertools import count
from statistics import median
from typing import Any

from sqlalchemy import func, or_, select

from bench.city import City, a_city
from courses.catalogue import search, shelf
from courses.catalogue.model import Course, Lecturer, Teaching, Topic, TrainingClass
from courses.catalogue.queries import PAGE_SIZE, as_cards
from courses.ground import clock
from courses.ground.db import db, insert_many
from courses.ground.kept import forget_all
from courses.ground.transaction import transaction
from courses.homes.model import Home, Room
from courses.people.model import Person, Town

SIZES = (40, 1_000, 10_000)
WORDS = {"two characters": "废物", "English": "waste", "pinyin": "weixianfeiwu", "initials": "wxfw"}
TIMES = 15


def measure(kind: str, note: Callable[..., None]) -> None:
    with a_city(kind, 100) as city, city.app.app_context():
        for size in SIZES:
            _grow(size)
            forget_all()
            first = _ms(search.matches, "x")
            forget_all()
            note(f"search {kind}, {size} courses and classes", index_ms=first, index_again_ms=_ms(search.matches, "x"))
            for name, word in WORDS.items():
                note(f"search {kind}, {size}, {name}", **_beside(city, word))
        db.session.remove()


def _grow(size: int) -> None:
    """Let there be `size` courses with one class to come each: the demo's texts, each under a number of its own."""
    with transaction():
        there = db.session.scalars(select(Course).order_by(Course.id)).all()
        texts = [{c.key: getattr(one, c.key) for c in Course.__table__.columns if c.key != "id"} for one in there[:40]]
        first = len(there) + 1
        insert_many(
            Course,
            [
                {**texts[n % 40], "id": n, "title_zh": f"{texts[n % 40]['title_zh']}第{n}讲"}
                for n in range(first, size + 1)
            ],
        )
        db.session.query(TrainingClass).update({"state": "called_off"})
        like = db.session.scalars(select(TrainingClass).limit(1)).one()
        row = {c.key: getattr(like, c.key) for c in TrainingClass.__table__.columns if c.key != "id"}
        new = (db.session.scalar(select(func.max(TrainingClass.id))) or 0) + 1
        begins = clock.now() + dt.timedelta(days=30)
        rooms = db.session.scalars(select(Room.id)).all()
        classes = [
            {
                **row,
                "id": new + n,
                "course_id": n + 1,
                "room_id": rooms[n % len(rooms)],
                "state": "published",
                "starts_at": begins + dt.timedelta(minutes=n),
                "ends_at": begins + dt.timedelta(minutes=n + 90),
                "closes_at": begins,
            }
            for n in range(size)
        ]
        insert_many(TrainingClass, classes)
        lecturers = db.session.scalars(select(Lecturer.person_id).order_by(Lecturer.person_id)).all()
        insert_many(
            Teaching,
            [
                {"class_id": one["id"], "person_id": lecturers[n % len(lecturers)]}
                for n, one in zip(count(), classes, strict=False)
            ],
        )
    if db.engine.dialect.name == "sqlite":
        db.session.connection().exec_driver_sql("ANALYZE")


def _beside(city: City, word: str) -> dict[str, float]:
    """Return the milliseconds of the first page of the shelf for a word, and of the same page found by LIKE."""
    at = clock.now()
    filters = shelf.Filters(q=word)
    plain = _like(word)
    return {
        "ours_ms": median(_ms(shelf.shelf, filters, at) for _ in range(TIMES)),
        "like_ms": median(_ms(as_cards, plain.limit(PAGE_SIZE + 1), at=at) for _ in range(TIMES)),
        "ours_finds": len(as_cards(shelf.narrowed(shelf._COMING, filters, at), at=at)),
        "like_finds": len(as_cards(plain, at=at)),
    }


def _like(word: str) -> Any:
    """Return the shelf's statement with every text that our search reads compared by LIKE."""
    of_course = [Course.title_zh, Course.title_en, Course.summary_zh, Course.summary_en]
    of_course += [Course.syllabus_zh, Course.syllabus_en, Topic.name_zh, Topic.name_en]
    of_place = [Room.name_zh, Room.name_en, Home.name_zh, Home.name_en, Town.name_zh, Town.name_en]
    of_lecturer = [Person.name, Person.name_en, Lecturer.institution_zh, Lecturer.institution_en]
    taught = (
        select(Teaching.class_id)
        .join(Lecturer, Lecturer.person_id == Teaching.person_id)
        .join(Person, Person.id == Teaching.person_id)
        .where(or_(*(text.icontains(word) for text in of_lecturer)))
    )
    texts = [text.icontains(word) for text in of_course + of_place]
    return shelf._COMING.where(or_(*texts, TrainingClass.id.in_(taught)))


def _ms(ask: Callable[..., Any], *values: Any, **named: Any) -> float:
    began = time.perf_counter()
    ask(*values, **named)
    return (time.perf_counter() - began) * 1000
