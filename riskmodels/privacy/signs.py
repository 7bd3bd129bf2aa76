"""Text in plain signs: what hides a number (other digits, blanks, dashes) is undone, place by place."""

import re
from collections.abc import Sequence
from itertools import compress

_ZEROS = (  # the digit 0 of scripts and styles; 1 to 9 follow it
    *(0x0660, 0x06F0, 0x0966, 0x09E6, 0x0E50, 0x0ED0, 0x17E0, 0xFF10),
    *(0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6),
)
_ODD_DIGITS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉⓪①②③④⑤⑥⑦⑧⑨", "012345678901234567890123456789", strict=True))
_BLANKS = "\t\x0b\x0c\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\u30fc\ufe58\ufe63\uff0d"
_DOTS = "\u00b7\u2022\u2024\u2027\u30fb\uff0e"
_OTHERS = {
    "＠": "@",
    "﹫": "@",
    "＋": "+",
    "（": "(",
    "）": ")",
    "／": "/",
    "⁄": "/",
    "∕": "/",
    "＿": "_",
    "：": ":",
    "，": ",",
}
_UNSEEN = "\u200b"  # stands for every sign that takes no room
_INVISIBLE = (  # first and last of each run of code points
    *((0x00, 0x08), (0x0E, 0x1F), (0x7F, 0x84), (0x86, 0x9F), (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C)),
    *((0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E)),
    *((0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0)),
    *((0xFFF9, 0xFFFB), (0xE0001, 0xE007F), (0xE0100, 0xE01EF)),
)
_PLAIN = str.maketrans(
    {
        **{chr(zero + digit): str(digit) for zero in _ZEROS for digit in range(10)},
        **{
            chr(0xFF21 + place + shift): chr(0x41 + place + shift) for place in range(26) for shift in (0, 32)
        },
        **_ODD_DIGITS,
        **dict.fromkeys(_BLANKS, " "),
        **dict.fromkeys(_DASHES, "-"),
        **dict.fromkeys(_DOTS, "."),
        **_OTHERS,
        **{chr(sign): _UNSEEN for first, last in _INVISIBLE for sign in range(first, last + 1)},
    }
)
_NUMERALS = str.maketrans("〇零一二三四五六七八九幺壹贰叁肆伍陆柒捌玖", "001234567891123456789")
_SPELT = re.compile("[〇零一二三四五六七八九幺壹贰叁肆伍陆柒捌玖]{11,}")  # a number read out sign by sign
_DIGEST = re.compile(  # a name that a program made: letters and digits in turn
    r"""(?<![0-9A-Za-z])(?:
    (?=[0-9a-f]{16})(?:[a-f]*[0-9]++[a-f]++){2}[0-9a-f]*+
    | [0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12} )(?![0-9A-Za-z])""",
    re.VERBOSE,
)


def in_plain_signs(text: str) -> tuple[str, Sequence[int]]:
    """Return a text in plain digits, blanks, dashes and dots, without what takes no room.

    Returns
    -------
    (plain, places)
        ``places[i]`` is where the i-th sign of ``plain`` stands in ``text``.

    Examples
    --------
    >>> plain, places = in_plain_signs("１３８" + chr(0x200B) + "–1")
    >>> plain, list(places)
    ('138-1', [0, 1, 2, 4, 5])
    """
    plain = text.translate(_PLAIN) if not (text.isascii() and text.isprintable()) else text
    places: Sequence[int] = range(len(plain))
    if _UNSEEN in plain:
        places = [*compress(places, map(_UNSEEN.__ne__, plain))]
        plain = plain.replace(_UNSEEN, "")
    if not plain.isascii():
        plain = _SPELT.sub(lambda spelt: spelt[0].translate(_NUMERALS), plain)
    return plain, places


def without_digests(plain: str) -> str:
    """Blank what only looks like a number because a program made it of digits and letters."""
    return _DIGEST.sub(lambda digest: "x" * len(digest[0]), plain)
