"""Wanting to be told when a course gets a class: asked for, taken back, and told once."""

from collections.abc import Collection

from sqlalchemy import delete, select

from courses.catalogue import demand, queries
from courses.catalogue.model import HALF_DAYS, Course, FirstAsked, Interest, Span, TrainingClass
from courses.ground import clock
from courses.ground.db import db
from courses.ground.refusal import Refusal
from courses.ground.transaction import locked, transaction
from courses.homes.model import Home, Room
from courses.outbox.actions import Reader, post_all, row_of
from courses.people.model import Person, Town
from courses.people.rights import Actor, Right, require


def ask_to_be_told(actor: Actor, course_id: int, towns: Collection[int] = (), half_days: Collection[str] = ()) -> None:
    """Remember that the actor wants to be told of the course's next class, and which towns and half-days suit them
    (none: all do). Asking again changes what suits; it is still asking once.

    Raises Refusal: not_found, not_allowed, malformed (no such town or half-day).
    """
    with transaction():
        require(actor, Right.ASK_TO_BE_TOLD, person_id=actor.id)
        queries.the_course(course_id)
        known = set(db.session.scalars(select(Town.id).where(Town.id.in_(towns))))
        if not known.issuperset(towns) or not set(HALF_DAYS).issuperset(half_days):
            raise Refusal("malformed")
        locked(Person, actor.id)  # two clicks at once see each other
        wish = demand.wish_of(course_id, actor.id)
        if wish is None:
            wish = Interest(course_id=course_id, person_id=actor.id, made_at=clock.now())
            db.session.add(wish)
        wish.towns, wish.half_days = sorted(known), [half for half in HALF_DAYS if half in half_days]


def take_back_asking(actor: Actor, course_id: int) -> None:
    """Forget it again; nothing happens where nothing was asked for. Raises Refusal("not_allowed")."""
    with transaction():
        require(actor, Right.ASK_TO_BE_TOLD, person_id=actor.id)
        mine = (Interest.course_id == course_id, Interest.person_id == actor.id)
        db.session.execute(delete(Interest).where(*mine))


def tell_interested(class_: TrainingClass, sittings: list[Span]) -> None:
    """Tell those who asked that the course has a class, each of them once: the telling ends their asking.

    They may book first, if the class has an hour for that; where nobody asked, it is for everyone at once. Call it in
    the transaction that publishes the class. Who has left is told nothing.
    """
    asked = delete(Interest).where(Interest.course_id == class_.course_id).returning(Interest.person_id)
    ids = list(db.session.scalars(asked))
    if not ids:
        class_.first_until = None
        return
    place = select(*queries.SAID).join_from(Course, Room, Room.id == class_.room_id)
    statement = place.join(Home, Home.id == Room.home_id).where(Course.id == class_.course_id)
    said = queries.Said(*db.session.execute(statement).one())
    facts = {"class_": queries.facts_of(class_, said, sittings), "path": f"/classes/{class_.id}"}
    if class_.first_until:
        facts |= {"opens_at": class_.opens_at.isoformat(), "first_until": class_.first_until.isoformat()}
    here = select(Person.id, Person.email).where(Person.id.in_(ids), Person.left_at.is_(None)).order_by(Person.id)
    people = db.session.execute(here).all()
    if class_.first_until:
        db.session.add_all(FirstAsked(class_id=class_.id, person_id=id_) for id_, _ in people)
        db.session.flush()
    post_all(
        [
            row_of(
                "interest",
                Reader(id_, email),
                f"interest:{class_.id}:{id_}",
                facts,
                class_.id,
                expires_at=class_.closes_at,
            )
            for id_, email in people
        ]
    )
