"""Whether a scorecard predicts which units go wrong in the next quarter, and better than simpler means."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from itertools import product

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy

from riskmodels.arrays import Flags, Floats
from riskmodels.catalogue.exposure import days_of
from riskmodels.display import Displayed
from riskmodels.errors import ParameterError
from riskmodels.labels import commas, label, marked, space
from riskmodels.parameters.policy import Policy
from riskmodels.periods.quarters import check_quarter
from riskmodels.scorecard.scores import WORST
from riskmodels.scorecard.scoring import Scorecard, score
from riskmodels.tables import Table, Tables
from riskmodels.validation.discrimination import (
    Interval,
    auc,
    brier,
    calibration_table,
    kolmogorov_smirnov,
    population_stability,
    with_interval,
)

_Bootstrap = Callable[..., Interval]

COUNTED = {
    "upheld_worst_fifth": marked("upheld complaints per account in the worst fifth"),
    "losses_worst_fifth": marked("losses per account in the worst fifth"),
}
OUTCOMES = COUNTED | {
    "indicator_red": marked("an indicator rated red"),
    "indicator_amber": marked("an indicator rated red or amber"),
    "score_red": marked("a score rated red"),
    "score_amber": marked("a score rated red or amber"),
    "score_worst": marked("a score among the five highest"),
}
PREDICTORS = {
    "score": marked("score"),
    "credible_rate": marked("credible complaint rate"),
    "raw_rate": marked("raw complaint rate"),
    "count": marked("number of complaints"),
    "last": marked("the same a quarter earlier"),
    "p_red": marked("chance of a red score"),
    "p_worst": marked("chance to be among the five riskiest"),
}
_CHANCE_OF = {"p_red": "score_red", "p_worst": "score_worst"}
_PAIRS = tuple(product(("score", "credible_rate"), ("raw_rate", "count", "last")))
_COLOURS = (("red",), ("red", "amber"))
_KEYS = ["unit_id", "period"]
_DIFFERENCE = ["outcome", "predictor", "other", "rows", "difference", "lower", "upper"]
_STABILITY = ["first", "second", "units", "first_mean", "second_mean", "psi", "by_chance", "limit"]
_CALIBRATION = ["outcome", "predictor", "bin", "number", "mean_forecast", "observed", "lower", "upper"]
_LEVEL, _SIZE, _SEED = 0.9, 1000, 5  # of the intervals; bootstrap draws, 50 beyond each end; any fixed seed
_BINS = 5  # of calibration and stability: fifths; a choice, as a bin of a few units shows nothing
_NO_SKILL = 0.5  # area under the curve of a score that knows nothing


@dataclass(frozen=True, kw_only=True, eq=False)
class ScorecardValidation(Displayed):
    """How well what is known in one quarter predicts what goes wrong in the next.

    Attributes
    ----------
    table : DataFrame
        One row per outcome and predictor: outcome, predictor; counted [the outcome is counted from rows of
        its own quarter; False: it is a rating, which remembers earlier quarters and so repeats itself];
        quarters, units, rows, positives [number: rows are units in quarters, positives went wrong]; auc,
        auc_lower, auc_upper [chance that what went wrong was ahead, 0.5 none; 90% interval]; ks, ks_lower,
        ks_upper [greatest distance of the two distributions]; brier [mean squared error, where the
        predictor is a chance of this very outcome].
    differences : DataFrame
        One row per outcome and pair of predictors: outcome, predictor, other, rows, difference, lower, upper
        [AUC of the first less that of the other, the same rows; 90% interval].
    stability : DataFrame
        One row per pair of consecutive quarters: first, second, units, first_mean, second_mean [points of the
        score], psi [of its distribution, nats], by_chance, limit [mean of psi where nothing has changed, and
        what 5% exceed then; Yurdakul & Naranjo 2020, doi:10.21314/JRMV.2020.227].
    calibration : DataFrame
        outcome, predictor, bin, number, mean_forecast, observed, lower, upper [share that went wrong].
    draws, seed : int
        Resamples of whole units behind the intervals, and their seed.
    as_of, policy : date or None
        Day up to which the data knows; day from which the policy is valid.
    data_digest : str
        Digest of the tables; empty where the frames were given.
    """

    table: pd.DataFrame
    differences: pd.DataFrame
    stability: pd.DataFrame
    calibration: pd.DataFrame
    draws: int = _SIZE
    seed: int = _SEED
    as_of: date | None = None
    policy: date | None = None
    data_digest: str = ""

    @property
    def sentence(self) -> str:
        """Say what the score predicts better than chance and than the raw rate, and what it does not."""
        rows = self.table[self.table["predictor"] == "score"]
        if rows.empty:
            return label("There is no score to be tested.")
        text = label("{rows} units in quarters, and the quarter after each.", rows=rows["rows"].max())
        text += _verdicts(
            rows,
            ("auc_lower", "auc_upper", _NO_SKILL),
            marked("The score predicts better than chance: {outcomes}."),
            marked("It cannot be distinguished from chance (intervals hold 0.5): {outcomes}."),
            marked("It predicts worse than chance: {outcomes}."),
            marked("Not known, as all or no units went wrong: {outcomes}."),
        )
        pairs = self.differences
        pairs = pairs[(pairs["predictor"] == "score") & (pairs["other"] == "raw_rate")]
        text += _verdicts(
            pairs,
            ("lower", "upper", 0.0),
            marked("Better than the raw complaint rate: {outcomes}."),
            marked("No different from it (intervals hold 0): {outcomes}."),
            marked("Worse than it: {outcomes}."),
        )
        if rows["counted"].all():
            return text
        return text + space() + label("Ratings remember earlier quarters, so that they are persistent.")

    def summary(self) -> pd.DataFrame:
        """AUC of score, credible rate and raw rate for every outcome."""
        shown = self.table["predictor"].isin(["score", "credible_rate", "raw_rate"])
        columns = ["outcome", "predictor", "rows", "positives", "auc", "auc_lower", "auc_upper", "ks"]
        return self.table.loc[shown, columns]


def validate_scorecard(tables: Tables, policy: Policy, *, quarters: Sequence[str]) -> ScorecardValidation:
    """Score quarters again, and see what each scorecard predicted of the quarter after it.

    Parameters
    ----------
    tables, policy
        What is scored, and by which policy.
    quarters : sequence of str
        Quarters to be scored, e.g. ``["2026Q1", "2026Q2"]``; the source must know the quarter after each.

    Returns
    -------
    ScorecardValidation
        Of every outcome (``OUTCOMES``) and predictor (``PREDICTORS``), in every quarter that is scored and
        whose next one is; the order of the quarters changes nothing.

    Raises
    ------
    ParameterError
        A period is no quarter, there is none, or the source has no data in one or in the one after it.

    Notes
    -----
    A card uses rows of its quarter and earlier ones only. Limits: rows are taken as they are known today, so
    that what was logged, closed or found for the customer after the quarter's end is in its card too;
    quarters are scored without the one before (no rating is held). The outcomes that are counted
    (``COUNTED``) are the test: ratings of two quarters share evidence. But the worst fifth per account are
    mostly small units, by chance, which favours predictors that vary with size, as a raw rate does.
    """
    if not quarters:
        raise ParameterError("quarters: expected at least one, e.g. 2026Q2")
    asked = {check_quarter(quarter) for quarter in quarters}
    needed = sorted(asked | {quarter + 1 for quarter in asked})
    cards = [score(tables, policy, period=str(quarter)) for quarter in needed]
    found = foresight_of(
        pd.concat([predictors_of(card) for card in cards], ignore_index=True),
        pd.concat([outcomes_of(card, tables.losses) for card in cards], ignore_index=True),
    )
    return replace(found, as_of=tables.as_of, policy=policy.valid_from, data_digest=tables.digest)


def predictors_of(card: Scorecard) -> pd.DataFrame:
    """Take what a card says of each unit: unit_id, period and ``PREDICTORS`` but the last."""
    rates = _of_indicator(card, "complaint_rate").reindex(card.table["unit_id"])
    frame = card.table[["unit_id", "score", "p_red", "p_worst"]].assign(period=card.period)
    taken = {"credible_rate": "estimate", "raw_rate": "value", "count": "numerator"}
    return frame.assign(**{name: rates[column].to_numpy(float) for name, column in taken.items()})


def outcomes_of(card: Scorecard, losses: Table | None = None) -> pd.DataFrame:
    """Say what went wrong in the quarter of a card, with the losses that occurred in it, if known.

    One row per unit: unit_id, period and ``OUTCOMES`` [1: it went wrong; 0: not; NaN: unknown].
    """
    table, rows = card.table, card.units
    units = table["unit_id"]
    accounts = _of_indicator(card, "complaint_rate")["denominator"].reindex(units).to_numpy(float)
    upheld = _over_units(_of_indicator(card, "upheld_rate")["numerator"], units)
    lost = _over_units(_lost(losses, card.period), units)
    red, amber = (rows["rating"].isin(of).groupby(rows["unit_id"]).any().reindex(units) for of in _COLOURS)
    marks = {
        "upheld_worst_fifth": worst_fifth(upheld / accounts),
        "losses_worst_fifth": worst_fifth(lost / accounts),
        "indicator_red": red.to_numpy(float),
        "indicator_amber": amber.to_numpy(float),
        "score_red": table["rating"].isin(_COLOURS[0]).to_numpy(float),
        "score_amber": table["rating"].isin(_COLOURS[1]).to_numpy(float),
        "score_worst": table["score"].rank(ascending=False, method="min").le(WORST).to_numpy(float),
    }
    return pd.DataFrame({"unit_id": units, "period": card.period, **marks})


def worst_fifth(values: npt.ArrayLike) -> Floats:
    """Mark the worst fifth: the highest values, of which there are at most a fifth.

    Parameters
    ----------
    values : array_like, shape (n,)
        Not negative; higher is worse; NaN is unknown.

    Returns
    -------
    ndarray, shape (n,)
        1 in the worst fifth of the known, else 0; NaN stays. Values tied across the limit are all outside,
        and zero is never in it, so that there may be fewer than a fifth.

    Examples
    --------
    >>> worst_fifth([5, 1, 0, 0, 2]).tolist(), worst_fifth([3, 3, 0, 0, 0]).tolist()
    ([1.0, 0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0, 0.0])
    """
    array = np.asarray(values, dtype=np.float64)
    known = np.isfinite(array)
    as_bad = scipy.stats.rankdata(-array[known], method="max")
    marks = np.full(array.shape, np.nan)
    marks[known] = (as_bad * 5 <= known.sum()) & (array[known] > 0)  # a fifth
    return marks


def foresight_of(
    cards: pd.DataFrame, outcomes: pd.DataFrame, *, draws: int = _SIZE, seed: int = _SEED
) -> ScorecardValidation:
    """Set predictors of one quarter against outcomes of the next.

    Parameters
    ----------
    cards : DataFrame
        One row per unit and quarter: unit_id, period, and any of ``PREDICTORS`` but the last [higher is
        riskier; NaN: unknown].
    outcomes : DataFrame
        One row per unit and quarter in which it went wrong or not: unit_id, period, and outcomes [true or
        false, or 1, 0 and NaN: unknown].
    draws, seed : int
        Resamples of whole units for the intervals, and their seed.

    Returns
    -------
    ScorecardValidation
        NaN where an outcome has only gone one way; the order of the rows changes nothing.

    Raises
    ------
    ParameterError
        A column is missing, or a unit has two rows in a quarter.

    Notes
    -----
    AUC and distance over all units and quarters together, a predictor without a value left out with its row;
    intervals by drawing units with all their quarters (``discrimination.with_interval``).
    """
    for name, frame in (("cards", cards), ("outcomes", outcomes)):
        _check(name, frame)
    names = [name for name in outcomes.columns if name not in _KEYS]
    rows = _joined(cards, outcomes, names)
    known = {name: rows[rows[f"next_{name}"].notna()].assign(last=rows[f"last_{name}"]) for name in names}
    given = [name for name in PREDICTORS if name in cards or name == "last"]
    pairs = [pair for pair in _PAIRS if set(pair) <= set(given)]
    chances = [(known[of], of, one) for one, of in _CHANCE_OF.items() if one in cards and of in known]
    parts = [_calibrated(*one) for one in chances] or [pd.DataFrame(columns=_CALIBRATION)]
    interval = partial(with_interval, size=draws, seed=seed, level=_LEVEL)
    differences = [_paired(known[o], o, *pair, interval) for o, pair in product(names, pairs)]
    return ScorecardValidation(
        table=pd.DataFrame([_tested(known[o], o, p, interval) for o, p in product(names, given)]),
        differences=pd.DataFrame(differences, columns=_DIFFERENCE),
        stability=_stability(cards),
        calibration=pd.concat(parts, ignore_index=True),
        draws=draws,
        seed=seed,
    )


def _check(name: str, frame: pd.DataFrame) -> None:
    if not set(_KEYS) <= set(frame):
        raise ParameterError(f"{name}: expected the columns {' and '.join(_KEYS)}, there are {list(frame)}")
    twice = frame.loc[frame.duplicated(_KEYS), _KEYS].to_numpy().tolist()
    if twice:
        raise ParameterError(f"{name}: unit {twice[0][0]} has two rows in {twice[0][1]}")


def _joined(cards: pd.DataFrame, outcomes: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Set beside each card what went wrong in the quarter after it (``next_``) and in its own (``last_``)."""
    marks = outcomes.astype(dict.fromkeys(names, "float64"))
    before = (pd.PeriodIndex(marks["period"], freq="Q") - 1).astype("str")
    ahead = marks.assign(period=before).rename(columns={name: f"next_{name}" for name in names})
    own = marks.rename(columns={name: f"last_{name}" for name in names})
    rows = cards.merge(ahead, on=_KEYS).merge(own, on=_KEYS, how="left")
    return rows.sort_values(_KEYS, ignore_index=True)


