"""Letting a machine of rules play on a fresh database of either kind."""

import os
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from courses.ground.db import db

WHOLE = os.environ.get("PROOF") == "whole"


def play(machine: type[RuleBasedStateMachine], made: dict[str, Any], kind: str, examples: int, steps: int) -> None:
    """Let `machine` try `examples` stories of `steps` each; it begins each with its own `fresh`."""
    _, database = made[kind]

    def fresh() -> None:
        db.session.remove()
        db.engine.dispose()
        database.fresh()

    run_state_machine_as_test(
        type(machine.__name__ + "On" + kind, (machine,), {"fresh": staticmethod(fresh)}),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            derandomize=not WHOLE,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
