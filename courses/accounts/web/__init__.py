"""The pages of accounts: sign-in, the pages behind a secret link, the profile, inviting."""

from courses.accounts.web import invite, link, profile, sign_in
from courses.accounts.web.blueprint import pages

__all__ = ["invite", "link", "pages", "profile", "sign_in"]
