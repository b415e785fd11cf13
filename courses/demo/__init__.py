"""The demo town: an invented working day in a real city.

`content/` holds what a person wrote (town, Homes, cast, lecturers, courses), `names.py` makes up the many
(enterprises, people, codes, numbers), and the loader turns both into rows dated relative to today.

Everything is invented except the city, its towns and streets and the rules that the courses teach: no enterprise,
person, institute, address or number in here belongs to anyone. Nothing outside the demo reads from this package.
"""
