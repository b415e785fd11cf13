"""Erasing a person within a transaction: what goes, and what stays without a name."""

from typing import Any

from sqlalchemy import delete, or_, select, update

from courses.accounts.actions.sign_in import drop_tries, self_of
from courses.accounts.model import Token
from courses.booking.model import Appeal, Booking
from courses.bulk.model import ListRow
from courses.catalogue.model import FirstAsked, Interest, Lecturer
from courses.enterprise.model import JoinRequest, Merger
from courses.enterprise.model import Kind as Merged
from courses.ground import clock
from courses.ground.db import Base, db
from courses.ground.transaction import locked
from courses.outbox.actions import empty, withdraw_all_of
from courses.outbox.model import Notice
from courses.people.model import Person, Post
from courses.privacy.model import Erasure
from courses.setup.model import ImportRow
from courses.webhooks.model import Webhook

NAMELESS, NAMELESS_EN = "（已注销）", "(erased)"


def erase_person(person_id: int, how: str, by_id: int | None) -> None:
    """Take name, contacts, account, posts, tokens and what was told; bookings, hours and the log's lines stay."""
    person, at = locked(Person, person_id), clock.now()
    drop_tries(person.email, person.mobile, self_of(person.id))
    _forget_requests(person)
    person.name, person.name_en = NAMELESS, NAMELESS_EN
    person.email = person.mobile = person.password_hash = None
    person.epoch += 1
    person.left_at = person.left_at or at
    db.session.execute(delete(Post).where(Post.person_id == person_id))
    db.session.execute(delete(Interest).where(Interest.person_id == person_id))
    db.session.execute(delete(FirstAsked).where(FirstAsked.person_id == person_id))
    db.session.execute(delete(Webhook).where(Webhook.person_id == person_id))
    db.session.execute(delete(ImportRow).where(ImportRow.person_id == person_id))
    db.session.execute(delete(ListRow).where(ListRow.person_id == person_id))
    own = select(Booking.id).where(Booking.person_id == person_id)
    db.session.execute(update(Appeal).where(Appeal.booking_id.in_(own)).values(words="", answer=""))
    for model in _of_the_account():
        db.session.execute(delete(model).where(model.person_id == person_id))
    nothing = {"institution_zh": "", "institution_en": "", "bio_zh": "", "bio_en": ""}
    db.session.execute(update(Lecturer).where(Lecturer.person_id == person_id).values(**nothing))
    merged = update(Merger).where(Merger.kind == Merged.PERSON, Merger.kept_id == person_id)
    db.session.execute(merged.values(facts={}))
    withdraw_all_of(person_id)
    empty(db.session.scalars(select(Notice.id).where(Notice.person_id == person_id)).all())
    db.session.add(Erasure(person_id=person_id, at=at, how=how, by_id=by_id))


def _of_the_account() -> list[Any]:
    """Return whatever the room of accounts keeps by person: tokens, and all that a later way to sign in brings."""
    models = (mapper.class_ for mapper in Base.registry.mappers)
    return [model for model in models if model.__module__ == Token.__module__ and hasattr(model, "person_id")]


def _forget_requests(person: Person) -> None:
    """Delete what the person wrote when asking to join, known by the same address or number."""
    same = [column == value for column, value in contacts(person) if value]
    if same:
        db.session.execute(delete(JoinRequest).where(or_(*same)))


def contacts(person: Person) -> tuple[tuple[Any, str | None], ...]:
    return (JoinRequest.email, person.email), (JoinRequest.mobile, person.mobile)
