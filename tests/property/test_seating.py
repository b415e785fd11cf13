"""Who of a queue gets a seat, whatever the class, the queue and the rules: seating.py alone, without a database."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from courses.booking.seating import (
    CLASH,
    KEPT,
    NO_ROOM,
    OPEN,
    TOO_LARGE,
    Group,
    Limit,
    Member,
    Seats,
    Verdict,
    pools,
    seat,
)

SHARES = (1, 2)
free_seats = st.fixed_dictionaries({OPEN: st.integers(0, 5)}, optional={share: st.integers(0, 3) for share in SHARES})
kinds = st.lists(st.sampled_from(SHARES), unique=True, max_size=2).map(tuple)


@st.composite
def queues(draw: st.DrawFn) -> list[Group]:
    groups, booking = [], 0
    for _ in range(draw(st.integers(0, 8))):
        size = draw(st.integers(1, 4))
        members = [
            Member(booking + n, draw(st.sampled_from((False, False, False, True))), draw(kinds)) for n in range(size)
        ]
        booking += size
        groups.append(Group(members, draw(st.integers(1, size)), draw(st.sampled_from((None, 7, 8)))))
    return groups


@st.composite
def classes(draw: st.DrawFn) -> Seats:
    limits = [
        Limit("limit", draw(st.integers(1, 5)), draw(st.dictionaries(st.sampled_from((7, 8)), st.integers(0, 3))))
    ]
    free = draw(free_seats)
    more = draw(st.integers(0, 3))
    return Seats(sum(free.values()) + more, free, limits if draw(st.booleans()) else [], draw(st.booleans()))


def of(*sizes: int, least: int | None = None, shares: tuple[int, ...] = ()) -> list[Group]:
    """Return a queue of groups of these sizes, whose members' bookings are numbered through from 1."""
    groups, booking = [], 1
    for size in sizes:
        members = [Member(booking + n, shares=shares) for n in range(size)]
        groups.append(Group(members, min(least or size, size)))
        booking += size
    return groups


def seated(verdicts: list[Verdict]) -> dict[int, int]:
    return {booking: pool for verdict in verdicts for booking, pool in verdict.seated.items()}


@given(classes(), queues())
def test_nobody_gets_a_seat_that_is_not_there_or_is_kept_for_others(seats: Seats, queue: list[Group]) -> None:
    got = seated(seat(seats, queue))
    used = Counter(got.values())
    assert all(used[pool] <= seats.free.get(pool, 0) for pool in used)
    for member in (member for group in queue for member in group.members):
        assert got.get(member.booking, OPEN) in (OPEN, *member.shares)
        assert not (member.clash and member.booking in got)


@given(classes(), queues())
def test_a_group_gets_none_or_at_least_what_it_wants(seats: Seats, queue: list[Group]) -> None:
    for group, verdict in zip(queue, seat(seats, queue), strict=False):
        assert not verdict.seated or len(verdict.seated) >= group.least
        assert not (verdict.seated and verdict.why in (KEPT, NO_ROOM, TOO_LARGE))


@given(classes(), queues())
def test_no_enterprise_gets_more_than_its_limit(seats: Seats, queue: list[Group]) -> None:
    had: Counter[int | None] = Counter()
    for group, verdict in zip(queue, seat(seats, queue), strict=False):
        had[group.enterprise] += len(verdict.seated)
    for limit in seats.limits:
        assert all(had[firm] + limit.taken.get(firm, 0) <= limit.seats for firm in had if firm and had[firm])


@given(classes(), queues())
def test_in_strict_order_nobody_takes_what_one_before_waits_for(seats: Seats, queue: list[Group]) -> None:
    seats = seats._replace(fills_gaps=False)
    waited_for: set[int] = set()
    for verdict in seat(seats, queue):
        assert not waited_for & set(verdict.seated.values())
        waited_for |= verdict.wants


