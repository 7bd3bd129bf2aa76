"""Draft a bank's first own limits: what its units have had, and how many of them a limit would make red."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import pandas as pd

from riskmodels.display import Displayed
from riskmodels.errors import ParameterError
from riskmodels.forecasting import nowcast_where_logged
from riskmodels.governance.drafting import QUARTERS, Progress, drafted_limits, quarters_to, rate_quarters
from riskmodels.labels import label, marked, plural
from riskmodels.parameters.editing import Edit
from riskmodels.parameters.policy import DEFAULT, IndicatorPolicy, Limits, Policy
from riskmodels.scorecard.evidence import gather_quarters
from riskmodels.scorecard.grounds import RATINGS
from riskmodels.scorecard.scores import score_rows
from riskmodels.scorecard.weights import policy_weights
from riskmodels.tables import Tables

_COLUMNS: Final = [
    *("indicator_id", "product", "amber_now", "red_now", "set_by", "amber", "red", "moves"),
    *("units", "red_units_now", "red_units", "red_each_now", "red_each", "why_not"),
]


@dataclass(frozen=True, kw_only=True, eq=False)
class LimitDraft(Displayed):
    """First limits of a bank's own for a person to decide; nothing is changed by drafting them.

    Attributes
    ----------
    table : DataFrame
        One row per indicator with limits, and per product with its own: indicator_id, product (empty: all);
        amber_now, red_now, set_by [as the policy has them]; amber, red [drafted; those now where nothing is];
        moves (looser: one of them, or both; tighter; kept); units [with cases in the quarter];
        red_units_now, red_units [rated red in the quarter under the limits now, under the draft];
        red_each_now, red_each [the same, mean of all quarters]; why_not (JSON of the facts of why nothing is
        drafted; empty: it is).
    period : str
        The last of the quarters.
    quarters : int
        How many were looked at.
    policy : date
        The policy that would be changed.
    scores : DataFrame
        One row per rating of units by their score: rating, now, draft [units in the quarter].
    data_digest : str
        Digest of the tables.
    """

    table: pd.DataFrame
    period: str
    quarters: int
    policy: date
    scores: pd.DataFrame
    data_digest: str

    @property
    def drafted(self) -> pd.DataFrame:
        """The rows whose limits would change."""
        return self.table[self.table["moves"] != "kept"].reset_index(drop=True)

    @property
    def sentence(self) -> str:
        """Say how many limits would change, and what that does to the units' ratings."""
        red = self.scores.set_index("rating").loc["red"]
        changed = plural(
            len(self.drafted),
            "{count} pair of limits drafted from {quarters} quarters to {period}; units rated red by their"
            " score: {draft}, now {now}.",
            "{count} pairs of limits drafted from {quarters} quarters to {period}; units rated red by their"
            " score: {draft}, now {now}.",
            red.to_dict(),
            count=len(self.drafted),
            quarters=self.quarters,
            period=self.period,
        )
        looser = int((self.drafted["moves"] == "looser").sum())
        if not looser:
            return changed
        words = marked(
            "{changed} {count} would be looser than now: what units have had is no proof that it is good"
            " enough."
        )
        return label(words, changed=changed, count=looser)

    def summary(self) -> pd.DataFrame:
        """What would change."""
        return self.drafted.drop(columns="why_not")

    def edits(self, policy: Policy) -> list[Edit]:
        """Return the changes of the policy file; ``policy`` is the one that the draft was made of."""
        rows = self.drafted
        found = [edit for row in rows.to_dict("records") for edit in _edits(row, policy)]
        names = dict.fromkeys(rows["indicator_id"])
        words = f"draft: {self.quarters} quarters of the bank's units to {self.period}"
        for name in names:
            one = policy.indicator(name)
            now = one.limits_set_by if "limits_set_by" in one.model_fields_set else None
            drafted = now.replace(DEFAULT, words) if now and DEFAULT in now else words
            found.append(Edit(path=f"indicators.{name}.limits_set_by", expected=now, proposed=drafted))
        return found


