"""Who of a queue gets a seat: decided here alone, for promotion, draw, list, merge and whoever asks. No database.

Only where there is nothing to decide nobody asks it: when no one waits, no seats are kept, and all who ask together
fit and are not on standby, `book.ask` gives them the seats at once.

The groups are looked at in their order, and each gets seats for all of its members, or for so many as it says is
enough (`least`), the first of the request first. A member takes a seat kept for such as they are, of the first share
that has one, else one that is kept for nobody.

A group that cannot sit for a reason of its own (a seat elsewhere at that hour, the limit of its enterprise, larger
than the class) is passed over and holds nobody back. One for which there are too few seats waits, and nobody behind it
takes a seat that it could use, unless the class fills gaps: then it is passed over too.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

OPEN = 0
"""The pool of the seats that are kept for nobody; that of a share has the share's id."""

TOO_LARGE, CLASH = "too_large", "clash"
NO_ROOM, KEPT = "no_room", "kept"
"""There are too few seats; there would be enough, but they are kept for others."""


class Member(NamedTuple):
    """One of a group: `shares` are those whose seats they may take, in the order in which the class names them."""

    booking: int
    clash: bool = False
    shares: tuple[int, ...] = ()


class Group(NamedTuple):
    """Who asked together, in the order of the request. Below `least` seats they want none."""

    members: Sequence[Member]
    least: int
    enterprise: int | None = None


class Limit(NamedTuple):
    """How many seats one enterprise can have, how many each has, and what it is called when it is in the way."""

    why: str
    seats: int
    taken: Mapping[int, int]


class Seats(NamedTuple):
    """What there is to give: `free` seats by pool, and by which rules."""

    capacity: int
    free: Mapping[int, int]
    limits: Collection[Limit] = ()
    fills_gaps: bool = False


class Verdict(NamedTuple):
    """Who of a group sits, and from which pool; and `why` those of it who do not were passed over. Where neither says
    anything, it waits for its turn.

    `wants`: the pools that could serve those of it who wait for room.
    """

    seated: Mapping[int, int]
    why: str = ""
    wants: frozenset[int] = frozenset()


def pools(capacity: int, taken: int, shares: Mapping[int, int], taken_of: Mapping[int, int]) -> dict[int, int]:
    """Return the free seats by pool: of each share what of its seats is not taken, and the rest for everyone."""
    kept = {share: max(seats - taken_of.get(share, 0), 0) for share, seats in shares.items()}
    return {OPEN: max(capacity - taken - sum(kept.values()), 0)} | kept


def seat(seats: Seats, waiting: Iterable[Group]) -> list[Verdict]:
    """Return a verdict for each group in order, as far as there is anything left to give."""
    free, closed, had = Counter(seats.free), set[int](), Counter[int | None]()
    verdicts: list[Verdict] = []
    for group in waiting:
        if not any(free[pool] for pool in free.keys() - closed):
            break
        verdict = _look_at(group, seats, free, closed, had[group.enterprise])
        verdicts.append(verdict)
        free.subtract(verdict.seated.values())
        had[group.enterprise] += len(verdict.seated)
        if not seats.fills_gaps:
            closed |= verdict.wants
    return _overtaken(verdicts)


def _look_at(group: Group, seats: Seats, free: Counter[int], closed: set[int], had: int) -> Verdict:
    able = [member for member in group.members if not member.clash]
    left, limit = _left(group, seats, had)
    if group.least > seats.capacity:
        return Verdict({}, TOO_LARGE)
    if len(able) < group.least:
        return Verdict({}, CLASH)
    if left < group.least:
        return Verdict({}, limit)
    seated = _pick(able, left, {pool: number for pool, number in free.items() if pool not in closed})
    if len(seated) < group.least:
        return Verdict({}, _why_no_room(group, able, left, free), _usable(able))
    rest = [member for member in able if member.booking not in seated]
    if len(seated) == left:
        return Verdict(seated, limit if rest else "")
    return Verdict(seated, CLASH if not rest and len(seated) < len(group.members) else "", _usable(rest))


def _why_no_room(group: Group, able: Sequence[Member], left: int, free: Counter[int]) -> str:
    """Say why there are too few seats: they are kept for others, or are not there. Nothing, where only the order of the
    queue keeps the group from them."""
    if len(_pick(able, left, dict(free))) >= group.least:
        return ""
    return KEPT if free.total() >= group.least else NO_ROOM


def _left(group: Group, seats: Seats, had: int) -> tuple[int, str]:
    """Return how many seats the group's enterprise may still have, and the limit that says so."""
    if group.enterprise is None:
        return len(group.members), ""
    limits = [(limit.seats - limit.taken.get(group.enterprise, 0) - had, limit.why) for limit in seats.limits]
    return min(limits, default=(len(group.members), ""))


def _pick(members: Iterable[Member], most: int, free: dict[int, int]) -> dict[int, int]:
    """Return from which pool each of the members gets a seat, as far as there are any."""
    seated: dict[int, int] = {}
    for member in members:
        pool = next((pool for pool in (*member.shares, OPEN) if free.get(pool)), None)
        if pool is not None and len(seated) < most:
            seated[member.booking] = pool
            free[pool] -= 1
    return seated


def _usable(members: Iterable[Member]) -> frozenset[int]:
    return frozenset(pool for member in members for pool in (*member.shares, OPEN))


def _overtaken(verdicts: list[Verdict]) -> list[Verdict]:
    """Who waits for room was passed over only if someone behind them got a seat."""
    last = max((number for number, verdict in enumerate(verdicts) if verdict.seated), default=-1)
    return [
        verdict._replace(why="") if verdict.wants and number > last else verdict
        for number, verdict in enumerate(verdicts)
    ]
