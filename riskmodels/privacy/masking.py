"""Find personal data in text, and put a marker in its place that says what stood there."""

import hashlib
import hmac
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from riskmodels.privacy.numbers import MANY_DIGITS, NUMBERS, Kind, phones_of
from riskmodels.privacy.signs import in_plain_signs, without_digests
from riskmodels.privacy.words import WORDS

# A pattern of RE2 that every text matches in which something may be found; most texts do not.
MAY_BE_PERSONAL = (
    r"[@＠﹫\x{ad}\x{34f}\x{61c}\x{115f}\x{1160}\x{180b}-\x{180f}\x{200b}-\x{200f}\x{202a}-\x{202e}"
    r"\x{2060}-\x{206f}\x{3164}\x{fe00}-\x{fe0f}\x{feff}\x{ffa0}\x{fff9}-\x{fffb}\x{e0001}-\x{e01ef}"
    r"\x00-\x08\x0e-\x1f\x7f]"
    r"|[\p{Nd}\p{No}]([^\p{L}\p{Nd}\p{No}\n]*[\p{Nd}\p{No}]){5}|[\p{Nd}\p{No}]室"
    r"|[〇零一二三四五六七八九幺壹贰叁肆伍陆柒捌玖]{11}"
    r"|[收寄]件人|收货人|联系人|开户人|持卡人|投诉人|申请人|经办人|代理人|监护人|姓名|户名|我叫|人叫|名叫|住|地址|先生|女士|小姐|太太"
    r"|(?i)[\[({]at[\])}]|(customer|full|my|first|last) name|recipient|consignee|holder|payee|beneficiary"
    r"|contact person|address|liv(es?|ing) (at|on)|resides? at"
    r"|(deliver|ship)(ped|ed)? to|\b(mrs?|ms|miss|dr)\b"
)
# The same of an identifier of a row, of which most have many digits: only forms that hardly any of them has.
ROW_ID_MAY_BE_PERSONAL = (
    r"@|＠|(^|[^\p{Nd}])("
    r"(\+?86[- ]?)?1[3-9]\p{Nd}[-. ]?(\p{Nd}{4}[-. ]?\p{Nd}{4}|\p{Nd}{3}[-. ]?\p{Nd}{5})"
    r"|\+\p{Nd}[\p{Nd} -]{6,}|\(?0[1-9]\p{Nd}{1,3}\)?[-. ]?\p{Nd}{3,4}[-. ]?\p{Nd}{3,4}"
    r"|\(?[2-9]\p{Nd}{2}\)?[-. ]{1,2}[2-9]\p{Nd}{2}[-. ]\p{Nd}{4}|\p{Nd}{3}-\p{Nd}{2}-\p{Nd}{4}"
    r"|[1-9]\p{Nd}{5}[ -]?(18|19|20)\p{Nd}{2}[01]\p{Nd}[0-3]\p{Nd}[ -]?\p{Nd}{3}[\p{Nd}Xx]"
    r"|(1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|[78][12])\p{Nd}{6}[01]\p{Nd}[0-3]\p{Nd}{4}"
    r")([^\p{Nd}]|$)"
    r"|(^|[^A-Za-z])([A-Z]{2}\p{Nd}{2}[ ]?[A-Z0-9]{4}[A-Z0-9 ]{7,}|[A-Z]{1,2}\p{Nd}{6}\([\p{Nd}A]\))"
)
_FILLED_UP = re.compile(r"0[0-9]+")
_NO_DIGITS = re.compile(r"[^0-9]+")
_TAKEN = "\0"  # stands for what was found already
_FOREIGN_TO = ("", "CN", "US")  # countries whose phones are looked for in any case
_LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")  # which make no number
_ROUNDS, _BYTES = 2_000, 4  # of the digest in the marker of a code: a millisecond
_ROW_BYTES = 8  # of that in the marker of a row: there may be millions, and no two are to be one
_MOBILE = re.compile(r"1[3-9][0-9]{9}")  # as most of them are written; nothing else is found in one
_BY_CHANCE = {"bank card"}  # one in ten long numbers has its check digit
_AROUND = 40  # signs: the words before a number that say what it is
_SIGNS = tuple({sign for kind in WORDS for sign in kind.signs})
Region = tuple[int, int]


class Found(NamedTuple):
    """One piece of personal data: from where to where it stands in the text, and what it is."""

    start: int
    end: int
    kind: str


def find_personal_data(text: str, *, country: str = "") -> list[Found]:
    """List the personal data in ``text``, in its order; see ``mask_personal_data``."""
    plain, places = in_plain_signs(text)
    runs = list(MANY_DIGITS.finditer(plain))
    regions = list(_regions(runs))
    if regions:
        plain = without_digests(plain)
    found: list[Found] = []
    most = max((len(_NO_DIGITS.sub("", run[0])) for run in runs), default=0)
    for kind, within in _kinds(plain, regions, country):
        if kind.digits > most:
            continue
        taken = list(_found(plain, kind, within))
        if taken:
            found += [Found(places[start], places[end - 1] + 1, kind.name) for start, end in taken]
            plain = _without(plain, taken)
    return sorted(found)


