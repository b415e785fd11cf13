"""The pages of the catalogue: shelves and calendar, courses, places and people, the publishing form, holidays."""

from courses.catalogue.web import (
    calendar,
    courses,
    days,
    interest,
    places,
    poster,
    public,
    publishing,
    repeating,
    shelves,
    writing,
)
from courses.catalogue.web.blueprint import pages
from courses.catalogue.web.publishing import foreseen, lecturer_choices, offer_places

__all__ = [
    "calendar",
    "courses",
    "days",
    "foreseen",
    "interest",
    "lecturer_choices",
    "offer_places",
    "pages",
    "places",
    "poster",
    "public",
    "publishing",
    "repeating",
    "shelves",
    "writing",
]
