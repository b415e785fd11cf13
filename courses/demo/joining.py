"""Two people whom nobody has invited yet: one of an enterprise without a person in charge, one of a new enterprise."""

import datetime as dt

from courses.demo.rows import Rows
from courses.demo.town import Settled
from courses.enterprise.model import Answer, JoinRequest
from courses.people.model import Enterprise, Role

NEW_CODE = "91330481DN0000DE6Y"


def ask_to_join(rows: Rows, town: Settled, at: dt.datetime) -> None:
    """Leave two requests to the squadron and the association of Haichang, from yesterday and the day before."""
    where = town.towns["haichang"]
    owned = set(town.owners)
    firm = next(row for row in rows.of(Enterprise) if row["town_id"] == where and row["id"] not in owned)
    _ask(
        rows, where, firm["credit_code"], firm["name_zh"], ("唐宁", "Tang Ning"), Role.OWNER, at - dt.timedelta(days=2)
    )
    new = "海宁潮音精密部件有限公司（演示）"
    _ask(rows, where, NEW_CODE, new, ("邵一舟", "Shao Yizhou"), Role.MANAGER, at - dt.timedelta(days=1))


def _ask(
    rows: Rows, where: int, code: str, firm: str, called: tuple[str, str], role: Role, asked_at: dt.datetime
) -> None:
    name, name_en = called
    rows.add(
        JoinRequest,
        credit_code=code,
        enterprise_name=firm,
        town_id=where,
        name=name,
        name_en=name_en,
        email=f"{name_en.lower().replace(' ', '.')}@demo.example",
        role=role,
        language="zh",
        asked_at=asked_at,
        state=Answer.WAITING,
        reason="",
    )
