"""The acts of an enterprise, one file per verb."""

from courses.enterprise.actions.leave import leave

__all__ = ["leave"]
