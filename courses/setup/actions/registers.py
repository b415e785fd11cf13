"""Adding, changing and removing entries of a register."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from sqlalchemy import func, select, update

from courses.catalogue.model import ClassState, Topic, TrainingClass
from courses.ground import clock
from courses.ground.db import Base, db
from courses.ground.kept import forget_all
from courses.ground.refusal import Refusal
from courses.ground.transaction import lock_all, locked, transaction
from courses.homes.model import Room
from courses.people.model import Association, Industry, Squadron, Town
from courses.people.rights import Actor, Right, require
from courses.setup import queries
from courses.setup.registers import slug_of

SERVING: Final = {Squadron: Town.squadron_id, Association: Town.association_id}


def save(
    actor: Actor, model: type[Base], row_id: int | None, values: Mapping[str, Any], towns: Collection[int] | None = None
) -> int:
    """Add an entry to its register, or change the one with `row_id`; return its id.

    `towns`: for a squadron or association, the towns it serves from now on; a town is served by one of each. Raises
    Refusal: not_found, not_allowed, name_taken, room_offered.
    """
    with transaction():
        require(actor, Right.ADMINISTER)
        row = locked(model, row_id) if row_id else None
        _refuse_double(model, row_id, values)
        if isinstance(row, Room):
            _refuse_too_small(row, values["seats"])
        if row is None:
            row = model(**values, **_slugged(model, values))
            db.session.add(row)
        else:
            for name, value in values.items():
                setattr(row, name, value)
        db.session.flush()
        saved: int = row.id  # type: ignore[attr-defined]
        if towns is not None:
            _serve(model, saved, towns)
    forget_all()
    return saved


def _refuse_double(model: Any, row_id: int | None, values: Mapping[str, Any]) -> None:
    """Refuse a second entry of the same Chinese name; rooms of one Home only among themselves."""
    double = select(model.id).where(model.name_zh == values["name_zh"], model.id != (row_id or 0))
    if model is Room:
        double = double.where(Room.home_id == values["home_id"])
    if db.session.scalar(double.limit(1)) is not None:
        raise Refusal("name_taken", name=values["name_zh"])


def _refuse_too_small(room: Room, seats: int) -> None:
    """Refuse fewer seats than a class that is still to come offers in this room."""
    offered = select(func.max(TrainingClass.capacity)).where(
        TrainingClass.room_id == room.id,
        TrainingClass.state == ClassState.PUBLISHED,
        TrainingClass.ends_at > clock.now(),
    )
    most = db.session.scalar(offered)
    if most and seats < most:
        raise Refusal("room_offered", seats=most)


def _slugged(model: type[Base], values: Mapping[str, Any]) -> dict[str, str]:
    """Return the word for addresses, which an entry keeps when its name changes."""
    if model not in (Topic, Industry):
        return {}
    wanted = slug_of(values["name_zh"], values["name_en"])
    column = model.slug
    taken = set(db.session.scalars(select(column).where(column.startswith(wanted, autoescape=True))))
    tried = [wanted, *(f"{wanted}-{n}" for n in range(2, len(taken) + 2))]
    return {"slug": next(slug for slug in tried if slug not in taken)}


def _serve(model: type[Base], id_: int, towns: Collection[int]) -> None:
    column = SERVING[model]
    lock_all(Town, towns)
    db.session.execute(update(Town).where(column == id_, Town.id.not_in(towns)).values({column: None}))
    db.session.execute(update(Town).where(Town.id.in_(towns)).values({column: id_}))


def remove(actor: Actor, model: type[Base], row_id: int) -> None:
    """Remove an entry on which nothing stands; a squadron or association leaves its towns unserved.

    Raises Refusal: not_found, not_allowed, still_used.
    """
    with transaction():
        require(actor, Right.ADMINISTER)
        row = locked(model, row_id)
        if model in SERVING:
            _serve(model, row_id, ())
        if found := queries.dependents(model, row_id):
            raise Refusal("still_used", uses=queries.worded_uses(found))
        db.session.delete(row)
    forget_all()
