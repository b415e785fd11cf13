"""The pages of the desks and what belongs to no other room: notices, the installation's state, privacy, probes."""

from courses.desks.web import desk, installation, lists, notices
from courses.desks.web.blueprint import pages

__all__ = ["desk", "installation", "lists", "notices", "pages"]
