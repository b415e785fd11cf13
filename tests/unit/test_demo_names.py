"""The invented names: well formed, unique, the same for the same seed, and nobody's."""

from random import Random

import pytest

from courses.demo import names
from courses.demo.names import RARE_SIGNS
from courses.people import identity

SEED = 330481


@pytest.mark.parametrize(
    "generate",
    [
        lambda rng: names.enterprise_names(rng, 905, ["leather", "food"]),
        lambda rng: names.person_names(rng, 800),
        lambda rng: names.credit_codes(rng, 905),
        lambda rng: names.mobiles(rng, 50),
    ],
    ids=["enterprises", "people", "codes", "numbers"],
)
def test_one_seed_gives_one_town(generate):
    assert generate(Random(SEED)) == generate(Random(SEED))
    assert generate(Random(SEED)) != generate(Random(SEED + 1))


def test_enterprises_have_names_of_their_own_in_both_languages():
    made = names.enterprise_names(Random(SEED), 905, ["leather", "machinery", "unheard-of"])

    assert len({zh for zh, _ in made}) == len({en for _, en in made}) == 905
    assert all(zh.endswith("有限公司") and en.endswith("Co., Ltd.") for zh, en in made)


def test_an_enterprise_says_what_its_industry_makes():
    made = names.enterprise_names(Random(SEED), 60, ["leather", "food"])

    assert all(any(line in zh for line in ("皮", "裘")) for zh, _ in made[::2])
    assert all(any(line in zh for line in ("食品", "调味品", "榨菜", "粮油")) for zh, _ in made[1::2])


def test_more_trade_names_than_there_are_cannot_be_had():
    with pytest.raises(ValueError, match="trade names asked for"):
        names.enterprise_names(Random(SEED), 5_000, ["food"])
    with pytest.raises(ValueError, match="needs an industry"):
        names.enterprise_names(Random(SEED), 1, [])


def test_no_two_people_share_a_chinese_name():
    made = names.person_names(Random(SEED), 800)

    assert len({zh for zh, _ in made}) == 800
    assert all(identity.name(zh) == zh and identity.one_line(en) == en for zh, en in made)
    assert any(sign in zh for zh, _ in made for sign in RARE_SIGNS if sign.isalpha() and not sign.isascii())


def test_namesakes_have_addresses_of_their_own():
    pinyin = names.person_names(Random(SEED), 800)
    made = names.emails(pinyin)

    assert len({en for _, en in pinyin}) < len(set(made)) == 800
    assert all(identity.email(address) == address for address in made)
    assert all(address.endswith("@demo.example") for address in made)


def test_every_credit_code_has_both_its_check_digits_right():
    made = names.credit_codes(Random(SEED), 905)

    assert len(set(made)) == 905
    assert all(identity.credit_code(code) == code for code in made)
    assert all(code[8:10] == "DM" for code in made), "a part that a registry may have issued"


def test_mobile_numbers_are_valid_and_reach_nobody():
    made = names.mobiles(Random(SEED), 300)

    assert len(set(made)) == 300
    assert all(identity.mobile(number) == number for number in made)
    assert all(number.startswith("+861349001") for number in made)
    with pytest.raises(ValueError):
        names.mobiles(Random(SEED), 10_001)
