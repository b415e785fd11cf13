"""The acts of the catalogue, one file per subject: a class's plan and its rules, publishing, templates, days."""

from courses.catalogue.actions.days import forget_day, set_day
from courses.catalogue.actions.plan import (
    check_place,
    check_sittings,
    set_lecturers,
    set_reminders,
    set_sittings,
)
from courses.catalogue.actions.publish import locked_draft, publish, publish_draft, repeat, save_draft
from courses.catalogue.actions.template import delete_template, save_template
from courses.catalogue.model import ClassPlan, Span

__all__ = [
    "ClassPlan",
    "Span",
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
]
