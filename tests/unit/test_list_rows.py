"""Whom the rows of a list mean, among many: no database, and each name folded a few times only."""

import pytest

from courses.bulk import plan
from courses.bulk.plan import Judged, Known, KnownPerson, Reach, read, resolve
from courses.bulk.sheet import Row
from courses.ground.columns import folded
from courses.people.model import Enterprise

TOWN = 1


def a_firm(id_: int, name: str, name_en: str = "") -> Enterprise:
    firm = Enterprise(credit_code=f"9133{id_:014}", name_zh=name, name_en=name_en, town_id=TOWN, industry_id=1)
    firm.id = id_
    return firm


def a_person(id_: int, name: str, firm: int, name_en: str = "", email: str | None = None) -> KnownPerson:
    return KnownPerson(id_, name, name_en, None, email, False, firm)


def judged(known: Known, *rows: dict[str, str], of: int | None = None) -> list[Judged]:
    """Return the rows as an association sends them, or with `of` the owner of that enterprise."""
    read_ = read([Row(number, cells) for number, cells in enumerate(rows, 1)])
    resolve(read_, Reach(of, frozenset() if of else frozenset({TOWN}), may_invite=True), known)
    return read_


@pytest.mark.parametrize("own", [False, True], ids=["a town's", "an owner's"])
def test_the_work_grows_with_the_list_and_not_with_its_square(monkeypatch: pytest.MonkeyPatch, own: bool) -> None:
    asked = []
    monkeypatch.setattr(plan, "folded", lambda words: asked.append(words) or folded(words))
    many = range(1, 201)
    known = Known(
        [a_firm(n, f"第{n}公司", f"No. {n}") for n in many],
        [a_person(n, f"王{n}", 1 if own else n, f"Wang {n}") for n in many],
    )
    named = [{"name": f"王{n}"} if own else {"name": f"王{n}", "enterprise": f"第{n}公司"} for n in many]
    rows = judged(known, *named, of=1 if own else None)
    assert [row.person_id for row in rows] == list(many)
    assert len(asked) <= 7 * len(many), "three names of an enterprise, two of a person, two cells of a row"


def test_a_name_means_who_has_it_in_the_enterprise_of_the_row() -> None:
    known = Known(
        [a_firm(1, "甲公司", "Alpha Co., Ltd."), a_firm(2, "乙公司")],
        [a_person(1, "沈月", 1, "Shen Yue"), a_person(2, "沈月", 2), a_person(3, "陆鸣", 2, email="lu@x.example")],
    )
    rows = judged(
        known,
        {"enterprise": "ALPHA CO LTD", "name": "shen  yue"},
        {"enterprise": "乙 公司", "name": "沈月"},
        {"enterprise": "乙公司", "name": "沈月", "email": "lu@x.example"},
    )
    assert [(row.person_id, row.why) for row in rows] == [(1, ""), (2, ""), (None, "other_name")]


def test_marks_alone_are_nobody_and_no_enterprise() -> None:
    known = Known([a_firm(1, "甲公司")], [a_person(1, "沈月", 1), a_person(2, "陆鸣", 1)])
    rows = judged(known, {"enterprise": "甲公司", "name": "—"}, {"enterprise": "—", "name": "沈月"})
    assert [row.why for row in rows] == ["unknown_unreached", "firm_unknown"]
