"""The clean-up by the table of kinds, and erasure at someone's wish."""

from typing import Final

from sqlalchemy import exists, func, select

from courses.accounts.actions.sign_in import prove
from courses.booking.model import LIVE, Booking
from courses.catalogue.model import ClassState, Course, Teaching, TrainingClass
from courses.ground import clock
from courses.ground.db import db
from courses.ground.language import plain
from courses.ground.refusal import Refusal
from courses.ground.transaction import locked, transaction
from courses.people.model import Person, Post, Role
from courses.people.rights import Actor, Right, require
from courses.privacy.erasing import erase_person
from courses.privacy.kinds import KINDS, Kind, old
from courses.privacy.model import Erasure

BATCH: Final = 500


def retention(dry: bool = False) -> dict[str, int]:
    """Delete or empty what is over, kind by kind and in small steps; return how much. `dry`: only count it."""
    jobs = [kind for kind in KINDS if kind.job]
    return {kind.name: _count(kind) if dry else _clean(kind) for kind in jobs}


def _count(kind: Kind) -> int:
    return db.session.scalar(select(func.count()).select_from(old(kind).order_by(None).subquery())) or 0


def _clean(kind: Kind) -> int:
    """Forget what is over of a kind. It is looked for without the lock, which nobody is to wait for while a long log
    is read, and asked for once more with it."""
    assert kind.job
    total = 0
    while ids := db.session.scalars(old(kind).limit(BATCH)).all():
        with transaction():
            over = old(kind)
            still = db.session.scalars(over.where(next(iter(over.selected_columns)).in_(ids))).all()
            kind.job.forget(still)
        total += len(still)
        if len(ids) < BATCH:
            break
    return total


def erase_oneself(actor: Actor, name: str, password: str) -> None:
    """Erase one's own data. `name` as it stands there, and the password if there is one, show that it is meant.

    Raises Refusal("wrong_password"), "slow_down", and as `erase` does.
    """
    require(actor, Right.USE_ACCOUNT)
    if db.session.scalar(select(Person.password_hash).where(Person.id == actor.id)):
        prove(actor, password)
    _erase(actor, actor.id, name, "oneself")


def erase(actor: Actor, person_id: int, name: str) -> None:
    """Erase the data of someone who asked for it. `name`: as it stands there, typed to show that it is meant.

    Raises Refusal: not_found, other_name, still_booked, still_teaching, last_administrator.
    """
    require(actor, Right.ERASE)
    _erase(actor, person_id, name, "administrator")


def _erase(actor: Actor, person_id: int, name: str, how: str) -> None:
    with transaction():
        person = locked(Person, person_id)
        if db.session.get(Erasure, person_id):
            raise Refusal("not_found")
        if "".join(name.split()) != "".join(person.name.split()):
            raise Refusal("other_name")
        _require_nothing_to_come(person_id)
        erase_person(person_id, how, actor.id)


def _require_nothing_to_come(person_id: int) -> None:
    """Refuse while others count on the person: a seat that someone else could have, a class without its lecturer."""
    coming = (
        select(Course.title_zh, Course.title_en)
        .join(TrainingClass, TrainingClass.course_id == Course.id)
        .where(TrainingClass.ends_at > clock.now(), TrainingClass.state == ClassState.PUBLISHED)
        .order_by(TrainingClass.starts_at)
    )
    booked = coming.join(Booking, Booking.class_id == TrainingClass.id).where(
        Booking.person_id == person_id, Booking.state.in_(LIVE)
    )
    taught = coming.join(Teaching, Teaching.class_id == TrainingClass.id).where(Teaching.person_id == person_id)
    for code, statement in (("still_booked", booked), ("still_teaching", taught)):
        if found := db.session.execute(statement).all():
            raise Refusal(code, classes="; ".join(plain(row, "title") for row in found))
    administers = exists().where(Post.role == Role.ADMINISTRATOR)
    mine, others = (administers.where(c) for c in (Post.person_id == person_id, Post.person_id != person_id))
    if db.session.scalar(select(mine)) and not db.session.scalar(select(others)):
        raise Refusal("last_administrator")
