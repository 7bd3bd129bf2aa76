"""Mask personal data in text before anybody can read it: identity cards, bank cards, phones, e-mail.

Numbers with a check digit are masked only when it is right, so that amounts and identifiers survive.
"""

import re
from collections.abc import Callable

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)
_IDENTITY = re.compile(r"(?<![0-9A-Za-z.])\d{17}[\dXx](?![0-9A-Za-z])", re.ASCII)
_CARD = re.compile(
    r"(?<![0-9A-Za-z.])(?:\d{13,19}|\d{4}(?:[ -]\d{4}){2,3}(?:[ -]\d{1,4})?)(?![0-9A-Za-z])", re.ASCII
)
_CHINESE_MOBILE = re.compile(r"(?<![\d.])1[3-9]\d{9}(?!\d)", re.ASCII)
_MANY_DIGITS = re.compile(r"\d(?:[ ().-]{0,2}\d){6}", re.ASCII)
_REGIONS = ("CN", "US")


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
    digits, Luhn), phones the numbering plans of China and North America. A number typed wrongly has a
    wrong check digit and is not recognised.

    Examples
    --------
    >>> mask_personal_data("call 13812345678 or write to wang@example.com")
    'call [phone] or write to [e-mail]'
    """
    text = _EMAIL.sub("[e-mail]", text)
    if not _MANY_DIGITS.search(text):
        return text
    text = _IDENTITY.sub(_masker(_is_identity_card, "[identity card]"), text)
    text = _mask_phones(text)
    return _CARD.sub(_masker(_is_bank_card, "[bank card]"), text)


def _masker(holds: Callable[[str], bool], marker: str) -> Callable[[re.Match[str]], str]:
    return lambda match: marker if holds(match.group()) else match.group()


def _is_identity_card(digits: str) -> bool:
    from stdnum.cn import ric  # here, because start-up of the command line must not pay for it

    return bool(ric.is_valid(digits))


def _is_bank_card(digits: str) -> bool:
    from stdnum import luhn  # here, for start-up, as above

    return bool(luhn.is_valid(re.sub(r"[ -]", "", digits)))


def _mask_phones(text: str) -> str:
    from phonenumbers import PhoneNumberMatcher  # here, for start-up, as above

    text = _CHINESE_MOBILE.sub("[phone]", text)
    for region in _REGIONS:
        for match in reversed(list(PhoneNumberMatcher(text, region))):
            text = f"{text[: match.start]}[phone]{text[match.end :]}"
    return text
