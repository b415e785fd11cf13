"""Who looked at whom: whoever marked a roster had it before them, and that is written down."""

import datetime as dt
from typing import Final

from courses.booking.model import Event
from courses.demo.rows import Rows
from courses.demo.town import Settled
from courses.people.looks import Look

BEFORE_MARKING: Final = dt.timedelta(minutes=8)


def look_around(rows: Rows, town: Settled) -> None:
    """Write down one look of the lecturer at each roster that was marked."""
    marked = {row["class_id"]: row for row in reversed(rows.of(Event)) if row["what"] == "marked"}
    for first in sorted(marked.values(), key=lambda row: row["at"]):
        rows.add(
            Look,
            at=first["at"] - BEFORE_MARKING,
            actor_id=first["actor_id"],
            door="page",
            page="roster",
            class_id=first["class_id"],
            enterprise_id=None,
            town_id=None,
            person_id=None,
        )
