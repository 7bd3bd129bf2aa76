"""Decompose a change between two periods exactly: volume, mix and rate."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy

from riskmodels.arrays import Floats
from riskmodels.display import Displayed
from riskmodels.errors import ParameterError
from riskmodels.grouping import number_series
from riskmodels.labels import label

PARTS = ("volume", "mix", "rate", "unexplained")
_ALL_ALIKE, _ONE_MOVED = 1 / 3, 1 / 6  # Shapley's weights of three factors


@dataclass(frozen=True, kw_only=True, eq=False)
class Decomposition(Displayed):
    """A change of a count, in parts that add up exactly.

    Attributes
    ----------
    table : DataFrame
        One row per cell, the largest change first: its keys, before, now, change, volume, mix, rate,
        unexplained (the change where exposure is not known), rate_lower, rate_upper [rows of the count].
    totals : DataFrame
        One row per part and one for the change: part, estimate, standard_error, lower, upper; NaN is unknown.
    keys : tuple of str
        Columns that name a cell.
    level : float
        Probability of the intervals.
    dispersion : float
        Variance ÷ mean of a count.
    has_exposure : bool
        Without it all is rate, and volume and mix are not known.
    """

    table: pd.DataFrame
    totals: pd.DataFrame
    keys: tuple[str, ...]
    level: float
    dispersion: float
    has_exposure: bool

    @property
    def sentence(self) -> str:
        """Say what the change is made of."""
        parts = self.totals.set_index("part")["estimate"]
        figures = {**parts, "before": self.table["before"].sum(), "now": self.table["now"].sum()}
        if not self.has_exposure:
            return label(
                "Change from {before:,.0f} to {now:,.0f} ({change:+,.0f}); without exposure, e.g. accounts,"
                " it is not known how much of it is volume, mix or rate.",
                figures,
            )
        words = label(
            "Change from {before:,.0f} to {now:,.0f} ({change:+,.0f}):"
            " volume {volume:+z,.0f}, mix {mix:+z,.0f}, rate {rate:+z,.0f}.",
            figures,
        )
        if parts["unexplained"]:
            lacking = label("{unexplained:+,.0f} where exposure is not known.", dict(parts))
            words = f"{words} {lacking}"
        return words

    def summary(self) -> pd.DataFrame:
        """Return the parts."""
        return self.totals

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the tables that stand beside a report, by the names of their files."""
        return {"change_parts": self.totals, "change_cells": self.table}


def decompose_change(
    cells: pd.DataFrame, *, by: Sequence[str], level: float = 0.9, dispersion: float = 1.0
) -> Decomposition:
    """Decompose the change of a count into volume, mix and rate, by cell.

    Parameters
    ----------
    cells : DataFrame
        before, now [rows of the count]; where there are any, exposure_before and exposure_now [e.g. account
        months]; and the columns of ``by``. Rows of one cell are added up.
    by : sequence of str
        Columns that name a cell.
    level : float
        Probability of the intervals, between 0 and 1.
    dispersion : float
        Variance ÷ mean of a count, above 0.

    Returns
    -------
    Decomposition
        Whose parts add up to the change, of each cell and in all. Without exposures all of it is rate.

    Raises
    ------
    ParameterError
        There is no row, or ``level`` or ``dispersion`` are not as they must be.

    Notes
    -----
    A count is exposure × share of the cell × rate. Shapley's value of three factors, the mean over the orders
    in which they may have moved: Sun 1998, doi:10.1016/S0140-9883(97)00015-1. Each part is linear in the two
    rates, of which alone the interval speaks: exposures are taken as known. A cell without exposure in one
    of the periods has opened or closed: its change is volume and mix, its rate the one it is known to have.
    """
    if cells.empty:
        raise ParameterError("there is no row to decompose: choose periods and keys that have rows")
    if not (0 < level < 1 and dispersion > 0):
        raise ParameterError(
            f"level is {level} and dispersion {dispersion}; expected 0 < level < 1 and dispersion > 0"
        )
    wide = scipy.stats.norm.ppf((1 + level) / 2)
    added = _added(cells, by)
    parts, spread = _parts(added, dispersion)
    table = added[[*by, "before", "now"]].assign(change=added["now"] - added["before"], **parts)
    table["rate_lower"] = table["rate"] - wide * spread["rate"]
    table["rate_upper"] = table["rate"] + wide * spread["rate"]
    order = np.argsort(-table["change"].abs().to_numpy(), kind="stable")
    return Decomposition(
        table=table.iloc[order].reset_index(drop=True),
        totals=_totals(table, spread, wide),
        keys=tuple(by),
        level=level,
        dispersion=dispersion,
        has_exposure="exposure_now" in cells,
    )


