"""Numbers that are somebody's: recognised by how they are built, and by check digits where they have one.

Each is looked for in plain signs (``in_plain_signs``), whatever stands before it and however it is grouped.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of personal data.

    Attributes
    ----------
    name : str
        As it is shown in the place of what was found.
    pattern : Pattern
        Its group ``it`` is a candidate, which may be too long.
    measure : callable
        Of a candidate: how many of its signs are of this kind, 0 for none.
    signs : tuple of str
        A text has one of them where there is any; none: not known.
    digits : int
        A number of this kind has at least so many, with no letter and no more than four signs between two.
    """

    name: str
    pattern: re.Pattern[str]
    measure: Callable[[str], int] = len
    signs: tuple[str, ...] = ()
    digits: int = 0


_START = r"(?<!\d)(?<!\d\.)"  # no fraction
_END = r"(?!\d|\.\d{1,8}(?!\d))"  # no amount with decimals
_GAP = r"[ ./\\_~*|、-]{1,3}"
_ANY_GAP = r"(?:[ ./\\_~*|、-]{0,3}|[,:])"  # between digits whose check digits leave hardly any doubt

MANY_DIGITS = re.compile(r"\d(?:[^0-9A-Za-z\n]{0,4}\d){5,}+", re.ASCII)
_GROUP = re.compile(r"\d+", re.ASCII)


def _groups(number: str) -> tuple[list[str], list[str]]:
    """Part a number into its groups of digits and the gaps between them."""
    return _GROUP.findall(number), [gap for gap in _GROUP.split(number)[1:-1] if gap]


# ---- identity cards of China (GB 11643), and of the same form of Hong Kong, Macao and Taiwan residents ----

_YEAR = f"(?:1{_ANY_GAP}[89]|2{_ANY_GAP}0)(?:{_ANY_GAP}\\d){{2}}"
_MONTH = f"(?:0{_ANY_GAP}[1-9]|1{_ANY_GAP}[0-2])"
_DAY = f"(?:0{_ANY_GAP}[1-9]|[12]{_ANY_GAP}\\d|3{_ANY_GAP}[01])"
_BORN = _ANY_GAP.join((_YEAR, _MONTH, _DAY))
_IDENTITY = f"(?=(?P<it>[1-9](?:{_ANY_GAP}\\d){{5}}{_ANY_GAP}{_BORN}(?:{_ANY_GAP}\\d){{3}}{_ANY_GAP}[\\dXx]))"
_OLD_IDENTITY = (
    rf"{_START}(?P<it>(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|[78][12])\d{{4}}[ -]?"
    rf"\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[ -]?\d{{3}}){_END}"
)


def _identity_card(number: str) -> int:
    from stdnum.iso7064 import mod_11_2  # here, because start-up of the command line must not pay for it

    digits = re.sub(r"[^\dX]", "", number.upper())
    try:  # districts are not looked up: they come and go, and cards keep those of their time
        dt.date(int(digits[6:10]), int(digits[10:12]), int(digits[12:14]))
    except ValueError:
        return 0
    return len(number) if mod_11_2.is_valid(digits) else 0


# ---- bank cards (ISO/IEC 7812) ----

_ISSUER = f"(?=2(?:{_GAP})?[2-7]|[3-69])"
_LAYOUTS_OF_CARDS = (
    r"\d{13,19}(?!\d)",
    (
        rf"\d{{4}}(?:{_GAP}|[,:])\d{{4}}(?:{_GAP}|[,:])\d{{4}}"
        rf"(?:(?:{_GAP}|[,:])\d{{4}})?(?:(?:{_GAP}|[,:])\d{{1,7}})?(?!\d)"
    ),
    rf"\d{{4}}{_GAP}\d{{6}}{_GAP}\d{{4,5}}(?!\d)",
    rf"(?<!\d[ /_-])\d(?:{_GAP}\d){{12,18}}(?!(?:{_GAP})?\d)",
    r"\d{4,15}(?:[ /_-]\d{4,15}){1,3}(?:[ /_-]\d{1,3})?(?!\d)",
)
_CARD = f"{_START}{_ISSUER}(?=(?P<it>{'|'.join(_LAYOUTS_OF_CARDS)}))"
_SHORTEST, _LONGEST = 13, 19  # digits
_AMERICAN_EXPRESS = 15  # digits, which no other card has


def _bank_card(number: str) -> int:
    """Find the longest card that a row of groups begins with; the one after it may be another number's."""
    digits, found = "", 0
    for group in _GROUP.finditer(number):
        fraction = number[group.start() - 1] == "." and number.count(".") == 1
        digits += group[0]
        if not fraction and _is_card(digits):
            found = group.end()
    return found


