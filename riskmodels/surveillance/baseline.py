"""What the next period of a series should be, from the periods before it alone, and how unusual it was."""

from dataclasses import dataclass

import numpy as np

from riskmodels.arrays import Flags, Floats
from riskmodels.surveillance.filtering import Filter
from riskmodels.surveillance.laws import Counts
from riskmodels.surveillance.settings import SETTINGS, Design, Limits


@dataclass(frozen=True, kw_only=True, eq=False)
class Watched:
    """What was expected of n series and T periods, and what was seen, shape (n, T) each.

    Attributes
    ----------
    mean, variance : ndarray
        [events a period] Of the count, from earlier periods and what all share in this one; NaN before a
        second known count.
    above, here : ndarray
        P(X > count) and P(X = count) in control.
    score : ndarray
        Standard score of the count.
    chart : ndarray
        [standard scores] The CUSUM of the scores; zero after an alarm has ended.
    alarm : ndarray of bool
        The count is beyond its limit, or the CUSUM beyond its own.
    dispersion : ndarray
        [variance over mean] As known before the period.
    spread, level : ndarray
        Variance of the level (the logarithm of the mean, or of cases of the odds), and the level itself,
        before the period.
    steep : ndarray
        By how much the logarithm of the mean grows with the level: one, but of cases the share that does not
        fail.
    evidence : ndarray
        [standard scores] The CUSUM as it would be without alarms.
    begins : ndarray
        [place of a period] From which on the level is followed: its start, the end of a hole, a new normal.
    open : ndarray of bool
        The rise that led to an alarm has not ended, nor become normal.
    common : ndarray, shape (T,)
        What all share, since the start: a factor of the means, of cases of the odds.
    usual : ndarray, shape (T,)
        [variance over mean] What series start with in a period.
    prior : ndarray, shape (T, p)
        [log²] Of slope, season and calendar among the series: variances as known before a period.
    shared : ndarray, shape (5, n, T)
        Of what the common factor is made, see ``common_shift``; zero of series that are not in it.
    shared_from : ndarray, shape (T,)
        The shift from which its last step went out.
    """

    mean: Floats
    variance: Floats
    above: Floats
    here: Floats
    score: Floats
    chart: Floats
    alarm: Flags
    dispersion: Floats
    spread: Floats
    level: Floats
    steep: Floats
    evidence: Floats
    begins: Floats
    open: Flags
    common: Floats
    usual: Floats
    prior: Floats
    shared: Floats
    shared_from: Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class Known:
    """What is known of groups from their series.

    Attributes
    ----------
    common : ndarray, shape (m, T)
        What all share.
    like : Watched, optional
        Series whose usual dispersion holds for these, and which differ in slope and season no less.
    """

    common: Floats
    like: Watched | None


def follow(
    values: Floats,
    offset: Floats,
    design: Design,
    limits: Limits,
    *,
    law: type[Counts],
    known: Known | None = None,
) -> Watched:
    """Follow n series period by period: predict, compare, learn.

    Parameters
    ----------
    values : ndarray, shape (n, T)
        Counts; NaN is unknown.
    offset : ndarray, shape (n, T)
        What counts are proportional to, or cases out of which they are; positive.
    design : Design
    limits : Limits
    law : type of Counts
        Of what is seen about its mean.
    known : Known, optional
        What other series have shown; default: it is found, and what these share in a period is taken off
        where they are enough.
    """
    shared = known is None and len(values) >= SETTINGS.fewest_common
    like = None if known is None else known.like
    differ = shared or (like is not None and len(values) > 1)  # from what all share, which one total is
    state = Filter(len(values), design.beside() if differ else design, limits, law)
    factor, begun, shown = np.empty((3, values.shape[1]))
    prior = np.empty((values.shape[1], len(design.prior)))
    steps, parts = [], []
    for time, (count, size) in enumerate(zip(values.T.copy(), offset.T.copy(), strict=True)):
        state.common = state.common if known is None else known.common[:, time]
        shown[time] = state.usual_dispersion() if like is None else like.usual[time]
        if differ:
            state.tighten(state.pooled() if like is None else np.minimum(state.pooled(), like.prior[time]))
        prior[time] = state.prior
        steps.append(state.step(count, size, design.rows[time], shown[time], shared=shared))
        factor[time] = state.common if known is None else 1.0
        parts.append(state.shared)
        begun[time] = state.shared_from
    found = {name: np.stack([step[name] for step in steps], axis=1) for name in steps[0]}
    return Watched(
        **found, common=factor, usual=shown, prior=prior, shared=np.stack(parts, axis=-1), shared_from=begun
    )
