"""What units would have had at the rate of units like them: same region, same products, same months."""

from dataclasses import dataclass

import numpy as np

from riskmodels.arrays import Flags, Floats, Integers
from riskmodels.grouping import add_rows
from riskmodels.rates import overdispersion
from riskmodels.rates.moments import ratio_of

FEWEST_PEERS = 3  # units without an action, of a region or of the bank: fewer say nothing of how units change


@dataclass(frozen=True, kw_only=True, eq=False)
class PeerCounts:
    """Counts of n units in T months beside those expected at their peers' rate.

    Attributes
    ----------
    observed, expected : ndarray, shape (n, T)
        [events] Expected without an action at the rate of units without one; 0 where a cell is unknown.
    error : ndarray, shape (n, T)
        [events²] Variance of ``expected`` by the peers' counts, of dispersion 1.
    known : ndarray of bool, shape (n, T)
        Cells with a count, accounts and peers.
    peers : ndarray of bool, shape (n,)
        Units without any action.
    dispersion : float
        [1] Variance of a unit's monthly count over its mean, at least 1.
    """

    observed: Floats
    expected: Floats
    error: Floats
    known: Flags
    peers: Flags
    dispersion: float


def compare_with_peers(counts: Floats, exposure: Floats, *, region: Integers, peers: Flags) -> PeerCounts:
    """Compute what each unit would have had at its peers' rate, by region, product and month.

    Parameters
    ----------
    counts, exposure : ndarray, shape (n, products, T)
        [events] and what they are measured against; NaN is unknown.
    region : ndarray of int, shape (n,)
        Number of each unit's region, from 0.
    peers : ndarray of bool, shape (n,)
        Units without an action, which others are compared with; never with themselves.

    Returns
    -------
    PeerCounts
        Over all peers of a region, expected counts add up to about those observed; a level break of a region
        or product is in both.
    """
    known = np.isfinite(counts) & np.isfinite(exposure) & (exposure > 0)
    count, size = np.where(known, counts, 0.0), np.where(known, exposure, 0.0)
    own = peers[:, None, None]
    number = np.bincount(region, weights=peers, minlength=int(region.max()) + 1)[region]
    few = (number - peers < FEWEST_PEERS)[:, None, None]
    events, sizes = (
        np.where(few, (part * own).sum(axis=0), _of_region(part * own, region)) - part * own
        for part in (count, size)
    )
    there = known & (sizes > 0)
    share = np.divide(size, sizes, out=np.zeros_like(size), where=there)
    observed, expected = (count * there).sum(axis=1), (share * events).sum(axis=1)
    seen = there.any(axis=1)
    error = (share**2 * events).sum(axis=1)
    over = _overdispersion(*(np.where(seen, part, np.nan)[peers] for part in (observed, expected, error)))
    return PeerCounts(
        observed=observed,
        expected=expected,
        error=error,
        known=seen,
        peers=peers,
        dispersion=over,
    )


def _of_region(cells: Floats, region: Integers) -> Floats:
    """Add units up by region and give each its region's sum, shape (n, products, T)."""
    flat = cells.reshape(len(cells), -1)
    return np.asarray(add_rows(flat, region, int(region.max()) + 1)[region].reshape(cells.shape))


def _overdispersion(observed: Floats, expected: Floats, error: Floats) -> float:
    """Estimate the overdispersion of units' counts, that of their peers' counts taken out."""
    if not (expected > 0).any():
        return 1.0
    both = overdispersion(observed, expected, proportion=False)
    return max(both / (1.0 + float(np.nanmean(ratio_of(error, expected)))), 1.0)
