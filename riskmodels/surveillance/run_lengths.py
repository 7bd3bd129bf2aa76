"""Exact run lengths of CUSUM charts of counts: how long until an alarm, in control and after a shift.

The chart S = max(0, S + X - k) of whole numbers X, with alarm at S >= h, moves on finitely many values, so
that its mean run length is the solution of a linear system (Brook & Evans 1972,
doi:10.1093/biomet/59.3.539): exact to the rounding of the processor, overdispersed or not.
"""

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import scipy

from riskmodels.arrays import Floats, Integers
from riskmodels.errors import ParameterError

_FINEST = 1000  # largest denominator of a reference value or a limit: what people choose is far coarser
_MOST_STATES = 4000  # of a chain, whose solution takes their cube: seconds


@dataclass(frozen=True, kw_only=True)
class RunLength:
    """Mean number of periods until an alarm, the alarm's own included.

    Attributes
    ----------
    zero_state : float
        [periods] From the start of the chart.
    steady_state : float
        [periods] From a moment long after it without an alarm (the quasi-stationary state).
    """

    zero_state: float
    steady_state: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Chain:
    """A chart on the multiples of 1 / ``unit``: an event counts ``unit`` of them.

    Attributes
    ----------
    unit, reference, limit : int
        [steps of the lattice] Of an event, taken off a period, and of the alarm.
    """

    unit: int
    reference: int
    limit: int

    @classmethod
    def of(cls, reference: float, limit: float) -> "Chain":
        """Return the coarsest lattice that a chart moves on; a limit between two of its values is the upper.

        Raises
        ------
        ParameterError
            The reference value or the limit is not positive, or the lattice is too long.
        """
        if not (0 < reference < math.inf and 0 < limit < math.inf):
            raise ParameterError(
                f"a CUSUM needs a reference value and a limit above 0, not {reference:g} and {limit:g}"
            )
        step = Fraction(reference).limit_denominator(_FINEST)
        units = math.ceil(Fraction(limit).limit_denominator(_FINEST) * step.denominator)
        if units > _MOST_STATES:
            raise ParameterError(
                f"a CUSUM with reference value {reference:g} and limit {limit:g} has {units} states, more"
                f" than {_MOST_STATES}: choose a coarser reference value"
            )
        return cls(unit=step.denominator, reference=step.numerator, limit=units)


def count_masses(mean: Floats, dispersion: Floats, size: int) -> Floats:
    """Compute P(X = 0), …, P(X = size - 1), shape (n, size), of counts.

    Parameters
    ----------
    mean : ndarray, shape (n,)
        Positive.
    dispersion : ndarray, shape (n,)
        Variance = mean + dispersion × mean²; zero is Poisson.
    """
    count = np.arange(size, dtype=float)
    mean, dispersion = mean[:, None], dispersion[:, None]
    rises = np.log1p(dispersion * count[:-1])  # ln of (1 + dispersion × i), small as dispersion may be
    found: Floats = np.cumsum(np.pad(rises, ((0, 0), (1, 0))), axis=1)
    found += scipy.special.xlogy(count, mean) - count * np.log1p(dispersion * mean)
    found -= mean_exponent(mean, dispersion)
    found -= scipy.special.gammaln(count + 1.0)
    np.exp(found, out=found)
    return found


def mean_exponent(mean: Floats, dispersion: Floats) -> Floats:
    """Return ln(1 + dispersion × mean) ÷ dispersion: minus ln P(X = 0), in the limit that of Poisson."""
    spread = dispersion > np.finfo(float).tiny  # below it floats have fewer digits
    return np.where(spread, np.log1p(dispersion * mean) / np.where(spread, dispersion, 1.0), mean)


