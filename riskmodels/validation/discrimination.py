"""How well a score distinguishes what later went wrong, and how far to trust forecast chances.

Rows are refused, not dropped: every function raises ParameterError for numbers that are unknown or infinite,
for outcomes other than true and false (or 1 and 0), chances outside [0, 1], arrays of different lengths, a
number of bins below 1 and edges that do not rise. Where only one outcome occurs, a statistic that needs both
is NaN.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import scipy
from numpy.typing import ArrayLike

from riskmodels.arrays import Flags, Floats, Integers
from riskmodels.errors import ParameterError

Bins = int | Sequence[float] | Floats

_HELD = 2_000_000  # weights of resamples held in memory together


def auc(score: ArrayLike, outcome: ArrayLike) -> float:
    """Compute the area under the ROC curve: the chance that what went wrong had the higher score.

    Parameters
    ----------
    score : array_like, shape (n,)
        Higher is riskier; only its order matters.
    outcome : array_like of bool, shape (n,)
        Whether it went wrong.

    Returns
    -------
    float
        In [0, 1]; ties count one half; 0.5 is no better than chance; one minus itself for the score negated.
        The Mann–Whitney statistic over the number of pairs: Hanley & McNeil 1982,
        doi:10.1148/radiology.143.1.7063747.

    Examples
    --------
    >>> auc([1, 2, 2, 3], [False, False, True, True])
    0.875
    """
    return float(_auc(*_tally(score, outcome))[0])


def kolmogorov_smirnov(score: ArrayLike, outcome: ArrayLike) -> float:
    """Compute the greatest distance between the score's distributions where it went wrong and where not.

    In [0, 1]: how far the shares of what went wrong and of the rest that lie above a cut-off can differ.
    Parameters are those of ``auc``.

    Examples
    --------
    >>> kolmogorov_smirnov([1, 2, 2, 3], [False, False, True, True])
    0.5
    """
    return float(_kolmogorov_smirnov(*_tally(score, outcome))[0])


def population_stability(expected: ArrayLike, actual: ArrayLike, *, bins: Bins = 10) -> float:
    """Compute the population stability index: how far a score's distribution has moved.

    Parameters
    ----------
    expected, actual : array_like, shape (n,) and (m,)
        The score when it was made, and now.
    bins : int or sequence of float
        A number of bins with about equally many rows of the expected (fewer where they are tied), or inner
        edges, rising; a bin holds what is above its lower edge and up to its upper one.

    Notes
    -----
    Not negative, in nats; zero where no bin has changed its share; 0.1 is usually called a change and 0.25 a
    great one. The sum over bins of (p - q) ln(p / q), p and q the shares then and now: the symmetrised
    divergence of Kullback & Leibler 1951, doi:10.1214/aoms/1177729694. In a bin where one is missing it
    counts as half a row; bins without rows are left out. NaN where either is empty. Where nothing has moved
    its mean is about (bins - 1) (1 / n + 1 / m): the usual limits are too strict for few rows. Yurdakul &
    Naranjo 2020, doi:10.21314/JRMV.2020.227.

    Examples
    --------
    >>> round(population_stability([1, 2, 3, 4], [1, 3, 3, 4], bins=2), 4)
    0.2747
    """
    before, now = _finite(expected, "expected"), _finite(actual, "actual")
    if not (before.size and now.size):
        return float("nan")
    return _divergence((before, now), _inner_edges(before, bins))


class Brier(NamedTuple):
    """A Brier score and what it is made of: score = reliability - resolution + uncertainty + within.

    score is the mean squared distance of forecast and outcome, in [0, 1]; reliability that of a bin's mean
    forecast and the share observed in it, 0 is perfect; resolution that of the shares observed in a bin and
    in all, higher is better; uncertainty the variance of the outcome, the score of forecasting the share
    observed in all; within the variance of forecasts within bins less twice their covariance with the
    outcome, zero where all forecasts of a bin are equal.
    """

    score: float
    reliability: float
    resolution: float
    uncertainty: float
    within: float


def brier(probability: ArrayLike, outcome: ArrayLike, *, bins: Bins | None = None) -> Brier:
    """Compute the Brier score of forecast chances, and its parts, which add up to it.

    Parameters
    ----------
    probability, outcome : array_like, shape (n,)
        Forecast chances that it goes wrong, in [0, 1], and whether it did.
    bins : int or sequence of float, optional
        As those of ``population_stability``. Without: every distinct forecast is a bin, as suits ratings.

    Notes
    -----
    Brier 1950, doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2; Murphy 1973,
    doi:10.1175/1520-0450(1973)012<0595:ANVPOT>2.0.CO;2; the part within bins is Stephenson, Coelho & Jolliffe
    2008, doi:10.1175/2007WAF2006116.1. With few rows a bin, reliability and resolution are both too large.

    Examples
    --------
    >>> brier([0.25, 0.25, 0.75, 0.75], [False, True, True, True])
    Brier(score=0.1875, reliability=0.0625, resolution=0.0625, uncertainty=0.1875, within=0.0)
    """
    chance, wrong = _forecast(probability, outcome)
    if not chance.size:
        return Brier(*[float("nan")] * len(Brier._fields))
    place, number, mean, share = _binned(chance, wrong, np.unique(chance) if bins is None else bins)
    weight, rate, inside = number / chance.size, float(wrong.mean()), chance - mean[place]
    return Brier(
        score=float(((chance - wrong) ** 2).mean()),
        reliability=float(weight @ (mean - share) ** 2),
        resolution=float(weight @ (share - rate) ** 2),
        uncertainty=rate * (1 - rate),
        within=float((inside**2 - 2 * inside * (wrong - share[place])).mean()),
    )


def calibration_table(
    probability: ArrayLike, outcome: ArrayLike, *, bins: Bins = 10, level: float = 0.9
) -> pd.DataFrame:
    """Set the chances that were forecast beside the shares that went wrong.

    Parameters are those of ``brier``, and the level of the intervals, in (0, 1).

    Returns
    -------
    DataFrame
        One row per bin that has rows, forecasts rising: bin (from 1), number, mean_forecast, observed (the
        share that went wrong), lower, upper (of that share). ``lower <= observed <= upper``.
        Intervals of Jeffreys, which reach 0 (1) where nothing (everything) went wrong: Brown, Cai & DasGupta
        2001, doi:10.1214/ss/1009213286. Too narrow where outcomes depend on each other.

    Examples
    --------
    >>> calibration_table([0.1, 0.2, 0.7, 0.9], [False, False, False, True], bins=[0.5]).round(3)
       bin  number  mean_forecast  observed  lower  upper
    0    1       2           0.15       0.0  0.000  0.569
    1    2       2           0.80       0.5  0.097  0.903
    """
    tails = _tails(level)
    _, number, mean, share = _binned(*_forecast(probability, outcome), bins)
    table = pd.DataFrame({"number": number, "mean_forecast": mean, "observed": share})[number > 0]
    bad = table["observed"] * table["number"]
    lower, upper = (scipy.stats.beta(bad + 0.5, table["number"] - bad + 0.5).ppf(tail) for tail in tails)
    table["lower"] = np.where(table["observed"] == 0, 0.0, lower)
    table["upper"] = np.where(table["observed"] == 1, 1.0, upper)
    table.insert(0, "bin", np.arange(1, len(table) + 1))
    return table.reset_index(drop=True)


class Interval(NamedTuple):
    """An estimate, its bootstrap interval, and how many resamples were dropped because they had no value."""

    estimate: float
    lower: float
    upper: float
    dropped: int


def with_interval(
    statistic: Callable[..., float],
    score: ArrayLike,
    outcome: ArrayLike,
    *,
    seed: int | np.random.Generator,
    size: int = 1000,
    level: float = 0.9,
    cluster: ArrayLike | None = None,
) -> Interval:
    """Compute a statistic and its bootstrap interval.

    Parameters
    ----------
    statistic : callable
        Of score and outcome, a float; ``auc`` and ``kolmogorov_smirnov`` are quick, others called ``size``
        times.
    score, outcome : array_like, shape (n,)
        As for ``auc``.
    seed, size, level
        Of the resampling, the number of resamples, and the level of the interval, in (0, 1).
    cluster : array_like, shape (n,), optional
        To what each row belongs, e.g. a unit with a row in every quarter; whole clusters are drawn, not rows.

    Returns
    -------
    Interval
        estimate; lower and upper, quantiles of the statistic over resamples; dropped, the number of resamples
        left out because the statistic is NaN, as where only one outcome was drawn.

    Notes
    -----
    The percentile interval of Efron 1979, doi:10.1214/aos/1176344552; whole clusters: Field & Welsh 2007,
    doi:10.1111/j.1467-9868.2007.00593.x. Too narrow with fewer than about 20 rows (or clusters) of either
    outcome, empty where a sample is separated perfectly, and too high for a statistic near its least value.

    Examples
    --------
    >>> with_interval(auc, [1, 2, 3, 4, 5, 6], [0, 0, 1, 0, 1, 1], seed=1)
    Interval(estimate=0.888..., lower=0.555..., upper=1.0, dropped=24)
    """
    tails = _tails(level)
    if size < 1:
        raise ParameterError(f"size: expected at least 1 resample, got {size}")
    values, wrong = _scored(score, outcome)
    member = _members(cluster, values.size)
    draws = _draws(int(member.max(initial=0)) + 1, values.size, size, np.random.default_rng(seed))
    drawn = _resampled(statistic, values, wrong, member, draws)
    known = drawn[np.isfinite(drawn)]
    ends = np.quantile(known, tails) if known.size else np.full(2, np.nan)
    return Interval(float(statistic(values, wrong)), float(ends[0]), float(ends[1]), size - known.size)


# ---- statistics of tallies: weights of rows at each distinct score, rising; one row per resample ----


def _tally(score: ArrayLike, outcome: ArrayLike) -> tuple[Floats, Floats]:
    values, wrong = _scored(score, outcome)
    order = np.argsort(values)
    return _tally_sorted(values[order], wrong[order], np.ones((1, values.size)))


def _tally_sorted(values: Floats, wrong: Flags, weight: Floats) -> tuple[Floats, Floats]:
    """Return the weights of what went wrong and of the rest, each of shape (resamples, distinct scores)."""
    if not values.size:
        return np.zeros((1, 1)), np.zeros((1, 1))
    starts = np.flatnonzero(np.diff(values, prepend=-np.inf))
    bad = np.add.reduceat(weight * wrong, starts, axis=1)
    return bad, np.add.reduceat(weight, starts, axis=1) - bad


def _auc(bad: Floats, good: Floats) -> Floats:
    pairs = bad.sum(axis=1) * good.sum(axis=1)
    below = np.cumsum(good, axis=1) - good / 2
    won = (bad * below).sum(axis=1)
    area: Floats = np.divide(won, pairs, out=np.full_like(won, np.nan), where=pairs > 0)
    return area


def _kolmogorov_smirnov(bad: Floats, good: Floats) -> Floats:
    totals = bad.sum(axis=1), good.sum(axis=1)
    pairs = totals[0] * totals[1]
    gap = np.abs(np.cumsum(bad, axis=1) * totals[1][:, None] - np.cumsum(good, axis=1) * totals[0][:, None])
    distance: Floats = np.divide(gap.max(axis=1), pairs, out=np.full_like(pairs, np.nan), where=pairs > 0)
    return distance


_AT_ONCE = {auc: _auc, kolmogorov_smirnov: _kolmogorov_smirnov}  # computed for many resamples together


def _resampled(
    statistic: Callable[..., float], values: Floats, wrong: Flags, member: Integers, draws: Iterator[Integers]
) -> Floats:
    """Compute each resample's statistic; given is how often each cluster was drawn, (resamples, clusters)."""
    order = np.argsort(values)
    values, wrong, member = values[order], wrong[order], member[order]
    if quick := _AT_ONCE.get(statistic):
        tallies = (_tally_sorted(values, wrong, times[:, member].astype(float)) for times in draws)
        return np.concatenate([quick(*tally) for tally in tallies])
    rows = (np.repeat(np.arange(values.size), times[member]) for batch in draws for times in batch)
    return np.array([statistic(values[row], wrong[row]) for row in rows])


