"""Two sheets of enterprises that the administrator sent: one written weeks ago, one of this morning still to decide."""

import datetime as dt
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, Final

from courses.demo import names
from courses.demo.rows import Rows
from courses.demo.town import Manager, Settled
from courses.ground import sheets
from courses.ground.columns import cells_of
from courses.ground.language import speaking
from courses.people.model import City, Enterprise, Industry, Person, Role, Town
from courses.setup.model import Import, ImportRow, Outcome, Stage
from courses.setup.plan import Judged, Known, KnownPerson, planned
from courses.setup.sheet import BY_NAME, matched, places, read_row

WRITTEN_AGO: Final = dt.timedelta(days=20)
SENT_AGO: Final = dt.timedelta(minutes=50)
LOOKED_AT_FOR: Final = dt.timedelta(minutes=6)
ROWS: Final = 18
HEADS: Final = ("credit_code", "enterprise", "town", "industry", "key_unit", "person", "role", "email")
TOWN: Final = "海昌街道"
NOBODY: Final = Known({}, {}, {})

Cells = tuple[str, ...]


def send_sheets(rows: Rows, town: Settled, at: dt.datetime) -> None:
    """Leave both imports with their rows, judged by the rules that judge every import."""
    here = [manager for manager in town.crowd if manager.firm.town == "haichang"]
    written, later = here[:ROWS], here[ROWS : ROWS + 5]
    first = [_cells(rows, manager) for manager in written]
    first += [
        _wrong("海宁恒澜光电有限公司", "DP000001", town="海昌镇区"),
        _wrong("海宁云图电子有限公司", "DP000002", email="无"),
    ]
    id_ = _take_in(rows, town, "海昌街道企业名录.csv", first, NOBODY, at - WRITTEN_AGO)
    _write(rows, id_, town, at - WRITTEN_AGO + LOOKED_AT_FOR, {_address(rows, one): one.id for one in written})
    second = [_cells(rows, manager) for manager in later]
    second[0] = (*second[0][:4], "是" if second[0][4] == "否" else "否", *second[0][5:])
    second += [
        _new("海宁潮音精密部件有限公司", "DP000003", "范一鸣"),
        _new("海宁晴川新材料有限公司", "DP000004", "卢雨"),
        _new("海宁晴川新材料有限公司", "DP000004", "施文博"),
        _wrong("海宁禾芯科技有限公司", "DP000005", industry="炼金"),
        _wrong("海宁禾芯科技有限公司", "DP000006", code="91330481DP0000061A"),
        _wrong("海宁沐风检测有限公司", "DP000007", email=_address(rows, written[0])),
    ]
    _take_in(rows, town, "本月新增企业.csv", second, _known(rows, (*written, *later)), at - SENT_AGO)


def _address(rows: Rows, manager: Manager) -> str:
    address: str = rows.of(Person)[manager.id - 1]["email"]
    return address


def _cells(rows: Rows, manager: Manager) -> Cells:
    """Return a row as the register has it."""
    firm, person = rows.of(Enterprise)[manager.firm.id - 1], rows.of(Person)[manager.id - 1]
    industry = rows.of(Industry)[firm["industry_id"] - 1]["name_zh"]
    key_unit = "是" if firm["is_key_unit"] else "否"
    said = (firm["credit_code"], firm["name_zh"], TOWN, industry, key_unit)
    return (*said, person["name"], "环保管理员", person["email"])


def _new(firm: str, body: str, person: str, email: str = "", **said: str) -> Cells:
    code = said.get("code") or names.credit_code(body)
    place = (said.get("town", TOWN), said.get("industry", "电子信息"), "否")
    return (code, firm, *place, person, "环保管理员", email or f"{body.lower()}.{len(person)}@{names.MAIL_DOMAIN}")


def _wrong(firm: str, body: str, **said: str) -> Cells:
    """Return a row of which `said` is wrong."""
    return _new(firm, body, "何远", **said)


def _known(rows: Rows, managers: Sequence[Manager]) -> Known:
    """Return what the records know of these managers and their enterprises."""
    people = {}
    for manager in managers:
        row = rows.of(Person)[manager.id - 1]
        posts = frozenset({(Role.MANAGER, manager.firm.id)})
        place = rows.of(Enterprise)[manager.firm.id - 1]["name_zh"]
        people[row["email"]] = KnownPerson(manager.id, row, False, False, posts, place)
    return Known({row["credit_code"]: row for row in rows.of(Enterprise)}, {}, people)


def _take_in(rows: Rows, town: Settled, name: str, lines: Sequence[Cells], known: Known, at: dt.datetime) -> int:
    """Keep a sheet and what each of its rows would do; return the import's id."""
    with speaking("zh"):
        content = sheets.comma_separated([str(BY_NAME[head].head) for head in HEADS], lines)
    heads, *read = sheets.read(content)
    matching, number = matched(heads), len(rows.of(Import)) + 1
    towns, industries = ([SimpleNamespace(**row) for row in rows.of(model)] for model in (Town, Industry))
    here = places(towns, industries, _post_names(rows))
    judged = []
    for place, row in enumerate(read, 2):
        cells = cells_of(row, matching)
        values, faults = read_row(cells, here)
        id_ = rows.add(
            ImportRow, import_id=number, number=place, cells=cells, values=values, faults={}, changes={}, person_id=None
        )
        judged.append(Judged(id_, place, values, faults))
    plan = planned(judged, known)
    for one in plan.rows:
        rows.of(ImportRow)[one.id - 1].update(
            faults=one.faults, changes=one.changes, outcome=one.outcome, person_id=one.person_id
        )
    return rows.add(
        Import,
        file_name=name,
        made_by=town.person("jin"),
        made_at=at,
        matching=matching,
        rows=len(read),
        looked_at=len(read),
        content=content,
        stage=Stage.CHECKED,
        done_by=None,
        done_at=None,
        invited_at=None,
        **{str(outcome): plan.count(outcome) for outcome in Outcome},
    )


def _post_names(rows: Rows) -> tuple[str, str]:
    (city,) = rows.of(City)
    return city["post_name_zh"], city["post_name_en"]


def _write(rows: Rows, import_id: int, town: Settled, at: dt.datetime, people: dict[str, int]) -> None:
    """Say that the import was written, by whom and when; `people` are who came by it, by address."""
    row: dict[str, Any] = rows.of(Import)[import_id - 1]
    row.update(stage=Stage.IMPORTED, done_by=town.person("jin"), done_at=at)
    for one in rows.of(ImportRow):
        if one["import_id"] == import_id and one["outcome"] != Outcome.WRONG:
            one["person_id"] = people[one["values"]["email"]]
