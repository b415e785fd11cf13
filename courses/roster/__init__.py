"""The roster: who came. Attendance per sitting; hours on top of it.

Marked by those who teach or serve the class, from an hour before a sitting. A person who was there for at least 80 % of
a sitting's minutes earns its full hours, below that none. Tells booking, downward, who attended.
"""
