"""Leaving an enterprise: the post ends, and what was booked passes to the successor or is given up."""

from collections.abc import Collection

from sqlalchemy import select

from courses.booking import actions as booking
from courses.booking.model import Booking
from courses.enterprise import queries
from courses.enterprise.queries import Passing
from courses.ground import clock
from courses.ground.db import db
from courses.ground.refusal import Refusal
from courses.ground.transaction import lock_all, locked, transaction
from courses.outbox.actions import Reader, post
from courses.people.actions import end_posts
from courses.people.model import Enterprise, Person, Post
from courses.people.rights import Actor, Right, require_seen


def leave(
    actor: Actor, person_id: int, heir_id: int | None, seen: Collection[int] | None = None, door: str = "page"
) -> None:
    """End every post of a person at their enterprise; hours and past classes stay theirs.

    With a successor (`heir_id`, of the same enterprise), the posts and each place in a class still to begin pass to
    them, but for those where something is in their way: these are given up, as all are without a successor, and the
    queue moves up. `seen`: the bookings that were shown as passing; others are refused with "plan_changed".
    Raises Refusal: not_found, no_successor, plan_changed, busy.
    """
    with transaction():
        enterprise = enterprise_of(actor, person_id)
        at = clock.now()
        class_ids = [place.class_id for place in queries.places_ahead(person_id, at)]
        classes = {id_: booking.locked_class(id_) for id_ in class_ids}  # in the order of their ids
        waiting = [id_ for class_id in class_ids for id_ in booking.people_waiting(class_id)]
        lock_all(Person, sorted({person_id, *([heir_id] if heir_id else []), *waiting}))
        person = locked(Person, person_id)
        heir = _heir(enterprise.id, person_id, heir_id)
        passings = queries.plan(person_id, heir_id, at)
        if not {passing.place.class_id for passing in passings} <= set(classes):
            raise Refusal("busy")  # booked in the moment before the locks
        if seen is not None and {p.place.booking_id for p in passings if p.passes} != set(seen):
            raise Refusal("plan_changed")
        roles = end_posts(person_id, enterprise.id, actor.id, heir_id)
        if not roles:
            raise Refusal("not_found")
        if heir:
            for passing in passings:
                if passing.passes:
                    row = db.session.get_one(Booking, passing.place.booking_id)
                    booking.hand_over(actor, classes[row.class_id], row, person, heir, door)
        _give_up(actor, classes, person, passings, door)
        _tell(enterprise, person, heir, at.isoformat())


def enterprise_of(actor: Actor, person_id: int) -> Enterprise:
    """Return where a person works, if the actor may change its people. A stranger is told that there is nothing."""
    found = db.session.scalar(
        select(Enterprise)
        .join(Post, Post.enterprise_id == Enterprise.id)
        .join(Person, Person.id == Post.person_id)
        .where(Post.person_id == person_id, Person.left_at.is_(None))
        .limit(1)
    )
    if found is None:
        raise Refusal("not_found")
    require_seen(actor, Right.CHANGE_PEOPLE, enterprise_id=found.id, town_id=found.town_id)
    return found


def _heir(enterprise_id: int, person_id: int, heir_id: int | None) -> Person | None:
    """Return the successor, who must be of the same enterprise. Raises Refusal("no_successor")."""
    if heir_id is None:
        return None
    works_here = select(Post.id).where(Post.person_id == heir_id, Post.enterprise_id == enterprise_id)
    heir = db.session.get(Person, heir_id)
    if heir is None or heir.left_at or heir_id == person_id or db.session.scalar(works_here.limit(1)) is None:
        raise Refusal("no_successor")
    return heir


def _give_up(
    actor: Actor, classes: dict[int, booking.Locked], person: Person, passings: list[Passing], door: str
) -> None:
    """Cancel what does not pass: last, so that nobody is promoted into an hour at which they were just given a seat."""
    reader = Reader(person.id, person.email)
    for passing in passings:
        if not passing.passes:
            row = db.session.get_one(Booking, passing.place.booking_id)
            booking.give_up(actor, classes[row.class_id], row, reader, door, "left")


def _tell(enterprise: Enterprise, person: Person, heir: Person | None, at: str) -> None:
    facts = {"enterprise_zh": enterprise.name_zh, "enterprise_en": enterprise.name_en, "path": "/desk"}
    post("left", Reader(person.id, person.email), f"left:{person.id}:{at}", {**facts, "heir": heir and heir.name})
    if heir:
        key = f"succeeded:{person.id}:{heir.id}:{at}"
        post("succeeded", Reader(heir.id, heir.email), key, {**facts, "giver": person.name})
