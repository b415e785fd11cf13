"""Privacy: what is kept of people, why and how long; and what each may ask about it.

One table (`kinds.py`) is the page that says so and the job that deletes. Each person takes their own data away, sees
who looked at it, and has it erased; an administrator does so for those who ask on paper. Sums stay: a seat taken and an
hour taught were taken and taught by someone, who then has no name.
"""