def _tested(rows: pd.DataFrame, outcome: str, predictor: str, interval: _Bootstrap) -> dict[str, object]:
    """Test one predictor of one outcome."""
    rows = rows[rows[predictor].notna()]
    wrong, values = rows[f"next_{outcome}"] == 1, rows[predictor].to_numpy(float)
    area, distance = (
        interval(one, values, wrong, cluster=rows["unit_id"]) for one in (auc, kolmogorov_smirnov)
    )
    return {
        "outcome": outcome,
        "predictor": predictor,
        "counted": outcome in COUNTED or outcome not in OUTCOMES,
        "quarters": rows["period"].nunique(),
        "units": rows["unit_id"].nunique(),
        "rows": len(rows),
        "positives": int(wrong.sum()),
        **dict(zip(("auc", "auc_lower", "auc_upper"), area, strict=False)),
        **dict(zip(("ks", "ks_lower", "ks_upper"), distance, strict=False)),
        "brier": brier(values, wrong).score if _CHANCE_OF.get(predictor) == outcome else np.nan,
    }


def _paired(
    rows: pd.DataFrame, outcome: str, first: str, other: str, interval: _Bootstrap
) -> tuple[object, ...]:
    """Compare the areas of two predictors in the same resamples."""
    rows = rows[rows[first].notna() & rows[other].notna()]
    values = rows[[first, other]].to_numpy(float).T
    wrong, places = rows[f"next_{outcome}"] == 1, np.arange(len(rows))
    found = interval(partial(_difference, *values), places, wrong, cluster=rows["unit_id"])
    return outcome, first, other, len(rows), *found[:3]


