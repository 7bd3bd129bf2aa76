"""Criterion: what came is what the earlier forecast expected."""

from collections.abc import Iterator

from riskmodels.assessment.findings import Finding, Severity
from riskmodels.assessment.inputs import Inputs

_SAID = 3  # parts that are named: the biggest that stand out
_OF_OUTSIDE: dict[str, Severity] = {"above": "amber", "below": "watch", "": "passed"}
"""More than the interval held is a finding, as capacity was planned by it; fewer may be data that lack."""


def check_review(inputs: Inputs) -> Iterator[Finding]:
    """Yield whether the complaints of the quarter lay in the interval of the forecast made before it.

    Without enough evidence where there is no such forecast, or what came cannot be compared with it.
    """
    review = inputs.review
    if review is None:
        return
    total = review.total
    if total is None:
        yield Finding(
            rule="forecast_missed",
            subject_kind="bank",
            subject="",
            indicator_id="",
            severity="unclear",
            figures={"period": review.period, "origin": review.origin},
        )
        return
    out = review.parts[review.parts["stands_out"]]
    order = out["surprise"].abs().sort_values(ascending=False, kind="stable").index
    yield Finding(
        rule="forecast_missed",
        subject_kind="bank",
        subject="",
        indicator_id="",
        severity=_OF_OUTSIDE[total["outside"]],
        value=float(total["final"]),
        estimate=float(total["mean"]),
        limit=float(total["upper"]),
        figures={
            "period": str(total["period"]),
            "origin": review.origin,
            "lower": float(total["lower"]),
            "upper": float(total["upper"]),
            "observed": float(total["observed"]),
            "parts": out.loc[order, ["kind", "name", "title", "surprise"]].head(_SAID).to_dict("records"),
        },
    )
