"""Personal data that belongs to nobody, so that masking has something to find."""

from typing import Final

import numpy as np
import pandas as pd

from riskmodels.arrays import Flags, Integers, Words

KINDS: Final = ("phone", "e-mail", "identity_card", "bank_card")
PERSONAL_SHARE: Final = 0.02  # of narratives

_PHRASES_ZH: Final = ("我的手机号是{}。", "请发邮件到 {} 。", "身份证号{}。", "卡号{}。")
_PHRASES_EN: Final = (" My phone is {}.", " Write to {} please.", " My ID number is {}.", " My card is {}.")
_ID_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643
_ID_CHECKS: Final = tuple("10X98765432")


def personal_phrases(kind: Integers, chinese: Flags, *, rng: np.random.Generator) -> Words:
    """Write one phrase with personal data a row, shape (n,); ``kind`` numbers KINDS, −1 means none."""
    size = len(kind)
    data = np.stack(
        [_phones(size, rng), _addresses(size, rng), _identity_cards(size, rng), _cards(size, rng)]
    )
    phrases = np.where(chinese, np.array(_PHRASES_ZH)[kind], np.array(_PHRASES_EN)[kind])
    parts = pd.Series(phrases, dtype="str").str.split("{}", regex=False)
    written = parts.str[0] + pd.Series(data[kind, np.arange(size)]) + parts.str[1]
    return written.where(kind >= 0, "").to_numpy(dtype=object)


def _phones(size: int, rng: np.random.Generator) -> Words:
    return _text(13_800_000_000 + rng.integers(0, 10_000, size))


def _addresses(size: int, rng: np.random.Generator) -> Words:
    return np.asarray("customer" + _text(rng.integers(1_000, 10_000, size)) + "@example.com", dtype=object)


def _identity_cards(size: int, rng: np.random.Generator) -> Words:
    """Number cards with serial 000, which is never issued, and a right check digit."""
    birthday = np.datetime64("1940-01-01") + rng.integers(0, 23_000, size).astype("m8[D]")
    written = pd.Series(birthday).dt.strftime("%Y%m%d").astype(np.int64).to_numpy()
    region = np.array([110101, 310101])[rng.integers(0, 2, size)]
    body = (region * 10**8 + written) * 1000
    check = np.array(_ID_CHECKS, dtype=object)[(_digits(body, 17) * np.array(_ID_WEIGHTS)).sum(axis=1) % 11]
    return np.asarray(_text(body) + check, dtype=object)


def _cards(size: int, rng: np.random.Generator) -> Words:
    """Number cards of an issuer that does not exist, with a right Luhn digit."""
    body = 620_000_000_000_000 + rng.integers(0, 10**7, size)
    doubled = _digits(body, 15) * np.where(np.arange(15) % 2 == 0, 2, 1)
    check = -(doubled // 10 + doubled % 10).sum(axis=1) % 10
    return _text(body * 10 + check)


def _digits(numbers: Integers, width: int) -> Integers:
    return numbers[:, None] // 10 ** np.arange(width - 1, -1, -1) % 10


def _text(numbers: Integers) -> Words:
    return numbers.astype(str).astype(object)