def draft_limits(
    tables: Tables,
    policy: Policy,
    *,
    period: str,
    quarters: int = QUARTERS,
    progress: Progress = iter,
) -> LimitDraft:
    """Draft limits from what the bank's units have had, where nobody but riskmodels has set them.

    Parameters
    ----------
    tables : Tables
        Accepted rows.
    policy : Policy
        Whose limits are asked about.
    period : str
        The last quarter to look at, e.g. ``2026Q3``.
    quarters : int
        How many, at least four.
    progress : callable
        Given the quarters to be rated, yields them.

    Returns
    -------
    LimitDraft
        A fifth of all quarters of units lie truly beyond amber, a twentieth beyond red. What a regulator or
        a service standard has set stays.

    Raises
    ------
    ParameterError
        ``period`` is no quarter, the source has nothing in it, or the policy has no limits.
    TooLittleError
        Fewer than four quarters have units with cases.

    Notes
    -----
    What units truly have is the mean of their posteriors over quarters, not what was counted: the scatter of
    small units widens no limit. Where products have limits of their own, units are compared with what their
    peers have with the same mix, and the ratio applies to the rate of each product.
    """
    wanted, nowcast = quarters_to(period, quarters), nowcast_where_logged(tables.complaints)
    if all(one.limits is None for one in policy.indicators):
        raise ParameterError(f"the policy of {policy.valid_from} has no limits: give an indicator some first")
    known = gather_quarters(tables, policy, wanted, by="unit_id", nowcast=nowcast)
    drafted, now = drafted_limits(tables, policy, known, period=period, nowcast=nowcast, progress=progress)
    there = list(now["period"].unique())
    under_draft = rate_quarters(known, tables, _changed(policy, drafted), progress(there))
    return LimitDraft(
        table=_with_counts(drafted, now, under_draft, period)[_COLUMNS],
        period=period,
        quarters=len(there),
        policy=policy.valid_from,
        scores=_scores(now, under_draft, policy, period),
        data_digest=tables.digest,
    )


def _changed(policy: Policy, rows: pd.DataFrame) -> Policy:
    """Return the policy with the drafted limits."""
    pairs = {
        (row["indicator_id"], row["product"]): Limits(amber=row["amber"], red=row["red"])
        for row in rows[rows["moves"] != "kept"].to_dict("records")
    }

    def changed(one: IndicatorPolicy) -> IndicatorPolicy:
        own = {name: pairs.get((one.id, name), limits) for name, limits in one.limits_by_product.items()}
        return one.model_copy(
            update={"limits": pairs.get((one.id, ""), one.limits), "limits_by_product": own}
        )

    return policy.model_copy(update={"indicators": tuple(map(changed, policy.indicators))})


def _with_counts(rows: pd.DataFrame, now: pd.DataFrame, drafted: pd.DataFrame, period: str) -> pd.DataFrame:
    """Count the units that an indicator's limits make red, in the last quarter and in all."""
    by = rows["indicator_id"]
    units = now[now["period"] == period].groupby("indicator_id")["unit_id"].nunique()
    counts: dict[str, pd.Series[Any]] = {"units": by.map(units).fillna(0).astype(int)}
    for name, rated in (("now", now), ("", drafted)):
        red = rated[rated["rating"] == "red"]
        end = f"_{name}" if name else ""
        last = red[red["period"] == period].groupby("indicator_id").size()
        each = red.groupby("indicator_id").size() / rated["period"].nunique()
        counts[f"red_units{end}"] = by.map(last).fillna(0).astype(int)
        counts[f"red_each{end}"] = by.map(each).fillna(0.0)
    return rows.assign(**counts)


def _scores(now: pd.DataFrame, drafted: pd.DataFrame, policy: Policy, period: str) -> pd.DataFrame:
    """Count the units by the rating of their score in a quarter, now and under the draft."""
    counts = {}
    for name, rated in (("now", now), ("draft", drafted)):
        rows = rated[rated["period"] == period].reset_index(drop=True)
        weights = policy_weights(policy, rows["indicator_id"])
        scored = score_rows(rows, weights, policy, key="unit_id", brief=True)
        counts[name] = scored["rating"].value_counts().reindex(RATINGS, fill_value=0).to_numpy()
    return pd.DataFrame({"rating": list(RATINGS), **counts})


def _edits(row: dict[Any, Any], policy: Policy) -> list[Edit]:
    one = policy.indicator(str(row["indicator_id"]))
    now = one.limits_by_product.get(row["product"], one.limits)
    where = f"limits_by_product.{row['product']}" if row["product"] else "limits"
    return [
        Edit(path=f"indicators.{one.id}.{where}.{name}", expected=getattr(now, name), proposed=row[name])
        for name in ("amber", "red")
        if row[name] != getattr(now, name)
    ]
