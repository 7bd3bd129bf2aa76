"""What a scenario costs beside losses: redress, fines, and income of customers who leave."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats
from riskmodels.labels import label
from riskmodels.scorecard.rating import INTERVAL
from riskmodels.stresstest.known import resolved_by
from riskmodels.stresstest.losses import YEAR, StressedLosses
from riskmodels.stresstest.outcome import COSTS, none_of
from riskmodels.stresstest.shocked import Drawn
from riskmodels.tables import Table, Tables

_FEWEST = 5  # complaints upheld with a known redress, without which its mean is not known; as for a rating
Costs = dict[str, tuple[Floats, Floats]]  # by item: expected without and with the scenario, (size,) each


def cost_table(costs: Costs, months: int) -> pd.DataFrame:
    """Set costs beside what they are without the scenario, with a row for what it adds in all.

    Parameters
    ----------
    costs : Costs
        By item; redress is of the months ahead, all else of a year.
    months : int
        How many months ahead.

    Returns
    -------
    DataFrame
        item (``losses``, ``redress``, ``fines``, ``income``, ``total``), months [that it is about], before,
        after, more, lower, upper [money; 90 % interval of what the scenario adds, which the paths of its
        assumptions say]. What is not known is no row. The total is of what the scenario adds by the rows
        above it; what there is before and after adds up only where all are about as many months.
    """
    rows = []
    for item, (before, after) in (costs | _total(costs)).items():
        more = after - before
        lower, upper = np.quantile(more, INTERVAL)
        figures = {"before": before.mean(), "after": after.mean(), "more": more.mean()}
        rows.append({"item": item, "months": YEAR, **figures, "lower": lower, "upper": upper})
    if not rows:
        return none_of(COSTS)
    table = pd.DataFrame(rows, columns=[*COSTS]).astype({"months": "float64"})
    table.loc[table["item"] == "redress", "months"] = months
    if len(table["months"].unique()) > 1:
        table.loc[table["item"] == "total", ["months", "before", "after"]] = np.nan
    return table


def _total(costs: Costs) -> Costs:
    """Add up what is known."""
    if not costs:
        return {}
    before, after = (np.sum([pair[place] for pair in costs.values()], axis=0) for place in (0, 1))
    return {"total": (before, after)}


def money_added(costs: Costs, size: int, items: Sequence[str] = ()) -> Floats:
    """Return what the scenario is expected to cost more on each path, by some items or all, shape (size,)."""
    pairs = [pair for item, pair in costs.items() if item in items or not items]
    return np.asarray(sum((after - before for before, after in pairs), np.zeros(size)))


def of_losses(stressed: StressedLosses) -> tuple[Floats, Floats]:
    """Return the expected losses of a year."""
    return np.full_like(stressed.expected, stressed.before), stressed.expected


def of_redress(
    tables: Tables,
    complaints: tuple[Floats, Floats],
    upheld: tuple[Floats, Floats],
    drawn: Sequence[Drawn],
    *,
    last: pd.Period,
    seed: int,
) -> tuple[Floats, Floats] | None:
    """Return the redress of the months ahead; None where fewer than five upheld complaints say what is paid.

    Parameters
    ----------
    tables : Tables
        Complaints with ``upheld`` and ``redress``.
    complaints, upheld : pair of ndarray, shape (size,)
        Complaints of the months ahead, and the share upheld, without and with the scenario.
    drawn : sequence of Drawn
        Movements of redress multiply what one upheld complaint is paid.
    last : Period
        Last period of the outlook's history: what was decided later is not looked at.
    seed : int
        Of the draws of the mean redress, which is known up to its standard error.
    """
    paid = _paid(tables.complaints, last)
    if len(paid) < _FEWEST:
        return None
    size = len(complaints[0])
    error = paid.std(ddof=1) / np.sqrt(len(paid))
    each = np.maximum(np.random.default_rng(seed).normal(paid.mean(), error, size), 0.0)
    times = np.ones(size)
    for one in drawn:
        if one.movement.what == "redress" and one.is_carried:
            times *= one.times.mean(axis=1)
    return complaints[0] * upheld[0] * each, complaints[1] * upheld[1] * each * times


def of_fines(drawn: Sequence[Drawn], size: int) -> tuple[Floats, Floats]:
    """Return the fines that are paid within a year: once, for the largest size of the shock."""
    total = np.zeros(size)
    for one in drawn:
        if one.movement.what == "fine" and one.begins + one.movement.delay_months < YEAR:
            total += one.changes * one.profile.max(initial=0.0)
    return np.zeros(size), total


def late_fines(drawn: Sequence[Drawn]) -> Iterator[tuple[str, str]]:
    """Say which fines of shocks within the year fall due after it."""
    for one in drawn:
        if one.movement.what == "fine" and one.begins < YEAR <= one.begins + one.movement.delay_months:
            yield label("fine"), label("it falls due after more than a year")


def of_income(retention: tuple[Floats, Floats], customers: float, price: float) -> tuple[Floats, Floats]:
    """Return the income of a year that goes with customers who leave because of the scenario.

    ``retention`` is the share that stays, without and with it; ``price`` is a year's income of a customer.
    """
    return np.zeros_like(retention[0]), (retention[0] - retention[1]) * customers * price


def _paid(complaints: Table | None, last: pd.Period) -> Floats:
    """Return what upheld complaints were paid, where that was known by a period's end."""
    if complaints is None or not (complaints.gives("upheld") and complaints.gives("redress")):
        return np.empty(0)
    known = complaints.relation.filter(f"upheld AND redress IS NOT NULL AND {resolved_by(complaints, last)}")
    return np.asarray(known.project("redress").df()["redress"], dtype=np.float64)
