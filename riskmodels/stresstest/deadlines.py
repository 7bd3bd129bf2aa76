"""Complaints with working-day deadlines: the steady state of a backlog that is worked off day by day.

Where every day is alike, the backlog is the highest point of a random walk, and Spitzer's identity gives its
law at once; where days of a week differ, weeks are repeated until nothing changes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy

from riskmodels.arrays import Floats
from riskmodels.errors import ParameterError
from riskmodels.losses.lattice import Counts
from riskmodels.stresstest.day_batches import (
    MOST_CASES,
    Arrivals,
    Batch,
    Lattice,
    batches_of,
    capacities_of,
    check_working_days,
    days_of,
    lattice_of,
    work_of,
    worked_off,
)

_LEFT = 40.0  # e^-40 = 4e-18: what is left out of a law, and what wraps round
_FEWEST = 64  # points of a circle
_MOST_WORK = 1e9  # days that a cycle is repeated for, times cases: half a minute
_ROUNDING = 1e-14  # of a logarithm, beside the capacity that it is summed up with
_SAME = 1e-18  # of a probability: changed by less in a cycle, it is the same after many
_TOO_NEAR = (
    "nearly as many complaints come as can be done: their steady state is years away; raise the capacity, "
    "or follow the backlog day by day with deadline_course"
)


@dataclass(frozen=True, kw_only=True, eq=False)
class DeadlineQueue:
    """Steady state of complaints worked off day by day.

    Attributes
    ----------
    arrivals : tuple of Poisson or NegativeBinomial
        Of each day of the cycle [complaints].
    capacity : ndarray, shape (d,)
        Of each day of the cycle [complaints].
    laws : ndarray, shape (d, n)
        Probabilities of a backlog of 0, 1, … complaints carried into each day.
    """

    arrivals: tuple[Arrivals, ...]
    capacity: Floats
    laws: Floats

    @cached_property
    def mean_backlog(self) -> float:
        """Mean backlog carried into a day, mean of all days [complaints]."""
        return float(self.backlogs.mean())

    @cached_property
    def empty_probability(self) -> float:
        """Share of days into which nothing is carried."""
        return float(self.laws[:, 0].mean())

    @cached_property
    def backlogs(self) -> Floats:
        """Mean backlog carried into each day of the cycle [complaints], shape (d,)."""
        return np.asarray(self.laws @ np.arange(self.laws.shape[1]))

    def done_within(self, working_days: int, /) -> float:
        """Share of all complaints that are done within so many working days; 0 is the same day."""
        means = np.array([batch.mean for batch in self._batches])
        return float(self.done_by_day(working_days) @ means / means.sum())

    def done_by_day(self, working_days: int, /) -> Floats:
        """Share of the complaints received on each day of the cycle that are done within so many, (d,)."""
        days = check_working_days(working_days) + 1
        shares = [
            batch.done(law, work_of(np.take(self.capacity, range(day, day + days), mode="wrap"))) / batch.mean
            for day, (batch, law) in enumerate(zip(self._batches, self.laws, strict=True))
        ]
        return np.array(shares)

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row per day: day, arrivals, capacity, mean_backlog [complaints], empty, same_day [shares]."""
        return pd.DataFrame(
            {
                "day": np.arange(len(self.capacity)),
                "arrivals": [day.mean for day in self.arrivals],
                "capacity": self.capacity,
                "mean_backlog": self.backlogs,
                "empty": self.laws[:, 0],
                "same_day": self.done_by_day(0),
            }
        )

    @cached_property
    def _batches(self) -> list[Batch]:
        return batches_of(self.arrivals)


def deadline_queue(arrivals: Arrivals | Sequence[Arrivals], capacity: npt.ArrayLike) -> DeadlineQueue:
    """Compute the steady state of complaints that are worked off day by day, the oldest first.

    Parameters
    ----------
    arrivals : Poisson or NegativeBinomial, or a sequence of d of them
        Complaints of a working day, or of each day of a cycle, such as the five days of a week of which
        Monday receives those of three days; independent of each other.
    capacity : float, or array of shape (d,)
        Complaints that can be done on a working day, or on each; more than come, on the mean of the cycle.

    Returns
    -------
    DeadlineQueue
        More capacity never leaves more undone. The law is exact but for rounding.

    Raises
    ------
    ParameterError
        An argument is out of its domain, as many complaints come as can be done, or nearly so.

    Notes
    -----
    Backlog B, arrivals A, capacity c: B' = max(B + A - c, 0). A complaint at place j of its day's batch is
    done on working day floor((B + j - 1) / c). Spitzer 1956, doi:10.1090/S0002-9947-1956-0079851-X: E z^B is
    the exponential of the sum over l of E(z^max(A₁ + … + A_l - l c, 0) - 1) / l, which one Fourier transform
    of the logarithm of 1 - E z^(A - c) gives, on a circle where it is regular.

    Examples
    --------
    >>> from riskmodels.losses import Poisson
    >>> queue = deadline_queue(Poisson(rate=9.0), 10)
    >>> round(queue.mean_backlog, 6), round(queue.done_within(0), 6), round(queue.done_within(3), 6)
    (3.101238, 0.699705, 0.999385)
    """
    days = days_of(arrivals)
    days = days * np.size(capacity) if len(days) == 1 else days
    capacities = capacities_of(capacity, len(days))
    walk = _walk(days, capacities)
    laws = walk.highest()[None, :] if len(days) == 1 else _repeated(walk, batches_of(days), capacities)
    return DeadlineQueue(arrivals=days, capacity=capacities, laws=laws)


