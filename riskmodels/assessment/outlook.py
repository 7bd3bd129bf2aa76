"""Criterion: complaints do not rise."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from riskmodels.assessment.findings import Finding, Severity
from riskmodels.assessment.inputs import Inputs
from riskmodels.forecasting import Forecast
from riskmodels.panel import Panel
from riskmodels.parameters.policy import Policy
from riskmodels.scorecard.grounds import FEWEST
from riskmodels.tables import CONTRACTS, Tables
from riskmodels.tables.coverage import silent_months
from riskmodels.tables.holes import ENOUGH, typical

_RISE = 0.10  # a choice: a tenth more than in the months before
_MONTHS = 3  # a quarter ahead
_DRAWS, SEED = 4000, 50  # a probability of 80 % is known to .6 %


def check_outlook(inputs: Inputs) -> Iterator[Finding]:
    """Yield what the next months bring, a finding where they very likely bring more than the last ones.

    Of the last ones, complaints still to be logged are counted too. Without enough evidence where the last
    ones are not known, or not counted by today's definition; where there are fewer than five complaints,
    before and ahead; and where more are expected than may be, but not likely enough.
    """
    forecast = inputs.forecast
    if forecast is None:
        return
    periods = min(forecast.panel.covering(_MONTHS), len(forecast.periods))
    ahead = forecast.sample(_DRAWS, seed=SEED)[:, :, :periods].sum(axis=(1, 2))
    value = float(forecast.mean[:, :periods].sum())
    last = _last(forecast, periods, inputs.data)
    limit = (1 + _RISE) * last
    probability = float((ahead > limit).mean()) if np.isfinite(last) else float("nan")
    lower, upper = np.quantile(ahead, (0.05, 0.95))
    is_thin = max(last, value) < FEWEST
    yield Finding(
        rule="complaints_rise",
        subject_kind="bank",
        subject="",
        indicator_id="",
        severity="unclear" if is_thin else _severity(probability, value - limit, inputs.policy),
        value=value,
        estimate=value,
        limit=float(limit),
        probability=probability,
        figures={
            "last": float(last),
            "lower": float(lower),
            "upper": float(upper),
            "months": periods,
            "rise": _RISE,
            "is_short": bool(forecast.periods_known < periods),
            "first": str(forecast.periods[0]),
            "until": str(forecast.periods[periods - 1]),
        },
    )


def _last(forecast: Forecast, periods: int, data: Tables) -> float:
    """Return the complaints of the last periods; NaN where one is not known, or is before a break."""
    known = forecast.panel.since_breaks().values[:, -periods:]
    comparable = known.shape[1] == periods and np.isfinite(known).all()
    if not comparable or _is_silent(forecast.panel, periods, data):
        return float("nan")
    return float(forecast.expected_history[:, -periods:].sum())


def _is_silent(panel: Panel, periods: int, data: Tables) -> bool:
    """Tell whether a month of the last periods has no row where rows are due: not known, and no zero."""
    table, totals = data.counted, panel.values.sum(axis=0)
    months = pd.period_range(panel.periods[-periods].start_time, panel.periods[-1].end_time, freq="M")
    if not set(months.astype("str")).isdisjoint(silent_months(table)):
        return True
    empty = int((totals[-periods:] == 0).sum())
    return bool(not CONTRACTS[table.name].cell and empty and typical(totals) * empty >= ENOUGH)


def _severity(probability: float, excess: float, policy: Policy) -> Severity:
    if np.isnan(probability):
        return "unclear"
    if probability >= policy.rating.certainty:
        return "amber"
    if probability >= policy.findings.watch:
        return "watch"
    return "unclear" if excess > 0 else "passed"
