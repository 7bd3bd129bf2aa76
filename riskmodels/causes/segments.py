"""Find the smallest segments that explain most of an excess, and say against how many they were chosen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import scipy

from riskmodels.arrays import Flags, Floats
from riskmodels.causes.expectation import Law, expected_of, law_of, signed_root, without_change
from riskmodels.causes.layout import Search, lay_out
from riskmodels.causes.wording import segment_name
from riskmodels.display import Displayed
from riskmodels.errors import TooLittleError
from riskmodels.labels import counted, label, marked

LEAST_EXPECTED: Final = 5.0  # rows of the count in a segment that is searched: below, chance has no bound
MOST_NAMED: Final = 3  # segments named of one excess
_DRAWS: Final = 199  # of counts without a change: a p-value down to 0.005
_LEVEL: Final = 0.9  # probability of intervals
_LEAST: Final = 1e-9  # above nothing
_HALF: Final = 0.5  # rows, or standard deviations: the least that a deviation is measured against
_NEARLY: Final = 1e-3  # variance ÷ mean, less 1: Poisson's, nearly
_RISE: Final = 0.4  # standard deviation of the logarithm of a rise, before it is seen: half are above 31 %
_AS_BEFORE: Final = 2**0.5 - 1  # root before ÷ root now from which "always higher" fits better than "risen"
_FURTHER: Final = 0.2  # of the chance allowed, that each further segment has: leftovers are less likely then


@dataclass(frozen=True, kw_only=True, eq=False)
class Segments(Displayed):
    """The segments that explain an excess.

    Attributes
    ----------
    table : DataFrame
        One row per segment named, the first found first: segment (its values, by " × "), one column per
        dimension (empty: any value), before, now, expected, excess, lower, upper [rows of the count], share
        (of the excess of all cells that rose), p_value (of the largest of all segments searched).
    best : DataFrame
        The best segment as it is searched for first, whether named or not; as ``table``.
    dimensions : tuple of str
        What was searched.
    searched : int
        Segments among which they were chosen.
    false_alarm : float
        Chance that any is named where nothing but what all share has changed.
    dispersion : float
        Variance ÷ mean of a count, estimated.
    common : float
        What all cells share: their change against exposure and the period before, outside what is named.
    before, now : float
        All rows of the count.
    seed : int
        Seed of the draws.
    """

    table: pd.DataFrame
    best: pd.DataFrame
    dimensions: tuple[str, ...]
    searched: int
    false_alarm: float
    dispersion: float
    common: float
    before: float
    now: float
    seed: int

    @property
    def sentence(self) -> str:
        """Name the segments, and among how many they were chosen."""
        among = counted(self.searched, "segment", "segments")
        if self.table.empty:
            words = marked("No segment stands out beyond chance among {among} searched.")
            return label(words, among=among)
        first = self.table.iloc[0]
        words = marked(
            "{name}: {now:,.0f} where {expected:,.0f} were expected ({excess:+,.0f}, {lower:+,.0f} to"
            " {upper:+,.0f}); chosen among {among}, p {p}."
        )
        figures = {key: first[key] for key in ("now", "expected", "excess", "lower", "upper")}
        return label(words, figures, name=segment_name(first["segment"]), among=among, p=shown_p(first))

    def summary(self) -> pd.DataFrame:
        """Return the segments."""
        return self.table[["segment", "now", "expected", "excess", "lower", "upper", "p_value"]]


def shown_p(row: "pd.Series[float]") -> str:
    """Write a p-value that draws cannot take to nothing."""
    least = 1 / (_DRAWS + 1)
    return f"{row['p_value']:.2g}" if row["p_value"] > least else f"≤ {least:.1g}"


def find_segments(
    cells: pd.DataFrame,
    *,
    dimensions: Sequence[str],
    exposure: pd.DataFrame | None = None,
    false_alarm: float = 0.05,
    seed: int = 0,
) -> Segments:
    """Search all conjunctions of up to three dimensions for what has risen by more than chance.

    Parameters
    ----------
    cells : DataFrame
        unit_id, product, the columns of ``dimensions``, before and now [rows of the count]. Periods should be
        alike: the same months of two years, logged as long.
    dimensions : sequence of str
        Columns to search.
    exposure : DataFrame, optional
        unit_id, product, before, now [e.g. account months]; without it, exposure is taken not to have moved.
    false_alarm : float
        Chance that any segment is named where none has changed, between 0 and 1.
    seed : int
        Seed of the draws.

    Returns
    -------
    Segments
        At most three, each found after the ones before were taken into what is expected.

    Raises
    ------
    TooLittleError
        There are no rows in one of the periods, or no dimension to search.

    Notes
    -----
    A cell is expected by ``expectation.expected_of``. A segment's signed root of deviance is divided by its
    standard deviation in draws without a change (negative binomial, with the dispersion's uncertainty and
    what units' changes differ by, expectations fitted anew), so that noise of the period before counts. Its
    score is the logarithm of the Bayes factor of a rise (half-normal in logarithm) less that of how many
    segments have the same dimensions: of segments that explain as much, the one of larger parts wins. What
    was as high the period before, against what unit and product predict, is no rise. The p-value is that of
    the largest score of all: Kulldorff 1997, doi:10.1080/03610929708831995. Each further segment is given
    a fifth of the chance.
    """
    if cells.empty or not (cells["before"].sum() > 0 and cells["now"].sum() > 0):
        raise TooLittleError("a period has no row to compare: choose periods that both have complaints")
    if not dimensions:
        raise TooLittleError(
            "there is no dimension to search: the rows have no unit, product or channel to compare"
        )
    search = lay_out(cells, dimensions, exposure)
    law = law_of(search.cells(search.rows_before, search.rows_now))
    expected = _expected(search, search.rows_before, search.rows_now, law)[1]
    search = search.only(search.members @ expected >= LEAST_EXPECTED)
    draws = _drawn(search, law, np.random.default_rng(seed))
    found, best = _name(search, expected, draws, false_alarm)
    outside = np.ones(len(search.rows_now), dtype=bool)
    for place in found["place"]:
        outside &= search.members[place].toarray().ravel() == 0
    shared = _kept(search, outside)
    return Segments(
        table=found.drop(columns="place"),
        best=best.drop(columns="place"),
        dimensions=tuple(dimensions),
        searched=draws.searched,
        false_alarm=false_alarm,
        dispersion=law.dispersion,
        common=shared,
        before=float(search.rows_before.sum()),
        now=float(search.rows_now.sum()),
        seed=seed,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Draws:
    """Of K segments: deviations in draws without a change; which are searched; each draw's largest score."""

    root_deviation: Floats
    excess_deviation: Floats
    root_before: Floats  # of the rows that came before
    parts: Flags
    searched: int
    largest: Floats
    dispersion: float  # of counts, as estimated


def _expected(search: Search, before: Floats, now: Floats, law: Law) -> tuple[Floats, Floats]:
    """Expect rows before and now, each (R,) or (R, S): a cell's expectation as its rows before were.

    What is expected now in a cell without a row before is laid on the product's other cells.
    """
    cells = search.cells(before, now)
    fitted, expected = expected_of(cells, law)
    seen = cells.before > 0
    laid = np.where(seen, expected, 0.0)
    by_product = laid.sum(axis=-2, keepdims=True)
    laid = laid * np.divide(
        expected.sum(axis=-2, keepdims=True), by_product, out=np.ones_like(by_product), where=by_product > 0
    )
    rows = []
    for of_cell in (fitted, laid):
        weight = np.divide(of_cell, cells.before, out=np.zeros_like(laid), where=seen)
        flat = np.moveaxis(weight.reshape(*weight.shape[:-2], -1), -1, 0)
        rows.append(np.asarray(before * flat[search.cell]))
    return rows[0], rows[1]


def _root(search: Search, seen: Floats, foreseen: Floats) -> Floats:
    """Return the signed root of each segment, (K,) or (K, S)."""
    return signed_root(search.members @ seen, np.maximum(search.members @ foreseen, _HALF))


def _drawn(search: Search, law: Law, rng: np.random.Generator) -> _Draws:
    """Draw both periods anew without a change, and see what a search would find."""
    before, now = _periods(search, law, rng)
    fitted, expected = _expected(search, before, now, law)
    seen, foreseen = search.members @ now, search.members @ expected
    roots = signed_root(seen, np.maximum(foreseen, _HALF))
    deviation = np.maximum(np.sqrt((roots**2).mean(axis=1)), _HALF)
    as_came = _expected(search, search.rows_before, search.rows_now, law)
    both = search.rows_before + search.rows_now
    parts = search.members @ both < both.sum()  # the whole is no segment
    is_open = parts[:, None] & (_root(search, before, fitted) < _AS_BEFORE * roots)
    scores = _scores(roots, deviation, search.alike, np.where(is_open, foreseen, 0.0))
    return _Draws(
        root_deviation=deviation,
        excess_deviation=(seen - foreseen).std(axis=1),
        root_before=_root(search, search.rows_before, as_came[0]),
        parts=parts,
        searched=int((parts & (search.members @ as_came[1] >= LEAST_EXPECTED)).sum()),
        largest=scores.max(axis=0) if len(scores) else np.zeros(_DRAWS),
        dispersion=law.dispersion,
    )


def _periods(search: Search, law: Law, rng: np.random.Generator) -> list[Floats]:
    """Draw the rows of both periods, each (R, _DRAWS), with a dispersion and units' changes of their own."""
    cells = search.cells(search.rows_before, search.rows_now)
    both = search.rows_before + search.rows_now
    total = np.maximum((cells.before + cells.now).ravel()[search.cell], _LEAST)
    dispersion = law.dispersion * rng.chisquare(law.freedom, _DRAWS) / law.freedom
    excess = np.maximum(dispersion - 1, _NEARLY)
    spread = max(law.units, _LEAST)
    moved = rng.gamma(1 / spread, spread, (search.shape[0], _DRAWS))[search.cell // search.shape[1]]
    periods = []
    for mean, factor in zip(without_change(cells, law), (1.0, moved), strict=True):
        of_row = np.maximum(mean.ravel()[search.cell] * both / total, _LEAST)[:, None] * factor
        periods.append(rng.poisson(rng.gamma(of_row / excess, excess)).astype(float))
    return periods


def _scores(roots: Floats, deviation: Floats, alike: Floats, foreseen: Floats) -> Floats:
    """Score segments, (K,) or (K, S), for a rise; those with too little foreseen are none."""
    deviation, alike = (one.reshape(-1, *[1] * (roots.ndim - 1)) for one in (deviation, alike))
    trust = _RISE**2 / (_RISE**2 + deviation**2 / np.maximum(foreseen, _HALF))
    z = roots / deviation * np.sqrt(trust)
    factor = np.log(2) + scipy.special.log_ndtr(z) + z**2 / 2 + np.log1p(-trust) / 2
    return np.asarray(np.where(foreseen >= LEAST_EXPECTED, factor - np.log(alike), -np.inf))


def _name(
    search: Search, expected: Floats, draws: _Draws, false_alarm: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Name one segment after the other, each then expected as it came."""
    named: list[int] = []
    p_values: list[float] = []
    first = (0, 1.0)
    left = expected
    for _ in range(MOST_NAMED + 1):
        roots = _root(search, search.rows_now, left)
        is_open = draws.parts & (draws.root_before < _AS_BEFORE * roots)
        foreseen = np.where(is_open, search.members @ left, 0.0)
        scores = _scores(roots, draws.root_deviation, search.alike, foreseen)
        place = int(scores.argmax())
        p = float((1 + (draws.largest >= scores[place]).sum()) / (_DRAWS + 1))
        first = first if named else (place, p)
        if p > false_alarm * (_FURTHER if named else 1) or len(named) == MOST_NAMED:
            break
        named.append(place)
        p_values.append(p)
        left = _taken_in(search, expected, named)
    outside = _taken_in(search, expected, named, only_common=True)
    table = _listed(search, outside, draws, named, p_values)
    return table, _listed(search, expected, draws, [first[0]], [first[1]])


def _taken_in(search: Search, expected: Floats, named: list[int], *, only_common: bool = False) -> Floats:
    """Expect rows by what those outside the named segments share; the named ones as they came."""
    if not named:
        return expected
    inside = np.asarray(search.members[named].sum(axis=0)).ravel() > 0
    outside = search.rows_now[~inside].sum() / max(expected[~inside].sum(), _LEAST)
    left = expected * (outside if outside > 0 else 1.0)
    if not only_common:
        for place in named:
            rows = search.members[[place]].toarray().ravel() > 0
            left[rows] *= search.rows_now[rows].sum() / max(left[rows].sum(), _LEAST)
    return np.asarray(left)


def _listed(
    search: Search, expected: Floats, draws: _Draws, places: list[int], p_values: list[float]
) -> pd.DataFrame:
    names = search.names.iloc[places].reset_index(drop=True)
    chosen = search.members[places]
    before, now, foreseen = (chosen @ one for one in (search.rows_before, search.rows_now, expected))
    more = draws.dispersion * np.maximum(now - foreseen, 0)  # a count above what is foreseen varies by more
    reach = scipy.stats.norm.ppf((1 + _LEVEL) / 2) * np.sqrt(draws.excess_deviation[places] ** 2 + more)
    pairs = search.cells(search.rows_now - expected, search.rows_now).before
    risen = max(float(np.maximum(pairs, 0).sum()), _LEAST)
    return names.assign(
        segment=[" × ".join(value for value in row if value) for row in names.to_numpy()],
        before=before,
        now=now,
        expected=foreseen,
        excess=now - foreseen,
        lower=now - foreseen - reach,
        upper=now - foreseen + reach,
        share=(now - foreseen) / risen,
        p_value=np.asarray(p_values, dtype=float),
        place=np.asarray(places, dtype=int),
    )


def _kept(search: Search, outside: Flags) -> float:
    """Return by how much all cells outside have changed for their exposure."""
    ratio = (search.exposure[1] / search.exposure[0]).ravel()[search.cell]
    due = (search.rows_before * ratio)[outside].sum()
    return float(search.rows_now[outside].sum() / due) if due > 0 else np.nan
