"""Who turns red: units and products under a scenario, by their rate of complaints."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats
from riskmodels.parameters.policy import Policy
from riskmodels.scorecard import Scorecard, draw_values, rate_draws
from riskmodels.scorecard.rating import INTERVAL
from riskmodels.stresstest.mix import Mix
from riskmodels.stresstest.outcome import TURNING, none_of
from riskmodels.stresstest.shocked import Drawn

_RATE = "complaint_rate"


def who_turns_red(
    card: Scorecard, mix: Mix, drawn: Sequence[Drawn], policy: Policy, *, months: slice, size: int
) -> pd.DataFrame:
    """Rate units and products by their complaints under a scenario.

    Parameters
    ----------
    card : Scorecard
        Their rate of complaints before, with its uncertainty, and their limits.
    mix : Mix
        Whose complaints they are: a shock of a product is felt by those who have it.
    drawn : sequence of Drawn
        The assumptions.
    policy : Policy
        How sure a rating must be.
    months : slice
        The quarter looked at, in months ahead.
    size : int
        Paths.

    Returns
    -------
    DataFrame
        of (``unit_id`` or ``product``), id, before, after, lower, upper [complaints per 1,000 accounts and
        year; 90 % interval], red, p_red_before, p_red, rating_before, rating; those first whose
        probability of red rises most.
    """
    levels = {"unit_id": card.indicators, "product": card.products}
    frames = [
        _stressed(rows, level, mix.rows([level])[0], mix.times(drawn, [level], months, size), policy)
        for level, rows in levels.items()
        if level in mix.cells and level in rows
    ]
    filled = [frame for frame in frames if len(frame)]
    if not filled:
        return none_of(TURNING)
    table = pd.concat(filled, ignore_index=True)
    rise = table["p_red"].fillna(0) - table["p_red_before"].fillna(0)
    return table.iloc[np.argsort(-rise.to_numpy(), kind="stable")].reset_index(drop=True)


def _stressed(
    rows: pd.DataFrame, level: str, names: pd.DataFrame, times: Floats, policy: Policy
) -> pd.DataFrame:
    """Return the rows of one level under the scenario."""
    of_rate = rows[(rows["indicator_id"] == _RATE) & (rows[level].astype("str") != "")].reset_index(drop=True)
    places = pd.Index(names[level].astype("str")).get_indexer(pd.Index(of_rate[level].astype("str")))
    factor = np.where(places[:, None] >= 0, times[:, places].T, 1.0)
    before = draw_values(of_rate, times.shape[0])
    after = before * factor
    rated = rate_draws(of_rate, after, policy)
    lower, upper = np.quantile(after, INTERVAL, axis=1) if len(of_rate) else (0.0, 0.0)
    columns = {
        "of": level,
        "id": of_rate[level],
        "before": of_rate["estimate"],
        "after": of_rate["estimate"] * factor.mean(axis=1),
        "lower": lower,
        "upper": upper,
        "red": of_rate["red"],
        "p_red_before": of_rate["p_red"],
        "p_red": rated["p_red"],
        "rating_before": of_rate["rating"],
        "rating": rated["rating"],
    }
    return pd.DataFrame(columns)[[*TURNING]].astype({"id": "str", "of": "str"})
