"""Running it: what whoever keeps the machine asks of the installation.

A backup that is checked when it is written and a restore that is all or nothing; the doctor, who names what a running
city can go wrong in and what to do about it; the figures that an alarm is made of. Promises that asking never changes
anything. Never shows a person's data: it counts.
"""
