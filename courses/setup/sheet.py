"""The sheet of enterprises and their people: its columns, how their heads are recognised, what a row must be.

A row names an enterprise and, if it has one, a person there. An empty cell says nothing: what is known stays.
"""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask_babel import lazy_gettext as _l

from courses.ground import columns
from courses.ground.columns import Column, folded
from courses.ground.forms import TOO_LONG
from courses.people import identity
from courses.people.model import Role

# A code whose check digits are right and which no enterprise has: a row with it is the template's example.
EXAMPLE_CODE: Final = "91330000MA0000007W"


LINE_MAX: Final = 120  # characters of a name

COLUMNS: Final = (
    Column("credit_code", _l("Credit code"), ("信用代码", "社会信用代码", "uscc", "unified social credit code"), True),
    Column("enterprise", _l("Enterprise"), ("企业名称", "单位名称", "公司名称", "company", "enterprise name"), True),
    Column("enterprise_en", _l("Enterprise in English"), ("英文名称", "企业英文名", "name in english")),
    Column("town", _l("Town"), ("镇街", "镇街道", "街道", "乡镇", "所属镇街", "所在镇街", "street"), True),
    Column("industry", _l("Industry"), ("行业类别", "所属行业")),
    Column(
        "key_unit", _l("Key unit"), ("重点单位", "是否重点排污单位", "重点排污单位", "key pollutant-discharge unit")
    ),
    Column("person", _l("Name"), ("人员姓名", "管理员", "环保管理员", "联系人", "person", "manager", "contact")),
    Column("person_en", _l("Name in Latin letters"), ("拼音", "英文名", "pinyin")),
    Column("role", _l("Post"), ("职务", "岗位名称", "角色", "role")),
    Column("mobile", _l("Mobile number"), ("手机", "手机号码", "联系电话", "电话", "mobile", "phone", "telephone")),
    Column("email", _l("E-mail address"), ("邮箱", "电子邮箱", "邮件", "email", "e-mail", "mail")),
)
BY_NAME: Final = {column.name: column for column in COLUMNS}
NEEDED: Final = tuple(column.name for column in COLUMNS if column.needed)

_MANAGER = ("manager", "environmental manager", "环保管理员", "管理员", "企业环保管理员", "环保专员", "环境监督员")
_OWNER = ("owner", "person in charge", "负责人", "企业负责人", "法定代表人", "法人")
_YES = ("是", "yes", "y", "1", "true", "√", "✓", "重点")
_NO = ("否", "no", "n", "0", "false", "×", "非重点")

FAULTS: Final[dict[str, Any]] = {
    "needed": _l("Fill this in."),
    "missing_name": _l("This enterprise is new: give its name."),
    "unknown_town": _l("No town is called “%(said)s”. Write it as in the register of towns, or add it there."),
    "unknown_industry": _l("No industry is called “%(said)s”. Write it as in the register, or add it there."),
    "unknown_role": _l("“%(said)s” is no post at an enterprise. Write manager or person in charge."),
    "unclear": _l("Write yes or no."),
    "too_long": TOO_LONG,
    "no_contact": _l("Give an e-mail address or a mobile number."),
    "no_name": _l("Give a name."),
    "says_otherwise": _l("Row %(row)s says otherwise of the same enterprise."),
    "code_again": _l("Row %(row)s is about this enterprise already, and this one names nobody."),
    "mobile_again": _l("Row %(row)s has the same mobile number."),
    "email_again": _l("Row %(row)s has the same e-mail address."),
    "elsewhere": _l("This belongs to %(person)s of %(place)s."),
    "serves": _l("This belongs to %(person)s, who is not of an enterprise."),
    "has_left": _l("This belongs to someone who has left."),
    "two_people": _l("The number and the address belong to two different people."),
}
_BY_IDENTITY: Final[dict[str, Callable[[str], str]]] = {
    "credit_code": identity.credit_code,
    "mobile": identity.mobile,
    "email": identity.email,
    "name": identity.name,
}