def _added(cells: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    columns = ["before", "now", "exposure_before", "exposure_now"]
    known = cells.assign(**{name: 1.0 for name in columns[2:] if name not in cells})
    place, keys = number_series(known, by)
    sums = known[columns].groupby(place).sum(min_count=1)
    if "exposure_now" not in cells:
        sums[columns[2:]] = 1.0
    unknown = known[columns].isna().groupby(place).any()
    return pd.concat([keys, sums.mask(unknown)], axis=1)


def _parts(cells: pd.DataFrame, dispersion: float) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Return the parts of each cell, and their standard errors; the parts are linear in both rates."""
    n0, n1, e0, e1 = (
        cells[name].to_numpy("float64") for name in ("before", "now", "exposure_before", "exposure_now")
    )
    known = np.isfinite(e0) & np.isfinite(e1) & ~((e0 <= 0) & (n0 > 0)) & ~((e1 <= 0) & (n1 > 0))
    e0, e1 = np.where(known, e0, 0.0), np.where(known, e1, 0.0)
    all0, all1 = max(e0.sum(), 1e-300), max(e1.sum(), 1e-300)  # above nothing: of no known cell
    s0, s1 = e0 / all0, e1 / all1
    from_now, from_before = e0 <= 0, e1 <= 0
    r0, r1 = (np.divide(n, e, out=np.zeros_like(e), where=e > 0) for n, e in ((n0, e0), (n1, e1)))
    weights = {
        "volume": _weights(all1 - all0, s0, s1),
        "mix": _weights(s1 - s0, np.full_like(s0, all0), np.full_like(s0, all1)),
    }
    both = (all0 * s0 + all1 * s1) * _ALL_ALIKE + (all0 * s1 + all1 * s0) * _ONE_MOVED
    weights["rate"] = (-both, both)
    parts, spread = {}, {}
    for part, (of_before, of_now) in weights.items():
        w1 = np.where(from_before, 0.0, of_now) + np.where(from_now, of_before, 0.0)
        w0 = np.where(from_now, 0.0, of_before) + np.where(from_before, of_now, 0.0)
        variance = w0**2 * np.divide(r0, e0, out=np.zeros_like(e0), where=e0 > 0)
        variance += w1**2 * np.divide(r1, e1, out=np.zeros_like(e1), where=e1 > 0)
        parts[part] = np.where(known, w0 * r0 + w1 * r1, 0.0)
        spread[part] = np.sqrt(np.where(known, variance, 0.0) * dispersion)
    parts["unexplained"] = np.where(known, 0.0, n1 - n0)
    spread["unexplained"] = np.where(known, 0.0, np.sqrt(dispersion * np.maximum(n0 + n1, 0)))
    return parts, spread


def _weights(moved: float | Floats, first: Floats, second: Floats) -> tuple[Floats, Floats]:
    """Return by what the rates before and now are multiplied in a part: shares or exposures beside it."""
    return (
        np.asarray(moved * (first * _ALL_ALIKE + second * _ONE_MOVED)),
        np.asarray(moved * (second * _ALL_ALIKE + first * _ONE_MOVED)),
    )


def _totals(table: pd.DataFrame, spread: dict[str, Floats], wide: float) -> pd.DataFrame:
    rows = [(part, table[part].sum(), float(np.sqrt((spread[part] ** 2).sum()))) for part in PARTS]
    rows.append(("change", table["change"].sum(), np.nan))
    found = pd.DataFrame(rows, columns=["part", "estimate", "standard_error"])
    reach = wide * found["standard_error"]
    return found.assign(lower=found["estimate"] - reach, upper=found["estimate"] + reach)
