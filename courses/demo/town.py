"""The town itself: its bodies, Homes, courses, enterprises and people, from the texts and the invented names."""

import tomllib
from dataclasses import dataclass, field
from functools import cache
from itertools import chain, repeat
from pathlib import Path
from random import Random
from typing import Any, Final

from courses.catalogue.model import Course, CourseIndustry, Lecturer, Topic
from courses.demo import names
from courses.demo.rows import Rows
from courses.homes.model import Home, Room
from courses.people.model import (
    Association,
    City,
    Enterprise,
    Industry,
    Person,
    Post,
    Role,
    Squadron,
    Town,
)

Entry = dict[str, Any]

CONTENT: Final = Path(__file__).parent / "content"
KEY_UNIT_SHARE: Final = 0.1
# How many managers the largest of the key units have; each of the others has one.
SEVERAL_MANAGERS: Final = (4,) * 10 + (3,) * 15 + (2,) * 25
OWNERS: Final = 40
READS_ENGLISH_SHARE: Final = 0.03


@cache
def texts(name: str) -> Entry:
    """Return what a person wrote: "town", "courses" or "classes"."""
    with (CONTENT / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)


@dataclass(frozen=True)
class Firm:
    """An enterprise; `town` and `industry` are slugs."""

    id: int
    town: str
    industry: str
    is_key_unit: bool


@dataclass(frozen=True)
class Manager:
    """An environmental manager and where they are employed."""

    id: int
    firm: Firm


@dataclass
class Settled:
    """The town, settled: the ids of what was written down, by slug or by address.

    `cast` are those who can sign in, with their names; `owners` are by enterprise; `crowd` are the managers whom
    nobody wrote, free to sit in any class.
    """

    squadrons: dict[str, int] = field(default_factory=dict)
    associations: dict[str, int] = field(default_factory=dict)
    towns: dict[str, int] = field(default_factory=dict)
    industries: dict[str, int] = field(default_factory=dict)
    rooms: dict[str, int] = field(default_factory=dict)
    courses: dict[str, int] = field(default_factory=dict)
    lecturers: dict[str, int] = field(default_factory=dict)
    firms: dict[str, Firm] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)
    cast: dict[int, str] = field(default_factory=dict)
    owners: dict[int, int] = field(default_factory=dict)
    managers: list[Manager] = field(default_factory=list)
    crowd: list[Manager] = field(default_factory=list)

    @property
    def officer(self) -> int:
        """The officer of the cast."""
        return self.people[_officer()["email"]]

    @property
    def served(self) -> int:
        """The squadron of the officer of the cast: it has no other, and the other squadrons have none."""
        return self.squadrons[_officer()["town"]]

    def person(self, local_part: str) -> int:
        """Return the written person with the address `local_part` at the demo domain."""
        return self.people[f"{local_part}@{names.MAIL_DOMAIN}"]


def _officer() -> Entry:
    found: Entry = next(entry for entry in texts("town")["cast"] if entry["role"] == Role.OFFICER)
    return found


def settle(rows: Rows, rng: Random, cast_password_hash: str) -> Settled:
    """Add the whole town except its classes to `rows`. The same seed gives the same town."""
    town = Settled()
    _found_city(rows, town)
    _open_homes(rows, town)
    _fill_shelves(rows, town)
    for entry in texts("town")["enterprise"]:
        _register(rows, town, entry)
    _add_cast(rows, town, cast_password_hash)
    _add_lecturers(rows, town)
    for colleague in texts("town")["colleague"]:
        person = _person(rows, town, colleague)
        _employ(rows, town, person, town.firms[colleague["enterprise"]])
    firms = _invent_firms(rows, town, rng)
    _invent_people(rows, town, rng, firms)
    return town


def _found_city(rows: Rows, town: Settled) -> None:
    text = texts("town")
    known = {column.name for column in City.__table__.columns}
    rows.add(City, is_demo=True, **{name: said for name, said in text["city"].items() if name in known})
    for entry in text["town"]:
        slug = entry["slug"]
        town.squadrons[slug] = rows.add(Squadron, name_zh=entry["squadron_zh"], name_en=entry["squadron_en"])
        if entry["has_association"]:
            town.associations[slug] = rows.add(
                Association, name_zh=entry["association_zh"], name_en=entry["association_en"]
            )
        town.towns[slug] = rows.add(
            Town,
            name_zh=entry["name_zh"],
            name_en=entry["name_en"],
            squadron_id=town.squadrons[slug],
            association_id=town.associations.get(slug),
        )
    for entry in text["industry"]:
        town.industries[entry["slug"]] = rows.add(
            Industry, slug=entry["slug"], name_zh=entry["name_zh"], name_en=entry["name_en"]
        )


