"""What people and enterprises are known by: e-mail address, mobile number, credit code, name.

Each function returns the one form that is stored and compared, or raises ValueError with words for a person.
Full-width letters and digits, as Chinese input methods leave them, are read as the plain ones.
"""

import re
import unicodedata
from typing import Final

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from flask_babel import gettext as _
from phonenumbers import PhoneNumberFormat, PhoneNumberType
from stdnum.cn import uscc

NAME_MAX: Final = 60
# North America does not tell mobile numbers from others.
_MOBILE: Final = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
_DIALLED: Final = re.compile(r"[+(]?[\d\s().-]+")
_CREDIT_CODE: Final = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}")
_ORGANISATION_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)
_HIDDEN: Final = ("Cc", "Cf", "Cs")  # not private or unassigned ones: rare signs of names stand there


def email(text: str) -> str:
    """Return the address in lower case, its domain in the form that every mail server reads."""
    try:
        checked = validate_email(_plain(text), check_deliverability=False, allow_smtputf8=False, strict=True)
    except EmailNotValidError:
        raise ValueError(_("This is not an e-mail address. It should look like name@example.com.")) from None
    return (checked.ascii_email or checked.normalized).lower()


def mobile(text: str) -> str:
    """Return the number as +8613800138000; without a country code it is a Chinese one."""
    wrong = ValueError(_("This is not a mobile number. A Chinese one has 11 digits; a foreign one begins with +."))
    dialled = _plain(text)
    if not _DIALLED.fullmatch(dialled):
        raise wrong
    try:
        number = phonenumbers.parse(dialled, "CN")
    except phonenumbers.NumberParseException:
        raise wrong from None
    if not phonenumbers.is_valid_number(number) or phonenumbers.number_type(number) not in _MOBILE:
        raise wrong
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def login(text: str) -> str:
    """Return what somebody signs in with: an e-mail address if there is an @ in it, else a mobile number."""
    typed = _plain(text)
    if "@" in typed:
        return email(text)
    if not any(sign.isdecimal() for sign in typed):
        raise ValueError(_("Type an e-mail address, such as name@example.com, or a mobile number."))
    return mobile(text)


def credit_code(text: str) -> str:
    """Return the 18 characters of a unified social credit code (GB 32100-2015); says which part is wrong.

    Characters 9 to 17 are the organisation code, whose last is its own check digit (GB 11714); the 18th
    checks the whole.
    """
    code = uscc.compact(_plain(text))
    if len(code) != 18:
        raise ValueError(_("A credit code has 18 characters; this one has %(count)s.", count=len(code)))
    if not _CREDIT_CODE.fullmatch(code):
        raise ValueError(
            _("A credit code has digits and letters other than I, O, S, V and Z; places 3 to 8 are digits.")
        )
    if code[16] != organisation_check(code[8:16]):
        raise ValueError(_("The code is wrong. Compare places 9 to 17 with the business licence."))
    if code[17] != uscc.calc_check_digit(code[:17]):
        raise ValueError(_("The last character does not fit the others. Compare all 18 with the business licence."))
    return code


def organisation_check(eight: str) -> str:
    """Return the check digit of the first eight characters of an organisation code (GB 11714)."""
    total = sum(int(sign, 36) * weight for sign, weight in zip(eight, _ORGANISATION_WEIGHTS, strict=True))
    return "0123456789X0"[11 - total % 11]


def name(text: str) -> str:
    """Return a name in one line without hidden characters, 1 to 60 long, in any script."""
    shown = one_line(text)
    if not shown:
        raise ValueError(_("Give a name."))
    if len(shown) > NAME_MAX:
        raise ValueError(_("A name has at most %(count)s characters.", count=NAME_MAX))
    return shown


def one_line(text: str) -> str:
    """Return `text` without control and other invisible characters, its spaces single."""
    spaced = " ".join(unicodedata.normalize("NFC", text).split())
    return "".join(sign for sign in spaced if unicodedata.category(sign) not in _HIDDEN)


def _plain(text: str) -> str:
    return one_line(unicodedata.normalize("NFKC", text))