def _draws(clusters: int, rows: int, size: int, rng: np.random.Generator) -> Iterator[Integers]:
    """Draw as many clusters as there are, with replacement: how often each came, in batches of resamples."""
    batch = max(1, _HELD // max(rows, 1))
    for start in range(0, size, batch):
        number = min(batch, size - start)
        drawn = rng.integers(clusters, size=(number, clusters)) + clusters * np.arange(number)[:, None]
        yield np.bincount(drawn.ravel(), minlength=number * clusters).reshape(number, clusters)


def _inner_edges(values: Floats, bins: Bins) -> Floats:
    """Return the edges between bins: as given, or quantiles of the values."""
    if isinstance(bins, int | np.integer):
        if bins < 1:
            raise ParameterError(f"bins: expected at least 1, got {bins}")
        inner = np.linspace(0, 1, bins + 1)[1:-1]
        return np.unique(np.quantile(values, inner)) if values.size else np.zeros(0)
    edges = _finite(bins, "bins")
    if (np.diff(edges) <= 0).any():
        raise ParameterError(f"bins: expected inner edges that rise, got {edges.tolist()}")
    return edges


def _divergence(values: tuple[Floats, Floats], inner: Floats) -> float:
    """Symmetrised divergence of two samples; an empty bin holds half a row, unless both are empty."""
    one, other = (np.bincount(np.searchsorted(inner, each), minlength=len(inner) + 1) for each in values)
    held = (one > 0) | (other > 0)
    return divergence(*(np.where(tally > 0, tally, 0.5)[held] for tally in (one, other)))


def divergence(one: Floats, other: Floats) -> float:
    """Symmetrised divergence of two distributions [nats] from their masses, above 0, shape (bins,)."""
    p, q = one / one.sum(), other / other.sum()
    return float(((p - q) * np.log(p / q)).sum())


def _binned(chance: Floats, wrong: Flags, bins: Bins) -> tuple[Integers, Integers, Floats, Floats]:
    """Bin of each row; of each bin number of rows, mean forecast and share that went wrong (0 if empty)."""
    inner = _inner_edges(chance, bins)
    place = np.searchsorted(inner, chance)
    number, total, bad = (np.bincount(place, weights, len(inner) + 1) for weights in (None, chance, wrong))
    rows = np.maximum(number, 1)
    return place, number, total / rows, bad / rows


def _scored(score: ArrayLike, outcome: ArrayLike) -> tuple[Floats, Flags]:
    values, wrong = _finite(score, "score"), _finite(outcome, "outcome")
    if len(values) != len(wrong):
        raise ParameterError(f"outcome: expected one for each of {len(values)} scores, got {len(wrong)}")
    if not np.isin(wrong, (0, 1)).all():
        raise ParameterError("outcome: expected true or false (1 or 0) in every row")
    return values, wrong == 1


def _forecast(probability: ArrayLike, outcome: ArrayLike) -> tuple[Floats, Flags]:
    chance, wrong = _scored(probability, outcome)
    if ((chance < 0) | (chance > 1)).any():
        raise ParameterError("probability: expected chances from 0 to 1")
    return chance, wrong


def _finite(values: ArrayLike, name: str) -> Floats:
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ParameterError(f"{name}: expected numbers, all known") from error
    if array.ndim != 1 or not np.isfinite(array).all():
        raise ParameterError(
            f"{name}: expected one row of finite numbers; leave unknown rows out of all arrays"
        )
    return array


def _members(cluster: ArrayLike | None, rows: int) -> Integers:
    if cluster is None:
        return np.arange(rows)
    member, _ = pd.factorize(np.asarray(cluster))
    if len(member) != rows or (member < 0).any():
        raise ParameterError(f"cluster: expected a known one for each of {rows} rows")
    return member.astype(np.int64)


def _tails(level: float) -> tuple[float, float]:
    if not 0 < level < 1:
        raise ParameterError(f"level: expected a number between 0 and 1, got {level}")
    return (1 - level) / 2, (1 + level) / 2
