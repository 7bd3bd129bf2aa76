"""What the last four quarters would have looked like under a proposal."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from riskmodels.forecasting import Nowcast
from riskmodels.governance.drafting import Known, quarters_to, rate_quarters
from riskmodels.governance.proposing import Asked
from riskmodels.parameters.policy import IndicatorPolicy, Policy
from riskmodels.scorecard.evidence import gather_quarters
from riskmodels.scorecard.rating import rate_evidence
from riskmodels.scorecard.scores import Drawn, draw_points, draws_for, score_rows
from riskmodels.scorecard.weights import policy_weights
from riskmodels.tables import Tables

QUARTERS = 4  # a year: no season is left out
COLUMNS = ["proposal_id", "period", "measure", "now", "proposed"]
_COLOURS = ("red", "amber")


def look_back(
    asked: Sequence[Asked],
    policy: Policy,
    tables: Tables,
    period: str,
    *,
    known: Known,
    nowcast: Nowcast | None,
) -> pd.DataFrame:
    """Rate the last four quarters under the policy and under each proposal.

    ``known`` is the evidence of units in these quarters, of the indicators whose limits would move, or of all
    where a weight would.

    Returns
    -------
    DataFrame
        One row per proposal, quarter and measure: proposal_id, period, measure (units_red, units_amber: of
        the indicator, for a weight by the score; value: of the bank, where no rating changes), now, proposed
        [units; of value: where an objective set a year ago would have led, NaN for others]. None of those
        that are of no indicator.
    """
    periods = quarters_to(period, QUARTERS)
    recent = {name: known[name] for name in periods if name in known}
    frames = [
        _of_limits([one for one in asked if one.rule == "set_limit"], policy, tables, recent),
        _of_weights([one for one in asked if one.rule == "change_weight"], policy, tables, recent),
        _of_values(
            [one for one in asked if one.rule not in ("set_limit", "change_weight")],
            policy,
            tables,
            periods,
            nowcast,
        ),
    ]
    rows = pd.DataFrame([row for frame in frames for row in frame], columns=COLUMNS)
    return rows.astype(
        {"proposal_id": "str", "period": "str", "measure": "str", "now": float, "proposed": float}
    )


def changed_policy(policy: Policy, asked: Iterable[Asked]) -> Policy:
    """Return the policy with the proposed limits and weights."""
    by_id = {one.path.partition(".")[2]: one for one in asked if one.path.startswith("indicators.")}

    def changed(one: IndicatorPolicy) -> IndicatorPolicy:
        values = one.model_dump()
        for path, value in (by_id[one.id].proposed if one.id in by_id else {}).items():
            *steps, last = path.split(".")
            place: Any = values
            for step in steps:
                place = place[step]
            place[last] = value
        return IndicatorPolicy.model_validate(values)

    return policy.model_copy(update={"indicators": tuple(map(changed, policy.indicators))})


def _only(policy: Policy, names: Iterable[str]) -> Policy:
    wanted = set(names)
    return policy.model_copy(
        update={"indicators": tuple(one for one in policy.indicators if one.id in wanted)}
    )


def _rows(one: Asked, period: str, counts: Mapping[str, tuple[float, float]]) -> list[dict[str, Any]]:
    return [
        {"proposal_id": one.id, "period": period, "measure": f"units_{name}", "now": now, "proposed": then}
        for name, (now, then) in counts.items()
    ]


def _of_limits(asked: list[Asked], policy: Policy, tables: Tables, known: Known) -> list[dict[str, Any]]:
    if not asked:
        return []
    some = _only(policy, (one.figures["indicator_id"] for one in asked))
    now, then = (
        rate_quarters(known, tables, chosen, known)
        .groupby(["indicator_id", "period", "rating"])
        .size()
        .to_dict()
        for chosen in (some, changed_policy(some, asked))
    )
    return [
        row
        for one in asked
        for name in known
        for places in [{colour: (one.figures["indicator_id"], name, colour) for colour in _COLOURS}]
        for row in _rows(one, name, {c: (now.get(at, 0), then.get(at, 0)) for c, at in places.items()})
    ]


def _of_weights(asked: list[Asked], policy: Policy, tables: Tables, known: Known) -> list[dict[str, Any]]:
    if not asked:
        return []
    found = []
    for name, evidence in known.items():
        rows = rate_evidence(evidence, tables, policy, name, by="unit_id")
        used = rows["amber"].notna().to_numpy()
        drawn = list(draw_points(rows[used], draws_for(int(used.sum())), np.flatnonzero(used)))
        now = _scored(rows, policy, drawn)
        for one in asked:
            then = _scored(rows, changed_policy(policy, [one]), drawn)
            found += _rows(one, name, {colour: (now[colour], then[colour]) for colour in _COLOURS})
    return found


def _scored(rows: pd.DataFrame, policy: Policy, drawn: list[Drawn]) -> dict[str, float]:
    if rows.empty:
        return dict.fromkeys(_COLOURS, np.nan)
    weights = policy_weights(policy, rows["indicator_id"])
    scored = score_rows(rows, weights, policy, key="unit_id", drawn=drawn, brief=True)
    return {colour: float((scored["rating"] == colour).sum()) for colour in _COLOURS}


def _of_values(
    asked: list[Asked], policy: Policy, tables: Tables, periods: list[str], nowcast: Nowcast | None
) -> list[dict[str, Any]]:
    """Give the bank's values, and beside them where an objective of a year ago would have led."""
    asked = [one for one in asked if one.figures.get("indicator_id")]
    if not asked:
        return []
    some = _only(policy, (one.figures["indicator_id"] for one in asked))
    known = gather_quarters(tables, some, periods, nowcast=nowcast)
    rated = rate_quarters(known, tables, some, periods, by="")
    values = rated.set_index(["indicator_id", "period"])["value"].to_dict()
    rows = []
    for one in asked:
        now = [values.get((one.figures["indicator_id"], name), np.nan) for name in periods]
        change = one.figures.get("change_per_year", np.nan)
        course = (
            now[0] * np.power(1 + change, np.arange(len(now)) / QUARTERS) + 0 * change
        )  # 1 + NaN to 0 is 1
        rows += [
            {"proposal_id": one.id, "period": name, "measure": "value", "now": value, "proposed": wanted}
            for name, value, wanted in zip(periods, now, course, strict=True)
        ]
    return rows
