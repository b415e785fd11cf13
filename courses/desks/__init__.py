"""The desks: one page per role that answers "what do I do next?", looking into many rooms.

Reads only what its role may see: an inspector's desk shows that posts are filled and hours met, and nothing of who
learns what. Changes nothing itself.
"""