@given(classes(), queues())
def test_what_those_behind_do_changes_nothing_for_those_before(seats: Seats, queue: list[Group]) -> None:
    whole = seat(seats, queue)
    for length in range(len(queue)):
        shorter = seat(seats, queue[:length])
        assert [verdict.seated for verdict in shorter] == [verdict.seated for verdict in whole[: len(shorter)]]


@given(classes(), queues())
def test_filling_gaps_leaves_no_seat_that_someone_could_take(seats: Seats, queue: list[Group]) -> None:
    seats = seats._replace(fills_gaps=True, limits=[])
    verdicts = seat(seats, queue)
    left = Counter(seats.free)
    left.subtract(seated(verdicts).values())
    got = seated(verdicts)
    for group in queue:
        able = [member for member in group.members if not member.clash and member.booking not in got]
        alone = group.least == 1 and not any(member.booking in got for member in group.members)
        assert not alone or not any(left[pool] > 0 for member in able for pool in (OPEN, *member.shares))


@given(classes(), queues())
def test_who_is_passed_over_for_room_was_overtaken(seats: Seats, queue: list[Group]) -> None:
    verdicts = seat(seats, queue)
    for number, verdict in enumerate(verdicts):
        if verdict.why in (NO_ROOM, KEPT):
            assert any(later.seated for later in verdicts[number + 1 :])


def test_whom_the_order_keeps_from_free_seats_is_told_no_other_reason() -> None:
    queue = [Group([Member(1), Member(2), Member(3)], 3), Group([Member(4)], 1), Group([Member(5, shares=(1,))], 1)]
    verdicts = seat(Seats(9, {OPEN: 2, 1: 1}), queue)
    assert [(dict(v.seated), v.why) for v in verdicts] == [({}, KEPT), ({}, ""), ({5: 1}, "")]


def test_the_queue_moves_in_its_order_and_a_group_is_not_overtaken() -> None:
    assert seated(seat(Seats(5, {OPEN: 2}), of(1, 2, 1))) == {1: OPEN}


def test_a_class_that_fills_gaps_says_who_was_passed_over() -> None:
    verdicts = seat(Seats(5, {OPEN: 2}, fills_gaps=True), of(1, 2, 1))
    assert [(dict(v.seated), v.why) for v in verdicts] == [({1: OPEN}, ""), ({}, NO_ROOM), ({4: OPEN}, "")]


def test_a_group_that_says_how_many_are_enough_gets_the_first_of_its_request() -> None:
    verdicts = seat(Seats(5, {OPEN: 2}), of(3, 1, least=2))
    assert [dict(v.seated) for v in verdicts] == [{1: OPEN, 2: OPEN}]


def test_kept_seats_go_past_those_they_are_not_kept_for() -> None:
    queue = [Group([Member(1)], 1), Group([Member(2, shares=(1,))], 1), Group([Member(3)], 1)]
    verdicts = seat(Seats(5, {OPEN: 0, 1: 2}), queue)
    assert [(dict(v.seated), v.why) for v in verdicts] == [({}, KEPT), ({2: 1}, ""), ({}, "")]


def test_a_share_is_taken_before_an_open_seat() -> None:
    assert seated(seat(Seats(5, {OPEN: 3, 1: 1}), of(1, 1, shares=(1,)))) == {1: 1, 2: OPEN}


def test_who_cannot_sit_for_a_reason_of_their_own_holds_nobody_back() -> None:
    queue = [
        Group([Member(n) for n in range(10, 14)], 4),
        Group([Member(1, clash=True)], 1),
        Group([Member(2)], 1, enterprise=7),
        Group([Member(3)], 1),
    ]
    verdicts = seat(Seats(3, {OPEN: 1}, [Limit("limit", 2, {7: 2})]), queue)
    assert [v.why for v in verdicts] == [TOO_LARGE, CLASH, "limit", ""]
    assert seated(verdicts) == {3: OPEN}


def test_open_seats_are_those_that_no_share_waits_for() -> None:
    assert pools(10, 4, {1: 3, 2: 2}, {1: 2, 2: 3}) == {OPEN: 5, 1: 1, 2: 0}
    assert pools(10, 4, {}, {}) == {OPEN: 6}
