"""Find personal data in text, and put a marker in its place that says what stood there."""

import hashlib
from collections.abc import Iterator
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
_TAKEN = "\0"  # stands for what was found already
_FOREIGN_TO = ("", "CN", "US")  # countries whose phones are looked for in any case
_LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")  # which make no number
_ROUNDS, _BYTES = 2_000, 4  # of the digest in the marker of a code: a millisecond
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
    regions = list(_regions(plain))
    if regions:
        plain = without_digests(plain)
    found: list[Found] = []
    for kind, within in _kinds(plain, regions, country):
        taken = list(_found(plain, kind, within))
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

    The marker holds eight letters of a digest that takes long to compute: it tells codes apart, and
    does not tell the number but to who tries out all there are, or knows it already.

    Examples
    --------
    >>> mask_code("hotline 13812345678")
    'hotline [phone afpngcfk]'
    """
    while found := find_personal_data(text, country=country):
        text = _replaced(text, found, [f"[{one.kind} {_mark(text[one.start : one.end])}]" for one in found])
    return text


def mask_values(value: Any) -> Any:
    """Mask every text in nested lists and mappings; names of mappings, too."""
    if isinstance(value, str):
        return mask_personal_data(value)
    if isinstance(value, list):
        return [mask_values(item) for item in value]
    if isinstance(value, dict):
        return {mask_code(name): mask_values(item) for name, item in value.items()}
    return value


@lru_cache(4096)
def _mark(data: str) -> str:
    digest = hashlib.pbkdf2_hmac("sha256", data.encode(errors="replace"), b"riskmodels", _ROUNDS, _BYTES)
    return digest.hex().translate(_LETTERS)


def _regions(plain: str) -> Iterator[Region]:
    """List where digits are that may be a number of somebody's, with what stands around them."""
    start = end = -1
    for digits in MANY_DIGITS.finditer(plain):
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
        yield from ((kind, regions) for kind in NUMBERS)
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
