"""Search: which courses, rooms and lecturers a visitor's words mean.

Words are looked for in titles, topics, summaries and syllabuses, in names and institutions of lecturers, and in the
names of rooms, Homes and towns: Chinese as it stands (two characters are enough, and words need no spaces between
them), English from the beginning of a word, pinyin in full or by initials where something has a name. What is
searched is a city's few hundred courses: they are read into memory every few seconds, so that no other room has an
index to keep, and both databases answer alike.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import select

from courses.catalogue.model import Course, Lecturer, Topic
from courses.ground.db import db
from courses.ground.kept import kept
from courses.ground.pinyin import Syllables, folded, spells, syllables, syllables_of_name
from courses.homes.model import Home, Room
from courses.people.model import Person, Town

SHORT = 2  # Latin letters: "an" stands in every English text, so that it is looked for in names alone


class Entry(NamedTuple):
    """Something that can be found: by its names, their sounds, and the texts about it."""

    id: int
    names: str
    texts: str
    sounds: tuple[Syllables, ...]


@dataclass(frozen=True)
class Index:
    courses: Sequence[Entry]
    rooms: Sequence[Entry]
    lecturers: Sequence[Entry]


class Match(NamedTuple):
    """What one word means, by ids. A class fits it by its course, its room or a lecturer."""

    courses: list[int]
    rooms: list[int]
    lecturers: list[int]


def matches(q: str) -> list[Match]:
    """Return what each word of `q` means; a class or course is found when it fits all of them."""
    index = _index()
    return [
        Match(_ids(word, index.courses), _ids(word, index.rooms), _ids(word, index.lecturers))
        for word in _words(q, index)
    ]


def courses_found(q: str) -> set[int] | None:
    """Return the ids of the courses that every word of `q` means; None when there is no word."""
    index = _index()
    found = [set(_ids(word, index.courses)) for word in _words(q, index)]
    return set.intersection(*found) if found else None


def _ids(word: str, entries: Iterable[Entry]) -> list[int]:
    return [entry.id for entry in entries if _means(word, entry)]


def _means(word: str, entry: Entry) -> bool:
    if not word.isascii():
        return word in entry.names or word in entry.texts
    if _has_word(word, entry.names) or (len(word) > SHORT and _has_word(word, entry.texts)):
        return True
    letters = word.replace("'", "")
    return letters.isalnum() and any(spells(letters, sounds) for sounds in entry.sounds)


def _has_word(word: str, text: str) -> bool:
    """Return whether a word in `text` begins with `word`, or is it, where it is short."""
    if word not in text:
        return False
    end = r"(?![a-z0-9])" if len(word) <= SHORT else ""
    return re.search(rf"(?<![a-z0-9]){re.escape(word)}{end}", text) is not None


def _words(q: str, index: Index) -> list[str]:
    return [part for word in folded(q).split() for part in _parts(word, index)]


def _parts(word: str, index: Index) -> list[str]:
    """Return `word`, or the words it is made of: Chinese is typed without spaces (海昌危险废物)."""
    if word.isascii() or _is_known(word, index):
        return [word]
    for cut in range(len(word) - 2, 1, -1):
        if _is_known(word[:cut], index):
            rest = _parts(word[cut:], index)
            if all(_is_known(part, index) for part in rest):
                return [word[:cut], *rest]
    return [word]


def _is_known(word: str, index: Index) -> bool:
    return any(_means(word, entry) for entries in (index.courses, index.rooms, index.lecturers) for entry in entries)


@kept(10)
def _index() -> Index:
    """Return everything that can be found, as it was up to ten seconds ago."""
    return Index(_courses(), _rooms(), _lecturers())


def _courses() -> list[Entry]:
    statement = select(
        Course.id,
        Course.title_zh,
        Topic.name_zh,
        Course.title_en,
        Topic.name_en,
        Course.summary_zh,
        Course.summary_en,
        Course.syllabus_zh,
        Course.syllabus_en,
    ).join(Topic, Topic.id == Course.topic_id)
    return [
        Entry(row[0], _text(*row[1:5]), _text(*row[5:]), (syllables(row[1]), syllables(row[2])))
        for row in db.session.execute(statement)
    ]


def _rooms() -> list[Entry]:
    statement = (
        select(Room.id, Room.name_zh, Home.name_zh, Town.name_zh, Room.name_en, Home.name_en, Town.name_en)
        .join(Home, Home.id == Room.home_id)
        .join(Town, Town.id == Home.town_id)
    )
    return [
        Entry(row[0], _text(*row[1:]), "", tuple(syllables(name) for name in row[1:4]))
        for row in db.session.execute(statement)
    ]


def _lecturers() -> list[Entry]:
    statement = select(Person.id, Person.name, Person.name_en, Lecturer.institution_zh, Lecturer.institution_en).join(
        Lecturer, Lecturer.person_id == Person.id
    )
    return [
        Entry(id_, _text(name, *more), "", (syllables_of_name(name), syllables(more[1])))
        for id_, name, *more in db.session.execute(statement)
    ]


def _text(*texts: str) -> str:
    return folded("\n".join(texts))
