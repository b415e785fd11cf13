"""Erasures: that it happened, to whom by number, when and who did it."""

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from courses.ground.db import Base


class Erasure(Base, kw_only=True):
    """A person's name, contacts and account are gone. `how`: by themselves, an administrator, or the clean-up."""

    __tablename__ = "erasure"
    __table_args__ = (CheckConstraint("how IN ('oneself', 'administrator', 'retention')", name="how_known"),)

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    at: Mapped[dt.datetime]
    how: Mapped[str] = mapped_column(String(16))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), default=None)
