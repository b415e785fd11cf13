"""The columns of a sheet that comes in: what their heads may be called, and which cell of a row is whose."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from courses.ground.language import LANGUAGES, speaking


class Column(NamedTuple):
    """One column: its head in the reader's language, and other heads under which it arrives."""

    name: str
    head: Any
    also: tuple[str, ...] = ()
    needed: bool = False


def matched(columns: Sequence[Column], heads: Sequence[str]) -> dict[str, int]:
    """Return in which place of the sheet each column stands, by its head in either language. What two heads could mean
    is left for a person to say."""
    return {name: places[0] for name, places in places_of(columns, heads).items() if len(places) == 1}


def doubled(columns: Sequence[Column], heads: Sequence[str]) -> frozenset[str]:
    """Return the columns that more than one head could mean."""
    return frozenset(name for name, places in places_of(columns, heads).items() if len(places) > 1)


def places_of(columns: Sequence[Column], heads: Sequence[str]) -> dict[str, list[int]]:
    """Return all places in which each column could stand."""
    known, found = _known_heads(columns), dict[str, list[int]]()
    for place, head in enumerate(heads):
        if name := known.get(folded(head)):
            found.setdefault(name, []).append(place)
    return found


def _known_heads(columns: Iterable[Column]) -> dict[str, str]:
    known = {folded(word): column.name for column in columns for word in column.also}
    for language in LANGUAGES:
        with speaking(language):
            known |= {folded(str(column.head)): column.name for column in columns}
    return known


def folded(words: str) -> str:
    """Return words without what people write differently: case, width, spaces, marks."""
    plain = unicodedata.normalize("NFKC", words).casefold()
    return "".join(sign for sign in plain if sign.isalnum())


def cells_of(row: Sequence[str], matching: Mapping[str, int]) -> dict[str, str]:
    """Return a row's cells by column, those that say something."""
    found = {name: row[place] for name, place in matching.items() if place < len(row)}
    return {name: cell for name, cell in found.items() if cell.strip()}
