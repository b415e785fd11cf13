"""The pages of setting up: the checklist, the city, the registers, the people, imports."""

from courses.setup.web import checklist, export, imports, people, registers
from courses.setup.web.blueprint import pages

__all__ = ["checklist", "export", "imports", "pages", "people", "registers"]
