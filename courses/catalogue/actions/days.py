"""The city's own word on holidays and make-up working days."""

import datetime as dt

from courses.catalogue.model import DayKind, Holiday
from courses.ground.db import db
from courses.ground.refusal import Refusal
from courses.ground.transaction import transaction
from courses.people.rights import Actor, Right, require


def set_day(actor: Actor, day: dt.date, kind: DayKind, name_zh: str = "", name_en: str = "") -> None:
    """Say that nobody, or everybody, works on `day`, whatever was announced. Raises Refusal("not_allowed")."""
    with transaction():
        require(actor, Right.ADMINISTER)
        row = db.session.get(Holiday, day)
        if row is None:
            row = Holiday(day=day, kind=kind)
            db.session.add(row)
        row.kind, row.name_zh, row.name_en = kind, name_zh, name_en


def forget_day(actor: Actor, day: dt.date) -> None:
    """Let what was announced hold for `day` again. Raises Refusal: not_allowed, not_found."""
    with transaction():
        require(actor, Right.ADMINISTER)
        row = db.session.get(Holiday, day)
        if row is None:
            raise Refusal("not_found")
        db.session.delete(row)
