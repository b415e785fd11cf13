"""What a sheet would do: each row judged beside the others and beside what is known. No database here.

An enterprise is known by its credit code, a person by mobile number or e-mail address. Several rows may name people of
one enterprise; they must not contradict each other. Who has an account keeps the name and the contacts they chose.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from courses.people.model import Role
from courses.setup.model import Outcome

# The column of a sheet and the column of the enterprise that it fills.
OF_ENTERPRISE: Final = {
    "enterprise": "name_zh",
    "enterprise_en": "name_en",
    "town": "town_id",
    "industry": "industry_id",
    "key_unit": "is_key_unit",
}
OF_PERSON: Final = {"person": "name", "person_en": "name_en", "mobile": "mobile", "email": "email"}
MAY_COMPLETE: Final = ("name_en", "mobile", "email")  # of who has an account, where nothing stands yet


class KnownPerson(NamedTuple):
    """Someone with a number or an address of the sheet; `posts` are pairs of role and enterprise."""

    id: int
    row: Mapping[str, Any]
    has_account: bool
    has_left: bool
    posts: frozenset[tuple[Role, int | None]]
    place: str


@dataclass(frozen=True)
class Known:
    """What stands in the database of what the sheet names."""

    enterprises: Mapping[str, Mapping[str, Any]]
    by_mobile: Mapping[str, KnownPerson]
    by_email: Mapping[str, KnownPerson]


@dataclass
class Judged:
    """One row with what came of it."""

    id: int
    number: int
    values: Mapping[str, Any]
    faults: dict[str, Any]
    changes: dict[str, Any] = field(default_factory=dict)
    outcome: Outcome = Outcome.UNCHANGED
    person_id: int | None = None


@dataclass
class Plan:
    """Everything that is to be written. New people are known by their row until they have an id."""

    rows: list[Judged]
    new_enterprises: dict[str, dict[str, Any]] = field(default_factory=dict)
    changed_enterprises: list[dict[str, Any]] = field(default_factory=list)
    new_people: list[tuple[Judged, dict[str, Any]]] = field(default_factory=list)
    changed_people: list[dict[str, Any]] = field(default_factory=list)
    new_posts: list[Judged] = field(default_factory=list)

    def count(self, outcome: Outcome) -> int:
        return sum(row.outcome == outcome for row in self.rows)


@dataclass
class _Seen:
    """Which rows spoke of what so far."""

    enterprises: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    mobiles: dict[str, int] = field(default_factory=dict)
    emails: dict[str, int] = field(default_factory=dict)


def planned(rows: Sequence[Judged], known: Known) -> Plan:
    """Return what right rows would do, and what is wrong with the others."""
    plan, seen = Plan(list(rows)), _Seen()
    for row in rows:
        _refuse_against_others(row, seen, known)
        person = None if row.faults else _person_of(row, known)
        if row.faults:
            row.outcome = Outcome.WRONG
            continue
        _note(row, seen, plan, known)
        if "person" in row.values:
            _plan_person(row, person, plan, known)
    return plan


def _refuse_against_others(row: Judged, seen: _Seen, known: Known) -> None:
    code = row.values.get("credit_code")
    if code is None:
        return
    if code not in known.enterprises and code not in seen.enterprises and "enterprise" not in row.values:
        row.faults.setdefault("enterprise", ("missing_name", {}))
    if code in seen.enterprises:
        number, said = seen.enterprises[code]
        for name in OF_ENTERPRISE:
            if name in row.values and name in said and row.values[name] != said[name]:
                row.faults.setdefault(name, ("says_otherwise", {"row": number}))
        if "person" not in row.values:
            row.faults.setdefault("credit_code", ("code_again", {"row": number}))
    for name, numbers in (("mobile", seen.mobiles), ("email", seen.emails)):
        if row.values.get(name) in numbers:
            row.faults.setdefault(name, (f"{name}_again", {"row": numbers[row.values[name]]}))


def _person_of(row: Judged, known: Known) -> KnownPerson | None:
    """Return whom the row means, if they are known; a fault when that is somebody else's person."""
    mobile, email = row.values.get("mobile"), row.values.get("email")
    by_mobile, by_email = known.by_mobile.get(mobile or ""), known.by_email.get(email or "")
    if by_mobile and by_email and by_mobile.id != by_email.id:
        row.faults["email"] = ("two_people", {})
        return None
    person = by_mobile or by_email
    if person is None:
        return None
    enterprise = known.enterprises.get(row.values["credit_code"])
    at = "mobile" if by_mobile else "email"
    others = {place for _, place in person.posts if enterprise is None or place != enterprise["id"]}
    if person.has_left:
        row.faults[at] = ("has_left", {})
    elif None in others:
        row.faults[at] = ("serves", {"person": person.row["name"]})
    elif others:
        row.faults[at] = ("elsewhere", {"person": person.row["name"], "place": person.place})
    return person


def _note(row: Judged, seen: _Seen, plan: Plan, known: Known) -> None:
    """Take up what the row says of its enterprise, and remember whose numbers it has."""
    code = row.values["credit_code"]
    said = {name: row.values[name] for name in OF_ENTERPRISE if name in row.values}
    columns = {OF_ENTERPRISE[name]: value for name, value in said.items()}
    if code in plan.new_enterprises:
        plan.new_enterprises[code] |= columns
        row.outcome = Outcome.UNCHANGED
    elif code not in known.enterprises:
        plan.new_enterprises[code] = columns
        row.outcome = Outcome.NEW
    else:
        there = known.enterprises[code]
        earlier = seen.enterprises[code][1] if code in seen.enterprises else {}
        row.changes = {
            name: there[OF_ENTERPRISE[name]]
            for name, value in said.items()
            if name not in earlier and there[OF_ENTERPRISE[name]] != value
        }
        if row.changes:
            changed = {OF_ENTERPRISE[name]: row.values[name] for name in row.changes}
            plan.changed_enterprises.append({"id": there["id"], **changed})
            row.outcome = Outcome.UPDATED
    number, before = seen.enterprises.get(code, (row.number, {}))
    seen.enterprises[code] = number, before | said
    for name, numbers in (("mobile", seen.mobiles), ("email", seen.emails)):
        if name in row.values:
            numbers[row.values[name]] = row.number


def _plan_person(row: Judged, person: KnownPerson | None, plan: Plan, known: Known) -> None:
    said = {OF_PERSON[name]: row.values[name] for name in OF_PERSON if name in row.values}
    if person is None:
        plan.new_people.append((row, said))
        plan.new_posts.append(row)
        row.outcome = Outcome.NEW
        return
    row.person_id = person.id
    changed = {name: value for name, value in said.items() if person.row[name] != value}
    if person.has_account:
        changed = {name: value for name, value in changed.items() if name in MAY_COMPLETE and not person.row[name]}
    if changed:
        plan.changed_people.append({"id": person.id, **changed})
        row.changes |= {name: person.row[column] for name, column in OF_PERSON.items() if column in changed}
    if not any(role == row.values["role"] for role, _ in person.posts):
        plan.new_posts.append(row)
        row.changes["role"] = ""
    if row.changes and row.outcome == Outcome.UNCHANGED:
        row.outcome = Outcome.UPDATED
