"""Signs that nobody sees or that are the same to people: a value must not become two by them."""

import re
import unicodedata

from riskmodels.tables.sql import literal

_BLANKS = r"\t\x0b\x0c\x85\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}"
_INVISIBLE = r"\x00-\x08\x0e-\x1f\x7f\x{ad}\x{180e}\x{200b}-\x{200f}\x{202a}-\x{202e}\x{2060}-\x{2064}\x{2066}-\x{2069}\x{feff}"
_EDGES = rf"^[ \n\r{_BLANKS}{_INVISIBLE}]+|[ \n\r{_BLANKS}{_INVISIBLE}]+$"
_WIDE = "".join(
    chr(sign) for sign in [*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B)]
)
_NARROW = unicodedata.normalize("NFKC", _WIDE)
_DASHES = re.compile("[\u2010-\u2015\u2212]")
_QUOTES = str.maketrans("\u2018\u2019\u201c\u201d", "''\"\"")
_NUMBER = re.compile(r"0*(\d+)(\.0+)?")


def cleaned_sql(raw: str) -> str:
    """SQL for a code without invisible signs, in plain blanks, narrow letters and digits, and composed accents.

    What is plain, as nearly all values are, costs a few comparisons only.
    """
    strange = f"regexp_matches({raw}, {literal(f'[{_BLANKS}{_INVISIBLE}{_WIDE[0]}-{_WIDE[-1]}]')})"
    narrow = f"translate({raw}, {literal(_WIDE)}, {literal(_NARROW)})"
    visible = f"regexp_replace({narrow}, {literal(f'[{_INVISIBLE}]+')}, '', 'g')"
    blank = f"regexp_replace({visible}, {literal(f'[{_BLANKS}]+')}, ' ', 'g')"
    signs = " OR ".join(f"contains({raw}, chr({sign}))" for sign in (0, 9, 10))
    suspect = f"strlen({raw}) <> length({raw}) OR {raw} < '!' OR ends_with({raw}, ' ') OR {signs}"
    clean = f"nfc_normalize(trim(CASE WHEN {strange} THEN {blank} ELSE {raw} END, ' ' || chr(10) || chr(13)))"
    return f"CASE WHEN {suspect} THEN {clean} ELSE {raw} END"


def edged_sql(raw: str) -> str:
    """SQL for a figure or a date without blanks and invisible signs at its ends, and in narrow digits."""
    narrow = f"translate({raw}, {literal(_WIDE)}, {literal(_NARROW)})"
    bare = f"regexp_replace({narrow}, {literal(_EDGES)}, '', 'g')"
    suspect = f"strlen({raw}) <> length({raw}) OR {raw} < '!' OR ends_with({raw}, ' ') OR contains({raw}, chr(9)) OR contains({raw}, chr(0))"
    return f"CASE WHEN {suspect} THEN {bare} ELSE {raw} END"


def cleaned(text: str) -> str:
    """Clean a code as ``cleaned_sql`` does.

    >>> cleaned("静安支行" + chr(0x3000)), cleaned("Ｂ０１")
    ('静安支行', 'B01')
    """
    text = text.translate(str.maketrans(_WIDE, _NARROW))
    text = re.sub(_python(f"[{_INVISIBLE}]+"), "", text)
    return unicodedata.normalize("NFC", re.sub(_python(f"[{_BLANKS}]+"), " ", text).strip(" \n\r"))


def _python(pattern: str) -> str:
    return re.sub(r"\\x\{(\w+)\}", lambda found: re.escape(chr(int(found[1], 16))), pattern)


def folded(text: str) -> str:
    """Return what a name has in common with all its spellings: case, width, dashes, a number's zeros.

    >>> folded("Credit  Card") == folded("credit card"), folded("010") == folded("10.0"), folded("B（1）") == folded("b(1)")
    (True, True, True)
    """
    text = unicodedata.normalize("NFKC", cleaned(text)).casefold()
    text = _DASHES.sub("-", text).translate(_QUOTES)
    text = unicodedata.normalize("NFC", " ".join(text.split()))
    number = _NUMBER.fullmatch(text)
    return number[1] if number else text
