"""Findings about what may come: more complaints, and indicators that a scenario turns red."""

from collections.abc import Iterator

import numpy as np

from riskmodels.assessment.findings import Finding
from riskmodels.assessment.register import from_register
from riskmodels.catalogue import format_value
from riskmodels.forecasting import Forecast
from riskmodels.labels import label, local
from riskmodels.parameters.policy import Policy
from riskmodels.parameters.risks import RiskRegister
from riskmodels.periods.quarters import MONTHS
from riskmodels.stresstest import StressTest

_RISE = 0.10
_BOUNDS = ("lower", "upper")
_MONTHS = 3
_DRAWS = 4000
_SEED = 50


def forecast_findings(forecast: Forecast, policy: Policy) -> Iterator[Finding]:
    """Yield a finding where the next months very likely bring more complaints than the last ones.

    Of the last ones, complaints still to be logged are counted too. None where as many are not known, have
    no complaint at all, or are not counted by today's definition.
    """
    periods = min(forecast.panel.covering(_MONTHS), len(forecast.periods))
    months = periods * MONTHS[forecast.periods.freqstr[0]]
    known = forecast.panel.since_breaks().values[:, -periods:]
    comparable = known.shape[1] == periods and (known.sum(axis=0) > 0).all()  # NaN is not above zero
    last = forecast.expected_history[:, -periods:].sum() if comparable else np.nan
    ahead = forecast.sample(_DRAWS, seed=_SEED)[:, :, :periods].sum(axis=(1, 2))
    limit = (1 + _RISE) * last
    probability = float((ahead > limit).mean())
    if not np.isfinite(last) or probability < policy.rating.certainty:
        return
    lower, upper = np.quantile(ahead, (0.05, 0.95))
    yield Finding(
        kind="forecast",
        severity="amber",
        subject=label("Whole bank"),
        indicator_id="",
        criterion=label("Complaints rise by no more than {rise:.0%} (set by riskmodels default)").format(
            rise=_RISE
        ),
        condition=label(
            "{mean:,.0f} complaints are expected in the next {months} months, after {last:,.0f} in the last"
        ).format(mean=ahead.mean(), months=months, last=last),
        cause=label("Trend and season of the past; see the outlook"),
        consequence=label("Handling capacity may not be enough"),
        corrective_action=label("Plan capacity for the upper end of the interval"),
        owner=label("Customer service department"),
        evidence=label("90% interval {lower:,.0f} to {upper:,.0f}; probability {probability:.0%}").format(
            lower=lower, upper=upper, probability=probability
        ),
        value=float(ahead.mean()),
        limit=float(limit),
    )


def stress_findings(test: StressTest, policy: Policy, risks: RiskRegister | None) -> Iterator[Finding]:
    """Yield one finding an indicator that the scenario turns red."""
    rows = test.table[(test.table["rating"] == "red") & (test.table["rating_before"] != "red")]
    scenario = f"{local(test.scenario, 'name')} ({label(test.severity)})"
    for row in rows.to_dict("records"):
        indicator = policy.indicator(str(row["indicator_id"]))
        shown = {
            name: format_value(indicator.id, float(row[name]))
            for name in ("before", "after", "red", *_BOUNDS)
        }
        shown["name"] = local(indicator, "name")
        yield Finding(
            kind="stress",
            severity="amber",
            subject=label("Scenario: {scenario}").format(scenario=scenario),
            indicator_id=indicator.id,
            criterion=label("{name} stays inside the red limit of {red}").format(**shown),
            condition=label("{name} would go from {before} to {after}").format(**shown),
            evidence=label("90% interval {lower} to {upper}; probability of red {p_red:.0%}").format(
                **shown, p_red=row["p_red"]
            ),
            value=float(row["after"]),
            limit=float(row["red"]),
            amber=float(row["amber"]),
            **from_register(indicator.id, risks),
        )
