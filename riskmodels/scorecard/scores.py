"""Scores: weighted means of risk points, their distribution by simulation, and ranks with their certainty."""

from collections.abc import Hashable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import scipy

from riskmodels.arrays import Flags, Floats, Integers
from riskmodels.grouping import add_rows
from riskmodels.parameters.policy import Policy
from riskmodels.rates import risk_points
from riskmodels.scorecard.grounds import rate_on_grounds, ratings_before
from riskmodels.scorecard.rating import ANCHORS, INTERVAL, draw_indicator

Drawn = tuple[Integers, Floats]  # rows of an indicator, and their risk points as drawn

DRAWS = 2000  # of every unit's score: the standard error of P(red) is at most 1.1 points
WORST = 5  # units: what is said is the chance to be among them; a choice
_MOST_DRAWN = 100_000_000  # values in one simulation
_MANY_ROWS = 20_000  # from here on threads help
_SCORED = ("indicator_id", "points", "points_sd", "own_sd", "own", "figure", *ANCHORS, "rating", "basis")
SEED = 7  # any fixed one: the same tables give the same scores


def score_rows(
    rows: pd.DataFrame,
    weights: Floats,
    policy: Policy,
    *,
    key: str,
    previous: pd.DataFrame | None = None,
    size: int | None = None,
    drawn: Iterable[Drawn] | None = None,
    alone: bool = False,
    brief: bool = False,
) -> pd.DataFrame:
    """Score whoever the rated rows belong to.

    Parameters
    ----------
    rows : DataFrame
        Rated indicators; those without limits do not count.
    weights : ndarray, shape (rows,)
        Of the policy or of another scheme, at least 0; only their proportions matter.
    policy : Policy
        From which score on a unit is amber and red, and with which certainty.
    key : str
        Column that names what is scored.
    previous : DataFrame, optional
        The scores of the quarter before, with the columns ``key`` and ``rating``.
    size : int, optional
        Draws; by default as many as ``draws_for`` says.
    drawn : iterable, optional
        The points that ``draw_points`` gives for these rows, where they are scored several times.
    alone : bool
        Each as if there were no other: what others have and one lacks is no gap of it.
    brief : bool
        Without interval and chances of ranks, which take longer than all the rest.

    Returns
    -------
    DataFrame
        One row per unit, riskiest first: rank, key, score, coverage, lower, upper, p_amber, p_red, rating,
        basis, p_worst, rank_lower, rank_upper, indicators.
    """
    used = rows["amber"].notna().to_numpy() & (weights > 0)
    codes, names = pd.factorize(rows[key].where(used), sort=True)
    n, size = len(names), size or draws_for(int(used.sum()))
    sums = np.zeros((n, size))
    for places, points in drawn or draw_points(rows[used], size, np.flatnonzero(used)):
        counted = places[used[places]]
        sums[codes[counted]] += points[used[places]] * weights[counted][:, None]
    rows = rows.loc[used, list(_SCORED)]
    weights, groups = weights[used], codes[used].astype(np.int64)
    total = add_rows(weights, groups, n)
    score = add_rows(rows["points"].to_numpy(float) * weights, groups, n) / total
    scores, coverage = _simulated(sums, rows, weights, groups, alone=alone)
    chances = {
        "p_amber": (scores >= policy.rating.score_amber).mean(axis=1),
        "p_red": (scores >= policy.rating.score_red).mean(axis=1),
    }
    before = None if previous is None else ratings_before(previous.set_index(key), pd.Index(names))
    grounds = _grounds(rows, weights, groups, n, policy)
    rating, basis = rate_on_grounds(chances["p_amber"], chances["p_red"], grounds, policy, before)
    order = np.lexsort((np.arange(n), -score))  # names are in order
    columns = {
        key: pd.array(np.asarray(names, dtype=object), dtype="str"),
        "score": score,
        "coverage": coverage,
        **({} if brief else _interval(scores, score)),
        **chances,
        "rating": pd.array(rating, dtype="str"),
        "basis": pd.array(basis, dtype="str"),
        **({} if brief else _places_of(scores)),
        "indicators": np.bincount(groups, minlength=n),
    }
    return pd.DataFrame({"rank": np.arange(1, n + 1), **{name: one[order] for name, one in columns.items()}})


def _interval(scores: Floats, score: Floats) -> dict[str, Floats]:
    """Return the ends of the interval of each score, shape (n,), from drawn ones, shape (n, size)."""
    lower, upper = np.quantile(scores, INTERVAL, axis=1)
    return {"lower": np.minimum(lower, score), "upper": np.maximum(upper, score)}


def _places_of(scores: Floats) -> dict[str, Floats | Integers]:
    """Return the columns about places among all who are scored, from drawn scores, shape (n, size)."""
    least, most = _ranks(-scores)
    return {
        "p_worst": np.clip((WORST + 1 - least) / (most + 1 - least), 0, 1).mean(axis=1),  # ties by lot
        "rank_lower": _rank_quantile(least, INTERVAL[0]),
        "rank_upper": _rank_quantile(most, INTERVAL[1]),
    }


