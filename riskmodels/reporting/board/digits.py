"""Figures for people who decide: three digits, or as many as tell a figure from its limit."""

import math

from riskmodels.catalogue import INDICATORS
from riskmodels.display import CURRENCY
from riskmodels.labels import label, marked

_DIGITS, _MOST = 3, 7  # significant digits; until which a figure is told from its limit
_PERCENT = 100.0  # in a share of one
_MILLION = 1e6  # of the currency
_MILLIONS = marked("{amount} million {currency}"), _MILLION
_THOUSANDS = marked("{amount} thousand {currency}"), 1e3
_LARGEST = 1e15  # of the currency: more than all banks have


def significant(value: float | None, digits: int = _DIGITS) -> str:
    """Write a number with as many significant digits, without idle zeros behind the point.

    >>> significant(2410.7), significant(4.6618), significant(0.0), significant(0.004266), significant(None)
    ('2,410', '4.66', '0', '0.00427', '–')
    """
    if value is None or not math.isfinite(value):  # JSON says null of what is not known
        return "–"
    places = digits - 1 - math.floor(math.log10(abs(value))) if value else 0
    text = f"{round(value, places):,.{max(places, 0)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def shown_count(number: float) -> str:
    """Write a number of things, expected or counted: no digit behind the point but for less than one.

    >>> shown_count(25.88), shown_count(0.25)
    ('26', '0.25')
    """
    return significant(round(number) if math.isfinite(number) and abs(number) >= 1 else number)


def millions(amount: float) -> str:
    """Write an amount in millions, below a heading that says so."""
    return significant(amount / _MILLION) if abs(amount) <= _LARGEST or math.isnan(amount) else "–"


def shown_value(indicator_id: str, value: float, *limits: float) -> str:
    """Write a value of an indicator with as many digits as tell it from these limits, and from all.

    >>> shown_value("resolved_7wd", 0.97115, 0.99), shown_value("system_availability", 0.99972, 0.9995)
    ('97.1%', '99.97%')
    """
    share = INDICATORS[indicator_id].is_share
    scale = _PERCENT if share else 1.0
    others = {scale * one for one in (*limits, *([1.0] if share else [])) if one != value}
    for digits in range(_DIGITS, _MOST):
        text = significant(scale * value, digits)
        if text not in {significant(one, digits) for one in others}:
            break
    return f"{text}%" if share and math.isfinite(value) else text


def unit_of(indicator_id: str) -> str:
    """Return the unit of an indicator, which a share has behind each value already."""
    one = INDICATORS[indicator_id]
    return "" if one.is_share else label(one.unit)


def shown_sum(amount: float) -> str:
    """Write an amount of money in millions or thousands.

    >>> shown_sum(3_383_363.0), shown_sum(205_300.0), shown_sum(float("inf"))
    ('3.38 million CNY', '205 thousand CNY', 'more than can be estimated')
    """
    if math.isnan(amount):
        return "–"
    if abs(amount) > _LARGEST:
        return label("more than can be estimated")
    words, unit = _MILLIONS if abs(amount) >= _MILLION else _THOUSANDS
    return label(words, amount=significant(amount / unit), currency=label(CURRENCY))
