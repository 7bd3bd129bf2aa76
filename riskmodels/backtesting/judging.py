"""What came beside what was expected: one row a series and period, and the totals."""

from dataclasses import replace

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats
from riskmodels.backtesting.outcomes import UNKNOWN, Outcome
from riskmodels.forecasting import Forecast
from riskmodels.forecasting.predictive import predictive_of

ABOVE, BELOW = "above", "below"
NUMBERS = ("observed", "completeness", "final", "mean", "lower", "upper", "pit", "surprise")
WORDS = ("level", "period", "outside", "reason")
COLUMNS = ("level", "period", *NUMBERS[:-1], "outside", "surprise", "reason")
_ENDS = (0.025, 0.975)  # of the interval: 95 %
_DRAWS, SEED = 2000, 73  # fifty of them lie beyond each end of the interval


def draws_of(earlier: Forecast, outcome: Outcome) -> Floats:
    """Draw what was expected of each series over the periods that are judged: (draws, n).

    With what is still to come of them, as it is known now.
    """
    found = np.zeros((_DRAWS, len(earlier.keys)))
    judged = outcome.judged
    for rows, draws in earlier.draw(_DRAWS, seed=SEED):
        found[:, rows] = (draws * judged[rows]).sum(axis=-1)
    rng = np.random.default_rng([SEED, 1])
    due = np.where(judged, earlier.mean, 0.0)
    found += rng.standard_normal(found.shape) * np.sqrt(outcome.still_to_come(due).sum(axis=-1))
    found += rng.standard_normal((_DRAWS, 1)) * (due @ outcome.doubt)
    return np.maximum(found, 0.0)


def review_table(earlier: Forecast, outcome: Outcome, draws: Floats, period: str) -> pd.DataFrame:
    """Make the rows of ``ForecastReview.table``: series, then totals; each period, then all of it.

    There are rows of all of it where several periods are judged.
    """
    several = int(outcome.judged.any(axis=0).sum()) > 1  # else what is judged is a period's own row
    frames = [_of_series(earlier, outcome)]
    if several:
        named = _named(earlier, outcome, period)
        frames += [_of_sums(earlier, outcome, draws, named), _of_totals(earlier, outcome)]
        frames.append(_of_total(earlier, outcome, draws, named))
    else:
        frames.append(_of_totals(earlier, outcome))
    table = pd.concat(frames, ignore_index=True)
    keys = [str(column) for column in earlier.keys.columns]
    table[keys] = table[keys].astype(object).where(table[keys].notna(), "")
    return table[[*keys, *COLUMNS]].astype(dict.fromkeys(WORDS, "str"))


def _named(earlier: Forecast, outcome: Outcome, period: str) -> str:
    """Name what is judged: the period, or the first and the last of its parts where one is missing."""
    judged = np.asarray(outcome.judged.any(axis=0))
    parts = earlier.periods[judged]
    begins = earlier.periods[outcome.asked][0].start_time <= pd.Period(period).start_time
    return period if begins and judged.sum() == outcome.asked.sum() else f"{parts[0]} – {parts[-1]}"


def _of_series(earlier: Forecast, outcome: Outcome) -> pd.DataFrame:
    """One row a series and period."""
    mean = earlier.mean
    wider = outcome.still_to_come(mean) + (mean * outcome.doubt) ** 2
    known = predictive_of("count", mean, earlier.predictive.variance + wider)
    final = np.where(outcome.judged, outcome.final, np.nan)
    ends = np.where(wider[..., None] > 0, known.ppf(np.array(_ENDS)), earlier.predictive.ppf(np.array(_ENDS)))
    told = replace(earlier, predictive=known).pit(np.nan_to_num(final), seed=SEED)
    pit = np.where(wider > 0, told, earlier.pit(np.nan_to_num(final), seed=SEED))
    places = np.flatnonzero(outcome.asked)
    n, h = len(earlier.keys), len(places)
    frame = earlier.keys.iloc[np.repeat(np.arange(n), h)].reset_index(drop=True)
    frame["period"] = np.tile(earlier.periods[places].astype("str").to_numpy(), n)
    frame["completeness"] = np.tile(outcome.share[places], n)
    frame["reason"] = outcome.reason[:, places].ravel()
    cells = {
        "observed": outcome.observed,
        "final": outcome.final,
        "mean": mean,
        "lower": ends[..., 0],
        "upper": ends[..., 1],
        "pit": pit,
    }
    return _judged(
        frame.assign(level="series", **{name: part[:, places].ravel() for name, part in cells.items()})
    )


