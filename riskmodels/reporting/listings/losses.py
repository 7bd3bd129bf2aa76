"""Losses: what they have cost, how they are distributed, and what a bad year may cost."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from riskmodels.display import Listing, shown_amount
from riskmodels.labels import label
from riskmodels.losses import LossAssessment
from riskmodels.losses.fitting import standard_errors
from riskmodels.parameters.policy import Policy

_MOST_CELLS = 10
_QUARTERS = 8
_THOUSAND = 1000.0
_INDICATOR = "potential_loss_rate"
_UNKNOWN = (
    "The source has no losses, or fewer than 120 of them, or the largest are all alike, or too few differ to"
    " fit a curve: what a bad year may cost cannot be told."
)


def list_losses(found: LossAssessment | None) -> Listing:
    """List the total and the cells that contribute most to a bad year, with how unsure their figures are."""
    if found is None:
        return Listing(sentence=label(_UNKNOWN), frame=pd.DataFrame())
    shares = found.contributions.set_index("cell")["share"]
    rows = found.intervals.assign(
        share=found.intervals["cell"].map(shares), mean=found.distribution.table["mean"]
    )
    known = found.contributions["share"].notna().all()
    largest = rows.iloc[:-1].nlargest(_MOST_CELLS, "share" if known else "value_at_risk")
    level = f"{found.distribution.level:.1%}"
    listed = [
        {
            "Kind of loss": label(str(row["cell"])),
            "Mean a year [thousand]": shown_amount(row["mean"], _THOUSAND),
            f"Value-at-risk {level} ({found.confidence:.0%} interval) [thousand]": _interval(
                row, "value_at_risk", "lower", "upper"
            ),
            f"Expected shortfall {level} ({found.confidence:.0%} interval) [thousand]": _interval(
                row, "expected_shortfall", "shortfall_lower", "shortfall_upper"
            ),
            "Share": "–" if pd.isna(row["share"]) else f"{row['share']:.1%}",
        }
        for row in pd.concat([rows.tail(1), largest]).to_dict("records")
    ]
    words = "{sentence} The computation itself is off by about {bound:.3%} of a figure at most."
    bound = max(found.distribution.error_bound, 1e-5)  # more exactly nobody reads it
    return Listing(
        sentence=label(words).format(sentence=found.sentence, bound=bound), frame=pd.DataFrame(listed)
    )


def list_severities(found: LossAssessment | None) -> Listing:
    """List the fitted severities, event type by event type, and the tail they share."""
    if found is None:
        return Listing(sentence=label(_UNKNOWN), frame=pd.DataFrame())
    tail, errors = found.tail.tail, standard_errors(found.tail.part.covariance)
    listed = [
        {
            "Event type": label(str(row["event_type"])),
            "Losses": f"{row['losses']:,.0f}",
            "In the tail": f"{row['exceedances']:,.0f}",
            "Median": f"{np.exp(row['mu']):,.0f}",
            "Log mean (s.e.)": f"{row['mu']:.2f} ({row['mu_error']:.2f})",
            "Log deviation (s.e.)": f"{row['sigma']:.2f} ({row['sigma_error']:.2f})",
            "Share in the tail": f"{row['tail_probability']:.1%}",
        }
        for row in found.severities.to_dict("records")
    ]
    fits = ", ".join(f"{row['test']} p = {row['p_value']:.2f}" for row in found.goodness.to_dict("records"))
    words = (
        "Lognormal bodies up to {threshold}; above it a generalised Pareto tail for all, shape {shape:.2f}"
        " (s.e. {shape_error:.2f}), scale {scale:,.0f} ({scale_error:,.0f}), from {number:,d} losses."
        " Fit of the whole bank: {fits}."
    )
    return Listing(
        sentence=label(words).format(
            threshold=f"{tail.threshold:,.0f}",
            shape=tail.shape,
            shape_error=errors[0],
            scale=tail.scale,
            scale_error=errors[1],
            number=found.tail.exceedances,
            fits=fits,
        ),
        frame=pd.DataFrame(listed),
    )


def list_loss_years(found: LossAssessment | None, policy: Policy) -> Listing:
    """List the last quarters, and how the year's losses changed against what the bank wants."""
    if found is None:
        return Listing(sentence=label(_UNKNOWN), frame=pd.DataFrame())
    listed = [
        {
            "Quarter": row["quarter"],
            "Losses recorded": f"{row['losses']:,.0f}",
            "Recorded by now": f"{row['completeness']:.0%}",
            "Losses expected in the end": f"{row['expected']:,.0f}",
            "Gross": f"{row['gross']:,.0f}",
            "Recovered": f"{row['recovery']:,.0f}",
        }
        for row in found.quarters.tail(_QUARTERS).iloc[::-1].to_dict("records")
    ]
    return Listing(sentence=_against_objective(found.change, policy), frame=pd.DataFrame(listed))


def _against_objective(change: float, policy: Policy) -> str:
    if pd.isna(change):
        return label("Two whole years of losses are needed to say how they change.")
    objective = next(
        (one.objective for one in policy.indicators if one.id == _INDICATOR and one.objective is not None),
        None,
    )
    words = (
        "Gross losses of the last four quarters, completed, changed by {change:+.1%} against the four before."
    )
    said = label(words).format(change=change)
    if objective is None:
        return said
    verdict = "met" if change <= objective.change_per_year else "not met"
    wanted = label(
        "The objective of {wanted:+.0%} a year ({source}) is {verdict} by losses alone; income may have"
        " changed too."
    )
    return f"{said} " + wanted.format(
        wanted=objective.change_per_year, source=objective.source, verdict=label(verdict)
    )


def _interval(row: Mapping[Any, Any], value: str, lower: str, upper: str) -> str:
    middle, low, high = (shown_amount(row[name], _THOUSAND) for name in (value, lower, upper))
    return f"{middle} ({low} – {high})"
