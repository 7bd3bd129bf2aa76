"""Who complains, and how many more: what only some feel is shared out by the last year's complaints."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from riskmodels.arrays import Flags, Floats
from riskmodels.backtesting.as_of import panels_as_of
from riskmodels.forecasting import Forecast
from riskmodels.grouping import add_rows, number_series
from riskmodels.panel import build_panel
from riskmodels.parameters.shocks import Movement
from riskmodels.periods.quarters import MONTHS
from riskmodels.stresstest.shocked import Drawn, feels
from riskmodels.tables import Table, Tables
from riskmodels.tables.holes import KEPT

_PLACES = ("product", "unit_id", "channel", "category")  # of complaints
_LEAST = 0.5  # of a complaint: what is expected of those who have any
_YEAR = 12  # months, so that no season counts more than another
_ALWAYS = ("product", "unit_id")  # places that are always looked at: who turns red


@dataclass(frozen=True, kw_only=True, eq=False)
class Mix:
    """Complaints of the last year by the places where a shock may be felt.

    Attributes
    ----------
    cells : DataFrame
        product, and of unit_id, channel and category those that the source gives and that are asked for.
    complaints : ndarray, shape (cells,)
        How many.
    last : Period
        The last period of that year: what happened or was entered later is not in it.
    """

    cells: pd.DataFrame
    complaints: Floats
    last: pd.Period

    def knows(self, movement: Movement) -> bool:
        """Tell whether the places of a movement are places of complaints that are known."""
        return set(movement.felt) <= set(self.cells)

    def rows(self, by: Sequence[str]) -> tuple[pd.DataFrame, Floats]:
        """Return the cells added up by some places, and their complaints."""
        numbers, names = number_series(self.cells, list(by))
        return names, add_rows(self.complaints, numbers, len(names))

    def share(self, movement: Movement, by: Sequence[str]) -> Floats:
        """Return the share of the complaints of each row, as ``rows`` gives them, that feel a movement."""
        numbers, names = number_series(self.cells, list(by))
        felt = feels(movement, self.cells)
        whole = add_rows(self.complaints, numbers, len(names))
        return add_rows(self.complaints * felt, numbers, len(names)) / np.maximum(whole, 1e-300)

    def share_of(self, keys: pd.DataFrame, movement: Movement) -> Floats:
        """Return the share of the complaints of series that feel a movement, shape (len(keys),).

        ``keys`` name the series: product, and other places where an outlook is by them. What is felt by these
        is known of each series, also of one without complaints last year; else the year's complaints tell.
        One in a place that is not known is felt by none.
        """
        if set(movement.felt) <= set(keys):
            return feels(movement, keys).astype(np.float64)
        if not self.knows(movement):
            return np.zeros(len(keys))
        return self.part(keys, feels(movement, self.cells))

    def part(self, keys: pd.DataFrame, chosen: Flags) -> Floats:
        """Return the share of the complaints of each series that are of chosen cells."""
        by = [place for place in _PLACES if place in keys and place in self.cells]
        numbers, names = number_series(self.cells, by)
        whole = add_rows(self.complaints, numbers, len(names))
        share = add_rows(self.complaints * chosen, numbers, len(names)) / np.maximum(whole, 1e-300)
        told = names[by].astype("str").assign(share=share)
        found = keys[by].astype("str").merge(told, how="left", on=by)["share"]
        return np.asarray(found.fillna(0.0), dtype=np.float64)

    def times(self, drawn: Sequence[Drawn], by: Sequence[str], months: slice, size: int) -> Floats:
        """Return how many times as many complaints rows have, shape (size, rows): the mean of months."""
        rows, _ = self.rows(by)
        ahead = len(drawn[0].profile[months]) if drawn else 1
        found = np.ones((size, len(rows), ahead))
        for one in drawn:
            if one.movement.what == "complaints" and self.knows(one.movement):
                share = self.share(one.movement, by)[None, :, None]
                found *= 1 + share * (one.times[:, None, months] - 1)
        return np.asarray(found.mean(axis=2))


def complaint_mix(
    tables: Tables, drawn: Sequence[Drawn], *, last: pd.Period, places: Collection[str] = ()
) -> Mix:
    """Count the complaints of the year up to a period by product, unit, and what the shocks are felt by.

    ``places`` are others that are asked for, such as those by which teams share their work.

    Raises
    ------
    ContractError
        The source has no complaints.
    """
    wanted = {*_ALWAYS, *places, *(place for one in drawn for place in one.movement.felt)}
    by = [place for place in _PLACES if place in wanted and tables.counted.gives(place)]
    return _counted(tables.counted, tuple(by), last)


@lru_cache(maxsize=KEPT)
def _counted(table: Table, by: tuple[str, ...], last: pd.Period) -> Mix:
    """Count once what all scenarios of a run ask for, as it was known at the end of the period."""
    if table.gives("logged_at") and last.end_time.date() < table.provenance.as_of:
        month = last.asfreq("M")
        panel = panels_as_of(table, by=by, origins=[month])[month].panel
    else:
        panel = build_panel(table, by=by, last=str(last))
    year = _YEAR // MONTHS[panel.periods.freqstr[0]]
    return Mix(cells=panel.keys, complaints=np.nansum(panel.values[:, -year:], axis=1), last=last)


def complaint_factors(
    drawn: Sequence[Drawn], outlook: Forecast, mix: Mix
) -> tuple[list[tuple[Drawn, Floats]], list[Drawn]]:
    """Say what each movement multiplies the complaints of an outlook by.

    Parameters
    ----------
    drawn : sequence of Drawn
        The assumptions, over the months of the outlook.
    outlook : Forecast
        Complaints by product, or by product and other places of complaints; n series.
    mix : Mix
        Whose complaints they are.

    Returns
    -------
    list of (Drawn, ndarray of shape (size, n, months))
        Exactly 1 where nothing happens.
    list of Drawn
        Movements that apply to none of the complaints expected.
    """
    length = MONTHS[outlook.periods.freqstr[0]]
    monthly = np.repeat(outlook.mean / length, length, axis=1)
    applied, unapplied = [], []
    for one in drawn:
        if one.movement.what != "complaints" or not one.profile.any():
            continue
        share = mix.share_of(outlook.keys, one.movement)
        if (share[:, None] * monthly)[:, one.profile > 0].sum() >= _LEAST:
            applied.append((one, 1 + share[None, :, None] * (one.times[:, None] - 1)))
        else:
            unapplied.append(one)
    return applied, unapplied
