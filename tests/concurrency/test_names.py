"""Two deputies name one held place at once: one name stands, and the other deputy is told whose it is.

Run as the product does it, and with every lock switched off, where it must go wrong.
"""

import itertools
from collections.abc import Sequence

import pytest
from flask import Flask

from courses.booking import actions as booking
from courses.desks.queries import faults
from tests import makers
from tests.concurrency import acts
from tests.processes import Outcome, together

pytestmark = pytest.mark.concurrency

ROUNDS = 10
"""In how many a race must be seen that nothing prevents."""
_days = itertools.count(10)


def one_place_named_by_three(app: Flask, how: object) -> list[str]:
    """Three saw a held place without a name, and each sends somebody else; return what went wrong."""
    class_id, people = makers.a_class(seats=1, days=next(_days)), makers.strangers(3, enterprise=1)
    owners = [makers.owner(1) for _ in people]
    [held] = booking.hold(makers.actor_of_id(owners[0]), class_id, 1)
    asked = zip(owners, people, strict=True)
    outcomes = together(app, [(how, acts.name, by, held.id, who, 0) for by, who in asked])
    return _complaints(class_id, people, outcomes)


def _complaints(class_id: int, people: Sequence[int], outcomes: Sequence[Outcome]) -> list[str]:
    answers = sorted(o.refusal or o.error or "" for o in outcomes)
    wrong = [] if answers == ["", "already_named", "already_named"] else [str(answers)]
    named = [id_ for id_, outcome in zip(people, outcomes, strict=True) if outcome.is_done]
    if makers.states(class_id) != dict.fromkeys(named, "booked"):
        wrong.append(f"{makers.states(class_id)}, named: {named}")
    told = [n.person_id for n in makers.told("booked") if n.class_id == class_id]
    logged = len(makers.events(class_id, "named"))
    if (told, logged) != (named, 1):
        wrong.append(f"{told} were told, {logged} times in the log")
    return wrong + faults()


def test_one_name_stands(app: Flask) -> None:
    assert one_place_named_by_three(app, acts.slowly) == []


def test_without_locks_one_name_is_replaced_in_silence(app: Flask) -> None:
    for _ in range(ROUNDS):
        if one_place_named_by_three(app, acts.unlocked):
            return
        # A race that nothing prevents does not happen each time.
    pytest.fail("the locks are not what keeps the promise")
