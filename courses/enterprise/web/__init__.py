"""The pages of enterprises: the list, each one's page, and who comes and goes."""

from courses.enterprise.web import doubles, enterprises, joining, people
from courses.enterprise.web.blueprint import pages

__all__ = ["doubles", "enterprises", "joining", "pages", "people"]