def _is_card(digits: str) -> bool:
    from stdnum import luhn  # here, for start-up, as above

    if not _SHORTEST <= len(digits) <= _LONGEST or not re.match(r"2[2-7]|[3-69]", digits):
        return False
    if len(digits) == _AMERICAN_EXPRESS and digits[:2] not in {"34", "37"}:
        return False
    return bool(luhn.checksum(digits) == 0)


# ---- phones ----

_CHINA = r"(?:\((?:\+|00)?86\)|(?:\+|00)?86)[ ./_-]{0,2}"
_MOBILE = f"{_START}(?P<it>(?:{_CHINA})?0?1(?:{_GAP}|[,:])?[3-9](?:(?:{_GAP}|[,:])?\\d){{9}}){_END}"
_LAYOUTS_OF_LISTS = {(3, 4, 4), (3, 3, 5), (4, 4, 3), (1,) * 11}  # no amount, whatever parts the groups
# digits of the groups that mobile numbers are written in
_LAYOUTS = _LAYOUTS_OF_LISTS | {
    *((11,), (3, 8), (7, 4), (5, 6), (6, 5), (4, 3, 4), (3, 5, 3), (5, 3, 3)),
    *((1, 3, 3, 4), (3, 4, 2, 2), (3, 2, 2, 4), (5, 2, 2, 2), (3, 2, 2, 2, 2)),
}


def _mobile(number: str) -> int:
    bare = re.sub(f"^(?:{_CHINA}(?=0?1))?0?", "", number)
    groups, gaps = _groups(bare)
    if {",", ":"} & set(gaps) and (len(set(gaps)) > 1 or tuple(map(len, groups)) not in _LAYOUTS_OF_LISTS):
        return 0
    fraction = len(groups) == 2 and gaps[0] == "."  # noqa: PLR2004  whole and decimals
    return len(number) if tuple(map(len, groups)) in _LAYOUTS and not fraction else 0


_PHONE = rf"""{_START}(?P<it>
    \+[ ]?\d{{1,3}}[ ./_-]{{0,2}}\(?\d{{1,4}}\)?(?:[ ./_-]{{0,2}}\d{{2,4}}){{2,4}}  # international
  | \(?0\d{{2,3}}\)?[ ./_-]{{0,2}}\d{{3,4}}[ ./_-]{{0,2}}\d{{4}}  # China, with the trunk prefix
  | (?:1[ ./_-]{{1,2}})?\(?[2-9]\d{{2}}\)?[ ./_-]{{0,2}}\d{{3}}[ ./_-]{{1,2}}\d{{4}}  # US; 400 numbers
  | \(\d{{3}}\)[ ]?\d{{7}} ){_END}"""


def _phone(number: str) -> int:
    from phonenumbers import NumberParseException, is_valid_number, parse  # here, for start-up, as above

    try:
        return len(number) if any(is_valid_number(parse(number, at)) for at in ("CN", "US")) else 0
    except NumberParseException:
        return 0


_NATIONAL = rf"{_START}(?P<it>\(?\d(?:[ ()./_-]{{0,2}}\d){{6,13}}+)"
_DAY_OF = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])$")


@cache
def phones_of(country: str) -> Kind:
    """Return the phones of a country, as they are written in it (ISO 3166)."""

    def measure(number: str) -> int:
        # here, for start-up, as above
        from phonenumbers import PhoneNumberMatcher, PhoneNumberType, number_type

        found = next((found for found in PhoneNumberMatcher(number, country) if found.start <= 1), None)
        if found is None:
            return 0
        bare = found.raw_string.isdecimal() and not found.raw_string.startswith("0")
        amount = bare and (
            number_type(found.number) != PhoneNumberType.MOBILE or _DAY_OF.match(found.raw_string)
        )
        return 0 if amount else int(found.end)

    return Kind(name="phone", pattern=re.compile(_NATIONAL, re.ASCII), measure=measure)


# ---- numbers run together ----

_RUN = rf"{_START}(?=(?P<it>\d{{22,60}}+)(?!\d))"
_PIECES = (11, 16, 19)  # digits of a mobile and of most cards


def _pieces(digits: str) -> Iterable[int]:
    """List the lengths of the mobiles and bank cards that digits begin with."""
    if re.match("1[3-9]", digits):
        yield _PIECES[0]
    yield from (size for size in _PIECES[1:] if len(digits) >= size and _is_card(digits[:size]))


def _first_of_run(digits: str, sizes: tuple[int, ...]) -> int:
    """Return the length of the first number where the whole run is mobiles and cards one after the other."""
    return next((size for size in _pieces(digits) if size in sizes and _is_run(digits[size:])), 0)


def _is_run(digits: str) -> bool:
    return not digits or any(_is_run(digits[size:]) for size in _pieces(digits))


# ---- other countries' numbers, and those that only the words before them announce ----

