"""The months of all indicators of the bank or of a unit, on a scale on which changes compare."""

from typing import Final

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats
from riskmodels.catalogue import Indicator, indicators
from riskmodels.catalogue.counted import definition_for
from riskmodels.parameters.policy import Policy
from riskmodels.periods.quarters import check_quarter
from riskmodels.surveillance.objective_cells import cells_of
from riskmodels.surveillance.years import MONTHS, Cells
from riskmodels.tables import Tables

_HALF: Final = 0.5  # cases that a count has more, so that none has a logarithm
_LEAST: Final = 1e-9  # of a denominator: divides


def monthly_series(
    tables: Tables, policy: Policy, *, period: str, unit_id: str = ""
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the months of every indicator of the policy, and why the others have none.

    Parameters
    ----------
    tables : Tables
        Accepted rows.
    policy : Policy
        Which indicators.
    period : str
        The last quarter, e.g. ``2026Q3``.
    unit_id : str
        Of one unit; empty: of the bank.

    Returns
    -------
    series : DataFrame, shape (T, m)
        One column per indicator, up to four years: logarithms of rates, means and what is lost, logits of
        shares; NaN where a month is not known, or its cases are still to come.
    lacking : DataFrame
        indicator_id, reason, said, as in ``Indicators.unavailable``.
    """
    until = check_quarter(period).asfreq("M", how="end")
    months = pd.period_range(end=until, periods=MONTHS, freq="M").astype("str")
    found = indicators(tables, policy, by=["unit_id"] if unit_id else [], freq="M", periods=list(months))
    rows = found.table[found.table["unit_id"] == unit_id] if unit_id else found.table
    series: dict[str, pd.Series[float]] = {}
    of = {str(name): part for name, part in rows.groupby("indicator_id")}
    for name in [one.id for one in policy.indicators if one.id in of]:
        entry = definition_for(name, tables)
        if entry is not None:
            cells = cells_of(entry, of[name], tables, until)
            series[name] = pd.Series(_scaled(cells, entry), index=cells.months)
    laid = pd.DataFrame(series)
    return laid[laid.index <= until] if len(laid) else laid, found.unavailable


def _scaled(cells: Cells, entry: Indicator) -> Floats:
    """Put values on the scale of logarithms or logits, (T,); a month that is still filling is unknown."""
    top, bottom = cells.numerators[0], cells.denominators[0]
    known = np.isfinite(top) & (bottom > 0) & ~cells.filling[0]
    top, bottom = np.where(known, top, np.nan), np.where(known, np.maximum(bottom, _LEAST), np.nan)
    if entry.is_proportion:
        return np.asarray(np.log((top + _HALF) / (np.maximum(bottom - top, 0.0) + _HALF)))
    if entry.is_rate or entry.family == "availability":
        return np.asarray(np.log((np.maximum(top, 0.0) + _HALF) / bottom))
    return np.asarray(np.log(top / bottom) if np.nanmin(top, initial=np.inf) > 0 else top / bottom)
