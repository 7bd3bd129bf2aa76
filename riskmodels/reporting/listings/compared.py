"""The scenarios of a run beside each other."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from riskmodels.display import Listing, shown_portion
from riskmodels.labels import label, marked
from riskmodels.reporting.listings.stressed import signed_thousands, thousands_known
from riskmodels.stresstest import ScenarioComparison
from riskmodels.stresstest.handling import DEADLINES


def list_scenarios(compared: ScenarioComparison) -> Listing:
    """List what each scenario does to complaints, handlers, standards and who turns red, worst first."""
    listed = [
        {
            "Scenario": name,
            "Complaints more (90% interval)": _with_ends(row, "complaints", "{:+z,.0f}".format),
            "Worst backlog [days of work] (90% interval)": _with_ends(row, "backlog", "{:.1f}".format),
            "Probability that a month's worst standard is red (its working days)": _missed(row),
            "People needed [times the usual]": _many(row.staff, "> 4", "{:.3g}"),
            "Months until the backlog is as usual (90% interval)": _recovery(row),
            "Turn red: indicators / units / products / customer groups": " / ".join(
                _many(number, "–", "{:.0f}")
                for number in (row.indicators, row.units, row.products, row.groups)
            ),
        }
        for name, row in _named_rows(compared)
    ]
    return Listing(sentence=compared.sentence, frame=pd.DataFrame(listed))


def list_scenario_costs(compared: ScenarioComparison) -> Listing:
    """List what each scenario costs: a year's losses, redress and fines, all, and which is worse."""
    level = f"{compared.table['level'].dropna().iloc[0]:.1%}" if compared.table["level"].notna().any() else ""
    value_at_risk, shortfall = (
        label("{what} {level} [thousand CNY]", what=label(what), level=level)
        for what in (marked("Value-at-risk"), marked("Expected shortfall"))
    )
    listed = [
        {
            "Scenario": name,
            "Losses of a year, mean [thousand CNY]": thousands_known(row.loss_mean),
            value_at_risk: thousands_known(row.value_at_risk),
            shortfall: thousands_known(row.expected_shortfall),
            "Redress and fines more [thousand CNY] (90% interval)": _with_ends(row, "paid", signed_thousands),
            "All more [thousand CNY] (90% interval)": _with_ends(row, "money", signed_thousands),
            "Costs more than the next row": "–" if np.isnan(row.worse) else shown_portion(row.worse),
        }
        for name, row in _named_rows(compared)
    ]
    said = label(
        "All scenarios have the same paths and draws, so that differences are of the scenarios alone;"
        " what is not known is not in the sums."
    )
    return Listing(sentence=said, frame=pd.DataFrame(listed))


def _named_rows(compared: ScenarioComparison) -> Iterator[tuple[str, Any]]:
    return zip(compared.names, compared.table.itertuples(), strict=True)


def _with_ends(row: Any, what: str, shown: Callable[[float], str]) -> str:
    """Write a mean with the ends of its interval."""
    values = [getattr(row, f"{what}{end}") for end in ("", "_lower", "_upper")]
    if np.isnan(values).any():
        return "–"
    if not any(values):
        return "0"
    middle, low, high = map(shown, values)
    return f"{middle} ({low} – {high})"


def _missed(row: Any) -> str:
    return f"{shown_portion(row.missed)} ({DEADLINES[row.standard]})" if row.standard else "–"


def _many(value: float, most: str, shown: str) -> str:
    if np.isnan(value):
        return "–"
    return most if np.isinf(value) else shown.format(value)


def _recovery(row: Any) -> str:
    if np.isnan(row.recovery):
        return "–"
    late = label("later")
    middle, low, high = (
        _many(value, late, "{:.0f}") for value in (row.recovery, row.recovery_lower, row.recovery_upper)
    )
    return middle if low == middle == high else f"{middle} ({low} – {high})"
