"""People: who there is, whom they serve, and who may do what.

Person, Post, Enterprise, Town, Squadron, Association and the City itself. A person's rights come from the
posts they hold now; `rights.py` is the one table of rights, `guard.py` refuses every route that declares none.
Promises that one account never both serves and enforces. Never knows what a class is.
"""
