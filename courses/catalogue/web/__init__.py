"""The pages of the catalogue: shelves and calendar, courses, and the form that publishes a class."""

from courses.catalogue.web import calendar, courses, publishing, shelves
from courses.catalogue.web.blueprint import pages
from courses.catalogue.web.publishing import offer_places

__all__ = ["calendar", "courses", "offer_places", "pages", "publishing", "shelves"]
