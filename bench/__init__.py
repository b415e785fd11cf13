"""Figures, never asserted by a clock: the project beside its floor, both measured in one run.

The floor is what the same server and client can do when the view is bare: the same SQL through the driver, or one
SELECT and a Jinja page of the same size. Medians of three; to the terminal and to bench/latest.json.
"""
