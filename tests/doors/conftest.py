"""What the tests of the doors share: a caller of the API, and an eye on what is done while others wait."""

from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import has_app_context

from courses import api
from courses.accounts.actions.token import make_token
from courses.ground.db import db
from courses.people.rights import Reach
from tests import makers
from tests.conftest import Client
from tests.people import Member

ALL = tuple(Reach)


class Calls:
    """Asks the API, each time with a token of the member's, as far as `reach` goes; None is nobody."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def __call__(
        self, method: str, path: str, by: Member | None, body: Any = None, reach: Any = ALL, **headers: str
    ) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if by:
            named["Authorization"] = f"Bearer {make_token(makers.actor(by), 'test', reach=reach)}"
        return self._client.open(api.BASE + path, method=method, json=body, headers=named)


@pytest.fixture
def call(client: Client) -> Calls:
    return Calls(client)


@pytest.fixture(autouse=True)
def _never_hashed_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail a test in which a password is hashed while the write lock is held: everyone else would wait for it."""
    for name in ("hash", "verify"):
        plain = getattr(PasswordHasher, name)

        def checked(*args: Any, plain: Any = plain, **kwargs: Any) -> Any:
            assert not (has_app_context() and "connection" in db.session.info)
            return plain(*args, **kwargs)

        monkeypatch.setattr(PasswordHasher, name, checked)
