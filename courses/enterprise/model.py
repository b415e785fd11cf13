"""Requests to join, and what was merged."""

import datetime as dt
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from courses.ground.db import Base
from courses.people.model import Role


class Answer(StrEnum):
    """What became of a request to join."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    REFUSED = "refused"


class JoinRequest(Base, kw_only=True):
    """Someone without an account asks to be invited to an enterprise, which may not be registered yet.

    It is decided by who serves its town: that of the enterprise, if the credit code is known, else the one named.
    """

    __tablename__ = "join_request"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'confirmed', 'refused')", name="state_known"),
        CheckConstraint("role IN ('manager', 'owner')", name="role_of_an_enterprise"),
        CheckConstraint("email IS NOT NULL OR mobile IS NOT NULL", name="can_be_reached"),
        Index("ix_join_request_town", "town_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    credit_code: Mapped[str] = mapped_column(String(18), index=True)
    enterprise_name: Mapped[str]
    town_id: Mapped[int] = mapped_column(ForeignKey("town.id"))
    name: Mapped[str]
    role: Mapped[Role] = mapped_column(String(16))
    language: Mapped[str] = mapped_column(String(2))
    asked_at: Mapped[dt.datetime]
    name_en: Mapped[str] = mapped_column(default="")
    email: Mapped[str | None] = mapped_column(default=None)
    mobile: Mapped[str | None] = mapped_column(default=None)
    state: Mapped[Answer] = mapped_column(String(16), default=Answer.WAITING)
    reason: Mapped[str] = mapped_column(default="")
    decided_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"), default=None)


class Kind(StrEnum):
    """Of what two records were one."""

    PERSON = "person"
    ENTERPRISE = "enterprise"


class Merger(Base, kw_only=True):
    """What was merged: the row `gone_id` into `kept_id`, by whom and when. Only ever added to."""

    __tablename__ = "merger"
    __table_args__ = (CheckConstraint("kind IN ('person', 'enterprise')", name="kind_known"),)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    kind: Mapped[Kind] = mapped_column(String(16))
    kept_id: Mapped[int]
    gone_id: Mapped[int]
    at: Mapped[dt.datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    facts: Mapped[dict[str, Any]] = mapped_column(default_factory=dict)
