"""What is counted, row by row, as arrays: to cut frames into hundreds of pieces takes long."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats, Integers, Words

FIGURES = ("numerator", "denominator", "squares", "left_out")


@dataclass(frozen=True, kw_only=True, eq=False)
class CountedRows:
    """Rows of one indicator, or of several: m rows.

    Attributes
    ----------
    keys, periods : Index
        Of all tables' rows, in order.
    key, period : ndarray, shape (m,)
        Places of the rows' key and period in these; -1: nobody's.
    cell : ndarray, shape (m,)
        Codes of the parts of the case-mix.
    figures : dict of str to ndarray, shape (m,)
        Numerator, denominator, squares and left_out, as in the catalogue.
    """

    keys: pd.Index
    periods: pd.Index
    key: Integers
    period: Integers
    cell: Integers
    figures: Mapping[str, Floats]

    def __getitem__(self, places: Integers) -> "CountedRows":
        return CountedRows(
            keys=self.keys,
            periods=self.periods,
            key=self.key[places],
            period=self.period[places],
            cell=self.cell[places],
            figures={name: figure[places] for name, figure in self.figures.items()},
        )

    def __len__(self) -> int:
        return len(self.key)

    def during(self, periods: pd.Index) -> "CountedRows":
        """Return the rows of some periods."""
        return self[np.flatnonzero((periods.get_indexer(self.periods) >= 0)[self.period])]

    def present(self) -> pd.Index:
        """Return the periods that have a row, in order."""
        return self.periods[np.unique(self.period)]

    def wide(self, periods: pd.Index, names: Sequence[str]) -> tuple[Words, list[Floats]]:
        """Return the keys in order, and figures of them in these periods, (n, T) each; NaN without a row."""
        known = self.key >= 0  # without a key a row is nobody's
        present, codes = np.unique(self.key[known], return_inverse=True)
        columns = periods.get_indexer(self.periods)[self.period[known]]
        figures = [np.full((len(present), len(periods)), np.nan) for _ in names]
        for name, target in zip(names, figures, strict=True):
            target[codes, columns] = self.figures[name][known]
        return self.keys[present].to_numpy(dtype=object), figures

    def added(self, keys: Words, periods: pd.Index, names: Sequence[str]) -> Floats:
        """Add up figures by key, part of the case-mix and period, shape (figures, n, S, T)."""
        cells = pd.factorize(self.cell)[0]
        at = (
            pd.Index(keys).get_indexer(self.keys)[self.key],
            cells,
            periods.get_indexer(self.periods)[self.period],
        )
        sums = np.zeros((len(names), len(keys), int(cells.max(initial=0)) + 1, len(periods)))
        for name, target in zip(names, sums, strict=True):
            np.add.at(target, at, self.figures[name])
        return sums


def by_indicator(table: pd.DataFrame, key: str, strata: Sequence[str] = ()) -> dict[str, CountedRows]:
    """Part a table of indicators.

    Parameters
    ----------
    table : DataFrame
        Of ``Indicators``.
    key : str
        Column of what is scored; without it all is one, whose name is empty.
    strata : sequence of str
        Columns of the case-mix.

    Returns
    -------
    dict of str to CountedRows
        In the order in which indicators appear.
    """
    whose = table[key].to_numpy(dtype=object) if key else np.full(len(table), "", dtype=object)
    codes, keys = pd.factorize(whose, sort=True)
    period, periods = pd.factorize(table["period"], sort=True)
    cell = np.zeros(len(table), dtype=np.int64)
    if strata:
        cell = np.asarray(table.groupby([*strata], sort=False, dropna=False).ngroup(), dtype=np.int64)
    rows = CountedRows(
        keys=pd.Index(keys, dtype=object),
        periods=pd.Index(periods, dtype=object),
        key=codes.astype(np.int64),
        period=period.astype(np.int64),
        cell=cell,
        figures={name: table[name].to_numpy(float) for name in FIGURES},
    )
    parts = table.groupby("indicator_id", sort=False).indices
    return {str(name): rows[np.asarray(places, dtype=np.int64)] for name, places in parts.items()}
