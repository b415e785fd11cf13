"""Booking: who gets a seat. Small, fair, and impossible to corrupt.

Each act of asking is an enrolment with a rising order number and its bookings; a group is one enrolment, so it gets
its seats or its place in the queue as a whole. Every action locks the class first, so seats, counters and queue change
together. Changes of a published class (move, resize, call off) are here too, since they promote and tell those booked.
A class may give its seats by lot instead (ground/lots.py): until the draw one enters, and nobody sits.
Writes down who is to be told in the same transaction; never sends.
"""