def mask_personal_data(text: str, *, country: str = "") -> str:
    """Replace personal data in ``text`` by a marker that says what stood there.

    Parameters
    ----------
    text : str
        Any text, in Chinese or English.
    country : str
        Where it was written, ISO 3166: phones as they are written there count, beside those of China and
        North America.

    Returns
    -------
    str
        The text with ``[e-mail]``, ``[identity card]``, ``[bank card]``, ``[phone]`` and others in the place
        of what was found; masking a masked text changes nothing.

    Notes
    -----
    Numbers are looked for in plain signs: full-width and other digits, every kind of blank, dash and dot, and
    signs that take no room make no difference, nor do letters before a number.

    Identity cards follow GB 11643 (date of birth and check digit; 15 digits of old ones: province and
    date), bank cards ISO/IEC 7812 (13 to 19 digits, Luhn, first digits which cards have), IBAN ISO 13616,
    phones the numbering plans. A number typed wrongly has a wrong check digit and is not recognised. Of
    numbers without any separator only Chinese mobiles and numbers with a trunk prefix count as phones,
    because the others look like amounts. Passports and travel permits are recognised by the word before
    them, names and addresses by the word before or after them; without one they are not recognised.

    Examples
    --------
    >>> mask_personal_data("call Tel.138 1234 5678 or write to wang@example.com")
    'call Tel.[phone] or write to [e-mail]'
    """
    while found := find_personal_data(text, country=country):  # a marker may part what was one run before
        text = _replaced(text, found, [f"[{one.kind}]" for one in found])
    return text


def mask_code(text: str, *, country: str = "") -> str:
    """Replace personal data in a code by a marker of its own for each, so that two codes stay two.

    The marker holds eight letters of a digest that takes long to compute: it distinguishes codes, and
    does not show the number but to who tries out all there are, or knows it already.

    Examples
    --------
    >>> mask_code("hotline 13812345678")
    'hotline [phone afpngcfk]'
    """
    while found := find_personal_data(text, country=country):
        text = _replaced(text, found, [f"[{one.kind} {_mark(text[one.start : one.end])}]" for one in found])
    return text


def mask_row_id(text: str, *, key: bytes, country: str = "") -> str:
    """Replace personal data in what distinguishes rows, so that they stay apart, and tables still join.

    Parameters
    ----------
    text : str
        What tells a row apart.
    key : bytes
        A secret; the same data has the same marker under the same key, and nobody without it can find the
        data by trying out all there are.
    country : str
        As in ``mask_personal_data``.

    Notes
    -----
    What may be a bank card stays: one in ten long numbers is one by chance. So does what begins with a zero
    and has no separator, which is a number filled up rather than a phone.

    Examples
    --------
    >>> [mask_row_id(text, key=b"secret") for text in ("T-13812345678-2", "4111111111111111", "02012345678")]
    ['T-[phone mmmfbbdocdkkgpoe]-2', '4111111111111111', '02012345678']
    """
    if _MOBILE.fullmatch(text):
        return f"[phone {_row_mark(text, key)}]"
    found = [
        one
        for one in find_personal_data(text, country=country)
        if one.kind not in _BY_CHANCE and not _FILLED_UP.fullmatch(text[one.start : one.end])
    ]
    marks = [f"[{one.kind} {_row_mark(text[one.start : one.end], key)}]" for one in found]
    return _replaced(text, found, marks)


def mask_values(value: Any, *, text: Callable[[str], str] = mask_personal_data) -> Any:
    """Mask every text in nested lists and mappings by ``text``; names of mappings, too, as codes."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, list):
        return [mask_values(item, text=text) for item in value]
    if isinstance(value, dict):
        return {
            mask_code(name) if isinstance(name, str) else name: mask_values(item, text=text)
            for name, item in value.items()
        }
    return value


@lru_cache(4096)
def _mark(data: str) -> str:
    digest = hashlib.pbkdf2_hmac("sha256", data.encode(errors="replace"), b"riskmodels", _ROUNDS, _BYTES)
    return digest.hex().translate(_LETTERS)


def _row_mark(data: str, key: bytes) -> str:
    digest = hmac.digest(key, data.encode(errors="replace"), "sha256")
    return digest[:_ROW_BYTES].hex().translate(_LETTERS)


def _regions(runs: list[re.Match[str]]) -> Iterator[Region]:
    """List where digits are that may be a number of somebody's, with what stands around them."""
    start = end = -1
    for digits in runs:
        if digits.start() - _AROUND > end:
            if end > 0:
                yield start, end
            start = max(0, digits.start() - _AROUND)
        end = digits.end() + _AROUND
    if end > 0:
        yield start, end


def _kinds(plain: str, regions: list[Region], country: str) -> Iterator[tuple[Kind, list[Region]]]:
    """List what a text may hold, by cheap signs of it, and where."""
    if any(map(plain.__contains__, _SIGNS)):
        found = (kind for kind in WORDS if any(map(plain.__contains__, kind.signs)))
        yield from ((kind, [(0, len(plain))]) for kind in found)
    if regions:
        small = plain.lower()
        for kind in NUMBERS:
            if not kind.signs or any(map(small.__contains__, kind.signs)):
                yield kind, regions
        if country not in _FOREIGN_TO:
            yield phones_of(country), regions


def _found(plain: str, kind: Kind, within: list[Region]) -> Iterator[Region]:
    end = 0
    for first, last in within:
        for match in kind.pattern.finditer(plain, first, last):
            start = match.start("it")
            if start >= end and (length := kind.measure(match["it"])):
                end = start + length
                yield start, end


def _without(plain: str, taken: list[tuple[int, int]]) -> str:
    """Blank what was found, so that nothing else is found in it."""
    pieces, last = [], 0
    for start, end in taken:
        pieces += [plain[last:start], _TAKEN * (end - start)]
        last = end
    return "".join([*pieces, plain[last:]])


def _replaced(text: str, found: list[Found], markers: list[str]) -> str:
    pieces, end = [], 0
    for one, marker in zip(found, markers, strict=True):
        pieces += [text[end : one.start], marker]
        end = one.end
    return "".join([*pieces, text[end:]])
