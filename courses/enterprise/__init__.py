"""The enterprise: its people, their posts and hours on one page, and what happens when one of them comes or goes.

Who leaves keeps hours and history; a successor takes over the post with its seats and places in the queue in one
transaction, under the locks of all classes concerned. Shows an enterprise to its owner, and to the officer and the
association of its town. Never books, and never shows what somebody learns to who enforces.
"""
