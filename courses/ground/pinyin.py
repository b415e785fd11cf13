"""Chinese by its sound: the pinyin of a text, syllable by syllable, and whether Latin letters spell it.

Readings follow the words of a text (重庆 is chongqing, 银行 yinhang), not single signs. A surname is read as a
surname: 曾 is zeng, 单 is shan.
"""

import re
import unicodedata
from functools import lru_cache

Syllables = tuple[str, ...]

SURNAMES = dict(
    pair.split(":")
    for pair in (
        "曾:zeng 单:shan 仇:qiu 解:xie 区:ou 查:zha 朴:piao 盖:ge 员:yun 翟:zhai 缪:miao 乐:yue 种:chong 覃:qin "
        "卜:bu 洗:xian 谌:shen 那:na 薄:bo 炅:gui 折:she 句:gou 尉迟:yu'chi 万俟:mo'qi 长孙:zhang'sun 澹台:tan'tai "
        "令狐:ling'hu"
    ).split()
)


def folded(text: str) -> str:
    """Return `text` as it is compared: full-width letters as narrow ones, and no difference of case."""
    return unicodedata.normalize("NFKC", text).casefold()


@lru_cache(maxsize=20_000)
def syllables(text: str) -> Syllables:
    """Return the pinyin of `text` without tones; a word in Latin letters or figures counts as one syllable."""
    from pypinyin import lazy_pinyin  # its dictionary takes 60 MB: only in a process that asks for a sound

    spelt = lazy_pinyin(folded(text), errors=lambda rest: re.sub(r"[^a-z0-9]+", " ", rest))
    return tuple(" ".join(spelt).split())


def syllables_of_name(name: str) -> Syllables:
    """Return the pinyin of a person's name, its surname read as one."""
    for length in (2, 1):
        if surname := SURNAMES.get(name[:length]):
            return (*surname.split("'"), *syllables(name[length:]))
    return syllables(name)


def spells(letters: str, sounds: Syllables) -> bool:
    """Return whether `letters` are whole syllables that follow each other in `sounds`, or at least two initials.

    Only whole ones: "an" is found in 安全, not in 管.
    """
    if len(letters) > 1 and letters in "".join(sound[0] for sound in sounds):
        return True
    return letters in "".join(sounds) and any(_begins(letters, sounds[first:]) for first in range(len(sounds)))


def _begins(letters: str, sounds: Syllables) -> bool:
    for sound in sounds:
        if not letters.startswith(sound):
            return False
        letters = letters[len(sound) :]
        if not letters:
            return True
    return False