def _difference(first: Floats, other: Floats, drawn: Floats, wrong: Flags) -> float:
    """Subtract two areas over the rows drawn, which are given by their places."""
    places = drawn.astype(np.int64)
    return auc(first[places], wrong) - auc(other[places], wrong)


def _calibrated(rows: pd.DataFrame, outcome: str, chance: str) -> pd.DataFrame:
    rows = rows[rows[chance].notna()]
    table = calibration_table(rows[chance], rows[f"next_{outcome}"] == 1, bins=_BINS, level=_LEVEL)
    return table.assign(outcome=outcome, predictor=chance)[_CALIBRATION]


def _stability(cards: pd.DataFrame) -> pd.DataFrame:
    """Compare the score's distribution between every two consecutive quarters."""
    if "score" not in cards:
        return pd.DataFrame(columns=_STABILITY)
    parts = cards.dropna(subset="score").groupby("period")["score"]
    scores = {pd.Period(str(period), "Q"): part for period, part in parts}
    usual, rows = np.array([_BINS - 1, scipy.stats.chi2.ppf(0.95, _BINS - 1)]), []  # 95 % by chance
    for one in [one for one in scores if one + 1 in scores]:
        before, now = scores[one], scores[one + 1]
        moved = population_stability(before, now, bins=_BINS)
        noise = usual * (1 / len(before) + 1 / len(now))
        rows.append((str(one), str(one + 1), len(now), before.mean(), now.mean(), moved, *noise))
    return pd.DataFrame(rows, columns=_STABILITY)


