"""Generalised Pareto tails fitted to excesses over a threshold: one sample, or many at once."""

import numpy as np

from riskmodels.arrays import Floats

_NO_SHAPE = 1e-9  # nearer to zero than this, a tail is exponential
_NEAR_ZERO = 1e-7  # nearer, differences in the slope of the profile are rounding errors
_HALVINGS = 45  # of an interval of the grid, down to rounding errors
_AT_ONCE = 2**19  # logarithms


def fitted_tails(excess: Floats) -> tuple[Floats, Floats]:
    """Fit shapes and scales, (d,), to samples of excesses, (d, n), by their profile likelihoods.

    The ratio of shape to scale has the largest profile likelihood, which has one maximum in practice
    (Grimshaw 1993, doi:10.1080/00401706.1993.10485040); the shape is the mean of log(1 + ratio · excess).
    """
    unit = excess.mean(axis=1, keepdims=True)
    scaled = excess / unit
    ratio = _best_ratios(scaled)
    shape = np.log1p(ratio[:, None] * scaled).mean(axis=1)
    exponential = ratio == 0
    scale = np.where(exponential, 1.0, shape / np.where(exponential, 1.0, ratio))
    return shape, scale * unit[:, 0]


def tail_probabilities(excess: Floats, shape: Floats, scale: Floats) -> Floats:
    """Probabilities of at most the excesses, (d, n), by tails, (d,)."""
    scaled = excess / scale[:, None]
    plain = np.abs(shape) < _NO_SHAPE
    safe = np.where(plain, 1.0, shape)[:, None]
    logs = np.where(plain[:, None], scaled, np.log1p(np.maximum(safe * scaled, -1.0 + 1e-16)) / safe)
    return np.asarray(-np.expm1(-logs))


def tail_log_likelihood(excess: Floats, shape: float, scale: float) -> float:
    """Log-likelihood of excesses over a threshold."""
    if abs(shape) < _NO_SHAPE:
        return float((-np.log(scale) - excess / scale).sum())
    inside = np.maximum(1.0 + shape * excess / scale, 1e-300)
    return float((-np.log(scale) - (1.0 + 1.0 / shape) * np.log(inside)).sum())


def _best_ratios(scaled: Floats) -> Floats:
    """Ratios of shape to scale with the largest profile likelihood, (d,), for samples of mean one.

    A grid finds the neighbourhood, halving the sign of the slope the place.
    """
    number, size = scaled.shape
    below = np.linspace(0.95, 0.0, 40) / -scaled.max(axis=1, keepdims=True)  # short tails, up to their end
    # heavy ones, from exponential on, as far as a mean of one lets them be told apart
    grid = np.concatenate([below, np.broadcast_to(np.geomspace(1e-4, 1e3, 120), (number, 120))], axis=1)
    pieces = -(-number * grid.shape[1] * size // _AT_ONCE)
    parts = zip(np.array_split(scaled, pieces), np.array_split(grid, pieces), strict=True)
    place = np.concatenate([np.argmin(_profile(some, ratios), axis=1) for some, ratios in parts])
    rows, last = np.arange(number), grid.shape[1] - 1
    low, high = grid[rows, np.maximum(place - 1, 0)], grid[rows, np.minimum(place + 1, last)]
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        falling = _slope(scaled, middle) < 0
        low, high = np.where(falling, middle, low), np.where(falling, high, middle)
    found: Floats = 0.5 * (low + high)
    return found


def _profile(scaled: Floats, ratios: Floats) -> Floats:
    """Negative profile log-likelihoods of one value at k ratios, (d, k)."""
    shape = np.log1p(ratios[:, :, None] * scaled[:, None, :]).mean(axis=2)
    plain = np.abs(ratios) < _NO_SHAPE
    safe = np.where(plain, 1.0, ratios)
    return np.where(plain, 1.0, np.log(np.where(plain, 1.0, shape / safe)) + shape + 1.0)


def _slope(scaled: Floats, ratio: Floats) -> Floats:
    """Slopes of the negative profile log-likelihoods of one value, (d,)."""
    ratio = np.where(np.abs(ratio) < _NEAR_ZERO, _NEAR_ZERO, ratio)
    inner = 1.0 + ratio[:, None] * scaled
    growth = (scaled / inner).mean(axis=1)
    return np.asarray(growth / np.log(inner).mean(axis=1) - 1.0 / ratio + growth)
