"""Answers kept for some seconds in this process: for what every page shows and hardly ever changes.

Never for seats: a seat shown is a seat.
"""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

Ask = TypeVar("Ask", bound=Callable[[], Any])
_answers: dict[Callable[[], Any], tuple[float, Any]] = {}


def kept(seconds: float) -> Callable[[Ask], Ask]:
    """Keep the answer of a function without arguments for `seconds`; it must be plain values, not rows of a session."""

    def keep(ask: Ask) -> Ask:
        @wraps(ask)
        def answer() -> Any:
            until, known = _answers.get(ask, (0.0, None))
            if until < time.monotonic():
                known = ask()
                _answers[ask] = time.monotonic() + seconds, known
            return known

        return cast(Ask, answer)

    return keep


def forget_all() -> None:
    """Ask anew from here on: after a change that everyone should see at once in this process."""
    _answers.clear()
