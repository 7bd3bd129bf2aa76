"""Values of indicators, written for people."""

import math

from riskmodels.catalogue.definitions import INDICATORS

_MANY = 10_000  # from here on four significant digits would be rounded whole numbers


def format_value(indicator_id: str, value: float, *, digits: int = 4) -> str:
    """Write a value of an indicator for people: shares in per cent, unknown as a dash.

    ``digits`` significant ones are written.

    Examples
    --------
    >>> format_value("resolved_7wd", 0.9712), format_value("handling_days", 2.8582)
    ('97.12%', '2.858')
    """
    if not math.isfinite(value):
        return "–"
    if INDICATORS[indicator_id].is_share:
        return f"{100 * value:.{digits}g}%"
    return f"{value:,.0f}" if abs(value) >= _MANY - 0.5 else f"{value:.{digits}g}"
