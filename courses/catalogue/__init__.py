"""The catalogue: what is taught and when; the shelves of the supermarket.

Courses on their topics, dated classes with sittings, lecturers and reminder rules. Drafts and publishes classes and
refuses clashes of room and lecturer by the hour. A class that is published is changed by booking, never here,
since those booked must be told. Knows how many seats are taken, never by whom.
"""
