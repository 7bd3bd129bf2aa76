"""Further estimators beside the one that a verdict rests on: do they agree."""

from typing import Final

import numpy as np
import pandas as pd

from riskmodels.effects.differences import Method, difference_in_differences
from riskmodels.effects.judging import LEVEL, Windows
from riskmodels.effects.outcomes import estimates_frame
from riskmodels.effects.peers import PeerCounts
from riskmodels.errors import TooLittleError
from riskmodels.panel import Panel

_METHODS: Final[tuple[Method, ...]] = ("imputation", "synthetic_did")


def further_estimates(
    data: PeerCounts, windows: Windows, *, months: pd.PeriodIndex, action_id: str
) -> pd.DataFrame:
    """Estimate one action's effect by differences in differences, imputed and synthetic.

    Parameters
    ----------
    data : PeerCounts
        What is expected at peers' rates stands for exposure: a break of a region or product is in both.
    windows : Windows
        Of one action; what led to it, and other months until it was done, these do not see either.
    months : PeriodIndex
    action_id : str

    Returns
    -------
    DataFrame
        As ``Effects.estimators``, none of it used for the verdict; an estimator without enough has no row.
    """
    treated, before, after = windows.units[0], windows.before[0], windows.after[0]
    chosen, used = treated | data.peers, before | after
    observed, expected = (part[chosen][:, used] for part in (data.observed, data.expected))
    known = data.known[chosen][:, used] & (expected > 0)
    panel = Panel(
        keys=pd.DataFrame({"unit": np.flatnonzero(chosen)}),
        periods=months[used],
        values=np.where(known, observed, np.nan),
        exposure=np.where(known, expected, np.nan),
        kind="count",
    )
    starts = dict.fromkeys(np.flatnonzero(treated), months[int(after.argmax())])
    rows, events = [], float((data.observed[treated] * after).sum())
    for method in _METHODS:
        try:
            effect = difference_in_differences(panel, starts=starts, method=method, level=LEVEL).effect
        except TooLittleError:  # of few units, or with holes: the others still say theirs
            continue
        change, lower, upper = effect.relative
        figures = {"observed": events, "expected": events / (1.0 + change), "estimate": change}
        figures |= {"lower": lower, "upper": upper, "p_value": effect.chance}
        rows.append({"action_id": action_id, "estimator": method, **figures, "used": False})
    return estimates_frame(pd.DataFrame(rows))
