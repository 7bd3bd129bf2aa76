"""Complaints that come in a day's batch and are worked off in order: arrivals, capacity and one day's step.

A day begins with a backlog; the day's complaints queue behind it; as many are done as the capacity allows;
the rest is the next day's backlog. A capacity of 10.25 is 11 on a quarter of the days, by chance, and 10 on
the others: so more capacity, however little, never leaves more undone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy

from riskmodels.arrays import Floats
from riskmodels.errors import ParameterError
from riskmodels.losses.frequency import NegativeBinomial, Poisson

Arrivals = Poisson | NegativeBinomial
"""Complaints of a day."""

NEGLIGIBLE = 1e-17  # probability left out of a law: less than the rounding of what is kept
MOST_CASES = 1 << 22  # that a law reaches to at most: one step of so long a law takes a second
_SHORTEST = 64  # numbers with which the search for the end of a law begins


@dataclass(frozen=True, kw_only=True, eq=False)
class Batch:
    """A day's complaints.

    Attributes
    ----------
    law : ndarray, shape (n,)
        Probabilities of 0, 1, … complaints.
    mean : float
        Their mean [complaints a day].
    limited_mean : ndarray, shape (n,)
        Mean of what comes, but at most 0, 1, … [complaints].
    """

    law: Floats
    mean: float
    limited_mean: Floats

    def done(self, backlog: Floats, work: Floats) -> float:
        """Mean number of the batch that is done where a backlog comes first.

        Parameters
        ----------
        backlog, work : ndarray
            Probabilities of 0, 1, … complaints before them, and of 0, 1, … complaints that can be done.
        """
        total = 0.0
        most = len(self.limited_mean) - 1
        for done in np.flatnonzero(work > 0).tolist():
            before = min(done, len(backlog))
            room = np.minimum(done - np.arange(before), most)
            total += float(work[done] * (backlog[:before] @ self.limited_mean[room]))
        return total


def batch_of(law: Floats) -> Batch:
    """Make a day's complaints from the probabilities of their number."""
    survival = np.append(np.cumsum(law[::-1])[::-1][1:], 0.0)
    limited = np.concatenate([[0.0], np.cumsum(survival)])
    return Batch(law=law, mean=float(limited[-1]), limited_mean=limited)


@lru_cache(maxsize=128)  # a table asks for the same days again and again
def law_of(arrivals: Arrivals) -> Floats:
    """Return the probabilities of 0, 1, … complaints of a day, up to where they are negligible.

    Examples
    --------
    >>> law_of(Poisson(rate=2.0))[:2].round(4).tolist()
    [0.1353, 0.2707]
    """
    law: Any = scipy.stats.poisson(arrivals.mean)
    if isinstance(arrivals, NegativeBinomial):
        law = scipy.stats.nbinom(1.0 / arrivals.dispersion, 1.0 / (1.0 + arrivals.dispersion * arrivals.mean))
    most = _SHORTEST
    while most < MOST_CASES and not law.sf(most) < NEGLIGIBLE:
        most *= 2
    if most >= MOST_CASES:
        raise ParameterError(
            f"{arrivals} may be more than {MOST_CASES:,} complaints a day; count them in larger units, such "
            "as tens"
        )
    numbers = np.arange(most)
    found = law.pmf(numbers[: 1 + np.count_nonzero(law.sf(numbers) > NEGLIGIBLE)])
    return np.asarray(found / found.sum())


def days_of(arrivals: Arrivals | Sequence[Arrivals]) -> tuple[Arrivals, ...]:
    """Return the arrivals of each day, given those of one or of several.

    Raises
    ------
    ParameterError
        There is none, or something else among them.
    """
    days = (arrivals,) if isinstance(arrivals, Poisson | NegativeBinomial) else tuple(arrivals)
    strange = [day for day in days if not isinstance(day, Poisson | NegativeBinomial)]
    if strange or not days:
        found = f"{strange[0]!r} is" if strange else "there is none"
        raise ParameterError(
            f"arrivals are of days: {found} where Poisson or NegativeBinomial of losses is expected"
        )
    return days


def batches_of(days: Sequence[Arrivals]) -> list[Batch]:
    """Return the batches of days; days alike have one in common."""
    made = {day: batch_of(law_of(day)) for day in dict.fromkeys(days)}
    return [made[day] for day in days]


def capacities_of(capacity: npt.ArrayLike, days: int) -> Floats:
    """Return the capacity of each day [complaints], (days,), given one for all or each.

    Raises
    ------
    ParameterError
        One is negative or infinite, or there are more or fewer than days.
    """
    found = np.asarray(capacity, dtype=float)
    if not ((found >= 0) & (found < MOST_CASES)).all():
        worst = found.ravel()[~((found >= 0) & (found < MOST_CASES)).ravel()][0]
        raise ParameterError(f"a capacity is {worst:g} complaints a day; expected 0 to {MOST_CASES:,}")
    if found.ndim > 1 or (found.ndim and len(found) != days):
        raise ParameterError(
            f"capacities have the shape {found.shape}; expected one number or {days}, one a day"
        )
    return np.broadcast_to(found, days)


def work_of(capacities: Floats) -> Floats:
    """Return the probabilities of the number of complaints that days with such capacities can do together."""
    whole = np.floor(capacities)
    chance = np.ones(1)
    for part in (capacities - whole)[capacities > whole].tolist():
        chance = np.convolve(chance, [1.0 - part, part])
    return np.concatenate([np.zeros(int(whole.sum())), chance])


def worked_off(waiting: Floats, capacity: float) -> Floats:
    """Return the law of what a day leaves, from that of all that waits to be done in it, (…, n) as that."""
    whole = int(capacity)
    part = capacity - whole
    left = _without(waiting, whole)
    return left if part == 0.0 else (1.0 - part) * left + part * _without(waiting, whole + 1)


def _without(waiting: Floats, done: int) -> Floats:
    left = np.zeros_like(waiting)
    left[..., 0] = waiting[..., : done + 1].sum(axis=-1)
    kept = waiting[..., done + 1 :]
    left[..., 1 : 1 + kept.shape[-1]] = kept
    return left


@dataclass(frozen=True, kw_only=True, eq=False)
class Lattice:
    """Backlogs of 0, 1, … up to a size, and the transforms of the batches that may come."""

    size: int
    padded: int
    transforms: dict[Batch, npt.NDArray[np.complex128]]

    def joined(self, backlog: Floats, batch: Batch) -> Floats:
        """Return the law of a backlog and a batch together, shape (…, padded)."""
        both = scipy.fft.rfft(backlog, self.padded) * self.transforms[batch]
        return np.maximum(scipy.fft.irfft(both, self.padded), 0.0)  # below zero is rounding


def lattice_of(size: int, batches: Sequence[Batch]) -> Lattice:
    """Return a lattice on which a backlog below a size and any of the batches do not wrap round."""
    padded = scipy.fft.next_fast_len(size + max(len(batch.law) for batch in batches), real=True)
    transforms = {batch: scipy.fft.rfft(batch.law, padded) for batch in dict.fromkeys(batches)}
    return Lattice(size=size, padded=padded, transforms=transforms)


def check_working_days(working_days: int) -> int:
    """Return a number of working days, or refuse it."""
    if working_days != int(working_days) or working_days < 0:
        raise ParameterError(
            f"the deadline is {working_days} working days; expected a whole number of at least zero"
        )
    return int(working_days)
