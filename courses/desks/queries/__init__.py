"""What the desks show; each function is a fixed number of statements, however much there is."""

from courses.desks.queries.classes import classes_of_squadron, classes_taught, unmarked_classes, untold
from courses.desks.queries.coverage import coverage
from courses.desks.queries.installation import fates, faults, notices_of, stuck
from courses.desks.queries.people import members
from courses.desks.queries.posts import posts

__all__ = [
    "classes_of_squadron",
    "classes_taught",
    "coverage",
    "fates",
    "faults",
    "members",
    "notices_of",
    "posts",
    "stuck",
    "unmarked_classes",
    "untold",
]
