"""What the desks show; each function is a fixed number of statements, however much there is.

The figures of a year stand on `YearlyHours`, and those of topics and months on the counters of the classes: no desk
counts bookings, of which a city has a million some day.
"""

from courses.desks.queries.classes import classes_of_squadron, classes_taught, unmarked_classes, untold
from courses.desks.queries.installation import fates, faults, notices_of, stuck

__all__ = [
    "classes_of_squadron",
    "classes_taught",
    "fates",
    "faults",
    "notices_of",
    "stuck",
    "unmarked_classes",
    "untold",
]
