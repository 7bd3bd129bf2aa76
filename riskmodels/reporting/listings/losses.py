"""Losses: what they have cost, how they are distributed, and what a bad year may cost."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from riskmodels.display import Listing, shown_amount, shown_money
from riskmodels.labels import commas, label, local, marked, plain_label, space
from riskmodels.losses import LossAssessment
from riskmodels.losses.fitting import standard_errors
from riskmodels.parameters.policy import Policy
from riskmodels.register import RiskAssessment, reconcile_losses

_MOST_CELLS = 10  # rows; a choice: tables/ has them all
_QUARTERS = 8  # rows: two years, this and the one that it is compared with
_THOUSAND = 1000.0  # of the currency, the unit of the listing
_INDICATOR = "potential_loss_rate"
_UNKNOWN = marked(
    "The source has no losses, or fewer than 120 of them, or the largest are all alike, or too few differ to"
    " fit a curve: what a bad year may cost cannot be estimated."
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
    at = {"level": f"{found.distribution.level:.1%}", "confidence": found.confidence}
    listed = [
        {
            "Kind of loss": plain_label(str(row["cell"])),
            "Mean a year [thousand CNY]": shown_amount(row["mean"], _THOUSAND),
            label("Value-at-risk {level} ({confidence:.0%} interval) [thousand CNY]", at): _interval(
                row, "value_at_risk", "lower", "upper"
            ),
            label("Expected shortfall {level} ({confidence:.0%} interval) [thousand CNY]", at): _interval(
                row, "expected_shortfall", "shortfall_lower", "shortfall_upper"
            ),
            "Share": "–" if pd.isna(row["share"]) else f"{row['share']:.1%}",
        }
        for row in pd.concat([rows.tail(1), largest]).to_dict("records")
    ]
    words = marked("{sentence} The computation itself is off by about {bound:.3%} of a figure at most.")
    bound = max(found.distribution.error_bound, 1e-5)  # more exactly nobody reads it
    return Listing(sentence=label(words, sentence=found.sentence, bound=bound), frame=pd.DataFrame(listed))


def list_severities(found: LossAssessment | None) -> Listing:
    """List the fitted severities, event type by event type, and the tail they share."""
    if found is None:
        return Listing(sentence=label(_UNKNOWN), frame=pd.DataFrame())
    tail, errors = found.tail.tail, standard_errors(found.tail.part.covariance)
    listed = [
        {
            "Event type": plain_label(str(row["event_type"])),
            "Losses": f"{row['losses']:,.0f}",
            "In the tail": f"{row['exceedances']:,.0f}",
            "Median [CNY]": f"{np.exp(row['mu']):,.0f}",
            "Log mean (s.e.)": f"{row['mu']:.2f} ({row['mu_error']:.2f})",
            "Log deviation (s.e.)": f"{row['sigma']:.2f} ({row['sigma_error']:.2f})",
            "Share in the tail": f"{row['tail_probability']:.1%}",
        }
        for row in found.severities.to_dict("records")
    ]
    fits = commas(f"{row['test']} p = {row['p_value']:.2f}" for row in found.goodness.to_dict("records"))
    words = marked(
        "Lognormal bodies up to {threshold}; above it a generalised Pareto tail for all, shape {shape:.2f}"
        " (s.e. {shape_error:.2f}), scale {scale} (s.e. {scale_error}), from {number:,d} losses."
        " Fit of the whole bank: {fits}."
    )
    return Listing(
        sentence=label(
            words,
            threshold=shown_money(tail.threshold),
            shape=tail.shape,
            shape_error=errors[0],
            scale=shown_money(tail.scale),
            scale_error=shown_money(errors[1]),
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
            "Gross [CNY]": f"{row['gross']:,.0f}",
            "Recovered [CNY]": f"{row['recovery']:,.0f}",
        }
        for row in found.quarters.tail(_QUARTERS).iloc[::-1].to_dict("records")
    ]
    return Listing(sentence=_against_objective(found.change, policy), frame=pd.DataFrame(listed))


def list_loss_sums(found: LossAssessment | None, assessed: RiskAssessment | None) -> Listing:
    """List what is booked of each risk and of none, and that it adds up to the losses of this chapter."""
    if found is None or assessed is None:
        words = marked(
            "Without an assessment of the losses and of the risks there are no two sums to compare."
        )
        return Listing(sentence=label(words), frame=pd.DataFrame())
    sums = reconcile_losses(assessed, found)
    rows = [
        _sums_row(local(row, "name") or label("no risk of the register"), row)
        for _, row in sums.table.iterrows()
    ]
    if sums.counts_twice:
        rows.append(_sums_row(label("counted to several risks: taken off"), -sums.counted_twice))
    rows.append(_sums_row(label("all losses, each once"), sums.total))
    rows.append(_sums_row(label("losses that the distribution is made of"), sums.other))
    booked = label("Booked {months} [thousand CNY]", months=sums.months)
    mean = label("Booked a year, {quarters} [thousand CNY]", quarters=sums.quarters)
    frame = pd.DataFrame(rows).rename(columns={"gross": booked, "mean_a_year": mean})
    return Listing(sentence=sums.sentence, frame=frame)


def _sums_row(name: str, row: "Mapping[Any, Any] | pd.Series[Any]") -> dict[str, str]:
    expected = float(row.get("booked_loss", np.nan))
    return {
        "Losses of": name,
        "Types of loss event": plain_label(str(row.get("event_types", ""))) or "–",
        **{name: shown_amount(row[name], _THOUSAND) for name in ("gross", "mean_a_year")},
        "Expected by the register of what is booked [thousand CNY]": shown_amount(expected, _THOUSAND),
    }


def _against_objective(change: float, policy: Policy) -> str:
    if pd.isna(change):
        return label("Two whole years of losses are needed to say how they change.")
    objective = next(
        (one.objective for one in policy.indicators if one.id == _INDICATOR and one.objective is not None),
        None,
    )
    words = marked(
        "Gross losses of the last four quarters, completed, changed by {change:+.1%} against the four before."
    )
    said = label(words, change=change)
    if objective is None:
        return said
    verdict = marked("met") if change <= objective.change_per_year else marked("not met")
    return (
        said
        + space()
        + label(
            "The objective of {wanted:+.0%} a year ({source}) is {verdict} by losses alone; income may have"
            " changed too.",
            wanted=objective.change_per_year,
            source=label(objective.source),
            verdict=label(verdict),
        )
    )


def _interval(row: Mapping[Any, Any], value: str, lower: str, upper: str) -> str:
    middle, low, high = (shown_amount(row[name], _THOUSAND) for name in (value, lower, upper))
    return f"{middle} ({low} – {high})"
