"""The customers' own words: templates in Chinese and English, with variety."""

from typing import Final

import numpy as np
import pandas as pd

from riskmodels.arrays import Flags, Integers, Words
from riskmodels.sample.categories import (
    CATEGORIES,
    CLOSERS_EN,
    CLOSERS_ZH,
    OPENERS_EN,
    OPENERS_ZH,
)
from riskmodels.sample.personal import KINDS, PERSONAL_SHARE, personal_phrases

CHINESE_SHARE: Final = 0.60  # of the texts; a choice: both languages often enough to be tested


def write_narratives(category: Integers, *, rng: np.random.Generator) -> tuple[Words, Integers]:
    """Write one narrative a complaint, shape (n,), and say which kind of personal data is in it.

    ``category`` numbers CATEGORIES; the second result numbers KINDS, −1 where there is none.
    """
    chinese = rng.random(len(category)) < CHINESE_SHARE
    there = rng.random(len(category)) < PERSONAL_SHARE
    kind = np.where(there, rng.integers(0, len(KINDS), len(category)), -1)
    texts = _sentences(category, chinese, rng)
    return np.asarray(texts + personal_phrases(kind, chinese, rng=rng), dtype=object), kind


def _sentences(category: Integers, chinese: Flags, rng: np.random.Generator) -> Words:
    size = len(category)
    opener, issue, closer = (rng.integers(0, count, size) for count in (6, 3, 6))
    in_chinese = _of(OPENERS_ZH)[opener] + _of_issues("zh")[category, issue] + "，" + _of(CLOSERS_ZH)[closer]
    in_english = _of(OPENERS_EN)[opener] + _of_issues("en")[category, issue] + ". " + _of(CLOSERS_EN)[closer]
    return np.where(chinese, in_chinese, _capitals(in_english))


def _capitals(texts: Words) -> Words:
    words = pd.Series(texts)
    return (words.str[:1].str.upper() + words.str[1:]).to_numpy(dtype=object)


def _of(words: tuple[str, ...]) -> Words:
    return np.array(words, dtype=object)


def _of_issues(language: str) -> Words:
    return np.array([getattr(category, language) for category in CATEGORIES], dtype=object)
