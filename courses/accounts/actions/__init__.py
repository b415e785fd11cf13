"""The acts of accounts, one file per verb: sign in, set and change passwords, invite, tokens.

Each opens its own transactions and hashes before or after them, never inside.
"""

from courses.accounts.actions.invite import (
    Invited,
    Newcomer,
    correct,
    enlist,
    enlist_all,
    invite,
    open_account,
    send_link,
)
from courses.accounts.actions.password import ask_reset, change_password, set_password
from courses.accounts.actions.profile import change_profile
from courses.accounts.actions.sign_in import count_try, sign_in
from courses.accounts.actions.sso import ask_link, candidate, link, link_by_mail, linked, unlink
from courses.accounts.actions.token import DAYS_MAX, make_token, revoke_token, token_for, use_token

__all__ = [
    "DAYS_MAX",
    "Invited",
    "Newcomer",
    "ask_link",
    "ask_reset",
    "candidate",
    "change_password",
    "change_profile",
    "correct",
    "count_try",
    "enlist",
    "enlist_all",
    "invite",
    "link",
    "link_by_mail",
    "linked",
    "make_token",
    "open_account",
    "revoke_token",
    "send_link",
    "set_password",
    "sign_in",
    "token_for",
    "unlink",
    "use_token",
]
