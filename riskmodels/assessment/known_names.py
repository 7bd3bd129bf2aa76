"""Criterion: every name of the policy, the scenarios and the risk register meets one of the data."""

import json
from collections.abc import Iterator

from riskmodels.assessment.findings import Finding
from riskmodels.assessment.inputs import Inputs
from riskmodels.catalogue import INDICATORS, unmatched_names


def check_names(inputs: Inputs) -> Iterator[Finding]:
    """Yield one finding for each kind of name that meets nothing and so changes figures; else what passed."""
    found = unmatched_names(
        inputs.data,
        inputs.policy,
        register=inputs.register,
        scenarios=[test.scenario for test in inputs.stress],
    )
    elsewhere = (found["kind"] == "observation") & ~found["name"].isin(
        list(INDICATORS)
    )  # check_unused says it
    if inputs.risks is not None:  # check_unregistered says it of names like no other
        elsewhere |= (found["where"] == "losses.event_type") & (found["likely_match"] == "")
    changing = found[found["changes_figures"].astype(bool) & ~elsewhere]
    for kind, rows in changing.groupby("kind", sort=False) if len(changing) else [("", changing)]:
        columns = ["name", "likely_match", "where"]
        said = map(json.loads, rows["said"])
        listed = rows[columns].astype("str").to_dict("records")
        yield Finding(
            rule="unmatched_names",
            subject_kind="names",
            subject=str(kind),
            indicator_id="",
            severity="amber" if len(rows) else "passed",
            value=float(len(rows)),
            limit=0.0,
            figures={"unmatched": [row | {"effect": one} for row, one in zip(listed, said, strict=True)]},
        )
