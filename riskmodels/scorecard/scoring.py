"""Score units: a weighted mean of risk points, with the uncertainty of every indicator carried through."""

import re
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from riskmodels.catalogue import indicators
from riskmodels.display import Displayed
from riskmodels.errors import ParameterError
from riskmodels.labels import label
from riskmodels.panel import add_rows
from riskmodels.policy import Policy
from riskmodels.scorecard.rating import INTERVAL, RATINGS, rate_period, rate_probabilities
from riskmodels.tables import Tables

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Scorecard(Displayed):
    """Ratings of one quarter.

    Attributes
    ----------
    table : DataFrame
        One row a unit, riskiest first: rank, unit_id, name, rating, score, lower, upper [risk points, 0
        best to 100; 90% interval], p_red, rank_lower, rank_upper [1 = riskiest; 90% interval],
        indicators [number rated], previous_rating, change [points since the previous scorecard].
    indicators : DataFrame
        One row an indicator and unit (unit_id is empty for the whole bank): indicator_id, unit_id,
        numerator, denominator, value, lower, upper [unit of the indicator; 90% interval], amber, red,
        dispersion, p_amber, p_red [probability that the true value is beyond the limit], rating (empty
        where the policy has no limit).
    unavailable : DataFrame
        indicator_id, reason: indicators of the policy that the source cannot give.
    period : str
        The quarter, e.g. 2026Q3.
    as_of, policy : date
        Day up to which the data knows; day from which the policy is valid.
    data_digest : str
        Digest of the tables.
    """

    table: pd.DataFrame
    indicators: pd.DataFrame
    unavailable: pd.DataFrame
    period: str
    as_of: date
    policy: date
    data_digest: str

    @property
    def bank(self) -> pd.DataFrame:
        """The indicators of the whole bank."""
        rows = self.indicators[self.indicators["unit_id"] == ""]
        return rows.drop(columns="unit_id").reset_index(drop=True)

    @property
    def sentence(self) -> str:
        """Say how many units have which rating."""
        counts = self.table["rating"].value_counts()
        parts = [f"{counts.get(rating, 0)} {label(rating)}" for rating in RATINGS]
        return f"{self.period}: {len(self.table)} units rated: {', '.join(parts)}."

    def summary(self) -> pd.DataFrame:
        """The 15 riskiest units."""
        columns = ["rank", "unit_id", "name", "rating", "score", "lower", "upper"]
        return self.table[[*columns, "rank_lower", "rank_upper", "indicators"]].head(15)


def score(tables: Tables, policy: Policy, *, period: str, previous: Scorecard | None = None) -> Scorecard:
    """Rate every indicator and score every unit in one quarter.

    Parameters
    ----------
    tables : Tables
        Accepted rows.
    policy : Policy
        Limits, weights and the certainty that a rating needs.
    period : str
        Quarter, e.g. ``2026Q3``.
    previous : Scorecard, optional
        An earlier quarter, for comparison.

    Returns
    -------
    Scorecard
        A rating is red (amber, green) only where the probability that the true value is beyond the red
        (beyond the amber, inside the amber) limit reaches the policy's certainty; else it is
        ``insufficient``: not enough evidence.

    Raises
    ------
    ParameterError
        The period is no quarter, or the source has no data in it.

    Notes
    -----
    The bank has Jeffreys posteriors; a unit's prior is the bank's value, worth one trial or event, and no
    rating rests on it alone: red and amber need a value (or a score as observed) beyond the limit, green
    five trials (or an indicator that is rated). Counts are divided by the overdispersion of the last twelve months. A score is the posterior mean of the risk
    points, weighted by the policy over the rated indicators that the unit has; indicators are drawn as if
    they were independent.
    """
    check_quarter(period)
    bank, _ = rate_period(tables, policy, period)
    if bank.empty:
        raise ParameterError(f"the source has no indicator in {period}; it knows up to {tables.as_of}")
    units, draws = rate_period(tables, policy, period, by=("unit_id",))
    return Scorecard(
        table=_score_units(units, draws, tables, policy, previous),
        indicators=pd.concat([bank, units], ignore_index=True),
        unavailable=indicators(tables, policy, periods=[period]).unavailable,
        period=period,
        as_of=tables.as_of,
        policy=policy.valid_from,
        data_digest=tables.digest,
    )


def check_quarter(period: str) -> pd.Period:
    """Return a quarter like ``2026Q3`` as a Period; raises ParameterError for anything else."""
    if re.fullmatch(r"[12][0-9]{3}Q[1-4]", period):
        return pd.Period(period, freq="Q")
    raise ParameterError(f"'{period}' is not a quarter; expected a year, Q and 1 to 4, e.g. 2026Q3")


