"""Whom the rows of a list mean: each beside the others and beside what is known. No database here.

A person is known by mobile number or e-mail address, or else by name within the enterprise.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from courses.bulk.model import Outcome
from courses.bulk.sheet import Row
from courses.ground.columns import folded
from courses.people import identity
from courses.people.model import Enterprise


class Reach(NamedTuple):
    """Whose people the sender may enrol: those of their own enterprise, or of the enterprises of these towns; and in
    which of the two they may invite."""

    enterprise_id: int | None
    towns: frozenset[int]
    may_invite: bool

    def takes_in(self, firm: Enterprise) -> bool:
        return firm.id == self.enterprise_id if self.enterprise_id else firm.town_id in self.towns


class KnownPerson(NamedTuple):
    """Someone whom a row could mean; `enterprise_id` is None for those who are of none."""

    id: int
    name: str
    name_en: str
    mobile: str | None
    email: str | None
    has_left: bool
    enterprise_id: int | None


class Known:
    """What stands in the records of what the rows name, each name folded once: a list is judged under the lock of its
    class."""

    def __init__(self, firms: Iterable[Enterprise], people: Iterable[KnownPerson]) -> None:
        self.firms = {firm.id: firm for firm in firms}
        self._firms: dict[str, list[Enterprise]] = {}
        for firm in self.firms.values():
            for called in _folded(firm.credit_code, firm.name_zh, firm.name_en):
                self._firms.setdefault(called, []).append(firm)
        self._reached: dict[str, list[KnownPerson]] = {}
        self._people: dict[tuple[int | None, str], list[KnownPerson]] = {}
        for person in people:
            for contact in filter(None, (person.mobile, person.email)):
                self._reached.setdefault(contact, []).append(person)
            for called in _folded(person.name, person.name_en):
                self._people.setdefault((person.enterprise_id, called), []).append(person)

    def firms_called(self, said: str) -> Sequence[Enterprise]:
        return self._firms.get(folded(said), ())

    def reached(self, contacts: Iterable[str]) -> list[KnownPerson]:
        """Return whose numbers or addresses these are, each person once."""
        return list({person.id: person for contact in contacts for person in self._reached.get(contact, ())}.values())

    def called(self, name: str, firm: Enterprise) -> Sequence[KnownPerson]:
        """Return those of an enterprise who have this name."""
        return self._people.get((firm.id, folded(name)), ())


def _folded(*names: str) -> set[str]:
    return {folded(name) for name in names} - {""}


@dataclass
class Judged:
    """One row with whom it means, and what came of it."""

    number: int
    cells: Mapping[str, str]
    name: str = ""
    mobile: str | None = None
    email: str | None = None
    person_id: int | None = None
    firm: Enterprise | None = None
    is_new: bool = False
    outcome: Outcome | None = None
    place: int | None = None
    why: str = ""
    facts: dict[str, Any] = field(default_factory=dict)

    def refuse(self, why: str, **facts: Any) -> None:
        self.outcome, self.why, self.facts, self.is_new = Outcome.WRONG, why, facts, False

    @property
    def is_meant(self) -> bool:
        """Whether it is clear whom the row means."""
        return self.outcome is None

    @property
    def contacts(self) -> list[str]:
        return [contact for contact in (self.mobile, self.email) if contact]


def read(rows: Sequence[Row]) -> list[Judged]:
    """Return the rows with their numbers and addresses as they are kept; the others say what is wrong with them."""
    judged = [Judged(row.number, row.cells) for row in rows]
    for one in judged:
        _read(one)
    return judged


def _read(row: Judged) -> None:
    if not {"name", "mobile", "email"} & row.cells.keys():
        row.refuse("nobody_named")
        return
    for name, stored in (("name", identity.name), ("mobile", identity.mobile), ("email", identity.email)):
        try:
            setattr(row, name, stored(row.cells[name]) if name in row.cells else getattr(row, name))
        except ValueError:
            row.refuse(f"{name}_wrong")


def resolve(rows: Sequence[Judged], reach: Reach, known: Known) -> None:
    """Say of each row whom it means, or why that is not clear."""
    for row in rows:
        reached = known.reached(row.contacts) if row.is_meant else []
        if row.is_meant:
            _name_firm(row, reach, known, reached)
        if row.is_meant:
            _name_person(row, reach, known, reached)
    _refuse_doubles(rows)


def _name_firm(row: Judged, reach: Reach, known: Known, reached: Sequence[KnownPerson]) -> None:
    """Say of which enterprise the row is: as it says, else the sender's own, else that of whom it reaches."""
    said = row.cells.get("enterprise", "")
    if said:
        firms = known.firms_called(said)
    else:
        of_person = reached[0].enterprise_id if len(reached) == 1 else None
        own = known.firms.get(reach.enterprise_id or of_person or 0)
        firms = [own] if own else []
    ours = [firm for firm in firms if reach.takes_in(firm)]
    if not ours:
        missing = "firm_needed" if not said else "firm_unknown"
        row.refuse("not_own" if said and reach.enterprise_id else "not_of_town" if firms else missing, said=said)
    elif len(ours) > 1:
        row.refuse("firms_alike", said=said)
    else:
        row.firm = ours[0]


def _name_person(row: Judged, reach: Reach, known: Known, reached: Sequence[KnownPerson]) -> None:
    assert row.firm is not None  # _name_firm
    if len(reached) > 1:
        row.refuse("two_people")
    elif reached:
        _take(row, reached[0], known)
    else:
        _look_for_name(row, reach, known)


def _take(row: Judged, person: KnownPerson, known: Known) -> None:
    """Take who has the number or the address of the row, unless that is somebody else's person."""
    assert row.firm is not None
    if person.has_left:
        row.refuse("has_left")
    elif person.enterprise_id != row.firm.id:
        row.refuse("elsewhere")
    elif row.name and person not in known.called(row.name, row.firm):
        row.refuse("other_name", name=person.name)
    else:
        row.person_id = person.id


def _look_for_name(row: Judged, reach: Reach, known: Known) -> None:
    """Take who has the name of the row in its enterprise, and no other number or address than it says; else someone new
    will be invited."""
    assert row.firm is not None
    alike = [person for person in known.called(row.name, row.firm) if not person.has_left]
    fit = [person for person in alike if _fits(row, person)]
    if len(fit) == 1:
        row.person_id = fit[0].id
    elif fit:
        row.refuse("several", count=len(fit))
    elif alike:
        row.refuse("other_contact")
    elif not row.name:
        row.refuse("name_needed")
    elif not row.contacts:
        row.refuse("unknown_unreached")
    elif not reach.may_invite:
        row.refuse("unknown")
    else:
        row.is_new = True


def _fits(row: Judged, person: KnownPerson) -> bool:
    pairs = ((row.mobile, person.mobile), (row.email, person.email))
    return all(not ours or not theirs or ours == theirs for ours, theirs in pairs)


def _refuse_doubles(rows: Sequence[Judged]) -> None:
    """Of several rows about one person the first counts."""
    seen: dict[Any, int] = {}
    for row in rows:
        if not row.is_meant:
            continue
        keys = row.contacts if row.is_new else [row.person_id]
        first = min((seen[key] for key in keys if key in seen), default=None)
        if first is not None:
            row.refuse("double", row=first)
        for key in keys:
            seen.setdefault(key, row.number)
