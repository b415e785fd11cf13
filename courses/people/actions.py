"""Adding people and giving them posts: plain functions, for use inside the transaction of their cause."""

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from courses.ground.db import db
from courses.ground.refusal import Refusal
from courses.ground.transaction import locked
from courses.people import identity
from courses.people.model import ENFORCING, Person, Post, Role


def add_person(
    name: str, name_en: str = "", email: str | None = None, mobile: str | None = None, language: str = "zh"
) -> Person:
    """Add a person who can be reached by mail, telephone or both.

    Raises ValueError with words for a person when name, address or number cannot be one,
    Refusal("no_contact"), Refusal("email_taken") and Refusal("mobile_taken").
    """
    person = Person(name=identity.name(name), name_en=identity.one_line(name_en), language=language)
    db.session.add(person)
    set_contact(person, email, mobile)
    return person


def set_contact(person: Person, email: str | None, mobile: str | None) -> None:
    """Set both ways to reach `person`. Raises as `add_person` does."""
    if not email and not mobile:
        raise Refusal("no_contact")
    person.email = identity.email(email) if email else None
    person.mobile = identity.mobile(mobile) if mobile else None
    try:
        db.session.flush()
    except IntegrityError as error:
        said = str(error.orig)
        for field in ("email", "mobile"):
            if f"person.{field}" in said or f"uq_person_{field}" in said:
                raise Refusal(f"{field}_taken") from error
        raise


def give_post(
    person: Person,
    role: Role,
    enterprise_id: int | None = None,
    squadron_id: int | None = None,
    association_id: int | None = None,
) -> Post:
    """Give `person` a post at the one place that its role asks for.

    Raises Refusal("two_sides") when the account would both serve and enforce, Refusal("post_held") when the
    person has this role already or serves another enterprise: an account speaks for one.
    """
    locked(Person, person.id)  # two posts given at once see each other
    held = list(db.session.scalars(select(Post).where(Post.person_id == person.id)))
    if any((post.role in ENFORCING) != (role in ENFORCING) for post in held):
        raise Refusal("two_sides")
    elsewhere = enterprise_id and any(post.enterprise_id not in (None, enterprise_id) for post in held)
    if elsewhere or any(post.role == role for post in held):
        raise Refusal("post_held")
    post = Post(
        person_id=person.id,
        role=role,
        enterprise_id=enterprise_id,
        squadron_id=squadron_id,
        association_id=association_id,
    )
    db.session.add(post)
    db.session.flush()
    return post
