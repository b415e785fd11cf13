"""Reminders: what is due to be said before a class, and when.

Nothing is stored ahead: what is due is derived from the dates as they are now, so a moved class moves its reminders,
a cancelled one has none, and downtime is caught up. The key of each notice says which booking, schedule, rule and
sitting it is for, so that deriving twice is harmless.
"""
