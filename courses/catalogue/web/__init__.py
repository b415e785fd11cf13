"""The pages of the catalogue: shelves, courses, and the form that publishes a class."""

from courses.catalogue.web import courses, publishing, shelves
from courses.catalogue.web.blueprint import pages
from courses.catalogue.web.publishing import offer_places

__all__ = ["courses", "offer_places", "pages", "publishing", "shelves"]
