"""Managers who want to be told when a course gets a class, with the towns and half-days that suit them."""

import datetime as dt
from random import Random

from courses.catalogue.model import HALF_DAYS, Interest
from courses.demo.rows import Rows
from courses.demo.town import Settled

ASKED_FOR = {"dust-control": 14, "voc-leather": 9}
LIKED = HALF_DAYS[:10:2] * 2 + HALF_DAYS[1:10:2]  # working days, mornings rather than afternoons


def ask_to_be_told(rows: Rows, town: Settled, at: dt.datetime, rng: Random) -> None:
    """Let some of the crowd ask in the last three weeks; every fourth says nothing of what would suit."""
    for slug, people in ASKED_FOR.items():
        for number, manager in enumerate(rng.sample(town.crowd, people)):
            near = {town.towns[manager.firm.town], rng.choice(list(town.towns.values()))}
            halves = set(rng.choices(LIKED, k=2))
            rows.add(
                Interest,
                course_id=town.courses[slug],
                person_id=manager.id,
                made_at=at - dt.timedelta(days=rng.randrange(1, 21), hours=rng.randrange(9)),
                towns=sorted(near) if number % 4 else [],
                half_days=[half for half in HALF_DAYS if half in halves] if number % 4 else [],
            )
