"""Who looked at whose data: reads by those who serve, teach or administer, one statement per page.

A page that shows people's data says so by `looked`; the look is written when the page has been made, before it leaves:
what cannot be written down is not shown. A form that comes back with its faults shows as much as before; a page of
error shows nobody. Reading what is one's own, or an owner's look at their own enterprise, is no look. What showed all
of a class, an enterprise or a town is said by that, so that each person who stood in it then can find it. A list that
was narrowed or paged, and a page about somebody, is said by those whom it showed: by nobody else.
What could let somebody into another's account is said as well, by `noted`, whoever did it.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from flask import Flask, current_app, g, has_request_context, request
from sqlalchemy import ForeignKey, Index, String, insert
from sqlalchemy.orm import Mapped, mapped_column

from courses.ground import clock
from courses.ground.db import Base, db
from courses.ground.refusal import Refusal
from courses.ground.transaction import transaction
from courses.people.model import Role
from courses.people.rights import Actor

STAFF = (Role.OFFICER, Role.LECTURER, Role.ASSOCIATION, Role.BUREAU, Role.ADMINISTRATOR, Role.INSPECTOR)


class Look(Base, kw_only=True):
    """One look: `page` says at what, and so what for. Of class, enterprise, town and person one is named. Keys of
    persons and enterprises follow these when two are made one."""

    __tablename__ = "look"
    __table_args__ = (
        Index("ix_look_class", "class_id", "at"),
        Index("ix_look_enterprise", "enterprise_id", "at"),
        Index("ix_look_person", "person_id", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    at: Mapped[dt.datetime] = mapped_column(index=True)
    actor_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    door: Mapped[str] = mapped_column(String(8))
    page: Mapped[str] = mapped_column(String(32))
    class_id: Mapped[int | None] = mapped_column(default=None)
    enterprise_id: Mapped[int | None] = mapped_column(ForeignKey("enterprise.id"), default=None)
    town_id: Mapped[int | None] = mapped_column(default=None)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), default=None)


def looked(
    actor: Actor | None,
    page: str,
    class_id: int | None = None,
    enterprise_id: int | None = None,
    town_ids: Iterable[int] = (),
    person_ids: Iterable[int] | None = None,
) -> None:
    """Say that this request shows `actor` data of people: those of a class, an enterprise, towns, these, or everyone.

    `person_ids` for a page that shows some people one by one; when there are none, nothing was looked at.
    """
    if actor is None or not actor.has(*STAFF) or (enterprise_id and enterprise_id == actor.enterprise_id):
        return
    whose: list[dict[str, int | None]] = [{"class_id": class_id, "enterprise_id": enterprise_id}]
    if towns := sorted(set(town_ids)):
        whose = [{"town_id": id_} for id_ in towns]
    if person_ids is not None:
        whose = [{"person_id": id_} for id_ in sorted(set(person_ids) - {actor.id})]
    nobody = {"class_id": None, "enterprise_id": None, "town_id": None, "person_id": None}
    row = {"at": clock.now(), "actor_id": actor.id, "page": page}
    row["door"] = _door()
    g.setdefault("looks", []).extend({**row, **nobody, **one} for one in whose)


def noted(actor: Actor, page: str, person_id: int) -> None:
    """Write down what was done with somebody's account; call it inside the transaction of its cause."""
    db.session.add(Look(at=clock.now(), actor_id=actor.id, door=_door(), page=page, person_id=person_id))


def _door() -> str:
    return "api" if has_request_context() and request.path.startswith("/api/") else "page"


def none_looked() -> None:
    """Say that this request ends in an error's page, which shows nobody's data."""
    g.pop("looks", None)


def install(app: Flask) -> None:
    @app.after_request
    def _write(response: Any) -> Any:
        looks = g.pop("looks", [])
        if not looks:
            return response
        try:
            with transaction():
                db.session.execute(insert(Look), looks)
        except Refusal as refusal:  # what cannot be written down is not shown
            return current_app.make_response(current_app.handle_user_exception(refusal))
        return response
