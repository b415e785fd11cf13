"""E-mail addresses, mobile numbers, credit codes and names, as people type them."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.demo.names import credit_codes
from courses.people import identity

SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
REAL = "91110000600037341L"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        (" Zhang.San@Example.COM ", "zhang.san@example.com"),
        ("ｚｈａｎｇ＠ｅｘａｍｐｌｅ．ｃｏｍ", "zhang@example.com"),
        ("a@例子.中国", "a@xn--fsqu00a.xn--fiqs8s"),
    ],
)
def test_an_address_is_stored_in_one_form(typed: str, stored: str) -> None:
    assert identity.email(typed) == stored


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "a",
        "a@b",
        "a@localhost",
        "a b@example.com",
        '"a b"@example.com',
        "张@example.com",
        "x" * 65 + "@example.com",
        "a@example.com\nBcc: b@example.com",
        "<a@example.com>",
        "Zhang <a@example.com>",
        "a@[127.0.0.1]",
    ],
)
def test_what_is_no_address_is_refused_in_words(typed: str) -> None:
    with pytest.raises(ValueError, match="not an e-mail address"):
        identity.email(typed)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("13800138000", "+8613800138000"),
        (" 138-0013 8000 ", "+8613800138000"),
        ("+86 138 0013 8000", "+8613800138000"),
        ("008613800138000", "+8613800138000"),
        ("１３８００１３８０００", "+8613800138000"),
        ("+852 5123 4567", "+85251234567"),
        ("+44 7400 123456", "+447400123456"),
        ("+1 416 555 0123", "+14165550123"),
    ],
)
def test_a_number_is_stored_in_one_form(typed: str, stored: str) -> None:
    assert identity.mobile(typed) == stored
    assert identity.mobile(stored) == stored


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "+",
        "1380013800",
        "138001380000",
        "0573 8702 0000",
        "1380013TAXI",
        "13800138000 ext 5",
        "+44 20 7946 0958",
        "1" * 300,
        "<script>",
        "12345",
    ],
)
def test_what_is_no_mobile_number_is_refused_in_words(typed: str) -> None:
    with pytest.raises(ValueError, match="not a mobile number"):
        identity.mobile(typed)


@pytest.mark.parametrize(("typed", "stored"), [("A@Example.com", "a@example.com"), ("138 0013 8000", "+8613800138000")])
def test_one_signs_in_with_either(typed: str, stored: str) -> None:
    assert identity.login(typed) == stored


@pytest.mark.parametrize("typed", [REAL, "9111 0000-6000 37341l", "９１１１００００６０００３７３４１Ｌ"])
def test_a_credit_code_is_stored_in_one_form(typed: str) -> None:
    assert identity.credit_code(typed) == REAL


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("", "has 18 characters; this one has 0"),
        (REAL[:-1], "has 18 characters; this one has 17"),
        (REAL[:-1] + "I", "other than I, O, S, V and Z"),
        ("911A0000600037341L", "places 3 to 8 are digits"),
        (REAL[:8] + "60003734" + "2" + REAL[17], "Compare places 9 to 17"),
        (REAL[:-1] + "M", "last character"),
    ],
)
def test_a_wrong_credit_code_says_which_part(code: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        identity.credit_code(code)


@pytest.mark.parametrize(("eight", "check"), [("60003734", "1"), ("00000000", "0"), ("D2143569", "X")])
def test_the_organisation_code_has_its_own_check_digit(eight: str, check: str) -> None:
    """The last example is the standard's own."""
    assert identity.organisation_check(eight) == check


@given(st.integers(0, 10**6), st.integers(0, 17), st.sampled_from(SIGNS))
def test_no_single_slip_goes_unseen(seed: int, place: int, sign: str) -> None:
    code = credit_codes(random.Random(seed), 1)[0]
    assert identity.credit_code(code) == code
    slipped = code[:place] + sign + code[place + 1 :]
    if slipped != code:
        with pytest.raises(ValueError):
            identity.credit_code(slipped)


@pytest.mark.parametrize("name", ["王䶮", "李𬬭", "欧阳 娜娜", "José Ñandú", "😀", "<script>alert(1)</script>"])
def test_a_name_may_have_any_sign(name: str) -> None:
    assert identity.name(name) == name


def test_a_name_has_no_hidden_signs_and_one_line() -> None:
    assert identity.name(" 王\u200b䶮\x00 \n 二\u202e ") == "王䶮 二"


@pytest.mark.parametrize(("name", "words"), [(" ", "Give a name"), ("\u200b\x00", "Give"), ("𬬭" * 61, "at most 60")])
def test_a_name_is_neither_empty_nor_endless(name: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        identity.name(name)
    assert identity.name("𬬭" * 60)
