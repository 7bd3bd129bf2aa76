"""Where the bank stands before a scenario and under it: indicators, ratings, complaints by month."""

from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats
from riskmodels.catalogue import INDICATORS
from riskmodels.forecasting import Forecast, nowcast_where_logged
from riskmodels.parameters.policy import Policy
from riskmodels.scorecard import Scorecard, rate_draws, rate_period
from riskmodels.scorecard.rating import INTERVAL
from riskmodels.tables import Tables

_TINY = 1e-9  # a mean: what none is divided by
_rated: WeakKeyDictionary[Tables, dict[tuple[str, str], pd.DataFrame]] = WeakKeyDictionary()


def rated_before(tables: Tables, policy: Policy, quarter: str, card: Scorecard | None) -> pd.DataFrame:
    """Return the bank's rated rows of a quarter: the scorecard's, whose ratings know the quarter before."""
    wanted = (quarter, policy.valid_from, tables.digest)
    if card is None or (card.period, card.policy, card.data_digest) != wanted:
        return _rated_alone(tables, policy, quarter).copy()
    return card.bank.reset_index(drop=True)


def _rated_alone(tables: Tables, policy: Policy, quarter: str) -> pd.DataFrame:
    """Rate the bank without a scorecard: once, whatever scenarios follow."""
    kept, key = _rated.setdefault(tables, {}), (policy.model_dump_json(), quarter)
    if key not in kept:
        known = nowcast_where_logged(tables.complaints)
        kept[key] = rate_period(tables, policy, quarter, nowcast=known)
    return kept[key]


def centred(draws: Floats, before: pd.DataFrame) -> Floats:
    """Move draws so that their means are the scorecard's estimates; shares stay within 0 and 1."""
    mean, wanted = draws.mean(axis=1, keepdims=True), before["estimate"].to_numpy(float)[:, None]
    is_share = np.array([INDICATORS[one].is_share for one in before["indicator_id"]], dtype=np.bool_)[:, None]
    risen = 1 - (1 - draws) * (1 - wanted) / np.maximum(1 - mean, _TINY)
    scaled = draws * wanted / np.maximum(mean, _TINY)
    return np.asarray(np.where(is_share & (wanted > mean), risen, scaled))


def compare_indicators(
    before: pd.DataFrame, draws: Floats, after: dict[str, Floats], limits: pd.DataFrame, policy: Policy
) -> pd.DataFrame:
    """Set indicators beside what they were; ``limits`` are the rows with the limits of the scenario."""
    moved = before["indicator_id"].isin(list(after)).to_numpy()
    rows, stricter = (frame[moved].reset_index(drop=True) for frame in (before, limits))
    changed = np.stack([after[name] for name in rows["indicator_id"]]) if after else draws[:0]
    rated = rate_draws(stricter, changed, policy)
    size = max(draws.shape[1], 1)
    lower, upper = np.quantile(changed, INTERVAL, axis=1)
    return pd.DataFrame(
        {
            "indicator_id": rows["indicator_id"],
            "before": rows["estimate"],
            "after": changed.mean(axis=1),
            "lower": lower,
            "upper": upper,
            "standard_error": changed.std(axis=1) / np.sqrt(size),
            "amber": stricter["amber"],
            "red": stricter["red"],
            "p_red_before": rows["p_red"],
            "p_red": rated["p_red"],
            "p_red_error": np.sqrt(rated["p_red"] * (1 - rated["p_red"]) / size),
            "rating_before": rows["rating"],
            "rating": rated["rating"],
        }
    )


def monthly(outlook: Forecast, expected: Floats, stressed: Floats) -> pd.DataFrame:
    """Bank-wide complaints by period, from paths of shape (size, h)."""
    frame = pd.DataFrame({"period": outlook.periods.astype("str")})
    for name, paths in (("expected", expected), ("stressed", stressed)):
        frame[name] = paths.mean(axis=0)
        frame[f"{name}_lower"], frame[f"{name}_upper"] = np.quantile(paths, INTERVAL, axis=0)
    frame["standard_error"] = stressed.std(axis=0) / np.sqrt(len(stressed))
    return frame
