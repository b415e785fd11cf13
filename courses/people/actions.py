"""Adding people and giving them posts: plain functions, for use inside the transaction of their cause."""

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from courses.ground import clock
from courses.ground.db import db
from courses.ground.refusal import Refusal
from courses.ground.transaction import locked
from courses.people import identity
from courses.people.model import ENFORCING, PastPost, Person, Post, Role


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
        began_at=clock.now(),
    )
    db.session.add(post)
    db.session.flush()
    return post


def end_posts(person_id: int, enterprise_id: int, ended_by: int, successor_id: int | None = None) -> list[Role]:
    """End every post that someone holds at an enterprise, keep who held it and until when, and return the roles.

    `successor_id` gets those of them that they do not hold there already. The person stays who they are: they sign in
    and read their own hours as before. Call it with both people locked. Raises as `give_post` does.
    """
    held = list(
        db.session.scalars(
            select(Post).where(Post.person_id == person_id, Post.enterprise_id == enterprise_id).order_by(Post.role)
        )
    )
    for post in held:
        db.session.add(
            PastPost(
                person_id=person_id,
                role=post.role,
                enterprise_id=enterprise_id,
                began_at=post.began_at,
                ended_at=clock.now(),
                ended_by=ended_by,
                successor_id=successor_id,
            )
        )
        db.session.delete(post)
    db.session.flush()
    roles = [post.role for post in held]
    if successor_id is not None:
        has = set(db.session.scalars(select(Post.role).where(Post.person_id == successor_id)))
        for role in roles:
            if role not in has:
                give_post(db.session.get_one(Person, successor_id), role, enterprise_id=enterprise_id)
    return roles