def risk_points(value: Floats, amber: Floats, red: Floats) -> Floats:
    """Scale values to risk points: 50 at the amber limit, 100 at red and beyond, 0 one step inside amber.

    A worse value never has fewer points; the direction follows from which limit is larger.

    Examples
    --------
    >>> risk_points(np.array([1.0, 0.99, 0.97, 0.9]), np.array(0.99), np.array(0.95)).round(1).tolist()
    [37.5, 50.0, 75.0, 100.0]
    """
    return np.clip(50 + 50 * (value - amber) / (red - amber), 0, 100)


def _score_units(
    rated: pd.DataFrame, draws: Floats, tables: Tables, policy: Policy, previous: Scorecard | None
) -> pd.DataFrame:
    weights = _weights(rated, policy)
    used = (rated["amber"].notna() & (weights > 0)).to_numpy()
    rows, weights, draws = rated[used], weights[used], draws[used]
    codes, names = pd.factorize(rows["unit_id"], sort=True)
    groups, size = codes.astype(np.int64), len(names)
    amber, red = rows["amber"].to_numpy(float), rows["red"].to_numpy(float)
    total = add_rows(weights, groups, size)
    drawn = risk_points(draws, amber[:, None], red[:, None])
    scores = add_rows(drawn * weights[:, None], groups, size) / total[:, None]
    frame = pd.DataFrame({"unit_id": pd.Series(names, dtype="str")})
    frame["name"] = _names(frame["unit_id"], tables)
    frame["score"] = scores.mean(axis=1)
    lower, upper = np.quantile(scores, INTERVAL, axis=1)
    frame["lower"], frame["upper"] = np.minimum(lower, frame["score"]), np.maximum(upper, frame["score"])
    frame["p_red"] = (scores >= policy.rating.score_red).mean(axis=1)
    p_amber = pd.Series((scores >= policy.rating.score_amber).mean(axis=1))
    frame["rating"] = rate_probabilities(p_amber, frame["p_red"], policy.rating.certainty)
    points = risk_points(rows["value"].to_numpy(float), amber, red)
    frame["rating"] = _without_prior_alone(
        frame["rating"],
        observed=add_rows(points * weights, groups, size) / total,
        rated=add_rows(np.where(rows["rating"] != "insufficient", 1.0, 0.0), groups, size),
        policy=policy,
    )
    frame["rank_lower"] = _rank_quantile(stats.rankdata(-scores, method="min", axis=0), INTERVAL[0])
    frame["rank_upper"] = _rank_quantile(stats.rankdata(-scores, method="max", axis=0), INTERVAL[1])
    frame["indicators"] = np.bincount(groups, minlength=size)
    return _ranked(frame, previous)


def _without_prior_alone(rating: pd.Series, *, observed: Floats, rated: Floats, policy: Policy) -> pd.Series:
    """Take back what the prior alone gives: red and amber below their score as observed, green of nothing rated."""
    rating = rating.mask((rating == "red") & (observed < policy.rating.score_red), "amber")
    rating = rating.mask((rating == "amber") & (observed < policy.rating.score_amber), "insufficient")
    return rating.mask((rating == "green") & (rated == 0), "insufficient")


def _rank_quantile(ranks: Floats, level: float) -> npt.NDArray[np.int64]:
    return np.quantile(ranks, level, axis=1, method="inverted_cdf").astype(np.int64)


def _weights(rated: pd.DataFrame, policy: Policy) -> Floats:
    """Weight of each row: its area's weight, shared among the policy's indicators of the area."""
    areas = {area.id: area.weight for area in policy.areas}
    sums: dict[str, float] = dict.fromkeys(areas, 0.0)
    for indicator in policy.indicators:
        sums[indicator.area] += indicator.weight
    share = {
        indicator.id: areas[indicator.area] * indicator.weight / sums[indicator.area]
        for indicator in policy.indicators
        if sums[indicator.area] > 0
    }
    return np.asarray(rated["indicator_id"].map(share).fillna(0.0), dtype=np.float64)


def _names(unit_ids: pd.Series, tables: Tables) -> pd.Series:
    if tables.units is None:
        return unit_ids
    names = tables.units.frame(["unit_id", "name_en"]).set_index("unit_id")["name_en"]
    return unit_ids.map(names).fillna(unit_ids)


def _ranked(frame: pd.DataFrame, previous: Scorecard | None) -> pd.DataFrame:
    frame = frame.sort_values(["score", "unit_id"], ascending=[False, True], ignore_index=True)
    frame.insert(0, "rank", np.arange(1, len(frame) + 1))
    frame["previous_rating"], frame["change"] = "", np.nan
    if previous is not None:
        before = previous.table.set_index("unit_id").reindex(frame["unit_id"])
        frame["previous_rating"] = before["rating"].fillna("").to_numpy()
        frame["change"] = frame["score"] - before["score"].to_numpy(float)
    return frame
