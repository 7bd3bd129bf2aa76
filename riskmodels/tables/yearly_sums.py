"""Counts that may be sums since the beginning of the year: added up as they are, they count twice."""

import numpy as np
import pandas as pd

from riskmodels.tables.canonical import CONTRACTS
from riskmodels.tables.sql import name
from riskmodels.tables.stored import Table

FLOWS = ("complaint_counts", "observations")  # tables of counts that add up over time
_BEGINNINGS = (1, 4, 7, 10)  # months in which years begin
_STEPS, _STARTS = 6, 2  # within years and from one to the next: by chance fewer all rise, or fall
_RISING, _FALLING = 0.98, 0.95  # shares
_TIMES = 1.5  # of the first sum of a year the last one: half-years that are alike have twice


def year_of_sums(counts: pd.DataFrame) -> int | None:
    """Return the month in which a year begins whose sums these look like; None where they look like counts.

    Parameters
    ----------
    counts : DataFrame
        key (of a series), month [months since any month, 0 a January], value.

    Examples
    --------
    >>> sums = pd.DataFrame({"key": "a", "month": range(0, 36, 3), "value": [1, 2, 3, 4] * 3})
    >>> year_of_sums(sums), year_of_sums(sums.assign(value=[4, 2, 3, 1] * 3))
    (1, None)
    """
    rows = counts.dropna().sort_values(["key", "month"], kind="stable")
    return next((begins for begins in _BEGINNINGS if _only_rises_within(rows, begins)), None)


def _only_rises_within(rows: pd.DataFrame, begins: int) -> bool:
    year = (rows["month"] - begins + 1) // 12
    same = (rows["key"] == rows["key"].shift()).to_numpy()
    within = same & (year == year.shift()).to_numpy()
    starts = same & (year == year.shift() + 1).to_numpy()
    change = rows["value"].diff().to_numpy(np.float64)
    if within.sum() < _STEPS or starts.sum() < _STARTS:
        return False
    ends = rows.groupby([rows["key"], year])["value"].agg(["first", "last", "size"])
    whole = ends[ends["size"] > 1]
    return bool(
        (change[within] >= 0).mean() >= _RISING
        and (change[within] > 0).mean() > 1 / 2
        and (change[starts] < 0).mean() >= _FALLING
        and whole["last"].sum() >= _TIMES * whole["first"].sum()
    )


def said_of_sums(column: str, begins: int) -> str:
    """Say that a column looks like sums since the beginning of the year, with the line to write."""
    year = "year" if begins == 1 else f"year from {begins:02}"
    return (
        f"{column} only rises within each year and falls at its start: are these sums since the beginning of"
        f" the year? Then add cumulative: {year}, or each period counts those before it again"
    )


def find_sums(table: Table) -> list[str]:
    """Say which figures of a table of counts look like sums since the beginning of the year."""
    if table.name not in FLOWS:
        return []
    contract = CONTRACTS[table.name]
    at = name(contract.at)
    key = ", ".join(f"coalesce({name(part)}, '')" for part in contract.cell if part != contract.at)
    found = []
    for figure in contract.figures:
        columns = f"concat_ws('|', {key}) AS key, year({at}) * 12 + month({at}) - 1 AS month"
        rows = table.relation.project(f"{columns}, {name(figure)}::DOUBLE AS value").df()
        found.append((figure, year_of_sums(rows)))
    if not all(begins for _, begins in found):
        return []
    return [said_of_sums(figure, begins) for figure, begins in found if begins]
