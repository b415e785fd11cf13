"""Many at once for few seats: never one seat twice, never a place lost, in every order the machine may choose.

Each race is run twice: as the product does it, and with every lock switched off, where it must go wrong: a race that
cannot be seen without the locks would prove nothing with them.
"""

from collections.abc import Callable, Sequence

import pytest
from flask import Flask

from tests.concurrency import acts
from tests.concurrency.races import Do, asking, changing
from tests.processes import Outcome, together

pytestmark = pytest.mark.concurrency

ROUNDS = 10
"""In how many a race must be seen that nothing prevents. Most are seen in the first."""
RACES = (*asking.RACES, *changing.RACES)


@pytest.mark.parametrize("race", RACES, ids=lambda race: race.__name__)
def test_the_race_is_kept(app: Flask, race: Callable[[Flask, Do], list[str]]) -> None:
    assert race(app, lambda asked: together(app, [(acts.slowly, *act) for act in asked])) == []


@pytest.mark.proof
@pytest.mark.parametrize("race", RACES, ids=lambda race: race.__name__)
def test_the_race_is_kept_again_and_again(app: Flask, race: Callable[[Flask, Do], list[str]]) -> None:
    for number in range(2 * ROUNDS):  # as fast as they can, and slowly
        how = (acts.slowly,) if number % 2 else ()
        assert race(app, lambda asked, how=how: together(app, [(*how, *act) for act in asked])) == []


@pytest.mark.parametrize("race", RACES, ids=lambda race: race.__name__)
def test_without_locks_the_race_goes_wrong(app: Flask, race: Callable[[Flask, Do], list[str]]) -> None:
    def unlocked(asked: Sequence[tuple[object, ...]]) -> list[Outcome]:
        return together(app, [(acts.unlocked, *act) for act in asked])

    for _ in range(ROUNDS):
        if race(app, unlocked):
            return
        # A race that nothing prevents does not happen each time.
    pytest.fail("the locks are not what keeps the promise")
