"""Cells with few losses borrow from the others, as far as the others are alike."""

import numpy as np

from riskmodels.arrays import Floats
from riskmodels.errors import ParameterError
from riskmodels.rates.moments import variance_beyond

_LARGEST_SHAPE = 1e6  # of the gamma prior: cells this alike have one rate


def pooled_estimates(estimates: Floats, errors: Floats) -> tuple[Floats, Floats, Floats]:
    """Shrink estimates of k cells towards their mean, as far as their differences are chance.

    Parameters
    ----------
    estimates, errors : ndarray, shape (k,)
        Estimates and standard errors; NaN where a cell has none.

    Returns
    -------
    (ndarray, ndarray, ndarray), shape (k,)
        Means given all cells, their own standard deviations, and those that all cells have in common, as the
        mean of all is estimated too; a cell without an estimate has the mean of the others, and their spread.

    Raises
    ------
    ParameterError
        No cell has an estimate.

    Notes
    -----
    A normal between-cell distribution; its variance by moments (``rates.moments``).

    Examples
    --------
    >>> mean, own, common = pooled_estimates(np.array([1.0, 3.0]), np.array([0.1, 0.1]))
    >>> mean.round(2).tolist()
    [1.0, 3.0]
    """
    known = np.isfinite(estimates) & np.isfinite(errors)
    if not known.any():
        raise ParameterError("no cell has an estimate to pool")
    found, precision = estimates[known], errors[known] ** -2.0
    between = float(variance_beyond(found[None], errors[known][None] ** 2, known[known][None])[0, 0])
    weight = 1.0 / (between + 1.0 / precision)
    centre, doubt = (weight * found).sum() / weight.sum(), 1.0 / weight.sum()
    own = np.where(known, np.where(known, errors, 1.0) ** -2.0, 0.0)
    trust = own * between / (1.0 + own * between)
    mean = trust * np.where(known, estimates, 0.0) + (1.0 - trust) * centre
    return mean, np.sqrt((1.0 - trust) * between), (1.0 - trust) * np.sqrt(doubt)


def credible_rates(counts: Floats, exposure: float) -> tuple[Floats, Floats]:
    """Estimate rates of a table of cells, each shrunk towards what its row and its column lead to expect.

    Parameters
    ----------
    counts : ndarray, shape (r, c)
        Losses, e.g. by event type and product.
    exposure : float
        Years (> 0) in which they were seen.

    Returns
    -------
    (ndarray, ndarray), shape (r, c)
        Shape and rate [years] of the gamma distribution of each cell's losses a year: the mean is their
        quotient.

    Raises
    ------
    ParameterError
        There is no loss, or the exposure is not positive.

    Notes
    -----
    The prior mean of a cell is row total times column total over the grand total and years; its
    shape is that of a gamma mixture of Poisson counts by moments (Bühlmann & Straub 1970).
    """
    total = counts.sum()
    if not total > 0 or not exposure > 0:
        raise ParameterError("rates need losses and a positive exposure")
    expected = _expected(counts)
    freedom = max((counts.shape[0] - 1) * (counts.shape[1] - 1), 1) / counts.size
    excess = float(((counts - expected) ** 2).sum() - freedom * expected.sum())
    shape = float((expected**2).sum()) / excess if excess > 0 else _LARGEST_SHAPE
    shape = min(max(shape, 0.1), _LARGEST_SHAPE)  # a tenth of an event: nothing is borrowed
    prior = shape / np.maximum(expected / exposure, 1e-12)
    return shape + counts, prior + exposure


def drawn_rates(counts: Floats, exposure: float, size: int, rng: np.random.Generator) -> Floats:
    """Draw rates of a table of cells from what is known of them, (size, r, c).

    What row and column lead to expect is drawn first, as it is estimated too: a gamma total and Dirichlet
    shares, under Jeffreys' priors; then each cell given it.
    """
    shape, _ = credible_rates(counts, exposure)
    prior = shape - counts
    total = rng.gamma(counts.sum() + 0.5, size=(size, 1, 1)) / exposure
    rows = rng.dirichlet(counts.sum(axis=1) + 0.5, size=size)[:, :, None]
    columns = rng.dirichlet(counts.sum(axis=0) + 0.5, size=size)[:, None, :]
    expected = np.maximum(total * rows * columns, 1e-12)
    found: Floats = rng.gamma(shape, size=(size, *counts.shape)) / (prior / expected + exposure)
    return found


def _expected(counts: Floats) -> Floats:
    """Counts that row and column lead to expect."""
    expected: Floats = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum()
    return expected
