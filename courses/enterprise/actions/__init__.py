"""The acts of an enterprise, one file per verb: join, leave, merge."""

from courses.enterprise.actions.join import ask_to_join, confirm_joining, refuse_joining
from courses.enterprise.actions.leave import leave
from courses.enterprise.actions.merge import merge_enterprises, merge_people

__all__ = ["ask_to_join", "confirm_joining", "leave", "merge_enterprises", "merge_people", "refuse_joining"]
