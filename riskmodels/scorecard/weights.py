"""Weights of indicators to compare: the policy's, equal ones, by entropy, by pairwise comparison (AHP)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy

from riskmodels.arrays import Floats
from riskmodels.display import Displayed
from riskmodels.errors import ParameterError
from riskmodels.labels import label
from riskmodels.parameters.policy import Policy

CONSISTENCY_LIMIT = 0.1  # Saaty's rule: above a tenth the comparisons are near chance
_RANDOM_INDEX = (0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49)  # of 1 … 10 compared; Saaty
_ROUNDING = 1e-12  # information below it is rounding of one less an entropy


@dataclass(frozen=True, kw_only=True, eq=False)
class AhpWeights(Displayed):
    """Weights by pairwise comparison, and how far the comparisons agree with each other.

    Attributes
    ----------
    weights : ndarray, shape (n,) [share]
        Sum to one.
    consistency_ratio : float
        Inconsistency over that of random comparisons: 0 where all agree, above 0.1 too much.
    eigenvalue : float
        The largest; n where all agree, else more.
    """

    weights: Floats
    consistency_ratio: float
    eigenvalue: float

    @property
    def table(self) -> pd.DataFrame:
        """One row per item compared: place in the matrix [from 1], weight [share]."""
        return pd.DataFrame({"place": np.arange(1, len(self.weights) + 1), "weight": self.weights})

    @property
    def sentence(self) -> str:
        """Say how consistent the comparisons are."""
        return label(
            "{n} weights by pairwise comparison; consistency ratio {ratio:.3f}, limit {limit}.",
            n=len(self.weights),
            ratio=self.consistency_ratio,
            limit=CONSISTENCY_LIMIT,
        )

    def summary(self) -> pd.DataFrame:
        """Every weight."""
        return self.table


def policy_weights(policy: Policy, indicator_ids: Iterable[str]) -> Floats:
    """Weigh indicators as the policy does: its area's weight, shared among all the area's indicators.

    Parameters
    ----------
    policy : Policy
        Weights of areas, and of indicators within their area.
    indicator_ids : iterable of str, k of them
        Which indicators; one may be there more than once.

    Returns
    -------
    ndarray, shape (k,) [as area weights]
        0 for an indicator that the policy lacks. Over all the policy's indicators they sum to the weights of
        the areas that weigh any indicator; they are not made to sum to one over the given.

    Notes
    -----
    Areas of 30 and 10, the first with two indicators of weights 1 and 2, the second with one: 10, 20 and 10.
    """
    areas = {area.id: area.weight for area in policy.areas}
    within = _within_areas(policy)
    weights = {i.id: areas[i.area] * within[i.id] for i in policy.indicators}
    return np.array([weights.get(name, 0.0) for name in indicator_ids], dtype=np.float64)


def equal_weights(policy: Policy, indicator_ids: Iterable[str]) -> Floats:
    """Weigh every indicator that has a weight in the policy the same.

    Parameters
    ----------
    policy : Policy
        Says which indicators count.
    indicator_ids : iterable of str, k of them
        Which indicators.

    Returns
    -------
    ndarray, shape (k,) [share]
        Sum to one, or to zero where none counts.
    """
    counts = policy_weights(policy, indicator_ids) > 0
    return counts / max(1, int(counts.sum()))


def entropy_weights(points: Floats) -> Floats:
    """Weigh indicators by how much they distinguish units: one less the entropy of the units' shares.

    Parameters
    ----------
    points : ndarray, shape (units, indicators) [risk points, or anything that is not negative]
        NaN where a unit lacks an indicator.

    Returns
    -------
    ndarray, shape (indicators,) [share]
        Not negative, sum to one; 0 for an indicator that is the same for all units that have it (or that
        fewer than two have); all the same where that is so of all. Invariant to the order of units and to
        the scale of each indicator.

    Raises
    ------
    ParameterError
        The array has not two dimensions, or no indicator; or points are negative or infinite.

    Notes
    -----
    With p the unit's share of the indicator's sum over the n units that have it, w is proportional to
    1 + sum of p ln p / ln n, and 0 ln 0 = 0. Hwang & Yoon 1981, doi:10.1007/978-3-642-48318-9, after
    Shannon 1948, doi:10.1002/j.1538-7305.1948.tb01338.x. It measures contrast, not importance: what all units
    do equally badly weighs nothing, and one wild unit makes its indicator weigh most. Fails where points
    have no natural zero, because adding a constant lowers the weight.

    Examples
    --------
    The first indicator distinguishes units fully, the second not at all, the third a little.

    >>> points = np.array([[80.0, 20.0, 60.0], [0.0, 20.0, 20.0], [np.nan, 20.0, np.nan]])
    >>> entropy_weights(points).round(4).tolist()
    [0.8412, 0.0, 0.1588]
    """
    points = _checked_points(points)
    known = np.isfinite(points)
    values = np.where(known, points, 0.0)
    sums, units = values.sum(axis=0), known.sum(axis=0)
    shares = np.divide(values, sums, out=np.zeros_like(values), where=sums > 0)
    entropy = scipy.special.entr(shares).sum(axis=0) / np.log(np.maximum(units, 2))
    information = np.where((sums > 0) & (units > 1), 1 - entropy, 0.0)
    information[information < _ROUNDING] = 0.0
    if not information.any():
        return np.full(points.shape[1], 1 / points.shape[1])
    return np.asarray(information / information.sum(), dtype=np.float64)


def ahp_weights(matrix: npt.ArrayLike) -> AhpWeights:
    """Weigh items by pairwise comparison, the analytic hierarchy process.

    Parameters
    ----------
    matrix : array_like, shape (n, n), n from 1 to 10
        How many times more the item of the row matters than that of the column; positive and reciprocal.

    Returns
    -------
    AhpWeights
        Where matrix[i, j] = w[i] / w[j] for all, the weights are w over its sum and the ratio is 0.

    Raises
    ------
    ParameterError
        The matrix is not square, positive and reciprocal, or has more than ten rows.

    Notes
    -----
    The weights are the principal eigenvector; its eigenvalue less n, over n - 1, is the consistency index,
    which is divided by the mean index of random matrices. Saaty 1977, doi:10.1016/0022-2496(77)90033-5, and
    1990, doi:10.1016/0377-2217(90)90057-I. Fails where an item is added later: ranks of the others may turn.

    Examples
    --------
    >>> result = ahp_weights([[1, 3, 5], [1 / 3, 1, 3], [1 / 5, 1 / 3, 1]])
    >>> result.weights.round(3).tolist(), round(result.eigenvalue, 4), round(result.consistency_ratio, 3)
    ([0.637, 0.258, 0.105], 3.0385, 0.033)
    """
    array = _checked_matrix(matrix)
    values, vectors = np.linalg.eig(array)
    largest = int(np.argmax(values.real))  # real, and its vector of one sign: Perron & Frobenius
    vector = np.abs(vectors[:, largest].real)
    n = len(array)
    index = max(0.0, float(values[largest].real) - n) / max(1, n - 1)
    random = _RANDOM_INDEX[n - 1]
    return AhpWeights(
        weights=vector / vector.sum(),
        consistency_ratio=index / random if random else 0.0,
        eigenvalue=float(values[largest].real),
    )


def comparison_matrix(policy: Policy) -> Floats:
    """Write the policy's comparisons of areas as a matrix.

    Parameters
    ----------
    policy : Policy
        Compares every two of its n areas exactly once, in either direction.

    Returns
    -------
    ndarray, shape (n, n) [times]
        In the order of the policy's areas; reciprocal, with ones on the diagonal.

    Raises
    ------
    ParameterError
        Two areas are not compared, or twice; an area is unknown, or compared with itself. All are named.
    """
    places = {area.id: place for place, area in enumerate(policy.areas)}
    _check_comparisons(policy, places)
    matrix = np.eye(len(places))
    for comparison in policy.comparisons:
        more, less = places[comparison.area], places[comparison.than]
        matrix[more, less], matrix[less, more] = comparison.times, 1 / comparison.times
    return matrix


def ahp_area_weights(policy: Policy) -> AhpWeights:
    """Weigh the policy's areas by its comparisons.

    Parameters
    ----------
    policy : Policy
        Compares every two of its areas exactly once.

    Returns
    -------
    AhpWeights
        In the order of the policy's areas; the consistency ratio is at most 0.1.

    Raises
    ------
    ParameterError
        The comparisons are not complete, or contradict each other too much; the message names the three areas
        whose comparisons contradict most.
    """
    matrix = comparison_matrix(policy)
    result = ahp_weights(matrix)
    if result.consistency_ratio > CONSISTENCY_LIMIT:
        raise ParameterError(
            f"comparisons contradict each other: their consistency ratio is {result.consistency_ratio:.2f}, "
            f"at most {CONSISTENCY_LIMIT} is expected; look first at {_worst_triad(policy, matrix)}"
        )
    return result


def weight_schemes(policy: Policy, indicator_ids: Sequence[str], points: Floats) -> pd.DataFrame:
    """Set the policy's weights beside those of other schemes.

    Parameters
    ----------
    policy : Policy
        Weights, and perhaps comparisons of its areas.
    indicator_ids : sequence of str, k of them
        The indicators of a score, each once.
    points : ndarray, shape (units, k) [risk points, 0 to 100]
        NaN where a unit lacks an indicator.

    Returns
    -------
    DataFrame, k rows, indexed by indicator_id [share]
        policy, equal, entropy, and ahp where the policy has comparisons (areas by AHP, within an area the
        policy's weights). Each sums to one. What has no weight in the policy has none by equal and entropy.

    Raises
    ------
    ParameterError
        An indicator is there twice, none has a weight, points do not fit, or the comparisons do not.
    """
    ids = list(indicator_ids)
    _check_ids(policy, ids, points)
    weighed = policy_weights(policy, ids) > 0
    entropy = np.zeros(len(ids))
    entropy[weighed] = entropy_weights(np.asarray(points, dtype=np.float64)[:, weighed])
    columns = {"policy": policy_weights(policy, ids), "equal": equal_weights(policy, ids), "entropy": entropy}
    if policy.comparisons:
        columns["ahp"] = policy_weights(_with_area_weights(policy, ahp_area_weights(policy).weights), ids)
    frame = pd.DataFrame(columns, index=pd.Index(ids, name="indicator_id"))
    return frame / frame.sum()


def _within_areas(policy: Policy) -> dict[str, float]:
    """Share of each indicator in its area."""
    sums = dict.fromkeys((area.id for area in policy.areas), 0.0)
    for indicator in policy.indicators:
        sums[indicator.area] += indicator.weight
    return {i.id: i.weight / sums[i.area] if i.weight > 0 else 0.0 for i in policy.indicators}


def _with_area_weights(policy: Policy, weights: Floats) -> Policy:
    pairs = zip(policy.areas, weights, strict=True)
    areas = tuple(area.model_copy(update={"weight": float(weight)}) for area, weight in pairs)
    return policy.model_copy(update={"areas": areas})


def _checked_points(points: Floats) -> Floats:
    points = np.asarray(points, dtype=np.float64)
    if points.ndim != 2 or points.shape[1] == 0:  # noqa: PLR2004  a table
        raise ParameterError(f"points have shape {points.shape}; expected units by indicators, at least one")
    if (points < 0).any() or np.isinf(points).any():
        raise ParameterError("points must be finite and not negative; NaN where a unit lacks the indicator")
    return points


def _checked_matrix(matrix: npt.ArrayLike) -> Floats:
    array = np.asarray(matrix, dtype=np.float64)
    n, most = len(array) if array.ndim else 0, len(_RANDOM_INDEX)
    if array.shape != (n, n) or not 1 <= n <= most:
        raise ParameterError(f"the matrix has shape {array.shape}; expected a square of 1 to {most} rows")
    if not (np.isfinite(array) & (array > 0)).all():
        raise ParameterError("the matrix must hold positive, finite numbers: times more, or 1 / times")
    wrong = np.argwhere(~np.isclose(array * array.T, 1, rtol=1e-6, atol=0))
    if len(wrong):
        row, column = (int(place) for place in wrong[0])
        raise ParameterError(
            f"the matrix is not reciprocal: row {row + 1}, column {column + 1} is {array[row, column]:g}, "
            f"and the other way {array[column, row]:g}; expected their product to be 1"
        )
    return array


def _check_comparisons(policy: Policy, places: dict[str, int]) -> None:
    given = [(comparison.area, comparison.than) for comparison in policy.comparisons]
    unknown = sorted({area for pair in given for area in pair} - set(places))
    alone = sorted({area for area, than in given if area == than})
    pairs = [frozenset(pair) for pair in given]
    twice = [pair for pair in combinations(places, 2) if pairs.count(frozenset(pair)) > 1]
    missing = [pair for pair in combinations(places, 2) if frozenset(pair) not in pairs]
    problems = {
        "unknown areas": unknown,
        "compared with themselves": alone,
        "compared twice": [" and ".join(pair) for pair in twice],
        "not compared": [" and ".join(pair) for pair in missing],
    }
    said = [f"{problem}: {', '.join(names)}" for problem, names in problems.items() if names]
    if said:
        raise ParameterError(f"comparisons need every two areas exactly once; {'; '.join(said)}")


def _worst_triad(policy: Policy, matrix: Floats) -> str:
    """Name the areas a, b, c of which a to b times b to c is furthest from a to c."""
    logs = np.log(matrix)
    gaps = np.abs(logs[:, :, None] + logs[None, :, :] - logs[:, None, :])
    first, second, third = sorted(int(place) for place in np.unravel_index(np.argmax(gaps), gaps.shape))
    names = [policy.areas[place].id for place in (first, second, third)]
    direct, through = matrix[first, third], matrix[first, second] * matrix[second, third]
    return (
        f"{names[0]}, {names[1]} and {names[2]}: {names[0]} is {direct:.2g} times {names[2]}, "
        f"but {through:.2g} times by way of {names[1]}"
    )


def _check_ids(policy: Policy, ids: Sequence[str], points: Floats) -> None:
    twice = sorted({name for name in ids if ids.count(name) > 1})
    if twice:
        raise ParameterError(f"indicators are there twice: {', '.join(twice)}")
    if not (policy_weights(policy, ids) > 0).any():
        raise ParameterError("none of the indicators has a weight in the policy")
    if np.shape(points)[1:] != (len(ids),):
        raise ParameterError(f"points have shape {np.shape(points)}; expected units by {len(ids)} indicators")
