"""Webhooks: a program of one's own is told what happens, as it happens.

An officer, an owner or an administrator registers an address and chooses events; it is told those that its person may
read, decided at the moment of the event. What is told is written in the transaction of its cause and goes out through
the outbox, signed as the Standard Webhooks specification says. Promises that no secret is stored, that nothing is sent
to an address inside our own network, and that an address that no longer answers is left alone. Knows no class and no
booking: what an event says is put together by the room in which it happens.
"""