def _open_homes(rows: Rows, town: Settled) -> None:
    for home in texts("town")["home"]:
        home_id = rows.add(
            Home,
            town_id=town.towns[home["town"]],
            name_zh=home["name_zh"],
            name_en=home["name_en"],
            address_zh=home["address_zh"],
            address_en=home["address_en"],
            phone=home["telephone"],
            latitude=home["latitude"],
            longitude=home["longitude"],
        )
        for room in home["room"]:
            town.rooms[room["slug"]] = rows.add(
                Room, home_id=home_id, name_zh=room["name_zh"], name_en=room["name_en"], seats=room["seats"]
            )


def _fill_shelves(rows: Rows, town: Settled) -> None:
    text = texts("courses")
    topics = {
        topic["slug"]: rows.add(
            Topic, slug=topic["slug"], name_zh=topic["name_zh"], name_en=topic["name_en"], position=position
        )
        for position, topic in enumerate(text["topic"])
    }
    for course in text["course"]:
        worded = {f"{part}_{language}" for part in ("title", "summary", "syllabus") for language in ("zh", "en")}
        town.courses[course["slug"]] = rows.add(
            Course,
            topic_id=topics[course["topic"]],
            for_key_units=course["key_units"],
            **{name: course[name].strip() for name in sorted(worded)},
        )
        for industry in course.get("industries", ()):
            rows.add(
                CourseIndustry,
                course_id=town.courses[course["slug"]],
                industry_id=town.industries[industry],
            )


def _register(rows: Rows, town: Settled, entry: Entry) -> Firm:
    id_ = rows.add(
        Enterprise,
        credit_code=entry["credit_code"],
        name_zh=entry["name_zh"],
        name_en=entry["name_en"],
        town_id=town.towns[entry["town"]],
        industry_id=town.industries[entry["industry"]],
        is_key_unit=entry["key_unit"],
    )
    firm = Firm(id_, entry["town"], entry["industry"], entry["key_unit"])
    town.firms[entry.get("slug") or entry["credit_code"]] = firm
    return firm


def _person(rows: Rows, town: Settled, entry: Entry, password_hash: str | None = None) -> int:
    id_ = rows.add(
        Person,
        name=entry["name"],
        name_en=entry["name_en"],
        email=entry["email"],
        mobile=entry.get("mobile"),
        language=entry.get("language", "zh"),
        password_hash=password_hash,
    )
    town.people[entry["email"]] = id_
    return id_


def _post(rows: Rows, person_id: int, role: Role, **place: int | None) -> None:
    everywhere: dict[str, int | None] = {"enterprise_id": None, "squadron_id": None, "association_id": None}
    rows.add(Post, person_id=person_id, role=role, **(everywhere | place))


def _employ(rows: Rows, town: Settled, person_id: int, firm: Firm) -> Manager:
    _post(rows, person_id, Role.MANAGER, enterprise_id=firm.id)
    manager = Manager(person_id, firm)
    town.managers.append(manager)
    return manager


def _add_cast(rows: Rows, town: Settled, password_hash: str) -> None:
    for entry in texts("town")["cast"]:
        person = _person(rows, town, entry, password_hash)
        town.cast[person] = entry["name"]
        match Role(entry["role"]):
            case Role.MANAGER:
                _employ(rows, town, person, town.firms[entry["enterprise"]])
            case Role.OWNER as role:
                firm = town.firms[entry["enterprise"]]
                _post(rows, person, role, enterprise_id=firm.id)
                town.owners[firm.id] = person
            case Role.OFFICER as role:
                _post(rows, person, role, squadron_id=town.squadrons[entry["town"]])
            case Role.ASSOCIATION as role:
                _post(rows, person, role, association_id=town.associations[entry["town"]])
            case role:
                _post(rows, person, role)


