"""Rank units by several measures of one count at once, and say why their orders differ."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
import scipy

from riskmodels.arrays import Floats
from riskmodels.comparisons.order_sentences import by_measure, phrases_of, sentences_of
from riskmodels.display import Displayed
from riskmodels.errors import ParameterError
from riskmodels.labels import clauses, commas, label, space

Measures = Mapping[str, tuple[str | None, float]]

# fewest and most draws of a rank, and most numbers drawn: 160 megabytes
_DRAWS, _MOST_CELLS = (1_000, 10_000), 20_000_000
_WORST, _NAMED = 3, 5  # units: those that one may be among, and those named in a sentence; a choice


@dataclass(frozen=True, kw_only=True, eq=False)
class Orders(Displayed):
    """Orders of the same units by several measures.

    Attributes
    ----------
    table : DataFrame
        One row per measure and unit, most first: unit, measure, value, lower, upper [count, or count per so
        much exposure; interval of the true value], rank, rank_lower, rank_upper [1 = most, equal values share
        the lowest number; interval of the true rank], p_first, p_worst_three [probability that the true value
        is the largest, or among the three largest], p_first_error, p_worst_three_error [standard errors of
        the simulation]. All but unit and measure are missing where a unit is not ranked.
    unranked : DataFrame
        unit, measure, reason: units whose exposure is unknown or zero.
    medians : DataFrame
        One row per measure, over the units ranked on it: measure, units [number], median [as value],
        median_count, median_size, reference [median_count per median_size, as value].
    explanation : DataFrame
        One row per measure and unit ranked on it: unit, measure, exposure, rank, count, size, times_count,
        times_size [of the median], distance, from_count, from_size [natural logarithms], moved [places nearer
        to the first than by count alone among the same units]. The distance of the value from the reference
        is from_count + from_size; minus infinity where nothing was counted, unknown where the median count is
        0.
    sentences : DataFrame
        One row per unit: unit, sentence_en, sentence_zh.
    correlations : DataFrame
        One row per pair of measures: one, other, units [ranked on both], spearman [rank correlation, -1 to
        1].
    level, dispersion : float
        Probability of the intervals; how many times more than Poisson the counts vary.
    draws, seed : int
        Size and seed of the simulation of ranks.
    """

    table: pd.DataFrame
    unranked: pd.DataFrame
    medians: pd.DataFrame
    explanation: pd.DataFrame
    sentences: pd.DataFrame
    correlations: pd.DataFrame
    level: float
    dispersion: float
    draws: int
    seed: int

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the tables that stand beside a report, by the names of their files."""
        return {"orders": self.table}

    @property
    def sentence(self) -> str:
        """Say how far the orders agree, and who is not ranked."""
        measures = commas(map(label, self.medians["measure"]))
        text = label("{units} units ranked by {measures}.", units=len(self.sentences), measures=measures)
        if pairs := self._agreement():
            text += space() + label("Rank correlation (Spearman): {pairs}.", pairs=pairs)
        if names := self._not_ranked():
            text += space() + label("Not ranked: {names}.", names=names)
        return text

    def summary(self) -> pd.DataFrame:
        """Value and rank by each measure of the 15 units that are first by the first measure."""
        units = self.table["unit"].drop_duplicates().to_numpy()
        columns = {"unit": units}
        for measure in map(str, self.medians["measure"]):
            rows = self.table[self.table["measure"] == measure].set_index("unit").loc[units]
            columns[measure] = rows["value"].array
            columns[label("rank {measure}", measure=by_measure(label(measure)))] = rows["rank"].array
        return pd.DataFrame(columns).head(15)

    def _agreement(self) -> str:
        rows = self.correlations.dropna().itertuples(index=False)
        return clauses(
            label("{one} and {other} {rho:.2f}", one=label(one), other=label(other), rho=rho)
            for one, other, _, rho in rows
        )

    def _not_ranked(self) -> str:
        rows, more = self.unranked.head(_NAMED).itertuples(index=False), len(self.unranked) - _NAMED
        names = clauses(f"{unit} {by_measure(label(measure))} ({reason})" for unit, measure, reason in rows)
        return label("{names} and {more} more", names=names, more=more) if more > 0 else names


