"""The catalogue, for programs: courses and shelves, planning and publishing a class, writing courses, asking
to be told."""

from courses.catalogue.api import interest, planning, shelves, writing
from courses.catalogue.api.blueprint import resources
from courses.catalogue.api.plans import PLACE_REFUSES, Draft, Minutes, Seats, Timetable, draft_of
from courses.catalogue.api.shelves import Drafts, drafts_of

__all__ = [
    "PLACE_REFUSES",
    "Draft",
    "Drafts",
    "Minutes",
    "Seats",
    "Timetable",
    "draft_of",
    "drafts_of",
    "interest",
    "planning",
    "resources",
    "shelves",
    "writing",
]
