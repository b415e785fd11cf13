"""The acts of an enterprise, one file per verb: join, leave."""

from courses.enterprise.actions.join import ask_to_join, confirm_joining, refuse_joining
from courses.enterprise.actions.leave import leave

__all__ = ["ask_to_join", "confirm_joining", "leave", "refuse_joining"]
