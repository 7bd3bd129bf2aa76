"""Lay cells out for a search: rows, units × products, and all segments that they make."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Final

import numpy as np
import pandas as pd
import scipy

from riskmodels.arrays import Flags, Floats, Integers
from riskmodels.causes.expectation import Cells
from riskmodels.grouping import add_rows, number_series

DEEPEST: Final = 3  # dimensions of a segment: more are not acted upon
_NESTED: Final = {"region_id", "unit_id"}  # a unit is of one region


@dataclass(frozen=True, kw_only=True, eq=False)
class Search:
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

    def only(self, chosen: Flags) -> "Search":
        """Keep some of the segments, and all where none is chosen."""
        if not chosen.any():
            return self
        places = np.flatnonzero(chosen)
        names = self.names.iloc[places].reset_index(drop=True)
        return replace(self, members=self.members[places], names=names, alike=self.alike[places])


def lay_out(cells: pd.DataFrame, dimensions: Sequence[str], exposure: pd.DataFrame | None) -> Search:
    """Number the rows, cells and segments of what is searched."""
    keys = list(dict.fromkeys(["unit_id", "product", *dimensions]))
    rows = cells.assign(**{key: cells[key].fillna("").astype(str) for key in keys})
    rows = rows.groupby(keys, as_index=False)[["before", "now"]].sum()
    (unit, units), (product, products) = (number_series(rows, [key]) for key in ("unit_id", "product"))
    members, names, alike = _conjunctions(rows, dimensions)
    return Search(
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
