"""Indirect standardisation: what the other units would have with a unit's mix of cases."""

import numpy as np

from riskmodels.arrays import Floats, Integers
from riskmodels.errors import ParameterError

_ROUNDING, _TINY = 1e-9, 1e-300  # of sums of counts; and what a division by none is kept from by
_WORTH = 2.0  # events: how much a stratum is like all others before it shows


def peer_values(
    numerator: Floats, denominator: Floats, *, group: Integers, proportion: bool
) -> tuple[Floats, Floats]:
    """Say what rate or share the other units of the group have in all, with each unit's mix of strata.

    Parameters
    ----------
    numerator, denominator : ndarray, shape (n, S, T)
        Events and exposure (or successes and trials) of n units in S strata (case-mix: product, channel,
        customer group) and T periods; NaN is unknown.
    group : ndarray, shape (n,)
        Codes from 0: units with the same code are peers.
    proportion : bool
        Successes of trials: worked out for the rarer of success and failure.

    Returns
    -------
    peers : ndarray, shape (n, T)
        Expected numerator over denominator, the unit itself left out; in a period without a denominator, with
        its mix of all periods, and for a unit without any, with the others'. NaN for a unit without peers. In
        a group whose units are alike it is their common value.
    mix : ndarray, shape (n, T)
        The same at the level of all periods together: it moves with the unit's mix alone.

    Notes
    -----
    A stratum's rate relative to all is that of all T periods together, shrunk by two events towards one; the
    level is that of each period. Indirect standardisation: Breslow & Day 1987, chapter 2. Fails where strata
    move differently over the periods.
    """
    known = np.isfinite(numerator) & np.isfinite(denominator)
    events, sizes = np.where(known, numerator, 0.0), np.where(known, denominator, 0.0)
    total = sizes.sum()
    turned = proportion and total > 0 and events.sum() > total / 2
    rare = sizes - events if turned else events
    rate = _stratum_rates(rare, sizes, group)
    expected, of_others = (np.einsum("nst,ns->nt", part, rate) for part in (sizes, others_of(sizes, group)))
    level = (others_of(rare.sum(axis=1), group) + 0.5) / (of_others + 0.5)
    size, whole = sizes.sum(axis=1), sizes.sum(axis=(1, 2))
    others = others_of(whole, group)
    usual = np.where(whole > 0, expected.sum(axis=1), of_others.sum(axis=1)) / np.where(
        whole > 0, whole, others + _TINY
    )
    mix = np.divide(expected, size, out=np.repeat(usual[:, None], size.shape[1], axis=1), where=size > 0)
    mix[others <= 0] = np.nan
    if not proportion:
        return level * mix, mix
    peers, mix = (np.clip(1 - one if turned else one, 1e-6, 1 - 1e-6) for one in (level * mix, mix))
    return peers, mix


def _stratum_rates(rare: Floats, sizes: Floats, group: Integers) -> Floats:
    """Return the others' rates of all periods together in each stratum, shape (n, S)."""
    others, exposed = others_of(rare.sum(axis=2), group), others_of(sizes.sum(axis=2), group)
    overall = (others.sum(axis=1, keepdims=True) + 0.5) / np.maximum(
        exposed.sum(axis=1, keepdims=True), 1e-300
    )
    return np.asarray((others + _WORTH) / (exposed + _WORTH / overall), dtype=np.float64)


def others_of(values: Floats, group: Integers) -> Floats:
    """Add up a group's values without the unit's own, shape (n, ...), as that of values, none negative."""
    total = np.zeros((int(group.max(initial=-1)) + 1, *values.shape[1:]))
    np.add.at(total, group, values)
    return np.maximum(total[group] - values, 0)


def check_counts(count: Floats, exposure: Floats, *, proportion: bool) -> None:
    """Refuse negative values, shapes that differ, and more successes than trials (ParameterError)."""
    if count.shape != exposure.shape:
        raise ParameterError(f"count has shape {count.shape}, exposure {exposure.shape}; expected the same")
    if np.nanmin(count, initial=0) < 0 or np.nanmin(exposure, initial=0) < 0:
        raise ParameterError("counts and exposure must not be negative")
    if proportion and (np.nan_to_num(count - exposure) > _ROUNDING).any():
        raise ParameterError("there are more successes than trials")
