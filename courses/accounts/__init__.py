"""Accounts: signing in, being invited, resetting, one's profile, tokens for the API.

Promises that nobody learns from it whether an account exists, that a password is kept only as an argon2
hash and that its change ends every session, link and token made before. Tries are counted per account in a
table, so that they are slowed down under any number of processes. Never hashes inside a transaction; never
knows what a class is.
"""
