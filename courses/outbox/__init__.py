"""The outbox: one notice is one message to one person over one channel, kept with its fate.

A notice is written in the transaction of its cause (`post`) and sent by a worker (`deliver_due`). It is marked as
being sent, and that mark committed, before it is sent, so two workers never send it twice; one whose sender died
becomes "in doubt" and is decided by a person, never silently sent again. Refused sends are tried again with growing
pauses, then rest in view. Knows what to say and to whom, never why: that is in the facts that the cause wrote down.
"""