def fault_words(fault: Sequence[Any], cell: str) -> str:
    """Return what is wrong with a cell, in the reader's language. `fault` is a code with its facts, or "identity" and
    the name of the rule of people/identity.py that it broke, which says what it finds wrong."""
    code: str = fault[0]
    facts: dict[str, Any] = fault[1]
    if code != "identity":
        return str(FAULTS[code]) % {"max": LINE_MAX, **facts}
    try:
        _BY_IDENTITY[facts["rule"]](cell)
    except ValueError as error:
        return str(error)
    return ""


# The heads


def matched(heads: Sequence[str]) -> dict[str, int]:
    """Return in which place of the sheet each column stands, by its head in either language. What two heads could mean
    is left for a person to say."""
    return columns.matched(COLUMNS, heads)


def doubled(heads: Sequence[str]) -> frozenset[str]:
    """Return the columns that more than one head could mean."""
    return columns.doubled(COLUMNS, heads)


# The rows


@dataclass(frozen=True)
class Places:
    """The towns and industries of the city by what they may be called, and the words for a post."""

    towns: Mapping[str, int]
    industries: Mapping[str, int]
    roles: Mapping[str, Role]


def places(towns: Sequence[Any], industries: Sequence[Any], post_names: Sequence[str]) -> Places:
    """Return what may be written, for rows with id, name_zh and name_en; of a town also without 镇 or 街道."""
    roles = {folded(word): Role.OWNER for word in _OWNER}
    roles |= {folded(word): Role.MANAGER for word in (*_MANAGER, *post_names) if word}
    short = {folded(row.name_zh.removesuffix("街道").removesuffix("镇")): row.id for row in towns}
    return Places(short | _called(towns), _called(industries), roles)


def _called(rows: Sequence[Any]) -> dict[str, int]:
    return {folded(name): row.id for row in rows for name in (row.name_en, row.name_zh) if name}


def read_row(cells: Mapping[str, str], known: Places) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the values a row would keep, and its faults by column; what other rows say is not asked here."""
    values: dict[str, Any] = {}
    faults: dict[str, Any] = {name: ("needed", {}) for name in ("credit_code", "town") if name not in cells}
    for name, cell in cells.items():
        value, fault = _READ[name](cell, known)
        if fault:
            faults[name] = fault
        else:
            values[name] = value
    if {"person", "person_en", "role", "mobile", "email"} & cells.keys():
        values.setdefault("role", Role.MANAGER)
        if "person" not in cells:
            faults["person"] = ("no_name", {})
        if not {"mobile", "email"} & cells.keys():
            faults["mobile"] = ("no_contact", {})
    return values, faults


Read = tuple[Any, tuple[str, dict[str, Any]] | None]


def _by(rule: str) -> Callable[[str, Places], Read]:
    def read(cell: str, known: Places) -> Read:
        try:
            return _BY_IDENTITY[rule](cell), None
        except ValueError:
            return None, ("identity", {"rule": rule})

    return read


def _line(cell: str, known: Places) -> Read:
    line = identity.one_line(cell)
    return (line, None) if len(line) <= LINE_MAX else (None, ("too_long", {}))


def _town(cell: str, known: Places) -> Read:
    town = known.towns.get(folded(cell))
    return town, None if town else ("unknown_town", {"said": cell})


def _industry(cell: str, known: Places) -> Read:
    industry = known.industries.get(folded(cell))
    return industry, None if industry else ("unknown_industry", {"said": cell})


def _role(cell: str, known: Places) -> Read:
    role = known.roles.get(folded(cell))
    return role, None if role else ("unknown_role", {"said": cell})


def _yes_or_no(cell: str, known: Places) -> Read:
    said = unicodedata.normalize("NFKC", cell).casefold().strip()
    return said in _YES, None if said in _YES + _NO else ("unclear", {})


_READ: Final[dict[str, Callable[[str, Places], Read]]] = {
    "credit_code": _by("credit_code"),
    "enterprise": _line,
    "enterprise_en": _line,
    "town": _town,
    "industry": _industry,
    "key_unit": _yes_or_no,
    "person": _by("name"),
    "person_en": _line,
    "role": _role,
    "mobile": _by("mobile"),
    "email": _by("email"),
}
