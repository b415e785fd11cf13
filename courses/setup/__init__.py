"""Setting up a city: from an empty database to its first class, in pages.

The administrator's checklist; the registers of towns, squadrons, associations, Homes, rooms, topics, industries,
lecturers and people; the import of enterprises and managers from a spreadsheet; the export of everything. Promises
that nothing is removed on which something stands, and that an import is written whole or not at all. Never decides
who may sit in a class.
"""