_IBAN = r"(?<![A-Za-z0-9])(?=[A-Za-z]{2}\d{2})(?=(?P<it>[A-Za-z0-9](?:[ -]?[A-Za-z0-9]){14,33}+))"


def _iban(number: str) -> int:
    from stdnum import iban  # here, for start-up, as above

    ends = [place for place in range(len(number), 0, -1) if place == len(number) or number[place] in " -"]
    joined = len(re.match(r"[A-Za-z0-9]+", number)[0])  # type: ignore[index]  # it begins with letters
    return next((end for end in (*ends, *range(joined, 14, -1)) if iban.is_valid(number[:end])), 0)


_SSN = r"(?!000|666|9)\d{3}([-. /]?)(?!00)\d{2}\1(?!0000)\d{4}"
_SSN_WRITTEN = rf"{_START}(?<!\d-)(?P<it>(?!000|666|9)\d{{3}}([-.])(?!00)\d{{2}}\2(?!0000)\d{{4}})(?!\d|-\d)"
_NINO = (
    r"(?<![A-Za-z0-9])(?P<it>(?:QQ|(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z])"
    r"[ -]?\d\d[ -]?\d\d[ -]?\d\d[ -]?[A-D])(?![A-Za-z0-9])"
)
_HONG_KONG = r"(?<![A-Za-z])(?P<it>[A-Z]{1,2}\d{6} ?\([\dA]\))"


def _hong_kong_card(number: str) -> int:
    """Check the digit in brackets: letters count from A = 10, a missing one 36."""
    parts = re.fullmatch(r"([A-Z]+)(\d{6}) ?\((.)\)", number)
    letters, digits, check = parts.groups()  # type: ignore[union-attr]  # the pattern of this kind has them
    values = [36] * (2 - len(letters)) + [ord(letter) - 55 for letter in letters]
    values += [*map(int, digits), 10 if check == "A" else int(check)]
    weights = (9, 8, 7, 6, 5, 4, 3, 2, 1)
    return len(number) if sum(a * b for a, b in zip(values, weights, strict=True)) % 11 == 0 else 0


def _after(words: str, number: str) -> str:
    """Return the pattern of a number that stands shortly after one of some words."""
    return rf"(?i:{words})[^\d\n]{{0,12}}?(?<![A-Za-z0-9])(?P<it>{number})(?![A-Za-z0-9])"


_PASSPORTS = "护照|護照|passport"
_PERMITS = "通行证|通行證|回乡证|回鄉證|台胞证|台胞證|港澳证|居留证|居住证|permit"
_SOCIAL = "ssn|social security|社会安全|社安"
_PASSPORT = _after(_PASSPORTS, r"[A-Za-z]{0,3} ?\d{6,9}")
_PERMIT = _after(_PERMITS, r"[A-Za-z]{0,2} ?\d{7,10}(?: ?\(?\d\d?\)?)?")
_HOME_RETURN = r"(?<![A-Za-z0-9])(?P<it>[HM]\d{10})(?![A-Za-z0-9])"
_SSN_NAMED = _after(_SOCIAL, _SSN.replace(r"\1", r"\2"))


def _kind(
    name: str, pattern: str, measure: Callable[[str], int] = len, *, signs: str = "", digits: int = 0
) -> Kind:
    """Return a kind; ``signs``, in small letters and with bars between, are in every text that has one."""
    return Kind(
        name=name,
        pattern=re.compile(pattern, re.ASCII | re.VERBOSE if "#" in pattern else re.ASCII),
        measure=measure,
        signs=tuple(filter(None, signs.split("|"))),
        digits=digits,
    )


NUMBERS = (  # in the order in which they are looked for: the surest first
    _kind("identity card", _IDENTITY, _identity_card, digits=17),
    _kind("bank account", _IBAN, _iban),
    _kind("passport", _PASSPORT, signs=_PASSPORTS),
    _kind("travel permit", _PERMIT, signs=_PERMITS),
    _kind("travel permit", _HOME_RETURN, signs="h|m"),
    _kind("phone", _RUN, lambda digits: _first_of_run(digits, _PIECES[:1]), digits=22),
    _kind("bank card", _RUN, lambda digits: _first_of_run(digits, _PIECES[1:]), digits=22),
    _kind("bank card", _CARD, _bank_card, digits=_SHORTEST),
    _kind("phone", _MOBILE, _mobile, digits=11),
    _kind("identity card", _OLD_IDENTITY, digits=15),
    _kind("identity card", _HONG_KONG, _hong_kong_card, signs="("),
    _kind("national insurance number", _NINO),
    _kind("social security number", _SSN_NAMED, signs=_SOCIAL),
    _kind("social security number", _SSN_WRITTEN),
    _kind("phone", _PHONE, _phone),
)
