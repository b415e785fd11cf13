"""The acts of the catalogue, one file per subject: plans and their rules, publishing, templates, courses, days."""

from courses.catalogue.actions.course import CourseText, archive, write_course
from courses.catalogue.actions.days import forget_day, set_day
from courses.catalogue.actions.interest import ask_to_be_told, take_back_asking
from courses.catalogue.actions.plan import (
    check_place,
    check_sittings,
    set_lecturers,
    set_reminders,
    set_sittings,
)
from courses.catalogue.actions.publish import locked_draft, publish, publish_draft, repeat, save_draft
from courses.catalogue.actions.teaching import tell_lecturers
from courses.catalogue.actions.template import delete_template, save_template
from courses.catalogue.model import ClassPlan, Span

__all__ = [
    "ClassPlan",
    "CourseText",
    "Span",
    "archive",
    "ask_to_be_told",
    "check_place",
    "check_sittings",
    "delete_template",
    "forget_day",
    "locked_draft",
    "publish",
    "publish_draft",
    "repeat",
    "save_draft",
    "save_template",
    "set_day",
    "set_lecturers",
    "set_reminders",
    "set_sittings",
    "take_back_asking",
    "tell_lecturers",
    "write_course",
]
