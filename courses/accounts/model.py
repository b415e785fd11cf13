"""Failed sign-ins and API tokens. The account itself is the Person with a password."""

import datetime as dt

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from courses.ground.db import Base
from courses.people.rights import Reach


class SignInFailure(Base, kw_only=True):
    """One try that was not right. `who` is the SHA-256 of the login typed, so that the table names nobody."""

    __tablename__ = "sign_in_failure"
    __table_args__ = (Index("ix_sign_in_failure_who_at", "who", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    who: Mapped[str] = mapped_column(String(64))
    at: Mapped[dt.datetime] = mapped_column(index=True)


class Identity(Base, kw_only=True):
    """A person as a provider knows them: who signs in there is signed in here. Linked once the person confirmed it."""

    __tablename__ = "identity"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    issuer: Mapped[str]
    subject: Mapped[str]
    made_at: Mapped[dt.datetime]
    used_at: Mapped[dt.datetime]


class Token(Base, kw_only=True):
    """A key to the API in a person's name. Kept are its SHA-256 and its last characters, to tell it by. `scopes`: how
    far it reaches, its words apart by spaces. One that was ended stays for a while, so that its program is told so."""

    __tablename__ = "token"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    tail: Mapped[str] = mapped_column(String(4))
    label: Mapped[str]
    made_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    scopes: Mapped[str] = mapped_column(String(32), default="read book serve")
    last_used_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    ended_at: Mapped[dt.datetime | None] = mapped_column(default=None)

    @property
    def reach(self) -> frozenset[Reach]:
        return frozenset(Reach(scope) for scope in self.scopes.split())
