"""What was known at an origin: the complaints logged by then, not those received by then."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, cast

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats, Integers
from riskmodels.errors import ContractError, ParameterError
from riskmodels.forecasting.completeness import completeness_on
from riskmodels.grouping import number_series
from riskmodels.panel import Panel
from riskmodels.periods.quarters import period_of
from riskmodels.tables import CONTRACTS, Table
from riskmodels.tables.counting import first_whole
from riskmodels.tables.frequencies import SHORT, Frequency
from riskmodels.tables.sql import name


@dataclass(frozen=True, eq=False)
class AsOf:
    """What was known at an origin.

    Attributes
    ----------
    panel : Panel
        The history as it was known then; its last period is the origin.
    completeness : ndarray, shape (T,) or (n, T), or None
        Share in (0, 1] of the final counts that it holds, as judged then; None: all of them.
    """

    panel: Panel
    completeness: Floats | None = None


def panels_as_of(
    complaints: Table,
    *,
    by: Sequence[str],
    origins: Sequence[str | pd.Period],
    freq: Literal["D", "W", "M"] = "M",
) -> dict[pd.Period, AsOf]:
    """Count complaints by the month received, each time only those logged by the end of an origin's month.

    Parameters
    ----------
    complaints : Table
        Accepted rows with ``received_at`` and ``logged_at``; one without the latter counts as logged when
        it was received.
    by : sequence of str
        Columns that name a series.
    origins : sequence of str or Period
        Months, weeks or days.
    freq : {"D", "W", "M"}
        Which of these; counts are by them, too.

    Returns
    -------
    dict of Period to AsOf
        One panel an origin, from the first period with a complaint to the origin, with the breaks and
        holidays of the table; and the completeness that a nowcast of that day judges. A series none of whose
        complaints was logged by then is not in it.

    Raises
    ------
    ContractError
        The table has no logging dates, or no such column.
    ParameterError
        Nothing was logged by an origin.
    """
    unknown = sorted({*by} - {*CONTRACTS["complaints"].names})
    if complaints.name != "complaints" or unknown or not complaints.gives("logged_at"):
        lacking = ", ".join(unknown) or "logged_at, the day when a complaint was entered"
        raise ContractError(f"the table '{complaints.name}' cannot be seen as of a day: it lacks {lacking}")
    counts = _by_periods(complaints, by, freq)
    periods = [period_of(origin, freq) for origin in origins]
    return {period: _as_of(complaints, counts, by, period) for period in periods}


def _by_periods(complaints: Table, by: Sequence[str], freq: str) -> pd.DataFrame:
    """Count the rows by series, period received and period logged."""
    keys = "".join(f"{name(column)}, " for column in by)
    length = SHORT.get(freq, "month")
    logged = f"date_trunc('{length}', coalesce(logged_at, received_at))::DATE AS logged"
    counts = complaints.relation.query(
        "rows",
        f"SELECT {keys}date_trunc('{length}', received_at)::DATE AS period, {logged},"
        " count(*)::DOUBLE AS value"
        " FROM rows GROUP BY ALL ORDER BY ALL",
    )
    found = pd.DataFrame() if counts is None else counts.df()
    if complaints.begins is None:
        return found
    return found[found["period"] >= first_whole(complaints.begins, freq)]


def _as_of(complaints: Table, counts: pd.DataFrame, by: Sequence[str], period: pd.Period) -> AsOf:
    kept = counts[counts["logged"] <= period.end_time]
    if kept.empty:
        raise ParameterError(f"no complaint had been logged by the end of {period}")
    quiet = kept.head(1).assign(period=period.start_time, value=0.0)  # so that the panel ends at the origin
    panel = Panel.from_long(
        pd.concat([kept, quiet]),
        keys=by,
        period="period",
        value="value",
        freq=cast("Frequency", period.freqstr[0]),
        unknown=complaints.provenance.unknown_months,
    )
    then = completeness_on(complaints, period.end_time.date())
    source = complaints.provenance
    panel = replace(panel, breaks=source.breaks, holidays=source.holidays)
    return AsOf(panel, then.for_periods(panel.periods))


def aligned(known: AsOf, panel: Panel, origin: pd.Period) -> AsOf:
    """Bring what was known at an origin to the series of a panel, row by row.

    A series that is not in it had no event yet: zero counts in the periods that were known for any series,
    unknown amounts. An exposure that it lacks is the panel's, up to the origin, and so are the days of
    business, of which last days after the origin are not known.

    Raises
    ------
    ParameterError
        It does not end at the origin, has periods or series that the panel lacks.
    """
    columns = np.asarray(panel.periods.get_indexer(known.panel.periods))
    if (
        known.panel.kind != panel.kind
        or not len(columns)
        or (columns < 0).any()
        or known.panel.periods[-1] != origin
    ):
        raise ParameterError(
            f"the panel as of {origin} must end there and be of the panel's kind and periods"
        )
    rows = _rows(known.panel.keys, panel.keys, origin)
    never = 0.0 if panel.kind == "count" else np.nan
    anywhere = np.isfinite(known.panel.values).any(axis=0)
    values = np.where(rows[:, None] >= 0, known.panel.values[rows], np.where(anywhere, never, np.nan))
    exposure = None if panel.exposure is None else panel.exposure[:, columns]
    if known.panel.exposure is not None:
        exposure = np.where(rows[:, None] >= 0, known.panel.exposure[rows], np.nan)
    completeness = known.completeness
    if completeness is not None and completeness.ndim > 1:
        completeness = np.where(rows[:, None] >= 0, completeness[rows], 1.0)
    days = panel.until(origin).days
    then = replace(known.panel, keys=panel.keys, values=values, exposure=exposure, days=days)
    return AsOf(then, completeness)


def _rows(known: pd.DataFrame, keys: pd.DataFrame, origin: pd.Period) -> Integers:
    """Return the row of every series in what was known; -1 where there is none."""
    if set(known.columns) != set(keys.columns):
        raise ParameterError(f"the panel as of {origin} has other keys: {', '.join(map(str, known.columns))}")
    both = pd.concat([known[list(keys.columns)], keys], ignore_index=True)
    numbers, names = number_series(both, list(keys.columns))
    place = np.full(len(names), -1, dtype=np.int64)
    place[numbers[: len(known)]] = np.arange(len(known))
    rows = place[numbers[len(known) :]]
    if len(known) > (rows >= 0).sum():
        raise ParameterError(f"the panel as of {origin} has series that the panel lacks")
    return rows
