"""Criteria of major incidents: limits of time are kept, and the scenario of the kind was worse."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
import scipy

from riskmodels.arrays import Floats
from riskmodels.assessment.findings import Finding, Severity
from riskmodels.assessment.inputs import Inputs
from riskmodels.effects import IncidentReview
from riskmodels.parameters.policy import Policy

_ITEMS = {  # the moments that each rule is about
    "incident_answer": ("detected", "responded", "ended"),
    "incident_told": ("customers", "supervisor", "partners"),
    "incident_step": ("step",),
}
_COST = "incident_cost"
_NAMES = ("name_en", "name_zh")
_LATE = ("item", *_NAMES, "owner_en", "owner_zh", "limit", "unit", "source", "taken")
_BEYOND = ("scenario", *_NAMES, "severity", "what", "assumed_high", "seen", "lower", "upper")
_REACH = 2 * 1.645  # standard deviations in an interval of 90 %


def check_incidents(inputs: Inputs) -> Iterator[Finding]:
    """Yield each major incident that missed a limit of time, or was worse than a scenario of its kind.

    What is late is amber, and red from the policy's multiple of its limit. Beyond the severest level of the
    scenario is red, beyond a milder one amber, where that is as likely as the policy asks. How many others
    there are, and of how many nothing is recorded, is one line a rule.
    """
    found = inputs.incidents
    if found is None:
        return
    for rule, items in _ITEMS.items():
        moments = found.moments
        rows = moments[moments["item"].isin(items) & moments["limit"].notna()]
        late = rows[rows["state"] == "late"]
        for incident_id, missed in late.groupby("incident_id", sort=False):
            kept = rows[rows["incident_id"] == incident_id]
            yield _late(rule, _facts(found, str(incident_id)), missed, kept, inputs.policy)
        yield _others(rule, found, rows["state"].replace("in_time", "kept"), len(late))
    yield from _against_scenarios(found, inputs.policy)


def _facts(found: IncidentReview, incident_id: str) -> dict[str, Any]:
    row = found.table.set_index("incident_id").loc[incident_id]
    return {"incident_id": incident_id, "kind": row["kind"], "started": f"{row['started_at']:%Y-%m-%d}"}


def _late(
    rule: str, facts: dict[str, Any], missed: pd.DataFrame, rows: pd.DataFrame, policy: Policy
) -> Finding:
    """Return what an incident missed; ``value`` is the largest multiple of a limit."""
    times = float(missed["times"].max())
    figures = facts | {
        "late": missed[list(_LATE)].to_dict("records"),
        "judged": int(rows["state"].isin(["late", "in_time"]).sum()),
        "unknown": int((rows["state"] == "unknown").sum()),
    }
    severity: Severity = "red" if times >= policy.incidents.late_red else "amber"
    return _finding(rule, severity, facts["incident_id"], times, figures)


def _finding(
    rule: str, severity: Severity, subject: str, times: float, figures: Mapping[str, Any], p: float = np.nan
) -> Finding:
    return Finding(
        rule, "incident", subject, "", severity, value=times, limit=1.0, probability=p, figures=figures
    )


def _others(rule: str, found: IncidentReview, states: pd.Series, missed: int) -> Finding:
    """Return how much was kept, and how much is not known, as one line."""
    kept, unknown = (int((states == one).sum()) for one in ("kept", "unknown"))
    figures = {
        "period": found.period,
        "incidents": len(found.table),
        "checked": (checked := kept + missed + unknown),
        "kept": kept,
        "missed": missed,
        "unknown": unknown,
    }
    is_told = found.table.empty or (checked > 0 and not unknown)
    return Finding(rule, "incident", "", "", "passed" if is_told else "unclear", figures=figures)


def _against_scenarios(found: IncidentReview, policy: Policy) -> Iterator[Finding]:
    rows = found.scenarios.assign(beyond=_probability(found.scenarios))
    states = []
    rows = rows.sort_values(["assumed_high"], kind="stable")
    for (incident_id, _), levels in rows.groupby(["incident_id", "what"]):
        severity, row = _worst(levels, policy)
        states.append({"passed": "kept", "unclear": "unknown"}.get(severity, "missed"))
        if row is not None:
            figures = _facts(found, str(incident_id)) | {"beyond": {name: row[name] for name in _BEYOND}}
            times = float(row["seen"] / row["assumed_high"])
            subject = f"{incident_id}:{row['what']}"
            yield _finding(_COST, severity, subject, times, figures, float(row["beyond"]))
    yield _others(_COST, found, pd.Series(states, dtype="str"), states.count("missed"))


def _worst(levels: pd.DataFrame, policy: Policy) -> tuple[Severity, Mapping[Any, Any] | None]:
    """Return how bad it is that an incident is beyond levels, the mildest first, and the worst of these."""
    if levels["beyond"].isna().all():
        return "unclear", None
    severities: tuple[tuple[Severity, float], ...] = (
        ("amber", policy.rating.certainty),
        ("watch", policy.findings.watch),
    )
    for severity, least in severities:
        beyond = levels[levels["beyond"] >= least]
        if len(beyond):
            is_beyond_all = severity == "amber" and len(beyond) == len(levels)
            return "red" if is_beyond_all else severity, beyond.iloc[-1].to_dict()
    return "passed", None


def _probability(scenarios: pd.DataFrame) -> Floats:
    """Return the probability that what was seen is beyond what a level assumes at most; hours are known."""
    seen, most = (scenarios[name].to_numpy(np.float64) for name in ("seen", "assumed_high"))
    error = (scenarios["upper"] - scenarios["lower"]).to_numpy(np.float64) / _REACH
    known = np.isnan(error) | (error <= 0)
    chance = scipy.stats.norm.cdf((seen - most) / np.where(known, 1.0, error))
    return np.asarray(np.where(np.isnan(seen), np.nan, np.where(known, seen > most, chance)))
