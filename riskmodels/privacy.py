"""Mask personal data in text before anybody can read it: identity cards, bank cards, phones, e-mail.

Numbers with a check digit are masked only when it is right, so that amounts and identifiers survive.
"""

import datetime as dt
import re
from collections.abc import Callable

_FULL_WIDTH = str.maketrans("０１２３４５６７８９＠．－＋（）Ｘ　", "0123456789@.-+()X ")
_MANY_DIGITS = re.compile(r"\d(?:[ ().-]{0,2}\d){6}", re.ASCII)
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]++@[\w-]++(?:\.[\w-]++)++", re.ASCII)
_IDENTITY = re.compile(r"(?<![0-9A-Za-z.])\d{17}[\dXx](?![0-9A-Za-z])", re.ASCII)
_CARD = re.compile(
    r"""(?<![0-9A-Za-z.])(?=2[2-7]|[3-69])
    (?:\d{13,19} | \d{4}(?:[ -]\d{4}){2,3}(?:[ -]\d{1,4})? | \d{4}[ -]\d{6}[ -]\d{4,5})
    (?![0-9A-Za-z]|\.\d)""",
    re.ASCII | re.VERBOSE,
)
_CHINESE_MOBILE = re.compile(
    r"""(?<![\d.])(?<![0-9a-f]{8})      # no fraction, no part of a digest
    (?:(?:\+|00)?86[ -]?)?1[3-9]\d(?:\d{8}|[ -]\d{4}[ -]?\d{4})
    (?!\d|\.\d\d|[0-9a-f]{8})""",
    re.ASCII | re.VERBOSE,
)
_PHONE = re.compile(
    r"""(?<![0-9A-Za-z.])
    (?: \+\d{1,3}[ -]?\(?\d{1,4}\)?(?:[ -]?\d{2,4}){2,4}                # international
      | \(?0\d{2,3}[) -]{0,2}\d{3,4}[ -]?\d{4}                          # China, with the trunk prefix
      | (?:1[ .-])?\(?[2-9]\d{2}[)]?[ .-]?\d{3}[ .-]\d{4}               # North America; 400 numbers
      | \(\d{3}\)[ ]?\d{7} )
    (?![0-9A-Za-z]|\.\d)""",
    re.ASCII | re.VERBOSE,
)


def mask_personal_data(text: str) -> str:
    """Replace personal data in ``text`` by a marker that says what stood there.

    Parameters
    ----------
    text : str
        Any text, in Chinese or English.

    Returns
    -------
    str
        The text with ``[e-mail]``, ``[identity card]``, ``[bank card]`` and ``[phone]`` in the place of
        what was found; masking a masked text changes nothing.

    Notes
    -----
    Identity cards follow GB 11643 (date of birth and check digit), bank cards ISO/IEC 7812 (13 to 19
    digits, Luhn, first digits which cards have), phones the numbering plans of China and North America
    and every number with a ``+``. A number typed wrongly has a wrong check digit and is not recognised. Of
    numbers without any separator only Chinese mobiles and numbers with a trunk prefix count as phones,
    because the others look like amounts. Full-width digits count as digits.

    Examples
    --------
    >>> mask_personal_data("call 13812345678 or write to wang@example.com")
    'call [phone] or write to [e-mail]'
    """
    while (masked := _mask_once(text)) != text:  # a marker may part what was one run of digits before
        text = masked
    return text


def _mask_once(text: str) -> str:
    text = _mask(text, _EMAIL, "[e-mail]")
    if not _MANY_DIGITS.search(_half_width(text)):
        return text
    text = _mask(text, _IDENTITY, "[identity card]", _is_identity_card)
    text = _mask(text, _CHINESE_MOBILE, "[phone]")
    text = _mask(text, _CARD, "[bank card]", _is_bank_card)
    return _mask(text, _PHONE, "[phone]", _is_phone)


def _mask(text: str, pattern: re.Pattern[str], marker: str, holds: Callable[[str], bool] = bool) -> str:
    pieces, end = [], 0
    for match in pattern.finditer(_half_width(text)):
        if holds(match.group()):
            pieces += [text[end : match.start()], marker]
            end = match.end()
    return "".join([*pieces, text[end:]])


def _half_width(text: str) -> str:
    """Return the text with half-width digits and signs: as long as before, letter for letter."""
    return text if text.isascii() else text.translate(_FULL_WIDTH)


def _is_identity_card(digits: str) -> bool:
    from stdnum.iso7064 import mod_11_2  # here, because start-up of the command line must not pay for it

    try:  # districts are not looked up: they come and go, and cards keep those of their time
        dt.date(int(digits[6:10]), int(digits[10:12]), int(digits[12:14]))
    except ValueError:
        return False
    return digits[0] != "0" and digits[6:8] in {"18", "19", "20"} and bool(mod_11_2.is_valid(digits.upper()))


def _is_bank_card(digits: str) -> bool:
    from stdnum import luhn  # here, for start-up, as above

    return bool(luhn.is_valid(re.sub(r"[ -]", "", digits)))


def _is_phone(number: str) -> bool:
    from phonenumbers import NumberParseException, is_valid_number, parse  # here, for start-up, as above

    try:
        return any(is_valid_number(parse(number, region)) for region in ("CN", "US"))
    except NumberParseException:
        return False
