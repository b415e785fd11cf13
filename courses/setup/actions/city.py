"""The city's own row."""

from collections.abc import Mapping
from typing import Any

from courses.ground.db import db
from courses.ground.kept import forget_all
from courses.ground.transaction import transaction
from courses.people.model import City
from courses.people.rights import Actor, Right, require


def change_city(actor: Actor, values: Mapping[str, Any]) -> None:
    """Set the city's name, zone, words, rules of hours and working time; make its row if there is none yet.

    Hours that were credited stay as they were; other processes see the change within half a minute. Raises
    Refusal("not_allowed").
    """
    with transaction():
        require(actor, Right.ADMINISTER)
        row = db.session.get(City, 1)
        if row is None:
            db.session.add(City(**values))
        else:
            for name, value in values.items():
                setattr(row, name, value)
    forget_all()