def _add_lecturers(rows: Rows, town: Settled) -> None:
    """Add the lecturers; one of them is of the cast, and has the post already."""
    for entry in texts("town")["lecturer"]:
        person = town.people.get(entry["email"])
        if person is None:
            person = _person(rows, town, {**entry, "name": entry["name_zh"]})
            _post(rows, person, Role.LECTURER)
        rows.add(
            Lecturer,
            person_id=person,
            institution_zh=entry["institution_zh"],
            institution_en=entry["institution_en"],
            bio_zh=f"{entry['title_zh']}。{entry['bio_zh']}",
            bio_en=f"{entry['title_en']}. {entry['bio_en']}",
        )
        town.lecturers[entry["slug"]] = person


def _invent_firms(rows: Rows, town: Settled, rng: Random) -> list[Firm]:
    """Register the enterprises of the community and those elsewhere, as many as the figures say."""
    text = texts("town")
    figures, community = text["figures"], text["community"]
    homes_of = {entry["slug"]: entry["towns"] for entry in text["industry"]}
    inside = [(industry, community["town"]) for industry in community["industries"]]
    elsewhere = [industry for industry in homes_of if industry not in community["industries"]]
    written = len(text["enterprise"])
    where = [inside[n % len(inside)] for n in range(figures["community_enterprises"] - written)]
    for n in range(figures["other_enterprises"]):
        industry = elsewhere[n % len(elsewhere)]
        towns = homes_of[industry]
        where.append((industry, rng.choices(towns, range(len(towns), 0, -1))[0]))
    named = names.enterprise_names(rng, len(where), [industry for industry, _ in where])
    named[-1] = _written_otherwise(named)
    codes = names.credit_codes(rng, len(where))
    return [
        _register(
            rows,
            town,
            {
                "credit_code": code,
                "name_zh": zh,
                "name_en": en,
                "town": town_slug,
                "industry": industry,
                "key_unit": rng.random() < KEY_UNIT_SHARE,
            },
        )
        for (industry, town_slug), (zh, en), code in zip(where, named, codes, strict=True)
    ]


def _written_otherwise(named: list[tuple[str, str]]) -> tuple[str, str]:
    """Return the last name once more without its form, as someone in a hurry registers an enterprise twice."""
    zh, en = next(pair for pair in reversed(named[:-1]) if pair[1].endswith("Co., Ltd."))
    return zh.removesuffix("有限公司"), en


def _invent_people(rows: Rows, town: Settled, rng: Random, firms: list[Firm]) -> None:
    """Give the city as many managers as the figures say, and some of the larger enterprises an owner."""
    posts = _places(rng, firms, texts("town")["figures"]["managers"] - len(town.managers))
    owned = list(dict.fromkeys(posts))[:OWNERS]
    known = {row["name"] for row in rows.of(Person)}
    wanted = len(posts) + len(owned)
    named = [pair for pair in names.person_names(rng, wanted + len(known)) if pair[0] not in known][:wanted]
    people = [
        _person(
            rows,
            town,
            {
                "name": zh,
                "name_en": en,
                "email": email,
                "language": "en" if rng.random() < READS_ENGLISH_SHARE else "zh",
            },
        )
        for (zh, en), email in zip(named, names.emails(named), strict=True)
    ]
    for person, firm in zip(people, posts, strict=False):
        town.crowd.append(_employ(rows, town, person, firm))
    for person, firm in zip(people[len(posts) :], owned, strict=True):
        _post(rows, person, Role.OWNER, enterprise_id=firm.id)
        town.owners[firm.id] = person


def _places(rng: Random, firms: list[Firm], wanted: int) -> list[Firm]:
    """Return the employer of each manager to be: key units first, the largest of them with several managers; then
    others, one each, as far as it goes. Some enterprises have none."""
    shuffled = rng.sample(firms, len(firms))
    key_units = [firm for firm in shuffled if firm.is_key_unit]
    places = [
        firm
        for firm, managers in zip(key_units, chain(SEVERAL_MANAGERS, repeat(1)), strict=False)
        for _ in range(managers)
    ]
    places += [firm for firm in shuffled if not firm.is_key_unit]
    return places[:wanted]
