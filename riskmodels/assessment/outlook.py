"""Criterion: complaints do not rise."""

from collections.abc import Iterator

import numpy as np

from riskmodels.assessment.findings import Finding, Severity
from riskmodels.assessment.inputs import Inputs
from riskmodels.forecasting import Forecast
from riskmodels.parameters.policy import Policy

_RISE = 0.10  # a choice: a tenth more than in the months before
_MONTHS = 3  # a quarter ahead
_DRAWS, SEED = 4000, 50  # a probability of 80 % is known to .6 %


def check_outlook(inputs: Inputs) -> Iterator[Finding]:
    """Yield what the next months bring, a finding where they very likely bring more than the last ones.

    Of the last ones, complaints still to be logged are counted too. Without enough evidence where the last
    ones are not known, or not counted by today's definition.
    """
    forecast = inputs.forecast
    if forecast is None:
        return
    periods = min(forecast.panel.covering(_MONTHS), len(forecast.periods))
    ahead = forecast.sample(_DRAWS, seed=SEED)[:, :, :periods].sum(axis=(1, 2))
    last = _last(forecast, periods)
    limit = (1 + _RISE) * last
    probability = float((ahead > limit).mean()) if np.isfinite(last) else float("nan")
    lower, upper = np.quantile(ahead, (0.05, 0.95))
    yield Finding(
        rule="complaints_rise",
        subject_kind="bank",
        subject="",
        indicator_id="",
        severity=_severity(probability, inputs.policy),
        value=float(ahead.mean()),
        estimate=float(ahead.mean()),
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


def _last(forecast: Forecast, periods: int) -> float:
    """Return the complaints of the last periods; NaN where one is unknown, has none or is before a break."""
    known = forecast.panel.since_breaks().values[:, -periods:]
    comparable = known.shape[1] == periods and (known.sum(axis=0) > 0).all()  # NaN is not above zero
    return float(forecast.expected_history[:, -periods:].sum()) if comparable else float("nan")


def _severity(probability: float, policy: Policy) -> Severity:
    if np.isnan(probability):
        return "unclear"
    if probability >= policy.rating.certainty:
        return "amber"
    return "watch" if probability >= policy.findings.watch else "passed"
