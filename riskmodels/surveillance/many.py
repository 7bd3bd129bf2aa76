"""Many series at once: what all share, which stand out with a known share of false ones, who explains it."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
import scipy

from riskmodels.arrays import Flags, Floats, Integers
from riskmodels.errors import ParameterError
from riskmodels.grouping import number_series
from riskmodels.surveillance.scores import upper_tail
from riskmodels.surveillance.since import LEAST_DISPERSION

_MOST_KEYS = 2  # of a group: what three keys share beyond two is left to the series
_LEAST_EVENTS = 0.5  # that a total counts for, as its logarithm is taken


@dataclass(frozen=True, kw_only=True, eq=False)
class Discoveries:
    """Which of n series stand out in one period.

    Attributes
    ----------
    factor : float
        What all share: the total seen over the total expected.
    factor_p_value : float
        Of a factor as large or larger, were there none.
    shared : bool
        The factor itself is an alarm, one for all series: its p-value is at most ``false_share`` / n.
    p_value : ndarray, shape (n,)
        Randomised, of a count as large or larger once the factor is taken off; NaN where unknown.
    alarm : ndarray of bool, shape (n,)
        Those that stand out, of which a known share is false.
    """

    factor: float
    factor_p_value: float
    shared: bool
    p_value: Floats
    alarm: Flags


def discover(
    observed: Floats, mean: Floats, dispersion: Floats | float, *, false_share: float, seed: int
) -> Discoveries:
    """Take off what all series share, then choose those that stand out.

    Parameters
    ----------
    observed, mean : ndarray, shape (n,)
        [events] Seen, and expected in control; NaN is unknown.
    dispersion : ndarray, shape (n,), or float
        Variance = mean + dispersion × mean².
    false_share : float
        Of the alarms, at most, on average (Benjamini & Hochberg 1995,
        doi:10.1111/j.2517-6161.1995.tb02031.x).
    seed : int
        Of the randomised p-values, which are uniform for counts, too.
    """
    if not 0 < false_share < 1:
        raise ParameterError(f"false_share is {false_share:g}; expected a share between 0 and 1")
    known = np.isfinite(observed) & np.isfinite(mean)
    if not known.any():
        raise ParameterError("no series has both a count and a mean: there is nothing to choose from")
    count, due = np.where(known, observed, 0.0), np.where(known, mean, 0.0)
    spread = np.broadcast_to(np.asarray(dispersion, dtype=float), count.shape)
    factor = max(float(count.sum()), _LEAST_EVENTS) / max(float(due.sum()), _LEAST_EVENTS)
    noise = float((due + spread * due**2)[known].sum()) / max(float(due.sum()), _LEAST_EVENTS) ** 2
    surprise = float(scipy.special.ndtr(-np.log(factor) / np.sqrt(noise))) if noise > 0 else 1.0
    at = np.maximum(factor * due, 1e-12)
    above, here = upper_tail(count, at, at + spread * at**2)
    p_value = above + np.random.default_rng(seed).random(len(count)) * here
    p_value = np.where(known, p_value, np.nan)
    return Discoveries(
        factor=factor,
        factor_p_value=surprise,
        shared=surprise <= false_share / len(count),
        p_value=p_value,
        alarm=stand_out(p_value[:, None], false_share)[:, 0],
    )


def stand_out(p_values: Floats, false_share: float) -> Flags:
    """Choose, period by period, the series of which at most a share is false: (n, T) -> (n, T).

    Benjamini & Hochberg's rule over the known p-values of each period.
    """
    known = np.isfinite(p_values)
    filled = np.where(known, p_values, 2.0)
    rising = np.sort(filled, axis=0)
    rank = np.arange(1, len(filled) + 1)[:, None]
    enough = rising * known.sum(axis=0) <= false_share * rank
    last = np.where(enough.any(axis=0), len(filled) - 1 - np.argmax(enough[::-1], axis=0), -1)
    limit = np.where(last >= 0, np.take_along_axis(rising, np.maximum(last, 0)[None, :], axis=0)[0], -1.0)
    return np.asarray(known & (filled <= limit))


@dataclass(frozen=True, kw_only=True, eq=False)
class Grouping:
    """One level of the hierarchy.

    Attributes
    ----------
    by : tuple of str
        Keys that name a group; none for the total.
    names : DataFrame
        One row a group.
    groups : ndarray of int, shape (n,)
        Group of each series.
    """

    by: tuple[str, ...]
    names: pd.DataFrame
    groups: Integers

    @property
    def level(self) -> str:
        """Name of the level."""
        return " × ".join(self.by) or "total"


def groupings(keys: pd.DataFrame) -> list[Grouping]:
    """Return the levels of a panel: total, keys, pairs of keys, the series; each split of them once."""
    columns = [str(column) for column in keys.columns]
    found: list[Grouping] = []
    seen: set[bytes] = set()
    for by in (by for size in range(_MOST_KEYS + 1) for by in combinations(columns, size)):
        groups, names = number_series(keys, by)
        split = pd.factorize(groups)[0].tobytes()  # numbered as they first appear
        if len(names) < len(keys) and split not in seen:
            seen.add(split)
            found.append(Grouping(by=by, names=names, groups=groups))
    own = Grouping(by=tuple(columns), names=keys.reset_index(drop=True), groups=np.arange(len(keys)))
    return [*found, own]


@dataclass(frozen=True, kw_only=True, eq=False)
class Suspect:
    """A rise that some chart has found: of the series ``rows``, from period ``first`` to ``last``, one each.

    Attributes
    ----------
    rows : ndarray of int
        Series that it is of.
    first, last : int
        [places of periods] Since when, and the last with an alarm.
    seen, due : float
        [events] From the first period to the last, as its own level has them.
    dispersion : float
        [variance over mean] Of the sum.
    """

    rows: Integers
    first: int
    last: int
    seen: float
    due: float
    dispersion: float


_LEAST_EVIDENCE = 3.0  # [log-likelihood] that must be left of a rise once others explain a part: 1 in 20
_OWN_PART = 0.5  # of a rise's evidence that others must leave: else they are the better explanation


def explain(suspects: list[Suspect], observed: Floats, expected: Floats) -> tuple[Flags, Floats]:
    """Choose the rises that explain all: the strongest first, then what it leaves unexplained.

    Where the children agree the parent's evidence is the sum of theirs, and it comes first; where one child
    rises, its evidence is stronger than that of a parent it is a part of.

    Parameters
    ----------
    suspects : list of Suspect
    observed, expected : ndarray, shape (n, T)
        [events] Of the series; unknown cells are zero in both.

    Returns
    -------
    (ndarray of bool, ndarray of shape (n, T))
        Which of the suspects are alarms of their own, and what is expected of the series with them.
    """
    left = expected.copy()
    evidence = np.array([evidence_of(one.seen, one.due, one.dispersion) for one in suspects])
    kept = np.zeros(len(suspects), dtype=bool)
    for place in np.argsort(-evidence, kind="stable"):
        one = suspects[place]
        cells = np.ix_(one.rows, np.arange(one.first, one.last + 1))
        due, before = left[cells].sum(), expected[cells].sum()
        now = one.due * (due / before if before > 0 else 1.0)  # what others have explained is due
        if evidence_of(one.seen, now, one.dispersion) < max(_LEAST_EVIDENCE, _OWN_PART * evidence[place]):
            continue
        kept[place] = True
        left[cells] *= observed[cells].sum() / due if due > 0 else 1.0
    return kept, left


def is_unexplained(seen: float, due: float, excess: float, dispersion: float) -> bool:
    """Tell whether a total rises for itself, once what others explain of it, ``excess``, is taken off."""
    whole, left = evidence_of(seen, due, dispersion), evidence_of(seen - excess, due, dispersion)
    return left >= max(_LEAST_EVIDENCE, _OWN_PART * whole)


def evidence_of(seen: float, due: float, dispersion: float) -> float:
    """Log-likelihood gained by a mean of what was seen over what was due; none where it is less."""
    if seen <= due or due <= 0:
        return 0.0
    return float((seen * np.log(seen / due) - seen + due) / max(dispersion, LEAST_DISPERSION))


def runs(flags: Flags) -> Iterator[tuple[int, int, int]]:
    """Yield row, first and last place of each unbroken run of flags."""
    edges = np.diff(flags.astype(np.int8), axis=1, prepend=0, append=0)
    rows, starts = np.nonzero(edges == 1)
    _, ends = np.nonzero(edges == -1)
    yield from zip(rows.tolist(), starts.tolist(), (ends - 1).tolist(), strict=True)
