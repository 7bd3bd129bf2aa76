"""Synthetic control and synthetic difference in differences: weighted units, and weighted periods.

Weights are those of Arkhangelsky and others 2021 (doi:10.1257/aer.20190159) by the same algorithm (Frank and
Wolfe's, sparsified once); the exact synthetic control is a least-squares problem on the simplex.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import scipy

from riskmodels.arrays import Flags, Floats
from riskmodels.effects.estimates import EffectEstimate, effect_estimate
from riskmodels.effects.treated import Treated
from riskmodels.errors import TooLittleError

_FIRST, _ROUNDS = 100, 10_000  # steps of the search, before and after small weights are dropped
_STOP = 1e-5  # [standard deviations of yearly changes] decrease at which it ends
_SMALL = 0.25  # of the largest weight: dropped between the two searches
_NO_RIDGE = 1e-6  # of a synthetic control, in the same place as the ridge of the other
_HEAVY = 1e4  # standard deviations, by which weights have to add up to one before they are polished
_FEWEST = 2  # units without the action, and periods before it
_NOTHING = 1e-9  # a weight that is as good as none


@dataclass(frozen=True, kw_only=True, eq=False)
class Block:
    """r comparisons: units without the action and one average unit with it, before and after.

    Attributes
    ----------
    controls : ndarray, shape (r, m, T)
    treated : ndarray, shape (r, T)
    before : int
        Periods before the action.
    number : int
        Treated units that were averaged.
    """

    controls: Floats
    treated: Floats
    before: int
    number: int

    @property
    def noise(self) -> Floats:
        """Standard deviation of changes between periods of the units without the action, shape (r,)."""
        changes = np.diff(self.controls[..., : self.before], axis=-1)
        return np.asarray(changes.reshape(len(changes), -1).std(axis=1, ddof=1))


@dataclass(frozen=True, kw_only=True, eq=False)
class Synthetic:
    """What the treated units would have been.

    Attributes
    ----------
    estimate : ndarray, shape (r,)
        Mean effect after the start, in the unit of the outcome.
    units : ndarray, shape (r, m)
        Weights of units, summing to one.
    expected : ndarray, shape (r, T)
        Without the action.
    """

    estimate: Floats
    units: Floats
    expected: Floats


Method = Callable[[Block], Synthetic]


def synthetic_did(block: Block) -> Synthetic:
    """Weigh units and periods so that the rest runs in parallel, and take the difference in differences."""
    after = block.controls.shape[-1] - block.before
    ridge = (block.number * after) ** 0.25 * block.noise
    past, future = block.controls[..., : block.before], block.controls[..., block.before :]
    periods = _simplex_weights(
        past, future.mean(axis=-1), _NO_RIDGE * block.noise, block.noise, intercept=True
    )
    units = _simplex_weights(
        past.swapaxes(1, 2), block.treated[:, : block.before], ridge, block.noise, intercept=True
    )
    return _shifted(block, units, periods)


def difference(block: Block) -> Synthetic:
    """Difference in differences: all units and all periods alike."""
    runs, many, _ = block.controls.shape
    return _shifted(
        block, np.full((runs, many), 1.0 / many), np.full((runs, block.before), 1.0 / block.before)
    )


def ridged_control(block: Block) -> Synthetic:
    """Synthetic control by the same search, with a ridge that is next to nothing and no intercept."""
    past, aim = block.controls[..., : block.before].swapaxes(1, 2), block.treated[:, : block.before]
    weights = _simplex_weights(past, aim, _NO_RIDGE * block.noise, block.noise, intercept=False)
    return _shifted(block, weights, None)


def synthetic_control(block: Block) -> Synthetic:
    """Weigh units without the action so that they meet the treated one before it: exact, on the simplex."""
    past = block.controls[..., : block.before].swapaxes(1, 2)
    pairs = zip(past, block.treated[:, : block.before], strict=True)
    return _shifted(block, np.stack([_exact_weights(*pair) for pair in pairs]), None)


def _exact_weights(past: Floats, aim: Floats) -> Floats:
    """Solve least squares on the simplex: which weights are not zero, and then those exactly."""
    heavy = _HEAVY * max(float(np.abs(past).max()), _NOTHING)
    rough, _ = scipy.optimize.nnls(np.vstack([past, np.full(past.shape[1], heavy)]), np.append(aim, heavy))
    used = rough > _NOTHING
    part, ones = past[:, used], np.ones((int(used.sum()), 1))
    gram = np.block([[part.T @ part, ones], [ones.T, np.zeros((1, 1))]])
    exact = np.linalg.lstsq(gram, np.append(part.T @ aim, 1.0), rcond=None)[0][:-1]
    weights = np.zeros(len(rough))
    weights[used] = exact if (exact >= 0).all() else rough[used] / rough.sum()
    return weights


def _shifted(block: Block, units: Floats, periods: Floats | None) -> Synthetic:
    """Set the treated unit beside weighted units, moved to meet it in weighted periods if there are any."""
    expected = np.einsum("rm,rmt->rt", units, block.controls)
    if periods is not None:
        gap = (block.treated - expected)[:, : block.before]
        expected = expected + (periods * gap).sum(axis=1, keepdims=True)
    estimate = (block.treated - expected)[:, block.before :].mean(axis=1)
    return Synthetic(estimate=estimate, units=units, expected=expected)


def _simplex_weights(design: Floats, aim: Floats, ridge: Floats, noise: Floats, *, intercept: bool) -> Floats:
    """Find weights on the simplex that make columns of designs, shape (r, N, p), meet aims, shape (r, N)."""
    if intercept:
        design, aim = design - design.mean(axis=1, keepdims=True), aim - aim.mean(axis=1, keepdims=True)
    number, size = design.shape[1:]
    gram = design.swapaxes(1, 2) @ design + number * (ridge**2)[:, None, None] * np.eye(size)
    cross = np.einsum("rnp,rn->rp", design, aim)
    stop = number * (_STOP * noise) ** 2
    weights = _searched(gram, cross, np.full((len(design), size), 1.0 / size), stop, _FIRST)
    weights = np.where(weights <= weights.max(axis=1, keepdims=True) * _SMALL, 0.0, weights)
    return _searched(gram, cross, weights / weights.sum(axis=1, keepdims=True), stop, _ROUNDS)


def _searched(gram: Floats, cross: Floats, weights: Floats, stop: Floats, rounds: int) -> Floats:
    """Go to the best vertex, as far as it pays, until it pays no longer; each of r by itself."""
    weights, running = weights.copy(), np.arange(len(weights))
    for step in range(rounds):
        now = weights[running]
        slope = (gram[running] @ now[..., None])[..., 0] - cross[running]
        way = -now
        way[np.arange(len(now)), slope.argmin(axis=1)] += 1.0
        along = (slope * way).sum(axis=1)
        curve = ((gram[running] @ way[..., None])[..., 0] * way).sum(axis=1)
        length = np.clip(np.divide(-along, curve, out=np.zeros(len(now)), where=curve > 0), 0.0, 1.0)
        weights[running] = now + length[:, None] * way
        decrease = -2.0 * length * along - length**2 * curve
        going = (decrease > stop[running]) | (step == 0)
        running = running[going]
        if not len(running):
            break
    return weights


def block_of(data: Treated) -> Block:
    """Take the units that start together, and those that never do, over periods known of all of them.

    Raises
    ------
    TooLittleError
        Starts are staggered, or too few units or periods are known.
    """
    starts = data.cohorts
    if len(starts) != 1:
        raise TooLittleError(
            f"the units start in {len(starts)} different periods: a synthetic comparison is for one; estimate"
            " each by itself, or take method='imputation'"
        )
    values = data.rates()
    known: Flags = np.asarray(np.isfinite(values), dtype=bool)
    complete = known[~data.ever].all(axis=1) if (~data.ever).any() else np.zeros(0, dtype=bool)
    controls, treated = values[~data.ever][complete], values[data.ever]
    periods: Flags = np.asarray(np.isfinite(treated).all(axis=0), dtype=bool)
    before = int(periods[: starts[0]].sum())
    if min(len(controls), before) < _FEWEST or not periods[starts[0] :].any():
        raise TooLittleError(
            f"{len(controls)} units without the action are known in every period, and {before} periods before"
            " it; expected 2 at least of each, and one after it"
        )
    return Block(
        controls=controls[None][..., periods],
        treated=treated[:, periods].mean(axis=0)[None],
        before=before,
        number=len(treated),
    )


def synthetic_effect(
    data: Treated, *, method: str, solve: Method, level: float
) -> tuple[EffectEstimate, pd.DataFrame]:
    """Estimate an effect, its error from the effects that units without the action seem to have.

    Of counts the outcome is the rate, and the effect the logarithm of its change.
    """
    block = block_of(data)
    found = solve(block)
    placebos = placebo_effects(block, solve)
    log = data.counts
    size, error = float(found.estimate[0]), float(placebos.std(ddof=1))
    if log:
        level_after = float(block.treated[0, block.before :].mean())
        without = level_after - size
        size = float(np.log(level_after / without)) if level_after > 0 and without > 0 else np.nan
        error = error / level_after if level_after > 0 else np.nan
    effect = effect_estimate(
        method,
        scale="log" if log else "difference",
        estimate=size,
        standard_error=error,
        degrees=len(placebos) - 1,
        level=level,
    )
    time = np.flatnonzero(np.isfinite(data.rates()[data.ever]).all(axis=0))
    table = pd.DataFrame(
        {
            "cohort": data.periods[[int(data.cohorts[0])] * len(time)],
            "period": data.periods[time],
            "event_time": time - int(data.cohorts[0]),
            "units": block.number,
            "observed": block.treated[0],
            "expected": found.expected[0],
            "estimate": (block.treated - found.expected)[0],
            "standard_error": np.nan,
        }
    )
    return effect, table


def placebo_effects(block: Block, solve: Method) -> Floats:
    """Take each unit without the action as if it had it: effects, shape (m,)."""
    return solve(placebo_block(block)).estimate


def placebo_block(block: Block) -> Block:
    """Make a comparison of each unit without the action and the others."""
    controls = block.controls[0]
    others = np.array([np.delete(controls, place, axis=0) for place in range(len(controls))])
    return replace(block, controls=others, treated=controls, number=1)


def error_ratios(block: Block, solve: Method) -> Floats:
    """Root mean squared errors after over before, of the treated unit first, then of each other."""
    ratios = []
    for one in (block, placebo_block(block)):
        gaps = (one.treated - solve(one).expected) ** 2
        ratios.append(np.sqrt(gaps[:, one.before :].mean(axis=1) / gaps[:, : one.before].mean(axis=1)))
    return np.concatenate(ratios)