def draws_for(rows: int) -> int:
    """Return how many draws scores of so many rows get: two thousand, of very many fewer (at least 250)."""
    return max(250, min(DRAWS, _MOST_DRAWN // max(rows, 1)))  # P(red) to 3 points


def draw_points(rows: pd.DataFrame, size: int, places: Integers | None = None) -> Iterator[Drawn]:
    """Draw the risk points of rated rows with limits, an indicator at a time.

    Parameters
    ----------
    rows : DataFrame
        Rated indicators.
    size : int
        Draws.
    places : ndarray, shape (rows,), optional
        Where the rows stand; by default one after the other.

    Yields
    ------
    places : ndarray, shape (k,)
        Of the rows of an indicator; indicators come in order of their names.
    points : ndarray, shape (k, size)
        What their values may be worth [risk points].
    """
    stand = np.arange(len(rows)) if places is None else places
    figures = rows[["a", "b", *ANCHORS]]

    def drawn(indicator: tuple[Hashable, Integers]) -> Drawn:
        part = figures.iloc[indicator[1]]
        anchors = (part[name].to_numpy(float)[:, None] for name in ANCHORS)
        return stand[indicator[1]], risk_points(draw_indicator(part, str(indicator[0]), size), *anchors)

    groups = rows.groupby("indicator_id", sort=True).indices
    parts = [(name, np.asarray(chosen, dtype=np.int64)) for name, chosen in groups.items()]
    if len(rows) < _MANY_ROWS:
        yield from map(drawn, parts)
        return
    with ThreadPoolExecutor() as pool:  # random generators of many rows leave the interpreter free
        yield from pool.map(drawn, parts)


def _simulated(
    sums: Floats, rows: pd.DataFrame, weights: Floats, groups: Integers, *, alone: bool
) -> tuple[Floats, Floats]:
    """Turn sums of drawn points into scores, (n, size), and return the share of the weight measured, (n,).

    An indicator that others have and a unit lacks is drawn around the unit's own score, as wide as the
    indicator's points are among those that have it: the mean stays, the interval widens. So it does where an
    indicator has not enough evidence.
    """
    n, size = sums.shape
    known = add_rows(weights, groups, n)
    if alone:
        lacking, among = np.zeros((n, 0)), np.zeros(0)
        usual = rows["points_sd"].to_numpy(float) ** 2
    else:
        lacking, among = _lacking(rows, weights, groups, n), _among_units(rows)
        usual = among[pd.factorize(rows["indicator_id"])[0]]
    total = known + lacking.sum(axis=1)
    center = add_rows(rows["points"].to_numpy(float) * weights, groups, n) / np.where(known > 0, known, 1)
    wide = np.sqrt((lacking**2) @ among + add_rows(weights**2 * _unheard(rows, usual), groups, n))
    noise = np.random.default_rng(SEED).standard_normal((1 if alone else n, size))
    scores = sums + ((total - known) * center)[:, None] + wide[:, None] * noise
    return np.clip(scores / total[:, None], 0, 100), known / total


def _lacking(rows: pd.DataFrame, weights: Floats, groups: Integers, n: int) -> Floats:
    """Return the weight of each indicator that others have and a unit lacks, shape (n, indicators)."""
    codes, names = pd.factorize(rows["indicator_id"])
    usual = np.array([weights[codes == place].max() for place in range(len(names))])
    lacks = np.ones((n, len(names)))
    lacks[groups, codes] = 0
    return np.asarray(lacks * usual, dtype=np.float64)


def _among_units(rows: pd.DataFrame) -> Floats:
    """Return the variance of each indicator's points among those that have it, in order of appearance."""
    parts = rows.groupby("indicator_id", sort=False)
    between = parts["points"].var(ddof=0)
    within = (rows["points_sd"] ** 2).groupby(rows["indicator_id"], sort=False).mean()
    return np.asarray((between + within).to_numpy(float))


def _unheard(rows: pd.DataFrame, usual: Floats) -> Floats:
    """Return the variance of points, shape (rows,), that peers alone take from what has not enough evidence.

    Such a row is as uncertain as its own cases leave it, and as points usually are, of a variance of shape
    (rows,).
    """
    grey = rows["basis"].isin(["few", "against"]).to_numpy()
    most = np.maximum(rows["own_sd"].to_numpy(float) ** 2, usual)
    return np.where(grey, np.maximum(most - rows["points_sd"].to_numpy(float) ** 2, 0), 0.0)


def _grounds(
    rows: pd.DataFrame, weights: Floats, groups: Integers, n: int, policy: Policy
) -> dict[str, Flags]:
    """Return which colours the own cases of n who are scored bear out; none where no indicator is rated.

    Of the indicators with enough cases, two scores are as observed: ``own`` has earlier quarters moved to the
    peers' level, ``figure`` is what a colour must not contradict.
    """
    counted = np.where(rows["basis"] != "few", weights, 0.0)
    total = add_rows(counted, groups, n)
    anchors = [rows[name].to_numpy(float) for name in ANCHORS]
    points = (risk_points(rows[name].to_numpy(float), *anchors) for name in ("own", "figure"))
    sums = (add_rows(np.nan_to_num(one) * counted, groups, n) for one in points)
    own, figure = (one / np.where(total > 0, total, np.nan) for one in sums)
    worst, limits = np.fmin(own, figure), policy.rating
    rated = add_rows(np.where(rows["rating"] != "insufficient", 1.0, 0.0), groups, n)
    return {
        "red": worst >= limits.score_red,
        "amber": worst >= limits.score_amber,
        "green": own < limits.score_amber,
        "enough": rated > 0,
        "stays": np.zeros(n, dtype=np.bool_),
    }


def _ranks(values: Floats) -> tuple[Floats, Floats]:
    """Rank the values of each column, 1 the least; ties have the least and the most of ranks they share."""
    least = scipy.stats.rankdata(values, method="min", axis=0)
    n, columns = values.shape
    if least.sum() == columns * n * (n + 1) / 2:  # no ties
        return least, least
    return least, scipy.stats.rankdata(values, method="max", axis=0)


def _rank_quantile(ranks: Floats, level: float) -> Integers:
    return np.quantile(ranks, level, axis=1, method="inverted_cdf").astype(np.int64)
