"""Enterprises, for programs: joining and leaving, contacts, doubles made one."""

from courses.enterprise.api import doubles, joining, people
from courses.enterprise.api.blueprint import resources

__all__ = ["doubles", "joining", "people", "resources"]
