"""The pages of enterprises: the list, each one's page, and who comes and goes."""

from courses.enterprise.web import enterprises, joining, people
from courses.enterprise.web.blueprint import pages

__all__ = ["enterprises", "joining", "pages", "people"]
