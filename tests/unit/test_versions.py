"""A course's versions: a class shows the text it was given with; an archived course gets no new class."""

import datetime as dt

from flask import Flask
from sqlalchemy import select

from courses.catalogue import planning, queries
from courses.catalogue.actions import CourseText, archive, publish, save_draft, write_course
from courses.catalogue.model import Course, CourseIndustry
from courses.ground import clock
from courses.ground.db import db
from tests import makers
from tests.makers import a_plan, actor, in_days, refused, the_class
from tests.people import ADMINISTRATOR, BUREAU, CHEN, GAO, OWNER

NEW = CourseText(title_zh="碳交易实务", title_en="Carbon Trading in Practice", syllabus_zh="- 新")


def the_course(course_id: int = 1) -> Course:
    db.session.rollback()
    return db.session.get_one(Course, course_id, populate_existing=True)


def title(class_id: int) -> str:
    return planning.text_given(the_class(class_id), the_course(), clock.now()).title_zh


def test_a_course_is_written_by_officer_and_administrator(app: Flask) -> None:
    for member in (GAO, ADMINISTRATOR):
        course_id = write_course(actor(member), 2, NEW, for_key_units=True)
        course = the_course(course_id)
        assert (course.title_zh, course.topic_id, course.for_key_units, course.version) == ("碳交易实务", 2, True, 1)
    for member in (OWNER, CHEN, BUREAU):
        with refused("not_allowed"):
            write_course(actor(member), 1, NEW)
        with refused("not_allowed"):
            archive(actor(member), 1)


def test_a_text_that_was_never_given_is_no_version(app: Flask) -> None:
    makers.a_class()
    write_course(actor(GAO), 1, NEW, course_id=1)
    assert (the_course().title_zh, the_course().version) == ("碳交易实务", 1)
    assert planning.versions(1) == []


def test_a_class_keeps_the_text_it_was_given_with(app: Flask) -> None:
    given, coming = makers.a_class(days=2), makers.a_class(days=20)
    with makers.at(in_days(3)):
        write_course(actor(GAO), 1, NEW, course_id=1)
        assert (title(given), title(coming)) == ("碳交易管理", "碳交易实务")
        write_course(actor(GAO), 1, CourseText(title_zh="碳交易实务二"), course_id=1)
        assert the_course().version == 2, "no class was given between the two"
    with makers.at(in_days(21)):
        write_course(actor(GAO), 1, CourseText(title_zh="碳交易实务三"), course_id=1)
        assert (title(given), title(coming), the_course().title_zh) == ("碳交易管理", "碳交易实务二", "碳交易实务三")
        assert [version.number for version in planning.versions(1)] == [2, 1]


def test_what_is_no_text_makes_no_version(app: Flask) -> None:
    makers.a_class(days=2)
    with makers.at(in_days(3)):
        course = the_course()
        same = CourseText(**{name: getattr(course, name) for name in CourseText.__dataclass_fields__})
        write_course(actor(GAO), 2, same, course_id=1)
        assert (the_course().version, the_course().topic_id) == (1, 2)


def test_an_archived_course_gets_no_new_class(app: Flask) -> None:
    standing = makers.a_class()
    archive(actor(GAO), 1)
    assert [course.id for course in queries.all_courses()] == [2]
    for act in (publish, save_draft):
        with refused("course_archived"):
            act(actor(GAO), a_plan(days=20))
    makers.book(OWNER, standing)
    archive(actor(GAO), 1, archived=False)
    assert publish(actor(GAO), a_plan(days=20))


def test_what_is_not_there_is_not_written(app: Flask) -> None:
    with refused("not_found"):
        write_course(actor(GAO), 99, NEW)
    with refused("not_found"):
        write_course(actor(GAO), 1, NEW, course_id=99)
    with refused("not_found"):
        write_course(actor(GAO), 1, NEW, industry_ids=[1, 99])
    assert db.session.scalars(select(CourseIndustry.course_id)).all() == []
    assert the_course().title_zh == "碳交易管理"
    with refused("not_found"):
        archive(actor(GAO), 99)


def test_a_running_class_keeps_its_text_too(app: Flask) -> None:
    spans = [(in_days(day), in_days(day) + dt.timedelta(hours=2)) for day in (2, 4)]
    class_id = makers.a_class(sittings=spans)
    with makers.at(in_days(3)):
        write_course(actor(GAO), 1, NEW, course_id=1)
        assert title(class_id) == "碳交易管理"
