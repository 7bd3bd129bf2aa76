"""CUSUM designs: reference value and limit for a wanted run length, for many series at once."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskmodels.arrays import Flags, Floats, Integers
from riskmodels.errors import ParameterError
from riskmodels.surveillance.run_lengths import count_masses, mean_exponent, mean_times, transitions

UNIT = 4  # steps of the lattice that an event counts: reference values and limits are quarters
_BLOCK = 4_000_000  # cells of the chains that are solved at once: 32 MB
_LONGEST_RUN = 1e7  # [periods]: months for a million years; beyond it chains lose digits
_LARGEST_MEAN = 1000.0  # [events a period]: chains of larger counts have thousands of states
_COLUMNS = ("mean", "dispersion", "shift", "reference", "limit", "attained", "delay")


@dataclass(frozen=True, kw_only=True, eq=False)
class CusumDesigns:
    """CUSUM charts of n series: S = max(0, S + X - reference), alarm at S >= limit.

    Attributes
    ----------
    mean, dispersion, shift : ndarray, shape (n,)
        [events a period] In control; variance = mean + dispersion × mean²; factor of the mean to be found.
    reference, limit : ndarray, shape (n,)
        [events] Whole quarters.
    attained : ndarray, shape (n,)
        [periods] Mean run length in control from a start at zero, at least ``wanted``.
    delay : ndarray, shape (n,)
        [periods] Mean run length after the shift, from a start at zero.
    wanted : float
        [periods] The run length asked for.
    """

    mean: Floats
    dispersion: Floats
    shift: Floats
    reference: Floats
    limit: Floats
    attained: Floats
    delay: Floats
    wanted: float

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row a series: mean, dispersion, shift, reference, limit, attained, delay."""
        return pd.DataFrame({name: getattr(self, name) for name in _COLUMNS})

    @property
    def sentence(self) -> str:
        """Say what was wanted and attained."""
        return (
            f"A false alarm of a series every {self.wanted:,.0f} periods was wanted; the charts attain"
            f" {self.attained.min():,.0f} to {self.attained.max():,.0f} (on average, if the means are known)."
        )


def design_cusum(
    mean: npt.ArrayLike, dispersion: npt.ArrayLike, shift: npt.ArrayLike, run_length: float
) -> CusumDesigns:
    """Choose reference value and limit, both whole quarters, for a wanted run length in control.

    The reference value is one of the two quarters beside that of the likelihood ratio (Hawkins & Olwell
    1998, doi:10.1007/978-1-4612-1686-5), with the smallest limit whose run length is not below the wanted;
    of the two, the one whose run length is nearer to it. Series that are alike are designed once.

    Parameters
    ----------
    mean : float or array_like, shape (n,)
        [events a period] In control.
    dispersion : float or array_like, shape (n,)
        Variance = mean + dispersion × mean²; zero is Poisson.
    shift : float or array_like, shape (n,)
        Factor of the mean that is to be found soonest; above 1.
    run_length : float
        [periods] Mean number of periods until a false alarm.

    Returns
    -------
    CusumDesigns
        ``attained >= run_length`` for each series.

    Raises
    ------
    ParameterError
        A mean, dispersion, shift or run length that no chart can have, or a mean so small that no quarter
        lies between it and the shifted one.

    Examples
    --------
    >>> design = design_cusum(10.0, 0.1, 1.5, 900.0)
    >>> float(design.reference[0]), float(design.limit[0]), round(float(design.attained[0]))
    (12.25, 26.5, 918)
    """
    arrays = (np.asarray(value, dtype=float).ravel() for value in (mean, dispersion, shift))
    rows, back = np.unique(np.stack(np.broadcast_arrays(*arrays), axis=1), axis=0, return_inverse=True)
    _check(rows, run_length)
    found = _designed(rows, run_length)[back.ravel()]
    return CusumDesigns(**dict(zip(_COLUMNS, found.T.copy(), strict=True)), wanted=run_length)


