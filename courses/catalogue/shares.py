"""For whom seats of a class are kept, and for whom they can be."""

from typing import NamedTuple

from sqlalchemy import select

from courses.catalogue.model import SeatShare
from courses.ground.db import db
from courses.ground.kept import kept
from courses.people.model import Industry, Town


def shares_of(class_id: int) -> list[SeatShare]:
    """Return the shares of a class in the order in which the plan names them."""
    return list(db.session.scalars(select(SeatShare).where(SeatShare.class_id == class_id).order_by(SeatShare.id)))


class Named(NamedTuple):
    id: int
    name_zh: str
    name_en: str


class Whom(NamedTuple):
    """The towns and industries for which seats can be kept."""

    towns: tuple[Named, ...]
    industries: tuple[Named, ...]


@kept(10)
def whom() -> Whom:
    """Return for whom seats can be kept, as it was up to ten seconds ago."""
    statements = (select(model.id, model.name_zh, model.name_en).order_by(model.id) for model in (Town, Industry))
    return Whom(*(tuple(Named(*row) for row in db.session.execute(statement)) for statement in statements))