def _of_totals(earlier: Forecast, outcome: Outcome) -> pd.DataFrame:
    """One row a period: what is judged of it, and the series that are new."""
    judged, places = outcome.judged, np.flatnonzero(outcome.asked)
    some = judged.any(axis=0)  # else there is no total
    due = np.where(judged, earlier.mean, 0.0)
    variance = np.where(judged, earlier.predictive.variance, 0.0)
    shared = replace(earlier.dependence, loadings=earlier.dependence.loadings * judged)
    mean = due.sum(axis=0)
    whole = shared.variance_of_sums(variance, np.zeros(len(due), dtype=np.int64), 1)[0]
    whole = whole + outcome.still_to_come(mean) + (mean * outcome.doubt) ** 2
    law = predictive_of("count", mean[None], whole[None])
    new = outcome.came.sum(axis=0)
    final = np.where(judged, outcome.final, 0.0).sum(axis=0) + new
    seen = np.where(judged, outcome.observed, 0.0).sum(axis=0) + new * outcome.share
    ends = law.ppf(np.array(_ENDS))[0]
    pit = replace(earlier, panel=earlier.panel.aggregate(), predictive=law).pit(final[None], seed=SEED)[0]
    return _judged(
        pd.DataFrame(
            {
                "period": earlier.periods[places].astype("str"),
                "level": "total",
                "completeness": outcome.share[places],
                "observed": np.where(some, np.round(seen), np.nan)[places],
                "final": final[places],
                "mean": np.where(some, mean, np.nan)[places],
                "lower": np.where(some, ends[:, 0], np.nan)[places],
                "upper": np.where(some, ends[:, 1], np.nan)[places],
                "pit": pit[places],
                "reason": np.where(some, "", UNKNOWN)[places],
            }
        )
    )


def _of_sums(earlier: Forecast, outcome: Outcome, draws: Floats, period: str) -> pd.DataFrame:
    """One row a series, over the periods that are judged of it."""
    judged, asked = outcome.judged, outcome.asked
    known = judged.any(axis=1)
    frame = earlier.keys.assign(level="series", period=period)
    frame["reason"] = np.where(known, "", outcome.reason[:, np.flatnonzero(asked)[0]])
    frame["observed"] = np.where(known, np.where(judged, outcome.observed, 0.0).sum(axis=1), np.nan)
    frame["final"] = np.where(known, np.where(judged, outcome.final, 0.0).sum(axis=1), np.nan)
    frame["mean"] = np.where(judged, earlier.mean, 0.0).sum(axis=1)
    due = np.where(judged, earlier.mean, 0.0)
    frame["completeness"] = _over(due, outcome.share)
    return _judged(_with_law(frame, draws))


def _of_total(earlier: Forecast, outcome: Outcome, draws: Floats, period: str) -> pd.DataFrame:
    """One row: all that is judged, over all periods, and the series that are new."""
    judged, new = outcome.judged, outcome.came.sum(axis=0)
    due = np.where(judged, earlier.mean, 0.0)
    seen = np.where(judged, outcome.observed, 0.0).sum(axis=0) + new * outcome.share
    frame = pd.DataFrame({"level": ["total"], "period": [period]})
    frame["reason"] = ""
    frame["observed"] = np.round(seen.sum())
    frame["final"] = np.where(judged, outcome.final, 0.0).sum() + new.sum()
    frame["mean"] = due.sum()
    frame["completeness"] = _over(due.sum(axis=0, keepdims=True), outcome.share)
    return _judged(_with_law(frame, draws.sum(axis=1, keepdims=True)))


def _over(due: Floats, share: Floats) -> Floats:
    """Share of what is due over all periods that is known: (m, h) -> (m,)."""
    whole = due.sum(axis=1)
    return np.asarray(np.where(whole > 0, due @ share / np.maximum(whole, 1e-9), 1.0))


def _with_law(frame: pd.DataFrame, draws: Floats) -> pd.DataFrame:
    """Add the interval of the draws (S, m) to m rows, and the place of what came among them."""
    draws = np.round(draws)
    lower, upper = np.quantile(draws, _ENDS, axis=0, method="inverted_cdf")
    final = frame["final"].to_numpy()
    below, level = (draws < final).mean(axis=0), (draws == final).mean(axis=0)
    chance = np.random.default_rng([SEED, 2]).uniform(size=len(frame))
    return frame.assign(lower=lower, upper=upper, pit=below + chance * level)


def _judged(frame: pd.DataFrame) -> pd.DataFrame:
    """Say what lies outside its interval, and by how much it differs from what was expected."""
    known = frame["reason"] == ""
    outside = np.where(
        frame["final"] > frame["upper"], ABOVE, np.where(frame["final"] < frame["lower"], BELOW, "")
    )
    return frame.assign(
        outside=np.where(known, outside, ""),
        surprise=(frame["final"] - frame["mean"]).where(known),
        pit=frame["pit"].where(known),
        final=frame["final"].where(known),
    )
