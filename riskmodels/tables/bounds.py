"""The largest figures that a table accepts: beyond is a slip or a placeholder, and no result has bounds."""

from dataclasses import replace

from riskmodels.tables.contracts import Contract, Rule

_MONEY = 1e13  # CNY of one event
_CASES = 1e10  # complaints, accounts or customers in one row
_OBSERVED = 1e14  # CNY or cases in an indicator's month
_RATIO = (
    "CASE indicator_id WHEN 'text_alert_rate' THEN 1e3 ELSE 1e9 END"  # alerts an interaction; persons a unit
)
_ITEMS = 1e9  # of one inspection
_CALLS = 1e7  # of one slot
_MACRO = 1e18  # in whatever unit the series is

_LARGEST = {
    "complaints": {"redress": _MONEY},
    "complaint_counts": {"complaints": _CASES},
    "exposure": {"accounts": _CASES, "customers": _CASES},
    "observations": {"numerator": _OBSERVED, "denominator": _OBSERVED},
    "inspections": {"items": _ITEMS, "passed": _ITEMS},
    "losses": {"gross_loss": _MONEY, "recovery": _MONEY},
    "enquiries": {"arrivals": _CALLS, "answered_in_standard": _CALLS, "abandoned": _CALLS},
    "macro": {"value": _MACRO},
}
_RULES = {
    "observations": (
        Rule(
            name="denominator of some size",
            holds="denominator = 0 OR denominator >= 0.001",
            words="the denominator is zero or at least 0.001: no ratio is without bounds",
            column="denominator",
        ),
        Rule(
            name="ratio of some size",
            holds=f"numerator <= {_RATIO} * greatest(denominator, 1)",
            words="the numerator is at most 1,000 (text_alert_rate) or 1,000,000,000 times the denominator,"
            " or times 1 where that is more",
            column="numerator",
        ),
    ),
    "macro": (
        Rule(
            name=f"value >= {-_MACRO:g}",
            holds=f"value >= {-_MACRO!r}",
            words="value is no placeholder",
            column="value",
        ),
    ),
}


def bounded(contract: Contract) -> Contract:
    """Return a contract with its largest figures, in the units of its columns.

    >>> from riskmodels.tables import CONTRACTS
    >>> CONTRACTS["losses"].column("gross_loss").maximum
    10000000000000.0
    """
    largest = _LARGEST.get(contract.table, {})
    columns = tuple(
        replace(column, maximum=largest.get(column.name, column.maximum)) for column in contract.columns
    )
    return replace(contract, columns=columns, rules=(*contract.rules, *_RULES.get(contract.table, ())))
