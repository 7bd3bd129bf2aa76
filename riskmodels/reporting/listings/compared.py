"""The scenarios of a run beside each other."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from riskmodels.display import Listing, shown_portion, shown_thousands
from riskmodels.labels import label, local
from riskmodels.parameters.scenarios import severity_label
from riskmodels.reporting.listings.stressed import signed_thousands
from riskmodels.stresstest import ScenarioComparison
from riskmodels.stresstest.handling import DEADLINES


def list_scenarios(compared: ScenarioComparison) -> Listing:
    """List what each scenario does to complaints, handlers, standards and who turns red, worst first."""
    listed = [
        {
            "Scenario": _name(row),
            "Complaints more (90% interval)": _with_ends(
                row, "complaints", "{:+z,.0f}", "{:+z,.0f} – {:+z,.0f}"
            ),
            "Worst backlog [days of work] (90% interval)": _with_ends(
                row, "backlog", "{:.1f}", "{:.1f} – {:.1f}"
            ),
            "Probability that a month's worst standard is red (its working days)": _missed(row),
            "People needed [times the usual]": _many(row.staff, "> 4", "{:.3g}"),
            "Months until the backlog is as usual (90% interval)": _recovery(row),
            "Turn red: indicators / units / products / customer groups": " / ".join(
                _many(number, "–", "{:.0f}")
                for number in (row.indicators, row.units, row.products, row.groups)
            ),
        }
        for row in _rows(compared)
    ]
    return Listing(sentence=compared.sentence, frame=pd.DataFrame(listed))


def list_scenario_costs(compared: ScenarioComparison) -> Listing:
    """List what each scenario costs: a year's losses, redress and fines, all, and which is worse."""
    level = f"{compared.table['level'].dropna().iloc[0]:.1%}" if compared.table["level"].notna().any() else ""
    value_at_risk, shortfall = (
        label("{what} {level} [thousand CNY]", what=label(what), level=level)
        for what in ("Value-at-risk", "Expected shortfall")
    )
    listed = [
        {
            "Scenario": _name(row),
            "Losses of a year, mean [thousand CNY]": _thousands(row.loss_mean),
            value_at_risk: _thousands(row.value_at_risk),
            shortfall: _thousands(row.expected_shortfall),
            "Redress and fines more [thousand CNY] (90% interval)": _more(row, "paid"),
            "All more [thousand CNY] (90% interval)": _more(row, "money"),
            "Costs more than the next row": "–" if np.isnan(row.worse) else shown_portion(row.worse),
        }
        for row in _rows(compared)
    ]
    said = label(
        "All scenarios have the same paths and draws, so that differences are of the scenarios alone;"
        " what is not known is not in the sums."
    )
    return Listing(sentence=said, frame=pd.DataFrame(listed))


def _rows(compared: ScenarioComparison) -> Iterator[Any]:
    return iter(compared.table.itertuples())


def _name(row: Any) -> str:
    return f"{local(row, 'name')}, {severity_label(row.severity)}"


def _with_ends(row: Any, what: str, one: str, ends: str) -> str:
    values = [getattr(row, f"{what}{end}") for end in ("", "_lower", "_upper")]
    if np.isnan(values).any():
        return "–"
    if not any(values):
        return "0"
    return f"{one.format(values[0])} ({ends.format(*values[1:])})"


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


def _thousands(amount: float) -> str:
    return "–" if np.isnan(amount) else shown_thousands(amount)


def _more(row: Any, what: str) -> str:
    values = [getattr(row, f"{what}{end}") for end in ("", "_lower", "_upper")]
    if np.isnan(values).any():
        return "–"
    if not any(values):
        return "0"
    more, low, high = map(signed_thousands, values)
    return f"{more} ({low} – {high})"