def transitions(masses: Floats, unit: int, reference: Integers, limit: Integers) -> Floats:
    """Tabulate the steps between the states without alarm: (m, H, H) for m charts of one unit.

    Parameters
    ----------
    masses : ndarray, shape (m, size)
        P(X = 0), …; ``size`` events from zero must be an alarm.
    unit : int
        Steps of the lattice that an event counts.
    reference, limit : ndarray, shape (m,)
        [steps of the lattice]; H is the largest limit. States beyond a chart's own limit are left at once.
    """
    states = np.arange(int(limit.max()))
    gone = states[None, None, :] - states[None, :, None] + reference[:, None, None]
    events, rest = np.divmod(gone, unit)
    size = masses.shape[1]
    inside = (rest == 0) & (events >= 0) & (events < size)
    chart = np.arange(len(masses))[:, None, None]
    found = np.where(inside, masses[chart, np.clip(events, 0, size - 1)], 0.0)
    total = np.concatenate([np.zeros((len(masses), 1)), np.cumsum(masses, axis=1)], axis=1)
    kept = np.clip((reference[:, None] - states) // unit + 1, 0, size)
    found[:, :, 0] = np.take_along_axis(total, kept, axis=1)
    alive = states < limit[:, None]
    return np.asarray(found * alive[:, :, None] * alive[:, None, :])


def mean_times(steps: Floats) -> Floats:
    """Solve for the mean number of steps until none is left, by first state: (m, H, H) -> (m, H)."""
    system = np.eye(steps.shape[-1]) - steps
    return np.asarray(np.linalg.solve(system, np.ones((*steps.shape[:-1], 1)))[..., 0], dtype=float)


def chain_run_length(masses: Floats, chain: Chain, *, head_start: float = 0.0) -> RunLength:
    """Compute the run length of a chart of independent counts with P(X = 0), P(X = 1), … ``masses``.

    Parameters
    ----------
    masses : ndarray, shape (size,)
        What is left to 1 is an alarm from any state.
    chain : Chain
        The chart.
    head_start : float
        [share of the limit] That the chart starts at; one half is the fast initial response of Lucas &
        Crosier (1982, doi:10.1080/00401706.1982.10487759).
    """
    if not 0 <= head_start < 1:
        raise ParameterError(
            f"head_start is {head_start:g}; expected a share of the limit, from 0 to below 1"
        )
    one = np.array([chain.reference]), np.array([chain.limit])
    steps = transitions(masses[None, :], chain.unit, *one)
    times = mean_times(steps)[0]
    values, vectors = np.linalg.eig(steps[0].T)
    lasting = np.abs(vectors[:, np.argmax(values.real)].real)
    return RunLength(
        zero_state=float(times[int(head_start * chain.limit)]),
        steady_state=float(times @ lasting / lasting.sum()),
    )


def cusum_run_length(
    mean: float, *, dispersion: float = 0.0, reference: float, limit: float, head_start: float = 0.0
) -> RunLength:
    """Compute the run length of a CUSUM of counts exactly.

    Parameters
    ----------
    mean : float
        [events a period] Of the counts as they are: in control, or after a shift.
    dispersion : float
        Variance = mean + dispersion × mean²; zero is Poisson.
    reference, limit : float
        [events] k, taken off every period, and h, from which on there is an alarm.
    head_start : float
        [share of the limit] That the chart starts at.

    Returns
    -------
    RunLength

    Examples
    --------
    >>> round(cusum_run_length(4.0, reference=5.0, limit=10.0).zero_state, 3)
    421.65
    >>> round(cusum_run_length(10.0, dispersion=0.1, reference=12.0, limit=17.0).zero_state, 3)
    114.156
    """
    if not (0 < mean < math.inf and 0 <= dispersion < math.inf):
        raise ParameterError(
            f"counts need a mean above 0 and a dispersion of 0 or more, not {mean:g} and {dispersion:g}"
        )
    chain = Chain.of(reference, limit)
    size = (chain.reference + chain.limit) // chain.unit + 1
    masses = count_masses(np.array([mean]), np.array([dispersion]), size)[0]
    return chain_run_length(masses, chain, head_start=head_start)


def bernoulli_run_length(
    chance: float, *, reference: float, limit: float, head_start: float = 0.0
) -> RunLength:
    """Compute the run length [cases] of a CUSUM of cases that fail or do not, e.g. complaints upheld.

    Parameters
    ----------
    chance : float
        That a case fails.
    reference, limit : float
        [failures] k, taken off every case, best one over a whole number, and h.
    head_start : float
        [share of the limit] That the chart starts at.

    Examples
    --------
    >>> round(bernoulli_run_length(0.1, reference=1 / 7, limit=4.0).zero_state, 3)
    718.537
    """
    if not 0 < chance < 1:
        raise ParameterError(f"chance is {chance:g}; expected a probability between 0 and 1")
    masses = np.array([1.0 - chance, chance])
    return chain_run_length(masses, Chain.of(reference, limit), head_start=head_start)
