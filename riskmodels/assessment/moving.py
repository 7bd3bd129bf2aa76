"""Whether what a finding is about got worse or better, beyond what chance explains."""

import json

import numpy as np
import pandas as pd
import scipy

from riskmodels.arrays import Flags, Floats

_OF_QUARTER = {  # rules whose figures are of the quarter alone, and the figure that moves
    "bank_limit": "estimate",
    "unit_limit": "estimate",
    "unit_score": "estimate",
    "customer_gap": "difference",
}
_REACH = 1.645  # standard deviations from a figure to an end of its 90 % interval
_FIGURES = ("lower", "upper", "amber", "red", "difference")


def figures_frame(facts: pd.DataFrame) -> pd.DataFrame:
    """Return the figures that movements are told by, a row a fact: what moves, its interval and limits.

    Its direction is positive where more is worse; unknown where a rule's figures tell no movement.
    """
    parsed = pd.DataFrame([json.loads(one) for one in facts["figures"]], index=facts.index)
    frame = parsed.reindex(columns=list(_FIGURES)).astype("float64").assign(estimate=facts["estimate"])
    told = facts["rule"].isin(list(_OF_QUARTER))
    is_gap = facts["rule"] == "customer_gap"
    frame["value"] = frame["estimate"].where(~is_gap, frame["difference"]).where(told)
    upwards = (frame["red"] - frame["amber"]).where(~is_gap, frame["difference"])
    frame["worse"] = np.sign(upwards.to_numpy(np.float64))
    frame["worse"] = frame["worse"].where(told)
    return frame


def chance_of_worse(then: pd.DataFrame, now: pd.DataFrame) -> Floats:
    """Return the probability that each true value moved in the worse direction.

    Parameters
    ----------
    then, now : DataFrame
        Rows of ``figures_frame`` of the same findings, shape (n, …).

    Returns
    -------
    ndarray, shape (n,)
        In [0, 1]; one minus itself where the quarters are swapped. NaN where the figures do not tell.

    Notes
    -----
    The variance of a difference is recovered from the two intervals, from the half of each that faces the
    other figure, so that intervals need not be symmetric (MOVER: Zou and Donner 2008,
    doi:10.1002/sim.3095). The quarters are taken to be independent; estimates that remember earlier quarters
    are not, which makes a movement less often said than it might be.
    """
    change = (now["value"] - then["value"]).to_numpy(np.float64)
    up = change > 0
    own, others = _halves(now), _halves(then)
    error = np.hypot(np.where(up, own[0], own[1]), np.where(up, others[1], others[0])) / _REACH
    worse = now["worse"].to_numpy(np.float64) * np.where(now["worse"] == then["worse"], 1.0, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        score = np.where(change == 0, 0.0, change / error)
    return np.asarray(scipy.stats.norm.cdf(score * worse), dtype=np.float64)


def has_moved(chance: Floats, *, false_share: float) -> Flags:
    """Tell which moved, so that of those said to have moved at most ``false_share`` are expected not to have.

    Benjamini and Hochberg 1995 on the two-sided p-values of ``chance``; unknown ones have not moved.

    >>> has_moved(np.array([0.999, 0.9, 0.0001, np.nan]), false_share=0.1).tolist()
    [True, False, True, False]
    """
    p_value = 2 * np.minimum(chance, 1 - chance)
    known = np.isfinite(p_value)
    moved = np.zeros(len(chance), dtype=np.bool_)
    if known.any():
        moved[known] = scipy.stats.false_discovery_control(p_value[known]) <= false_share
    return moved


def _halves(figures: pd.DataFrame) -> tuple[Floats, Floats]:
    """Return how far an interval reaches below its figure, and above."""
    value, lower, upper = (figures[name].to_numpy(np.float64) for name in ("value", "lower", "upper"))
    return value - lower, upper - value