def rank_by_measures(
    frame: pd.DataFrame,
    *,
    unit: str,
    count: str,
    measures: Measures,
    level: float = 0.9,
    dispersion: float = 1.0,
    names_zh: Mapping[str, str] | None = None,
    seed: int = 20,
) -> Orders:
    """Rank units by a count itself and by its rates, with the uncertainty of every rank.

    Parameters
    ----------
    frame : DataFrame, n rows
        One row per unit.
    unit, count : str
        Columns with the units' names, and with their counts (0 or more).
    measures : mapping of str to (str or None, float)
        By name, as it shall be read: the column with the exposure, or None for the count itself; and the
        exposure that the value is for, e.g. ``{"per 1,000 branches": ("branches", 1000)}``.
    level : float
        Probability of the intervals, in (0, 1).
    dispersion : float
        How many times more than Poisson the counts vary (> 0).
    names_zh : mapping of str to str, optional
        Chinese names of units, measures and exposures, for the Chinese sentences.
    seed : int
        Of the simulation of ranks.

    Returns
    -------
    Orders
        A unit is ranked only where its exposure is known and above zero. Ranks, and their intervals and
        probabilities, do not depend on the unit of exposure; the probabilities to be first sum to one.

    Raises
    ------
    ParameterError
        Something named is missing; a unit is there twice; a count is unknown, a number out of bounds.

    Notes
    -----
    The true value is Gamma(count / dispersion + 1/2) over exposure / dispersion (Jeffreys' prior),
    independent between units; where nothing was counted the interval begins at zero. One drawn count serves
    all measures, so that measures differ by exposure alone. Why orders differ is exact: log(value) =
    log(count) - log(size), each against the median of the units ranked; medians, because one unit without a
    count would make a geometric mean zero. A rank is as uncertain as its league table is dense: Goldstein &
    Spiegelhalter 1996, doi:10.2307/2983325. Fails where units share a shock, and where an exposure is far
    from what can complain: a unit with hardly any may truly stand anywhere.

    Examples
    --------
    >>> banks = pd.DataFrame(
    ...     {"bank": ["North", "South", "East"], "complaints": [90, 60, 30], "customers": [9.0, 2.0, None]}
    ... )
    >>> measures = {"complaints": (None, 1), "per million customers": ("customers", 1)}
    >>> orders = rank_by_measures(banks, unit="bank", count="complaints", measures=measures)
    >>> orders.table["rank"].tolist()
    [1, 2, 3, 1, 2, <NA>]
    >>> print(orders.sentences["sentence_en"][0])
    North is 1st by complaints but 2nd of 2 per million customers: it has 1.6 times the customers of the
    median.
    >>> print(orders.sentence)
    3 units ranked by complaints, per million customers. Rank correlation (Spearman): complaints and per
    million customers -1.00. Not ranked: East per million customers (customers unknown).
    """
    _check_settings(measures, level, dispersion)
    rows = _rows(frame, unit, count, measures)
    draws = int(np.clip(_MOST_CELLS // len(frame), *_DRAWS))
    table = _with_ranks(_with_values(rows, level, dispersion), level, dispersion, draws, seed)
    medians, unranked = _medians(table), _unranked(table)
    explanation = _explanation(table, medians)
    phrases = phrases_of(explanation, unranked, len(frame))
    return Orders(
        table=_sorted(table),
        unranked=unranked[["unit", "measure", "reason"]],
        medians=medians.reset_index(),
        explanation=explanation.drop(columns="units"),
        sentences=sentences_of(frame[unit], phrases, names_zh or {}),
        correlations=_correlations(table),
        level=level,
        dispersion=dispersion,
        draws=draws,
        seed=seed,
    )


def _check_settings(measures: Measures, level: float, dispersion: float) -> None:
    if not measures:
        raise ParameterError("measures are missing; expected e.g. {'complaints': (None, 1)}")
    for name, (_, per) in measures.items():
        if not 0 < per < np.inf:
            raise ParameterError(f"measure '{name}' is per {per}; expected a number above 0, e.g. 1000")
    if not 0 < level < 1:
        raise ParameterError(f"level is {level}; expected a probability between 0 and 1, e.g. 0.9")
    if not 0 < dispersion < np.inf:
        raise ParameterError(f"dispersion is {dispersion}; expected a number above 0, 1 for Poisson counts")


def _rows(frame: pd.DataFrame, unit: str, count: str, measures: Measures) -> pd.DataFrame:
    """One row per measure and unit: unit, measure, exposure, per, count, size."""
    names = _names(frame, unit)
    counts = _numbers(frame, count)
    if len(bad := names[~(np.isfinite(counts) & (counts >= 0))]):
        raise ParameterError(f"'{count}' is unknown or negative for {_some(bad)}; expected 0 or more")
    parts = []
    for measure, (exposure, per) in measures.items():
        sizes = np.ones(len(frame)) if exposure is None else _numbers(frame, exposure)
        if len(bad := names[(sizes < 0) | np.isinf(sizes)]):
            raise ParameterError(f"'{exposure}' is negative or infinite for {_some(bad)}; unknown is NaN")
        columns = {"unit": names, "measure": measure, "exposure": exposure or "", "per": float(per)}
        parts.append(pd.DataFrame({**columns, "count": counts, "size": sizes}))
    return pd.concat(parts, ignore_index=True)


def _names(frame: pd.DataFrame, unit: str) -> pd.Series:
    names = _column(frame, unit).reset_index(drop=True)
    if names.empty or names.isna().any():
        raise ParameterError(f"'{unit}' has {'rows without a name' if len(names) else 'no rows to rank'}")
    if len(twice := names[names.duplicated()]):
        raise ParameterError(f"'{unit}' names units twice: {_some(twice)}; expected one row per unit")
    return names


def _column(frame: pd.DataFrame, name: str) -> pd.Series:
    if list(frame.columns).count(name) != 1:
        raise ParameterError(f"expected one column '{name}'; given are {', '.join(map(str, frame.columns))}")
    return frame[name]


def _numbers(frame: pd.DataFrame, name: str) -> Floats:
    try:
        return _column(frame, name).to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError):
        raise ParameterError(f"'{name}' must hold numbers") from None


def _some(names: pd.Series) -> str:
    return commas(names.astype(str).head(_NAMED)) + (", …" if len(names) > _NAMED else "")


def _with_values(rows: pd.DataFrame, level: float, dispersion: float) -> pd.DataFrame:
    size = rows["size"].where(rows["size"] > 0)  # unknown and zero are not ranked
    value = rows["count"] / size * rows["per"]
    shape, scale = rows["count"] / dispersion + 0.5, dispersion / size * rows["per"]
    lower, upper = (scipy.special.gammaincinv(shape, (1 + side * level) / 2) * scale for side in (-1, 1))
    return rows.assign(value=value, lower=np.minimum(lower, value), upper=np.maximum(upper, value))


def _with_ranks(rows: pd.DataFrame, level: float, dispersion: float, draws: int, seed: int) -> pd.DataFrame:
    """Add the ranks of the values, and what is known of the ranks of the true values."""
    rows = rows.assign(rank=_ranks(_comparable(rows["value"]), rows["measure"]))
    number = rows["unit"].nunique()
    shape = rows["count"].to_numpy()[:number] / dispersion + 0.5
    drawn = np.random.default_rng(seed).standard_gamma(shape, (draws, number))  # one count for all measures
    parts = [_true_ranks(part, drawn, level) for _, part in rows.groupby("measure", sort=False)]
    return pd.concat([rows, pd.concat(parts)], axis=1)


def _comparable(values: pd.Series) -> pd.Series:
    """Round to twelve digits, so that equal values in other units of exposure stay equal."""
    mantissa, exponent = np.frexp(values)
    return pd.Series(np.ldexp(np.round(mantissa, 12), exponent), index=values.index)


def _ranks(values: pd.Series, measure: pd.Series) -> pd.Series:
    return values.groupby(measure, sort=False).rank(method="min", ascending=False).astype("Int64")


def _true_ranks(part: pd.DataFrame, drawn: Floats, level: float) -> pd.DataFrame:
    known, draws = part["value"].notna().to_numpy(), len(drawn)
    order = np.argsort(-drawn[:, known] / part["size"].to_numpy()[known], axis=1)
    ranks = np.argsort(order, axis=1) + 1  # none are equal
    ends = {"rank_lower": (1 - level) / 2, "rank_upper": (1 + level) / 2}
    columns = {name: np.quantile(ranks, q, axis=0, method="inverted_cdf") for name, q in ends.items()}
    for name, last in {"p_first": 1, "p_worst_three": _WORST}.items():
        hits = (ranks <= last).sum(axis=0)
        p = (hits + 1) / (draws + 2)  # no hit in so many draws is no certainty
        columns |= {name: hits / draws, f"{name}_error": np.sqrt(p * (1 - p) / draws)}
    frame = pd.DataFrame(columns, index=part.index[known]).reindex(part.index)
    return frame.astype(dict.fromkeys(ends, "Int64"))


def _sorted(table: pd.DataFrame) -> pd.DataFrame:
    place = pd.Series(pd.factorize(table["measure"])[0], index=table.index)
    rows = table.drop(columns=["exposure", "per", "count", "size"]).assign(place=place)
    return rows.sort_values(["place", "rank"], kind="stable", ignore_index=True).drop(columns="place")


def _medians(table: pd.DataFrame) -> pd.DataFrame:
    measures = pd.Index(table["measure"].unique(), name="measure")
    groups = table[table["value"].notna()].groupby("measure", sort=False)
    medians = groups[["value", "count", "size"]].median().reindex(measures)
    medians.columns = pd.Index(["median", "median_count", "median_size"])
    medians.insert(0, "units", groups.size().reindex(measures, fill_value=0))
    per = table.groupby("measure", sort=False)["per"].first()
    return medians.assign(reference=medians["median_count"] / medians["median_size"] * per)


def _unranked(table: pd.DataFrame) -> pd.DataFrame:
    rows = table[table["value"].isna()]
    reason = rows["exposure"] + np.where(rows["size"] == 0, " zero", " unknown")
    rows = rows.assign(reason=reason).reset_index(drop=True)
    return rows[["unit", "measure", "exposure", "size", "reason"]]


def _explanation(table: pd.DataFrame, medians: pd.DataFrame) -> pd.DataFrame:
    rows = table[table["value"].notna()]
    rows = rows[["unit", "measure", "exposure", "rank", "count", "size", "value"]]
    of = medians.loc[rows["measure"]].set_index(rows.index)
    base = of["median_count"].where(of["median_count"] > 0)  # a median of zero is no reference
    rows["times_count"], rows["times_size"] = rows["count"] / base, rows["size"] / of["median_size"]
    with np.errstate(divide="ignore"):  # nothing counted is infinitely far below the median
        rows["distance"] = np.log(rows["value"] / of["reference"].where(base.notna()))
        rows["from_count"] = np.log(rows["times_count"])
    rows["from_size"] = 0.0 - np.log(rows["times_size"])
    rows["moved"] = _ranks(rows["count"], rows["measure"]) - rows["rank"]
    return rows.drop(columns="value").assign(units=of["units"]).reset_index(drop=True)


def _correlations(table: pd.DataFrame) -> pd.DataFrame:
    groups = table.assign(value=_comparable(table["value"])).groupby("measure", sort=False)
    values = pd.DataFrame({str(measure): rows.set_index("unit")["value"] for measure, rows in groups})
    rows = []
    for one, other in combinations(values.columns, 2):
        both = values[[one, other]].dropna().rank()
        varied = bool((both.max() > both.min()).all())
        rows.append((one, other, len(both), both[one].corr(both[other]) if varied else np.nan))
    return pd.DataFrame(rows, columns=["one", "other", "units", "spearman"])