def _of_indicator(card: Scorecard, indicator_id: str) -> pd.DataFrame:
    rows = card.units
    return rows[rows["indicator_id"] == indicator_id].set_index("unit_id")


def _over_units(counted: pd.Series, units: pd.Series) -> Floats:
    """Put counts in the order of the units; one that has none counts zero, but where nobody has, unknown."""
    return counted.reindex(units).fillna(0.0 if len(counted) else np.nan).to_numpy(float)


def _lost(losses: Table | None, period: str) -> pd.Series:
    """Add up gross losses of each unit in a quarter [CNY]."""
    if losses is None:
        return pd.Series(dtype="float64")
    rows = losses.relation.filter(f"occurred_on BETWEEN {days_of(period)} AND unit_id IS NOT NULL")
    sums: pd.DataFrame = rows.aggregate("unit_id, sum(gross_loss)::DOUBLE AS lost").df()
    return sums.set_index("unit_id")["lost"]


def _verdicts(rows: pd.DataFrame, columns: tuple[str, str, float], *texts: str) -> str:
    """Name the outcomes whose interval lies above a value, holds it, or lies below it."""
    lower, upper, value = rows[columns[0]], rows[columns[1]], columns[2]
    parts = (lower > value, (lower <= value) & (upper >= value), upper < value, lower.isna())
    said = ""
    for part, text in zip(parts, texts, strict=False):
        names = [label(OUTCOMES.get(name, name)) for name in rows.loc[part, "outcome"]]
        said += space() + label(text, outcomes=commas(names)) if names else ""
    return said
