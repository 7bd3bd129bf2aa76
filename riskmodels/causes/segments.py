"""Find the smallest segments that explain most of an excess, and say against how many they were chosen."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
import pandas as pd
import scipy

from riskmodels.arrays import Flags, Floats, Integers
from riskmodels.causes.expectation import (
    Cells,
    Law,
    expected_now,
    law_of,
    signed_root,
    without_change,
)
from riskmodels.causes.wording import segment_name
from riskmodels.display import Displayed
from riskmodels.errors import TooLittleError
from riskmodels.grouping import add_rows, number_series
from riskmodels.labels import counted, label, marked

DEEPEST: Final = 3  # dimensions of a segment: more are not acted upon
LEAST_EXPECTED: Final = 5.0  # rows of the count in a segment that is searched: below, chance has no bound
MOST_NAMED: Final = 3  # segments named of one excess
_DRAWS: Final = 199  # of counts without a change: a p-value down to 0.005
_LEVEL: Final = 0.9  # probability of intervals
_LEAST: Final = 1e-9  # above nothing
_NESTED: Final = {"region_id", "unit_id"}  # a unit is of one region


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
        There are no rows in one of the periods.

    Notes
    -----
    A cell is expected by ``expectation.expected_now``. A segment's signed root of deviance is divided by its
    standard deviation in draws without a change (negative binomial, dispersion estimated, everything fitted
    anew), so that noise of the period before counts. Half its square less the logarithm of how many segments
    have the same dimensions is its score: of segments that explain as much, the one of fewer, larger parts
    wins. The p-value is that of the largest score of all: Kulldorff 1997, doi:10.1080/03610929708831995.
    """
    if cells.empty or not (cells["before"].sum() > 0 and cells["now"].sum() > 0):
        raise TooLittleError("a period has no row to compare: choose periods that both have complaints")
    search = _prepared(cells, dimensions, exposure)
    law = law_of(search.cells(search.rows_before, search.rows_now))
    draws = _drawn(search, law, np.random.default_rng(seed))
    expected = _expected(search, search.rows_before, search.rows_now, law)
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
class _Search:
    """R rows of cells in U units × P products, and K segments: which rows each has, and what it is called."""

    rows_before: Floats
    rows_now: Floats
    cell: Integers  # (R,) place among units × products
    shape: tuple[int, int]
    exposure: tuple[Floats, Floats]
    regions: Floats  # (regions, U) which units a region has
    members: scipy.sparse.csr_array  # (K, R)
    names: pd.DataFrame  # K rows: dimensions; empty: any value
    alike: Floats  # (K,) segments of the same dimensions

    def cells(self, before: Floats, now: Floats) -> Cells:
        """Add rows, (R,) or (R, S), up to cells, (U, P) or (S, U, P)."""
        sums = [
            np.moveaxis(add_rows(one, self.cell, self.shape[0] * self.shape[1]), 0, -1)
            for one in (before, now)
        ]
        first, second = (one.reshape(*one.shape[:-1], *self.shape) for one in sums)
        return Cells(
            before=first,
            now=second,
            exposure_before=self.exposure[0],
            exposure_now=self.exposure[1],
            regions=self.regions,
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Draws:
    """Of K segments in draws without a change: deviations, which are searched; the largest scores."""

    root_deviation: Floats
    excess_deviation: Floats
    parts: Flags
    searched: int
    largest: Floats


def _prepared(cells: pd.DataFrame, dimensions: Sequence[str], exposure: pd.DataFrame | None) -> _Search:
    keys = list(dict.fromkeys(["unit_id", "product", *dimensions]))
    rows = cells.assign(**{key: cells[key].fillna("").astype(str) for key in keys})
    rows = rows.groupby(keys, as_index=False)[["before", "now"]].sum()
    (unit, units), (product, products) = (number_series(rows, [key]) for key in ("unit_id", "product"))
    members, names, alike = _conjunctions(rows, dimensions)
    return _Search(
        rows_before=rows["before"].to_numpy("float64"),
        rows_now=rows["now"].to_numpy("float64"),
        cell=unit * len(products) + product,
        shape=(len(units), len(products)),
        exposure=_exposures(exposure, units, products),
        regions=_regions(rows, unit),
        members=members,
        names=names,
        alike=alike,
    )


def _exposures(
    exposure: pd.DataFrame | None, units: pd.DataFrame, products: pd.DataFrame
) -> tuple[Floats, Floats]:
    """Lay exposure out by units × products; where one is unknown, neither period's is used."""
    shape = (len(units), len(products))
    if exposure is None:
        return np.ones(shape), np.ones(shape)
    places = (units["unit_id"], products["product"])
    laid = [
        exposure.pivot_table(index="unit_id", columns="product", values=name, aggfunc="sum")
        .reindex(index=places[0], columns=places[1])
        .to_numpy("float64")
        for name in ("before", "now")
    ]
    known = (laid[0] > 0) & (laid[1] > 0)
    typical = float(np.median(laid[0][known])) if known.any() else 1.0
    return np.where(known, laid[0], typical), np.where(known, laid[1], typical)


def _regions(rows: pd.DataFrame, unit: Integers) -> Floats:
    """Mark which units a region has; one region where none are searched."""
    units = int(unit.max()) + 1
    if "region_id" not in rows:
        return np.ones((1, units))
    place, names = number_series(rows, ["region_id"])
    of_unit = np.zeros(units, dtype=np.int64)
    of_unit[unit] = place
    return np.asarray(of_unit == np.arange(len(names))[:, None], dtype=np.float64)


def _conjunctions(
    rows: pd.DataFrame, dimensions: Sequence[str]
) -> tuple[scipy.sparse.csr_array, pd.DataFrame, Floats]:
    """List all segments of up to DEEPEST dimensions that have rows."""
    members, names, alike = [], [], []
    for depth in range(1, min(DEEPEST, len(dimensions)) + 1):
        for by in combinations(dimensions, depth):
            if set(by) >= _NESTED:
                continue
            place, values = number_series(rows, by)
            size = (len(values), len(rows))
            members.append(
                scipy.sparse.csr_array((np.ones(len(rows)), (place, np.arange(len(rows)))), shape=size)
            )
            names.append(values)
            alike.append(np.full(len(values), float(len(values))))
    listed = pd.concat(names, ignore_index=True).reindex(columns=list(dimensions)).fillna("")
    return scipy.sparse.vstack(members, format="csr"), listed, np.concatenate(alike)


def _expected(search: _Search, before: Floats, now: Floats, law: Law) -> Floats:
    """Expect rows, (R,) or (R, S): a cell's expectation as its rows of the period before were.

    What is expected in a cell without a row before is laid on the product's other cells.
    """
    cells = search.cells(before, now)
    expected = expected_now(cells, law)
    seen = cells.before > 0
    laid = np.where(seen, expected, 0.0)
    by_product = laid.sum(axis=-2, keepdims=True)
    laid = laid * np.divide(
        expected.sum(axis=-2, keepdims=True), by_product, out=np.ones_like(by_product), where=by_product > 0
    )
    weight = np.divide(laid, cells.before, out=np.zeros_like(laid), where=seen)
    flat = np.moveaxis(weight.reshape(*weight.shape[:-2], -1), -1, 0)
    return np.asarray(before * flat[search.cell])


def _drawn(search: _Search, law: Law, rng: np.random.Generator) -> _Draws:
    """Draw both periods anew without a change, and see what a search would find."""
    cells = search.cells(search.rows_before, search.rows_now)
    both = search.rows_before + search.rows_now
    total = np.maximum((cells.before + cells.now).ravel()[search.cell], _LEAST)
    periods = []
    for mean in without_change(cells, law):
        of_row = np.maximum(mean.ravel()[search.cell] * both / total, _LEAST)[:, None]
        excess = max(law.dispersion - 1, 1e-3)  # a dispersion of 1 is Poisson's, nearly
        periods.append(rng.poisson(rng.gamma(of_row / excess, excess, (len(both), _DRAWS))).astype(float))
    expected = _expected(search, periods[0], periods[1], law)
    seen, foreseen = search.members @ periods[1], search.members @ expected
    roots = signed_root(seen, np.maximum(foreseen, 0.5))
    deviation = np.maximum(np.sqrt((roots**2).mean(axis=1)), 0.5)
    observed = search.members @ _expected(search, search.rows_before, search.rows_now, law)
    parts = search.members @ (search.rows_now + search.rows_before) < both.sum()  # the whole is no segment
    scores = _scores(roots, deviation, search.alike, np.where(parts[:, None], foreseen, 0.0))
    return _Draws(
        root_deviation=deviation,
        excess_deviation=(seen - foreseen).std(axis=1),
        parts=parts,
        searched=int((parts & (observed >= LEAST_EXPECTED)).sum()),
        largest=scores.max(axis=0) if len(scores) else np.zeros(_DRAWS),
    )


def _scores(roots: Floats, deviation: Floats, alike: Floats, foreseen: Floats) -> Floats:
    """Score segments, (K,) or (K, S); those with too little foreseen are none."""
    shape = (-1, *[1] * (roots.ndim - 1))
    z = np.maximum(roots, 0) / deviation.reshape(shape)
    return np.asarray(np.where(foreseen >= LEAST_EXPECTED, z**2 / 2 - np.log(alike).reshape(shape), -np.inf))


def _name(
    search: _Search, expected: Floats, draws: _Draws, false_alarm: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Name one segment after the other, each then expected as it came."""
    named: list[int] = []
    p_values: list[float] = []
    first = (0, 1.0)
    now, left = search.members @ search.rows_now, expected
    for _ in range(MOST_NAMED + 1):
        foreseen = search.members @ left
        roots = signed_root(now, np.maximum(foreseen, 0.5))
        scores = _scores(roots, draws.root_deviation, search.alike, np.where(draws.parts, foreseen, 0.0))
        place = int(scores.argmax())
        p = float((1 + (draws.largest >= scores[place]).sum()) / (_DRAWS + 1))
        first = first if named else (place, p)
        if p > false_alarm or len(named) == MOST_NAMED:
            break
        named.append(place)
        p_values.append(p)
        left = _taken_in(search, expected, named)
    outside = _taken_in(search, expected, named, only_common=True)
    table = _listed(search, outside, draws, named, p_values)
    return table, _listed(search, expected, draws, [first[0]], [first[1]])


def _taken_in(search: _Search, expected: Floats, named: list[int], *, only_common: bool = False) -> Floats:
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
    search: _Search, expected: Floats, draws: _Draws, places: list[int], p_values: list[float]
) -> pd.DataFrame:
    names = search.names.iloc[places].reset_index(drop=True)
    chosen = search.members[places]
    before, now, foreseen = (chosen @ one for one in (search.rows_before, search.rows_now, expected))
    reach = scipy.stats.norm.ppf((1 + _LEVEL) / 2) * draws.excess_deviation[places]
    reach = reach * np.sqrt(np.maximum(now / np.maximum(foreseen, _LEAST), 1))
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


def _kept(search: _Search, outside: Flags) -> float:
    """Return by how much all cells outside have changed for their exposure."""
    ratio = (search.exposure[1] / search.exposure[0]).ravel()[search.cell]
    due = (search.rows_before * ratio)[outside].sum()
    return float(search.rows_now[outside].sum() / due) if due > 0 else np.nan
