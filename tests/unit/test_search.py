"""Search: what a visitor's words find, in Chinese, in English and by the sound."""

import pytest
from flask import Flask

from courses.catalogue.model import Course, Lecturer
from courses.catalogue.search import courses_found, matches
from courses.catalogue.shelf import Filters, shelf
from courses.ground import clock
from courses.ground.db import db
from courses.ground.kept import forget_all
from courses.ground.pinyin import spells, syllables, syllables_of_name
from courses.ground.transaction import transaction
from courses.homes.model import Home
from courses.people.model import Person
from tests import makers
from tests.people import CHEN


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("碳交易管理", "tan jiao yi guan li"),
        ("重庆", "chong qing"),
        ("重点排污单位", "zhong dian pai wu dan wei"),
        ("银行", "yin hang"),
        ("ＶＯＣｓ治理：2.0版", "vocs zhi li 2 0 ban"),
        ("、。", ""),
    ],
)
def test_words_are_read_as_they_are_said(text: str, said: str) -> None:
    assert " ".join(syllables(text)) == said


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("曾国平", "zeng guo ping"),
        ("单文", "shan wen"),
        ("尉迟恭", "yu chi gong"),
        ("陈单", "chen dan"),
        ("王䶮", "wang yan"),
    ],
)
def test_a_surname_is_read_as_one(name: str, said: str) -> None:
    assert " ".join(syllables_of_name(name)) == said


@pytest.mark.parametrize(
    ("letters", "does"),
    [
        ("tanjiaoyi", True),
        ("tan", True),
        ("guanli", True),
        ("tjy", True),
        ("jyg", True),
        ("an", False),
        ("t", False),
        ("anjiao", False),
        ("jiaoyig", False),
        ("tly", False),
    ],
)
def test_letters_spell_whole_syllables_or_initials(letters: str, does: bool) -> None:
    assert spells(letters, syllables("碳交易管理")) is does


def found(q: str) -> list[int]:
    return sorted(card.id for card in shelf(Filters(q=q), clock.now()))


@pytest.fixture
def carbon(app: Flask) -> int:
    """A class in the Home of Maqiao, taught by Chen Yan, with another course beside it."""
    with transaction():
        person = db.session.get(Person, CHEN.id)
        assert person
        person.name_en = "Chen Yan"
        home = db.session.get(Home, 1)
        assert home
        home.name_zh = "重庆路环保管家之家"
    class_id = makers.a_class(lecturers=[CHEN.id])
    makers.a_class(course=2, room=1, seats=5)
    forget_all()
    return class_id


@pytest.mark.parametrize(
    "q",
    [
        "碳交易",
        "交易",
        "碳",
        "清缴",  # the syllabus
        "配额",  # the summary
        "双碳",  # the topic
        "carbon",
        "CARBON Trading",
        "trad",
        "Surrender",
        "tanjiaoyi",
        "tjy",
        "TJYGL",
        "tan jiao yi",
        "陈砚",
        "chenyan",
        "Chen Yan",
        "钱江",
        "qianjiang",
        "马桥",
        "maqiao",
        "mq",
        "马桥 碳交易",
        "马桥碳交易",
        "1000座",
        "ｃａｒｂｏｎ",
    ],
)
def test_finds(carbon: int, q: str) -> None:
    assert found(q) == [carbon]


@pytest.mark.parametrize(
    "q",
    [
        "土壤",
        "an",
        "rading",
        "arbo",
        "anjiao",
        "%",
        "_",
        "'",
        "马桥危险废物",
        "carbon 危险",
        "x" * 100,
        "\\",
        "(",
        "[a",
    ],
)
def test_finds_nothing(carbon: int, q: str) -> None:
    assert found(q) == []


def test_a_place_is_read_as_its_people_say_it(carbon: int) -> None:
    assert found("chongqinglu") == [2]
    assert found("zhongqing") == []


def test_no_words_find_everything(carbon: int) -> None:
    assert found("") == found("  ") == [1, 2]
    assert courses_found("") is None
    assert matches(" ") == []


def test_a_lecturers_surname_is_found_by_its_sound(carbon: int) -> None:
    with transaction():
        db.session.add(person := Person(name="曾单", email="zeng@test.example"))
        db.session.flush()
        db.session.add(Lecturer(person_id=person.id, institution_zh="海大"))
    taught = makers.a_class(days=20, lecturers=[person.id])
    forget_all()
    assert found("zengdan") == found("zd") == found("曾单") == [taught]
    assert found("cengdan") == []


def test_courses_are_found_though_they_have_no_class(app: Flask) -> None:
    with transaction():
        db.session.add(Course(topic_id=2, title_zh="土壤污染隐患排查", title_en="Soil"))
    forget_all()
    assert courses_found("turang") == courses_found("soil") == courses_found("土壤") == {3}
    assert courses_found("turang carbon") == set()
