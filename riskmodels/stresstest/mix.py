"""Who complains, and how many more: what only some feel is shared out by the last year's complaints."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats
from riskmodels.forecasting import Forecast
from riskmodels.grouping import add_rows, number_series
from riskmodels.panel import build_panel
from riskmodels.parameters.shocks import Movement
from riskmodels.periods.quarters import MONTHS
from riskmodels.stresstest.shocked import Drawn
from riskmodels.tables import Tables

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
    """

    cells: pd.DataFrame
    complaints: Floats

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
        felt = np.ones(len(self.cells), dtype=np.bool_)
        for place, name in movement.felt.items():
            felt &= (self.cells[place].astype("str") == name).to_numpy()
        whole = add_rows(self.complaints, numbers, len(names))
        return add_rows(self.complaints * felt, numbers, len(names)) / np.maximum(whole, 1e-300)

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


def complaint_mix(tables: Tables, drawn: Sequence[Drawn], *, last: pd.Period) -> Mix:
    """Count the complaints of the year up to a period by product, unit, and what the shocks are felt by.

    Raises
    ------
    ContractError
        The source has no complaints.
    """
    wanted = {*_ALWAYS, *(place for one in drawn for place in one.movement.felt)}
    by = [place for place in _PLACES if place in wanted and tables.counted.gives(place)]
    panel = build_panel(tables.counted, by=by, last=str(last))
    year = _YEAR // MONTHS[panel.periods.freqstr[0]]
    return Mix(cells=panel.keys, complaints=np.nansum(panel.values[:, -year:], axis=1))


def complaint_factors(
    drawn: Sequence[Drawn], outlook: Forecast, mix: Mix
) -> tuple[list[tuple[Drawn, Floats]], list[Drawn]]:
    """Say what each movement multiplies the complaints of an outlook by.

    Parameters
    ----------
    drawn : sequence of Drawn
        The assumptions, over the months of the outlook.
    outlook : Forecast
        Complaints by product; n series.
    mix : Mix
        Whose complaints they are.

    Returns
    -------
    list of (Drawn, ndarray of shape (size, n, months))
        Exactly 1 where nothing happens.
    list of Drawn
        Movements that apply to none of the complaints expected.
    """
    products = outlook.keys["product"].astype("str").to_numpy()
    length = MONTHS[outlook.periods.freqstr[0]]
    monthly = np.repeat(outlook.mean / length, length, axis=1)
    names = pd.Index(mix.rows(["product"])[0]["product"].astype("str"))
    places = names.get_indexer(pd.Index(products))
    applied, unapplied = [], []
    for one in drawn:
        if one.movement.what != "complaints" or not one.profile.any():
            continue
        share = np.zeros(len(products))
        if set(one.movement.felt) <= {"product"}:  # a product without complaints last year may have some
            share = ((products == one.movement.product) | (one.movement.product is None)).astype(np.float64)
        elif mix.knows(one.movement):
            share = np.where(places >= 0, mix.share(one.movement, ["product"])[places], 0.0)
        if (share[:, None] * monthly)[:, one.profile > 0].sum() >= _LEAST:
            applied.append((one, 1 + share[None, :, None] * (one.times[:, None] - 1)))
        else:
            unapplied.append(one)
    return applied, unapplied
