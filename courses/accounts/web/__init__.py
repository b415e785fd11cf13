"""The pages of accounts: sign-in, the pages behind a secret link, the profile, inviting."""

from courses.accounts.web import invite, link, profile, sign_in, sso
from courses.accounts.web.blueprint import pages, secret_keys
from courses.accounts.web.invite import hand_over

__all__ = ["hand_over", "invite", "link", "pages", "profile", "secret_keys", "sign_in", "sso"]