def _check(rows: Floats, run_length: float) -> None:
    mean, dispersion, shift = rows.T
    if not 1 < run_length <= _LONGEST_RUN:
        raise ParameterError(
            f"run_length is {run_length:g}; expected a number of periods above 1, up to {_LONGEST_RUN:,.0f}"
        )
    if not (((mean > 0) & (mean <= _LARGEST_MEAN)).all() and (dispersion >= 0).all() and (shift > 1).all()):
        raise ParameterError(
            f"a CUSUM is designed for means above 0 and up to {_LARGEST_MEAN:,.0f}, dispersions of 0 or more"
            " and shifts above 1; larger counts: chart them in tens"
        )
    few = ~_fits(np.floor(mean * UNIT) + 1, mean, shift)
    if few.any():
        raise ParameterError(
            f"a mean of {mean[few][0]:g} events a period is too small for a CUSUM by quarters: add periods or"
            " series up, or chart the cases between two events"
        )


def _fits(reference: Floats, mean: Floats, shift: Floats) -> Flags:
    """Tell which reference values [steps] lie between the means before and after a shift."""
    return np.asarray((reference > mean * UNIT) & (reference < mean * shift * UNIT))


def _designed(rows: Floats, run_length: float) -> Floats:
    """Design unique rows (mean, dispersion, shift): (m, 3) -> (m, 7)."""
    mean, dispersion, shift = rows.T
    best, slope = _likelihood_ratio(mean, dispersion, mean * shift)
    near = np.stack([np.floor(best * UNIT), np.floor(best * UNIT) + 1], axis=1)
    first = np.floor(mean * UNIT) + 1
    near = np.where(_fits(near, mean[:, None], shift[:, None]), near, first[:, None]).astype(np.int64)
    pairs = np.repeat(rows, 2, axis=0)
    highest = np.ceil(UNIT * (np.log(run_length) / np.repeat(slope, 2) + 2)).astype(np.int64)
    limit, attained = _smallest_limits(pairs[:, :2], near.ravel(), highest, run_length)
    chosen = np.argmin(attained.reshape(-1, 2), axis=1) + 2 * np.arange(len(rows))
    reference, limit, attained = near.ravel()[chosen], limit[chosen], attained[chosen]
    delay = _run_lengths(np.stack([mean * shift, dispersion], axis=1), reference, limit)
    return np.column_stack([rows, reference / UNIT, limit / UNIT, attained, delay])


def _likelihood_ratio(mean: Floats, dispersion: Floats, shifted: Floats) -> tuple[Floats, Floats]:
    """Reference value [events] and slope [per event] of the log-likelihood ratio of two means, (n,) each."""
    cost = mean_exponent(shifted, dispersion) - mean_exponent(mean, dispersion)
    slope = np.log(shifted / mean) - (np.log1p(dispersion * shifted) - np.log1p(dispersion * mean))
    return cost / slope, slope


def _smallest_limits(
    laws: Floats, reference: Integers, highest: Integers, run_length: float
) -> tuple[Integers, Floats]:
    """Halve the steps between a limit that is too low and one that is high enough, all charts at once."""
    low, high = np.zeros(len(laws), dtype=np.int64), highest
    attained = _run_lengths(laws, reference, high)
    while (short := attained < run_length).any():
        low, high = np.where(short, high, low), np.where(short, 2 * high, high)
        attained[short] = _run_lengths(laws[short], reference[short], high[short])
    while (open_ := high - low > 1).any():
        middle = (low + high) // 2
        found = _run_lengths(laws[open_], reference[open_], middle[open_])
        enough = found >= run_length
        rows = np.flatnonzero(open_)
        high[rows[enough]], attained[rows[enough]] = middle[rows[enough]], found[enough]
        low[rows[~enough]] = middle[rows[~enough]]
    return high, attained


def _run_lengths(laws: Floats, reference: Integers, limit: Integers) -> Floats:
    """Run lengths from zero of m charts, those of like size in one block."""
    found = np.empty(len(laws))
    order = np.argsort(limit, kind="stable")
    start = 0
    while start < len(order):
        largest = int(limit[order[start : start + _BLOCK // int(limit[order[start]]) ** 2 + 1]].max())
        rows = order[start : start + max(1, _BLOCK // largest**2)]
        size = int((reference[rows] + limit[rows]).max()) // UNIT + 1
        masses = count_masses(laws[rows, 0], laws[rows, 1], size)
        found[rows] = mean_times(transitions(masses, UNIT, reference[rows], limit[rows]))[:, 0]
        start += len(rows)
    return found
