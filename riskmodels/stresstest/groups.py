"""Who turns red among customers: the standards of each customer group under a scenario."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats
from riskmodels.catalogue import INDICATORS, indicators
from riskmodels.comparisons.gaps import GROUP, why_not_by_group
from riskmodels.parameters.policy import Policy
from riskmodels.scorecard import rate_draws
from riskmodels.scorecard.grounds import FEWEST
from riskmodels.scorecard.rating import INTERVAL, SEED
from riskmodels.stresstest.handling import DEADLINES
from riskmodels.stresstest.outcome import GROUPS, none_of
from riskmodels.tables import Tables

_ANY = 0.5  # of a case: Jeffreys
_TINY = 1e-300  # what nothing is divided by


def stress_groups(
    tables: Tables,
    policy: Policy,
    quarter: str,
    limits: pd.DataFrame,
    indicators_: tuple[Mapping[str, Floats], Mapping[str, Floats]],
) -> pd.DataFrame:
    """Rate customer groups by the shares that a scenario moves.

    Parameters
    ----------
    tables, policy
        Cases by customer group; how sure a rating must be.
    quarter : str
        The state before.
    limits : DataFrame
        The bank's rated rows with the limits of the scenario: indicator_id, amber, red, dispersion.
    indicators_ : pair of dict of str to ndarray, shape (size,)
        The bank's indicators before, and those that move, after.

    Returns
    -------
    DataFrame
        One row a customer group and indicator: id, indicator_id, cases [number], before, after, lower, upper
        [share; 90 % interval], red, p_red_before, p_red, rating_before, rating; those first whose probability
        of red rises most. No row where cases have no customer group.

    Notes
    -----
    All wait for the same handlers, so that a share that follows from waiting is multiplied for each group as
    for the bank; any other moves by the bank's change in points. Groups have Jeffreys posteriors of their
    own cases, overdispersed as the bank. How often a group complains cannot be rated: accounts have none.
    """
    before, after = indicators_
    rows = _rows(tables, policy, quarter, limits, list(after))
    if rows.empty:
        return none_of(GROUPS)
    draws = _draws(rows, len(next(iter(after.values()))))
    moved = np.stack([_moved(draws[at], name, before, after) for at, name in enumerate(rows["indicator_id"])])
    rated = rate_draws(rows, draws, policy)
    stressed = rate_draws(rows.assign(rating=rated["rating"]), moved, policy)
    lower, upper = np.quantile(moved, INTERVAL, axis=1)
    table = pd.DataFrame(
        {
            "id": rows[GROUP],
            "indicator_id": rows["indicator_id"],
            "cases": rows["denominator"],
            "before": draws.mean(axis=1),
            "after": moved.mean(axis=1),
            "lower": lower,
            "upper": upper,
            "red": rows["red"],
            "p_red_before": rated["p_red"],
            "p_red": stressed["p_red"],
            "rating_before": rated["rating"],
            "rating": stressed["rating"],
        }
    )[[*GROUPS]]
    rise = (table["p_red"] - table["p_red_before"]).to_numpy()
    return table.iloc[np.argsort(-rise, kind="stable")].reset_index(drop=True).astype({"id": "str"})


def _rows(
    tables: Tables, policy: Policy, quarter: str, limits: pd.DataFrame, moved: list[str]
) -> pd.DataFrame:
    """Return the cases of each group by indicator that moves and has limits, as rows to be rated."""
    known = limits.loc[limits["red"].notna(), ["indicator_id", "amber", "red", "dispersion"]]
    wanted = {*known["indicator_id"]} & {name for name in moved if not why_not_by_group(name, tables)}
    if not wanted:
        return pd.DataFrame()
    chosen = tuple(one for one in policy.indicators if one.id in wanted)
    cells = indicators(
        tables, policy.model_copy(update={"indicators": chosen}), by=(GROUP,), periods=[quarter]
    ).table
    rows = cells[cells[GROUP].notna() & (cells["denominator"] > 0)].merge(known, on="indicator_id")
    share = rows["numerator"] / rows["denominator"]
    few = np.where(rows["denominator"] < FEWEST, "few", "quarter")
    return rows.assign(basis=few, rating="", estimate=share, own=share, figure=share)


def _draws(rows: pd.DataFrame, size: int) -> Floats:
    """Draw the true shares of groups, shape (rows, size)."""
    good, cases = (
        (rows[name] / rows["dispersion"]).to_numpy(float)[:, None] for name in ("numerator", "denominator")
    )
    return np.random.default_rng(SEED).beta(good + _ANY, cases - good + _ANY, (len(rows), size))


def _moved(draws: Floats, name: str, before: Mapping[str, Floats], after: Mapping[str, Floats]) -> Floats:
    """Move the shares of a group as the bank's move, path by path."""
    if name in DEADLINES:
        return np.clip(draws * after[name] / np.maximum(before[name], _TINY), 0.0, 1.0)
    highest = 1.0 if INDICATORS[name].is_share else np.inf
    return np.clip(draws + after[name] - before[name], 0.0, highest)
