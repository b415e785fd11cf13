"""Passwords: what a good one is, and its argon2 hash, some 50 ms of work: never inside a transaction."""

import unicodedata
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from courses.ground.refusal import Refusal

MIN: Final = 10
MAX: Final = 200
# OWASP's second choice: 19 MiB and one lane, so that eight threads on a small machine can hash at once.
_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
# The hash of a lost random word: verified where there is no account, so that both take the same time.
NOBODYS: Final = "$argon2id$v=19$m=19456,t=2,p=1$d/DXpSNALg46lCN/4sUOEQ$N9GEqDM7OWUoYxTW9iR4/Fs1mU27pFCreD3OVsDgEbg"
_COMMON: Final = frozenset(
    """
    1234567890 0123456789 9876543210 0987654321 12345678910 123456789012 1234567891 1234512345 123123123123
    1122334455 1472583690 123456789a a123456789 123456789q q123456789 123456789abc abc123456789 abc1234567
    abcd123456 abcd1234567 abcde12345 abcdefghij aa12345678 aa123456789 as123456789 qq123456789 wang123456
    woaini1314 woaini1314520 woaini5201314 woaini123456 5201314520 1314520520 520131452013 zhang123456
    qwertyuiop qwerty12345 qwerty123456 qwertyuiop123 asdfghjkl123 asdfghjkl1 zxcvbnm123 zxcvbnm12345
    1q2w3e4r5t 1q2w3e4r5t6y q1w2e3r4t5 1qaz2wsx3edc qazwsxedcrfv qazwsx123456 1qazxsw23edc zaq12wsxcde3
    password12 password123 password1234 password12345 passw0rd123 passw0rd1234 p@ssw0rd123 p@ssword123
    iloveyou123 welcome123 welcome1234 changeme123 letmein123 admin12345 admin123456 admin123456789
    administrator administrator1 root123456 test123456 user123456 huanbao123 huanbao123456
    """.split()
)


def require_good(password: str, *own: str | None) -> None:
    """Raise Refusal("weak_password") unless the password has 10 to 200 characters, four of them different, is
    not a common one and none of `own`: the address and number that it is to protect."""
    typed = _normal(password).casefold()
    logins = {word.removeprefix(prefix) for word in own if word for prefix in ("", "+86")}
    too_plain = len(set(typed)) < 4 or typed in _COMMON or typed in logins
    if not MIN <= len(typed) <= MAX or too_plain:
        raise Refusal("weak_password")


def hashed(password: str) -> str:
    return _HASHER.hash(_normal(password))


def matches(password: str, stored: str | None) -> bool:
    """Return whether `password` belongs to the hash `stored`; takes its time also where there is none."""
    try:
        _HASHER.verify(stored or NOBODYS, _normal(password))
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def is_outdated(stored: str) -> bool:
    """Return whether `stored` was made with other parameters than ours."""
    return _HASHER.check_needs_rehash(stored)


def _normal(password: str) -> str:
    """Return the one form in which a password is compared, whatever keyboard typed it."""
    return unicodedata.normalize("NFKC", password)