def steady_backlog(classes: Sequence[Arrivals], capacity: float) -> Floats:
    """Return the law of the backlog where classes of complaints come together every day."""
    return _walk(classes, capacities_of(capacity, 1)).highest()


def _walk(arrivals: Sequence[Arrivals], capacities: Floats) -> "_Walk":
    """Put together what comes and what can be done, or refuse that as much comes."""
    coming, done = sum(one.mean for one in arrivals), float(capacities.sum())
    if not coming < done:
        raise ParameterError(
            f"{coming:g} complaints come where {done:g} can be done: such a backlog grows without end; "
            "raise the capacity, or follow it day by day with deadline_course"
        )
    counts = Counts(
        mean=np.array([[one.mean] for one in arrivals]),
        dispersion=np.array([[one.dispersion] for one in arrivals]),
    )
    return _Walk(counts=counts, capacity=done, parts=capacities % 1.0)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Walk:
    """A random walk by the complaints of a cycle less its capacity: the backlog is its highest point."""

    counts: Counts
    capacity: float
    parts: Floats

    def log_generating(self, radius: float, turn: npt.NDArray[np.complex128]) -> npt.NDArray[np.complex128]:
        """Logarithm of E z^(A - c) at points z of a circle, (m,), by its radius and their directions."""
        circle = np.broadcast_to(radius * turn, (len(self.counts.mean), len(turn)))
        found = self.counts.log_generating(circle).sum(axis=0)
        whole = np.round(self.capacity - self.parts.sum())
        found -= whole * (np.log(radius) + 1j * np.angle(turn))
        for part in self.parts[self.parts > 0]:
            found += np.log1p(part * (1.0 / circle[0] - 1.0))
        return np.asarray(found)

    def _at(self, log_radius: float) -> float:
        return float(self.log_generating(float(np.exp(log_radius)), np.ones(1, dtype=complex))[0].real)

    @cached_property
    def _farthest(self) -> float:
        """Logarithm of the radius up to which the generating function exists, or somewhat less."""
        growth = (self.counts.mean * self.counts.dispersion).max()
        return float(np.log1p((1.0 - 1e-9) / growth)) if growth > 0 else np.inf

    @cached_property
    def saddle(self) -> tuple[float, float]:
        """Logarithm of the radius where the function is smallest, and that smallest logarithm."""
        most = min(self._farthest, float(np.log(self.capacity / self.counts.mean.sum())))
        found = scipy.optimize.minimize_scalar(self._at, bounds=(0.0, most), method="bounded")
        return float(found.x), float(found.fun)

    @cached_property
    def _decay(self) -> float:
        """Logarithm of the radius where the function is one again: the rate at which the law falls."""
        low = self.saddle[0]
        high = min(2.0 * low + 1e-6, self._farthest)
        while self._at(high) < 0.0:
            if high == self._farthest:
                return high
            high = min(2.0 * high, self._farthest)
        return float(scipy.optimize.brentq(self._at, low, high))

    def highest(self) -> Floats:
        """Probabilities that the highest point is 0, 1, …, as far as they are not negligible."""
        start, smallest = self.saddle
        if not smallest < -_ROUNDING * self.capacity:
            raise ParameterError(_TOO_NEAR)
        points = 2.0 * _LEFT / min(start, self._decay - start)
        if not points < MOST_CASES:
            raise ParameterError(_TOO_NEAR)
        size = 1 << max(int(np.ceil(np.log2(points))), _FEWEST.bit_length() - 1)
        turn = np.exp(2j * np.pi / size * np.arange(size // 2 + 1))
        log_left = np.log(-np.expm1(self.log_generating(float(np.exp(start)), turn)))
        half = size // 2
        number = np.arange(1, half)
        jumps = -scipy.fft.irfft(log_left.conj(), size)[1:half] * np.exp(-start * number)
        spread = scipy.fft.rfft(np.concatenate([[-jumps.sum()], jumps]), size)
        law = np.maximum(scipy.fft.irfft(np.exp(spread), size)[: int(_LEFT / self._decay) + 1], 0.0)
        return np.asarray(law / law.sum())


def _repeated(walk: _Walk, batches: Sequence[Batch], capacities: Floats) -> Floats:
    """Repeat a cycle until the laws of the backlogs carried into its days stay."""
    guess = walk.highest()
    lattice = lattice_of(len(guess) + int(capacities.sum()) + 1, batches)
    cycles = int(_LEFT / -walk.saddle[1]) + 1  # Cramér: changes fade at that rate
    if cycles * len(batches) * lattice.padded > _MOST_WORK:
        raise ParameterError(_TOO_NEAR)
    laws = np.pad(guess, (0, lattice.size - len(guess)))[None, :]
    for _ in range(cycles):
        before = laws[-1]
        laws = _cycle(lattice, before / before.sum(), batches, capacities)
        if np.abs(laws[-1] - before).max() <= _SAME:
            break
    return laws[:-1]


def _cycle(lattice: Lattice, law: Floats, batches: Sequence[Batch], capacities: Floats) -> Floats:
    """Return the laws carried into each day of a cycle, and into the first of the next, (d + 1, size)."""
    laws = np.empty((len(batches) + 1, lattice.size))
    laws[0] = law
    for day, (batch, capacity) in enumerate(zip(batches, capacities.tolist(), strict=True)):
        laws[day + 1] = worked_off(lattice.joined(laws[day], batch), capacity)[: lattice.size]
    return laws
