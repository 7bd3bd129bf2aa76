"""Criteria: every type of loss, and what customers complain about, is a risk of the register."""

from collections.abc import Iterator

import pandas as pd

from riskmodels.assessment.findings import Finding, Severity
from riskmodels.assessment.inputs import Inputs
from riskmodels.catalogue.unmatched import likely_name
from riskmodels.parameters.risks import RiskRegister

_SHARE, _LITTLE = 0.05, 0.01  # of all losses, or complaints: amber, and watched, from there on; a choice
LOSSES, THEMES = "unregistered_losses", "unregistered_theme"


def check_unregistered(inputs: Inputs) -> Iterator[Finding]:
    """Yield the types of loss of the last year, and the categories of complaints, that no risk has.

    One with a twentieth of all is a finding, one with a hundredth is watched: an entry of the register is
    proposed, with its figures. Looked for only where the register names any type, or any category, itself; a
    name that may be another spelling of one that it has is told by ``check_names``.
    """
    if inputs.register is not None:
        yield from _losses(inputs, inputs.register)
        yield from _themes(inputs, inputs.register)


def _losses(inputs: Inputs, register: RiskRegister) -> Iterator[Finding]:
    known = {kind for risk in register.risks for kind in risk.event_types}
    if inputs.risks is None or not known:
        return
    booked = inputs.risks.booked
    booked = booked[booked["counts"].astype(bool)].drop_duplicates(["event_type", "month"])
    sums = booked.groupby("event_type")[["losses", "gross"]].sum()
    yield from _strange(LOSSES, "loss_type", sums, sums["gross"], known)


def _themes(inputs: Inputs, register: RiskRegister) -> Iterator[Finding]:
    known = {name for risk in register.risks for name in risk.complaint_categories}
    table = inputs.data.complaints
    if table is None or not known or "category" not in table.provenance.given_columns:
        return
    rows = table.frame(["received_at", "category"])
    quarter = pd.PeriodIndex(rows["received_at"], freq="Q") == pd.Period(inputs.scorecard.period, freq="Q")
    counts = rows.loc[quarter, "category"].dropna().astype("str").value_counts().rename("complaints")
    yield from _strange(THEMES, "theme", counts.to_frame().astype("float64"), counts.astype("float64"), known)


def _strange(rule: str, kind: str, rows: pd.DataFrame, size: pd.Series, known: set[str]) -> Iterator[Finding]:
    """Yield each name with enough of the whole that no risk has; where there is none, what was looked at."""
    total = float(size.sum())
    names = [str(name) for name in size.index if name not in known and not likely_name(str(name), known)]
    share = size.reindex(names) / total if total > 0 else size.reindex(names) * 0.0
    for name in share[share >= _LITTLE].sort_values(ascending=False, kind="stable").index:
        severity: Severity = "amber" if share[name] >= _SHARE else "watch"
        figures = {column: float(rows.loc[name, column]) for column in rows.columns}
        yield Finding(
            rule,
            "loss_type" if kind == "loss_type" else "theme",
            name,
            "",
            severity,
            value=float(share[name]),
            limit=_SHARE,
            figures=figures | {"of": total},
        )
    if not (share >= _LITTLE).any():
        yield Finding(rule, "bank", "", "", "passed", value=float(share.sum()), limit=_SHARE)
