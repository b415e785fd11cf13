"""The ground: database, clock, refusals, language, the pulse of the workers.

It knows no room. What stands here is used by all rooms and is about none of them: how a transaction
is taken, what time it is, how a refusal travels to the door, which language is spoken.
"""
